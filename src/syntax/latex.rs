//! Expressions and statements as LaTeX, for comparing a script with a paper.
//!
//! Contract: accepts any tree. The output is for math mode (`$…$` or an `equation`), with brackets where the precedence
//! of the typeset form needs them.

use super::names::greek;
use crate::ast::{
    BinaryOp, Conditional, Expr, ExprKind, Iteration, KetLabel, KetSymbol, Name, Offset, Reducer, Reference, Stmt,
    StmtKind, UnaryOp,
};
use crate::builtins::{self, Builtin, Form, FormRow};

/// The LaTeX of an expression: `J/2 * σx(s1)` becomes `\frac{J}{2} \sigma_x^{(s_{1})}`. The sign of a product or a
/// fraction comes first: `-ω/2` becomes `-\frac{\omega}{2}`.
#[must_use]
pub fn latex_expr(e: &Expr) -> String {
    signed(e).text()
}

/// A name as a symbol: `ω1` becomes `\omega_{1}`.
#[must_use]
pub fn latex_name(n: &Name) -> String {
    name(n)
}

/// A term without its sign.
struct Signed {
    negative: bool,
    /// The LaTeX of the absolute value.
    magnitude: String,
    /// The precedence level of the absolute value.
    level: u8,
}

impl Signed {
    fn text(&self) -> String {
        if self.negative { format!("-{}", self.magnitude) } else { self.magnitude.clone() }
    }

    /// The absolute value, in brackets if it binds more loosely than `least`.
    fn magnitude_at_least(&self, least: u8) -> String {
        if self.level < least { format!("\\left({}\\right)", self.magnitude) } else { self.magnitude.clone() }
    }

    /// The term with its sign, in brackets if it binds more loosely than `least`.
    fn at_least(&self, least: u8) -> String {
        let level = if self.negative { ADD.min(self.level) } else { self.level };
        if level < least { format!("\\left({}\\right)", self.text()) } else { self.text() }
    }
}

/// Moves the sign of a number, product or fraction in front of it.
fn signed(e: &Expr) -> Signed {
    match &e.kind {
        ExprKind::Number(value) if *value < 0.0 => Signed { negative: true, magnitude: number(-value), level: ATOM },
        ExprKind::Unary { op: UnaryOp::Neg, operand } => {
            let inner = signed(operand);
            let magnitude = inner.magnitude_at_least(MUL);
            Signed { negative: !inner.negative, magnitude, level: inner.level.max(MUL) }
        }
        ExprKind::Binary { op: BinaryOp::Div, lhs, rhs } => {
            let (above, below) = (signed(lhs), signed(rhs));
            let magnitude = format!("\\frac{{{}}}{{{}}}", above.magnitude, below.magnitude);
            Signed { negative: above.negative != below.negative, magnitude, level: PREFIX }
        }
        ExprKind::Binary { op: op @ (BinaryOp::Mul | BinaryOp::Tensor), lhs, rhs } => {
            let (left, right) = (signed(lhs), signed(rhs));
            let sign = match op {
                BinaryOp::Tensor => " \\otimes ",
                _ if is_number(rhs) => " \\cdot ",
                _ => " ",
            };
            let magnitude = format!("{}{sign}{}", left.magnitude_at_least(MUL), right.magnitude_at_least(MUL));
            Signed { negative: left.negative != right.negative, magnitude, level: MUL }
        }
        _ => Signed { negative: false, magnitude: unsigned(e), level: level(e) },
    }
}

/// The LaTeX of an expression that has no sign of its own.
fn unsigned(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Number(value) => number(*value),
        ExprKind::Text(text) => format!("\\text{{{}}}", text.replace('_', "\\_")),
        ExprKind::Reference(r) => reference(r),
        ExprKind::Ket(label) => ket(label),
        ExprKind::Bra(label) => bra(label),
        ExprKind::KetBra { ket: k, bra: b, on } if on.is_empty() => format!("{}{}", ket(k), bra(b)),
        ExprKind::KetBra { ket: k, bra: b, on } => format!("{}{}^{{({})}}", ket(k), bra(b), exprs(on)),
        ExprKind::Expectation(inner) => format!("\\langle {} \\rangle", latex_expr(inner)),
        ExprKind::Reduction { reducer, iteration, body } => {
            let sign = if *reducer == Reducer::Sum { "\\sum" } else { "\\prod" };
            format!("{sign}_{{{}}} {}", over(iteration), at_least(body, MUL))
        }
        ExprKind::Call { function, groups } => call(function, groups),
        ExprKind::Unary { op, operand } => unary(*op, operand),
        ExprKind::Binary { op, lhs, rhs } => binary(*op, lhs, rhs),
        ExprKind::Approx { lhs, rhs, tolerance } => {
            let tolerance = tolerance.as_ref().map_or_else(String::new, |t| format!(" \\pm {}", latex_expr(t)));
            format!("{} \\approx {}{tolerance}", latex_expr(lhs), latex_expr(rhs))
        }
        ExprKind::List(values) => format!("[{}]", exprs(values)),
    }
}

