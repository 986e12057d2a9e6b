//! State expressions to density matrices.

use super::checks;
use super::value::{Site, Value};
use super::{Eval, Evaluator, Scope, fail, local_sites};
use crate::check::Expr;
use crate::diagnostic::Code;
use crate::quantum::{CMat, Kind};

impl Evaluator<'_> {
    /// The density matrix that a state expression gives for the sites, in their order; `kinds` are theirs.
    ///
    /// An operator without argument acts on the sites by their places; one that names a site acts on that.
    pub(crate) fn state(&self, e: &Expr, locals: &[Value], sites: &[Site], kinds: &[Kind]) -> Eval<CMat> {
        let dims: Vec<usize> = sites.iter().map(|s| s.dim).collect();
        let total = dims.iter().fold(1u128, |p, d| p.saturating_mul(*d as u128));
        if total > super::value::MAX_DENSE as u128 {
            return self.too_large(super::value::TooLarge { subsystems: dims.len(), dim: total }, e.span);
        }
        let outer = self.declared.replace(sites.to_vec());
        let value = self.eval(e, Scope { locals, places: kinds });
        self.declared.replace(outer);
        let rho = match value? {
            Value::Ket(d, v) if d == dims => checks::pure(v, e.span)?,
            Value::Density(d, m) if d == dims => m,
            Value::Operator(op) => {
                let own = op.sites();
                let all = if own.iter().all(|s| sites.contains(s)) && !own.is_empty() {
                    sites.to_vec()
                } else {
                    local_sites(&dims)
                };
                if let Some(other) = own.iter().find(|s| !all.contains(s)) {
                    return fail(
                        Code::StateArity,
                        e.span,
                        format!(
                            "this state acts on {}, which is not among the subsystems it is given to",
                            self.leg_label(other.leg)
                        ),
                        "another subsystem",
                        "leave the arguments of its operators out: `0.5*|0><0| + 0.5*|1><1|`",
                    );
                }
                op.dense(&all).or_else(|x| self.too_large(x, e.span))?
            }
            Value::Ket(d, _) | Value::Density(d, _) => {
                return fail(
                    Code::Dimension,
                    e.span,
                    format!("this state has dimensions {d:?}, and the subsystems {dims:?}"),
                    "dimensions differ",
                    "write one factor a subsystem, in their order",
                );
            }
            other => {
                return fail(
                    Code::WrongType,
                    e.span,
                    format!("this must be a state, and it is {}", other.describe()),
                    "here",
                    "write a ket such as `|0>`, or `mixed`, `thermal(H, T)`",
                );
            }
        };
        checks::state(&rho, sites, e.span)?;
        // Within the tolerance of a trace given to ten digits; a unit in such a state comes with every collision.
        let trace = rho.trace().re;
        Ok(rho.map(|entry| entry / trace))
    }
}
