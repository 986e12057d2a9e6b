//! Turns state expressions into density matrices; builds tensor products and places operators.
//!
//! While a state is evaluated, the scope holds its places: the subsystems that are declared or reset, in order. An
//! operator without an argument acts on a place by its index ([`Leg::Local`]); one that names a subsystem acts on its
//! place.

use std::collections::HashSet;

use super::checks;
use super::value::{Leg, MAX_DENSE, Operator, Site, TooLarge, Value};
use super::{Eval, Evaluator, Place, Scope, dims, fail, local_sites};
use crate::ast::{KetLabel, KetSymbol};
use crate::check::{Expr, ExprKind, Extent, children};
use crate::diagnostic::Code;
use crate::quantum::{CMat, Kind};
use crate::source::Span;

impl Evaluator<'_> {
    /// The density matrix of a state expression on `sites`, in Kronecker order; `kinds` are the kinds of the sites.
    pub(crate) fn state(&self, e: &Expr, locals: &[Value], sites: &[Site], kinds: &[Kind]) -> Eval<CMat> {
        let places: Vec<Place> = sites.iter().zip(kinds).map(|(&site, &kind)| Place { site, kind }).collect();
        let expected = dims(&places);
        let total = expected.iter().fold(1u128, |p, d| p.saturating_mul(*d as u128));
        if total > MAX_DENSE as u128 {
            return self.too_large(TooLarge { subsystems: expected.len(), dim: total }, e.span);
        }
        let scope = Scope { locals, places: &places };
        let value = self.eval(e, scope)?;
        let (found, rho) = match value {
            Value::Ket(found, v) if found == expected => (found, checks::pure(v, e.span)?),
            value => self.density(value, scope, e.span)?,
        };
        if found != expected {
            return fail(
                Code::Dimension,
                e.span,
                format!("this state has dimensions {found:?}, but the subsystems have {expected:?}"),
                "dimensions differ",
                "write one factor per subsystem, in their order",
            );
        }
        checks::state(&rho, sites, e.span)?;
        // The check allows a trace given to ten digits; normalise it, because every collision adds a unit in this
        // state.
        let trace = rho.trace().re;
        Ok(rho.map(|entry| entry / trace))
    }

    /// The matrix of a Hermitian operator on `sites`, in Kronecker order. It names its subsystems, or else acts on the
    /// sites by position, as in a state.
    pub(super) fn hamiltonian_of(&self, e: &Expr, locals: &[Value], sites: &[Site]) -> Eval<CMat> {
        let places: Vec<Place> = sites.iter().map(|&site| Place { site, kind: super::kind_of(self, site) }).collect();
        let value = self.eval(e, Scope { locals, places: &places })?;
        let operator = self.in_places(value.operator(), &places, e.span)?;
        let m = operator.dense(&local_sites(&dims(&places))).or_else(|x| self.too_large(x, e.span))?;
        checks::hermitian(self, &m, sites, e, locals)?;
        Ok(m)
    }

    /// The dimensions and the matrix of a ket, a density matrix or an operator, without any check.
    pub(super) fn density(&self, value: Value, scope: Scope<'_>, span: Span) -> Eval<(Vec<usize>, CMat)> {
        match value {
            Value::Ket(dims, v) => {
                let m = &v * v.adjoint();
                Ok((dims, m))
            }
            Value::Density(dims, m) => Ok((dims, m)),
            value => {
                let operator = self.in_places(value.operator(), scope.places, span)?;
                let dims = dims(scope.places);
                let m = operator.dense(&local_sites(&dims)).or_else(|e| self.too_large(e, span))?;
                Ok((dims, m))
            }
        }
    }

    /// The operator with each subsystem that it names replaced by its place in the state.
    pub(super) fn in_places(&self, operator: Operator, places: &[Place], span: Span) -> Eval<Operator> {
        if operator.sites().iter().all(|site| matches!(site.leg, Leg::Local(_))) {
            return Ok(operator);
        }
        let mut out = Operator::default();
        for (sites, m) in operator.terms {
            let mut moved = Vec::with_capacity(sites.len());
            for site in sites {
                let place = match site.leg {
                    Leg::Local(i) => Some(i),
                    Leg::Slot(_) => places.iter().position(|place| place.site == site),
                };
                match place {
                    Some(i) => moved.push(Site { leg: Leg::Local(i), dim: site.dim }),
                    None => return self.elsewhere(site, span),
                }
            }
            if let Some(twice) = (1..moved.len()).find(|i| moved[..*i].contains(&moved[*i])) {
                return fail(
                    Code::SameSubsystem,
                    span,
                    format!("{} occurs twice in this state", self.leg_label(moved[twice].leg)),
                    "once by name and once by position",
                    "name every subsystem on which an operator acts, or none",
                );
            }
            out = out.plus(&Operator::on(&moved, &m));
        }
        Ok(out)
    }

    /// The error for an operator that acts on a subsystem outside the state.
    pub(super) fn elsewhere<T>(&self, site: Site, span: Span) -> Eval<T> {
        fail(
            Code::StateArity,
            span,
            format!(
                "an operator in this state acts on {}, which is not one of the subsystems of the state",
                self.leg_label(site.leg)
            ),
            "another subsystem",
            "leave the arguments of its operators out: `0.5*|0><0| + 0.5*|1><1|`, `thermal(Z, T)`",
        )
    }

    /// The places for ⟨a|b⟩: those of the state if their number matches the labels of the kets. Otherwise the product
    /// is evaluated in the smallest space with all levels that it mentions, since ⟨0|1⟩ is the same in any dimension.
    pub(super) fn overlap_places(&self, bra: &Expr, ket: &Expr, scope: Scope<'_>) -> Eval<Vec<Place>> {
        let extent = bra.ty.extent().with(ket.ty.extent());
        let count = extent.share();
        if scope.places.len() == count || extent == Extent::Any && !scope.places.is_empty() {
            return Ok(scope.places.to_vec());
        }
        let mut seen = HashSet::new();
        let levels = 1 + highest_level(bra, &mut seen).max(highest_level(ket, &mut seen)).max(1);
        let dim = (0..count).fold(1u128, |d, _| d.saturating_mul(u128::from(levels)));
        if dim > MAX_DENSE as u128 {
            return self.too_large(TooLarge { subsystems: count, dim }, bra.span.to(ket.span));
        }
        let dim = usize::try_from(levels).expect("at most the largest dimension");
        let kind = if dim == 2 { Kind::Qubit } else { Kind::Qudit(dim) };
        Ok((0..count).map(|i| Place { site: Site { leg: Leg::Local(i), dim }, kind }).collect())
    }
}

