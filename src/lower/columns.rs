//! The columns of a run, and the ids of the series that they hold.

use std::collections::HashMap;

use crate::check::{Experiment, GAP, Observable, Program, SeriesId, Shape};
use crate::eval::scale;
use crate::ir::Scalar;
use crate::source::Span;

/// The origin of a column of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Observed after each step and in the initial state.
    Observed,
    /// Recorded inside the step; no value at n = 0.
    Recorded,
}

/// A column of a run.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name in the script, with a suffix for a component or an entry of a state.
    pub name: String,
    /// Whether the column is observed or recorded.
    pub kind: ColumnKind,
    /// Series id, by which expressions refer to the column; `None` for entries of `state(…)`.
    pub id: Option<SeriesId>,
    /// Largest possible absolute value.
    pub scale: f64,
    /// Place of the `observe`; `None` for a record, whose operation has the place of its statement.
    pub place: Option<Span>,
    /// Whether the column is only an entry of a state from which another series is computed.
    pub hidden: bool,
}

impl Column {
    /// The column of the spectral gap, after those that the engines compute.
    pub(super) fn gap(id: SeriesId) -> Self {
        let (name, kind) = (GAP.to_string(), ColumnKind::Observed);
        Self { name, kind, id: Some(id), scale: 1.0, place: None, hidden: false }
    }
}

/// The id of the first series of each observable and record. Ids are assigned first to the observables of the program,
/// then to its records, then to the observables of the experiment.
pub(super) fn series_ids<'p>(
    program: &'p Program,
    experiment: Option<&'p Experiment>,
) -> (Vec<(usize, &'p Observable)>, HashMap<&'p str, usize>) {
    let mut next = 0;
    let mut take = |shape: Shape| {
        next += shape.series();
        next - shape.series()
    };
    // What is computed from a map is not read off a state, but has its ids here too.
    let of_state = |observables: &'p [Observable], take: &mut dyn FnMut(Shape) -> usize| {
        observables.iter().map(|o| (take(o.shape), o)).filter(|(_, o)| o.of_map().is_none()).collect::<Vec<_>>()
    };
    let mut observables = of_state(&program.observables, &mut take);
    let records = program.records.iter().map(|(r, shape)| (r.key.as_str(), take(*shape))).collect();
    observables.extend(experiment.iter().flat_map(|x| of_state(&x.observables, &mut take)));
    (observables, records)
}

/// Adds the columns of an observable or record, whose first series has the id `first`.
pub(super) fn push_columns(
    out: &mut Vec<Column>,
    name: &str,
    kind: ColumnKind,
    shape: Shape,
    scalars: &[(String, Scalar)],
    first: usize,
) {
    for (i, (suffix, scalar)) in scalars.iter().enumerate() {
        let id = (i < shape.series()).then_some(SeriesId(first + i));
        out.push(Column {
            name: format!("{name}{suffix}"),
            kind,
            id,
            scale: scale(scalar),
            place: None,
            hidden: false,
        });
    }
}
