//! Assigns each system and unit a slot of the gate sequence.
//!
//! Systems get the first slots, in order of declaration. A unit of a stream gets a slot when it is first mentioned, and
//! so does the register that holds the outcome of a measurement.

use std::collections::HashMap;

use super::{Eval, Evaluator, Scope, fail};
use crate::ast::Role;
use crate::check::{KindExpr, Program, SubsystemId};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Layout, Slot, SlotInfo};
use crate::quantum::Kind;
use crate::source::Span;

/// The largest dimension of one subsystem.
const MAX_LEVELS: u64 = 1024;

/// The offset that stands for the reference system of a system; no unit is that far away.
const REFERENCE: i64 = i64::MAX;

/// The slots of one program at one parameter point.
#[derive(Debug, Default)]
pub(crate) struct Units {
    pub(crate) layout: Layout,
    /// The kind of each subsystem, in order of declaration.
    pub(crate) kinds: Vec<Kind>,
    /// The number of past units that each stream keeps; 0 for a system.
    pub(crate) keep: Vec<i64>,
    of: HashMap<(SubsystemId, i64), Slot>,
    /// The subsystem and offset of each slot; `None` for the register of an outcome.
    by_slot: Vec<Option<(SubsystemId, i64)>>,
    /// The registers, by the name of the outcome and the number of its values.
    registers: HashMap<(String, usize), Slot>,
    /// The subsystems and units whose slots were requested since this list was last cleared.
    pub(crate) mentioned: Vec<(SubsystemId, i64)>,
}

impl Units {
    /// Evaluates the kinds and kept units of all subsystems and assigns the slots of the systems.
    pub(crate) fn declare(ev: &Evaluator<'_>, errors: &mut Vec<Diagnostic>) -> Self {
        let mut slots = Self::default();
        for s in &ev.program.subsystems {
            let kind = kind(ev, &s.kind).unwrap_or_else(|d| {
                errors.push(*d);
                Kind::Qubit
            });
            let keep =
                s.keep.as_ref().map_or(Ok(0), |k| ev.count(k, Scope::locals(&[]), "the number of kept units", 0..=64));
            slots.kinds.push(kind);
            slots.keep.push(keep.map_or_else(
                |d| {
                    errors.push(*d);
                    0
                },
                |k| i64::try_from(k).expect("at most 64"),
            ));
        }
        for (i, s) in ev.program.subsystems.iter().enumerate() {
            if s.role == Role::System {
                slots.slot(ev.program, SubsystemId(i), 0);
            }
        }
        slots
    }

    /// The slot of a subsystem or unit.
    pub(crate) fn slot(&mut self, program: &Program, id: SubsystemId, offset: i64) -> Slot {
        self.mentioned.push((id, offset));
        if let Some(slot) = self.of.get(&(id, offset)) {
            return *slot;
        }
        let label = unit_label(&program.subsystems[id.0].name.text, offset);
        let slot = self.add(self.kinds[id.0].dim(), label, Some((id, offset)));
        self.of.insert((id, offset), slot);
        slot
    }

    /// The slot of the register that holds an outcome with this many values.
    pub(crate) fn register(&mut self, name: &str, outcomes: usize) -> Slot {
        let key = (name.to_string(), outcomes);
        if let Some(slot) = self.registers.get(&key) {
            return *slot;
        }
        let slot = self.add(outcomes, name.to_string(), None);
        self.registers.insert(key, slot);
        slot
    }

    fn add(&mut self, dim: usize, label: String, unit: Option<(SubsystemId, i64)>) -> Slot {
        let slot = Slot(u32::try_from(self.by_slot.len()).expect("fewer than 2^32 slots"));
        self.layout.slots.push(SlotInfo { dim, label });
        self.by_slot.push(unit);
        slot
    }

    /// The slot of the reference system of a system; it is alive like the system itself.
    pub(crate) fn reference(&mut self, program: &Program, id: SubsystemId) -> Slot {
        let slot = self.slot(program, id, REFERENCE);
        self.layout.slots[slot.0 as usize].label = format!("reference of {}", program.subsystems[id.0].name.text);
        slot
    }

