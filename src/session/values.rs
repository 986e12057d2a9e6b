//! Prints values: numbers, matrices, states and series.

use crate::analysis::Series;
use crate::eval::{Leg, Operator, Value};
use crate::output::{Tone, tone};
use crate::quantum::{C64, CMat, CVec};
use crate::report::short;
use unicode_width::UnicodeWidthStr;

/// Largest number of rows of a matrix that is printed.
const MAX_PRINTED: usize = 16;

/// Entries of a matrix below this size are rounding errors, and are printed as `·`.
const ZERO: f64 = 1e-12;

/// Prints a value on one or more lines. `label` names the legs of operators.
pub(super) fn shown(value: &Value, label: &dyn Fn(Leg) -> String) -> String {
    match value {
        Value::Number(z) => complex(*z),
        Value::Bool(b) => b.map_or_else(|| "missing".to_string(), |b| b.to_string()),
        Value::Text(text) => format!("{text:?}"),
        Value::Operator(operator) => operator_shown(operator, label),
        Value::Ket(dims, v) => ket(dims, v),
        Value::Bra(dims, v) => format!("the bra of  {}", ket(dims, v)),
        Value::Density(dims, rho) => matrix(dims, rho),
        Value::Series(s) => series(s),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|v| shown(v, label)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Channel(channel) => {
            let sites: Vec<String> = channel.sites.iter().map(|s| label(s.leg)).collect();
            let dims: Vec<usize> = channel.sites.iter().map(|s| s.dim).collect();
            let kraus = channel.kraus.iter().enumerate();
            let parts: Vec<String> = kraus.map(|(i, k)| format!("K{}\n{}", i + 1, matrix(&dims, k))).collect();
            format!("a channel on {}\n{}", sites.join(", "), parts.join("\n"))
        }
        other => other.describe().to_string(),
    }
}

/// A complex number, rounded as by `short`. A real or imaginary part that is only a rounding error is left out.
pub(super) fn complex(z: C64) -> String {
    let size = z.norm().max(1.0);
    if z.im.abs() <= ZERO * size {
        return short(z.re);
    }
    if z.re.abs() <= ZERO * size {
        return imaginary(z.im);
    }
    let sign = if z.im < 0.0 { '−' } else { '+' };
    format!("{} {sign} {}", short(z.re), imaginary(z.im.abs()))
}

fn imaginary(x: f64) -> String {
    if x == 1.0 { "i".into() } else { format!("{}i", short(x)) }
}

fn operator_shown(operator: &Operator, label: &dyn Fn(Leg) -> String) -> String {
    let sites = operator.sites();
    let Ok(dense) = operator.dense(&sites) else { return "an operator, too large for one matrix".into() };
    let dims: Vec<usize> = sites.iter().map(|s| s.dim).collect();
    let on: Vec<String> = sites.iter().filter(|s| matches!(s.leg, Leg::Slot(_))).map(|s| label(s.leg)).collect();
    let head = if on.is_empty() { String::new() } else { tone(Tone::Faint, &format!("on {}\n", on.join(", "))) };
    format!("{head}{}", matrix(&dims, &dense))
}

/// `0.7071068 |0> + 0.7071068 |1>`
fn ket(dims: &[usize], v: &CVec) -> String {
    let mut out = String::new();
    for (i, z) in v.iter().enumerate().filter(|(_, z)| z.norm() > ZERO) {
        let number = complex(*z);
        let compound = number.contains(' ');
        let (sign, number) = match number.strip_prefix('-') {
            Some(rest) if !compound => (if out.is_empty() { "-" } else { " - " }, rest.to_string()),
            _ => (if out.is_empty() { "" } else { " + " }, if compound { format!("({number})") } else { number }),
        };
        let factor = if number == "1" { String::new() } else { format!("{number} ") };
        out += &format!("{sign}{factor}{}", basis(dims, i));
    }
    if out.is_empty() { "0".into() } else { out }
}

/// The label of a basis state, such as `|01>`; with commas if a dimension exceeds 10.
fn basis(dims: &[usize], mut index: usize) -> String {
    let mut digits: Vec<String> = Vec::new();
    for dim in dims.iter().rev() {
        digits.push((index % dim).to_string());
        index /= dim;
    }
    digits.reverse();
    let comma = if dims.iter().any(|d| *d > 10) { "," } else { "" };
    format!("|{}>", digits.join(comma))
}

