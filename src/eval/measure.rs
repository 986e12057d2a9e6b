//! Measures: expressions to [`Scalar`]s, numbers that are read off the state while it runs.

use std::sync::Arc;

use super::arithmetic::arithmetic as function_of;
use super::value::{Leg, Site, Value, dense_dim};
use super::{Eval, Evaluator, Failure, Scope, fail};
use crate::ast::BinaryOp;
use crate::check::builtins::MeasureKind;
use crate::check::{Expr, symbol};
use crate::diagnostic::Code;
use crate::ir::{Measure, Scalar, Slot};
use crate::quantum::{StateFunction, hermitian_deviation, max_abs};
use crate::source::Span;

/// `<A>`
pub(crate) fn expectation(ev: &Evaluator<'_>, a: &Expr, scope: Scope<'_>) -> Eval {
    let operator = ev.eval(a, scope).and_then(|v| ev.operator(v, a.span))?;
    let mut terms = Vec::new();
    for (sites, matrix) in operator.terms {
        terms.push((slots(&sites, a.span)?, Arc::new(matrix)));
    }
    Ok(Value::Scalar(Scalar::Measure(Measure::Expectation { terms, label: String::new() })))
}

fn slots(sites: &[Site], span: Span) -> Eval<Vec<Slot>> {
    sites
        .iter()
        .map(|s| match s.leg {
            Leg::Slot(slot) => Ok(slot),
            Leg::Local(_) => fail(
                Code::NoPlace,
                span,
                "this operator does not say on which subsystem it acts",
                "no subsystem",
                "write `X(s)`, `|0><1|(s)`",
            ),
        })
        .collect()
}

/// A call of a measure.
pub(crate) fn measure(
    ev: &Evaluator<'_>,
    kind: MeasureKind,
    groups: &[Vec<Expr>],
    span: Span,
    scope: Scope<'_>,
) -> Eval {
    use MeasureKind as K;
    let takes_last = matches!(kind, K::Fidelity | K::TraceDistance | K::Population);
    let mut all: Vec<&Expr> = groups.iter().flatten().collect();
    let last = if takes_last { all.pop() } else { None };
    if takes_last && (last.is_none() || all.is_empty()) || (all.is_empty() && kind != K::Purity) {
        return fail(
            Code::WrongArguments,
            span,
            match kind {
                K::Population => "`population` needs a subsystem and a level",
                K::Fidelity | K::TraceDistance => "this measure needs a subsystem and a state to compare it with",
                _ => "this measure needs a subsystem to look at",
            },
            "too few arguments",
            format!("it is called as `{}`", kind.signature()),
        );
    }
    let sites = ev.sites(all.iter().copied(), scope)?;
    let slots = if sites.is_empty() { ev.alive.to_vec() } else { slots(&sites, span)? };
    dense_dim(&sites).or_else(|e| ev.too_large(e, span))?;
    split_rules(kind, groups, &sites, span)?;
    qubit_rules(ev, kind, &sites, span)?;
    let first = groups.first().map_or(0, Vec::len);
    let split = if groups.len() > 1 { first } else { 1 };
    let function = match kind {
        K::Concurrence => StateFunction::Concurrence,
        K::MutualInformation => StateFunction::MutualInformation { split },
        K::Negativity => StateFunction::Negativity { split },
        K::Entropy => StateFunction::Entropy,
        K::Purity => StateFunction::Purity,
        K::Coherence => StateFunction::Coherence,
        K::Fidelity | K::TraceDistance => {
            let kinds: Vec<_> = sites.iter().map(|s| super::forms::kind_of(ev, *s)).collect();
            let state = Arc::new(ev.state(last.expect("checked above"), scope.locals, &sites, &kinds)?);
            if kind == K::Fidelity { StateFunction::Fidelity(state) } else { StateFunction::TraceDistance(state) }
        }
        K::Population => {
            let dim = dense_dim(&sites).or_else(|e| ev.too_large(e, span))?;
            let level =
                ev.count(last.expect("checked above"), scope, "the level of `population`", 0..=dim as u64 - 1)?;
            StateFunction::Population(usize::try_from(level).expect("below the dimension"))
        }
        K::Bloch => return Ok(bloch(&slots)),
        K::State => return entries(ev, &sites, &slots, span),
    };
    Ok(Value::Scalar(Scalar::Measure(Measure::Reduced { slots, function })))
}

