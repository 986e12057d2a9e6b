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
    let of_run = |t: &&Table| matches!(t.kind, TableKind::Series | TableKind::Values);
    tables.iter().filter(of_run).find_map(|t| {
        let column = t.data().find(|c| *c.name == *name)?;
        Some(match (t.kind, &column.cells) {
            (_, Cells::Bools(values)) => Value::Bool(Some(*values.first()?)),
            (TableKind::Values, cells) => Value::real(*cells.real()?.first()?),
            _ => Value::Series(t.series_of(column)?),
        })
    })
}
