//! Windowed analyses: the Pearson correlation of two signals, which measures their synchronisation.

use super::error::AnalysisError;
use super::series::{Index, Series, only_rounding, peak_to_peak};
use super::sum::sum;
use super::table::{Outcome, Value};

/// The Pearson coefficient of `x` and `y` in windows of `width` values. The first window begins at the first collision
/// n ≥ 1, and each further window begins `width − overlap` values after the one before. A window that would extend
/// beyond the end is left out.
///
/// C = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²), with sums and means over the window. The value is placed at the
/// first collision of the window, lies in [−1, 1], and has scale 1. It is missing if a signal in the window is
/// constant, varies by less than [`ROUNDING`](super::ROUNDING) times its scale (it would be the correlation of rounding
/// errors), or has a missing value; notes count those windows. The cost is O(N·width/(width − overlap)).
///
/// # Errors
/// `width` < 2, `overlap` ≥ `width`, `width` above the number of values at n ≥ 1, or different indices.
pub fn pearson(x: &Series, y: &Series, width: usize, overlap: usize) -> Result<Outcome, AnalysisError> {
    let available = x.analysed_values().len();
    if x.index != y.index {
        let (left, right) = (x.index.clone(), y.index.clone());
        return Err(AnalysisError::DifferentIndices { operation: "pearson(x, y)", left, right });
    } else if width < 2 {
        return Err(AnalysisError::WidthTooSmall { width });
    } else if overlap >= width {
        return Err(AnalysisError::OverlapNotBelowWidth { width, overlap });
    } else if width > available {
        return Err(AnalysisError::WidthAboveLength { width, available });
    }
    let advance = width - overlap;
    let windows = || x.analysed_values().windows(width).zip(y.analysed_values().windows(width)).step_by(advance);
    let mut gaps = Gaps::default();
    let values: Vec<f64> = windows()
        .map(|(a, b)| {
            if a.iter().chain(b).any(|v| !v.is_finite()) {
                gaps.missing += 1;
                f64::NAN
            } else if only_rounding(a, x.scale) || only_rounding(b, y.scale) {
                gaps.constant += 1;
                f64::NAN
            } else {
                correlation(a, b)
            }
        })
        .collect();
    let start = x.index.at(x.first_analysed());
    let index = Index { start, stride: x.index.stride * advance as u64, len: values.len() };
    let notes = gaps.notes(values.len());
    Ok(Outcome { value: Value::Series(Series { index, values: values.into(), scale: 1.0 }), notes })
}

/// The number of windows without a value, by reason.
#[derive(Default)]
struct Gaps {
    constant: usize,
    missing: usize,
}

impl Gaps {
    fn notes(&self, windows: usize) -> Vec<String> {
        let reasons = [
            (self.constant, "a signal is constant there or varies by less than 1e-13 of its largest possible value"),
            (self.missing, "a signal has missing values there"),
        ];
        reasons
            .into_iter()
            .filter(|&(count, _)| count > 0)
            .map(|(count, why)| format!("{count} of {windows} windows have no correlation: {why}"))
            .collect()
    }
}

/// The Pearson coefficient of two windows of the same length, neither of them constant.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let (dx, dy) = (deviations(x), deviations(y));
    let dot = |a: &[f64], b: &[f64]| sum(a.iter().zip(b).map(|(p, q)| p * q));
    let r = dot(&dx, &dy) / (dot(&dx, &dx) * dot(&dy, &dy)).sqrt();
    // |r| ≤ 1 by the Cauchy–Schwarz inequality; an excess above rounding would be a bug.
    assert!(r.abs() <= 1.0 + 1e-12, "a Pearson coefficient of {r} violates the Cauchy–Schwarz inequality");
    r.clamp(-1.0, 1.0)
}