/// How many subsystems and groups each measure takes.
fn split_rules(kind: MeasureKind, groups: &[Vec<Expr>], sites: &[Site], span: Span) -> Eval<()> {
    use MeasureKind as K;
    let wrong = |message: String, help: &str| fail(Code::WrongArguments, span, message, "which parts?", help);
    match kind {
        K::MutualInformation | K::Negativity => {
            let two_groups = groups.len() == 2 && groups.iter().all(|g| !g.is_empty());
            let two_subsystems = groups.len() == 1 && sites.len() == 2;
            if !(two_groups || two_subsystems) {
                let count = sites.len();
                return wrong(
                    match count {
                        1 => format!("`{}` is between two parts, and one subsystem stands here", kind.name()),
                        _ => format!(
                            "`{}` is between two parts, and the {count} subsystems here are not divided",
                            kind.name()
                        ),
                    },
                    &format!("write two subsystems, `{0}(a, b)`, or two groups, `{0}(a | b, c)`", kind.name()),
                );
            }
        }
        _ if groups.len() > 1 => {
            let help = format!(
                "it is called as `{}`; between two parts there is `mutual_information(a | b)`",
                kind.signature()
            );
            return wrong(format!("`{}` takes no groups separated by `|`", kind.name()), &help);
        }
        K::Concurrence if sites.len() != 2 => {
            return wrong(
                format!("concurrence is that of two qubits, and {} here", stand(sites.len())),
                "write `concurrence(a, b)`; for more use `negativity(a | b, c)`",
            );
        }
        K::Bloch | K::Population if sites.len() != 1 => {
            return wrong(
                format!("`{}` looks at one subsystem, and {} here", kind.name(), stand(sites.len())),
                &format!("it is called as `{}`", kind.signature()),
            );
        }
        _ => {}
    }
    Ok(())
}

fn stand(count: usize) -> String {
    if count == 1 { "one stands".into() } else { format!("{count} stand") }
}

fn qubit_rules(ev: &Evaluator<'_>, kind: MeasureKind, sites: &[Site], span: Span) -> Eval<()> {
    let needs_qubits = matches!(kind, MeasureKind::Concurrence | MeasureKind::Bloch);
    if let Some(site) = sites.iter().find(|s| needs_qubits && s.dim != 2) {
        let label = ev.leg_label(site.leg);
        return fail(
            Code::Dimension,
            span,
            format!("`{}` is defined for qubits, and `{label}` has dimension {}", kind.name(), site.dim),
            "not a qubit",
            if kind == MeasureKind::Concurrence {
                "entanglement of larger subsystems is measured by `negativity(a | b)`".to_string()
            } else {
                format!("observe operators, `<number({label})>`, or all entries, `state({label})`")
            },
        );
    }
    Ok(())
}

fn bloch(slots: &[Slot]) -> Value {
    let parts = [("_x", StateFunction::BlochX), ("_y", StateFunction::BlochY), ("_z", StateFunction::BlochZ)];
    Value::Several(parts.into_iter().map(|(suffix, function)| (suffix.to_string(), reduced(slots, function))).collect())
}

fn reduced(slots: &[Slot], function: StateFunction) -> Scalar {
    Scalar::Measure(Measure::Reduced { slots: slots.to_vec(), function })
}

/// Real and imaginary parts of all entries of a reduced density matrix: at most 16 × 16.
fn entries(ev: &Evaluator<'_>, sites: &[Site], slots: &[Slot], span: Span) -> Eval {
    let dim = dense_dim(sites).or_else(|e| ev.too_large(e, span))?;
    if dim > 16 {
        return fail(
            Code::OperatorTooLarge,
            span,
            format!("the state of dimension {dim} would be {} columns", 2 * dim * dim),
            "too many columns",
            "name fewer subsystems: at most dimension 16",
        );
    }
    let wide = sites.iter().any(|s| s.dim > 10);
    let label = |mut index: usize| {
        let mut digits: Vec<String> = Vec::new();
        for site in sites.iter().rev() {
            digits.push((index % site.dim).to_string());
            index /= site.dim;
        }
        digits.reverse();
        digits.join(if wide { "." } else { "" })
    };
    let mut out = Vec::new();
    for row in 0..dim {
        for col in 0..dim {
            let name = format!("_{}_{}", label(row), label(col));
            out.push((format!("{name}_re"), reduced(slots, StateFunction::EntryRe { row, col })));
            out.push((format!("{name}_im"), reduced(slots, StateFunction::EntryIm { row, col })));
        }
    }
    Ok(Value::Several(out))
}

