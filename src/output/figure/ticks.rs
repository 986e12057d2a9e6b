//! Ticks that are not round decimal numbers: powers of ten, and fractions of π.

use std::f64::consts::PI;

/// The ticks of a logarithmic axis with their labels, and those without: powers of ten, or 1, 2 and 5 times powers of
/// ten if the range has fewer than two of them.
pub(super) fn decades((low, high): (f64, f64), most: usize) -> (Vec<(f64, String)>, Vec<f64>) {
    let whole = |v: f64| format!("{v:.0}").parse::<i32>().unwrap_or(0);
    let (first, last) = (whole((low.log10() - 1e-9).ceil()), whole((high.log10() + 1e-9).floor()));
    let count = usize::try_from(last - first + 1).unwrap_or(0);
    if count >= 2 {
        let step = count.div_ceil(most.max(2)).max(1);
        let ticks = (first..=last).step_by(step).map(|k| (10f64.powi(k), format!("$10^{{{k}}}$"))).collect();
        let within = |k: i32| (2..10).map(move |m| f64::from(m) * 10f64.powi(k));
        let minor = match step {
            1 => (first - 1..=last).flat_map(within).collect(),
            _ => (first..=last).map(|k| 10f64.powi(k)).collect(),
        };
        return (ticks, minor);
    }
    let some = |k: i32| [1.0, 2.0, 5.0].map(|m| (m * 10f64.powi(k), label(m, k)));
    let inside = |(v, _): &(f64, String)| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(v);
    ((first - 2..=last + 1).flat_map(some).filter(inside).collect(), Vec::new())
}

/// The label of m · 10ᵏ.
fn label(m: f64, k: i32) -> String {
    match k {
        -3..=4 => crate::output::format_number(format!("{m}e{k}").parse().unwrap_or(m)),
        _ if m == 1.0 => format!("$10^{{{k}}}$"),
        _ => format!("{m}×$10^{{{k}}}$"),
    }
}

/// Whether both ends of a range are multiples of π/4, one of them not zero.
pub(super) fn suggests_pi((low, high): (f64, f64)) -> bool {
    let multiple = |v: f64| {
        let quarters = v / (PI / 4.0);
        (quarters - quarters.round()).abs() < 1e-9 && quarters.abs() < 64.0
    };
    multiple(low) && multiple(high) && high - low > 0.1
}

/// Fractions and multiples of π in a range, at most `most`, with their labels.
pub(super) fn multiples_of_pi((low, high): (f64, f64), most: usize) -> Vec<(f64, String)> {
    // Steps as fractions of π: 1/8, 1/4, 1/2, 1, 2, …
    const STEPS: [(i32, i32); 7] = [(1, 8), (1, 4), (1, 2), (1, 1), (2, 1), (5, 1), (10, 1)];
    let slack = 1e-9 * (high - low);
    let ticks = |(over, under): (i32, i32)| -> Vec<(f64, String)> {
        let step = f64::from(over) / f64::from(under) * PI;
        let whole = |v: f64| format!("{v:.0}").parse::<i32>().unwrap_or(0);
        let (first, last) = (whole(((low - slack) / step).ceil()), whole(((high + slack) / step).floor()));
        let last = last.min(first.saturating_add(1000));
        (first..=last).map(|k| (f64::from(k) * step, fraction(k * over, under))).collect()
    };
    STEPS.iter().map(|step| ticks(*step)).find(|ticks| ticks.len() <= most.max(3)).unwrap_or_default()
}

/// The label of `over`/`under` · π in lowest terms; `under` is a power of two.
fn fraction(mut over: i32, mut under: i32) -> String {
    while over % 2 == 0 && under > 1 {
        (over, under) = (over / 2, under / 2);
    }
    let sign = if over < 0 { "−" } else { "" };
    match (over.abs(), under) {
        (0, _) => "0".to_owned(),
        (1, 1) => format!("{sign}π"),
        (over, 1) => format!("{sign}{over}π"),
        (1, under) => format!("{sign}π/{under}"),
        (over, under) => format!("{sign}{over}π/{under}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ticks: &[(f64, String)]) -> String {
        ticks.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn multiples_of_pi_are_fractions() {
        for (range, most, expected) in [
            ((0.0, PI), 6, "0 π/4 π/2 3π/4 π"),
            ((0.0, PI / 2.0), 6, "0 π/8 π/4 3π/8 π/2"),
            ((-PI, PI), 4, "−π 0 π"),
            ((0.0, 2.0 * PI), 6, "0 π/2 π 3π/2 2π"),
        ] {
            assert_eq!(text(&multiples_of_pi(range, most)), expected);
            assert!(suggests_pi(range));
        }
        for range in [(0.0, 1.0), (0.0, 3.1), (0.0, 0.0), (0.0, 1e9 * PI)] {
            assert!(!suggests_pi(range), "{range:?}");
        }
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten() {
        let shown = |range, most| text(&decades(range, most).0);
        assert_eq!(shown((1e-3, 10.0), 6), "$10^{-3}$ $10^{-2}$ $10^{-1}$ $10^{0}$ $10^{1}$");
        assert_eq!(shown((1e-9, 10.0), 6), "$10^{-9}$ $10^{-7}$ $10^{-5}$ $10^{-3}$ $10^{-1}$ $10^{1}$");
        assert_eq!(shown((0.15, 0.6), 6), "0.2 0.5");
        assert_eq!(decades((1.0, 10.0), 6).1.first().copied(), Some(0.2));
    }
}