    /// Whether any system has a reference system.
    pub(crate) fn has_references(&self) -> bool {
        self.by_slot.iter().flatten().any(|(_, offset)| *offset == REFERENCE)
    }

    /// The label, as in a script, of the unit after the one in `slot`.
    pub(crate) fn next_label(&self, program: &Program, slot: Slot) -> String {
        let (id, offset) = self.unit_of(slot);
        unit_label(&program.subsystems[id.0].name.text, offset + 1)
    }

    /// The subsystem of a slot and the offset of its unit. The slot is not a register.
    pub(crate) fn unit_of(&self, slot: Slot) -> (SubsystemId, i64) {
        self.by_slot[slot.0 as usize].expect("a register has no unit")
    }

    /// Whether a slot is a system rather than a unit or the register of an outcome.
    pub(crate) fn is_system(&self, program: &Program, slot: Slot) -> bool {
        self.by_slot[slot.0 as usize].is_some_and(|(id, _)| program.subsystems[id.0].role == Role::System)
    }

    /// Reports an error for a unit of a system, or for a past unit that the stream does not keep.
    pub(crate) fn check_offset(&self, program: &Program, id: SubsystemId, offset: i64, span: Span) -> Eval<i64> {
        let s = &program.subsystems[id.0];
        let name = &s.name.text;
        if s.role == Role::System && offset != 0 {
            return fail(
                Code::NotAStream,
                span,
                format!("`{name}` is a system, so it has no other units"),
                "not a stream of units",
                format!("only an `environment` has units e, e', e[k]; here write `{name}` alone"),
            );
        }
        if offset.abs() > 64 {
            return fail(
                Code::BadUnitIndex,
                span,
                format!("unit {offset} of `{name}` is too far away"),
                "at most 64 units away",
                format!(
                    "write `{name}'` for the next unit, `{name}''` for the one after it, and `{name}[k]` for the unit k ahead"
                ),
            );
        }
        // Kept units are those used before the current step: e[-1] is the unit of the previous collision.
        let keep = self.keep.get(id.0).copied().unwrap_or(0);
        if offset < -keep {
            return fail(
                Code::NotKept,
                span,
                match keep {
                    0 => format!("`{name}[{offset}]` is gone: `{name}` keeps no past units"),
                    1 => format!("`{name}[{offset}]` is gone: `{name}` keeps one past unit"),
                    _ => format!("`{name}[{offset}]` is gone: `{name}` keeps {keep} past units"),
                },
                "traced out",
                format!("declare `environment {name} = … keep {}`", -offset),
            );
        }
        Ok(offset)
    }
}

/// `e`, `e'`, `e[-1]`
fn unit_label(name: &str, offset: i64) -> String {
    match offset {
        0 => name.to_string(),
        1..=3 => format!("{name}{}", "'".repeat(offset.unsigned_abs().try_into().expect("at most 3"))),
        k => format!("{name}[{k}]"),
    }
}

fn kind(ev: &Evaluator<'_>, kind: &KindExpr) -> Eval<Kind> {
    let scope = Scope::locals(&[]);
    let size = |n: u64| usize::try_from(n).expect("at most 1024");
    Ok(match kind {
        KindExpr::Qubit => Kind::Qubit,
        KindExpr::Qudit(d) => Kind::Qudit(size(ev.count(d, scope, "the dimension of a qudit", 2..=MAX_LEVELS)?)),
        KindExpr::Boson(d) => {
            Kind::Boson(size(ev.count(d, scope, "the number of levels of a boson", 2..=MAX_LEVELS)?))
        }
        KindExpr::Spin(j) => {
            let twice = 2.0 * ev.real(j, scope, "a spin")?;
            if (twice - twice.round()).abs() > 1e-9 || !(1.0..1023.5).contains(&twice) {
                return fail(
                    Code::BadKind,
                    j.span,
                    format!("a spin must be one of 1/2, 1, 3/2, … up to 511, but this is {}", twice / 2.0),
                    "not a spin",
                    "write `spin(1/2)`, `spin(1)`, …",
                );
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1023")]
            Kind::Spin { twice_j: twice.round() as usize }
        }
    })
}
