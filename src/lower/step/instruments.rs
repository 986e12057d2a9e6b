//! What a `measure` measures: an observable, the level of a subsystem, or a general instrument.

use super::placed;
use crate::check::Expr;
use crate::diagnostic::Code;
use crate::eval::{Eval, Evaluator, Scope, Site, Value, checks, fail};
use crate::ir::{Instrument, Outcome};
use crate::quantum::{C64, CMat, CVec, eigh, nearest_channel};
use crate::source::Span;

/// Eigenvalues of an observable that are equal within this factor of its norm are one outcome.
const EQUAL: f64 = 1e-12;

/// An eigenvalue within this factor of the norm of a decimal number with 12 digits is that number, so that a condition
/// such as `r == 1` is exact.
const ROUNDING: f64 = 1e-14;

/// The most outcomes of a measurement.
const MOST_OUTCOMES: usize = 64;

/// An instrument on some subsystems.
pub(super) struct Measurement {
    /// The subsystems, in the basis order of the operators.
    pub(super) sites: Vec<Site>,
    pub(super) instrument: Instrument,
    /// The largest entry of Σ M†M − 1 as written.
    pub(super) deviation: f64,
}

/// The measurement that an expression describes.
pub(super) fn measurement(ev: &Evaluator<'_>, e: &Expr, locals: &[Value]) -> Eval<Measurement> {
    let (sites, groups, deviation) = match ev.eval(e, Scope::locals(locals))? {
        Value::Subsystem(..) => {
            let site = ev.site(e, Scope::locals(locals))?;
            few(site.dim, e.span)?;
            (vec![site], levels(site.dim), 0.0)
        }
        Value::Channel(channel) => {
            placed(&channel.sites, e.span)?;
            few(channel.kraus.len(), e.span)?;
            let deviation = checks::trace_preserving(ev, &channel.kraus, &channel.sites, e.span)?;
            let outcomes = (0u32..).map(f64::from).zip(nearest_channel(&channel.kraus)).collect();
            (channel.sites, outcomes, deviation)
        }
        value => {
            let operator = value.operator();
            let sites = operator.sites();
            placed(&sites, e.span)?;
            let a = operator.dense(&sites).or_else(|x| ev.too_large(x, e.span))?;
            ev.spend((a.nrows() as u64).pow(3).saturating_mul(4), e.span)?;
            checks::observable(ev, &a, &sites, e.span)?;
            let spaces = eigenspaces(&a);
            few(spaces.len(), e.span)?;
            (sites, spaces, 0.0)
        }
    };
    if sites.is_empty() {
        return fail(
            Code::NotMeasurable,
            e.span,
            "a multiple of the identity has one outcome on no subsystem",
            "acts on no subsystem",
            "name the measured subsystem, as in `measure Z(e) as r`",
        );
    }
    let outcomes = groups.into_iter().map(|(value, k)| Outcome { value, kraus: vec![k] }).collect();
    Ok(Measurement { sites, instrument: Instrument { outcomes }, deviation })
}

fn few(outcomes: usize, span: Span) -> Eval<()> {
    if outcomes <= MOST_OUTCOMES {
        return Ok(());
    }
    fail(
        Code::TooManyOutcomes,
        span,
        format!("this measurement has {outcomes} outcomes; the limit is {MOST_OUTCOMES}"),
        "too many outcomes",
        "measure an observable with fewer eigenvalues, such as the projector on the levels of interest: `measure |0><0|(e) as r`",
    )
}

/// The projectors on the levels of a subsystem.
fn levels(dim: usize) -> Vec<(f64, CMat)> {
    let projector = |k: usize| CMat::from_fn(dim, dim, |i, j| if i == k && j == k { C64::ONE } else { C64::ZERO });
    (0u32..).map(f64::from).zip((0..dim).map(projector)).collect()
}

/// The distinct eigenvalues of a Hermitian matrix in increasing order, with the projectors on their eigenspaces. A
/// diagonal matrix keeps its exact zeros.
fn eigenspaces(a: &CMat) -> Vec<(f64, CMat)> {
    let dim = a.nrows();
    let diagonal = (0..dim).all(|j| (0..dim).all(|i| i == j || a[(i, j)] == C64::ZERO));
    let (values, vectors) =
        if diagonal { (a.diagonal().iter().map(|z| z.re).collect(), CMat::identity(dim, dim)) } else { eigh(a) };
    let norm = values.iter().fold(0.0, |norm: f64, v| norm.max(v.abs()));
    let mut order: Vec<usize> = (0..dim).collect();
    order.sort_by(|i, j| values[*i].total_cmp(&values[*j]));
    let mut spaces: Vec<Vec<usize>> = Vec::new();
    for at in order {
        match spaces.last_mut() {
            Some(space) if values[at] - values[space[0]] <= EQUAL * norm => space.push(at),
            _ => spaces.push(vec![at]),
        }
    }
    let projector = |space: &Vec<usize>| {
        space.iter().fold(CMat::zeros(dim, dim), |sum, &at| {
            let v: CVec = vectors.column(at).into_owned();
            sum + &v * v.adjoint()
        })
    };
    let projectors = nearest_channel(&spaces.iter().map(projector).collect::<Vec<_>>());
    #[expect(clippy::cast_precision_loss, reason = "at most 1024 levels")]
    let mean = |space: &Vec<usize>| space.iter().map(|&at| values[at]).sum::<f64>() / space.len() as f64;
    spaces.iter().map(|space| round(mean(space), norm)).zip(projectors).collect()
}

/// The decimal number with 12 digits that an eigenvalue differs from by rounding only, or else the eigenvalue.
fn round(value: f64, norm: f64) -> f64 {
    let decimal: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    if value.abs() <= ROUNDING * norm {
        0.0
    } else if (decimal - value).abs() <= ROUNDING * norm {
        decimal
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantum::max_abs;

    /// σx ⊗ 1 has the eigenvalues ±1, each twice, and the projectors (1 ± σx)/2 ⊗ 1.
    #[test]
    fn a_degenerate_observable_has_one_outcome_per_eigenvalue() {
        let flip = CMat::from_fn(4, 4, |i, j| C64::from(f64::from(u8::from(i == (j + 2) % 4))));
        let spaces = eigenspaces(&flip);
        let values: Vec<f64> = spaces.iter().map(|(value, _)| *value).collect();
        assert_eq!(values, [-1.0, 1.0]);
        for (value, projector) in &spaces {
            let exact = (CMat::identity(4, 4) + &flip * C64::from(*value)) * C64::from(0.5);
            assert!(max_abs(&(projector - exact)) < 1e-15);
        }
    }

    #[test]
    fn eigenvalues_that_are_decimal_numbers_are_exact() {
        assert_eq!(round(1.0 - 2e-16, 1.0), 1.0);
        assert_eq!(round(0.35 + 1e-16, 1.0), 0.35);
        assert_eq!(round(2f64.sqrt(), 2.0), 2f64.sqrt());
        assert_eq!(round(3e-17, 1.0), 0.0);
    }
}
