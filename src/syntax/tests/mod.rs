//! Helpers that write trees as text, so that a test can state `1/2x` → `(Mul (Div 1 2) x)`.

mod errors;
mod expressions;
mod files;
mod hostile;
mod latex;

use super::{parse, parse_expression};
use crate::ast::{Argument, Conditional, Expr, ExprKind, File, Iteration, KetLabel, Offset, Reference, Stmt, StmtKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, SourceMap};

fn source(text: &str) -> (SourceMap, SourceId) {
    let mut map = SourceMap::new();
    let id = map.add("<test>", text);
    (map, id)
}

fn try_file(text: &str) -> Result<File, Vec<Diagnostic>> {
    parse(source(text).1, text)
}

fn file(text: &str) -> File {
    try_file(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

/// The mistakes of a script: code, line, and the message with its remedies.
fn mistakes(text: &str) -> Vec<(Code, usize, String)> {
    let (map, id) = source(text);
    let problems = parse(id, text).expect_err("the script is wrong");
    problems
        .into_iter()
        .map(|p| {
            let line = p.labels.first().map_or(0, |&(span, _)| map.line_column(span).0);
            (p.code, line, format!("{}; {}", p.message, p.help.join("; ")))
        })
        .collect()
}

fn expr(text: &str) -> Expr {
    parse_expression(source(text).1, text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

fn tree(text: &str) -> String {
    show(&expr(text))
}

fn show(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Number(value) => value.to_string(),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::Reference(r) => show_reference(r),
        ExprKind::Ket(label) => format!("|{}>", show_label(label)),
        ExprKind::Bra(label) => format!("<{}|", show_label(label)),
        ExprKind::KetBra { ket, bra, on } => format!("|{}><{}|({})", show_label(ket), show_label(bra), show_all(on)),
        ExprKind::Expectation(inner) => format!("<{}>", show(inner)),
        ExprKind::Reduction { reducer, iteration, body } => {
            format!("{}[{}: {}]", reducer.word(), show_iteration(iteration), show(body))
        }
        ExprKind::Call { function, groups } => {
            let groups: Vec<String> = groups.iter().map(|group| show_arguments(group)).collect();
            format!("{}[{}]", function.key, groups.join(" | "))
        }
        ExprKind::Unary { op, operand } => format!("({op:?} {})", show(operand)),
        ExprKind::Binary { op, lhs, rhs } => format!("({op:?} {} {})", show(lhs), show(rhs)),
        ExprKind::Approx { lhs, rhs, tolerance: None } => format!("(Approx {} {})", show(lhs), show(rhs)),
        ExprKind::Approx { lhs, rhs, tolerance: Some(t) } => {
            format!("(Approx {} {} {})", show(lhs), show(rhs), show(t))
        }
        ExprKind::List(values) => format!("[{}]", show_all(values)),
    }
}

fn show_all(values: &[Expr]) -> String {
    values.iter().map(show).collect::<Vec<_>>().join(", ")
}

fn show_arguments(group: &[Argument]) -> String {
    let argument = |a: &Argument| match &a.name {
        Some(name) => format!("{}={}", name.key, show(&a.value)),
        None => show(&a.value),
    };
    group.iter().map(argument).collect::<Vec<_>>().join(", ")
}

fn show_reference(r: &Reference) -> String {
    let offset = |offset: &Offset| match offset {
        Offset::None => String::new(),
        Offset::Primes(count) => format!("+{count}"),
        Offset::Index(index) => format!("@{}", show(index)),
    };
    format!("{}{}{}", r.name.key, offset(&r.offset), offset(&r.further))
}

fn show_iteration(i: &Iteration) -> String {
    let step = i.range.step.as_ref().map_or_else(String::new, |step| format!(" by {}", show(step)));
    format!("{} from {} to {}{step}", i.index.key, show(&i.range.first), show(&i.range.last))
}

fn show_label(label: &KetLabel) -> String {
    format!("{:?}{}", label.symbols, if label.commas { "," } else { "" })
}

fn show_statement(s: &Stmt) -> String {
    let refs = |units: &[Reference]| units.iter().map(show_reference).collect::<Vec<_>>().join(" ");
    let block = |body: &[Stmt]| body.iter().map(show_statement).collect::<Vec<_>>().join("; ");
    match &s.kind {
        StmtKind::Evolve { hamiltonian, time, jumps } => {
            let jumps: String = jumps.iter().map(|k| format!(" with {}", show(k))).collect();
            format!("evolve {} for {}{jumps}", show(hamiltonian), show(time))
        }
        StmtKind::Apply(gate) => format!("apply {}", show(gate)),
        StmtKind::Discard(units) => format!("discard {}", refs(units)),
        StmtKind::Uncorrelate(groups) => {
            format!("uncorrelate {}", groups.iter().map(|g| refs(g)).collect::<Vec<_>>().join(" | "))
        }
        StmtKind::Reset { targets, state } => format!("reset {} = {}", refs(targets), show(state)),
        StmtKind::Trace(name) => format!("trace {}", name.key),
        StmtKind::Record { name, value } => format!("record {} = {}", name.key, show(value)),
        StmtKind::Let { name, value } => format!("let {} = {}", name.key, show(value)),
        StmtKind::Repeat { count, body } => format!("repeat {} {{{}}}", show(count), block(body)),
        StmtKind::For { iteration, body } => format!("for {} {{{}}}", show_iteration(iteration), block(body)),
        StmtKind::WithProbability { probability, then, otherwise } => {
            format!("with {} {{{}}} else {{{}}}", show(probability), block(then), block(otherwise))
        }
        StmtKind::Measure { value, name } => format!("measure {} as {}", show(value), name.key),
        StmtKind::When { branches, otherwise } => {
            let branch = |c: &Conditional| format!("when {} {{{}}} else ", show(&c.condition), block(&c.body));
            let branches: String = branches.iter().map(branch).collect();
            format!("{branches}{{{}}}", block(otherwise))
        }
        StmtKind::Postselect(condition) => format!("postselect {}", show(condition)),
        StmtKind::Call { name, args } => format!("call {}[{}]", name.key, show_all(args)),
    }
}
