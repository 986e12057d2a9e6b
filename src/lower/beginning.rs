//! `start`: the state of systems and first units of streams before the first collision.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Model;
use crate::check::{Program, Start, SubsystemId};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Eval, Evaluator, Leg, Scope, Site, Units, fail, kind_of};
use crate::ir::{Op, OpKind, Origin, Slot};
use crate::quantum::CMat;
use crate::source::Span;

/// The states of a `start`.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    span: Span,
    /// Subsystems with a joint state each; the first slot is its most significant index.
    groups: Vec<(Vec<Slot>, Arc<CMat>)>,
}

impl Beginning {
    /// Evaluates a `start`.
    ///
    /// # Errors
    /// A subsystem that is named twice, a past unit, or a state that does not fit.
    pub(super) fn new(ev: &Evaluator<'_>, start: &Start) -> Eval<Self> {
        let sites = ev.sites(&start.targets, Scope::locals(&[]))?;
        for (site, target) in sites.iter().zip(&start.targets) {
            not_past(ev, *site, target.span)?;
        }
        let kinds: Vec<_> = sites.iter().map(|site| kind_of(ev, *site)).collect();
        let size = if start.joint { sites.len() } else { 1 };
        let mut groups = Vec::new();
        for (sites, kinds) in sites.chunks(size).zip(kinds.chunks(size)) {
            let state = ev.state(&start.state, &[], sites, kinds)?;
            groups.push((sites.iter().map(|site| slot(*site)).collect(), Arc::new(state)));
        }
        Ok(Self { span: start.span, groups })
    }

    /// The slots that start in its states.
    fn slots(&self) -> impl Iterator<Item = Slot> {
        self.groups.iter().flat_map(|(slots, _)| slots.iter().copied())
    }
}

fn slot(site: Site) -> Slot {
    match site.leg {
        Leg::Slot(slot) => slot,
        Leg::Local(_) => unreachable!("a named subsystem is a slot"),
    }
}

/// An error for a past unit: before the first collision no unit has passed.
fn not_past(ev: &Evaluator<'_>, site: Site, span: Span) -> Eval<()> {
    let (id, offset) = ev.slots.borrow().unit_of(slot(site));
    if offset >= 0 {
        return Ok(());
    }
    let name = &ev.program.subsystems[id.0].name.text;
    fail(
        Code::StartOfPastUnit,
        span,
        format!("`{}` is a past unit, but before the first collision no unit has passed", ev.leg_label(site.leg)),
        "a past unit",
        format!("name the first unit, `{name}`, or the second, `{name}'`"),
    )
}

/// The states of the `start` of an experiment, or of the program if it has none.
///
/// # Errors
/// Those of [`Beginning::new`].
pub(super) fn beginning(
    program: &Program,
    own: Option<&Start>,
    ev: &Evaluator<'_>,
) -> Result<Option<Beginning>, Vec<Diagnostic>> {
    own.or(program.start.as_ref()).map(|start| Beginning::new(ev, start)).transpose().map_err(|d| vec![*d])
}

impl Model<'_> {
    /// Whether a system starts in a state of `start` instead of its declared one.
    pub(super) fn starts_elsewhere(&self, id: SubsystemId) -> bool {
        let slots: &RefCell<Units> = &self.slots;
        let is_it = |slot: Slot| slots.borrow().unit_of(slot) == (id, 0);
        self.beginning.iter().flat_map(Beginning::slots).any(is_it)
    }

    /// The units of streams that are alive before the first collision.
    pub(super) fn first_units(&self) -> BTreeSet<Slot> {
        let is_unit = |slot: &Slot| !self.slots.borrow().is_system(self.program, *slot);
        self.beginning.iter().flat_map(Beginning::slots).filter(is_unit).collect()
    }

    /// Attaches the states of `start`.
    pub(super) fn attach_beginning(&mut self, ops: &mut Vec<Op>) {
        let Some(Beginning { span, groups }) = self.beginning.clone() else { return };
        self.origins.push(span);
        let origin = Origin(u32::try_from(self.origins.len() - 1).expect("few statements"));
        ops.extend(groups.into_iter().map(|(slots, state)| Op { origin, kind: OpKind::Attach { slots, state } }));
    }

    /// An error if a system of a map starts in a joint state with others.
    pub(super) fn check_beginning(&self, systems: &[Slot], span: Span) -> Result<(), Vec<Diagnostic>> {
        let groups = self.beginning.iter().flat_map(|beginning| &beginning.groups);
        let correlated = groups.map(|(slots, _)| slots).find(|slots| slots.iter().any(|slot| systems.contains(slot)));
        if correlated.is_none() {
            return Ok(());
        }
        let message = "the map of a system needs one that starts in its declared state, but `start` gives it another";
        let place = self.beginning.as_ref().expect("just found").span;
        let d = Diagnostic::new(Code::CorrelatedStart, message, span, "starts correlated").label(place, "started here");
        Err(vec![d.help("observe the map in an experiment whose `start` does not name the system")])
    }
}
