//! Random numbers: a stream for each trajectory, and the distributions of the language.
//!
//! Contract: the random numbers of a trajectory depend only on the seed, on the number of the trajectory, and on what
//! they are drawn for. They do not depend on threads, on other trajectories, or on how many numbers were drawn before.
//! The streams are those of ChaCha12, a counter-based generator; parts of a stream that serve different purposes are
//! regions of its counter.

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, Exp1, Gamma, Poisson, StandardNormal};

/// Random words reserved for the numbers of one collision, as a power of two.
const WORDS_OF_A_COLLISION: u32 = 24;
/// Random words reserved for one `draw`, as a power of two. The draws come before the first collision.
const WORDS_OF_A_DRAW: u32 = 12;
/// The largest mean of a Poisson distribution; larger counts would not all be exact as doubles.
const MAX_MEAN: f64 = 1e12;
/// The first word for outcomes, as a power of two: above those of 10¹² collisions.
const FIRST_OUTCOME: u32 = 67;

/// A trajectory: one sample of everything that is random in an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trajectory {
    /// The seed of the experiment.
    pub seed: u64,
    /// The number of the trajectory, from 1.
    pub number: u64,
}

/// A sequence of random numbers.
#[derive(Debug)]
pub struct Stream(ChaCha12Rng);

impl Trajectory {
    /// The seed of an experiment that gives none.
    pub const SEED: u64 = 1;

    /// The first trajectory with the default seed.
    #[must_use]
    pub fn first() -> Self {
        Self { seed: Self::SEED, number: 1 }
    }

    fn from(self, word: u128) -> Stream {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        let mut generator = ChaCha12Rng::from_seed(key);
        generator.set_stream(self.number);
        generator.set_word_pos(word);
        Stream(generator)
    }

    /// The random numbers of a `draw`, by its index from 0 in the experiment.
    #[must_use]
    pub fn draw(self, index: usize) -> Stream {
        self.from((index as u128) << WORDS_OF_A_DRAW)
    }

    /// The random numbers in the step of collision n ≥ 1.
    #[must_use]
    pub fn step(self, n: u64) -> Stream {
        self.from(u128::from(n) << WORDS_OF_A_COLLISION)
    }

    /// The random numbers that decide between the branches of mixtures.
    #[must_use]
    pub fn outcomes(self) -> Stream {
        self.from(1 << FIRST_OUTCOME)
    }
}

impl Stream {
    /// A number that is uniform in [0, 1): a multiple of 2⁻⁵³.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether an event of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A number with this distribution.
    fn sample(&mut self, distribution: impl Distribution<f64>) -> f64 {
        distribution.sample(&mut self.0)
    }
}

/// The index in whose share of the sum the number `at`, uniform in [0, 1), falls: an index with a probability proportional
/// to its share. A share that cannot be distinguished from zero is not chosen.
#[must_use]
pub fn pick(at: f64, shares: &[f64]) -> usize {
    /// The largest share, as a part of the sum, that may be a rounding error.
    const ROUNDING: f64 = 1e-14;
    let total: f64 = shares.iter().filter(|share| **share > 0.0).sum();
    let (mut left, mut chosen) = (at * total, 0);
    for (k, share) in shares.iter().enumerate().filter(|(_, share)| **share > ROUNDING * total) {
        chosen = k;
        if left < *share {
            break;
        }
        left -= share;
    }
    chosen
}

/// A distribution of random numbers.
#[derive(Debug)]
pub struct DistributionRow {
    /// Name, by which it is called.
    pub name: &'static str,
    /// Names of its parameters.
    pub parameters: &'static [&'static str],
    /// Help text.
    pub help: &'static str,
    /// Example of a call.
    pub example: &'static str,
    /// Draws a number; there are as many numbers as parameters, and all are finite.
    ///
    /// # Errors
    /// The condition that a parameter violates.
    pub draw: fn(&mut Stream, &[f64]) -> Result<f64, &'static str>,
}

