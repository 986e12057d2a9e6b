//! The collision at which a series first passes a threshold, and from which it stays beyond it.

use super::series::Series;
use super::table::Outcome;

/// A side of a threshold; a value equal to the threshold is on neither side.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    /// x(n) < v
    Below,
    /// x(n) > v
    Above,
}

impl Side {
    /// Whether the value is on this side of the threshold; false if either is missing.
    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Below => value < threshold,
            Self::Above => value > threshold,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Above => "above",
        }
    }
}

/// The first collision n ≥ 1 at which the value is on the given side of v; missing if there is none. Missing values are
/// skipped.
pub(super) fn first_on(side: Side, x: &Series, v: f64) -> Outcome {
    match x.analysed().find(|&(_, value)| side.holds(value, v)) {
        Some((n, _)) => Outcome::number(n as f64),
        None => never(v, format!("the series is never {} {v} (n ≥ 1)", side.word())),
    }
}

/// The first collision n ≥ 1 from which every value is on the given side of v; missing if the last value is not. A
/// missing value counts as not on that side.
pub(super) fn stays_on(side: Side, x: &Series, v: f64) -> Outcome {
    let stay = x.analysed().rev().take_while(|&(_, value)| side.holds(value, v));
    let word = side.word();
    match (stay.last(), x.analysed_values().last()) {
        (Some((n, _)), _) => Outcome::number(n as f64),
        (None, Some(end)) if end.is_nan() => {
            never(v, format!("the series is not known to stay {word} {v}: its last value is missing"))
        }
        (None, _) => never(v, format!("the series does not stay {word} {v} until the end")),
    }
}

/// A missing collision, with the reason `why` unless the threshold itself is missing.
fn never(v: f64, why: String) -> Outcome {
    Outcome::number(f64::NAN).note(if v.is_nan() { "the threshold is a missing value".to_owned() } else { why })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NAN, run};
    use super::*;
    use crate::analysis::Index;

    #[test]
    fn the_first_passage_is_a_collision_from_1_on() {
        let x = run(&[-9.0, 3.0, NAN, 1.0, 0.5, 2.0]);
        assert_eq!(first_on(Side::Below, &x, 1.0).unwrap_number(), 4.0);
        assert_eq!(first_on(Side::Above, &x, 1.0).unwrap_number(), 1.0);
        let never = first_on(Side::Above, &x, 3.0);
        assert!(never.notes[0].contains("never above 3"));
        assert!(never.unwrap_number().is_nan());
        let unknown = first_on(Side::Below, &x, NAN);
        assert!(unknown.notes[0].contains("threshold"));
        assert!(unknown.unwrap_number().is_nan());
        let windows = Series {
            index: Index { start: 1, stride: 15, len: 3 },
            values: vec![0.4, -0.95, -0.99].into(),
            scale: 1.0,
        };
        assert_eq!(first_on(Side::Below, &windows, -0.9).unwrap_number(), 16.0);
    }

    #[test]
    fn a_stay_begins_after_the_last_excursion() {
        let x = run(&[0.0, 0.0, 5.0, 0.2, 0.1, 0.1]);
        assert_eq!(stays_on(Side::Below, &x, 1.0).unwrap_number(), 3.0);
        assert_eq!(stays_on(Side::Below, &x, 9.0).unwrap_number(), 1.0);
        assert!(stays_on(Side::Above, &x, 1.0).unwrap_number().is_nan());
        // 0.1 is not below 0.1.
        assert!(stays_on(Side::Below, &x, 0.1).unwrap_number().is_nan());
        assert_eq!(stays_on(Side::Above, &run(&[0.0, 2.0, NAN, 3.0]), 1.0).unwrap_number(), 3.0);
        let unknown = stays_on(Side::Above, &run(&[0.0, 2.0, NAN]), 1.0);
        assert!(unknown.notes[0].contains("missing"));
        assert!(unknown.unwrap_number().is_nan());
        assert!(stays_on(Side::Below, &run(&[0.0]), 1.0).unwrap_number().is_nan());
    }
}
