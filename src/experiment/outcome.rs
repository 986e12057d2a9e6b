//! The outcome of an experiment: of a run, a sweep, or a part of one.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::sweep::{Grid, PointsRan};
use super::{CaseSettings, Claim, Plan, Ran, Sampled, SpectralView, SteadyRun};
use crate::analysis::{Role, Series, Table, TableColumn, TableKind};
use crate::diagnostic::Diagnostic;

/// Everything that an experiment computed, even if it was interrupted or failed part-way.
#[derive(Debug)]
pub struct Outcome {
    /// Name of the experiment.
    pub name: String,
    /// Title of the experiment in the script, if it has one.
    pub title: Option<String>,
    /// Parameters and their values, written as in a script. For a sweep, the swept parameters have the values of the
    /// experiment's own parameter point.
    pub parameters: Vec<(String, String)>,
    /// The settings of the cases, in the order of the script; empty without cases.
    pub cases: Vec<CaseSettings>,
    /// Number of collisions computed; for a sweep, the largest number of any point.
    pub collisions: u64,
    /// Number of collisions requested.
    pub requested: u64,
    /// Why the run or sweep ended.
    pub ending: Ending,
    /// All results, from which files, figures and reports are made: series, values of `let`s, tables of `save`, and
    /// collected columns.
    pub tables: Vec<Table>,
    /// The names of the `let`s, in the order of the script.
    pub lets: Vec<Arc<str>>,
    /// The claims of the `expect`s, in the order of the script.
    pub claims: Vec<Claim>,
    /// The spectrum of the step map; `None` unless the script requests it.
    pub spectrum: Option<SpectralView>,
    /// The grid of a sweep and its computed points; `None` for a run.
    pub coverage: Option<Coverage>,
    /// The trajectories over which the values are averaged, in a sweep those of the first point; `None` for a single run.
    pub sampled: Option<Sampled>,
    /// Warnings to show to the user.
    pub warnings: Vec<Diagnostic>,
    /// Wall-clock time.
    pub wall: Duration,
    /// The plan or plans that were executed.
    pub ran: Execution,
    /// Re Tr ρ after the last collision; NaN for a sweep.
    pub trace: f64,
    /// How the steady state was computed; `None` for a run or a sweep.
    pub steady: Option<SteadyRun>,
}

/// How an experiment was executed.
#[derive(Debug, Clone, PartialEq)]
pub enum Execution {
    /// The plan of a run.
    Run(Ran),
    /// The plans of the points of a sweep.
    Points(PointsRan),
}

impl Execution {
    /// The plan of a run, or of the first point of a sweep that can run.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Run(ran) => Some(&ran.plan),
            Self::Points(ran) => ran.plan.as_ref(),
        }
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(ran) => ran.fmt(f),
            Self::Points(ran) => ran.fmt(f),
        }
    }
}

/// Why a run or a sweep ended.
#[derive(Debug, Default)]
pub enum Ending {
    /// Everything requested was computed.
    #[default]
    Complete,
    /// The condition of `until` held.
    Condition,
    /// The user interrupted it.
    Interrupted,
    /// A collision could not be computed, or the journal of a sweep could not be written.
    Fault(Box<Diagnostic>),
}

/// The points of a sweep, and how many of them are computed.
#[derive(Debug)]
pub struct Coverage {
    /// The grid of all points.
    pub grid: Grid,
    /// Number of points computed.
    pub done: usize,
    /// Number of these points that were recovered from the journal of an earlier run.
    pub resumed: usize,
    /// Smallest and largest number of collisions of a point.
    pub collisions: RangeInclusive<u64>,
    /// Reasons for missing values, by index of the point in the grid.
    pub reasons: BTreeMap<usize, String>,
}

impl Coverage {
    /// Whether every point is computed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.done == self.grid.len()
    }
}

impl Outcome {
    /// The fault that ended the run or sweep, or `None` if there was none.
    #[must_use]
    pub fn fault(&self) -> Option<&Diagnostic> {
        if let Ending::Fault(d) = &self.ending { Some(d) } else { None }
    }

