//! Abstract choices, from which a script is made: vectors of small numbers, which shrink by dropping and lowering.
//!
//! Contract: any choices give a script, and choices that run out go on with zeros. So every zero must stand for the
//! simplest alternative, and a failure shrinks to few and simple statements.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

/// What is decided about a script. Every statement and measure has numbers of its own: one that is dropped leaves the
/// others as they are.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    pub(crate) particles: Vec<u8>,
    pub(crate) statements: Vec<Vec<u8>>,
    pub(crate) ending: Vec<u8>,
    pub(crate) measures: Vec<Vec<u8>>,
    pub(crate) analysis: Vec<u8>,
}

/// All choices.
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

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.rest.next().copied().unwrap_or(0)) % count
    }

    /// True in one of `count` cases.
    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    /// One of several.
    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// So many different ones of several, or all of them.
    pub(crate) fn several<T: Clone>(&mut self, count: usize, of: &[T]) -> Vec<T> {
        let mut left = of.to_vec();
        (0..count.min(of.len())).map(|_| left.remove(self.below(left.len()))).collect()
    }
}