/// All distributions.
pub static DISTRIBUTIONS: &[DistributionRow] = &[
    DistributionRow {
        name: "uniform",
        parameters: &["a", "b"],
        help: "A random number, uniform between a and b.",
        example: "let φ = uniform(0, 2π)",
        draw: |stream, p| {
            let x = p[0] + (p[1] - p[0]) * stream.uniform();
            if p[0] <= p[1] { Ok(x) } else { Err("a must not be above b") }
        },
    },
    DistributionRow {
        name: "normal",
        parameters: &["μ", "σ"],
        help: "A normal random number with mean μ and standard deviation σ.",
        example: "draw ω = normal(1.1, 0.02)",
        draw: |stream, p| {
            let z = stream.sample(StandardNormal);
            if p[1] >= 0.0 { Ok(p[0] + p[1] * z) } else { Err("the standard deviation σ must not be negative") }
        },
    },
    DistributionRow {
        name: "exponential",
        parameters: &["mean"],
        help: "A random number with density exp(−x/mean)/mean for x ≥ 0, such as the waiting time of a Poisson process.",
        example: "let τ = exponential(0.5)",
        draw: |stream, p| {
            let x = stream.sample(Exp1);
            if p[0] >= 0.0 { Ok(p[0] * x) } else { Err("the mean must not be negative") }
        },
    },
    DistributionRow {
        name: "gamma",
        parameters: &["k", "θ"],
        help: "A gamma-distributed random number with shape k and scale θ: mean kθ, variance kθ².",
        example: "let τ = gamma(2, 0.25)",
        draw: |stream, p| {
            let gamma = Gamma::new(p[0], p[1]).map_err(|_| "shape k and scale θ must be positive, and θ finite")?;
            Ok(stream.sample(gamma))
        },
    },
    DistributionRow {
        name: "poisson",
        parameters: &["μ"],
        help: "A Poisson-distributed whole number of mean μ.",
        example: "let k = poisson(3)",
        draw: |stream, p| {
            let wrong = "the mean μ must be between 0 and 10¹²";
            match p[0] {
                0.0 => Ok(0.0),
                mean if mean > MAX_MEAN => Err(wrong),
                mean => Ok(stream.sample(Poisson::new(mean).map_err(|_| wrong)?)),
            }
        },
    },
];

