//! Prints a gate sequence as text, one operation per line, so that a text diff shows the effect of a pass.
//!
//! The columns are the operation, its operands, its size, the slots alive after it, and the statement that it came
//! from. Nested operations are indented under their `mix`, `when` or `repeat`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{Layout, Measure, Op, OpKind, Origin, Scalar, Slot, Weight};
use crate::quantum::{C64, CMat};

const INDENT: &str = "  ";
const GAP: &str = "   ";

/// Prints a sequence that begins with the slots of `entry` alive. `describe` returns the text of the statement with a
/// given origin.
#[must_use]
pub fn print(ops: &[Op], entry: &[Slot], layout: &Layout, describe: &dyn Fn(Origin) -> String) -> String {
    let mut printer = Printer { layout, describe, rows: Vec::new() };
    printer.sequence(ops, &mut entry.iter().copied().collect(), 0);
    align(&printer.rows)
}

type Row = [String; 5];

struct Printer<'a> {
    layout: &'a Layout,
    describe: &'a dyn Fn(Origin) -> String,
    rows: Vec<Row>,
}

impl Printer<'_> {
    fn sequence(&mut self, ops: &[Op], alive: &mut BTreeSet<Slot>, depth: usize) {
        for op in ops {
            let before = alive.clone();
            op.update_alive(alive);
            let [name, operands, detail] = self.describe_op(&op.kind);
            let source = (self.describe)(op.origin).split_whitespace().collect::<Vec<_>>().join(" ");
            let live = format!("{{{}}}", self.labels(&*alive));
            self.rows.push([INDENT.repeat(depth) + &name, operands, detail, live, source]);
            match &op.kind {
                OpKind::Mix { then, otherwise, .. } => {
                    self.sequence(then, &mut before.clone(), depth + 1);
                    self.rows.push([INDENT.repeat(depth) + "otherwise", "".into(), "".into(), "".into(), "".into()]);
                    self.sequence(otherwise, &mut before.clone(), depth + 1);
                }
                OpKind::Repeat { body, .. } => self.sequence(body, &mut before.clone(), depth + 1),
                _ => {}
            }
        }
    }

    /// The first three columns.
    fn describe_op(&self, kind: &OpKind) -> [String; 3] {
        match kind {
            OpKind::Attach { slots, state } => ["attach".into(), self.labels(slots), describe_state(state)],
            OpKind::Unitary { targets, matrix } => {
                let shape = if is_diagonal(matrix) { " diagonal" } else { "" };
                ["unitary".into(), self.labels(targets), size(matrix) + shape]
            }
            OpKind::Channel { targets, kraus } => {
                let each = kraus.first().map(|k| format!(", each {}", size(k))).unwrap_or_default();
                ["channel".into(), self.labels(targets), format!("{} Kraus{each}", kraus.len())]
            }
            OpKind::Discard { slots } => ["discard".into(), self.labels(slots), String::new()],
            OpKind::Uncorrelate { groups } => {
                let groups: Vec<String> = groups.iter().map(|group| self.labels(group)).collect();
                ["uncorrelate".into(), groups.join(" | "), String::new()]
            }
            OpKind::Record { label, value, .. } => {
                ["record".into(), format!("{label} = {}", self.scalar(value)), String::new()]
            }
            OpKind::Measure { targets, register, instrument } => {
                let count = instrument.outcomes.len();
                [
                    "measure".into(),
                    format!("{} → {}", self.labels(targets), self.layout.label(*register)),
                    format!("{count} outcomes"),
                ]
            }
            OpKind::Postselect { event, .. } => ["postselect".into(), event.describe(self.layout), String::new()],
            OpKind::Mix { weight: Weight::Probability(p), .. } => {
                ["mix".into(), format!("probability {p}"), String::new()]
            }
            OpKind::Mix { weight: Weight::Event(event), .. } => {
                ["when".into(), event.describe(self.layout), String::new()]
            }
            OpKind::Repeat { count, .. } => ["repeat".into(), format!("{count} times"), String::new()],
        }
    }

    fn labels<'s>(&self, slots: impl IntoIterator<Item = &'s Slot>) -> String {
        slots.into_iter().map(|&slot| self.layout.label(slot)).collect::<Vec<_>>().join(" ")
    }

    fn scalar(&self, value: &Scalar) -> String {
        match value {
            Scalar::Constant(z) => number(*z),
            Scalar::Recorded { label, .. } => label.clone(),
            Scalar::Measure(Measure::Expectation { label, .. }) => label.clone(),
            Scalar::Measure(Measure::Reduced { slots, function }) => {
                let slots: Vec<&str> = slots.iter().map(|&slot| self.layout.label(slot)).collect();
                format!("{}{}({})", function.measure, function.suffix, slots.join(", "))
            }
            Scalar::Apply { name, args, .. } => {
                let args: Vec<String> = args.iter().map(|arg| self.scalar(arg)).collect();
                match (name.starts_with(char::is_alphabetic), &args[..]) {
                    (false, [one]) => format!("{name}{one}"),
                    (false, [left, right]) => format!("({left} {name} {right})"),
                    _ => format!("{name}({})", args.join(", ")),
                }
            }
        }
    }
}

