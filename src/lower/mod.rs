//! From a checked [`Program`] to gate sequences, at one parameter point.
//!
//! Contract: a [`Model`] holds the numbers of one point. [`Model::step`] gives the sequence of a collision for the
//! slots that are alive when it begins, checked (Hermitian, unitary, trace-preserving, liveness) and optimised. It is
//! made once for each set of slots, unless `n` occurs in the step.

mod budget;
mod gate_cache;
mod step;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::Arc;

pub(crate) use gate_cache::GateCache;

use crate::ast::Role;
use crate::check::{Experiment, Expr, Observable, ParamId, Program, SeriesId, Setting, Shape, SubsystemId};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Evaluator, Leg, Site, Units, Value, complex, parameters, scale};
use crate::ir::{Collision, Layout, Op, OpKind, Origin, Scalar, Slot, Step, optimise};
use crate::quantum::CMat;
use crate::source::Span;
use step::{RecordPlan, StepLowering};

/// The deviation U†U − 1 or Σ K†K − 1 of an operation, times the number of collisions, above which a run warns.
const WRITTEN_OFF_BY: f64 = 1e-9;

/// Deviations up to here come from rounding: some 2⁻⁵³ an entry.
const ROUNDING: f64 = 1e-13;

/// Units may be carried for at most so many steps before the set of live slots must have settled.
const SETTLE: u64 = 200;

/// A program with the numbers of one parameter point.
pub struct Model<'p> {
    program: &'p Program,
    params: Vec<Value>,
    slots: RefCell<Units>,
    /// Initial states: one a joint declaration, else one a member, in order of declaration.
    states: Vec<Arc<CMat>>,
    /// What is observed, with the id of its first series.
    observables: Vec<(usize, &'p Observable)>,
    /// Id of the first series of each record, by key; those that nobody asks for are not here.
    records: HashMap<&'p str, usize>,
    origins: Vec<Span>,
    steps: HashMap<Vec<Slot>, Arc<CompiledStep>>,
    depends_on_collision: bool,
    gates: GateCache,
    /// How far gates and channels are from unitary and trace-preserving as they are written, by statement.
    written_off_by: BTreeMap<Span, f64>,
    /// What lowering its steps warns of, once a place.
    warnings: Vec<Diagnostic>,
    /// The steps until the live slots have settled, once they were lowered.
    settled: Option<Vec<Arc<CompiledStep>>>,
}

/// A lowered step.
#[derive(Debug)]
pub struct CompiledStep {
    /// What runs.
    pub collision: Arc<Collision>,
    /// What the step records, by the names of the script.
    record_plans: Vec<RecordPlan>,
}

impl Deref for CompiledStep {
    type Target = Collision;

    fn deref(&self) -> &Collision {
        &self.collision
    }
}

/// What a column of a run holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Observed behind each step, and in the initial state.
    Observed,
    /// Recorded inside the step: no value at n = 0.
    Recorded,
}

/// A column of a run.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// How it comes about.
    pub kind: ColumnKind,
    /// The id under which expressions know it (entries of `state(…)` have none).
    pub id: Option<SeriesId>,
    /// The largest absolute value that it could have.
    pub scale: f64,
    /// Where it is observed; a record has the place of its statement.
    pub place: Option<Span>,
}

