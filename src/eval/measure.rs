//! Turns measures into [`Scalar`]s, numbers that are read off the state during a run.

use std::sync::Arc;

use super::value::{Leg, Site, Value, dense_dim};
use super::{Eval, Evaluator, Failure, Scope, fail};
use crate::check::{Expr, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Measure, Scalar, Slot};
use crate::quantum::{Formula, Given, MeasureRow, as_real, hermitian_deviation, max_abs};
use crate::source::Span;

/// `<A>`
pub(crate) fn expectation(ev: &Evaluator<'_>, a: &Expr, scope: Scope<'_>) -> Eval {
    let operator = ev.eval(a, scope)?.operator();
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
                "this operator does not name the subsystem it acts on",
                "no subsystem",
                "write `X(s)`, `|0><1|(s)`",
            ),
        })
        .collect()
}

/// A call of a measure. The number of arguments was checked when the name was resolved.
pub(crate) fn measure(
    ev: &Evaluator<'_>,
    row: &'static MeasureRow,
    groups: &[Vec<Expr>],
    span: Span,
    scope: Scope<'_>,
) -> Eval {
    if let Formula::OfMap(_) = row.formula {
        return of_map(row, span);
    }
    let mut named: Vec<&Expr> = groups.iter().flatten().collect();
    let of_two = matches!(row.formula, Formula::WithState(_))
        && (groups.len() == 2 || named.last().is_some_and(|last| last.ty == Type::Subsystem));
    let last = if row.takes_more() && !of_two { named.pop() } else { None };
    let sites = ev.sites(named, scope)?;
    let slots = if sites.is_empty() { ev.alive.to_vec() } else { slots(&sites, span)? };
    let dim = dense_dim(&sites).or_else(|e| ev.too_large(e, span))?;
    qubits_only(ev, row, &sites, span)?;
    let given = match (row.formula, last) {
        (Formula::OfParts(_), _) => Given::Split(if groups.len() > 1 { groups[0].len() } else { 1 }),
        (Formula::WithState(_), None) => {
            let split = if groups.len() == 2 { groups[0].len() } else { 1 };
            same_dimensions(ev, row, sites.split_at(split), span)?;
            Given::Split(split)
        }
        (Formula::WithState(_), Some(state)) => {
            let kinds: Vec<_> = sites.iter().map(|s| super::forms::kind_of(ev, *s)).collect();
            Given::State(Arc::new(ev.state(state, scope.locals, &sites, &kinds)?))
        }
        (Formula::WithOperator(_), Some(h)) => Given::Operator(Arc::new(ev.hamiltonian_of(h, scope.locals, &sites)?)),
        (Formula::WithLevel(_), Some(level)) => {
            let level = ev.count(level, scope, &format!("the level of `{}`", row.name), 0..=dim as u64 - 1)?;
            Given::Level(usize::try_from(level).expect("below the dimension"))
        }
        (Formula::Entries, _) if dim > MAX_ENTRIES_DIM => return too_many_entries(dim, span),
        _ => Given::Nothing,
    };
    let dims: Vec<usize> = sites.iter().map(|s| s.dim).collect();
    let mut series: Vec<(String, Scalar)> = Vec::new();
    for function in row.functions(&dims, given) {
        let suffix = function.suffix.clone();
        series.push((suffix, Scalar::Measure(Measure::Reduced { slots: slots.clone(), function })));
    }
    match row.suffixes {
        [_] => Ok(Value::Scalar(series.swap_remove(0).1)),
        _ => Ok(Value::Several(series)),
    }
}

/// Reports an error for two states of different dimensions.
fn same_dimensions(ev: &Evaluator<'_>, row: &MeasureRow, (a, b): (&[Site], &[Site]), span: Span) -> Eval<()> {
    let dim = |sites: &[Site]| sites.iter().map(|s| s.dim).product::<usize>();
    if dim(a) == dim(b) {
        return Ok(());
    }
    let names = |sites: &[Site]| sites.iter().map(|s| ev.leg_label(s.leg)).collect::<Vec<_>>().join(", ");
    let (a, b) = (format!("{} has dimension {}", names(a), dim(a)), format!("{} has dimension {}", names(b), dim(b)));
    Err(Box::new(different_dimensions(row.name, &[a, b], span)))
}

