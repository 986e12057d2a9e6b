//! Spectra: the frequencies contained in a series.
//!
//! M values x_j at n ≥ 1, s collisions apart, have X_k = Σ_j x_j e^{−2πi jk/M} at k/(M·s) cycles per collision.

use std::f64::consts::PI;

use rustfft::FftPlanner;
use rustfft::num_complex::Complex64;

use super::error::AnalysisError;
use super::series::{Index, Series, only_rounding};
use super::sum::sum;
use super::table::Outcome;

/// The one-sided amplitude spectrum of x − x̄ at n ≥ 1: A_k = 2|X_k|/M for 0 < k < M/2, and |X_k|/M at the ends k = 0
/// (rounding only, since the mean is subtracted) and k = M/2. The oscillation a·cos(2πkn/M + φ) thus gives A_k = a.
///
/// The index of the result counts k = 0, 1, …, ⌊M/2⌋. If any value of the series is missing, all values of the spectrum
/// are. The scale doubles.
///
/// # Errors
/// Fewer than 2 values.
pub(super) fn spectrum(x: &Series) -> Result<Outcome, AnalysisError> {
    let m = enough_values("spectrum", x, 2)?;
    let amplitudes: Vec<f64> = magnitudes(centred(x.analysed_values()))
        .into_iter()
        .take(m / 2 + 1)
        .enumerate()
        .map(|(k, size)| if k == 0 || 2 * k == m { size / m as f64 } else { 2.0 * size / m as f64 })
        .collect();
    let index = Index { start: 0, stride: 1, len: amplitudes.len() };
    let outcome = Outcome::series(Series { index, values: amplitudes.into(), scale: 2.0 * x.scale });
    Ok(match x.missing() {
        0 => outcome,
        missing => outcome.note(format!("`spectrum` has no values: {missing} of {m} values of the series are missing")),
    })
}

/// The two-sided amplitude spectrum of the complex series z = x + iy, less its mean, at n ≥ 1: A_k = |X_k|/M, with
/// X_k = Σ_j z_j e^{−2πi jk/M}. The oscillation a·exp(2πikn/M) thus gives A_k = a; k > M/2 stands for the negative
/// frequency k − M.
///
/// The index of the result counts k = 0, 1, …, M − 1. If any value of the series is missing, all values of the spectrum
/// are.
///
/// # Errors
/// Fewer than 2 values.
pub fn complex_spectrum(x: &Series, y: &Series) -> Result<Outcome, AnalysisError> {
    let m = enough_values("spectrum", x, 2)?;
    let parts = centred(x.analysed_values()).into_iter().zip(centred(y.analysed_values()));
    let sizes = transformed(parts.map(|(re, im)| Complex64::new(re, im)).collect());
    let index = Index { start: 0, stride: 1, len: m };
    let values = sizes.into_iter().map(|size| size / m as f64).collect();
    let outcome = Outcome::series(Series { index, values, scale: x.scale.hypot(y.scale) });
    Ok(match x.missing().max(y.missing()) {
        0 => outcome,
        missing => outcome.note(format!("`spectrum` has no values: {missing} of {m} values of the series are missing")),
    })
}

/// The frequency of the strongest spectral peak of x − x̄ at n ≥ 1, in cycles per collision and at most 1/(2s).
/// Multiplied by 2π, it is the angular frequency per collision.
///
/// The series is multiplied by a Hann window sin²(πj/M). The peak is the largest local maximum of |X_k| with k ≥ 2, as
/// a slower change cannot be distinguished from a drift. The vertex of the parabola through ln|X| at k−1, k and k+1
/// refines it. For one undamped oscillation the error is below about 0.02/(M·s). The result is missing if a value is
/// missing, if the series varies by rounding only, or if its spectrum has no such peak.
///
/// # Errors
/// Fewer than 4 values.
pub(super) fn frequency(x: &Series) -> Result<Outcome, AnalysisError> {
    let m = enough_values("frequency", x, 4)?;
    let none = |why: &str| Ok(Outcome::number(f64::NAN).note(format!("`frequency` has no value: {why}")));
    if x.missing() > 0 {
        return none("values of the series are missing");
    }
    if only_rounding(x.analysed_values(), x.scale) {
        return none("the series is constant or varies by less than 1e-13 of its largest possible value");
    }
    let weighted = centred(x.analysed_values())
        .into_iter()
        .enumerate()
        .map(|(j, v)| v * (PI * j as f64 / m as f64).sin().powi(2))
        .collect();
    let sizes = magnitudes(weighted);
    let around = |k: usize| (sizes[k - 1], sizes[k], sizes[(k + 1) % m]);
    let peak = (2..=m / 2)
        .filter(|&k| matches!(around(k), (left, here, right) if here >= left && here >= right && here > 0.0))
        .max_by(|&a, &b| sizes[a].total_cmp(&sizes[b]));
    let Some(k) = peak else {
        return none("its spectrum has no peak with two or more periods within the series");
    };
    let cycles = (k as f64 + vertex(around(k))) / m as f64;
    Ok(Outcome::number(cycles / x.index.stride as f64))
}

