//! Lowers a checked [`Program`] to gate sequences at one parameter point.
//!
//! Contract: a [`Model`] holds the parameter values of one point. [`Model::step`] returns the gate sequence of a
//! collision for the slots alive at its beginning. The sequence is optimised, and checked: Hamiltonians are Hermitian,
//! gates unitary, channels trace-preserving, and every slot is alive where it is used. It is computed once for each set
//! of slots, and if `n` occurs in the step, for each collision of its period.

mod beginning;
mod budget;
mod columns;
mod gate_cache;
mod initial;
mod readout;
mod sampling;
mod sizes;
mod step;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::Arc;

use beginning::{Beginning, beginning};
pub use columns::{Column, ColumnKind};
use columns::{push_columns, series_ids};
pub(crate) use gate_cache::GateCache;
use initial::initial_states;

use crate::ast::Role;
use crate::check::{Experiment, Observable, Program, SeriesId, Setting, Shape, SubsystemId};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Evaluator, Leg, Units, Value, complex};
use crate::ir::{Collision, Layout, Op, OpKind, Origin, Recurrence, Scalar, Slot, Step};
use crate::quantum::{CMat, Kind};
use crate::source::Span;
pub(crate) use readout::StateReadout;
use readout::{Begun, Entangled, Hidden};
use sampling::Sampling;
use step::{RecordPlan, StepLowering};

/// A run warns if the deviation U†U − 1 or Σ K†K − 1 of an operation, times the number of collisions, exceeds this.
const MAX_TOTAL_DEVIATION: f64 = 1e-9;

/// Deviations up to this size come from rounding, which is of order 2⁻⁵³ per entry.
const ROUNDING: f64 = 1e-13;

/// Largest number of steps after which the set of live slots, and the period of the steps, must repeat.
const MAX_SETTLING: usize = 400;

/// A program at one parameter point.
pub struct Model<'p> {
    program: &'p Program,
    /// Values of the parameters, by id.
    params: Vec<Value>,
    slots: RefCell<Units>,
    /// Initial states in the order of declaration: one per joint declaration, otherwise one per member.
    states: Vec<Arc<CMat>>,
    /// The observables, each with the id of its first series.
    observables: Vec<(usize, &'p Observable)>,
    /// Id of the first series of each record, by key; without the records that are not needed.
    records: HashMap<&'p str, usize>,
    /// Place of each statement, by origin.
    origins: Vec<Span>,
    /// Lowered steps, by the slots alive at their beginning and the number of the collision within the period.
    steps: HashMap<Vec<Slot>, HashMap<u64, Arc<CompiledStep>>>,
    /// After how many collisions the steps that have been lowered repeat.
    recurrence: Recurrence,
    /// Where random numbers come from, and whether mixtures are sampled.
    sampling: Sampling,
    gates: GateCache,
    /// Largest entry of U†U − 1 or Σ K†K − 1 of the gates and channels as written, by statement.
    deviation: BTreeMap<Span, f64>,
    /// Warnings from lowering the steps, at most one per place.
    warnings: Vec<Diagnostic>,
    /// The bosons whose highest level the steps read.
    watched: Vec<SubsystemId>,
    /// Numbers that are read as columns that are no results of their own.
    hidden: Vec<Hidden>,
    /// The state from which the run starts, if it is not the initial state.
    begun: Option<Begun>,
    /// The systems that start entangled with a reference system.
    entangled: Vec<Entangled>,
    /// The states of `start`.
    beginning: Option<Beginning>,
    /// The id of `gap` in an experiment with `steady`.
    gap: Option<SeriesId>,
    /// The first steps; `None` until they have been lowered.
    settled: Option<Settled>,
}

/// The first steps of a run.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The steps of the first collisions, until the set of live slots repeats.
    pub steps: Vec<Arc<CompiledStep>>,
    /// How many of the last of them repeat from then on; `None` if each collision has a step of its own.
    pub cycle: Option<usize>,
}

/// A lowered step.
#[derive(Debug)]
pub struct CompiledStep {
    /// The collision that runs.
    pub collision: Arc<Collision>,
    /// The records of the step.
    record_plans: Vec<RecordPlan>,
}

impl Deref for CompiledStep {
    type Target = Collision;

    fn deref(&self) -> &Collision {
        &self.collision
    }
}

