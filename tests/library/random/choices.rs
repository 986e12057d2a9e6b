//! Abstract choices that determine a script: vectors of small numbers, which shrink by dropping and lowering.
//!
//! Contract: any choices give a script, and choices that run out continue with zeros. So every zero must select the
//! simplest alternative, and a failure shrinks to few and simple statements.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

/// The choices for a script. Every statement and measure has its own numbers, so that dropping one leaves the others
/// unchanged.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    pub(crate) particles: Vec<u8>,
    pub(crate) statements: Vec<Vec<u8>>,
    pub(crate) ending: Vec<u8>,
    pub(crate) measures: Vec<Vec<u8>>,
    pub(crate) analysis: Vec<u8>,
}

/// The strategy for all choices.
pub(crate) fn choices() -> impl Strategy<Value = Choices> {
    let numbers = |longest: usize| vec(any::<u8>(), 0..longest);
    (numbers(40), vec(numbers(48), 0..9), numbers(16), vec(numbers(16), 1..5), numbers(16)).prop_map(
        |(particles, statements, ending, measures, analysis)| Choices {
            particles,
            statements,
            ending,
            measures,
            analysis,
        },
    )
}

/// Reads choices one after another.
pub(crate) struct Tape<'c> {
    rest: std::slice::Iter<'c, u8>,
}

impl<'c> Tape<'c> {
    pub(crate) fn new(numbers: &'c [u8]) -> Self {
        Self { rest: numbers.iter() }
    }

    /// The next number, below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.rest.next().copied().unwrap_or(0)) % count
    }

    /// True in one of `count` cases.
    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    /// Returns one of several alternatives.
    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Returns `count` different elements, or all if there are fewer.
    pub(crate) fn several<T: Clone>(&mut self, count: usize, of: &[T]) -> Vec<T> {
        let mut left = of.to_vec();
        (0..count.min(of.len())).map(|_| left.remove(self.below(left.len()))).collect()
    }
}
