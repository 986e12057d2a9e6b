//! The Pearson coefficient at late times of two signals made of damped oscillations, when only the slowest oscillation
//! is left.
//!
//! Consider the signals x_n = X e^(−κn) cos(ωn + φ) and y_n = Y e^(−κn) cos(ωn + ψ) in a window of w collisions that
//! begins at n = m. (Constants drop out of a correlation.) With c_j = e^(−κj) cos ωj, s_j = e^(−κj) sin ωj and θ = ωm,
//! x is proportional to cos(θ + φ) c − sin(θ + φ) s. Let M be the 2 × 2 covariance matrix of c and s over 0 ≤ j < w,
//! and let p(α) = (cos α, −sin α). Then C(θ) = p(θ+φ)·M p(θ+ψ) / √(p(θ+φ)·M p(θ+φ) · p(θ+ψ)·M p(θ+ψ)). This does not
//! depend on the damping before the window, only on the phase of the oscillation at which the window begins. Over many
//! weakly damped periods M is a multiple of the identity and C = cos(φ − ψ). Without oscillation (ω = 0 or π), C = ±1.

use std::f64::consts::PI;

use super::sum::sum;

/// A prediction holds once all other modes of a signal together are at most this fraction of the slowest mode.
pub const MINOR: f64 = 0.01;

/// Decay rates, or frequencies, that differ by at most this much per collision count as equal.
const SAME: f64 = 1e-9;

/// Number of phases θ in [0, π) at which the range of a coefficient is evaluated.
const PHASES: u32 = 720;

/// A signal that settles only after this many collisions counts as never settling.
const LONGEST: u64 = 1_000_000_000_000;

/// A component of a signal: amplitude · e^(−decay·m) · cos(frequency·m + phase), m ≥ 0 collisions after the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Oscillation {
    /// Amplitude at m = 0, at least 0.
    pub amplitude: f64,
    /// Phase at m = 0, in radians.
    pub phase: f64,
    /// Decay rate per collision; 0 for an undamped component.
    pub decay: f64,
    /// Angular frequency in radians per collision, in [0, π].
    pub frequency: f64,
}

impl Oscillation {
    fn same_mode(&self, other: &Self) -> bool {
        (self.decay - other.decay).abs() <= SAME && (self.frequency - other.frequency).abs() <= SAME
    }
}

/// Why there is no late Pearson coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// The first (0) or the second (1) signal is constant.
    Constant(usize),
    /// The slowest component of one signal is absent from the other.
    Different,
    /// Several components share the slowest decay rate.
    Several,
}

/// The Pearson coefficient of two signals at late times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatePearson {
    /// The slowest component, as it occurs in the first and in the second signal.
    pub slowest: [Oscillation; 2],
    /// The smallest coefficient over all phases at which the window can begin.
    pub low: f64,
    /// The largest coefficient over all phases at which the window can begin.
    pub high: f64,
    /// Number of collisions after the first until all other components together are at most [`MINOR`] of the slowest,
    /// in both signals.
    pub from: u64,
    covariances: [f64; 3],
}

/// The late Pearson coefficient of two signals, each the sum of its oscillations and a constant, over windows of
/// `width` ≥ 2 collisions.
///
/// # Errors
/// [`Unsettled`] if the signals have no single slowest component in common.
pub fn late_pearson(x: &[Oscillation], y: &[Oscillation], width: usize) -> Result<LatePearson, Unsettled> {
    for (which, signal) in [x, y].into_iter().enumerate() {
        if !signal.iter().any(|o| o.amplitude > 0.0) {
            return Err(Unsettled::Constant(which));
        }
    }
    let (x, y) = (merged(x), merged(y));
    let slowest = x.iter().chain(&y).map(|o| o.decay).fold(f64::INFINITY, f64::min);
    let pairs = x.iter().filter(|a| a.decay <= slowest + SAME);
    let pairs = pairs.filter_map(|a| Some((*a, *y.iter().find(|b| a.same_mode(b))?)));
    let strongest = pairs.max_by(|(a, b), (c, d)| (a.amplitude * b.amplitude).total_cmp(&(c.amplitude * d.amplitude)));
    let (a, b) = strongest.ok_or(Unsettled::Different)?;
    let from = settled(&x, &a).max(settled(&y, &b));
    if from >= LONGEST {
        return Err(Unsettled::Several);
    }
    let covariances = covariances(&a, width);
    let mut out = LatePearson { slowest: [a, b], low: f64::INFINITY, high: f64::NEG_INFINITY, from, covariances };
    // Without oscillation, the coefficient does not depend on the phase.
    let phases = if out.oscillates() { PHASES } else { 1 };
    for k in 0..phases {
        let c = out.at_phase(PI * f64::from(k) / f64::from(PHASES));
        (out.low, out.high) = (out.low.min(c), out.high.max(c));
    }
    Ok(out)
}

