//! A setup: an experiment to run, and how.

use super::Options;
use crate::check::{Experiment, Program};
use crate::source::SourceMap;

/// An experiment to run, with its program and the options of this run.
#[derive(Clone, Copy)]
pub struct Setup<'p> {
    /// The program to which the ids of the experiment refer.
    pub(super) program: &'p Program,
    pub(super) experiment: &'p Experiment,
    pub(super) options: &'p Options,
    /// The texts of the program, which claims quote and which journals identify.
    pub(super) sources: &'p SourceMap,
}

impl<'p> Setup<'p> {
    /// An experiment of a program that was read from `sources`.
    #[must_use]
    pub fn new(program: &'p Program, experiment: &'p Experiment, options: &'p Options, sources: &'p SourceMap) -> Self {
        Self { program: program.of(experiment), experiment, options, sources }
    }
}
