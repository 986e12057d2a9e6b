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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Script, check};
    use crate::experiment::Options;
    use crate::source::SourceMap;

    const TEXT: &str = "
param a = 0
param b = 0
param c = 0
param which = keep
system s = |+>
environment e = |0>
rule keep { discard e }
rule erase { discard e; uncorrelate s }
step { apply RZ(s, a + b + c); trace which }
observe x = <X(s)>
experiment grid {
    run 1
    sweep a = linspace(0, 1, 40), which = [keep, erase], b = linspace(2, 3, 7)
    collect X = last(x)
}
experiment sampled { run 1; trajectories 500 seed 1; draw c = uniform(0, 1); let y = trajectory(x, 30) }
experiment single { run 1 }
";

    #[test]
    fn a_coarse_sweep_has_only_points_of_the_full_one_and_its_corners() {
        let mut sources = SourceMap::new();
        let program = check(&Script::from_text("t", TEXT), &mut sources).expect("a right script");
        let options = Options::default();
        let full = program.experiment("grid").expect("it is there");
        let axes = |e: &Experiment| {
            let model = Model::new(&program, Some(e), &[]).expect("a point");
            Grid::new(&program, e, &model, &[]).expect("a grid").axes
        };
        let (all, mut before) = (axes(full), 0);
        for (level, most) in POINTS.into_iter().enumerate() {
            let setup = Setup::new(&program, full, &options, &sources);
            let thinned = axes(&coarse(setup, level).expect("no mistakes").expect("560 points are more"));
            let count: usize = thinned.iter().map(|a| a.values.len()).product();
            assert!(count > before && count <= most, "{count} points at level {level}");
            before = count;
            for (thin, all) in thinned.iter().zip(&all) {
                assert_eq!((thin.values.first(), thin.values.last()), (all.values.first(), all.values.last()));
                assert!(thin.values.iter().all(|v| all.values.contains(v)), "{:?}", thin.values);
            }
            assert_eq!(thinned[1].values.len(), 2, "words are kept");
        }
        let setup = Setup::new(&program, full, &options, &sources);
        assert!(coarse(setup, POINTS.len()).expect("no mistakes").is_none(), "the last level is the experiment itself");
    }

    #[test]
    fn coarse_trajectories_include_every_one_that_is_read() {
        let mut sources = SourceMap::new();
        let program = check(&Script::from_text("t", TEXT), &mut sources).expect("a right script");
        let options = Options::default();
        let coarse = |name: &str, level| {
            let e = program.experiment(name).expect("it is there");
            coarse(Setup::new(&program, e, &options, &sources), level).expect("no mistakes")
        };
        let count = |level| match coarse("sampled", level)?.trajectories?.count.kind {
            ExprKind::Number(z) => Some(z.re),
            _ => None,
        };
        assert_eq!([count(0), count(1), count(2)], [Some(30.0), Some(200.0), None]);
        assert!(coarse("single", 0).is_none());
    }
}