impl LatePearson {
    /// The coefficient of the window that begins m collisions after the first.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most 10^12 collisions")]
    pub fn at(&self, m: u64) -> f64 {
        let phase = if self.oscillates() { (self.slowest[0].frequency * m as f64) % PI } else { 0.0 };
        self.at_phase(phase)
    }

    /// The phase ψ − φ in (−π, π] by which the second signal leads the first in the slowest component.
    #[must_use]
    pub fn phase(&self) -> f64 {
        let [a, b] = self.slowest;
        let turn = (b.phase - a.phase).rem_euclid(2.0 * PI);
        if turn > PI { turn - 2.0 * PI } else { turn }
    }

    fn oscillates(&self) -> bool {
        let [cc, _, ss] = self.covariances;
        ss > 1e-20 * cc
    }

    fn at_phase(&self, theta: f64) -> f64 {
        let [cc, cs, ss] = if self.oscillates() { self.covariances } else { [1.0, 0.0, 0.0] };
        let vector = |phase: f64| ((theta + phase).cos(), -(theta + phase).sin());
        let form = |(a, b): (f64, f64), (c, d): (f64, f64)| a * c * cc + (a * d + b * c) * cs + b * d * ss;
        let (p, q) = (vector(self.slowest[0].phase), vector(self.slowest[1].phase));
        (form(p, q) / (form(p, p) * form(q, q)).sqrt()).clamp(-1.0, 1.0)
    }
}

/// The same signal with one component per mode, each of positive amplitude.
fn merged(signal: &[Oscillation]) -> Vec<Oscillation> {
    let mut out: Vec<Oscillation> = Vec::new();
    for o in signal.iter().filter(|o| o.amplitude > 0.0) {
        match out.iter_mut().find(|other| other.same_mode(o)) {
            Some(other) => {
                let re = other.amplitude * other.phase.cos() + o.amplitude * o.phase.cos();
                let im = other.amplitude * other.phase.sin() + o.amplitude * o.phase.sin();
                (other.amplitude, other.phase) = (re.hypot(im), im.atan2(re));
            }
            None => out.push(*o),
        }
    }
    // Components of two sectors that cancel leave only rounding.
    let all: f64 = signal.iter().map(|o| o.amplitude).sum();
    out.retain(|o| o.amplitude > 1e-12 * all);
    out
}

/// The first m from which the other components of a signal are minor; [`LONGEST`] if that is later.
#[expect(clippy::cast_precision_loss, reason = "at most 10^12 collisions")]
fn settled(signal: &[Oscillation], slowest: &Oscillation) -> u64 {
    let others: Vec<&Oscillation> = signal.iter().filter(|o| !o.same_mode(slowest)).collect();
    let share = |m: u64| {
        let part = |o: &&Oscillation| o.amplitude / slowest.amplitude * (-(o.decay - slowest.decay) * m as f64).exp();
        others.iter().filter(|o| o.decay.is_finite() || m == 0).map(part).sum::<f64>()
    };
    // The share falls with m, so bisection finds the first m at which it is minor.
    let (mut low, mut high) = (0, LONGEST);
    while low < high {
        let middle = u64::midpoint(low, high);
        if share(middle) <= MINOR { high = middle } else { low = middle + 1 }
    }
    low
}

