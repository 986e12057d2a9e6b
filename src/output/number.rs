//! Numbers as text.

/// Formats a number as the shortest decimal that parses back to the same double, in Rust, Python and elsewhere.
///
/// The notation is plain for 1e-5 ≤ |v| < 1e16 and has an exponent (`1e-17`) outside that range. −0 becomes `0`,
/// ±∞ `inf` and `-inf`, and a missing value (NaN) the empty string.
#[must_use]
pub fn format_number(v: f64) -> String {
    if v.is_nan() {
        String::new()
    } else if v == 0.0 {
        "0".to_owned()
    } else if v.is_infinite() || (1e-5..1e16).contains(&v.abs()) {
        format!("{v}")
    } else {
        format!("{v:e}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn notation_depends_on_magnitude() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-0.5, "-0.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-5, "0.00001"),
            (9.9e-6, "9.9e-6"),
            (-1e-17, "-1e-17"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (1e16, "1e16"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, ""),
        ];
        for (value, text) in cases {
            assert_eq!(format_number(value), text);
        }
    }

    proptest! {
        #![proptest_config(crate::seed::config(256))]
        #[test]
        fn every_double_parses_back(bits in any::<u64>()) {
            let v = f64::from_bits(bits);
            prop_assume!(!v.is_nan() && v != 0.0);
            let text = format_number(v);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
            // 17 significant digits, a sign, a point, `e-308`; plain notation adds at most 4 leading zeros.
            prop_assert!(text.len() <= 24, "{}", text);
        }
    }
}
