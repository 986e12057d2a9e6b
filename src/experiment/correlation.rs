//! Two-time correlations ⟨A(n) B(m)⟩ = Tr A Λ(Bρ(m)), where Λ is the map of the collisions m+1 … n on the systems and
//! the live units (the quantum regression theorem, exact here because the memory is part of the state).
//!
//! Bρ is not Hermitian. It is H₁ + iH₂ with the Hermitian matrices H₁ = (Bρ + ρB†)/2 and H₂ = (Bρ − ρB†)/(2i). Every
//! engine can run these in place of states, because the step is linear and real on Hermitian matrices.

use super::memory_budget::{Budget, HeldSeries};
use super::planning;
use super::{Checkpoint, Control, Options, Reading, Scratch, lower_model};
use crate::backend::Backend;
use crate::check::{Branch, Correlation, Program, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Leg, Operator, Scope};
use crate::ir::{Op, OpKind};
use crate::lower::Model;
use crate::quantum::{C64, CMat, embed, product};

/// A correlation, checked and ready to run.
pub(super) struct Correlated<'p> {
    program: &'p Program,
    branch: &'p Branch,
    correlation: &'p Correlation,
    options: Options,
    budget: Budget,
    /// The collision m.
    from: u64,
    requested: u64,
}

/// The values of a correlation.
#[derive(Default)]
pub(super) struct Computed {
    /// Real and imaginary part from n = 0 on; missing for n < m.
    pub(super) parts: [Vec<f64>; 2],
    pub(super) interrupted: bool,
    pub(super) fault: Option<Diagnostic>,
}

impl<'p> Correlated<'p> {
    /// Checks the operators, the collision m and the step.
    ///
    /// # Errors
    /// Every mistake in them, or a step that is not linear.
    pub(super) fn new(
        program: &'p Program,
        (branch, correlation): (&'p Branch, &'p Correlation),
        options: &'p Options,
        requested: u64,
        budget: Budget,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut model = model(program, branch, &options.settings)?;
        model.read_operator(&correlation.late)?;
        let ev = model.evaluator();
        let scope = Scope::locals(&[]);
        let early = ev.eval(&correlation.early, scope).map_err(|d| vec![*d])?.operator();
        let from =
            ev.count(&correlation.from, scope, "the collision `from`", 0..=u64::MAX >> 11).map_err(|d| vec![*d])?;
        if from > requested {
            let message = format!("the correlation begins at collision {from}, but the run has {requested}");
            let d = Diagnostic::new(Code::CorrelationStart, message, correlation.from.span, "after the end of the run");
            return Err(vec![d.help(format!("write a number from 0 to {requested}: `from = {}`", requested / 2))]);
        }
        let steps = model.settle()?.steps;
        let out = Self { program, branch, correlation, options: options.clone(), budget, from, requested };
        let settled = usize::try_from(from).map_or(steps.len(), |from| from.min(steps.len()));
        let alive = settled.checked_sub(1).map_or_else(|| model.systems(), |last| steps[last].next.clone());
        if let Some(site) = early.sites().iter().find(|s| alive.iter().all(|slot| s.leg != Leg::Slot(*slot))) {
            return Err(vec![out.not_alive(&model.evaluator().leg_label(site.leg))]);
        }
        for step in steps {
            if let Some(op) = nonlinear(&step.collision.written.ops) {
                let what = if matches!(op.kind, OpKind::Postselect { .. }) { "postselect" } else { "uncorrelate" };
                let message =
                    format!("with `{what}` the step is not linear, so it does not propagate a two-time correlation");
                let d = Diagnostic::new(Code::MapNotLinear, message, model.place(op.origin), "not linear");
                let d = d.label(correlation.span, "computed from a linear step");
                return Err(vec![d.help(format!("compute `correlation` with a step without `{what}`"))]);
            }
        }
        Ok(out)
    }

    /// How the correlation is computed. The engine of the later runs is chosen when the state after collision m is
    /// known.
    pub(super) fn describe(&self) -> String {
        let left = self.requested - self.from;
        format!("by density to collision {}, then in two runs of {left} collisions from there", self.from)
    }

    /// Computes the correlation.
    ///
    /// # Errors
    /// A subsystem of B that is not alive after collision m, or no memory or engine for a run.
    pub(super) fn run(&self, control: &Control<'_>, scratch: &mut Scratch) -> Result<Computed, Vec<Diagnostic>> {
        let mut out = Computed::default();
        let Some(state) = self.state(control, scratch, &mut out)? else { return Ok(out) };
        let mut runs = Vec::new();
        for matrix in self.kicked(&state)? {
            let mut model = model(self.program, self.branch, &self.options.settings)?;
            model.read_operator(&self.correlation.late)?;
            let slots = state.slots(&model);
            model.begin_at(self.from, slots, matrix);
            let options = Options { collisions: Some(self.requested - self.from), ..self.options.clone() };
            let done = self.carry_out(model, &options, (control, scratch), false)?.done;
            (out.interrupted, out.fault) = (done.interrupted, done.fault);
            if out.interrupted || out.fault.is_some() {
                return Ok(out);
            }
            runs.push(done.values);
        }
        // Tr A(H₁ + iH₂), where Tr AH₁ and Tr AH₂ are complex.
        let part = |first: &[f64], second: &[f64], sign: f64| {
            let missing = (0..self.from).map(|_| f64::NAN);
            missing.chain(first.iter().zip(second).map(|(a, b)| a + sign * b)).collect()
        };
        out.parts = [part(&runs[0][0], &runs[1][1], -1.0), part(&runs[0][1], &runs[1][0], 1.0)];
        Ok(out)
    }