impl<'p> Model<'p> {
    /// Evaluates the parameters (defaults, then the script's and the experiment's `set`, then `settings`) and the
    /// initial states.
    ///
    /// # Errors
    /// Every parameter, dimension and state that is wrong.
    pub fn new(
        program: &'p Program,
        experiment: Option<&'p Experiment>,
        settings: &'p [Setting],
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut overrides: Vec<(ParamId, &Expr)> = program.sets.iter().map(|(id, e)| (*id, e)).collect();
        overrides.extend(experiment.iter().flat_map(|x| &x.sets).map(|(id, e)| (*id, e)));
        overrides.extend(settings.iter().map(|s| (s.param, &s.value)));
        let params = parameters(program, &overrides, &mut errors);
        let slots = RefCell::new(Units::default());
        let declared = Units::declare(&Evaluator::new(program, &params, &slots), &mut errors);
        slots.replace(declared);
        if !errors.is_empty() {
            return Err(errors);
        }
        let states = initial_states(&Evaluator::new(program, &params, &slots), &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let (observables, records) = series_ids(program, experiment);
        Ok(Self {
            program,
            params,
            slots,
            states,
            observables,
            records,
            origins: Vec::new(),
            steps: HashMap::new(),
            depends_on_collision: false,
            gates: GateCache::default(),
            written_off_by: BTreeMap::new(),
            warnings: Vec::new(),
            settled: None,
        })
    }

    /// The gates that were made here, for the model of another point of the same program.
    pub(crate) fn gates(&mut self) -> &mut GateCache {
        &mut self.gates
    }

    /// What lowering the steps so far warns of.
    pub(crate) fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Leaves out every series that is not among `wanted`: a sweep computes only what it collects.
    pub(crate) fn restrict(&mut self, wanted: &BTreeSet<SeriesId>) {
        self.settled = None;
        let any = |first: usize, shape: Shape| (first..first + shape.series()).any(|i| wanted.contains(&SeriesId(i)));
        self.observables.retain(|(first, o)| any(*first, o.shape));
        let shapes: HashMap<&str, Shape> = self.program.records.iter().map(|(r, s)| (r.key.as_str(), *s)).collect();
        self.records.retain(|key, first| any(*first, shapes[key]));
    }

    /// An evaluator at this point.
    pub(crate) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(self.program, &self.params, &self.slots)
    }

    /// The parameters' values.
    pub(crate) fn values(&self) -> &[Value] {
        &self.params
    }

