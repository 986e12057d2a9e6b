//! Joins the columns of several runs into those of one.
//!
//! Contract: a series x of the case up has the name `x in up`. A comparison of two cases is computed collision by
//! collision from the entries of the two reduced states, and the numbers of a map from the entries of its Choi matrix.

use super::branches::first_id;
use super::simulate::describe;
use crate::backend::FaultKind;
use crate::check::{Branch, Computes, Experiment, MapBranch, SeriesId};
use crate::diagnostic::Diagnostic;
use crate::eval::different_dimensions;
use crate::lower::{Column, ColumnKind, StateReadout};
use crate::quantum::{C64, CMat, InvalidState, OfMap, least_intermediate};
use crate::source::Span;

/// A state that is read in a run.
pub(super) struct Read {
    /// The comparison that needs it; `None` for a map.
    pub(super) side: Option<Side>,
    pub(super) readout: StateReadout,
}

/// One of the two states of a comparison.
#[derive(Clone, Copy)]
pub(super) struct Side {
    /// Index of the comparison in [`Experiment::comparisons`].
    pub(super) comparison: usize,
    /// 0 for the first of the two states, 1 for the second.
    pub(super) part: usize,
}

/// Where the values of a joined column come from.
pub(super) enum Source {
    /// A column of a run, multiplied by a factor.
    Column { run: usize, column: usize, factor: f64 },
    /// A measure of the states of two runs.
    Comparison { function: OfTwo, name: String, measure: &'static str, states: [StateColumns; 2] },
    /// The least eigenvalue of an intermediate map; `dim` is the dimension of the systems.
    Divisibility { choi: StateColumns, dim: usize },
}

/// A function of two states.
type OfTwo = fn(&CMat, &CMat) -> Result<f64, InvalidState>;

/// A state whose entries are columns of a run.
pub(super) struct StateColumns {
    run: usize,
    /// The column of its first entry.
    first: usize,
    readout: StateReadout,
}

/// Joins the columns of the runs.
///
/// # Errors
/// A comparison of states of different dimensions.
pub(super) fn join(
    experiment: &Experiment,
    drafts: &[(&Branch, Vec<Read>)],
    of_runs: &[Vec<Column>],
) -> Result<(Vec<Column>, Vec<Source>), Vec<Diagnostic>> {
    let (mut columns, mut sources) = (Vec::new(), Vec::new());
    let mut compared: Vec<[Option<StateColumns>; 2]> = experiment.comparisons.iter().map(|_| [None, None]).collect();
    for (run, ((branch, states), own)) in drafts.iter().zip(of_runs).enumerate() {
        let case = branch.case.map_or_else(String::new, |k| format!(" in {}", experiment.cases[k].name.text));
        let from = first_id(experiment, branch);
        let mut next = own.iter().position(|c| c.hidden).unwrap_or(own.len());
        if let Computes::Correlation(c) = &branch.computes {
            for (column, suffix) in ["_re", "_im"].into_iter().enumerate() {
                let id = Some(SeriesId(c.re.0 + column));
                columns.push(Column {
                    scale: own[next].scale,
                    ..computed(&format!("{}{suffix}", c.name.text), id, c.span)
                });
                sources.push(Source::Column { run, column, factor: 1.0 });
            }
            continue;
        }
        if let (Computes::Map(map), [Read { readout, .. }]) = (&branch.computes, states.as_slice()) {
            let first = next;
            let state = || StateColumns { run, first, readout: readout.clone() };
            of_map(map, &state, &own[first..], (&case, from), &mut columns, &mut sources);
            continue;
        }
        for (at, column) in own.iter().enumerate().filter(|(_, c)| !c.hidden) {
            let id = column.id.map(|id| SeriesId(from + id.0));
            columns.push(Column { name: format!("{}{case}", column.name), id, ..column.clone() });
            sources.push(Source::Column { run, column: at, factor: 1.0 });
        }
        for Read { side, readout } in states {
            if let Some(Side { comparison, part }) = *side {
                compared[comparison][part] = Some(StateColumns { run, first: next, readout: readout.clone() });
            }
            next += 2 * readout.dim().pow(2);
        }
    }
    for (comparison, states) in experiment.comparisons.iter().zip(compared) {
        let [Some(left), Some(right)] = states else { continue };
        if left.readout.dim() != right.readout.dim() {
            let described = |i: usize, state: &StateColumns| {
                let part = &comparison.parts[i];
                format!(
                    "the state in `{}` has dimension {}",
                    experiment.cases[part.case].name.text,
                    state.readout.dim()
                )
            };
            let both = [described(0, &left), described(1, &right)];
            return Err(vec![different_dimensions(comparison.row.name, &both, comparison.span)]);
        }
        columns.push(computed(&comparison.name.text, Some(comparison.id), comparison.span));
        sources.push(Source::Comparison {
            function: comparison.row.of_two_states(),
            name: comparison.name.text.clone(),
            measure: comparison.row.name,
            states: [left, right],
        });
    }
    Ok((columns, sources))
}

fn computed(name: &str, id: Option<SeriesId>, place: Span) -> Column {
    Column { name: name.into(), kind: ColumnKind::Observed, id, scale: 1.0, place: Some(place), hidden: false }
}

/// The columns that are computed from a map. `case` is the suffix of their names and the id of the first series of the
/// run.
fn of_map(
    map: &MapBranch,
    state: &dyn Fn() -> StateColumns,
    entries: &[Column],
    (case, from): (&str, usize),
    columns: &mut Vec<Column>,
    sources: &mut Vec<Source>,
) {
    let StateColumns { run, first, readout } = state();
    let dim = readout.dim().isqrt();
    for o in &map.observables {
        match o.of {
            OfMap::Choi => {
                // The state has trace 1, and the Choi matrix trace d.
                for (at, entry) in entries.iter().enumerate().take(2 * readout.dim().pow(2)) {
                    let suffix = &entry.name;
                    columns.push(computed(&format!("{}{suffix}{case}", o.name), None, map.span));
                    sources.push(Source::Column { run, column: first + at, factor: dim as f64 });
                }
            }
            OfMap::Divisibility => {
                columns.push(computed(&format!("{}{case}", o.name), Some(SeriesId(from + o.first)), map.span));
                sources.push(Source::Divisibility { choi: state(), dim });
            }
        }
    }
}

impl StateColumns {
    /// The state at a row; `None` if an entry is missing.
    fn at(&self, of_runs: &[Vec<Vec<f64>>], row: usize) -> Option<CMat> {
        let size = 2 * self.readout.dim().pow(2);
        let columns = of_runs.get(self.run)?.get(self.first..self.first + size)?;
        let entries: Vec<f64> = columns.iter().map(|c| c.get(row).copied()).collect::<Option<_>>()?;
        entries.iter().all(|x| !x.is_nan()).then(|| self.readout.matrix(&entries))
    }
}

impl Source {
    /// The values of the column, of the same number as those of the first run, and the first fault. Values that a run
    /// did not reach are missing.
    pub(super) fn values(&self, of_runs: &[Vec<Vec<f64>>], rows: usize, first: u64) -> (Vec<f64>, Option<Diagnostic>) {
        match self {
            Self::Column { run, column, factor } => {
                let values = of_runs.get(*run).and_then(|run| run.get(*column));
                let mut values: Vec<f64> = values.into_iter().flatten().map(|x| factor * x).collect();
                values.resize(rows, f64::NAN);
                (values, None)
            }
            Self::Comparison { function, name, measure, states: [left, right] } => {
                let mut fault = None;
                let mut value = |row: usize| {
                    let (a, b) = (left.at(of_runs, row)?, right.at(of_runs, row)?);
                    let kind = match function(&a, &b) {
                        Ok(x) if x.is_finite() => return Some(x),
                        Ok(_) => FaultKind::NotFinite,
                        Err(why) => FaultKind::InvalidState { why, measure },
                    };
                    fault.get_or_insert_with(|| {
                        describe(&kind, &format!("`{name}`"), &format!("at collision {}", first + row as u64))
                    });
                    None
                };
                let values = (0..rows).map(|row| value(row).unwrap_or(f64::NAN)).collect();
                (values, fault)
            }
            Self::Divisibility { choi, dim } => {
                let mut before: Option<CMat> = None;
                let mut value = |row: usize| {
                    let now = choi.at(of_runs, row).map(|state| state * C64::from(*dim as f64));
                    let least = before.as_ref().zip(now.as_ref()).map(|(a, b)| least_intermediate(a, b, *dim));
                    before = now;
                    least.unwrap_or(f64::NAN)
                };
                ((0..rows).map(&mut value).collect(), None)
            }
        }
    }
}
