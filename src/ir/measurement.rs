//! Measurements and events. The outcome of a measurement is the level of a classical register, a slot in which the state
//! is always diagonal.

use super::{Layout, Slot};
use crate::quantum::{C64, CMat};

/// A measurement. The branch of outcome k is the state Σ_j M_kj ρ M_kj†, whose trace is the probability of k, and
/// Σ_kj M_kj† M_kj = 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// The outcomes; the index k is the level of the register.
    pub outcomes: Vec<Outcome>,
}

/// An outcome of an [`Instrument`].
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The number that a script sees.
    pub value: f64,
    /// The operators M_kj for all j.
    pub kraus: Vec<CMat>,
}

impl Instrument {
    /// The operators of all outcomes: the Kraus operators of the measurement if its outcome is not read.
    #[must_use]
    pub fn unread(&self) -> Vec<CMat> {
        self.outcomes.iter().flat_map(|outcome| outcome.kraus.iter().cloned()).collect()
    }

    /// The dimension of the measured subsystems.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.outcomes.first().and_then(|outcome| outcome.kraus.first()).map_or(1, CMat::nrows)
    }

    /// |k⟩⟨k|, the state of the register after outcome k.
    #[must_use]
    pub fn level(&self, k: usize) -> CMat {
        let count = self.outcomes.len();
        CMat::from_fn(count, count, |i, j| if i == k && j == k { C64::ONE } else { C64::ZERO })
    }

    /// Σ_k v_k |k⟩⟨k| with the values v_k: the outcome as an observable of the register.
    #[must_use]
    pub fn values(&self) -> CMat {
        diagonal(self.outcomes.iter().map(|outcome| outcome.value))
    }
}

/// An event: a set of joint levels of some registers. Without registers it is certain or impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The registers.
    pub registers: Vec<Slot>,
    /// Whether the event occurs, for each joint level of the registers; the first register is the most significant.
    pub occurs: Vec<bool>,
}

impl Event {
    /// The event that occurs exactly if this one does not.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { registers: self.registers.clone(), occurs: self.occurs.iter().map(|occurs| !occurs).collect() }
    }

    /// The projector P on the levels in which the event occurs.
    #[must_use]
    pub fn projector(&self) -> CMat {
        diagonal(self.occurs.iter().map(|occurs| f64::from(u8::from(*occurs))))
    }

    /// The event as text: `r in 0 2`, or `r q in 00 11`, with the levels of the registers.
    #[must_use]
    pub fn describe(&self, layout: &Layout) -> String {
        let names: Vec<&str> = self.registers.iter().map(|&slot| layout.label(slot)).collect();
        let dims = layout.dims(&self.registers);
        let levels = |mut index: usize| {
            let digits = dims.iter().rev().map(|dim| {
                let digit = index % dim;
                index /= dim;
                digit.to_string()
            });
            let mut digits: Vec<String> = digits.collect();
            digits.reverse();
            digits.join(if dims.iter().any(|dim| *dim > 10) { "," } else { "" })
        };
        if names.is_empty() {
            return if self.occurs == [true] { "always".into() } else { "never".into() };
        }
        let inside: Vec<String> = (0..self.occurs.len()).filter(|&at| self.occurs[at]).map(levels).collect();
        format!("{} in {}", names.join(" "), inside.join(" "))
    }
}

fn diagonal(entries: impl Iterator<Item = f64>) -> CMat {
    let entries: Vec<C64> = entries.map(C64::from).collect();
    CMat::from_diagonal(&nalgebra::DVector::from_vec(entries))
}
