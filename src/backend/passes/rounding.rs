//! Rounding without a bias: why trace and purity do not drift.
//!
//! A unitary whose entries are rounded to doubles violates U†U = 1 by about 1e-16. Applied n times, the same error adds
//! up to n·1e-16, in the trace and in the purity. So the entries of a gate are kept as sums high + low of two doubles,
//! which are unitary to 1e-31. Each time the gate is applied, they are rounded again to one double: up or down at
//! random, with probabilities such that the mean is high + low. This is stochastic rounding (Croci, Fasi, Higham, Mary
//! and Mikaitis, R. Soc. Open Sci. 9, 211631, 2022); the error then grows as √n·1e-16, to 1e-13 after 10⁶ collisions.
//!
//! The random bits are a function of the state's entries, so the result of an operation depends on the state alone: it
//! is the same on any number of threads, and when a run continues an earlier one.

use crate::quantum::C64;

/// Odd constants with well-mixed bits (those of SplitMix64, Steele, Lea and Flood 2014).
const MULTIPLIERS: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// The most entries of the state that enter a seed.
const SAMPLES: usize = 64;

/// Numbers known to more digits than a double holds.
#[derive(Debug, Clone, Default)]
pub(in crate::backend) struct Factors {
    /// The double nearest to each number.
    nearest: Vec<f64>,
    /// How to round each number that is not a double.
    choices: Vec<Choice>,
}

/// A number between two doubles.
#[derive(Debug, Clone, Copy)]
struct Choice {
    /// The index of the number.
    index: usize,
    /// The double on the other side of the number, opposite to the nearest.
    other: f64,
    /// The probability of rounding to `other`.
    probability: f64,
}

impl Choice {
    /// The double nearest to high + low, and how to round it; `None` if high + low is a double.
    fn between(index: usize, high: f64, low: f64) -> (f64, Option<Self>) {
        let nearest = high + low;
        let rest = (high - nearest) + low;
        let other = if rest > 0.0 { nearest.next_up() } else { nearest.next_down() };
        let probability = rest / (other - nearest);
        (nearest, (rest != 0.0).then_some(Self { index, other, probability }))
    }

    /// Whether to round to the other double. Under one seed, numbers of equal modulus are rounded alike, so the real
    /// matrix on real and imaginary parts remains that of a complex matrix, and the rounded U* is the conjugate of the
    /// rounded U.
    fn takes_other(self, nearest: f64, seed: u64) -> bool {
        uniform(nearest.abs().to_bits() ^ seed) < self.probability
    }
}

impl Factors {
    pub(in crate::backend) fn len(&self) -> usize {
        self.nearest.len()
    }

    /// Adds the number high + low, with |low| far below |high| or both zero.
    pub(in crate::backend) fn push(&mut self, high: f64, low: f64) {
        let (nearest, choice) = Choice::between(self.nearest.len(), high, low);
        self.nearest.push(nearest);
        self.choices.extend(choice);
    }

    /// Rounds all of them into `out`.
    pub(in crate::backend) fn round(&self, seed: u64, out: &mut Vec<f64>) {
        out.clone_from(&self.nearest);
        for choice in &self.choices {
            let factor = &mut out[choice.index];
            if choice.takes_other(*factor, seed) {
                *factor = choice.other;
            }
        }
    }
}

/// A seed computed from the entries of a state.
pub(in crate::backend) fn seed(entries: &[C64]) -> u64 {
    let stride = entries.len().div_ceil(SAMPLES).max(1);
    entries.iter().step_by(stride).fold(0, |seed, z| {
        let seed = (seed ^ z.re.to_bits()).wrapping_mul(MULTIPLIERS[0]).rotate_left(29);
        (seed ^ z.im.to_bits()).wrapping_mul(MULTIPLIERS[1]).rotate_left(31)
    })
}

/// The number high + low rounded at random.
pub(in crate::backend) fn round(high: f64, low: f64, seed: u64) -> f64 {
    match Choice::between(0, high, low) {
        (nearest, Some(choice)) if choice.takes_other(nearest, seed) => choice.other,
        (nearest, _) => nearest,
    }
}

/// A pseudorandom number in [0, 1), by the output function of SplitMix64.
#[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
fn uniform(mut bits: u64) -> f64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(MULTIPLIERS[0]);
    bits = (bits ^ (bits >> 27)).wrapping_mul(MULTIPLIERS[1]);
    ((bits ^ (bits >> 31)) >> 11) as f64 * 0.5f64.powi(53)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_the_rounded_numbers_is_the_number() {
        let mut rounded = Vec::new();
        for (high, low) in [(0.7, 2e-17), (0.7, -3e-17), (1.0, 5e-17), (1.0, -2e-17), (-0.5, 1e-17), (1e-20, 3e-37)] {
            let mut factors = Factors::default();
            factors.push(high, low);
            factors.push(-high, -low);
            let (mut sum, count) = (0.0, 100_000);
            for n in 0..count {
                factors.round(uniform(n).to_bits(), &mut rounded);
                sum += rounded[0] - high;
                assert_eq!(rounded[0], -rounded[1]);
            }
            let (mean, spread) = (sum / count as f64, high.abs() * f64::EPSILON / (count as f64).sqrt());
            assert!((mean - low).abs() < 4.0 * spread, "{high} {low:e}: {mean:e}");
        }
    }

    #[test]
    fn doubles_are_not_changed() {
        let (mut factors, mut rounded) = (Factors::default(), Vec::new());
        [0.0, 1.0, -0.3].into_iter().for_each(|x| factors.push(x, 0.0));
        for n in 0..100 {
            factors.round(n, &mut rounded);
            assert_eq!(rounded, [0.0, 1.0, -0.3]);
        }
    }
}