/// The covariances over the window, not divided by the number of values: c with c, c with s, s with s.
#[expect(clippy::cast_precision_loss, reason = "windows are far shorter than 2^53")]
fn covariances(mode: &Oscillation, width: usize) -> [f64; 3] {
    let damped = |f: fn(f64) -> f64| -> Vec<f64> {
        let values = (0..width).map(|j| (-mode.decay * j as f64).exp() * f(mode.frequency * j as f64));
        let values: Vec<f64> = values.collect();
        let mean = sum(values.iter().copied()) / width as f64;
        values.into_iter().map(|v| v - mean).collect()
    };
    let (c, s) = (damped(f64::cos), damped(f64::sin));
    let dot = |a: &[f64], b: &[f64]| sum(a.iter().zip(b).map(|(p, q)| p * q));
    [dot(&c, &c), dot(&c, &s), dot(&s, &s)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Series, Value, pearson};

    fn signal(parts: &[Oscillation], last: u64) -> Series {
        let at = |n: u64| {
            let m = n as f64 - 1.0;
            parts.iter().map(|o| o.amplitude * (-o.decay * m).exp() * (o.frequency * m + o.phase).cos()).sum::<f64>()
        };
        Series::of_run((0..=last).map(|n| 0.3 + at(n)).collect(), 1.0)
    }

    fn windows(x: &[Oscillation], y: &[Oscillation], width: usize, last: u64) -> Series {
        let outcome = pearson(&signal(x, last), &signal(y, last), width, width - 1).expect("windows fit");
        let Value::Series(series) = outcome.value else { panic!("a series") };
        series
    }

    fn part(amplitude: f64, phase: f64, decay: f64, frequency: f64) -> Oscillation {
        Oscillation { amplitude, phase, decay, frequency }
    }

    #[test]
    fn a_single_mode_is_predicted_at_every_window() {
        for (decay, frequency, width) in [(0.0, 0.21, 140), (1e-3, 0.21, 140), (0.02, 0.4, 30), (0.1, 2.9, 7)] {
            let (x, y) = ([part(0.3, 0.4, decay, frequency)], [part(0.1, 2.9, decay, frequency)]);
            let late = late_pearson(&x, &y, width).expect("one mode");
            assert_eq!(late.from, 0);
            let simulated = windows(&x, &y, width, 200);
            for (i, c) in simulated.values.iter().enumerate() {
                let predicted = late.at(i as u64);
                assert!((predicted - c).abs() < 1e-6, "{decay} {frequency} {i}: {predicted} {c}");
                assert!((late.low - 1e-4..=late.high + 1e-4).contains(c));
            }
        }
        let late = late_pearson(&[part(1.0, 0.0, 0.0, 0.3)], &[part(1.0, 2.0, 0.0, 0.3)], 100_000).expect("one mode");
        assert!((late.low - 2f64.cos()).abs() < 1e-3 && (late.high - 2f64.cos()).abs() < 1e-3);
        assert!((late.phase() - 2.0).abs() < 1e-15);
    }

    #[test]
    fn signals_without_oscillation_are_in_phase_or_in_antiphase() {
        for frequency in [0.0, PI] {
            let late = late_pearson(&[part(1.0, 0.0, 0.1, frequency)], &[part(0.2, PI, 0.1, frequency)], 20);
            let late = late.expect("one mode");
            assert_eq!((late.low, late.high, late.at(7)), (-1.0, -1.0, -1.0));
        }
    }

    #[test]
    fn the_prediction_holds_after_faster_modes_have_decayed() {
        let x = [part(0.01, 0.0, 1e-3, 0.2), part(1.0, 0.5, 3e-3, 0.22), part(1.0, 0.0, f64::INFINITY, 0.0)];
        let y = [part(0.01, 3.0, 1e-3, 0.2), part(0.2, 0.5, 3e-3, 0.22)];
        let late = late_pearson(&x, &y, 140).expect("a slowest mode");
        // 1/0.01 · e^(−2e-3 m) = 0.01
        let expected = (1e4f64.ln() / 2e-3).ceil();
        assert_eq!(late.from as f64, expected);
        let simulated = windows(&x, &y, 140, late.from + 200);
        let off = |m: u64| (simulated.values[usize::try_from(m).expect("small")] - late.at(m)).abs();
        assert!(off(late.from) < 0.02 && off(late.from / 2) > 0.05, "{} {}", off(late.from), off(late.from / 2));
    }

    #[test]
    fn signals_that_do_not_settle_give_the_reason() {
        let (a, b) = (part(1.0, 0.0, 0.0, 0.2), part(1.0, 0.0, 0.0, 0.3));
        assert_eq!(late_pearson(&[a], &[], 10), Err(Unsettled::Constant(1)));
        assert_eq!(late_pearson(&[a], &[b], 10), Err(Unsettled::Different));
        assert_eq!(late_pearson(&[a, b], &[a, b], 10), Err(Unsettled::Several));
    }

    #[test]
    fn equal_modes_of_two_sectors_are_merged() {
        let halves = [part(1.0, 0.0, 0.1, 0.3), part(1.0, PI / 2.0, 0.1, 0.3)];
        let late = late_pearson(&halves, &[part(1.0, 0.0, 0.1, 0.3)], 50).expect("one mode");
        assert!((late.slowest[0].amplitude - 2f64.sqrt()).abs() < 1e-15 && (late.phase() + PI / 4.0).abs() < 1e-15);
    }
}
