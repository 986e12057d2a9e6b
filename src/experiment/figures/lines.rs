//! The lines of a plot: rows of a sweep, and the labels of its points.

use crate::analysis::{Cell, Series, Values};
use crate::experiment::sweep::{Axis, Grid};
use crate::output::cell_text;
use crate::output::figure::{Coordinates, short_numbers, typeset};

/// The label of a curve with that of its point, which may be empty.
pub(super) fn joined(label: &str, point: &str) -> String {
    if point.is_empty() { label.to_string() } else { format!("{label}, {point}") }
}

/// Part of a sweep's column: the values along the last axis at one place on the other axes.
pub(super) struct Row {
    /// The values of the other axes, as in `λ = 0.5, γ = 1`.
    pub(super) label: String,
    pub(super) x: Coordinates,
    pub(super) y: Values,
}

/// Splits a column of a sweep into rows along the last axis, one for each place on the other axes.
pub(super) fn rows(grid: &Grid, series: &Series) -> impl Iterator<Item = Row> {
    let last = grid.axes.last().expect("a sweep has an axis");
    let x = Values::from(places(last));
    let others = &grid.axes[..grid.axes.len() - 1];
    let chunks: Vec<&[f64]> = series.values.chunks(last.values.len()).collect();
    let values: Vec<Vec<&Cell>> = (0..chunks.len()).map(|i| grid.values(i * x.len())).collect();
    let named = values.iter().map(|values| others.iter().map(|axis| &*axis.name).zip(values.iter().copied()).collect());
    let labels = point_labels(&named.collect::<Vec<_>>());
    let row = |(label, y): (String, &[f64])| Row { label, x: x.clone().into(), y: y.to_vec().into() };
    labels.into_iter().zip(chunks).map(row).collect::<Vec<_>>().into_iter()
}

/// The positions of an axis's values: numbers at their value, words at 0, 1, 2, ….
pub(super) fn places(axis: &Axis) -> Vec<f64> {
    match words(axis) {
        Some(words) => (0..words.len()).map(|i| i as f64).collect(),
        None => axis.values.iter().map(Cell::number).collect(),
    }
}

/// The values of an axis of words; `None` for an axis of numbers.
pub(super) fn words(axis: &Axis) -> Option<Vec<String>> {
    axis.values.iter().any(|v| matches!(v, Cell::Word(_))).then(|| axis.values.iter().map(cell_text).collect())
}

/// The values of two series at the places that both have.
pub(super) fn common(x: &Series, y: &Series) -> (Coordinates, Values) {
    if x.index == y.index {
        return (x.values.clone().into(), y.values.clone());
    }
    let places: std::collections::BTreeMap<u64, f64> =
        (0..x.index.len).map(|i| x.index.at(i)).zip(x.values.iter().copied()).collect();
    let pairs = (0..y.index.len).map(|i| y.index.at(i)).zip(y.values.iter().copied());
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.filter_map(|(n, y)| Some((*places.get(&n)?, y))).unzip();
    (Values::from(a).into(), b.into())
}

/// The labels of points, as in `λ = 0.5, γ = 1`, with numbers as short as their differences allow.
pub(super) fn point_labels(points: &[Vec<(&str, &Cell)>]) -> Vec<String> {
    let names = points.first().map_or(0, Vec::len);
    let columns: Vec<Vec<String>> = (0..names)
        .map(|k| {
            let cells = || points.iter().filter_map(|point| point.get(k));
            let numbers: Vec<f64> = cells().map(|(_, cell)| cell.number()).collect();
            let short = short_numbers(&numbers);
            let value = |(cell, short): (&Cell, String)| match cell {
                Cell::Number(_) => short,
                cell => cell_text(cell),
            };
            let one = |((name, cell), short): (&(&str, &Cell), String)| {
                format!("{} = {}", typeset(name), value((cell, short)))
            };
            cells().zip(short).map(one).collect()
        })
        .collect();
    let label = |i: usize| columns.iter().filter_map(|c| c.get(i).cloned()).collect::<Vec<_>>().join(", ");
    (0..points.len()).map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_short_names() {
        let (third, half, word) = (Cell::Number(1.0 / 3.0), Cell::Number(0.5), Cell::Word("keep".into()));
        let points = [vec![("γ", &third), ("r", &word)], vec![("γ", &half), ("r", &word)]];
        assert_eq!(point_labels(&points), ["$γ$ = 0.3333, $r$ = keep", "$γ$ = 0.5, $r$ = keep"]);
        assert_eq!(joined("$x$", "$γ$ = 0.5"), "$x$, $γ$ = 0.5");
        assert_eq!(point_labels(&[vec![]]), [""]);
    }
}