/// A unit or element with an index: `s` becomes `s^{[k]}`.
#[must_use]
pub fn latex_element(symbol: &str, index: &Name) -> String {
    format!("{symbol}^{{[{}]}}", name(index))
}

/// The value of a series after collision n: `x_{1}` becomes `x_{1,n}`.
#[must_use]
pub fn latex_series(symbol: &str) -> String {
    indexed(symbol, "n")
}

/// A range: `k in 1..L` becomes `k = 1, \dots, L`.
#[must_use]
pub fn latex_range(i: &Iteration) -> String {
    over(i)
}

/// The body of the rule that a name selects; `None` if the name is to be written instead.
pub type Rules<'a> = &'a dyn Fn(&Name) -> Option<&'a [Stmt]>;

/// The LaTeX of the statements of a step, one line for each. A rule is written out as its statements.
#[must_use]
pub fn latex_step(body: &[Stmt], rules: Rules<'_>) -> Vec<String> {
    let lines = |s: &Stmt| match &s.kind {
        StmtKind::Trace(rule) => match rules(rule) {
            Some(body) => latex_step(body, rules),
            None => vec![latex_statement(s, rules)],
        },
        _ => vec![latex_statement(s, rules)],
    };
    body.iter().flat_map(lines).collect()
}

/// The LaTeX of a statement: `evolve H for t` becomes `\rho \to e^{-i H t} \rho\, e^{i H t}`.
fn latex_statement(s: &Stmt, rules: Rules<'_>) -> String {
    let statements = |body: &[Stmt]| latex_step(body, rules).join(";\\ ");
    match &s.kind {
        StmtKind::Evolve { hamiltonian, time, jumps } if !jumps.is_empty() => {
            let dissipators = jumps.iter().map(|k| format!(" + \\mathcal{{D}}[{}]", latex_expr(k))).collect::<String>();
            let (h, t) = (latex_expr(hamiltonian), at_least(time, MUL));
            format!("\\rho \\to e^{{\\left(-i [{h}, \\cdot\\,]{dissipators}\\right) {t}}} \\rho")
        }
        StmtKind::Evolve { hamiltonian, time, .. } => {
            let h = signed(hamiltonian);
            let exponent = format!("i {} {}", h.magnitude_at_least(MUL), at_least(time, MUL));
            let (left, right) = if h.negative { ("", "-") } else { ("-", "") };
            format!("\\rho \\to e^{{{left}{exponent}}} \\rho\\, e^{{{right}{exponent}}}")
        }
        StmtKind::Apply(gate) if is_channel(gate) => format!("\\rho \\to {}[\\rho]", latex_expr(gate)),
        StmtKind::Apply(gate) => {
            let gate = at_least(gate, MUL);
            format!("\\rho \\to {gate} \\rho\\, {gate}^{{\\dagger}}")
        }
        StmtKind::Discard(units) => format!("\\rho \\to \\mathrm{{Tr}}_{{{}}}\\, \\rho", references(units)),
        StmtKind::Uncorrelate(groups) => {
            let factors: Vec<String> = groups.iter().map(|g| format!("\\rho_{{{}}}", references(g))).collect();
            format!("\\rho \\to {}", factors.join(" \\otimes "))
        }
        StmtKind::Reset { targets, state } => {
            format!("\\rho \\to \\mathrm{{Tr}}_{{{}}}\\, \\rho \\otimes {}", references(targets), at_least(state, MUL))
        }
        StmtKind::Trace(rule) => format!("\\rho \\to {}[\\rho]", name(rule)),
        StmtKind::Record { name: series, value } => format!("{} = {}", indexed(&name(series), "n"), latex_expr(value)),
        StmtKind::Let { name: local, value } => format!("{} = {}", name(local), latex_expr(value)),
        StmtKind::Repeat { count, body } => {
            format!("\\left[\\, {} \\,\\right] \\times {}", statements(body), at_least(count, MUL))
        }
        StmtKind::For { iteration, body } => {
            format!("\\left[\\, {} \\,\\right]_{{{}}}", statements(body), over(iteration))
        }
        StmtKind::WithProbability { probability, then, otherwise } => {
            let p = latex_expr(probability);
            let rest = if otherwise.is_empty() { "\\rho \\to \\rho".to_owned() } else { statements(otherwise) };
            format!(
                "\\begin{{cases}} {} & \\text{{with probability }} {p} \\\\ {rest} & \\text{{else}} \\end{{cases}}",
                statements(then)
            )
        }
        StmtKind::Measure { value, name: outcome } => {
            format!("{} \\leftarrow \\text{{outcome of }} {}", name(outcome), latex_expr(value))
        }
        StmtKind::When { branches, otherwise } => {
            let row = |c: &Conditional| format!("{} & \\text{{if }} {}", statements(&c.body), latex_expr(&c.condition));
            let rows: Vec<String> = branches.iter().map(row).collect();
            let rest = if otherwise.is_empty() { "\\rho \\to \\rho".to_owned() } else { statements(otherwise) };
            format!("\\begin{{cases}} {} \\\\ {rest} & \\text{{else}} \\end{{cases}}", rows.join(" \\\\ "))
        }
        StmtKind::Postselect(condition) => format!("\\rho \\to \\rho\\,|_{{{}}}", latex_expr(condition)),
        StmtKind::Call { name: sequence, args } => format!("\\rho \\to {}({})[\\rho]", name(sequence), exprs(args)),
    }
}

