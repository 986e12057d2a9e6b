//! Tables: named columns of one length, in which an experiment leaves its numbers.
//!
//! Contract: every column of a table has as many cells as the others. Numbers are shared with the series that they came
//! from; collisions 0, 1, 2, … are counted, not stored.

use std::sync::Arc;

use super::series::{Index, Series, Values};

/// What a table holds; this decides where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// Series of one index, a row a collision.
    Series,
    /// The numbers and booleans of `let`s, in one row. They are not written.
    Values,
    /// Series that a `save` chose; they are written as CSV under the name that it gives.
    Save,
    /// What a sweep collects, a row a point.
    Points,
}

/// Named columns of one length.
#[derive(Debug, Clone)]
pub struct Table {
    /// The stem of its files.
    pub name: Arc<str>,
    /// What it holds.
    pub kind: TableKind,
    /// The point of the sweep that it belongs to, a key an axis; empty outside sweeps and for a table over all points.
    pub keys: Vec<Key>,
    /// Its columns; the first of a table of series is its index.
    pub columns: Vec<TableColumn>,
}

/// The value of a swept parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The parameter's name.
    pub name: Arc<str>,
    /// Its value at the point.
    pub value: Cell,
}

/// One column.
#[derive(Debug, Clone)]
pub struct TableColumn {
    /// As the header of a file shows it.
    pub name: Arc<str>,
    /// Where its cells come from.
    pub role: Role,
    /// The largest absolute value that it could have, as [`Series::scale`].
    pub scale: f64,
    /// Its cells, all of one type.
    pub cells: Cells,
}

/// Where the cells of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The collision, or a swept parameter.
    Index,
    /// An observable after each step.
    Observed,
    /// A `record` within the step.
    Recorded,
    /// A `let` or `collect`.
    Computed,
}

/// The cells of a column.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Collisions, equally spaced.
    Collisions(Index),
    /// Whole numbers.
    Whole(Vec<u64>),
    /// Real numbers; NaN is missing.
    Real(Values),
    /// Words: rules and texts as a script writes them, reasons.
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
    /// As a number; words have none.
    #[must_use]
    pub fn number(&self) -> f64 {
        if let Self::Number(x) = self { *x } else { f64::NAN }
    }
}

impl Cells {
    /// How many there are.
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

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cells of an axis: real numbers, or words as soon as one is a word.
    #[must_use]
    pub fn of_axis<'c>(cells: impl Iterator<Item = &'c Cell> + Clone) -> Self {
        let word = |c: &Cell| if let Cell::Word(w) = c { Some(w.clone()) } else { None };
        match cells.clone().map(word).collect::<Option<Vec<_>>>() {
            Some(words) if !words.is_empty() => Self::Words(words),
            _ => Self::Real(cells.map(Cell::number).collect()),
        }
    }

    /// The cells as real numbers, if they are stored as such.
    #[must_use]
    pub fn real(&self) -> Option<&Values> {
        if let Self::Real(values) = self { Some(values) } else { None }
    }
}

impl TableColumn {
    /// An index column of collisions, named `n`.
    #[must_use]
    pub fn collisions(index: Index) -> Self {
        Self { name: "n".into(), role: Role::Index, scale: 1.0, cells: Cells::Collisions(index) }
    }

    /// A column of the values of a series.
    #[must_use]
    pub fn of_series(name: Arc<str>, role: Role, series: &Series) -> Self {
        Self { name, role, scale: series.scale, cells: Cells::Real(series.values.clone()) }
    }

    /// The last number of a column of real numbers.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.cells.real()?.last().copied()
    }

    /// The first boolean of a column of booleans.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        if let Cells::Bools(values) = &self.cells { values.first().copied() } else { None }
    }
}

impl Table {
    /// Series of one index as a table: `n`, then a column each.
    #[must_use]
    pub fn of_series(name: Arc<str>, kind: TableKind, index: Index, series: Vec<TableColumn>) -> Self {
        let columns = std::iter::once(TableColumn::collisions(index)).chain(series).collect();
        Self { name, kind, keys: Vec::new(), columns }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.cells.len())
    }

    /// The collisions at which its rows stand, if it has such a column; else its rows are counted from 1.
    #[must_use]
    pub fn index(&self) -> Index {
        match self.columns.first().map(|c| &c.cells) {
            Some(Cells::Collisions(index)) => index.clone(),
            _ => Index { start: 1, stride: 1, len: self.rows() },
        }
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|c| *c.name == *name)
    }

    /// The columns that are no index.
    pub fn data(&self) -> impl Iterator<Item = &TableColumn> {
        self.columns.iter().filter(|c| c.role != Role::Index)
    }

    /// A column of real numbers as a series over the index; its numbers are shared.
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
        assert!(table.series_of(&table.columns[0]).is_none(), "collisions are counted, not stored");
    }

    #[test]
    fn an_axis_with_a_word_is_one_of_words() {
        let words = [Cell::Word("keep".into()), Cell::Word("erase".into())];
        assert!(matches!(Cells::of_axis(words.iter()), Cells::Words(w) if *w[1] == *"erase"));
        let numbers = [Cell::Number(0.5), Cell::Number(2.0)];
        assert!(matches!(Cells::of_axis(numbers.iter()), Cells::Real(v) if v == [0.5, 2.0]));
    }
}