    /// The parameters with their values as text.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        let text = |v: &Value| match v {
            Value::Number(z) => complex(*z),
            Value::Bool(b) => b.to_string(),
            Value::Text(t) => format!("{t:?}"),
            Value::Rule(id) => self.program.sequences[id.0].name.text.clone(),
            other => other.describe().to_string(),
        };
        self.program.params.iter().zip(&self.params).map(|(p, v)| (p.name.text.clone(), text(v))).collect()
    }

    /// The place of the statement that an operation came from.
    #[must_use]
    pub fn place(&self, origin: Origin) -> Span {
        self.origins[origin.0 as usize]
    }

    /// Whether `n` occurs in the step, so that it changes from collision to collision. Known once a step was lowered.
    #[must_use]
    pub fn depends_on_collision(&self) -> bool {
        self.depends_on_collision
    }

    /// The systems, which are alive before the first step.
    #[must_use]
    pub fn systems(&self) -> Vec<Slot> {
        let slots = self.slots.borrow();
        (0..slots.layout.slots.len())
            .map(|i| Slot(u32::try_from(i).expect("few slots")))
            .filter(|s| slots.is_system(self.program, *s))
            .collect()
    }

    /// Which subsystem a slot is, and how many units ahead of the current one.
    pub(crate) fn unit(&self, slot: Slot) -> (SubsystemId, i64) {
        self.slots.borrow().who(slot)
    }

    /// The slot of a subsystem or unit.
    pub(crate) fn slot(&self, id: SubsystemId, offset: i64) -> Slot {
        self.slots.borrow_mut().slot(self.program, id, offset)
    }

    /// The slots known so far.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.slots.borrow().layout.clone()
    }

    /// The operations that make the initial state of the systems.
    pub fn initial(&mut self) -> Vec<Op> {
        let mut ops = Vec::new();
        let mut states = self.states.iter();
        for d in &self.program.declarations {
            let groups: Vec<Vec<SubsystemId>> =
                if d.joint { vec![d.members.clone()] } else { d.members.iter().map(|m| vec![*m]).collect() };
            for group in groups {
                let state = states.next().expect("one state a group").clone();
                if d.role == Role::System {
                    let slots = group.iter().map(|id| self.slots.borrow_mut().slot(self.program, *id, 0)).collect();
                    self.origins.push(d.span);
                    let origin = Origin(u32::try_from(self.origins.len() - 1).expect("few declarations"));
                    ops.push(Op { origin, kind: OpKind::Attach { slots, state } });
                }
            }
        }
        ops
    }

    /// What is observed in the initial state.
    ///
    /// # Errors
    /// Every observable that is wrong.
    pub fn initial_observables(&self) -> Result<Vec<Scalar>, Vec<Diagnostic>> {
        self.observe(&self.systems())
    }

    fn observe(&self, alive: &[Slot]) -> Result<Vec<Scalar>, Vec<Diagnostic>> {
        let ev = self.evaluator();
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        for (_, o) in &self.observables {
            match ev.scalars(&o.value, &[], alive) {
                Ok(columns) => out.extend(columns.into_iter().map(|(_, s)| s)),
                Err(d) => errors.push(*d),
            }
        }
        if errors.is_empty() { Ok(out) } else { Err(errors) }
    }

    /// The step of collision n for the slots that are alive when it begins.
    ///
    /// # Errors
    /// Everything that is wrong with the step's numbers and with who is alive.
    pub fn step(&mut self, n: u64, entry: &[Slot]) -> Result<Arc<CompiledStep>, Vec<Diagnostic>> {
        if !self.depends_on_collision
            && let Some(step) = self.steps.get(entry)
        {
            return Ok(step.clone());
        }
        let compiled = Arc::new(self.lower(n, entry)?);
        if !self.depends_on_collision {
            self.steps.insert(entry.to_vec(), compiled.clone());
        }
        Ok(compiled)
    }

    fn lower(&mut self, n: u64, entry: &[Slot]) -> Result<CompiledStep, Vec<Diagnostic>> {
        let Some(body) = &self.program.step else { return Err(vec![no_step(None)]) };
        let mut origins = std::mem::take(&mut self.origins);
        let mut ev = Evaluator::new(self.program, &self.params, &self.slots);
        ev.collision = Some(n);
        let mut lowered =
            StepLowering::new(&ev, &mut self.gates, &self.states, &self.records, &mut origins, entry).run(&body.body);
        let saw_collision = ev.saw_collision.get();
        for warning in ev.warnings.take() {
            if !self.warnings.iter().any(|known| known.labels.first() == warning.labels.first()) {
                self.warnings.push(warning);
            }
        }
        self.origins = origins;
        self.depends_on_collision |= saw_collision;
        for (span, by) in &lowered.written_off_by {
            let known = self.written_off_by.entry(*span).or_default();
            *known = known.max(*by);
        }
        let advance = self.advance(&mut lowered, body.keyword);
        if !lowered.errors.is_empty() {
            return Err(lowered.errors);
        }
        let mut next: Vec<Slot> = advance.iter().map(|(_, new)| *new).collect();
        next.sort_unstable();
        let observables = self.observe(&next)?;
        let layout = self.layout();
        let exit: Vec<Slot> = lowered.alive.iter().copied().collect();
        let written = Step { ops: lowered.ops, entry: entry.to_vec(), exit, advance };
        let ops = optimise(written.ops.clone(), &layout, &written.exit);
        let step = Step { ops, ..written.clone() };
        let records = lowered.records.iter().map(|r| r.columns.len()).sum();
        let collision = Arc::new(Collision { written, step, layout, observables, records, next });
        Ok(CompiledStep { collision, record_plans: lowered.records })
    }

    /// Warnings about gates and channels whose deviation from unitary or trace-preserving, as they are written, adds up
    /// to more than 1e-9 in a run of this many collisions.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    pub fn inexact(&self, collisions: u64) -> Vec<Diagnostic> {
        let total = |by: f64| by * collisions as f64;
        let far = self.written_off_by.iter().filter(|(_, by)| **by > ROUNDING && total(**by) > WRITTEN_OFF_BY);
        far.map(|(span, by)| {
            Diagnostic::new(
                Code::InexactGate,
                format!(
                    "as it is written, this operation changes the trace by {by:.1e}, or by {:.1e} in {collisions} \
                     collisions",
                    total(*by)
                ),
                *span,
                "the nearest operation that preserves the trace is applied",
            )
            .help("write its numbers as formulas, `sqrt(1 - p)*A` and `sqrt(p)*B`, or with all of their 16 digits")
        })
        .collect()
    }

    /// Moves the streams on by one; units that fall off the end of what is kept are traced out.
    fn advance(&mut self, lowered: &mut step::Lowered, keyword: Span) -> Vec<(Slot, Slot)> {
        let mut advance = Vec::new();
        for slot in lowered.alive.clone() {
            let (id, offset) = self.slots.borrow().who(slot);
            if self.slots.borrow().is_system(self.program, slot) {
                advance.push((slot, slot));
                continue;
            }
            let keep = self.slots.borrow().keep[id.0];
            if offset > -keep {
                let new = self.slots.borrow_mut().slot(self.program, id, offset - 1);
                advance.push((slot, new));
                continue;
            }
            if keep == 0 {
                let span = lowered.touched.get(&slot).copied().unwrap_or(keyword);
                lowered.errors.push(self.never_discarded(id, slot, span));
            }
            lowered.alive.remove(&slot);
            self.origins.push(self.program.declarations[self.program.subsystems[id.0].declaration].span);
            let origin = Origin(u32::try_from(self.origins.len() - 1).expect("few statements"));
            lowered.ops.push(Op { origin, kind: OpKind::Discard { slots: vec![slot] } });
        }
        advance
    }

    fn never_discarded(&self, id: SubsystemId, slot: Slot, span: Span) -> Diagnostic {
        let name = &self.program.subsystems[id.0].name.text;
        let dim = self.slots.borrow().layout.dim(slot);
        Diagnostic::new(
            Code::NeverDiscarded,
            format!(
                "`{name}` is alive at the end of the step: each collision would make the state {} times larger",
                dim * dim
            ),
            span,
            "in use here, and never discarded",
        )
        .help(format!(
            "write `discard {name}` at the end of the step, or keep the last few units: `environment {name} = … keep 8`"
        ))
    }

    /// Lowers steps until the set of live slots repeats, and checks that what is observed can be there.
    ///
    /// # Errors
    /// Everything that is wrong with the steps and observables.
    pub fn settle(&mut self) -> Result<Vec<Arc<CompiledStep>>, Vec<Diagnostic>> {
        if let Some(steps) = &self.settled {
            return Ok(steps.clone());
        }
        let mut entry = self.systems();
        let mut seen = BTreeSet::new();
        let mut steps = Vec::new();
        for n in 1..=SETTLE {
            if !seen.insert(entry.clone()) {
                break;
            }
            let step = self.step(n, &entry)?;
            entry.clone_from(&step.next);
            steps.push(step);
        }
        self.check_observed(&steps)?;
        self.settled = Some(steps.clone());
        Ok(steps)
    }

    /// An observable that is never there is a mistake, not a column of missing values.
    fn check_observed(&self, steps: &[Arc<CompiledStep>]) -> Result<(), Vec<Diagnostic>> {
        let ever: BTreeSet<Slot> = steps.iter().flat_map(|s| &s.next).copied().chain(self.systems()).collect();
        let ev = self.evaluator();
        let mut errors = Vec::new();
        for (_, o) in &self.observables {
            let scalars = ev.scalars(&o.value, &[], &[]).map_err(|d| vec![*d])?;
            let gone = scalars.iter().flat_map(|(_, s)| s.mentioned()).find(|s| !ever.contains(s));
            if let Some(slot) = gone {
                let label = ev.leg_label(Leg::Slot(slot));
                errors.push(
                    Diagnostic::new(
                        Code::NeverObserved,
                        format!(
                            "`{label}` is not there when a step has ended, so `{}` would never have a value",
                            o.name.text
                        ),
                        o.value.span,
                        "observed behind the step",
                    )
                    .help(format!("write `record {} = …` inside the step, before `discard {label}`", o.name.text)),
                );
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The columns of a run, in the order of the values: observables, then records.
    ///
    /// # Errors
    /// As [`Model::settle`].
    pub fn columns(&mut self) -> Result<Vec<Column>, Vec<Diagnostic>> {
        let first_step = self.settle()?.into_iter().next();
        let plans = first_step.as_ref().map_or(&[][..], |s| &s.record_plans);
        let mut columns: Vec<Column> = Vec::new();
        let systems = self.systems();
        let ev = self.evaluator();
        for (first, o) in &self.observables {
            let scalars = ev.scalars(&o.value, &[], &systems).map_err(|d| vec![*d])?;
            let from = columns.len();
            push_columns(&mut columns, &o.name.text, ColumnKind::Observed, o.shape, &scalars, *first);
            columns[from..].iter_mut().for_each(|c| c.place = Some(o.value.span));
        }
        for plan in plans {
            let record = self.program.records.iter().find(|(r, _)| r.key == plan.key);
            let text = record.map_or(plan.key.as_str(), |(r, _)| r.text.as_str());
            push_columns(
                &mut columns,
                text,
                ColumnKind::Recorded,
                plan.shape,
                &plan.columns,
                self.records[plan.key.as_str()],
            );
        }
        Ok(columns)
    }
}

/// The ids by which expressions know series: the model's observables first, then its records, then the experiment's own
/// observables. Given are the ids of the first series of each.
fn series_ids<'p>(
    program: &'p Program,
    experiment: Option<&'p Experiment>,
) -> (Vec<(usize, &'p Observable)>, HashMap<&'p str, usize>) {
    let mut next = 0;
    let mut take = |shape: Shape| {
        next += shape.series();
        next - shape.series()
    };
    let mut observables: Vec<(usize, &Observable)> = program.observables.iter().map(|o| (take(o.shape), o)).collect();
    let records = program.records.iter().map(|(r, shape)| (r.key.as_str(), take(*shape))).collect();
    observables.extend(experiment.iter().flat_map(|x| &x.observables).map(|o| (take(o.shape), o)));
    (observables, records)
}

fn push_columns(
    out: &mut Vec<Column>,
    name: &str,
    kind: ColumnKind,
    shape: Shape,
    scalars: &[(String, Scalar)],
    first: usize,
) {
    for (i, (suffix, scalar)) in scalars.iter().enumerate() {
        let id = (i < shape.series()).then_some(SeriesId(first + i));
        out.push(Column { name: format!("{name}{suffix}"), kind, id, scale: scale(scalar), place: None });
    }
}

/// The error of a protocol that cannot run, at the `run` that asks for it.
pub(crate) fn no_step(run: Option<Span>) -> Diagnostic {
    let message = "this protocol has no step, so there is nothing to run";
    let d = match run {
        Some(span) => Diagnostic::new(Code::NoStep, message, span, "what happens in a collision?"),
        None => Diagnostic::nowhere(Code::NoStep, message),
    };
    d.help("say what one collision does: `step { evolve H(s, e) for 0.1; discard e }`")
}

fn initial_states(ev: &Evaluator<'_>, errors: &mut Vec<Diagnostic>) -> Vec<Arc<CMat>> {
    let mut out = Vec::new();
    for d in &ev.program.declarations {
        let groups: Vec<Vec<SubsystemId>> =
            if d.joint { vec![d.members.clone()] } else { d.members.iter().map(|m| vec![*m]).collect() };
        for group in groups {
            let mut slots = ev.slots.borrow_mut();
            let kinds: Vec<_> = group.iter().map(|id| slots.kinds[id.0]).collect();
            let sites: Vec<Site> = group
                .iter()
                .map(|id| Site { leg: Leg::Slot(slots.slot(ev.program, *id, 0)), dim: slots.kinds[id.0].dim() })
                .collect();
            drop(slots);
            match ev.state(&d.state, &[], &sites, &kinds) {
                Ok(rho) => out.push(Arc::new(rho)),
                Err(d) => {
                    if !errors
                        .iter()
                        .any(|e: &Diagnostic| e.message == d.message && e.labels.first() == d.labels.first())
                    {
                        errors.push(*d);
                    }
                }
            }
        }
    }
    out
}
