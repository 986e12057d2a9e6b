//! Checks that need numbers: Hermitian, unitary, trace-preserving, normalised, positive. Each failure gives the size of
//! the deviation and its matrix element.

use super::Scope;
use super::value::{Leg, Site, Value};
use super::{Eval, Evaluator, fail};
use crate::ast::FunctionRole;
use crate::check::{Expr, ExprKind, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::{
    C64, CMat, Deviation, StateDefect, check_density, hermitian_deviation, max_abs, normalise_ket, projector,
    trace_preserving_deviation, unitary_deviation,
};
use crate::source::Span;

/// The largest deviation of a gate from unitarity, of a channel from trace preservation, and of a Hamiltonian (relative
/// to its largest entry) from Hermiticity. Coefficients given to ten digits pass. A matrix that passes is then
/// corrected to rounding accuracy, because the error of a gate accumulates over collisions.
const TOLERANCE: f64 = 1e-10;

/// The position of a deviation as `|01⟩⟨10|`, with the level of each subsystem.
fn element(deviation: &Deviation, sites: &[Site]) -> String {
    let label = |mut index: usize| {
        let mut digits: Vec<String> = Vec::new();
        for site in sites.iter().rev() {
            digits.push((index % site.dim).to_string());
            index /= site.dim;
        }
        digits.reverse();
        digits.join(if sites.iter().any(|s| s.dim > 10) { "," } else { "" })
    };
    format!("|{}⟩⟨{}|", label(deviation.row), label(deviation.col))
}

fn on(ev: &Evaluator<'_>, sites: &[Site]) -> String {
    sites.iter().map(|s| ev.leg_label(s.leg)).collect::<Vec<_>>().join(", ")
}

/// The size of a deviation in a few digits.
fn size(x: f64) -> String {
    if (1e-3..1e4).contains(&x) {
        let text = format!("{x:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        format!("{x:.2e}")
    }
}

fn finite(ev: &Evaluator<'_>, matrix: &CMat, sites: &[Site], span: Span, what: &str) -> Eval<()> {
    if crate::quantum::is_finite(matrix) {
        return Ok(());
    }
    fail(
        Code::NotFinite,
        span,
        format!("{what} on {} has a matrix element that is infinite or not a number", on(ev, sites)),
        "not finite",
        "look for a division by zero, or a number that overflows",
    )
}

/// Checks that the matrix of a Hamiltonian, written as `h`, is finite and Hermitian.
pub(crate) fn hermitian(ev: &Evaluator<'_>, m: &CMat, sites: &[Site], h: &Expr, locals: &[Value]) -> Eval<()> {
    finite(ev, m, sites, h.span, "this Hamiltonian")?;
    let deviation = hermitian_deviation(m);
    if deviation.by <= TOLERANCE * max_abs(m).max(f64::MIN_POSITIVE) {
        return Ok(());
    }
    let (what, defined) = written(ev, h, locals);
    let help = if hermitian_deviation(&(m * C64::i())).by <= TOLERANCE * max_abs(m) {
        "it is anti-Hermitian, H† = −H: multiply it by `i`, or remove an `i`".to_string()
    } else if let ExprKind::Operator { row, .. } = &h.kind
        && let Some(adjoint) = adjoint_name(row.name)
    {
        // In a state, an operator is written without its subsystem.
        let s = if is_placed(sites) { format!("({})", on(ev, sites)) } else { String::new() };
        format!("`{0}{s}` is not Hermitian, but `{0}{s} + {adjoint}{s}` is", row.name)
    } else if let Some(call) = &what {
        format!("add its adjoint: `{call} + dag({call})` is Hermitian")
    } else {
        "use real coefficients, and add the adjoint of each term that is not Hermitian: `A + dag(A)`, such as `raise(s) + lower(s)`"
            .to_string()
    };
    let what = what.map_or("this Hamiltonian".to_string(), |call| format!("the Hamiltonian `{call}`"));
    let place = if is_placed(sites) { format!(" of {}", on(ev, sites)) } else { String::new() };
    let message =
        format!("{what} is not Hermitian: H − H† is {} at {}{place}", size(deviation.by), element(&deviation, sites));
    let d = Diagnostic::new(Code::NotHermitian, message, h.span, "not Hermitian").help(help);
    Err(Box::new(with_definition(d, defined)))
}

/// Checks that the matrix of a measured operator is finite and Hermitian.
pub(crate) fn observable(ev: &Evaluator<'_>, a: &CMat, sites: &[Site], span: Span) -> Eval<()> {
    finite(ev, a, sites, span, "the observable")?;
    let deviation = hermitian_deviation(a);
    if deviation.by <= TOLERANCE * max_abs(a).max(f64::MIN_POSITIVE) {
        return Ok(());
    }
    let (by, at, on) = (size(deviation.by), element(&deviation, sites), on(ev, sites));
    fail(
        Code::NotMeasurable,
        span,
        format!("`measure` takes a Hermitian operator, but A − A† is {by} at {at} of {on}"),
        "not Hermitian",
        "measure a Hermitian operator, such as `A + dag(A)`; for a general instrument write `measure kraus(A, B, …) as k`",
    )
}

/// Checks that the matrix of a gate, written as `e`, is finite and unitary. Returns the largest entry of U†U − 1.
pub(crate) fn unitary(ev: &Evaluator<'_>, u: &CMat, sites: &[Site], e: &Expr, locals: &[Value]) -> Eval<f64> {
    finite(ev, u, sites, e.span, "this gate")?;
    let deviation = unitary_deviation(u);
    if deviation.by <= TOLERANCE {
        return Ok(deviation.by);
    }
    let (what, defined) = written(ev, e, locals);
    let is_gate = matches!(&e.kind, ExprKind::Call { function, .. }
        if ev.program.functions[function.0].role != FunctionRole::Hamiltonian);
    let is_hermitian = hermitian_deviation(u).by <= TOLERANCE * max_abs(u);
    let help = if let Some(call) = what.as_ref().filter(|_| !is_gate && is_hermitian) {
        format!("it is Hermitian; to evolve under it for a duration, write `evolve {call} for t`")
    } else if let Some(factor) = multiple_of_unitary(u) {
        format!("it is {factor} times a unitary: divide it by {factor}")
    } else if !is_hermitian {
        "for a unitary, write `exp(-i*t*A)` with a Hermitian A; for a channel, write `kraus(A, B, …)`".to_string()
    } else {
        "it is Hermitian: to use it as a Hamiltonian, write `evolve A for t`; for a unitary, write `exp(-i*t*A)`, or `cos(t) + i*sin(t)*A` if A² = 1"
            .to_string()
    };
    let what = what.map_or("this gate".to_string(), |call| format!("`{call}`"));
    let message = format!(
        "{what} is not unitary: U†U − 1 is {} at {} of {}",
        size(deviation.by),
        element(&deviation, sites),
        on(ev, sites)
    );
    let d = Diagnostic::new(Code::NotUnitary, message, e.span, "not unitary").help(help);
    Err(Box::new(with_definition(d, defined)))
}

fn is_placed(sites: &[Site]) -> bool {
    sites.iter().all(|s| matches!(s.leg, Leg::Slot(_)))
}

/// The number c > 0 for which U/c is unitary, if there is one.
fn multiple_of_unitary(u: &CMat) -> Option<String> {
    let norm = u.column(0).norm();
    let scaled = u / C64::from(norm);
    (norm > 0.0 && unitary_deviation(&scaled).by <= TOLERANCE).then(|| root(norm))
}

/// For a call of a definition: its text, such as `Hse(s1, e1)`, if all arguments are subsystems, and where it is
/// defined.
fn written(ev: &Evaluator<'_>, e: &Expr, locals: &[Value]) -> (Option<String>, Option<(Span, String)>) {
    let ExprKind::Call { function, args, .. } = &e.kind else { return (None, None) };
    let definition = &ev.program.functions[function.0];
    let defined = Some((definition.name.span, format!("`{}` is defined here", definition.name.text)));
    if args.is_empty() {
        return (Some(definition.name.text.clone()), defined);
    }
    if args.iter().any(|a| a.ty != Type::Subsystem) {
        return (None, defined);
    }
    let sites: Result<Vec<Site>, _> = args.iter().map(|a| ev.site(a, Scope::locals(locals))).collect();
    (sites.ok().map(|sites| format!("{}({})", definition.name.text, on(ev, &sites))), defined)
}

fn with_definition(d: Diagnostic, defined: Option<(Span, String)>) -> Diagnostic {
    match defined {
        Some((span, text)) => d.label(span, text),
        None => d,
    }
}

/// The operator whose sum with this one is Hermitian.
fn adjoint_name(name: &str) -> Option<&'static str> {
    [("raise", "lower"), ("lower", "raise"), ("splus", "sminus"), ("sminus", "splus")]
        .iter()
        .find_map(|(a, b)| (*a == name).then_some(*b))
}

/// A norm in readable form: `√2` if its square is an integer; close to 1, with enough digits to distinguish it from 1.
fn root(norm: f64) -> String {
    let square = norm * norm;
    let whole = square.round();
    if whole == 1.0 && norm != 1.0 {
        let texts = (6..=17).map(|digits| format!("{norm:.digits$}"));
        let distinct = texts.map(|t| t.trim_end_matches('0').trim_end_matches('.').to_string()).find(|t| t != "1");
        return distinct.unwrap_or_else(|| "1".into());
    }
    if (square - whole).abs() > 1e-9 * whole.max(1.0) || whole > 1e6 {
        return size(norm);
    }
    if (norm - norm.round()).abs() <= 1e-9 { format!("{}", norm.round()) } else { format!("√{whole}") }
}

/// Checks that a channel is finite and trace-preserving. Returns the largest entry of Σ K†K − 1.
pub(crate) fn trace_preserving(ev: &Evaluator<'_>, kraus: &[CMat], sites: &[Site], span: Span) -> Eval<f64> {
    for k in kraus {
        finite(ev, k, sites, span, "the channel")?;
    }
    let deviation = trace_preserving_deviation(kraus);
    if deviation.by <= TOLERANCE {
        return Ok(deviation.by);
    }
    fail(
        Code::NotTracePreserving,
        span,
        format!(
            "this channel does not preserve the trace: Σ K†K − 1 is {} at {} of {}",
            size(deviation.by),
            element(&deviation, sites),
            on(ev, sites)
        ),
        "not trace-preserving",
        "Kraus operators must satisfy Σ K†K = 1: give each the square root of its probability, `sqrt(1-p)`, not `1-p`",
    )
}

/// The density matrix of a ket whose norm is 1 within rounding.
pub(crate) fn pure(ket: crate::quantum::CVec, span: Span) -> Eval<CMat> {
    match normalise_ket(ket) {
        Ok(ket) => Ok(projector(&ket)),
        Err(norm) if norm < 1e-12 => fail(
            Code::BadState,
            span,
            "this ket is zero, which is not a state",
            "the terms cancel",
            "write a state such as `|0>` or `(|0> - |1>)/√2`",
        ),
        Err(norm) => fail(
            Code::BadState,
            span,
            format!("this ket is not normalised: its norm is {}, not 1", root(norm)),
            format!("norm {}", if root(norm).starts_with('√') { size(norm) } else { root(norm) }).as_str(),
            format!("divide it by its norm: `(…)/{}`", root(norm)),
        ),
    }
}

pub(crate) fn state(rho: &CMat, sites: &[Site], span: Span) -> Eval<()> {
    let (message, help) = match check_density(rho) {
        Ok(()) => return Ok(()),
        Err(StateDefect::Trace(trace)) => (
            format!("this state has trace {}, not 1", trim(trace)),
            if trace.abs() < 1e-10 {
                "write a ket such as `|0>`, or a mixture such as `0.8*|0><0| + 0.2*|1><1|`".to_string()
            } else {
                format!("the weights of a mixture must sum to 1: correct one of them, or divide all by {}", trim(trace))
            },
        ),
        Err(StateDefect::Negative(lowest)) => (
            format!("this state is not positive: its lowest eigenvalue is {}", trim(lowest)),
            if (0..rho.nrows()).any(|k| rho[(k, k)].re < -1e-10) {
                "the weights of a mixture must not be negative: correct the one below zero".to_string()
            } else {
                "a coherence |ρ_jk| can be at most √(ρ_jj·ρ_kk): reduce it, or increase the weights of its levels"
                    .to_string()
            },
        ),
        Err(StateDefect::NotHermitian(d)) => (
            format!("this state is not Hermitian: ρ − ρ† is {} at {}", size(d.by), element(&d, sites)),
            "add the conjugate of each coherence: `a*|0><1| + conj(a)*|1><0|`".to_string(),
        ),
        Err(other) => (format!("this is not a state: {other}"), "look for a division by zero".to_string()),
    };
    fail(Code::BadState, span, message, "not a density matrix", help)
}

fn trim(x: f64) -> String {
    let text = format!("{x:.12}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