/// The error for a comparison of two states, each described with its dimension, that have different dimensions.
pub(crate) fn different_dimensions(measure: &str, [a, b]: &[String; 2], span: Span) -> Diagnostic {
    let message = format!("`{measure}` compares states of equal dimension, but {a} and {b}");
    Diagnostic::new(Code::StatesDiffer, message, span, "different dimensions")
        .help("compare subsystems of the same kind, or compare one of them with a state that is written out")
}

/// A measure of a map has no value in a single state.
fn of_map(row: &MeasureRow, span: Span) -> Eval {
    fail(
        Code::MapPlace,
        span,
        format!("`{}` is computed from a run of its own, not from one state", row.name),
        "a measure of a map",
        format!("write `observe d = {}(s)`, run an experiment, and use the series", row.name),
    )
}

fn qubits_only(ev: &Evaluator<'_>, row: &MeasureRow, sites: &[Site], span: Span) -> Eval<()> {
    let Some(remedy) = row.only_qubits else { return Ok(()) };
    let Some(site) = sites.iter().find(|s| s.dim != 2) else { return Ok(()) };
    let label = ev.leg_label(site.leg);
    fail(
        Code::Dimension,
        span,
        format!("`{}` is defined for qubits, but `{label}` has dimension {}", row.name, site.dim),
        "not a qubit",
        remedy.replace("{a}", &label),
    )
}

/// The largest dimension at which every entry of the state may be observed: two series per entry, 512 columns.
const MAX_ENTRIES_DIM: usize = 16;

fn too_many_entries(dim: usize, span: Span) -> Eval {
    fail(
        Code::OperatorTooLarge,
        span,
        format!("the state of dimension {dim} would be {} columns", 2 * dim * dim),
        "too many columns",
        format!("name fewer subsystems: their dimension can be at most {MAX_ENTRIES_DIM}"),
    )
}

/// A number or a measure as a scalar.
pub(crate) fn scalar(value: Value) -> Scalar {
    match value {
        Value::Number(z) => Scalar::Constant(z),
        Value::Scalar(s) => s,
        other => unreachable!("the checker allows only numbers and measures here, not {}", other.describe()),
    }
}

/// The largest absolute value that a scalar could have. For an observable this is its spectral radius, bounded by the
/// sum of the largest row sums of its terms; it is 1 for measures bounded by 1 and for unknown bounds. Analyses use it
/// to distinguish a signal from rounding.
pub(crate) fn scale(scalar: &Scalar) -> f64 {
    match scalar {
        Scalar::Constant(z) => z.norm(),
        Scalar::Recorded { scale, .. } => *scale,
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

/// Reports an error for a measure with a complex value: the expectation value of an operator that is not Hermitian.
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

/// The first part of a scalar that makes it complex: its slots and its deviation from Hermitian or real.
fn complex_part(scalar: &Scalar) -> Option<(Vec<Slot>, f64)> {
    match scalar {
        Scalar::Constant(z) => as_real(*z).is_none().then(|| (Vec::new(), z.im.abs())),
        Scalar::Measure(Measure::Expectation { terms, .. }) => terms.iter().find_map(|(slots, m)| {
            let by = hermitian_deviation(m).by;
            (by > 1e-10 * max_abs(m)).then(|| (slots.clone(), by))
        }),
        Scalar::Measure(Measure::Reduced { .. }) | Scalar::Recorded { .. } => None,
        // A function of a complex number may be real again; only sums and differences of it are certain to be complex.
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
        self.depend(with_alive.recurrence.get());
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
                format!("a measured value must be a number, but this is {}", other.describe()),
                "here",
                "for the expectation value of an operator, write `<A>`",
            ),
        }
    }
}