fn number(z: C64) -> String {
    match (z.re, z.im) {
        (re, 0.0) => format!("{re}"),
        (0.0, im) => format!("{im}i"),
        (re, im) => format!("({re}{im:+}i)"),
    }
}

fn size(matrix: &CMat) -> String {
    format!("{}×{}", matrix.nrows(), matrix.ncols())
}

fn is_diagonal(matrix: &CMat) -> bool {
    (0..matrix.nrows()).all(|i| (0..matrix.ncols()).all(|j| i == j || matrix[(i, j)] == C64::ZERO))
}

/// The dimension d of a state and its purity Tr σ² = Σ |σ_ij|², which is 1 for a pure state and 1/d for the maximally
/// mixed one.
fn describe_state(state: &CMat) -> String {
    let purity: f64 = state.iter().map(C64::norm_sqr).sum();
    let dim = state.nrows();
    if (purity - 1.0).abs() < 1e-12 { format!("pure, d = {dim}") } else { format!("purity {purity:.4}, d = {dim}") }
}

fn align(rows: &[Row]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width - cell.width();
            write!(line, "{cell}{:padding$}{GAP}", "").expect("writing to a string succeeds");
        }
        line += &row[4];
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::expect;

    use super::*;
    use crate::ir::SlotInfo;
    use crate::quantum::StateFunction;

    fn diagonal(entries: &[f64]) -> Arc<CMat> {
        let entries: Vec<C64> = entries.iter().map(|&x| x.into()).collect();
        Arc::new(CMat::from_diagonal(&nalgebra::DVector::from_vec(entries)))
    }

    #[test]
    fn each_operation_has_a_line_with_its_live_slots() {
        let labels = ["s1", "s2", "ε'"];
        let slots = labels.map(|label| SlotInfo { dim: 2, label: label.into() }).to_vec();
        let layout = Layout { slots };
        let [s1, s2, e] = [Slot(0), Slot(1), Slot(2)];
        let swap = CMat::from_fn(4, 4, |i, j| C64::from(f64::from(u8::from(j == [0, 2, 1, 3][i]))));
        let exchange = OpKind::Unitary { targets: vec![s2, e], matrix: Arc::new(swap) };
        let record = Scalar::Apply {
            name: "-",
            function: |args| args[0] - args[1],
            args: vec![
                Scalar::Measure(Measure::Reduced { slots: vec![s1, s2], function: StateFunction::named("purity") }),
                Scalar::Constant(C64::new(0.5, 0.0)),
            ],
        };
        let kinds = [
            OpKind::Attach { slots: vec![e], state: diagonal(&[0.5, 0.5]) },
            OpKind::Repeat { count: 3, body: vec![Op { origin: Origin(2), kind: exchange }] },
            OpKind::Uncorrelate { groups: vec![vec![s1, e], vec![s2]] },
            OpKind::Mix {
                weight: Weight::Probability(0.25),
                then: vec![Op {
                    origin: Origin(4),
                    kind: OpKind::Unitary { targets: vec![s1], matrix: diagonal(&[1.0, -1.0]) },
                }],
                otherwise: vec![],
            },
            OpKind::Discard { slots: vec![e] },
            OpKind::Record { index: 0, label: "P".into(), value: record },
        ];
        let ops: Vec<Op> = (0..).zip(kinds).map(|(i, kind)| Op { origin: Origin(i), kind }).collect();
        let text = print(&ops, &[s1, s2], &layout, &|Origin(i)| format!("line\n {i}"));
        expect![[r#"
            attach        ε'                           purity 0.5000, d = 2   {s1 s2 ε'}   line 0
            repeat        3 times                                             {s1 s2 ε'}   line 1
              unitary     s2 ε'                        4×4                    {s1 s2 ε'}   line 2
            uncorrelate   s1 ε' | s2                                          {s1 s2 ε'}   line 2
            mix           probability 0.25                                    {s1 s2 ε'}   line 3
              unitary     s1                           2×2 diagonal           {s1 s2 ε'}   line 4
            otherwise
            discard       ε'                                                  {s1 s2}      line 4
            record        P = (purity(s1, s2) - 0.5)                          {s1 s2}      line 5
        "#]]
        .assert_eq(&text);
    }
}
