//! Matrices as text: rows in Kronecker order, the first subsystem the most significant index.

use crate::builtins::{Builtin, lookup};
use crate::quantum::{C64, CMat, Kind};

/// The largest number of rows of a matrix that is shown; a larger matrix is unreadable.
const MAX_SHOWN: usize = 8;

/// The matrix of a gate or operator on qubits, or on three levels if two are not enough. Angles of gates are π/2.
pub(super) fn of_builtin(key: &str) -> Option<String> {
    match lookup(key)? {
        Builtin::Operator(row) => {
            let kinds = [Kind::Qubit, Kind::Spin { twice_j: 2 }, Kind::Boson(3)];
            let (kind, matrix) = kinds.into_iter().find_map(|kind| Some((kind, (row.matrix)(kind)?)))?;
            Some(format!("On a {kind}:\n\n{}", block(&matrix)?))
        }
        Builtin::Gate(row) => {
            let angles = vec![std::f64::consts::FRAC_PI_2; row.angles.len()];
            let matrix = (row.matrix)(&vec![2; row.subsystems], &angles)?;
            let at: Vec<String> = row.angles.iter().map(|angle| format!("{angle} = π/2")).collect();
            let at = if at.is_empty() { String::new() } else { format!(", at {}", at.join(", ")) };
            Some(format!("On qubits{at}:\n\n{}", block(&matrix)?))
        }
        _ => None,
    }
}

/// A matrix as a block of text with aligned columns; `None` if it is too large.
pub(super) fn block(matrix: &CMat) -> Option<String> {
    let (rows, columns) = matrix.shape();
    if rows > MAX_SHOWN || columns > MAX_SHOWN {
        return None;
    }
    let cells: Vec<Vec<String>> = (0..rows).map(|i| (0..columns).map(|j| number(matrix[(i, j)])).collect()).collect();
    let width = |j: usize| cells.iter().map(|row| row[j].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        padded.join("  ")
    };
    Some(format!("```text\n{}\n```", cells.iter().map(line).collect::<Vec<_>>().join("\n")))
}

/// A number with four digits; rounding errors are shown as 0.
pub(super) fn number(z: C64) -> String {
    let real = |x: f64| {
        let text = format!("{x:.4}");
        text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
    };
    let imaginary = |x: f64| match real(x).as_str() {
        "1" => "i".to_string(),
        "−1" => "−i".to_string(),
        other => format!("{other}i"),
    };
    let none = |x: f64| x.abs() < 5e-5;
    match (none(z.re), none(z.im)) {
        (true, true) => "0".into(),
        (false, true) => real(z.re),
        (true, false) => imaginary(z.im),
        (false, false) => {
            let sign = if z.im < 0.0 { "−" } else { "+" };
            format!("{}{sign}{}", real(z.re), imaginary(z.im.abs()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_where_they_can_be() {
        let text = |re, im| number(C64::new(re, im));
        assert_eq!([text(0.0, -1e-17), text(1.0, 0.0), text(-0.5, 0.0)], ["0", "1", "−0.5"]);
        assert_eq!([text(0.0, 1.0), text(0.0, -1.0), text(0.0, 10.0)], ["i", "−i", "10i"]);
        assert_eq!([text(0.5, -0.5), text(1.0, 1.0), text(0.12346, 0.0)], ["0.5−0.5i", "1+i", "0.1235"]);
    }

    #[test]
    fn every_gate_and_operator_has_a_matrix() {
        use crate::quantum::{GATES, OPERATORS};
        for name in GATES.iter().map(|r| r.name).chain(OPERATORS.iter().map(|r| r.name)) {
            assert!(of_builtin(name).is_some(), "{name}");
        }
        assert!(of_builtin("Y").is_some_and(|text| text.contains("0  −i\ni   0")));
    }
}