    /// The state after collision m; `None` if the run to it broke off, for the reason in `out`.
    fn state(
        &self,
        control: &Control<'_>,
        scratch: &mut Scratch,
        out: &mut Computed,
    ) -> Result<Option<Checkpoint>, Vec<Diagnostic>> {
        let mut model = model(self.program, self.branch, &self.options.settings)?;
        if self.from == 0 {
            return Ok(Some(Checkpoint::initial(&mut model)));
        }
        model.read_operator(&self.correlation.late)?;
        let options = Options { collisions: Some(self.from), backend: Backend::Density, ..self.options.clone() };
        let done = self.carry_out(model, &options, (control, scratch), true)?.done;
        (out.interrupted, out.fault) = (done.interrupted, done.fault);
        Ok(done.end)
    }

    fn carry_out(
        &self,
        model: Model<'p>,
        options: &Options,
        (control, scratch): (&Control<'_>, &mut Scratch),
        keep: bool,
    ) -> Result<planning::Finished<'p>, Vec<Diagnostic>> {
        let own = self::model(self.program, self.branch, &self.options.settings)?;
        let held = HeldSeries::of_columns(4);
        let reading = Reading { model: &own, experiment: &self.branch.experiment, held, whole: true };
        let mut prepared = lower_model(model, &self.branch.experiment, options, Some(&reading), self.budget, scratch)?;
        prepared.keep = keep;
        prepared.run(&self.branch.experiment, control, scratch)
    }

    /// H₁ and H₂ of Bρ.
    fn kicked(&self, state: &Checkpoint) -> Result<[CMat; 2], Vec<Diagnostic>> {
        let model = model(self.program, self.branch, &self.options.settings)?;
        let early = &self.correlation.early;
        let operator = model.evaluator().eval(early, Scope::locals(&[])).map_err(|d| vec![*d])?.operator();
        let b = self.on_state(&operator, state, &model)?;
        let after = product(&b, state.rho());
        let half = C64::new(0.5, 0.0);
        let h1 = (&after + after.adjoint()) * half;
        let h2 = (&after - after.adjoint()) * C64::new(0.0, -0.5);
        Ok([h1, h2])
    }

    /// An operator as a matrix on all subsystems of a state.
    fn on_state(&self, operator: &Operator, state: &Checkpoint, model: &Model<'_>) -> Result<CMat, Vec<Diagnostic>> {
        let (slots, dims) = (state.slots(model), state.dims());
        let dim = dims.iter().product();
        let mut out = CMat::zeros(dim, dim);
        for (sites, matrix) in &operator.terms {
            let mut positions = Vec::new();
            for site in sites {
                let place = slots.iter().position(|slot| site.leg == Leg::Slot(*slot));
                positions.push(place.ok_or_else(|| vec![self.not_alive(&model.evaluator().leg_label(site.leg))])?);
            }
            out += embed(matrix, &positions, dims);
        }
        Ok(out)
    }

    fn not_alive(&self, label: &str) -> Diagnostic {
        let message =
            format!("`{label}` is not alive after collision {}, so no operator can act on it there", self.from);
        Diagnostic::new(Code::CorrelationStart, message, self.correlation.early.span, "acts after the step")
            .help("name a system, or a unit that the step has touched and not discarded; or begin at a later collision")
    }
}

/// The model of the runs of a correlation, without the observables of the experiment.
fn model<'p>(program: &'p Program, branch: &'p Branch, settings: &[Setting]) -> Result<Model<'p>, Vec<Diagnostic>> {
    let mut model = Model::new(program, Some(&branch.experiment), settings)?;
    model.restrict(&std::collections::BTreeSet::new());
    Ok(model)
}

/// The first `uncorrelate` or `postselect` of a gate sequence.
fn nonlinear(ops: &[Op]) -> Option<&Op> {
    ops.iter().find_map(|op| match &op.kind {
        OpKind::Uncorrelate { .. } | OpKind::Postselect { .. } => Some(op),
        OpKind::Mix { then, otherwise, .. } => nonlinear(then).or_else(|| nonlinear(otherwise)),
        OpKind::Repeat { body, .. } => nonlinear(body),
        _ => None,
    })
}
