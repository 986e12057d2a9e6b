//! Merges the parts of the trajectories in order.

use std::collections::BTreeMap;

use super::samples::Samples;
use crate::experiment::journal::Record;
use crate::experiment::moments::Moments;
use crate::experiment::remarks::{self, Remark};

/// The parts that have arrived, merged in their order.
pub(super) struct Merged {
    pub(super) moments: Moments,
    /// The values of the kept series.
    pub(super) kept: Vec<Option<Vec<f64>>>,
    /// The number of trajectories in `moments`.
    pub(super) done: u64,
    /// The warnings of these trajectories.
    pub(super) remarks: Vec<Remark>,
    /// The part to be merged next.
    next: usize,
    /// Parts that have arrived before their turn.
    early: BTreeMap<usize, (Moments, Vec<Remark>)>,
}

impl Merged {
    pub(super) fn new(samples: &Samples<'_>) -> Self {
        let (moments, kept) = (Moments::new(samples.width * samples.rows), vec![None; samples.kept.len()]);
        Self { moments, kept, done: 0, remarks: Vec::new(), next: 0, early: BTreeMap::new() }
    }

    pub(super) fn put(&mut self, samples: &Samples<'_>, record: Record) {
        let part = record.point;
        let Some((moments, kept)) = samples.decode(&record) else { return };
        for (place, values) in samples.kept_of(samples.of_part(part)).zip(kept) {
            self.kept[place] = Some(values);
        }
        self.early.insert(part, (moments, record.remarks));
        while let Some((moments, new)) = self.early.remove(&self.next) {
            self.moments.merge(&moments);
            remarks::merge(&mut self.remarks, new);
            let range = samples.of_part(self.next);
            self.done += range.end() - range.start() + 1;
            self.next += 1;
        }
    }
}
