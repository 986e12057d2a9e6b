//! Operations and numbers on other slots.

use super::{Event, Measure, Op, OpKind, Scalar, Slot, Weight};

/// New names for slots, and for the records of a step.
pub(super) struct Renaming<F> {
    /// The new name of a slot.
    pub(super) slot: F,
    /// What is added to the index of every record.
    pub(super) records: usize,
}

impl<F: FnMut(Slot) -> Slot> Renaming<F> {
    fn slots(&mut self, slots: &[Slot]) -> Vec<Slot> {
        slots.iter().map(|slot| (self.slot)(*slot)).collect()
    }

    fn event(&mut self, event: &Event) -> Event {
        Event { registers: self.slots(&event.registers), occurs: event.occurs.clone() }
    }

    fn ops(&mut self, ops: &[Op]) -> Vec<Op> {
        ops.iter().map(|op| self.op(op)).collect()
    }

    /// The operation on the new slots.
    pub(super) fn op(&mut self, op: &Op) -> Op {
        let kind = match &op.kind {
            OpKind::Attach { slots, state } => OpKind::Attach { slots: self.slots(slots), state: state.clone() },
            OpKind::Unitary { targets, matrix } => {
                OpKind::Unitary { targets: self.slots(targets), matrix: matrix.clone() }
            }
            OpKind::Channel { targets, kraus } => {
                OpKind::Channel { targets: self.slots(targets), kraus: kraus.clone() }
            }
            OpKind::Discard { slots } => OpKind::Discard { slots: self.slots(slots) },
            OpKind::Uncorrelate { groups } => {
                OpKind::Uncorrelate { groups: groups.iter().map(|group| self.slots(group)).collect() }
            }
            OpKind::Record { index, label, value } => {
                OpKind::Record { index: index + self.records, label: label.clone(), value: self.scalar(value) }
            }
            OpKind::Measure { targets, register, instrument } => OpKind::Measure {
                targets: self.slots(targets),
                register: (self.slot)(*register),
                instrument: instrument.clone(),
            },
            OpKind::Postselect { event, success } => {
                OpKind::Postselect { event: self.event(event), success: success.map(|index| index + self.records) }
            }
            OpKind::Mix { weight, then, otherwise } => {
                let weight = match weight {
                    Weight::Probability(p) => Weight::Probability(*p),
                    Weight::Event(event) => Weight::Event(self.event(event)),
                };
                OpKind::Mix { weight, then: self.ops(then), otherwise: self.ops(otherwise) }
            }
            OpKind::Repeat { count, body } => OpKind::Repeat { count: *count, body: self.ops(body) },
        };
        Op { origin: op.origin, kind }
    }

    /// The number computed from the new slots.
    pub(super) fn scalar(&mut self, scalar: &Scalar) -> Scalar {
        match scalar {
            Scalar::Constant(z) => Scalar::Constant(*z),
            Scalar::Measure(Measure::Expectation { terms, label }) => {
                let terms = terms.iter().map(|(slots, a)| (self.slots(slots), a.clone())).collect();
                Scalar::Measure(Measure::Expectation { terms, label: label.clone() })
            }
            Scalar::Measure(Measure::Reduced { slots, function }) => {
                Scalar::Measure(Measure::Reduced { slots: self.slots(slots), function: function.clone() })
            }
            Scalar::Recorded { index, label, scale } => {
                Scalar::Recorded { index: index + self.records, label: label.clone(), scale: *scale }
            }
            Scalar::Apply { name, function, args } => {
                let args = args.iter().map(|arg| self.scalar(arg)).collect();
                Scalar::Apply { name, function: *function, args }
            }
        }
    }
}
