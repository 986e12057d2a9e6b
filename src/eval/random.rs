//! Random numbers.

use super::{Eval, Evaluator, Scope, Value, fail};
use crate::chance::DistributionRow;
use crate::check::Expr;
use crate::diagnostic::Code;
use crate::source::Span;

/// A random number from the stream of the evaluator.
///
/// # Errors
/// The parameters describe no distribution, or there is no stream: the run belongs to an experiment without
/// trajectories.
pub(super) fn number(
    ev: &Evaluator<'_>,
    row: &'static DistributionRow,
    args: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Eval {
    let parameters = args.iter().zip(row.parameters);
    let parameters = parameters.map(|(a, name)| ev.finite(a, scope, &format!("`{name}` of `{}`", row.name)));
    let parameters = parameters.collect::<Eval<Vec<f64>>>()?;
    ev.saw_random.set(true);
    let mut stream = ev.stream.borrow_mut();
    let Some(stream) = stream.as_mut() else {
        return fail(
            Code::RandomAlone,
            span,
            "this random number is different in each run, but the experiment is a single run",
            "a random number",
            "add the number of runs to average over to the experiment: `trajectories 1000`",
        );
    };
    let shown = || parameters.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (row.draw)(stream, &parameters) {
        Ok(x) if x.is_finite() => Ok(Value::real(x)),
        Ok(_) => fail(
            Code::BadDistribution,
            span,
            format!("`{}({})` gave a number that is not finite", row.name, shown()),
            "not finite",
            "use smaller parameters",
        ),
        Err(why) => fail(
            Code::BadDistribution,
            span,
            format!("there is no distribution `{}({})`: {why}", row.name, shown()),
            "not a distribution",
            format!("call it as `{}`, for example `{}`", row.signature(), row.example),
        ),
    }
}
