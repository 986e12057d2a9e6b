//! Reduced states that are read entry by entry, and systems that start entangled with reference systems.
//!
//! A comparison of two runs, and the Choi matrix of a map, are computed after the runs from the entries of reduced
//! states. Each entry is a linear functional of the state, so every engine can compute it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Column, ColumnKind, Model};
use crate::ast::Role;
use crate::check::{Expr, SubsystemId};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Leg, Scope, Site, Value, expectation, scale};
use crate::ir::{Measure, Op, OpKind, Origin, Scalar, Slot};
use crate::quantum::{C64, CMat, NumberRow, StateFunction, kron, max_abs, partial_trace, permute};
use crate::source::Span;

/// The largest dimension of a state that is read entry by entry: 512 numbers in each collision.
const MAX_DIM: usize = 16;

/// A joint initial state counts as a product if it deviates from the product of its marginals by at most this.
const PRODUCT: f64 = 1e-12;

/// A reduced state that is read entry by entry.
#[derive(Debug, Clone)]
pub(crate) struct StateReadout {
    slots: Vec<Slot>,
    dims: Vec<usize>,
}

/// A number that is read as a column that is no result of its own.
#[derive(Debug, Clone)]
pub(super) struct Hidden {
    pub(super) column: Column,
    pub(super) scalar: Scalar,
}

/// A state from which a run starts.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    /// The number of collisions before this state.
    collisions: u64,
    /// The live slots, in increasing order.
    alive: Vec<Slot>,
    /// The operation that attaches the state.
    pub(super) op: Op,
}

/// A system with its reference system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entangled {
    id: SubsystemId,
    slot: Slot,
    reference: Slot,
    dim: usize,
}

impl StateReadout {
    /// The dimension of the state.
    pub(crate) fn dim(&self) -> usize {
        self.dims.iter().product()
    }

    /// The matrix with these entries: the real and the imaginary part of each, row by row.
    pub(crate) fn matrix(&self, entries: &[f64]) -> CMat {
        let dim = self.dim();
        CMat::from_fn(dim, dim, |row, col| {
            let at = 2 * (row * dim + col);
            C64::new(entries[at], entries[at + 1])
        })
    }
}