/// Arithmetic where one side or both are read off the state.
pub(crate) fn arithmetic(op: BinaryOp, l: Value, r: Value) -> Eval {
    let args = vec![scalar(l), scalar(r)];
    Ok(Value::Scalar(Scalar::Apply { name: symbol(op), function: function_of(op), args }))
}

/// A number or a measure as a scalar.
pub(crate) fn scalar(value: Value) -> Scalar {
    match value {
        Value::Number(z) => Scalar::Constant(z),
        Value::Scalar(s) => s,
        other => unreachable!("the checker lets only numbers and measures come here, not {}", other.describe()),
    }
}

/// The largest absolute value that a scalar could have: the spectral radius of an observable (bounded by the sum of its
/// terms' largest row sums), 1 for what is bounded by 1 or not known. Analyses use it to tell a signal from rounding.
pub(crate) fn scale(scalar: &Scalar) -> f64 {
    match scalar {
        Scalar::Constant(z) => z.norm(),
        Scalar::Measure(Measure::Expectation { terms, .. }) => terms
            .iter()
            .map(|(_, m)| m.row_iter().map(|r| r.iter().map(|z| z.norm()).sum::<f64>()).fold(0.0, f64::max))
            .sum(),
        Scalar::Measure(Measure::Reduced { .. }) => 1.0,
        Scalar::Apply { name, args, .. } => {
            let s: Vec<f64> = args.iter().map(scale).collect();
            match (*name, s.as_slice()) {
                ("+" | "-", [a, b]) => a + b,
                ("*", [a, b]) => a * b,
                ("re" | "im" | "abs" | "conj", [a]) => *a,
                _ => 1.0,
            }
        }
    }
}

/// Refuses a measure whose value would be complex: the expectation value of an operator that is not Hermitian.
pub(crate) fn check_real(ev: &Evaluator<'_>, scalar: &Scalar, span: Span) -> Eval<()> {
    let Some((slots, by)) = complex_part(scalar) else { return Ok(()) };
    let on: Vec<String> = slots.iter().map(|s| ev.leg_label(Leg::Slot(*s))).collect();
    let place = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
    fail(
        Code::ComplexObservable,
        span,
        format!("this number is complex: the operator{place} is not Hermitian, A − A† is {by}"),
        "a series holds real numbers",
        "take a part of it: `re(<…>)`, `im(<…>)` or `abs(<…>)`",
    )
}

/// The first part of a scalar that makes it complex: its slots, and how far it is from real.
fn complex_part(scalar: &Scalar) -> Option<(Vec<Slot>, f64)> {
    match scalar {
        Scalar::Constant(z) => (z.im.abs() > 1e-12 * z.re.abs().max(1.0)).then(|| (Vec::new(), z.im.abs())),
        Scalar::Measure(Measure::Expectation { terms, .. }) => terms.iter().find_map(|(slots, m)| {
            let by = hermitian_deviation(m).by;
            (by > 1e-10 * max_abs(m)).then(|| (slots.clone(), by))
        }),
        Scalar::Measure(Measure::Reduced { .. }) => None,
        // What a complex number goes through may be real again; only sums and multiples surely are not.
        Scalar::Apply { name: "+" | "-", args, .. } => args.iter().find_map(complex_part),
        Scalar::Apply { .. } => None,
    }
}

impl Evaluator<'_> {
    /// The scalars of a measure expression: one with an empty suffix, or several.
    pub(crate) fn scalars(
        &self,
        value: &Expr,
        locals: &[Value],
        alive: &[Slot],
    ) -> Result<Vec<(String, Scalar)>, Failure> {
        let with_alive = Evaluator { alive, ..self.fork() };
        let out = with_alive.eval(value, Scope::locals(locals));
        if with_alive.saw_collision.get() {
            self.saw_collision.set(true);
        }
        match out? {
            Value::Number(z) => Ok(vec![(String::new(), Scalar::Constant(z))]),
            Value::Scalar(s) => {
                check_real(self, &s, value.span)?;
                Ok(vec![(String::new(), s)])
            }
            Value::Several(list) => Ok(list),
            other => fail(
                Code::WrongType,
                value.span,
                format!("what is measured is a number, and this is {}", other.describe()),
                "here",
                "the expectation value of an operator is written `<A>`",
            ),
        }
    }
}