/// The vertex of the parabola through the logarithms of three magnitudes, in bins from the middle one. The middle
/// magnitude is the largest, so |vertex| ≤ 1/2.
fn vertex((left, middle, right): (f64, f64, f64)) -> f64 {
    let (rise, fall) = ((middle / left).ln(), (middle / right).ln());
    let offset = (rise - fall) / (2.0 * (rise + fall));
    if offset.is_finite() { offset } else { 0.0 }
}

fn enough_values(function: &'static str, x: &Series, needed: usize) -> Result<usize, AnalysisError> {
    let available = x.analysed_values().len();
    if available < needed { Err(AnalysisError::TooShort { function, needed, available }) } else { Ok(available) }
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = sum(values.iter().copied()) / values.len() as f64;
    values.iter().map(|v| v - mean).collect()
}

/// |X_k| for k = 0 … M−1.
fn magnitudes(signal: Vec<f64>) -> Vec<f64> {
    transformed(signal.into_iter().map(Complex64::from).collect())
}

/// |X_k| for k = 0 … M−1 of a complex signal.
fn transformed(mut buffer: Vec<Complex64>) -> Vec<f64> {
    FftPlanner::new().plan_fft_forward(buffer.len()).process(&mut buffer);
    buffer.into_iter().map(Complex64::norm).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn run(last: u32, f: impl Fn(f64) -> f64) -> Series {
        Series::of_run((0..=last).map(f64::from).map(f).collect(), 1.0)
    }

    #[test]
    fn a_tone_on_the_grid_gives_a_single_entry_with_its_amplitude() {
        for m in [400, 401] {
            let x = run(m, |n| 0.7 + 0.3 * (TAU * 12.0 * n / f64::from(m) + 0.4).cos());
            let a = spectrum(&x).unwrap().unwrap_series();
            assert_eq!(a.values.len(), m as usize / 2 + 1);
            for (k, value) in a.values.iter().enumerate() {
                let want = if k == 12 { 0.3 } else { 0.0 };
                assert!((value - want).abs() < 1e-13, "M = {m}, k = {k}: {value}");
            }
        }
    }

    #[test]
    fn the_fastest_tone_keeps_its_amplitude() {
        let a = spectrum(&run(64, |n| 0.5 * (PI * n).cos())).unwrap().unwrap_series();
        assert!((a.values[32] - 0.5).abs() < 1e-14);
    }

    #[test]
    fn the_spectrum_agrees_with_its_definition() {
        let x = run(29, |n| (n * n * 0.37).sin());
        let values = x.analysed_values();
        let mean = values.iter().sum::<f64>() / 29.0;
        let a = spectrum(&x).unwrap().unwrap_series();
        for k in 1..=14 {
            let term = |j: usize, f: fn(f64) -> f64| (values[j] - mean) * f(TAU * (j * k) as f64 / 29.0);
            let (re, im) = (0..29).fold((0.0, 0.0), |(re, im), j| (re + term(j, f64::cos), im + term(j, f64::sin)));
            assert!((a.values[k] - 2.0 * re.hypot(im) / 29.0).abs() < 1e-13);
        }
    }

    #[test]
    fn the_frequency_of_an_oscillation_is_found_between_the_bins() {
        for f in [0.0013, 0.0137, 0.2 / TAU, 0.22 / TAU, 0.31, 0.4987] {
            for phase in [0.0, 1.0, 2.5] {
                let x = run(2000, |n| 0.2 + 0.8 * (TAU * f * n + phase).cos());
                let got = frequency(&x).unwrap().unwrap_number();
                assert!((got - f).abs() < 0.02 / 2000.0, "{f}, {phase}: {got}");
            }
        }
    }

    #[test]
    fn damping_and_a_drift_do_not_move_the_peak_much() {
        let x = run(2000, |n| (-n / 300.0).exp() * (TAU * 0.0331 * n).cos() + 0.5 * (-n / 500.0).exp());
        assert!((frequency(&x).unwrap().unwrap_number() - 0.0331).abs() < 1e-4);
    }

    #[test]
    fn a_stride_divides_the_frequency() {
        let index = Index { start: 1, stride: 15, len: 500 };
        let x = Series { index, values: (0..500).map(|i| (TAU * 0.1 * f64::from(i)).sin()).collect(), scale: 1.0 };
        assert!((frequency(&x).unwrap().unwrap_number() - 0.1 / 15.0).abs() < 1e-6);
    }

    #[test]
    fn a_series_without_oscillation_has_no_frequency() {
        for flat in [run(100, |_| 0.3), run(100, |n| 0.3 + 1e-15 * n.sin())] {
            let outcome = frequency(&flat).unwrap();
            assert!(outcome.notes[0].contains("constant"));
            assert!(outcome.unwrap_number().is_nan());
        }
        let mut broken = run(100, f64::sin);
        broken.values[7] = f64::NAN;
        assert!(frequency(&broken).unwrap().unwrap_number().is_nan());
        assert!(spectrum(&broken).unwrap().unwrap_series().values.iter().all(|v| v.is_nan()));
        let short = frequency(&run(3, f64::sin)).unwrap_err();
        assert_eq!(short, AnalysisError::TooShort { function: "frequency", needed: 4, available: 3 });
    }
}
