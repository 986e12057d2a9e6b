//! Builds the tables of a run from its numbers.

use std::sync::Arc;

use crate::analysis::{Cells, Role, Series, Table, TableColumn, TableKind};
use crate::eval::Value;
use crate::lower::{Column, ColumnKind};

/// Name and role of a series.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) name: Arc<str>,
    pub(super) role: Role,
}

impl Header {
    /// The headers of the observed and recorded series of a run.
    pub(super) fn of(columns: &[Column]) -> Vec<Self> {
        let role = |kind| match kind {
            ColumnKind::Observed => Role::Observed,
            ColumnKind::Recorded => Role::Recorded,
        };
        columns.iter().map(|c| Self { name: c.name.as_str().into(), role: role(c.kind) }).collect()
    }
}

/// What the columns of an experiment have: a series each, or with `steady` a number each.
#[derive(Debug)]
pub(super) enum Results {
    Run(Vec<Series>),
    Steady(Vec<f64>),
}

impl Results {
    /// The results of the values of each column from collision `first` on, or of the one value in the steady state.
    pub(super) fn new(columns: &[Column], values: Vec<Vec<f64>>, first: u64, steady: bool) -> Self {
        if steady {
            return Self::Steady(values.iter().map(|v| v.last().copied().unwrap_or(f64::NAN)).collect());
        }
        let part = |(c, v): (&Column, Vec<f64>)| Series::part_of_run(first, v, c.scale);
        Self::Run(columns.iter().zip(values).map(part).collect())
    }

    /// The values of the columns.
    pub(super) fn values(&self) -> Vec<Value> {
        match self {
            Self::Run(series) => series.iter().cloned().map(Value::Series).collect(),
            Self::Steady(numbers) => numbers.iter().copied().map(Value::real).collect(),
        }
    }

    /// The tables of a run, or the table `steady` with one row: the columns, then the `let`s.
    pub(super) fn tables(&self, headers: &[Header], lets: &[Let]) -> Vec<Table> {
        let numbers = match self {
            Self::Run(series) => return run_tables(headers, series, lets),
            Self::Steady(numbers) => numbers,
        };
        let read = headers
            .iter()
            .zip(numbers)
            .map(|(h, x)| TableColumn { role: h.role, ..single(&h.name, Cells::Real(vec![*x].into())) });
        let computed = lets.iter().map(|Let { name, value }| match value {
            Value::Number(z) => single(name, Cells::Real(vec![z.re].into())),
            Value::Bool(b) => single(name, Cells::Bools(vec![*b == Some(true)])),
            other => unreachable!("a `let` of a steady state is a number or a boolean, not {}", other.describe()),
        });
        let columns = read.chain(computed).collect();
        vec![Table { name: "steady".into(), kind: TableKind::Steady, keys: Vec::new(), columns }]
    }
}

/// The value of a `let`: a series, a real number or a boolean.
#[derive(Debug, Clone)]
pub(super) struct Let {
    pub(super) name: Arc<str>,
    pub(super) value: Value,
}

/// The tables of one run: `series`, with all series that share the index of the run; one table for each `let` whose
/// series has a different index; and `values`, with the `let`s that are numbers or booleans.
pub(super) fn run_tables(headers: &[Header], series: &[Series], lets: &[Let]) -> Vec<Table> {
    let index = series.first().map(|s| s.index.clone());
    let column = |(h, s): (&Header, &Series)| TableColumn::of_series(h.name.clone(), h.role, s);
    let mut main: Vec<TableColumn> = headers.iter().zip(series).map(column).collect();
    let (mut others, mut values) = (Vec::new(), Vec::new());
    for Let { name, value } in lets {
        match value {
            Value::Series(s) => {
                let column = TableColumn::of_series(name.clone(), Role::Computed, s);
                if index.as_ref() == Some(&s.index) {
                    main.push(column);
                } else {
                    others.push(Table::of_series(name.clone(), TableKind::Series, s.index.clone(), vec![column]));
                }
            }
            Value::Bool(b) => values.push(single(name, Cells::Bools(vec![*b == Some(true)]))),
            Value::Number(z) => values.push(single(name, Cells::Real(vec![z.re].into()))),
            other => unreachable!("a `let` is a number, a boolean or a series, not {}", other.describe()),
        }
    }
    let main = index.map(|index| Table::of_series("series".into(), TableKind::Series, index, main));
    let values = (!values.is_empty()).then(|| Table {
        name: "values".into(),
        kind: TableKind::Values,
        keys: Vec::new(),
        columns: values,
    });
    main.into_iter().chain(others).chain(values).collect()
}

fn single(name: &Arc<str>, cells: Cells) -> TableColumn {
    TableColumn { name: name.clone(), role: Role::Computed, scale: 1.0, cells }
}

/// The value with this name in a run's tables: a series, a number or a boolean.
pub(crate) fn value_of(tables: &[Table], name: &str) -> Option<Value> {
    let of_run = |t: &&Table| matches!(t.kind, TableKind::Series | TableKind::Values | TableKind::Steady);
    tables.iter().filter(of_run).find_map(|t| {
        let column = t.data().find(|c| *c.name == *name)?;
        Some(match (t.kind, &column.cells) {
            (_, Cells::Bools(values)) => Value::Bool(Some(*values.first()?)),
            (TableKind::Values | TableKind::Steady, cells) => Value::real(*cells.real()?.first()?),
            _ => Value::Series(t.series_of(column)?),
        })
    })
}