impl<'p> Model<'p> {
    /// Evaluates the parameters (defaults, then the script's and the experiment's `set`, then `settings`) and the
    /// initial states.
    ///
    /// # Errors
    /// Every mistake in a parameter, dimension or initial state.
    pub fn new(
        program: &'p Program,
        experiment: Option<&'p Experiment>,
        settings: &[Setting],
    ) -> Result<Self, Vec<Diagnostic>> {
        let (params, mut errors) = sizes::values(program, experiment, settings);
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
        let own = experiment.and_then(|x| x.start.as_ref());
        let beginning = beginning(program, own, &Evaluator::new(program, &params, &slots))?;
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
            recurrence: Recurrence::CONSTANT,
            sampling: Sampling::of(experiment),
            gates: GateCache::default(),
            deviation: BTreeMap::new(),
            warnings: Vec::new(),
            watched: Vec::new(),
            hidden: Vec::new(),
            begun: None,
            entangled: Vec::new(),
            beginning,
            gap: experiment.and_then(|x| x.gap(program)),
            settled: None,
        })
    }

    /// The cached gates, to be passed on to the model of another point of the same program.
    pub(crate) fn gates(&mut self) -> &mut GateCache {
        &mut self.gates
    }

    /// The program.
    pub(crate) fn program(&self) -> &'p Program {
        self.program
    }

    /// Warnings from the steps lowered so far.
    pub(crate) fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Removes every series that is not in `needed`: a sweep computes only the series that its analysis uses.
    pub(crate) fn restrict(&mut self, needed: &BTreeSet<SeriesId>) {
        self.settled = None;
        let any = |first: usize, shape: Shape| (first..first + shape.series()).any(|i| needed.contains(&SeriesId(i)));
        self.observables.retain(|(first, o)| any(*first, o.shape));
        let shapes: HashMap<&str, Shape> = self.program.records.iter().map(|(r, s)| (r.key.as_str(), *s)).collect();
        let mut used = BTreeSet::new();
        // A record uses only earlier ones.
        for (record, shape) in self.program.records.iter().rev() {
            let first = self.records.get(record.key.as_str());
            if first.is_some_and(|first| any(*first, *shape)) || used.contains(&record.key) {
                used.extend(self.program.used_records.get(&record.key).into_iter().flatten().cloned());
            }
        }
        self.records.retain(|key, first| any(*first, shapes[key]) || used.contains(*key));
    }

    /// Makes the steps read the population of the highest level of every boson, or not. These numbers follow the records
    /// of a collision, in the order of [`watched`](Self::watched), and belong to no column.
    pub(crate) fn watch_top_levels(&mut self, on: bool) {
        let is_boson = |id: &usize| matches!(self.slots.borrow().kinds[*id], Kind::Boson(_));
        let bosons = (0..self.program.subsystems.len()).filter(|id| on && is_boson(id)).map(SubsystemId).collect();
        if std::mem::replace(&mut self.watched, bosons) != self.watched {
            self.settled = None;
            self.steps.clear();
        }
    }

    /// The bosons whose highest level the steps read.
    pub(crate) fn watched(&self) -> &[SubsystemId] {
        &self.watched
    }

    /// An evaluator at this point.
    pub(crate) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(self.program, &self.params, &self.slots)
    }

    /// The values of the parameters, by id.
    pub(crate) fn values(&self) -> &[Value] {
        &self.params
    }

    /// The names of the parameters and their values as text.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        let text = |v: &Value| match v {
            Value::Number(z) => complex(*z),
            Value::Bool(b) => (*b == Some(true)).to_string(),
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

    /// Whether `n` occurs in the step, so that its collisions differ. Valid after a step has been lowered.
    #[must_use]
    pub fn depends_on_collision(&self) -> bool {
        self.recurrence != Recurrence::CONSTANT
    }

    /// The slots of the systems, which are alive before the first step.
    #[must_use]
    pub fn systems(&self) -> Vec<Slot> {
        let slots = self.slots.borrow();
        (0..slots.layout.slots.len())
            .map(|i| Slot(u32::try_from(i).expect("few slots")))
            .filter(|s| slots.is_system(self.program, *s))
            .collect()
    }

    /// The subsystem of a slot, and its offset in units from the current one.
    pub(crate) fn unit(&self, slot: Slot) -> (SubsystemId, i64) {
        self.slots.borrow().unit_of(slot)
    }

    /// The slot of a system or unit; `offset` is relative to the current unit.
    pub(crate) fn slot(&self, id: SubsystemId, offset: i64) -> Slot {
        self.slots.borrow_mut().slot(self.program, id, offset)
    }

    /// Dimension and label of every slot mentioned so far.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.slots.borrow().layout.clone()
    }

    /// The operations that attach the systems in their initial states.
    pub fn initial(&mut self) -> Vec<Op> {
        if let Some(begun) = &self.begun {
            return vec![begun.op.clone()];
        }
        let mut ops = Vec::new();
        let mut states = self.states.iter();
        for d in &self.program.declarations {
            let groups: Vec<Vec<SubsystemId>> =
                if d.joint { vec![d.members.clone()] } else { d.members.iter().map(|m| vec![*m]).collect() };
            for group in groups {
                let state = states.next().expect("one state per group").clone();
                if d.role == Role::System {
                    let Some((group, state)) = self.in_declared_state(&group, &state) else { continue };
                    let slots = group.iter().map(|id| self.slots.borrow_mut().slot(self.program, *id, 0)).collect();
                    self.origins.push(d.span);
                    let origin = Origin(u32::try_from(self.origins.len() - 1).expect("few declarations"));
                    ops.push(Op { origin, kind: OpKind::Attach { slots, state } });
                }
            }
        }
        self.attach_beginning(&mut ops);
        self.attach_entangled(&mut ops);
        ops
    }

    /// The observables in the initial state.
    ///
    /// # Errors
    /// Every mistake in the observables.
    pub fn initial_observables(&self) -> Result<Vec<Scalar>, Vec<Diagnostic>> {
        self.observe(&self.alive_at_start())
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
        out.extend(self.hidden.iter().map(|h| h.scalar.clone()));
        if errors.is_empty() { Ok(out) } else { Err(errors) }
    }

    /// The step of collision n, counted from the start of the run, for the slots alive at its beginning.
    ///
    /// # Errors
    /// Every mistake in the values and slots that the step uses.
    pub fn step(&mut self, n: u64, entry: &[Slot]) -> Result<Arc<CompiledStep>, Vec<Diagnostic>> {
        let n = n + self.collisions_before();
        if self.recurrence != Recurrence::Never
            && let Some(step) = self.steps.get(entry).and_then(|steps| steps.get(&self.recurrence.phase(n)))
        {
            return Ok(step.clone());
        }
        let before = self.recurrence;
        let compiled = Arc::new(self.lower(n, entry)?);
        if self.recurrence != before {
            self.steps.clear(); // their places are those of a shorter period
        }
        if self.recurrence != Recurrence::Never {
            self.steps.entry(entry.to_vec()).or_default().insert(self.recurrence.phase(n), compiled.clone());
        }
        Ok(compiled)
    }

    fn lower(&mut self, n: u64, entry: &[Slot]) -> Result<CompiledStep, Vec<Diagnostic>> {
        let Some(body) = &self.program.step else { return Err(vec![no_step(None)]) };
        let mut origins = std::mem::take(&mut self.origins);
        let mut ev = Evaluator::new(self.program, &self.params, &self.slots);
        ev.collision = Some(n);
        ev.stream.replace(self.sampling.stream(n));
        let mut lowered = StepLowering::new(&ev, &mut self.gates, &self.states, &self.records, &mut origins, entry)
            .run(&body.body, &self.watched);
        let (recurrence, saw_random) = (ev.recurrence.get(), ev.saw_random.get());
        for warning in ev.warnings.take() {
            if !self.warnings.iter().any(|known| known.labels.first() == warning.labels.first()) {
                self.warnings.push(warning);
            }
        }
        self.origins = origins;
        self.recurrence = self.recurrence.and(if saw_random { Recurrence::Never } else { recurrence });
        self.sampling.saw_random |= saw_random;
        for (span, by) in &lowered.deviation {
            let known = self.deviation.entry(*span).or_default();
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
        let ops = self.sampling.optimise(&written, &layout);
        let step = Step { ops, ..written.clone() };
        let records = lowered.records.iter().map(|r| r.columns.len()).sum::<usize>() + self.watched.len();
        let collision = Arc::new(Collision { written, step, layout, observables, records, next });
        Ok(CompiledStep { collision, record_plans: lowered.records })
    }

    /// Warnings about gates and channels whose deviation U†U − 1 or Σ K†K − 1, as written, adds up to more than 1e-9 in
    /// a run of `collisions` collisions, each with its total deviation.
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    pub(crate) fn inexact(&self, collisions: u64) -> impl Iterator<Item = (Diagnostic, f64)> {
        let total = move |by: f64| by * collisions as f64;
        let far = self.deviation.iter().filter(move |(_, by)| **by > ROUNDING && total(**by) > MAX_TOTAL_DEVIATION);
        far.map(move |(span, by)| {
            let d = Diagnostic::new(
                Code::InexactGate,
                format!(
                    "as written, this operation changes the trace by {by:.1e}, or by {:.1e} in {collisions} \
                     collisions",
                    total(*by)
                ),
                *span,
                "the nearest operation that preserves the trace is applied",
            );
            let help = "write its numbers as formulas, such as `sqrt(1 - p)*A` and `sqrt(p)*B`, or with all 16 digits";
            (d.help(help), total(*by))
        })
    }

    /// Advances the streams by one unit. Units older than those kept are traced out.
    fn advance(&mut self, lowered: &mut step::Lowered, keyword: Span) -> Vec<(Slot, Slot)> {
        let mut advance = Vec::new();
        for slot in lowered.alive.clone() {
            let (id, offset) = self.slots.borrow().unit_of(slot);
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
            "used here but never discarded",
        )
        .help(format!(
            "write `discard {name}` at the end of the step, or keep the last few units: `environment {name} = … keep 8`"
        ))
    }

    /// Lowers steps until the set of live slots repeats at the same place of the period, and checks that the subsystems
    /// of every observable are alive after some step.
    ///
    /// # Errors
    /// Every mistake in the steps and observables.
    pub fn settle(&mut self) -> Result<Settled, Vec<Diagnostic>> {
        if let Some(settled) = &self.settled {
            return Ok(settled.clone());
        }
        let mut entries = vec![self.alive_at_start()];
        let mut steps: Vec<Arc<CompiledStep>> = Vec::new();
        let mut cycle = None;
        while cycle.is_none() && steps.len() < MAX_SETTLING {
            let (n, entry) = (steps.len() as u64 + 1, entries.last().expect("there is a first one"));
            let step = self.step(n, entry)?;
            let next = step.next.clone();
            steps.push(step);
            cycle = self.repeats(&entries, &next);
            entries.push(next);
        }
        self.check_observed(&steps)?;
        // Without a period, a step for each set of live slots is shown and checked.
        let cycle = cycle.filter(|_| self.recurrence != Recurrence::Never);
        let settled = Settled { steps, cycle };
        self.settled = Some(settled.clone());
        Ok(settled)
    }

    /// After how many collisions live slots occur again at the same place of the period; `None` if they have not yet. The
    /// entries are the live slots before each of the collisions so far.
    fn repeats(&self, entries: &[Vec<Slot>], next: &[Slot]) -> Option<usize> {
        let same_place = |ago: usize| match self.recurrence {
            Recurrence::Every(period) => (ago as u64).is_multiple_of(period),
            Recurrence::Never => true,
        };
        (1..=entries.len()).find(|ago| entries[entries.len() - ago] == next && same_place(*ago))
    }

    /// Reports every observable that would never have a value. Without this, it would be a column of missing values.
    fn check_observed(&self, steps: &[Arc<CompiledStep>]) -> Result<(), Vec<Diagnostic>> {
        let ever: BTreeSet<Slot> = steps.iter().flat_map(|s| &s.next).copied().chain(self.alive_at_start()).collect();
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
                            "`{label}` is not alive at the end of any step, so `{}` would never have a value",
                            o.name.text
                        ),
                        o.value.span,
                        "observed after the step",
                    )
                    .help(format!("write `record {} = …` inside the step, before `discard {label}`", o.name.text)),
                );
            }
        }
        errors.extend(self.never_alive(&ever));
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The columns of a run in the order of their values: observables, then records.
    ///
    /// # Errors
    /// As [`Model::settle`].
    pub fn columns(&mut self) -> Result<Vec<Column>, Vec<Diagnostic>> {
        let first_step = self.settle()?.steps.into_iter().next();
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
        columns.extend(self.hidden.iter().map(|h| h.column.clone()));
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
        columns.extend(self.gap.map(Column::gap));
        Ok(columns)
    }
}

/// The error for a protocol without a step, at the `run` that needs one.
pub(crate) fn no_step(run: Option<Span>) -> Diagnostic {
    let message = "this protocol has no step, so there is nothing to run";
    let d = match run {
        Some(span) => Diagnostic::new(Code::NoStep, message, span, "this needs a `step`"),
        None => Diagnostic::nowhere(Code::NoStep, message),
    };
    d.help("add a step that describes one collision: `step { evolve H(s, e) for 0.1; discard e }`")
}