/// A matrix with its rows and columns labelled by basis states; zeros are printed as dots.
pub(super) fn matrix(dims: &[usize], m: &CMat) -> String {
    let n = m.nrows();
    if n > MAX_PRINTED {
        return format!("{n} × {n}, too large to print: name fewer subsystems");
    }
    if dims.is_empty() {
        return complex(m[(0, 0)]);
    }
    let entry = |i: usize, j: usize| if m[(i, j)].norm() <= ZERO { "·".to_string() } else { entry_shown(m[(i, j)]) };
    let mut rows = vec![std::iter::once(String::new()).chain((0..n).map(|j| basis(dims, j))).collect::<Vec<_>>()];
    rows.extend((0..n).map(|i| std::iter::once(basis(dims, i)).chain((0..n).map(|j| entry(i, j))).collect()));
    let width = |j: usize| rows.iter().map(|row| row[j].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..=n).map(width).collect();
    let line = |(r, row): (usize, &Vec<String>)| {
        let cells = row.iter().zip(&widths).enumerate().map(|(j, (cell, w))| {
            let padded = format!("{}{cell}", " ".repeat(w.saturating_sub(cell.width())));
            if r == 0 || j == 0 { tone(Tone::Faint, &padded) } else { padded }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// An entry of a matrix, rounded to four digits to keep rows short.
fn entry_shown(z: C64) -> String {
    let round =
        |x: f64| if x.abs() <= ZERO { 0.0 } else { format!("{x:.3e}").parse().expect("a printed number parses") };
    complex(C64::new(round(z.re), round(z.im))).replace(" + ", "+").replace(" − ", "−")
}

/// A summary of a series: its first, last, smallest and largest value, with a sparkline above.
pub(super) fn series(s: &Series) -> String {
    let known: Vec<f64> = s.analysed_values().iter().copied().filter(|x| x.is_finite()).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return format!("{} values, all missing, at {}", s.values.len(), s.index);
    };
    let low = known.iter().copied().fold(f64::INFINITY, f64::min);
    let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let missing = if s.missing() > 0 { format!(", {} missing", s.missing()) } else { String::new() };
    format!(
        "{}\n{} values at {}{missing}: first {}, last {}, min {}, max {}",
        sparkline(&s.values, low, high),
        s.values.len(),
        s.index,
        short(*first),
        short(*last),
        short(low),
        short(high)
    )
}

/// Largest width of a sparkline, in columns.
const SPARKS: usize = 60;

/// A series as a line of bars between `low` and `high`; a missing value is a space.
fn sparkline(values: &[f64], low: f64, high: f64) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = SPARKS.min(values.len());
    let bar = |c: usize| {
        let x = values[c * values.len() / columns];
        if !x.is_finite() {
            return ' ';
        }
        let height = if high > low { (x - low) / (high - low) } else { 0.5 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
        let level = (height.clamp(0.0, 1.0) * 7.0).round() as usize;
        BARS[level]
    };
    (0..columns).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_kets_print_in_the_usual_notation() {
        assert_eq!(complex(C64::new(0.5, -0.25)), "0.5 − 0.25i");
        assert_eq!(complex(C64::new(1e-17, 1.0)), "i");
        assert_eq!(complex(C64::new(2.0, 1e-17)), "2");
        let v = CVec::from_vec(vec![C64::new(0.6, 0.0), C64::new(0.0, 0.0), C64::new(-0.8, 0.0), C64::new(0.0, 0.0)]);
        assert_eq!(ket(&[2, 2], &v), "0.6 |00> - 0.8 |10>");
    }

    #[test]
    fn a_matrix_labels_its_basis_and_prints_zeros_as_dots() {
        let m = CMat::from_fn(2, 2, |i, j| C64::new(if i == j { 0.5 } else { 0.0 }, 0.0));
        let text = crate::output::coloured(&matrix(&[2], &m), false);
        assert_eq!(text, "     |0>  |1>\n|0>  0.5    ·\n|1>    ·  0.5");
    }
}