/// (x − x̄)/(max − min): deviations from the mean in units of the variation, so that no square overflows or
/// underflows.
///
/// Subtracting the first value before taking the mean keeps the digits of a small variation on a large offset.
fn deviations(window: &[f64]) -> Vec<f64> {
    let unit = peak_to_peak(window);
    let mut shifted: Vec<f64> = window.iter().map(|v| (v - window[0]) / unit).collect();
    let mean = sum(shifted.iter().copied()) / window.len() as f64;
    for v in &mut shifted {
        *v -= mean;
    }
    shifted
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use proptest::prelude::*;

    use super::*;

    /// The series of a run of `last` collisions with values f(n).
    fn run(last: usize, f: impl Fn(f64) -> f64) -> Series {
        Series::of_run((0..=last).map(|n| f(n as f64)).collect(), 1.0)
    }

    fn correlate(x: &Series, y: &Series, width: usize, overlap: usize) -> (Series, Vec<String>) {
        let Outcome { value, notes } = pearson(x, y, width, overlap).unwrap();
        let Value::Series(series) = value else { panic!("pearson gives a series") };
        (series, notes)
    }

    #[test]
    fn a_signal_and_its_negative_are_in_exact_anti_phase() {
        let x = run(500, |n| (0.1 * n).sin() * (-0.01 * n).exp());
        let y = run(500, |n| -(0.1 * n).sin() * (-0.01 * n).exp());
        let (c, notes) = correlate(&x, &y, 50, 25);
        assert!(c.values.iter().all(|&v| v == -1.0), "{:?}", c.values);
        assert!(notes.is_empty());
    }

    #[test]
    fn a_phase_shift_gives_its_cosine_over_whole_periods() {
        let x = run(1000, |n| (TAU * (n % 20.0) / 20.0).sin());
        for phase in [0.0, 0.3, TAU / 4.0, 2.0, TAU / 2.0, 5.0] {
            let y = run(1000, |n| 0.2 + 3.0 * (TAU * (n % 20.0) / 20.0 + phase).sin());
            for c in &correlate(&x, &y, 40, 10).0.values {
                assert!((c - phase.cos()).abs() < 2e-15, "phase {phase}: {c}");
            }
        }
    }

    #[test]
    fn windows_start_at_the_first_collision_and_stay_inside() {
        let x = run(2000, f64::sin);
        let (c, _) = correlate(&x, &x, 140, 125);
        assert_eq!(c.index, Index { start: 1, stride: 15, len: 125 });
        assert_eq!(correlate(&x, &x, 2000, 0).0.index, Index { start: 1, stride: 2000, len: 1 });
        // The value of the initial state has no effect.
        let mut other = x.clone();
        other.values[0] = f64::NAN;
        assert_eq!(correlate(&x, &x, 140, 125), correlate(&other, &other, 140, 125));
    }

    #[test]
    fn windows_of_a_windowed_series_keep_their_collisions() {
        let index = Index { start: 31, stride: 15, len: 40 };
        let x = Series { index, values: (0..40).map(|i| f64::from(i).sin()).collect(), scale: 1.0 };
        assert_eq!(correlate(&x, &x, 10, 5).0.index, Index { start: 31, stride: 75, len: 7 });
    }

    #[test]
    fn constant_decayed_and_broken_windows_have_no_value() {
        let wave = run(400, f64::sin);
        let decaying = run(400, |n| n.sin() * (-0.3 * n).exp());
        let (c, notes) = correlate(&wave, &decaying, 20, 0);
        // e^(−0.3 n) is below 1e-13 from n = 100 on.
        assert!(c.values[..4].iter().all(|v| v.is_finite()) && c.values[5..].iter().all(|v| v.is_nan()));
        assert!(notes.len() == 1 && notes[0].starts_with("15 of 20 windows"), "{notes:?}");
        let constant = run(400, |_| 0.7);
        assert!(correlate(&wave, &constant, 20, 0).0.values.iter().all(|v| v.is_nan()));
        let mut broken = wave.clone();
        broken.values[30] = f64::NAN;
        let (c, notes) = correlate(&wave, &broken, 20, 0);
        assert_eq!(c.values.iter().filter(|v| v.is_nan()).count(), 1);
        assert!(c.values[1].is_nan() && notes[0].contains("missing"));
    }

    #[test]
    fn the_scale_decides_what_is_rounding() {
        let small = run(100, |n| 1e-20 * n.sin());
        assert!(correlate(&small, &small, 20, 0).0.values.iter().all(|v| v.is_nan()));
        let small = Series { scale: 1e-20, ..small };
        assert!(correlate(&small, &small, 20, 0).0.values.iter().all(|&v| v == 1.0));
    }

    #[test]
    fn a_small_variation_on_a_large_offset_keeps_its_digits() {
        // 2^-40 sin, rounded to multiples of 2^-52, on an offset of 1, and the same integers without the offset.
        let wave: Vec<f64> = (0..=200).map(|n| (4096.0 * (0.3 * f64::from(n)).sin()).round()).collect();
        let plain = Series::of_run(wave.clone(), 4096.0);
        let lifted = Series::of_run(wave.iter().map(|v| 1.0 + v * f64::EPSILON).collect(), 1.0);
        for c in &correlate(&plain, &lifted, 50, 25).0.values {
            assert!((c - 1.0).abs() < 4e-16, "{c}");
        }
    }

    #[test]
    fn impossible_windows_are_rejected_with_their_numbers() {
        let x = run(100, f64::sin);
        let reason = |width, overlap| pearson(&x, &x, width, overlap).unwrap_err();
        assert_eq!(reason(1, 0), AnalysisError::WidthTooSmall { width: 1 });
        assert_eq!(reason(20, 20), AnalysisError::OverlapNotBelowWidth { width: 20, overlap: 20 });
        assert_eq!(reason(101, 0), AnalysisError::WidthAboveLength { width: 101, available: 100 });
        assert!(reason(101, 0).to_string().contains("101") && reason(101, 0).remedy().contains("at most 100"));
        let other = pearson(&x, &run(99, f64::sin), 20, 10).unwrap_err().to_string();
        assert!(other.contains("n = 0, 1, …, 100") && other.contains("n = 0, 1, …, 99"), "{other}");
    }

    /// A column of one of the tables in `tests/data/reference`, with its first column.
    fn column(table: &str, column: usize) -> Vec<(u64, f64)> {
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let rows = rows.records().map(Result::unwrap);
        rows.map(|row| (row[0].parse().unwrap(), row[column].parse().unwrap())).collect()
    }

    #[test]
    fn figure_2_agrees_with_the_independent_computation() {
        let tables = [
            (
                include_str!("../../tests/data/reference/fig2_keep_series.csv"),
                include_str!("../../tests/data/reference/fig2_keep_pearson_140_125.csv"),
            ),
            (
                include_str!("../../tests/data/reference/fig2_erase_series.csv"),
                include_str!("../../tests/data/reference/fig2_erase_pearson_140_125.csv"),
            ),
        ];
        for (series, expected) in tables {
            let load = |i| {
                let values: Vec<f64> = column(series, i).into_iter().map(|(_, v)| v).collect();
                Series { index: Index { start: 1, stride: 1, len: values.len() }, values: values.into(), scale: 1.0 }
            };
            let (c, notes) = correlate(&load(1), &load(2), 140, 125);
            let expected = column(expected, 1);
            assert_eq!(c.values.len(), expected.len());
            assert!(notes.is_empty());
            for ((n, got), (n_expected, want)) in c.analysed().zip(expected) {
                assert_eq!(n, n_expected);
                assert!((got - want).abs() < 1e-10, "n = {n}: {got} instead of {want}");
            }
        }
    }

    proptest! {
        #![proptest_config(crate::seed::config(256))]
        #[test]
        fn affine_maps_change_only_the_sign(
            values in prop::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 12..60),
            (a, b) in (0.01..100.0f64, -10.0..10.0f64),
            flip in any::<bool>(),
        ) {
            let a = if flip { -a } else { a };
            let x = Series::of_run(values.iter().map(|v| v.0).collect(), 1.0);
            let y = Series::of_run(values.iter().map(|v| v.1).collect(), 1.0);
            let mapped = Series::of_run(y.values.iter().map(|v| a * v + b).collect(), a.abs() + b.abs());
            let (plain, _) = correlate(&x, &y, 8, 4);
            let (affine, _) = correlate(&x, &mapped, 8, 4);
            let swapped = correlate(&y, &x, 8, 4).0;
            for ((c, d), e) in plain.values.iter().zip(&affine.values).zip(&swapped.values) {
                prop_assert!((a.signum() * c - d).abs() < 1e-10, "{c} {d}");
                prop_assert!((c - e).abs() < 1e-15);
            }
        }
    }
}
