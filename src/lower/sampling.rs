//! Random numbers and the sampling of mixtures.

use super::Model;
use crate::chance::{Stream, Trajectory};
use crate::check::Experiment;
use crate::ir::{Layout, Op, Step, optimise, optimise_sampled};

/// Where the random numbers of a model come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    /// The trajectory whose random numbers are drawn; `None` if there are none in a single run.
    trajectory: Option<Trajectory>,
    /// Whether a run takes one branch of each mixture.
    branches: bool,
    /// Whether a step has drawn a random number.
    pub(super) saw_random: bool,
}

impl Sampling {
    /// Outside of trajectories, a model whose steps may have random numbers shows those of the first trajectory.
    pub(super) fn of(experiment: Option<&Experiment>) -> Self {
        let may_draw = experiment.is_none_or(|e| e.trajectories.is_some());
        Self { trajectory: may_draw.then(Trajectory::first), branches: false, saw_random: false }
    }

    /// The random numbers of the step of collision n.
    pub(super) fn stream(&self, n: u64) -> Option<Stream> {
        self.trajectory.map(|t| t.step(n))
    }

    pub(super) fn optimise(&self, step: &Step, layout: &Layout) -> Vec<Op> {
        let passes = if self.branches { optimise_sampled } else { optimise };
        passes(step.ops.clone(), layout, &step.exit)
    }
}

impl Model<'_> {
    /// Draws the random numbers of a trajectory from now on, and keeps mixtures so that its run can sample them.
    pub(crate) fn sample(&mut self, trajectory: Trajectory) {
        if self.sampling.saw_random || !self.sampling.branches {
            self.settled = None;
            self.steps.clear();
        }
        self.sampling = Sampling { trajectory: Some(trajectory), branches: true, ..self.sampling };
    }

    /// Whether the steps draw random numbers. Valid after a step has been lowered.
    pub(crate) fn draws_numbers(&self) -> bool {
        self.sampling.saw_random
    }
}
