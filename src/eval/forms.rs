//! Evaluates built-in operators, gates and channels on their subsystems, and the forms whose arguments are operators or
//! states.

use super::series;
use super::value::{ChannelValue, Leg, MAX_DENSE, Operator, Site, Value};
use super::{Eval, Evaluator, Scope, dims, fail, local_sites};
use crate::check::builtins::Form;
use crate::check::{Expr, SubsystemId};
use crate::diagnostic::Code;
use crate::quantum::{C64, ChannelRow, GateRow, Kind, OPERATORS, OperatorRow, StateDefect, maximally_mixed, thermal};
use crate::source::Span;

/// The kind of a named site.
pub(crate) fn kind_of(ev: &Evaluator<'_>, site: Site) -> Kind {
    let Leg::Slot(slot) = site.leg else { unreachable!("places of a state have their kinds in the scope") };
    let slots = ev.slots.borrow();
    let (SubsystemId(id), _) = slots.unit_of(slot);
    slots.kinds[id]
}

pub(crate) fn operator(
    ev: &Evaluator<'_>,
    row: &'static OperatorRow,
    on: Option<&Expr>,
    span: Span,
    scope: Scope<'_>,
) -> Eval {
    let (site, kind) = match (on, scope.places) {
        (Some(on), _) => {
            let site = ev.site(on, scope)?;
            (site, kind_of(ev, site))
        }
        (None, [place]) => (Site { leg: Leg::Local(0), dim: place.kind.dim() }, place.kind),
        (None, []) => {
            return fail(
                Code::NoPlace,
                span,
                format!("`{}` does not name the subsystem it acts on", row.name),
                "no subsystem",
                format!("write `{}(s)`", row.name),
            );
        }
        (None, places) => {
            return fail(
                Code::NoPlace,
                span,
                format!("`{}` alone acts on one subsystem, but {} are declared here", row.name, places.len()),
                "on which of them?",
                "name the subsystem it acts on, or write `A ⊗ B`",
            );
        }
    };
    match (row.matrix)(kind) {
        Some(matrix) => Ok(Value::Operator(Operator::on(&[site], &matrix))),
        None => fail(
            Code::Dimension,
            span,
            format!("`{}` is defined on {}, but `{}` is a {kind}", row.name, row.on, ev.leg_label(site.leg)),
            format!("a {kind}").as_str(),
            format!(
                "operators of a {kind}: {}; write any other as a sum of terms such as `|0><1|({})`",
                operators_of(kind),
                ev.leg_label(site.leg)
            ),
        ),
    }
}

/// The names of the operators that are defined on a kind of subsystem.
fn operators_of(kind: Kind) -> String {
    let names: Vec<&str> = OPERATORS.iter().filter(|row| (row.matrix)(kind).is_some()).map(|row| row.name).collect();
    names.join(", ")
}

pub(crate) fn gate(ev: &Evaluator<'_>, row: &'static GateRow, args: &[Expr], span: Span, scope: Scope<'_>) -> Eval {
    let sites = ev.sites(&args[..row.subsystems], scope)?;
    let angles: Vec<f64> =
        args[row.subsystems..].iter().map(|a| ev.finite(a, scope, "an angle")).collect::<Eval<_>>()?;
    let dims: Vec<usize> = sites.iter().map(|s| s.dim).collect();
    if dims.iter().product::<usize>() > MAX_DENSE {
        return ev.too_large(
            super::value::TooLarge { subsystems: dims.len(), dim: dims.iter().map(|d| *d as u128).product() },
            span,
        );
    }
    match (row.matrix)(&dims, &angles) {
        Some(matrix) => Ok(Value::Operator(Operator::on(&sites, &matrix))),
        None => {
            let shown: Vec<String> =
                sites.iter().map(|s| format!("`{}` (dimension {})", ev.leg_label(s.leg), s.dim)).collect();
            let help = if sites.len() > 1 && (row.matrix)(&vec![dims[0]; dims.len()], &angles).is_some() {
                format!(
                    "`{}` needs equal dimensions: declare these with the same kind, or couple them with a Hamiltonian, `evolve H for t`",
                    row.name
                )
            } else {
                format!(
                    "`{}` is a gate on qubits; for more levels, write one from kets: `|0><1|(s) + |1><0|(s) + …`",
                    row.name
                )
            };
            fail(
                Code::Dimension,
                span,
                format!("`{}` does not act on {}", row.name, shown.join(" and ")),
                "these dimensions do not fit",
                help,
            )
        }
    }
}