impl Model<'_> {
    /// Reads the reduced state of these subsystems in every collision.
    ///
    /// # Errors
    /// A subsystem that does not exist or is named twice, or a state that is too large.
    pub(crate) fn read_state(&mut self, subsystems: &[Expr], span: Span) -> Result<StateReadout, Vec<Diagnostic>> {
        let sites = self.evaluator().sites(subsystems, Scope::locals(&[])).map_err(|d| vec![*d])?;
        self.add_readout(&sites, span)
    }

    fn add_readout(&mut self, sites: &[Site], span: Span) -> Result<StateReadout, Vec<Diagnostic>> {
        let slots = sites.iter().filter_map(|s| if let Leg::Slot(slot) = s.leg { Some(slot) } else { None }).collect();
        let readout = StateReadout { slots, dims: sites.iter().map(|s| s.dim).collect() };
        if readout.dims.iter().map(|d| *d as u128).product::<u128>() > MAX_DIM as u128 {
            return Err(vec![too_large(readout.dims.iter().map(|d| *d as u128).product(), span)]);
        }
        for function in StateFunction::entries(&readout.dims) {
            let name = function.suffix.clone();
            self.hide(name, Scalar::Measure(Measure::Reduced { slots: readout.slots.clone(), function }), span);
        }
        Ok(readout)
    }

    /// Reads the real and the imaginary part of Tr ρA in every collision.
    ///
    /// # Errors
    /// An operator that cannot be computed, or does not name its subsystems.
    pub(crate) fn read_operator(&mut self, operator: &Expr) -> Result<(), Vec<Diagnostic>> {
        let read = expectation(&self.evaluator(), operator, Scope::locals(&[]));
        let Value::Scalar(mean) = read.map_err(|d| vec![*d])? else { unreachable!("an expectation value") };
        for name in ["re", "im"] {
            let function = NumberRow::find(name).expect("a row of the table").function;
            self.hide(name.into(), Scalar::Apply { name, function, args: vec![mean.clone()] }, operator.span);
        }
        Ok(())
    }

    fn hide(&mut self, name: String, scalar: Scalar, span: Span) {
        self.settled = None;
        self.steps.clear();
        let column = Column {
            name,
            kind: ColumnKind::Observed,
            id: None,
            scale: scale(&scalar),
            place: Some(span),
            hidden: true,
        };
        self.hidden.push(Hidden { column, scalar });
    }

    /// The errors for subsystems of hidden numbers that are not alive after any step, one for each place.
    pub(super) fn never_alive(&self, ever: &BTreeSet<Slot>) -> Vec<Diagnostic> {
        let ev = self.evaluator();
        let mut errors: Vec<Diagnostic> = Vec::new();
        for Hidden { column, scalar } in &self.hidden {
            let Some(slot) = scalar.mentioned().into_iter().find(|slot| !ever.contains(slot)) else { continue };
            let span = column.place.expect("set by `hide`");
            if errors.iter().any(|d| d.labels.first().is_some_and(|(known, _)| *known == span)) {
                continue;
            }
            let label = ev.leg_label(Leg::Slot(slot));
            let message = format!("`{label}` is not alive at the end of any step, so it cannot be read there");
            let d = Diagnostic::new(Code::NeverObserved, message, span, "observed after the step");
            errors.push(d.help(format!(
                "name subsystems that stay alive, or keep past units, `environment {0} = … keep 1`, and name `{0}[-1]`",
                label.trim_end_matches('\'')
            )));
        }
        errors
    }

    /// Starts the run from this operator, which may be any Hermitian matrix, in place of the initial state. The step
    /// must be linear.
    pub(crate) fn begin_at(&mut self, collisions: u64, slots: Vec<Slot>, matrix: CMat) {
        let mut alive = slots.clone();
        alive.sort_unstable();
        // The origin is never used, because attaching cannot fail.
        let op = Op { origin: Origin(0), kind: OpKind::Attach { slots, state: Arc::new(matrix) } };
        self.settled = None;
        self.steps.clear();
        self.begun = Some(Begun { collisions, alive, op });
    }

    /// The number of collisions before the start of the run.
    pub(crate) fn collisions_before(&self) -> u64 {
        self.begun.as_ref().map_or(0, |begun| begun.collisions)
    }

    /// The slots that are alive at the start of the run.
    pub(crate) fn alive_at_start(&self) -> Vec<Slot> {
        match &self.begun {
            Some(begun) => begun.alive.clone(),
            None => self.systems().into_iter().chain(self.first_units()).collect::<BTreeSet<_>>().into_iter().collect(),
        }
    }

    /// Starts each of these systems maximally entangled with a reference system of its own, and reads their joint state
    /// ρ = J/d, where J is the Choi matrix of the map of the systems. The references are the more significant indices.
    ///
    /// # Errors
    /// A subsystem that is not a system or starts correlated, or a map that is too large.
    pub(crate) fn entangle(&mut self, systems: &[Expr], span: Span) -> Result<StateReadout, Vec<Diagnostic>> {
        let sites = self.evaluator().sites(systems, Scope::locals(&[])).map_err(|d| vec![*d])?;
        for site in &sites {
            let Leg::Slot(slot) = site.leg else { unreachable!("a named subsystem is a slot") };
            let (id, _) = self.unit(slot);
            if self.program.subsystems[id.0].role != Role::System {
                return Err(vec![of_unit(&self.evaluator().leg_label(site.leg), span)]);
            }
            let reference = self.slots.borrow_mut().reference(self.program, id);
            self.entangled.push(Entangled { id, slot, reference, dim: site.dim });
        }
        self.check_uncorrelated(span)?;
        let systems: Vec<Slot> = self.entangled.iter().map(|e| e.slot).collect();
        self.check_beginning(&systems, span)?;
        let references = self.entangled.iter().map(|e| Site { leg: Leg::Slot(e.reference), dim: e.dim });
        let all: Vec<Site> = references.chain(sites).collect();
        self.add_readout(&all, span)
    }

    /// Whether a system starts entangled with a reference system.
    fn is_entangled(&self, id: SubsystemId) -> bool {
        self.entangled.iter().any(|e| e.id == id)
    }

    fn check_uncorrelated(&self, span: Span) -> Result<(), Vec<Diagnostic>> {
        let mut states = self.states.iter();
        for d in &self.program.declarations {
            if !d.joint {
                states.by_ref().take(d.members.len()).for_each(drop);
                continue;
            }
            let state = states.next().expect("one state for a joint declaration");
            let (inside, outside): (Vec<usize>, Vec<usize>) =
                (0..d.members.len()).partition(|i| self.is_entangled(d.members[*i]));
            if inside.is_empty() || outside.is_empty() {
                continue;
            }
            let dims: Vec<usize> = d.members.iter().map(|m| self.slots.borrow().kinds[m.0].dim()).collect();
            let order: Vec<usize> = inside.iter().chain(&outside).copied().collect();
            let product = kron(&partial_trace(state, &dims, &inside), &partial_trace(state, &dims, &outside));
            let by = max_abs(&(permute(state, &dims, &order) - product));
            if by > PRODUCT {
                let message = format!(
                    "the map of a system needs one that starts uncorrelated, but the joint initial state of {} deviates from a product by {by:.1e}",
                    d.names.join(", ")
                );
                let d = Diagnostic::new(Code::CorrelatedStart, message, span, "starts correlated");
                let all: Vec<&str> = self.program.subsystems.iter().map(|s| s.name.text.as_str()).collect();
                return Err(vec![d.help(format!(
                    "describe the map of all subsystems of that state together, or declare a product state; systems: {}",
                    all.join(", ")
                ))]);
            }
        }
        Ok(())
    }

    /// The members of a group that start in the declared state, with that state; `None` if all start in a state of
    /// `start` or entangled with reference systems.
    pub(super) fn in_declared_state(
        &self,
        group: &[SubsystemId],
        state: &Arc<CMat>,
    ) -> Option<(Vec<SubsystemId>, Arc<CMat>)> {
        let elsewhere = |id: SubsystemId| self.is_entangled(id) || self.starts_elsewhere(id);
        let keep: Vec<usize> = (0..group.len()).filter(|i| !elsewhere(group[*i])).collect();
        if keep.len() == group.len() {
            return Some((group.to_vec(), Arc::clone(state)));
        }
        let dims: Vec<usize> = group.iter().map(|m| self.slots.borrow().kinds[m.0].dim()).collect();
        let rest = keep.iter().map(|i| group[*i]).collect();
        (!keep.is_empty()).then(|| (rest, Arc::new(partial_trace(state, &dims, &keep))))
    }

    /// Attaches each system of a map in the state |Φ⟩ = Σ_k |kk⟩/√d with its reference system.
    pub(super) fn attach_entangled(&mut self, ops: &mut Vec<Op>) {
        for Entangled { id, slot, reference, dim } in self.entangled.clone() {
            let weight = C64::from(1.0 / dim as f64);
            let diagonal = |i: usize| i.is_multiple_of(dim + 1);
            let state =
                CMat::from_fn(
                    dim * dim,
                    dim * dim,
                    |row, col| {
                        if diagonal(row) && diagonal(col) { weight } else { C64::ZERO }
                    },
                );
            self.origins.push(self.program.declarations[self.program.subsystems[id.0].declaration].span);
            let origin = Origin(u32::try_from(self.origins.len() - 1).expect("few declarations"));
            ops.push(Op { origin, kind: OpKind::Attach { slots: vec![reference, slot], state: Arc::new(state) } });
        }
    }
}

fn of_unit(label: &str, span: Span) -> Diagnostic {
    let message = format!("`{label}` is a unit of an environment, so there is no map from its state at n = 0");
    Diagnostic::new(Code::MapOfUnit, message, span, "not a system")
        .help("write a system: `choi(s)`; the state of a unit is `state(e)`")
}

fn too_large(dim: u128, span: Span) -> Diagnostic {
    let message = format!("this reads all entries of a state of dimension {dim}; the limit is {MAX_DIM}");
    Diagnostic::new(Code::StateTooLarge, message, span, "too large to be read out").help(
        "name fewer subsystems, or ones with fewer levels; the Choi matrix of a system of dimension d has dimension d²",
    )
}