/// `k = 1, …, L`; with a step, `k = 1, 1 + 2, …, L`
fn over(i: &Iteration) -> String {
    let first = latex_expr(&i.range.first);
    let second = i.range.step.as_ref().map_or_else(String::new, |step| format!("{first} + {}, ", at_least(step, MUL)));
    format!("{} = {first}, {second}\\dots, {}", name(&i.index), latex_expr(&i.range.last))
}

/// Whether an expression is a call of a built-in channel. A channel is written as a map of ρ; a gate is multiplied from
/// both sides.
fn is_channel(e: &Expr) -> bool {
    let ExprKind::Call { function, .. } = &e.kind else { return false };
    matches!(
        builtins::lookup(&function.key),
        Some(Builtin::Channel(_) | Builtin::Form(FormRow { form: Form::Kraus, .. }))
    )
}

/// Precedence levels, the loosest first, as in the grammar.
const ADD: u8 = 4;
const MUL: u8 = 5;
const PREFIX: u8 = 6;
const POWER: u8 = 7;
const ATOM: u8 = 8;

/// The precedence level of the LaTeX of an expression. A fraction and a root delimit themselves.
fn level(e: &Expr) -> u8 {
    match &e.kind {
        ExprKind::Binary { op, .. } => op_level(*op),
        ExprKind::Reduction { reducer, .. } => op_level(reducer.operator()),
        ExprKind::Approx { .. } => 3,
        ExprKind::Unary { op: UnaryOp::Not, .. } => 2,
        ExprKind::Unary { op: UnaryOp::Dagger, .. } => POWER,
        _ => ATOM,
    }
}

fn op_level(op: BinaryOp) -> u8 {
    use BinaryOp as B;
    match op {
        B::Or => 0,
        B::And => 1,
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual => 3,
        B::Add | B::Sub => ADD,
        B::Mul | B::Tensor => MUL,
        B::Div => PREFIX,
        B::Pow => POWER,
    }
}

/// The LaTeX of an expression, in brackets if it binds more loosely than `least`.
fn at_least(e: &Expr, least: u8) -> String {
    signed(e).at_least(least)
}

fn unary(op: UnaryOp, operand: &Expr) -> String {
    match op {
        UnaryOp::Neg => unreachable!("`signed` writes signs"),
        UnaryOp::Sqrt => format!("\\sqrt{{{}}}", latex_expr(operand)),
        UnaryOp::Not => format!("\\neg {}", at_least(operand, 3)),
        UnaryOp::Dagger => format!("{}^{{\\dagger}}", at_least(operand, ATOM)),
    }
}

