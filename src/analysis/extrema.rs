//! Largest and smallest values, their positions, and the envelope of an oscillation.

use super::series::Series;
use super::table::Outcome;

/// The smallest value at n ≥ 1; missing values are skipped.
pub(super) fn min(x: &Series) -> Outcome {
    Outcome::number(x.analysed_values().iter().copied().fold(f64::NAN, f64::min)).skipping(x, "min")
}

/// The largest value at n ≥ 1; missing values are skipped.
pub(super) fn max(x: &Series) -> Outcome {
    Outcome::number(x.analysed_values().iter().copied().fold(f64::NAN, f64::max)).skipping(x, "max")
}

/// The collision n ≥ 1 of the largest value, the first one if there are several; missing values are skipped.
pub(super) fn argmax(x: &Series) -> Outcome {
    let mut best: Option<(u64, f64)> = None;
    for (n, value) in x.analysed().filter(|(_, v)| !v.is_nan()) {
        if best.is_none_or(|(_, largest)| value > largest) {
            best = Some((n, value));
        }
    }
    Outcome::number(best.map_or(f64::NAN, |(n, _)| n as f64)).skipping(x, "argmax")
}

/// The upper envelope of |x| at n ≥ 1: its local maxima joined by straight lines. It has the index and the scale of x,
/// and is missing at n = 0.
///
/// A missing value interrupts the envelope: it is missing there, and each stretch of values has its own envelope.
pub(super) fn envelope(x: &Series) -> Outcome {
    let mut values = vec![f64::NAN; x.first_analysed()];
    for stretch in x.analysed_values().split_inclusive(|v| v.is_nan()) {
        let broken = usize::from(stretch.last().is_some_and(|v| v.is_nan()));
        let present: Vec<f64> = stretch[..stretch.len() - broken].iter().map(|v| v.abs()).collect();
        values.extend(joined_maxima(present));
        values.extend(std::iter::repeat_n(f64::NAN, broken));
    }
    Outcome::series(Series { values: values.into(), ..x.clone() })
}

/// Joins the local maxima of non-negative values by straight lines.
///
/// An end counts as a maximum if it is higher than its neighbour and no lower than the maximum nearest to it: a rise
/// that the end of the series cuts off is not a crest. Beyond an outermost maximum, the envelope keeps the value of
/// that maximum if the remaining end is no longer than the longest distance between two maxima, so that another maximum
/// may follow. A longer end does not oscillate and is its own envelope, as are values with fewer than two maxima.
fn joined_maxima(values: Vec<f64>) -> Vec<f64> {
    let maxima = maxima(&values);
    let Some(longest) = maxima.windows(2).map(|w| w[1] - w[0]).max() else {
        return values;
    };
    let mut envelope = values.clone();
    for pair in maxima.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let slope = (values[b] - values[a]) / (b - a) as f64;
        for (i, v) in envelope[a..b].iter_mut().enumerate() {
            *v = values[a] + slope * i as f64;
        }
    }
    let (front, back) = (maxima[0], maxima[maxima.len() - 1]);
    if front <= longest {
        envelope[..front].fill(values[front]);
    }
    if values.len() - 1 - back <= longest {
        envelope[back..].fill(values[back]);
    }
    envelope
}

/// The positions of the local maxima, in ascending order. An inner maximum is higher than one neighbour and not lower
/// than the other.
fn maxima(values: &[f64]) -> Vec<usize> {
    let Some(end) = values.len().checked_sub(1).filter(|&end| end > 0) else {
        return Vec::new();
    };
    let mut maxima: Vec<usize> = (1..end)
        .filter(|&i| {
            let (left, right) = (values[i] - values[i - 1], values[i] - values[i + 1]);
            left.min(right) >= 0.0 && left.max(right) > 0.0
        })
        .collect();
    let crest = |at: usize, neighbour: usize, nearest: Option<&usize>| {
        values[at] > values[neighbour] && nearest.is_none_or(|&i| values[at] >= values[i])
    };
    let (at_front, at_back) = (crest(0, 1, maxima.first()), crest(end, end - 1, maxima.last()));
    if at_front {
        maxima.insert(0, 0);
    }
    if at_back {
        maxima.push(end);
    }
    maxima
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NAN, run};
    use super::*;

    #[test]
    fn extremes_use_present_values_from_the_first_collision_on() {
        let x = run(&[9.0, 2.0, NAN, 5.0, -1.0, 5.0]);
        assert_eq!(min(&x).unwrap_number(), -1.0);
        assert_eq!(max(&x).unwrap_number(), 5.0);
        assert_eq!(argmax(&x).unwrap_number(), 3.0);
        assert_eq!(max(&x).notes.len(), 1);
        for f in [min, max, argmax] {
            assert!(f(&run(&[1.0, NAN])).unwrap_number().is_nan());
            assert!(f(&run(&[1.0])).unwrap_number().is_nan());
        }
    }

    #[test]
    fn the_envelope_of_a_damped_oscillation_is_its_damping() {
        let x = Series::of_run((0..=2000).map(f64::from).map(|n| (0.21 * n).cos() * (-n / 600.0).exp()).collect(), 1.0);
        let envelope = envelope(&x).unwrap_series();
        assert_eq!(envelope.index, x.index);
        assert!(envelope.values[0].is_nan());
        for (n, value) in envelope.analysed() {
            let damping = (-(n as f64) / 600.0).exp();
            // A maximum on the grid misses the crest by at most half a collision: 1 − cos(0.105) = 0.0055. The end is
            // held for less than half a period: 15/600 = 0.025.
            assert!((value / damping - 1.0).abs() < 0.03, "n = {n}: {value} for {damping}");
        }
    }

    #[test]
    fn a_series_without_oscillation_is_its_own_envelope() {
        let decay: Vec<f64> = (0..50).map(|n| -(-0.1 * f64::from(n)).exp()).collect();
        let own = |values: &[f64]| envelope(&run(values)).unwrap_series().values[1..].to_vec();
        assert_eq!(own(&decay), decay[1..].iter().map(|v| v.abs()).collect::<Vec<_>>());
        assert_eq!(own(&[0.0, 2.0, 2.0, 2.0]), [2.0; 3]);
        assert_eq!(own(&[0.0, 3.0]), [3.0]);
        // Two crests, then a decay longer than the distance between them.
        assert_eq!(own(&[0.0, 1.0, 4.0, 0.0, 4.0, 3.0, 2.0, 1.0]), [4.0, 4.0, 4.0, 4.0, 3.0, 2.0, 1.0]);
    }

    #[test]
    fn a_missing_value_splits_the_envelope() {
        let values = envelope(&run(&[0.0, 1.0, 0.0, 3.0, NAN, 2.0, 0.0, -2.0])).unwrap_series().values;
        assert_eq!(values[1..4], [1.0, 2.0, 3.0]);
        assert!(values[4].is_nan());
        assert_eq!(values[5..], [2.0, 2.0, 2.0]);
    }
}
