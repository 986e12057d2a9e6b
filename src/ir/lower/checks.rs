//! What can be checked only once numbers are known: Hermitian, unitary, trace-preserving, normalised, positive. Each failure
//! says by how much and at which matrix element.

use super::eval::{Eval, Evaluator, fail};
use super::value::Site;
use crate::diagnostic::Code;
use crate::quantum::{
    CMat, Deviation, StateDefect, check_density, hermitian_deviation, max_abs, normalise_ket, projector,
    trace_preserving_deviation, unitary_deviation,
};
use crate::source::Span;

/// How far a gate may be from unitary, a channel from trace-preserving, and a Hamiltonian (relative to its largest entry)
/// from Hermitian: far above rounding, far below physics.
const TOLERANCE: f64 = 1e-10;

/// `|01⟩⟨10|`, with the digits of each subsystem.
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

/// A size of a deviation, short.
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

pub(super) fn hermitian(ev: &Evaluator<'_>, h: &CMat, sites: &[Site], span: Span, what: &str) -> Eval<()> {
    finite(ev, h, sites, span, what)?;
    let deviation = hermitian_deviation(h);
    if deviation.by <= TOLERANCE * max_abs(h).max(f64::MIN_POSITIVE) {
        return Ok(());
    }
    fail(
        Code::NotHermitian,
        span,
        format!(
            "{what} is not Hermitian: H − H† is {} at {} of {}",
            size(deviation.by),
            element(&deviation, sites),
            on(ev, sites)
        ),
        "not Hermitian",
        "add the adjoint, `A + dag(A)`, and use real coefficients: `raise(s)` is not Hermitian, `raise(s) + lower(s)` is",
    )
}

pub(super) fn unitary(ev: &Evaluator<'_>, u: &CMat, sites: &[Site], span: Span) -> Eval<()> {
    finite(ev, u, sites, span, "the gate")?;
    let deviation = unitary_deviation(u);
    if deviation.by <= TOLERANCE {
        return Ok(());
    }
    fail(
        Code::NotUnitary,
        span,
        format!(
            "this gate is not unitary: U†U − 1 is {} at {} of {}",
            size(deviation.by),
            element(&deviation, sites),
            on(ev, sites)
        ),
        "not unitary",
        "a Hamiltonian evolves by `evolve H for t`; a channel is written `kraus(A, B, …)`",
    )
}

pub(super) fn trace_preserving(ev: &Evaluator<'_>, kraus: &[CMat], sites: &[Site], span: Span) -> Eval<()> {
    for k in kraus {
        finite(ev, k, sites, span, "the channel")?;
    }
    let deviation = trace_preserving_deviation(kraus);
    if deviation.by <= TOLERANCE {
        return Ok(());
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
        "the Kraus operators must satisfy Σ K†K = 1; look at their square roots of probabilities",
    )
}

/// The density matrix of a ket whose norm is 1 within rounding.
pub(super) fn pure(ket: crate::quantum::CVec, span: Span) -> Eval<CMat> {
    match normalise_ket(ket) {
        Ok(ket) => Ok(projector(&ket)),
        Err(norm) => fail(
            Code::BadState,
            span,
            format!("this ket is not normalised: its norm is {norm}"),
            "norm differs from 1",
            format!("divide it by its norm, {norm}"),
        ),
    }
}

pub(super) fn state(rho: &CMat, sites: &[Site], span: Span) -> Eval<()> {
    let (message, help) = match check_density(rho) {
        Ok(()) => return Ok(()),
        Err(StateDefect::Trace(trace)) => {
            (format!("this state has trace {}, not 1", trim(trace)), "weights of a mixture must sum to 1".to_string())
        }
        Err(StateDefect::Negative(lowest)) => (
            format!("this state is not positive: its lowest eigenvalue is {}", trim(lowest)),
            "weights of a mixture must not be negative".to_string(),
        ),
        Err(StateDefect::NotHermitian(d)) => (
            format!("this state is not Hermitian: ρ − ρ† is {} at {}", size(d.by), element(&d, sites)),
            "write each coherence with its conjugate: `a*|0><1| + conj(a)*|1><0|`".to_string(),
        ),
        Err(other) => (format!("this is not a state: {other}"), "look for a division by zero".to_string()),
    };
    fail(Code::BadState, span, message, "not a density matrix", help)
}

fn trim(x: f64) -> String {
    let text = format!("{x:.12}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
