//! `evolve`: a unitary, or with jump operators a channel, for each part of the generator that shares no subsystem with
//! the others.

use std::sync::Arc;

use super::placed;
use crate::check::Expr;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Eval, Evaluator, Operator, Scope, Site, Value, checks, fail, union};
use crate::lower::gate_cache::{GateKind, PlacedGate};
use crate::quantum::{CMat, exp_i, largest_rate, lindblad, max_abs, nearest_unitary};
use crate::source::Span;

/// Largest dimension of the subsystems that jump operators and a Hamiltonian couple: the map of a larger part takes
/// minutes, and the step map applies operations of at most this dimension.
const MAX_DISSIPATIVE: usize = 32;

/// Largest angle |H|t, in radians, without a warning, and largest |L|t of an evolution with jump operators. The rounding
/// error of a number near 10¹² is about 1e-4.
const MAX_ANGLE: f64 = 1e12;

/// The expressions of an `evolve`.
pub(super) struct Evolve<'s> {
    pub(super) hamiltonian: &'s Expr,
    pub(super) time: &'s Expr,
    pub(super) jumps: &'s [Expr],
    pub(super) span: Span,
}

/// Terms of the generator that share subsystems.
struct Part {
    /// The subsystems, in increasing order.
    sites: Vec<Site>,
    hamiltonian: Operator,
    jumps: Vec<Operator>,
}

impl Evolve<'_> {
    /// exp(tL) as one operation for each part of L. Without jump operators it is the unitary exp(−iHt).
    pub(super) fn operations(&self, ev: &Evaluator<'_>, locals: &[Value]) -> Eval<Vec<PlacedGate>> {
        let scope = Scope::locals(locals);
        let hamiltonian = ev.eval(self.hamiltonian, scope)?.operator();
        placed(&hamiltonian.sites(), self.hamiltonian.span)?;
        let t = ev.finite(self.time, scope, "the duration")?;
        self.forwards(t)?;
        let mut made = Vec::new();
        for part in self.parts(ev, &hamiltonian, scope)? {
            let h = part.hamiltonian.dense(&part.sites).or_else(|e| ev.too_large(e, self.hamiltonian.span))?;
            let dim = h.nrows() as u64;
            ev.spend(dim.pow(3).saturating_mul(4), self.hamiltonian.span)?;
            checks::hermitian(ev, &h, &part.sites, self.hamiltonian, locals)?;
            lost_phases(ev, &h, t, self.time.span);
            let jumps = self.jump_matrices(ev, &part)?;
            // A multiple of the identity gives a global phase, which does not change the density matrix.
            if part.sites.is_empty() {
                continue;
            }
            let kind = if jumps.is_empty() {
                GateKind::Unitary(Arc::new(nearest_unitary(&exp_i(&h, t))))
            } else {
                self.slow_enough(&h, &jumps, t)?;
                ev.spend(dim.pow(6).saturating_mul(4), self.span)?;
                GateKind::Channel(Arc::new(lindblad(&h, &jumps, t)))
            };
            made.push(PlacedGate { sites: part.sites, kind, deviation: 0.0 });
        }
        Ok(made)
    }

    /// The parts of the generator, in the order of their subsystems.
    fn parts(&self, ev: &Evaluator<'_>, hamiltonian: &Operator, scope: Scope<'_>) -> Eval<Vec<Part>> {
        let of_h = |h: Operator| Part { sites: h.sites(), hamiltonian: h, jumps: Vec::new() };
        let mut parts: Vec<Part> = hamiltonian.components().into_iter().map(of_h).collect();
        for k in self.jumps {
            let jump = ev.eval(k, scope)?.operator();
            placed(&jump.sites(), k.span)?;
            // A multiple of the identity as a jump operator has no effect.
            if jump.sites().is_empty() {
                continue;
            }
            let mut merged = Part { sites: jump.sites(), hamiltonian: Operator::default(), jumps: vec![jump] };
            for part in std::mem::take(&mut parts) {
                if part.sites.iter().any(|s| merged.sites.contains(s)) {
                    merged.sites = union(&merged.sites, &part.sites);
                    merged.hamiltonian = merged.hamiltonian.plus(&part.hamiltonian);
                    merged.jumps.extend(part.jumps);
                } else {
                    parts.push(part);
                }
            }
            parts.push(merged);
        }
        parts.sort_by(|a, b| a.sites.cmp(&b.sites));
        Ok(parts)
    }

    /// The matrices of the jump operators of a part, without those that are zero.
    fn jump_matrices(&self, ev: &Evaluator<'_>, part: &Part) -> Eval<Vec<CMat>> {
        let dim: usize = part.sites.iter().map(|s| s.dim).product();
        if !part.jumps.is_empty() && dim > MAX_DISSIPATIVE {
            let names = part.sites.iter().map(|s| ev.leg_label(s.leg)).collect::<Vec<_>>().join(", ");
            return fail(
                Code::DissipationTooLarge,
                self.span,
                format!(
                    "with these jump operators, the evolution is one map on {names}, of dimension {dim}; \
                     the limit is {MAX_DISSIPATIVE}"
                ),
                "too large for one map",
                "alternate short evolutions, with an error of order (t/100)²·100: \
                 `repeat 100 { evolve H for t/100; evolve 0 for t/100 with K }`",
            );
        }
        let mut matrices = Vec::new();
        for jump in &part.jumps {
            let k = jump.dense(&part.sites).or_else(|e| ev.too_large(e, self.span))?;
            if max_abs(&k) != 0.0 {
                matrices.push(k);
            }
        }
        Ok(matrices)
    }

    /// An error for a negative duration with jump operators: its map is not completely positive.
    fn forwards(&self, t: f64) -> Eval<()> {
        if t >= 0.0 || self.jumps.is_empty() {
            return Ok(());
        }
        fail(
            Code::BackwardDissipation,
            self.time.span,
            format!("with jump operators the duration must not be negative, but this is {t}"),
            "dissipation has no inverse",
            format!("write the duration {}, and change the sign of the Hamiltonian if that runs backwards", -t),
        )
    }

    /// An error if rates and frequencies times the duration are not finite or too large for any accurate digits.
    fn slow_enough(&self, h: &CMat, jumps: &[CMat], t: f64) -> Eval<()> {
        let total = largest_rate(h, jumps) * t;
        if total <= MAX_ANGLE {
            return Ok(());
        }
        fail(
            Code::DissipationTooLong,
            self.span,
            format!(
                "rates and frequencies times the duration are up to {total:.0e} in this evolution; the limit is 1e12"
            ),
            "too long or too fast",
            "use a shorter duration or smaller jump operators; for a complete relaxation write `reset s = STATE`",
        )
    }
}

/// Warns if the phase angles of an evolution are so large that rounding leaves few correct digits of them. The largest
/// row sum of the absolute values of H bounds its spectral radius.
fn lost_phases(ev: &Evaluator<'_>, h: &CMat, t: f64, span: Span) {
    let angle = largest_rate(h, &[]) / 2.0 * t.abs();
    if angle <= MAX_ANGLE {
        return;
    }
    let message =
        format!("this evolution has phase angles up to {angle:.0e}, so rounding leaves few correct digits or none");
    ev.warnings.borrow_mut().push(Diagnostic::new(Code::LostPhases, message, span, "|H|t is above 1e12").help(
        "use a shorter duration or lower frequencies; an energy common to all states can be removed, as in `H - E*I(s)`",
    ));
}