    /// Whether the user interrupted the run or sweep.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        matches!(self.ending, Ending::Interrupted)
    }

    /// Whether the run or sweep ended without a fault or interrupt.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.ending, Ending::Complete | Ending::Condition)
    }

    /// The observed and recorded series of a run, in the order of its files.
    pub fn series(&self) -> impl Iterator<Item = (&str, Series)> {
        self.columns().filter(|(_, c)| matches!(c.role, Role::Observed | Role::Recorded)).filter_map(named_series)
    }

    /// The observed, recorded or computed series of a run with this name.
    #[must_use]
    pub fn find_series(&self, name: &str) -> Option<Series> {
        self.columns().find(|(_, c)| *c.name == *name).and_then(named_series).map(|(_, s)| s)
    }

    /// The columns of the series tables of a run, or of all points of a sweep without `collect`.
    pub fn columns(&self) -> impl Iterator<Item = (&Table, &TableColumn)> {
        self.tables.iter().filter(|t| t.kind == TableKind::Series).flat_map(|t| t.data().map(move |c| (t, c)))
    }

    /// The values of `let`s that are numbers or booleans, and the numbers of a steady state, each as a column with one
    /// cell.
    pub fn values(&self) -> impl Iterator<Item = &TableColumn> {
        let single = |t: &&Table| matches!(t.kind, TableKind::Values | TableKind::Steady);
        self.tables.iter().filter(single).flat_map(Table::data)
    }

    /// All named results as columns: observed series, recorded series, then the values of the `let`s in order.
    pub fn named(&self) -> impl Iterator<Item = &TableColumn> {
        let read = self.columns().map(|(_, c)| c).chain(self.values()).filter(|c| c.role != Role::Computed);
        let find = |name: &Arc<str>| {
            self.columns().map(|(_, c)| c).chain(self.values()).find(|c| c.role == Role::Computed && c.name == *name)
        };
        read.chain(self.lets.iter().filter_map(find))
    }

    /// Name and last value of every series of a run, and name and value of every numeric `let`.
    pub fn last_numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.named().filter_map(|c| Some((&*c.name, c.last()?)))
    }

    /// The table of a sweep with `collect`, with one row per point.
    #[must_use]
    pub fn points(&self) -> Option<&Table> {
        self.tables.iter().find(|t| t.kind == TableKind::Points)
    }

    /// Whether any point of a sweep has a result.
    #[must_use]
    pub fn has_results(&self) -> bool {
        let numbers = |t: &Table| t.data().filter_map(|c| c.cells.real()).flatten().any(|x| x.is_finite());
        self.points().map_or_else(|| self.runs().next().is_some(), numbers)
    }

    /// The collected numbers of a point of a sweep.
    #[must_use]
    pub fn row(&self, point: usize) -> Vec<f64> {
        let columns = self.points().into_iter().flat_map(Table::data).filter_map(|c| c.cells.real());
        columns.map(|values| values[point]).collect()
    }

    /// A collected column of a sweep over all points; NaN where a point failed.
    #[must_use]
    pub fn collected(&self, name: &str) -> Option<&[f64]> {
        self.points()?.column(name)?.cells.real().map(|v| &**v)
    }

    /// The tables of each point of a sweep without `collect`, or those of a run.
    pub fn runs(&self) -> impl Iterator<Item = &[Table]> {
        runs(&self.tables)
    }
}

/// The tables of each point that has series, as a slice. Tables of one point are adjacent.
pub(super) fn runs(tables: &[Table]) -> impl Iterator<Item = &[Table]> {
    tables.chunk_by(|a, b| a.keys == b.keys).filter(|run| run.iter().any(|t| t.kind == TableKind::Series))
}

fn named_series<'o>((table, column): (&'o Table, &'o TableColumn)) -> Option<(&'o str, Series)> {
    Some((&*column.name, table.series_of(column)?))
}
