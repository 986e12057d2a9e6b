//! The points of a sweep over a parameter that determines the size of an array: each size has a program of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::grid::Grid;
use crate::check::{Analysis, Experiment, Program, Setting};
use crate::diagnostic::{Code, Diagnostic};

/// The most programs that are kept.
const MOST_KEPT: usize = 64;

/// An experiment and the program to which its ids refer.
pub(super) struct AtSize {
    program: Program,
    experiment: Experiment,
}

impl AtSize {
    /// The program.
    pub(super) fn program(&self) -> &Program {
        self.program.of(&self.experiment)
    }

    /// The experiment.
    pub(super) fn experiment(&self) -> &Experiment {
        &self.experiment
    }
}

/// A program for a size, or the mistakes in the script at that size.
type Checked = Result<Arc<AtSize>, Vec<Diagnostic>>;

/// The programs for the sizes of a sweep.
#[derive(Default)]
pub(super) struct Sizes {
    /// The axes that determine sizes.
    axes: Vec<usize>,
    /// By place on these axes.
    known: Mutex<HashMap<Vec<usize>, Checked>>,
}

impl Sizes {
    /// # Errors
    /// The sweep keeps the series of every point, of which there are different numbers.
    pub(super) fn new(program: &Program, experiment: &Experiment, grid: &Grid) -> Result<Self, Vec<Diagnostic>> {
        let determines = |at: &usize| program.sizes.iter().any(|(id, _)| *id == grid.axes[*at].param);
        let axes: Vec<usize> = (0..grid.axes.len()).filter(determines).collect();
        if let (Some(at), false) = (axes.first(), experiment.has_table()) {
            let name = &grid.axes[*at].name;
            let message = format!("`{name}` determines the size of an array, so the points have different series");
            let span = experiment.sweep[*at].1.span;
            let d = Diagnostic::new(Code::SweptSize, message, span, "without `collect`");
            return Err(vec![d.help("collect numbers for each point: `collect c = last(z[1])`")]);
        }
        Ok(Self { axes, known: Mutex::default() })
    }

    /// The program of a point; `None` if it is that of the whole sweep.
    pub(super) fn at(
        &self,
        (program, experiment): (&Program, &Experiment),
        place: &[usize],
        settings: &[Setting],
    ) -> Result<Option<Arc<AtSize>>, Vec<Diagnostic>> {
        if self.axes.is_empty() {
            return Ok(None);
        }
        let key: Vec<usize> = self.axes.iter().map(|at| place[*at]).collect();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(checked) = known().get(&key) {
            return checked.clone().map(Some);
        }
        let Some(checked) = sized(program, experiment, settings).transpose() else { return Ok(None) };
        let mut all = known();
        if all.len() >= MOST_KEPT {
            all.clear();
        }
        all.insert(key, checked.clone());
        checked.map(Some)
    }
}

/// The program for the sizes at a point, with the sweep and the expectations of the experiment.
fn sized(
    program: &Program,
    experiment: &Experiment,
    settings: &[Setting],
) -> Result<Option<Arc<AtSize>>, Vec<Diagnostic>> {
    let Some(program) = program.at_settings(Some(experiment), settings)? else { return Ok(None) };
    let own = program.experiments.first().cloned();
    let Some(mut own) = own else {
        return Err(program.set_aside.first().map_or_else(Vec::new, |aside| aside.reasons.clone()));
    };
    own.sweep.clone_from(&experiment.sweep);
    own.analysis.retain(|a| !matches!(a, Analysis::Expect { .. }));
    Ok(Some(Arc::new(AtSize { program, experiment: own })))
}