impl DistributionRow {
    /// The row of a distribution.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        DISTRIBUTIONS.iter().find(|row| row.name == name)
    }

    /// The call syntax.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.parameters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_picked_in_proportion_to_its_share() {
        let shares = [0.0, 0.5, -1e-17, 1.0, 0.5, 1e-17];
        for (at, expected) in [(0.0, 1), (0.24, 1), (0.26, 3), (0.74, 3), (0.76, 4), (1.0 - f64::EPSILON, 4)] {
            assert_eq!(pick(at, &shares), expected, "{at}");
        }
    }

    /// The means and variances of the distributions, each from 100,000 numbers. With the fourth central moment κ, the
    /// sample mean has the standard error √(v/N) and the sample variance √((κ − v²)/N); the bounds are five of these.
    #[test]
    fn numbers_have_the_mean_and_variance_of_their_distribution() {
        const N: usize = 100_000;
        // Name, parameters, mean, variance, fourth central moment.
        let cases: [(&str, &[f64], f64, f64, f64); 8] = [
            ("uniform", &[-1.0, 3.0], 1.0, 4.0 / 3.0, 16.0 / 5.0),
            ("normal", &[1.1, 0.5], 1.1, 0.25, 3.0 / 16.0),
            ("exponential", &[2.0], 2.0, 4.0, 9.0 * 16.0),
            // κ = 3k(k + 2)θ⁴
            ("gamma", &[2.0, 0.5], 1.0, 0.5, 24.0 / 16.0),
            ("gamma", &[0.5, 2.0], 1.0, 2.0, 3.75 * 16.0),
            // κ = μ + 3μ²
            ("poisson", &[3.0], 3.0, 3.0, 30.0),
            ("poisson", &[10.0], 10.0, 10.0, 310.0),
            ("poisson", &[1e4], 1e4, 1e4, 1e4 + 3e8),
        ];
        for (name, parameters, mean, variance, fourth) in cases {
            let row = DistributionRow::find(name).unwrap();
            let mut stream = Trajectory::first().step(1);
            let drawn: Vec<f64> = (0..N).map(|_| (row.draw)(&mut stream, parameters).unwrap()).collect();
            let found = drawn.iter().sum::<f64>() / N as f64;
            let spread = drawn.iter().map(|x| (x - found).powi(2)).sum::<f64>() / (N - 1) as f64;
            let of_mean = (variance / N as f64).sqrt();
            let of_variance = ((fourth - variance * variance) / N as f64).sqrt();
            assert!((found - mean).abs() < 5.0 * of_mean, "{name}: mean {found}");
            assert!((spread - variance).abs() < 5.0 * of_variance, "{name}: variance {spread}");
        }
    }

    /// Probabilities that moments do not show: P(X = k) = e^−μ μᵏ/k! near the mean, and P(|Z| < 1) = erf(1/√2).
    #[test]
    fn numbers_have_the_probabilities_of_their_distribution() {
        const N: usize = 100_000;
        let frequency = |name: &str, parameters: &[f64], hit: &dyn Fn(f64) -> bool| {
            let row = DistributionRow::find(name).unwrap();
            let mut stream = Trajectory { seed: 2, number: 1 }.step(1);
            (0..N).filter(|_| hit((row.draw)(&mut stream, parameters).unwrap())).count() as f64 / N as f64
        };
        let near = |found: f64, p: f64| (found - p).abs() < 5.0 * (p * (1.0 - p) / N as f64).sqrt();
        for (mean, k) in [(3.0_f64, 2_u32), (12.0, 12), (12.0, 20), (100.0, 90)] {
            let p = (1..=k).fold((-mean).exp(), |p, j| p * mean / f64::from(j));
            let found = frequency("poisson", &[mean], &|x| x == f64::from(k));
            assert!(near(found, p), "P(X = {k}) at mean {mean}: {found}, expected {p}");
        }
        assert!(near(frequency("normal", &[0.0, 1.0], &|x| x.abs() < 1.0), 0.682_689_492));
        assert!(near(frequency("exponential", &[1.0], &|x| x < 1.0), 1.0 - (-1.0_f64).exp()));
        // A gamma distribution of shape 2: P(X < 1) = 1 − 2/e.
        assert!(near(frequency("gamma", &[2.0, 1.0], &|x| x < 1.0), 1.0 - 2.0 * (-1.0_f64).exp()));
    }

    #[test]
    fn parameters_outside_their_range_have_a_reason() {
        let refused: [(&str, &[f64]); 7] = [
            ("uniform", &[1.0, 0.0]),
            ("normal", &[0.0, -1.0]),
            ("exponential", &[-1.0]),
            ("gamma", &[0.0, 1.0]),
            ("gamma", &[1.0, -1.0]),
            ("poisson", &[-1.0]),
            ("poisson", &[1e30]),
        ];
        for (name, parameters) in refused {
            let row = DistributionRow::find(name).unwrap();
            assert!((row.draw)(&mut Trajectory::first().draw(0), parameters).is_err(), "{name} {parameters:?}");
        }
        let zero = DistributionRow::find("poisson").unwrap();
        assert_eq!((zero.draw)(&mut Trajectory::first().draw(0), &[0.0]), Ok(0.0));
    }

    /// The streams of different trajectories, seeds, collisions and purposes have different numbers, and each has the
    /// same numbers again.
    #[test]
    fn streams_are_distinct_and_reproducible() {
        let at = |seed, number| Trajectory { seed, number };
        let mut first: Vec<f64> = Vec::new();
        for t in [at(1, 1), at(1, 2), at(2, 1), at(1, u64::MAX)] {
            let streams = [t.draw(0), t.draw(1), t.step(1), t.step(2), t.step(1_000_000_000_000), t.outcomes()];
            first.extend(streams.map(|mut s| s.uniform()));
        }
        let mut distinct = first.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        assert_eq!(distinct.len(), first.len());
        assert_eq!(at(1, 1).step(7).uniform(), at(1, 1).step(7).uniform());
    }
}