fn binary(op: BinaryOp, lhs: &Expr, rhs: &Expr) -> String {
    use BinaryOp as B;
    let sign = match op {
        B::Add | B::Sub => return sum(op, lhs, rhs),
        B::Pow => return format!("{}^{{{}}}", at_least(lhs, ATOM), latex_expr(rhs)),
        B::Mul | B::Tensor | B::Div => unreachable!("`signed` writes products and fractions"),
        B::Less => " < ",
        B::LessEqual => " \\le ",
        B::Greater => " > ",
        B::GreaterEqual => " \\ge ",
        B::Equal => " = ",
        B::NotEqual => " \\ne ",
        B::And => " \\wedge ",
        B::Or => " \\vee ",
    };
    let own = op_level(op);
    format!("{}{sign}{}", at_least(lhs, own), at_least(rhs, own))
}

/// A sum or a difference: `a + (-b)` becomes `a - b`, and `a - (b + c)` keeps its brackets.
fn sum(op: BinaryOp, lhs: &Expr, rhs: &Expr) -> String {
    let term = signed(rhs);
    let (sign, least) = if (op == BinaryOp::Sub) == term.negative { ('+', ADD) } else { ('-', MUL) };
    let (left, right) = (at_least(lhs, ADD), term.magnitude_at_least(least));
    match right.strip_prefix('-') {
        Some(rest) => format!("{left} - {rest}"),
        None => format!("{left} {sign} {right}"),
    }
}

fn is_number(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Number(_) => true,
        ExprKind::Binary { op: BinaryOp::Mul | BinaryOp::Pow, lhs, .. } => is_number(lhs),
        _ => false,
    }
}

/// A call. A Pauli matrix has its subsystem as a superscript; roots, exp and the like are written as in mathematics.
fn call(function: &Name, groups: &[Vec<crate::ast::Argument>]) -> String {
    let groups: Vec<String> = groups
        .iter()
        .map(|group| {
            let argument = |a: &crate::ast::Argument| {
                let value = latex_expr(&a.value);
                a.name.as_ref().map_or_else(|| value.clone(), |keyword| format!("{} = {value}", name(keyword)))
            };
            group.iter().map(argument).collect::<Vec<_>>().join(", ")
        })
        .collect();
    let args = groups.join(" \\mid ");
    let operator = match function.key.as_str() {
        "X" | "sigmax" => "\\sigma_x",
        "Y" | "sigmay" => "\\sigma_y",
        "Z" | "sigmaz" => "\\sigma_z",
        "splus" => "\\sigma_+",
        "sminus" => "\\sigma_-",
        "raise" => "a^{\\dagger}",
        "lower" => "a",
        "sqrt" => return format!("\\sqrt{{{args}}}"),
        "abs" => return format!("\\left|{args}\\right|"),
        "dag" => return format!("\\left({args}\\right)^{{\\dagger}}"),
        "comm" => return format!("\\left[{args}\\right]"),
        "anticomm" => return format!("\\left\\{{{args}\\right\\}}"),
        "exp" | "cos" | "sin" | "tan" | "log" | "min" | "max" => {
            return format!("\\{}\\left({args}\\right)", function.key);
        }
        _ => return format!("{}({args})", name(function)),
    };
    if function.key == "raise" { format!("a^{{\\dagger({args})}}") } else { format!("{operator}^{{({args})}}") }
}

fn exprs(values: &[Expr]) -> String {
    values.iter().map(latex_expr).collect::<Vec<_>>().join(", ")
}

fn references(units: &[Reference]) -> String {
    units.iter().map(reference).collect::<Vec<_>>().join(",")
}

/// `e1'` becomes `e_{1}'`.
fn reference(r: &Reference) -> String {
    let base = match r.name.key.as_str() {
        "X" | "sigmax" => "\\sigma_x".to_owned(),
        "Y" | "sigmay" => "\\sigma_y".to_owned(),
        "Z" | "sigmaz" => "\\sigma_z".to_owned(),
        "inf" => "\\infty".to_owned(),
        _ => name(&r.name),
    };
    let unit = match (&r.offset, &r.further) {
        (Offset::None, _) => base,
        (Offset::Primes(count), _) => format!("{base}{}", "'".repeat(*count as usize)),
        (Offset::Index(index), Offset::None) => format!("{base}^{{[{}]}}", latex_expr(index)),
        (Offset::Index(index), Offset::Primes(count)) => {
            format!("{base}^{{[{}]{}}}", latex_expr(index), "\\prime".repeat(*count as usize))
        }
        (Offset::Index(index), Offset::Index(unit)) => {
            format!("{base}^{{[{}][{}]}}", latex_expr(index), latex_expr(unit))
        }
    };
    match &r.case {
        None => unit,
        Some(case) => format!("\\left.{unit}\\right|_{{{}}}", name(case)),
    }
}

