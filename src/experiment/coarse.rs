//! Coarse versions of an experiment, for a first picture: fewer points of its sweep and fewer trajectories.

use super::Setup;
use super::sweep::Grid;
use crate::check::{Experiment, Expr, ExprKind};
use crate::diagnostic::Diagnostic;
use crate::eval::Scope;
use crate::lower::Model;
use crate::quantum::C64;

/// Points of a sweep at each level: 5 × 5, 9 × 9 and 21 × 21 for two parameters.
const POINTS: [usize; 3] = [25, 81, 441];
/// Trajectories at each level.
const TRAJECTORIES: [u32; 3] = [20, 200, 2000];

/// A version of the experiment that takes less time, at the parameter point of `setup`. Level 0 is the coarsest. A coarse
/// sweep has only points of the full one, and coarse trajectories are the first ones. `None` if the experiment itself is
/// to be run at this level.
///
/// # Errors
/// The parameters, the axes of the sweep or the number of trajectories have mistakes.
pub fn coarse(setup: Setup<'_>, level: usize) -> Result<Option<Experiment>, Vec<Diagnostic>> {
    let Setup { program, experiment, options, .. } = setup;
    let (Some(points), Some(trajectories)) = (POINTS.get(level), TRAJECTORIES.get(level)) else { return Ok(None) };
    if experiment.sweep.is_empty() && experiment.trajectories.is_none() {
        return Ok(None);
    }
    let model = Model::new(program, Some(experiment), &options.settings)?;
    let axes = match experiment.sweep.is_empty() {
        true => None,
        false => Grid::new(program, experiment, &model, &options.settings)?.thinned(*points),
    };
    let count = fewer(experiment, &model, *trajectories).map_err(|d| vec![*d])?;
    if axes.is_none() && count.is_none() {
        return Ok(None);
    }
    let mut coarse = experiment.clone();
    if let Some(axes) = axes {
        coarse.sweep = axes;
    }
    if let (Some(trajectories), Some(count)) = (&mut coarse.trajectories, count) {
        trajectories.count = count;
    }
    Ok(Some(coarse))
}

/// A smaller number of trajectories, at most `most` unless a series of a later one is read; `None` if there are not more.
fn fewer(experiment: &Experiment, model: &Model<'_>, most: u32) -> Result<Option<Expr>, Box<Diagnostic>> {
    let Some(trajectories) = &experiment.trajectories else { return Ok(None) };
    let (evaluator, scope) = (model.evaluator(), Scope::locals(&[]));
    let all = evaluator.real(&trajectories.count, scope, "the number of trajectories")?;
    let mut most = f64::from(most);
    for single in &trajectories.singles {
        most = most.max(evaluator.real(&single.number, scope, "the number of a trajectory")?);
    }
    let number = || Expr { kind: ExprKind::Number(C64::new(most, 0.0)), ..trajectories.count.clone() };
    Ok((most < all).then(number))
}
