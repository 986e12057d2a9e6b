//! Merges the parts of the trajectories in order.

use std::collections::BTreeMap;

use super::samples::Samples;
use crate::experiment::journal::Record;
use crate::experiment::moments::Moments;

/// The parts that have arrived, merged in their order.
pub(super) struct Merged {
    pub(super) moments: Moments,
    /// The values of the kept series.
    pub(super) kept: Vec<Option<Vec<f64>>>,
    /// The number of trajectories in `moments`.
    pub(super) done: u64,
    /// The part to be merged next.
    next: usize,
    /// Parts that have arrived before their turn.
    early: BTreeMap<usize, Moments>,
}

impl Merged {
    pub(super) fn new(samples: &Samples<'_>) -> Self {
        let moments = Moments::new(samples.width * samples.rows);
        Self { moments, kept: vec![None; samples.kept.len()], done: 0, next: 0, early: BTreeMap::new() }
    }

    pub(super) fn put(&mut self, samples: &Samples<'_>, record: &Record) {
        let part = record.point;
        let Some((moments, kept)) = samples.decode(record) else { return };
        for (place, values) in samples.kept_of(samples.of_part(part)).zip(kept) {
            self.kept[place] = Some(values);
        }
        self.early.insert(part, moments);
        while let Some(moments) = self.early.remove(&self.next) {
            self.moments.merge(&moments);
            let range = samples.of_part(self.next);
            self.done += range.end() - range.start() + 1;
            self.next += 1;
        }
    }
}