/// `ω1` becomes `\omega_{1}`, `δt` becomes `\delta t`, `Hse` becomes `H_{se}`, `gain` becomes `\mathrm{gain}`.
fn name(n: &Name) -> String {
    let digits = n.key.find(|c: char| c.is_ascii_digit()).unwrap_or(n.key.len());
    let (stem, index) = n.key.split_at(digits);
    let first = n.text.chars().next().unwrap_or('_');
    let (letter, rest) = match greek(first) {
        Some(english) => (greek_command(english), &stem[english.len().min(stem.len())..]),
        None if is_greek_name(stem) => (greek_command(stem), ""),
        None => return latin(stem, index),
    };
    match (rest, index) {
        ("", "") => letter,
        ("", index) => format!("{letter}_{{{}}}", escaped(index)),
        (rest, "") if matches!(first, 'δ' | 'Δ') => format!("{letter} {}", escaped(rest)),
        (rest, index) => format!("{letter}_{{{}{}}}", escaped(rest), escaped(index)),
    }
}

fn latin(stem: &str, index: &str) -> String {
    let mut letters = stem.chars();
    let first = letters.next().map_or_else(String::new, String::from);
    let rest = letters.as_str();
    let symbol =
        first.chars().all(char::is_uppercase) && rest.chars().count() <= 2 && rest.chars().all(char::is_lowercase);
    match (rest.is_empty() || symbol, rest, index) {
        (true, "", "") => first,
        (true, rest, index) => format!("{first}_{{{}{}}}", escaped(rest), escaped(index)),
        (false, _, "") => format!("\\mathrm{{{}}}", escaped(stem)),
        (false, _, index) => format!("\\mathrm{{{}}}_{{{}}}", escaped(stem), escaped(index)),
    }
}

/// A Greek letter in math mode; `None` for another character.
#[must_use]
pub fn latex_greek(c: char) -> Option<String> {
    greek(c).map(greek_command)
}

/// The command of a Greek letter with this English name. LaTeX has none for the letters that look like Latin ones.
fn greek_command(english: &str) -> String {
    match english {
        "Alpha" | "Beta" | "Epsilon" | "Zeta" | "Eta" | "Iota" | "Kappa" | "Mu" | "Nu" | "Omicron" | "Rho" | "Tau"
        | "Chi" | "omicron" => {
            let latin = match english {
                "Eta" => "H",
                "Nu" => "N",
                "Rho" => "P",
                "Chi" => "X",
                other => &other[..1],
            };
            format!("\\mathrm{{{latin}}}")
        }
        _ => format!("\\{english}"),
    }
}

fn is_greek_name(stem: &str) -> bool {
    ('Α'..='ω').filter_map(greek).any(|english| english == stem)
}

fn escaped(text: &str) -> String {
    text.replace('_', "\\_")
}

/// A symbol with one more index: `Q_{h}` becomes `Q_{h,n}`.
fn indexed(symbol: &str, index: &str) -> String {
    match symbol.strip_suffix('}').filter(|s| s.contains("_{")) {
        Some(open) => format!("{open},{index}}}"),
        None => format!("{symbol}_{index}"),
    }
}

fn ket(label: &KetLabel) -> String {
    format!("|{}\\rangle", symbols(label))
}

fn bra(label: &KetLabel) -> String {
    format!("\\langle {}|", symbols(label))
}

fn symbols(label: &KetLabel) -> String {
    let symbols = label.symbols.iter().map(|symbol| match symbol {
        KetSymbol::Level(level) => level.to_string(),
        KetSymbol::Plus => "+".to_owned(),
        KetSymbol::Minus => "-".to_owned(),
        KetSymbol::PlusI => "+i".to_owned(),
        KetSymbol::MinusI => "-i".to_owned(),
    });
    symbols.collect::<Vec<_>>().join(if label.commas { "," } else { "" })
}

/// `1e-9` becomes `10^{-9}`, and `2.5e20` becomes `2.5 \cdot 10^{20}`.
fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-4..1e6).contains(&size) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some(("1", exponent)) => format!("10^{{{exponent}}}"),
        Some((mantissa, exponent)) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
        None => text,
    }
}