/// The highest level in the kets and bras of an expression, including those in the definitions that it uses.
fn highest_level(e: &Expr, seen: &mut HashSet<*const Expr>) -> u64 {
    let of_label = |label: &KetLabel| {
        let levels = label.symbols.iter().map(|s| if let KetSymbol::Level(k) = s { u64::from(*k) } else { 1 });
        levels.max().unwrap_or(0)
    };
    let mut highest = match &e.kind {
        ExprKind::Ket(label) | ExprKind::Bra(label) => of_label(label),
        ExprKind::KetBra { ket, bra, .. } => of_label(ket).max(of_label(bra)),
        ExprKind::Call { body: Some(body), .. } if seen.insert(std::sync::Arc::as_ptr(body)) => {
            highest_level(body, seen)
        }
        _ => 0,
    };
    children(e, &mut |c| highest = highest.max(highest_level(c, seen)));
    highest
}

/// |a⟩ ⊗ |b⟩
pub(super) fn join_kets(ev: &Evaluator<'_>, l: Value, r: Value, span: Span) -> Eval {
    let ((d, a), (e, b)) = (l.vector(), r.vector());
    Ok(Value::Ket(joined(ev, &d, &e, span)?, a.kronecker(&b)))
}

/// ρ ⊗ σ, each with the scope that holds its places.
pub(super) fn join_densities(ev: &Evaluator<'_>, l: (Value, Scope<'_>), r: (Value, Scope<'_>), span: Span) -> Eval {
    let (d, a) = ev.density(l.0, l.1, span)?;
    let (e, b) = ev.density(r.0, r.1, span)?;
    Ok(Value::Density(joined(ev, &d, &e, span)?, a.kronecker(&b)))
}

/// The dimensions of a tensor product, unless its matrix would be too large.
fn joined(ev: &Evaluator<'_>, l: &[usize], r: &[usize], span: Span) -> Eval<Vec<usize>> {
    let all = [l, r].concat();
    let dim = all.iter().fold(1u128, |p, d| p.saturating_mul(*d as u128));
    if dim > MAX_DENSE as u128 {
        return ev.too_large(TooLarge { subsystems: all.len(), dim }, span);
    }
    Ok(all)
}

/// A ⊗ B. The places of B come after those of A (the scope `left`); operators on named subsystems are multiplied.
pub(super) fn join_operators(ev: &Evaluator<'_>, a: &Operator, b: &Operator, left: Scope<'_>, span: Span) -> Eval {
    let moved = |site: &Site| match site.leg {
        Leg::Local(i) => Site { leg: Leg::Local(i + left.places.len()), dim: site.dim },
        Leg::Slot(_) => *site,
    };
    let terms = b.terms.iter().map(|(sites, m)| (sites.iter().map(moved).collect(), m.clone())).collect();
    Ok(Value::Operator(ev.multiply(a, &Operator { terms }, span)?))
}
