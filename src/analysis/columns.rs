//! Tables: named columns of equal length that hold the results of an experiment.
//!
//! Contract: all columns of a table have the same number of cells. A column shares its numbers with the series that it
//! came from. Collision numbers 0, 1, 2, … are described by an [`Index`], not stored.

use std::sync::Arc;

use super::series::{Index, Series, Values};

/// The content of a table, which determines where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// Series with a common index, one row per collision.
    Series,
    /// The numbers and booleans of `let` statements, in one row. They are not written to a file.
    Values,
    /// The numbers of a steady state and its `let`s, in one row.
    Steady,
    /// Series that a `save` statement selects, written as CSV under the name that it gives.
    Save,
    /// Values collected by a sweep, one row per point.
    Points,
}

/// Named columns of equal length.
#[derive(Debug, Clone)]
pub struct Table {
    /// File name without extension.
    pub name: Arc<str>,
    /// Kind of content.
    pub kind: TableKind,
    /// The point of the sweep that it belongs to, one key per axis; empty outside sweeps and for a table over all
    /// points.
    pub keys: Vec<Key>,
    /// The columns; in a table of series, the first column is the index.
    pub columns: Vec<TableColumn>,
}

/// The value of a swept parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Name of the parameter.
    pub name: Arc<str>,
    /// Value of the parameter at the point.
    pub value: Cell,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct TableColumn {
    /// Name, as shown in the header of a file.
    pub name: Arc<str>,
    /// Origin of the cells.
    pub role: Role,
    /// The largest absolute value that the quantity can have, as in [`Series::scale`].
    pub scale: f64,
    /// The cells, all of one type.
    pub cells: Cells,
}

/// The origin of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The collision number, or a swept parameter.
    Index,
    /// An observable after each step.
    Observed,
    /// A `record` statement within the step.
    Recorded,
    /// A `let` or `collect` statement.
    Computed,
}

/// The cells of a column.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Equally spaced collision numbers.
    Collisions(Index),
    /// Whole numbers.
    Whole(Vec<u64>),
    /// Real numbers; NaN is missing.
    Real(Values),
    /// Text: rules and strings as a script writes them, or reasons.
    Words(Vec<Arc<str>>),
    /// Booleans.
    Bools(Vec<bool>),
}

/// One value of a table or of an axis.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A real number; NaN is missing.
    Number(f64),
    /// A rule, text or boolean, as a script writes it.
    Word(Arc<str>),
}

impl Cell {
    /// The number; NaN for a word.
    #[must_use]
    pub fn number(&self) -> f64 {
        if let Self::Number(x) = self { *x } else { f64::NAN }
    }
}

impl Cells {
    /// Number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Collisions(index) => index.len,
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Words(words) => words.len(),
            Self::Bools(values) => values.len(),
        }
    }

    /// Whether there are no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cells of an axis: words if all cells are words, otherwise real numbers.
    #[must_use]
    pub fn of_axis<'c>(cells: impl Iterator<Item = &'c Cell> + Clone) -> Self {
        let word = |c: &Cell| if let Cell::Word(w) = c { Some(w.clone()) } else { None };
        match cells.clone().map(word).collect::<Option<Vec<_>>>() {
            Some(words) if !words.is_empty() => Self::Words(words),
            _ => Self::Real(cells.map(Cell::number).collect()),
        }
    }

    /// The values, if the cells are real numbers.
    #[must_use]
    pub fn real(&self) -> Option<&Values> {
        if let Self::Real(values) = self { Some(values) } else { None }
    }
}

impl TableColumn {
    /// An index column of collision numbers, named `n`.
    #[must_use]
    pub fn collisions(index: Index) -> Self {
        Self { name: "n".into(), role: Role::Index, scale: 1.0, cells: Cells::Collisions(index) }
    }

    /// A column with the values of a series.
    #[must_use]
    pub fn of_series(name: Arc<str>, role: Role, series: &Series) -> Self {
        Self { name, role, scale: series.scale, cells: Cells::Real(series.values.clone()) }
    }

    /// The last value of a column of real numbers.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.cells.real()?.last().copied()
    }

    /// The first value of a column of booleans.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        if let Cells::Bools(values) = &self.cells { values.first().copied() } else { None }
    }
}

impl Table {
    /// A table of series with a common index: the column `n`, then one column per series.
    #[must_use]
    pub fn of_series(name: Arc<str>, kind: TableKind, index: Index, series: Vec<TableColumn>) -> Self {
        let columns = std::iter::once(TableColumn::collisions(index)).chain(series).collect();
        Self { name, kind, keys: Vec::new(), columns }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.cells.len())
    }

    /// The collisions of the rows, if the first column holds collision numbers; otherwise the row numbers from 1.
    #[must_use]
    pub fn index(&self) -> Index {
        match self.columns.first().map(|c| &c.cells) {
            Some(Cells::Collisions(index)) => index.clone(),
            _ => Index { start: 1, stride: 1, len: self.rows() },
        }
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|c| *c.name == *name)
    }

    /// The columns that are not an index.
    pub fn data(&self) -> impl Iterator<Item = &TableColumn> {
        self.columns.iter().filter(|c| c.role != Role::Index)
    }

    /// A column of real numbers as a series over the index of the table. The series shares the numbers.
    #[must_use]
    pub fn series_of(&self, column: &TableColumn) -> Option<Series> {
        let values = column.cells.real()?.clone();
        Some(Series { index: self.index(), values, scale: column.scale })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_and_its_column_share_their_numbers() {
        let x = Series::of_run(vec![1.0, 2.0, f64::NAN], 0.5);
        let column = TableColumn::of_series("x".into(), Role::Observed, &x);
        let table = Table::of_series("series".into(), TableKind::Series, x.index.clone(), vec![column]);
        assert_eq!((table.rows(), table.columns.len(), table.data().count()), (3, 2, 1));
        let back = table.series_of(table.column("x").expect("it is there")).expect("real numbers");
        assert_eq!((back.values.as_ptr(), back.index, back.scale), (x.values.as_ptr(), x.index.clone(), 0.5));
        assert!(table.series_of(&table.columns[0]).is_none(), "collision numbers are not stored");
    }

    #[test]
    fn an_axis_of_words_gives_words() {
        let words = [Cell::Word("keep".into()), Cell::Word("erase".into())];
        assert!(matches!(Cells::of_axis(words.iter()), Cells::Words(w) if *w[1] == *"erase"));
        let numbers = [Cell::Number(0.5), Cell::Number(2.0)];
        assert!(matches!(Cells::of_axis(numbers.iter()), Cells::Real(v) if v == [0.5, 2.0]));
    }
}