pub(crate) fn channel(
    ev: &Evaluator<'_>,
    row: &'static ChannelRow,
    args: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Eval {
    let sites = ev.sites(&args[..row.subsystems], scope)?;
    let mut p = Vec::new();
    for a in &args[row.subsystems..] {
        p.push(ev.finite(a, scope, "a probability")?);
        let value = p[p.len() - 1];
        if !(0.0..=1.0).contains(&value) {
            return fail(
                Code::BadProbability,
                a.span,
                format!("a probability must be between 0 and 1, but this is {value}"),
                "not a probability",
                format!(
                    "for a rate Γ and a duration t, write `1 - exp(-Γ*t)`; see `carom reference {}` for the meaning of 1",
                    row.name
                ),
            );
        }
    }
    if let Some(site) = sites.iter().find(|s| s.dim != 2) {
        let label = ev.leg_label(site.leg);
        return fail(
            Code::Dimension,
            span,
            format!("`{}` acts on qubits, but `{label}` has dimension {}", row.name, site.dim),
            "not a qubit",
            format!("write the channel from its Kraus operators: `kraus(|0><0|({label}) + …, …)`"),
        );
    }
    let kraus = (row.kraus)(&p).expect("probabilities lie in [0, 1], checked above");
    Ok(Value::Channel(ChannelValue { sites, kraus }))
}

pub(crate) fn form(ev: &Evaluator<'_>, form: Form, args: &[Expr], span: Span, scope: Scope<'_>) -> Eval {
    match form {
        Form::Thermal => gibbs(ev, &args[0], &args[1], span, scope),
        Form::Mixed => {
            if scope.places.is_empty() {
                return fail(
                    Code::NoPlace,
                    span,
                    "`mixed` alone does not name its subsystem",
                    "no subsystem here",
                    "use it as a state, in `system s = mixed`, `environment`, `reset` or `fidelity`",
                );
            }
            let dims = dims(scope.places);
            Ok(Value::Density(dims.clone(), maximally_mixed(dims.iter().product())))
        }
        Form::Kraus => kraus(ev, args, span, scope),
        Form::Comm | Form::Anticomm => {
            let (a, b) = (ev.eval(&args[0], scope)?.operator(), ev.eval(&args[1], scope)?.operator());
            let sign = if form == Form::Comm { -1.0 } else { 1.0 };
            let (ab, ba) = (ev.multiply(&a, &b, span)?, ev.multiply(&b, &a, span)?);
            Ok(Value::Operator(ab.plus(&ba.scaled(C64::new(sign, 0.0)))))
        }
        Form::Dag | Form::Tensor => unreachable!("resolved as the operators † and ⊗"),
        Form::Settled => settled(ev, args, scope),
        Form::Stderr | Form::Trajectory => unreachable!("resolved as series"),
        Form::Correlation => unreachable!("defined by a `let` of an experiment"),
        Form::Product | Form::Range => unreachable!("they have a syntax of their own"),
        Form::Linspace | Form::Logspace => series::range(ev, form, args, scope),
    }
}

/// Most collisions over which `settled` compares values.
const MAX_SETTLED: u64 = 10_000;

/// Whether all values that are not missing have stayed within the tolerance over the last k collisions. It is false
/// before there are k + 1 values, and if every series is missing.
fn settled(ev: &Evaluator<'_>, args: &[Expr], scope: Scope<'_>) -> Eval {
    let tolerance = ev.finite(&args[0], scope, "the tolerance of `settled`")?;
    if tolerance < 0.0 {
        return fail(
            Code::BadTolerance,
            args[0].span,
            format!("the tolerance of `settled` is {tolerance}, but a distance is never negative"),
            "below zero",
            format!("write `settled({})`", -tolerance),
        );
    }
    let k = args.get(1).map(|k| ev.count(k, scope, "the number of collisions of `settled`", 1..=MAX_SETTLED));
    let window = usize::try_from(k.transpose()?.unwrap_or(1)).expect("a small number") + 1;
    let latest = ev.past.iter().map(|values| values.get(values.len().saturating_sub(window)..).unwrap_or_default());
    let present: Vec<&[f64]> = latest.filter(|values| values.iter().any(|x| !x.is_nan())).collect();
    let range = |values: &[f64]| {
        let ends = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
        ends.1 - ends.0
    };
    let still =
        |values: &&[f64]| values.len() == window && values.iter().all(|x| !x.is_nan()) && range(values) <= tolerance;
    Ok(Value::Bool(Some(!present.is_empty() && present.iter().all(still))))
}

fn gibbs(ev: &Evaluator<'_>, h: &Expr, t: &Expr, span: Span, scope: Scope<'_>) -> Eval {
    let temperature = ev.real(t, scope, "a temperature")?;
    let operator = ev.eval(h, scope)?.operator();
    let own = operator.sites();
    let is_named = |site: &Site| matches!(site.leg, Leg::Slot(_));
    let (operator, sites) = if scope.places.is_empty() {
        (operator, own)
    } else if !own.is_empty() && own.iter().all(is_named) {
        let sites: Vec<Site> = scope.places.iter().map(|place| place.site).collect();
        if let Some(other) = own.iter().find(|site| !sites.contains(site)) {
            return ev.elsewhere(*other, span);
        }
        (operator, sites)
    } else {
        (ev.in_places(operator, scope.places, span)?, local_sites(&dims(scope.places)))
    };
    let matrix = operator.dense(&sites).or_else(|e| ev.too_large(e, span))?;
    super::checks::hermitian(ev, &matrix, &sites, h, scope.locals)?;
    let dims = sites.iter().map(|s| s.dim).collect();
    match thermal(&matrix, temperature) {
        Ok(rho) => Ok(Value::Density(dims, rho)),
        Err(StateDefect::NegativeTemperature(x)) => fail(
            Code::NegativeTemperature,
            t.span,
            format!("a temperature must be 0 or more, but this is {x}"),
            "below zero",
            "write T = 0 for the ground state, T = inf for the maximally mixed state, or the Hamiltonian −H for an inverted population",
        ),
        Err(other) => fail(
            Code::BadState,
            span,
            format!("this thermal state does not exist: {other}"),
            "here",
            "the Hamiltonian must be Hermitian and finite",
        ),
    }
}

fn kraus(ev: &Evaluator<'_>, args: &[Expr], span: Span, scope: Scope<'_>) -> Eval {
    let operators: Vec<Operator> = args.iter().map(|a| Ok(ev.eval(a, scope)?.operator())).collect::<Eval<_>>()?;
    let sites = operators.iter().fold(Vec::new(), |all, o| super::value::union(&all, &o.sites()));
    if sites.is_empty() {
        return fail(
            Code::NoPlace,
            span,
            "these Kraus operators act on no subsystem",
            "numbers only",
            "write for example `sqrt(1-p)*I(s)`",
        );
    }
    let kraus =
        operators.iter().map(|o| o.dense(&sites).or_else(|e| ev.too_large(e, span))).collect::<Eval<Vec<_>>>()?;
    Ok(Value::Channel(ChannelValue { sites, kraus }))
}
