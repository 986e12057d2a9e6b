//! The slots that an operation mentions, and those alive after it.

use std::collections::BTreeSet;

use super::{Measure, Op, OpKind, Scalar, Slot, Weight};

impl OpKind {
    /// Whether it takes one of two branches with a probability.
    #[must_use]
    pub fn is_mixture(&self) -> bool {
        matches!(self, Self::Mix { weight: Weight::Probability(_), .. })
    }
}

impl Op {
    /// Every slot that the operation, or one nested in it, mentions. Operations on disjoint sets of slots commute. (An
    /// `Uncorrelate` acts on the whole state, and mentions every live slot.)
    #[must_use]
    pub fn mentioned(&self) -> BTreeSet<Slot> {
        let mut set = BTreeSet::new();
        self.collect(&mut set);
        set
    }

    /// Whether [`mentioned`](Self::mentioned) contains the slot.
    #[must_use]
    pub fn mentions(&self, slot: Slot) -> bool {
        self.mentioned().contains(&slot)
    }

    /// Whether this operation, or one nested in it, is of a kind.
    #[must_use]
    pub fn contains(&self, wanted: fn(&OpKind) -> bool) -> bool {
        let inside = |ops: &[Self]| ops.iter().any(|op| op.contains(wanted));
        wanted(&self.kind)
            || match &self.kind {
                OpKind::Mix { then, otherwise, .. } => inside(then) || inside(otherwise),
                OpKind::Repeat { body, .. } => inside(body),
                _ => false,
            }
    }

    /// Whether trajectories take different branches of the operation, or of one nested in it.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.contains(|kind| kind.is_mixture() || matches!(kind, OpKind::Measure { .. }))
    }

    /// Updates a set of live slots from before the operation to after it.
    pub fn update_alive(&self, alive: &mut BTreeSet<Slot>) {
        match &self.kind {
            OpKind::Attach { slots, .. } => alive.extend(slots),
            OpKind::Measure { register, .. } => _ = alive.insert(*register),
            OpKind::Discard { slots } => alive.retain(|slot| !slots.contains(slot)),
            // both branches end with the same live slots, and a repeated body ends with those that it begins with
            OpKind::Mix { then, .. } => then.iter().for_each(|op| op.update_alive(alive)),
            OpKind::Repeat { .. }
            | OpKind::Unitary { .. }
            | OpKind::Channel { .. }
            | OpKind::Uncorrelate { .. }
            | OpKind::Postselect { .. }
            | OpKind::Record { .. } => {}
        }
    }

    fn collect(&self, set: &mut BTreeSet<Slot>) {
        match &self.kind {
            OpKind::Attach { slots, .. } | OpKind::Discard { slots } => set.extend(slots),
            OpKind::Unitary { targets, .. } | OpKind::Channel { targets, .. } => set.extend(targets),
            OpKind::Uncorrelate { groups } => set.extend(groups.iter().flatten()),
            OpKind::Record { value, .. } => value.collect(set),
            OpKind::Measure { targets, register, .. } => set.extend(targets.iter().chain([register])),
            OpKind::Postselect { event, .. } => set.extend(&event.registers),
            OpKind::Mix { weight, then, otherwise } => {
                if let Weight::Event(event) = weight {
                    set.extend(&event.registers);
                }
                then.iter().chain(otherwise).for_each(|op| op.collect(set));
            }
            OpKind::Repeat { body, .. } => body.iter().for_each(|op| op.collect(set)),
        }
    }
}

impl Scalar {
    /// Every slot that the scalar depends on.
    #[must_use]
    pub fn mentioned(&self) -> BTreeSet<Slot> {
        let mut set = BTreeSet::new();
        self.collect(&mut set);
        set
    }

    fn collect(&self, set: &mut BTreeSet<Slot>) {
        match self {
            Self::Constant(_) | Self::Recorded { .. } => {}
            Self::Measure(Measure::Expectation { terms, .. }) => set.extend(terms.iter().flat_map(|(slots, _)| slots)),
            Self::Measure(Measure::Reduced { slots, .. }) => set.extend(slots),
            Self::Apply { args, .. } => args.iter().for_each(|arg| arg.collect(set)),
        }
    }
}
