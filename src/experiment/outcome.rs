//! What an experiment leaves: a run, a sweep, or a part of one.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::sweep::{Grid, PointsRan};
use super::{Claim, Plan, Ran, SpectralView};
use crate::analysis::{Role, Series, Table, TableColumn, TableKind};
use crate::diagnostic::Diagnostic;

/// Everything that an experiment computed, also when it was interrupted or failed half-way.
#[derive(Debug)]
pub struct Outcome {
    /// The experiment's name.
    pub name: String,
    /// The title that the script gives it.
    pub title: Option<String>,
    /// Parameters and their values as a script writes them; of a sweep, those of the point around which it is swept.
    pub parameters: Vec<(String, String)>,
    /// How many collisions were done; in a sweep, the most of a point.
    pub collisions: u64,
    /// How many were requested.
    pub asked: u64,
    /// Why it ended.
    pub ending: Ending,
    /// Series, values of `let`s, files of `save`, collected columns: one list, which files, figures and screens read.
    pub tables: Vec<Table>,
    /// The names of the `let`s, in order.
    pub lets: Vec<Arc<str>>,
    /// `expect`s in order.
    pub claims: Vec<Claim>,
    /// The spectrum of the step map, if the script requests it.
    pub spectrum: Option<SpectralView>,
    /// Of a sweep: its grid, and which points are computed.
    pub coverage: Option<Coverage>,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
    /// How long it took.
    pub wall: Duration,
    /// What ran it.
    pub ran: Execution,
    /// Re Tr ρ after the last collision; of a sweep, NaN.
    pub trace: f64,
}

/// What ran an experiment.
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
    /// It did everything that was requested.
    #[default]
    Complete,
    /// The condition of `until` held.
    Condition,
    /// The user interrupted it.
    Interrupted,
    /// A collision could not be computed, or the journal of a sweep not be written.
    Fault(Box<Diagnostic>),
}

/// Which points of a sweep are computed.
#[derive(Debug)]
pub struct Coverage {
    /// All points.
    pub grid: Grid,
    /// How many are computed.
    pub done: usize,
    /// How many of these were in the journal of an earlier start.
    pub resumed: usize,
    /// The fewest and the most collisions of a point.
    pub collisions: RangeInclusive<u64>,
    /// Why points have missing values.
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
    /// What went wrong half-way, if anything did.
    #[must_use]
    pub fn fault(&self) -> Option<&Diagnostic> {
        if let Ending::Fault(d) = &self.ending { Some(d) } else { None }
    }

    /// Whether the user interrupted it.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        matches!(self.ending, Ending::Interrupted)
    }

    /// Whether nothing is left to do: neither a fault nor an interrupt ended it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.ending, Ending::Complete | Ending::Condition)
    }

    /// The observed and recorded series of a run, in the order of its files.
    pub fn series(&self) -> impl Iterator<Item = (&str, Series)> {
        self.columns().filter(|(_, c)| matches!(c.role, Role::Observed | Role::Recorded)).filter_map(named_series)
    }

    /// Observed, recorded and computed series of a run by name.
    #[must_use]
    pub fn find_series(&self, name: &str) -> Option<Series> {
        self.columns().find(|(_, c)| *c.name == *name).and_then(named_series).map(|(_, s)| s)
    }

    /// The columns of the tables of series: those of a run, or of all points of a sweep that collects nothing.
    pub fn columns(&self) -> impl Iterator<Item = (&Table, &TableColumn)> {
        self.tables.iter().filter(|t| t.kind == TableKind::Series).flat_map(|t| t.data().map(move |c| (t, c)))
    }

    /// The numbers and booleans of `let`s, a column of one cell each.
    pub fn values(&self) -> impl Iterator<Item = &TableColumn> {
        self.tables.iter().filter(|t| t.kind == TableKind::Values).flat_map(Table::data)
    }

    /// The series and the numbers and booleans of `let`s, as columns: observed, recorded, then the `let`s in order.
    pub fn named(&self) -> impl Iterator<Item = &TableColumn> {
        let read = self.columns().map(|(_, c)| c).filter(|c| c.role != Role::Computed);
        let find = |name: &Arc<str>| {
            self.columns().map(|(_, c)| c).chain(self.values()).find(|c| c.role == Role::Computed && c.name == *name)
        };
        read.chain(self.lets.iter().filter_map(find))
    }

    /// The last value of every series of a run and the value of every numeric `let`, with their names.
    pub fn last_numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.named().filter_map(|c| Some((&*c.name, c.last()?)))
    }

    /// What a sweep collects, a row a point.
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

    /// A collected column of a sweep over all points; missing where a point failed.
    #[must_use]
    pub fn collected(&self, name: &str) -> Option<&[f64]> {
        self.points()?.column(name)?.cells.real().map(|v| &**v)
    }

    /// The tables of series of each point of a sweep that collects nothing; of a run, its own.
    pub fn runs(&self) -> impl Iterator<Item = &[Table]> {
        runs(&self.tables)
    }
}

/// Tables of one point are neighbours: a slice for each point that has series.
pub(super) fn runs(tables: &[Table]) -> impl Iterator<Item = &[Table]> {
    tables.chunk_by(|a, b| a.keys == b.keys).filter(|run| run.iter().any(|t| t.kind == TableKind::Series))
}

fn named_series<'o>((table, column): (&'o Table, &'o TableColumn)) -> Option<(&'o str, Series)> {
    Some((&*column.name, table.series_of(column)?))
}
