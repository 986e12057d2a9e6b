//! Replaces a `Repeat` whose body is a fixed linear map on few slots by the power of that map.
//!
//! Operations of the body that share no slots commute, so the body splits into groups connected by shared slots, and
//! each group is repeated separately. A group of unitaries becomes the power of one unitary; a group that also contains
//! channels, resets or mixtures becomes one channel. A group that is too large stays in a `Repeat`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::matrices::embed;
use crate::ir::{Layout, Op, OpKind, Origin, Slot, Weight};
use crate::quantum::{C64, CMat, channel_power, eigh, unitary_power};

/// Largest dimension of a unitary power: six qubits.
const MAX_UNITARY_DIM: usize = 64;
/// Largest dimension of the space of a channel power: three qubits, whose superoperator is 64 × 64.
const MAX_CHANNEL_DIM: usize = 8;

/// The operations that replace `count` repetitions of the body.
pub(super) fn repeat(origin: Origin, count: u64, body: Vec<Op>, layout: &Layout) -> Vec<Op> {
    if count == 0 {
        return Vec::new();
    }
    // An `Uncorrelate` acts on every live slot, so no operation of the body commutes with it.
    if body.iter().any(uncorrelates) {
        return vec![Op { origin, kind: OpKind::Repeat { count, body } }];
    }
    let (mut out, mut rest) = (Vec::new(), Vec::new());
    for (slots, group) in groups(&body) {
        match power(&group, &slots, count, layout) {
            Some(kind) => out.push(Op { origin, kind }),
            None => rest.push(group),
        }
    }
    if !rest.is_empty() {
        let stays: Vec<Op> = if out.is_empty() { body } else { in_order(&body, &rest) };
        out.push(Op { origin, kind: OpKind::Repeat { count, body: stays } });
    }
    out
}

fn uncorrelates(op: &Op) -> bool {
    match &op.kind {
        OpKind::Uncorrelate { .. } => true,
        OpKind::Mix { then, otherwise, .. } => then.iter().chain(otherwise).any(uncorrelates),
        OpKind::Repeat { body, .. } => body.iter().any(uncorrelates),
        _ => false,
    }
}

/// The operations of some groups in the order of the body.
fn in_order(body: &[Op], groups: &[Vec<&Op>]) -> Vec<Op> {
    let chosen = |op: &Op| groups.iter().flatten().any(|other| std::ptr::eq(*other, op));
    body.iter().filter(|op| chosen(op)).cloned().collect()
}

/// Groups of operations connected by shared slots, each with its slots, in the order of their first operations.
fn groups(body: &[Op]) -> Vec<(Vec<Slot>, Vec<&Op>)> {
    let mut groups: Vec<(BTreeSet<Slot>, Vec<usize>)> = Vec::new();
    for (at, op) in body.iter().enumerate() {
        let mut group = (op.mentioned(), vec![at]);
        for other in groups.extract_if(.., |(slots, _)| !slots.is_disjoint(&op.mentioned())) {
            group.0.extend(other.0);
            group.1.extend(other.1);
        }
        group.1.sort_unstable();
        groups.push(group);
    }
    groups.sort_by_key(|(_, places)| places[0]);
    let named = |(slots, places): (BTreeSet<Slot>, Vec<usize>)| {
        (slots.into_iter().collect(), places.into_iter().map(|at| &body[at]).collect())
    };
    groups.into_iter().map(named).collect()
}

/// `count` repetitions of a group as one operation; `None` if the group is too large, or if repeating it is less work.
fn power(group: &[&Op], slots: &[Slot], count: u64, layout: &Layout) -> Option<OpKind> {
    let dim = slots.iter().try_fold(1_usize, |dim, slot| dim.checked_mul(layout.dim(*slot)))?;
    let once: u64 = group.iter().map(|op| work(&op.kind, layout)).sum();
    let unitary = group.iter().all(|op| matches!(op.kind, OpKind::Unitary { .. }));
    let (largest, whole) = if unitary { (MAX_UNITARY_DIM, 2 * dim) } else { (MAX_CHANNEL_DIM, dim * dim) };
    if dim > largest || once.saturating_mul(count) < whole as u64 {
        return None;
    }
    let targets = slots.to_vec();
    if unitary {
        let once = group.iter().fold(CMat::identity(dim, dim), |u, op| match &op.kind {
            OpKind::Unitary { targets, matrix } => embed(matrix, targets, slots, layout) * u,
            _ => unreachable!("the group consists of unitaries"),
        });
        return Some(OpKind::Unitary { targets, matrix: Arc::new(unitary_power(&once, count)) });
    }
    let once = kraus(group.iter().copied(), slots, layout)?;
    Some(OpKind::Channel { targets, kraus: Arc::new(channel_power(&once, count)) })
}

/// Approximate number of multiply-adds per entry of the state.
fn work(kind: &OpKind, layout: &Layout) -> u64 {
    let dim = |slots: &[Slot]| layout.dims(slots).iter().map(|d| *d as u64).product::<u64>();
    let all = |ops: &[Op]| ops.iter().map(|op| work(&op.kind, layout)).sum::<u64>();
    match kind {
        OpKind::Unitary { targets, .. } => 2 * dim(targets),
        OpKind::Channel { targets, kraus } => dim(targets) * dim(targets).min(2 * kraus.len() as u64),
        OpKind::Mix { then, otherwise, .. } => all(then) + all(otherwise) + 1,
        OpKind::Repeat { count, body } => all(body).saturating_mul(*count),
        OpKind::Measure { targets, instrument, .. } => dim(targets) * dim(targets) * instrument.outcomes.len() as u64,
        OpKind::Attach { .. } | OpKind::Discard { .. } | OpKind::Uncorrelate { .. } => 1,
        OpKind::Record { .. } | OpKind::Postselect { .. } => 1,
    }
}

/// The Kraus operators of a sequence on `slots`, all of which are alive before and after; `None` if the sequence is not
/// a fixed linear map, or if it attaches other slots.
fn kraus<'o>(ops: impl Iterator<Item = &'o Op>, slots: &[Slot], layout: &Layout) -> Option<Vec<CMat>> {
    let dim: usize = layout.dims(slots).iter().product();
    let on_all = |kraus: &[CMat], targets: &[Slot]| -> Vec<CMat> {
        kraus.iter().map(|k| embed(k, targets, slots, layout)).collect()
    };
    let mut whole = vec![CMat::identity(dim, dim)];
    let mut discarded: BTreeSet<Slot> = BTreeSet::new();
    for op in ops {
        let next = match &op.kind {
            OpKind::Unitary { targets, matrix } => on_all(std::slice::from_ref(&**matrix), targets),
            OpKind::Channel { targets, kraus } => on_all(kraus, targets),
            OpKind::Discard { slots } => {
                discarded.extend(slots);
                continue;
            }
            // The slots were discarded, and no operation acts on them in between, so this is a reset.
            OpKind::Attach { slots: reset, state } if reset.iter().all(|slot| discarded.remove(slot)) => {
                on_all(&resets(state), reset)
            }
            OpKind::Mix { weight, then, otherwise } => {
                let [first, second] = match weight {
                    Weight::Probability(p) => [*p, 1.0 - p].map(|p| CMat::identity(dim, dim) * C64::from(p.sqrt())),
                    Weight::Event(event) => [event.projector(), event.complement().projector()]
                        .map(|projector| embed(&projector, &event.registers, slots, layout)),
                };
                let branch = |ops: &[Op], share: CMat| {
                    Some(kraus(ops.iter(), slots, layout)?.into_iter().map(|k| k * &share).collect::<Vec<_>>())
                };
                [branch(then, first)?, branch(otherwise, second)?].concat()
            }
            _ => return None,
        };
        whole = next.iter().flat_map(|k| whole.iter().map(move |before| k * before)).collect();
        if whole.len() > dim * dim {
            whole = channel_power(&whole, 1); // any channel has a representation with at most d² operators
        }
    }
    discarded.is_empty().then_some(whole)
}

/// √p_k |k⟩⟨j|: the Kraus operators of ρ → σ Tr ρ.
fn resets(state: &CMat) -> Vec<CMat> {
    let dim = state.nrows();
    let (weights, states) = eigh(state);
    let mut out = Vec::new();
    for (k, weight) in weights.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let ket = states.columns(k, 1) * C64::from(weight.sqrt());
        for level in 0..dim {
            out.push(CMat::from_fn(dim, dim, |i, j| if j == level { ket[(i, 0)] } else { C64::ZERO }));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::random::{Actions, actions};
    use crate::backend::{Reference, StateBackend, Watch, execute};
    use crate::ir::{SlotInfo, optimise};

    const ORIGIN: Origin = Origin(0);

    fn op(kind: OpKind) -> Op {
        Op { origin: ORIGIN, kind }
    }

    fn gate((targets, kraus): (Vec<Slot>, Vec<CMat>)) -> Op {
        op(match <[CMat; 1]>::try_from(kraus) {
            Ok([u]) => OpKind::Unitary { targets, matrix: Arc::new(u) },
            Err(kraus) => OpKind::Channel { targets, kraus: Arc::new(kraus) },
        })
    }

    /// Gates, channels, a mixture and a reset, in an order that depends on the seed.
    fn body(seed: u64, drawn: &Actions) -> Vec<Op> {
        let mut gates = drawn.list.iter().cloned().map(gate);
        let mut next = |n: usize| gates.by_ref().take(n).collect::<Vec<Op>>();
        let mut body = next(2);
        if seed.is_multiple_of(3) {
            body.push(op(OpKind::Mix { weight: Weight::Probability(0.3), then: next(2), otherwise: next(1) }));
        }
        if seed.is_multiple_of(4) {
            let state = Arc::new(drawn.states[0].clone());
            body.push(op(OpKind::Discard { slots: vec![Slot(0)] }));
            body.push(op(OpKind::Attach { slots: vec![Slot(0)], state }));
        }
        body.extend(next(if seed.is_multiple_of(2) { 1 } else { 2 }));
        if seed.is_multiple_of(5) {
            let inner = std::mem::take(&mut body);
            body = vec![op(OpKind::Repeat { count: 3, body: inner })];
            body.extend(next(1));
        }
        body
    }

    fn state_after(ops: &[Op], drawn: &Actions, layout: &Layout) -> CMat {
        let slots: Vec<Slot> = (0..).map(Slot).take(drawn.dims.len()).collect();
        let mut state = Reference::new();
        for (slot, rho) in slots.iter().zip(&drawn.states) {
            state.attach(&[*slot], &[rho.nrows()], rho, &Watch::never()).expect("never stopped");
        }
        execute(ops, layout, &mut state, &mut [], &Watch::never()).expect("gates have no faults");
        state.reduced(&slots, &Watch::never()).expect("never stopped")
    }

    /// Compares the pass with the loop that it replaces, on a backend that shares no code with the pass.
    #[test]
    fn a_power_equals_the_loop() {
        let mut powers = 0;
        for seed in 0..60 {
            let dims: &[usize] = [&[2, 2, 2][..], &[2, 3], &[3, 2, 2], &[4, 2], &[2, 2, 2, 2]]
                [usize::try_from(seed % 5).expect("below 5")];
            let drawn = actions(seed, dims, 8);
            let layout = Layout { slots: dims.iter().map(|&dim| SlotInfo { dim, label: String::new() }).collect() };
            for count in [2, 3, 17, 100] {
                let looped = vec![op(OpKind::Repeat { count, body: body(seed, &drawn) })];
                let exit: Vec<Slot> = (0..).map(Slot).take(dims.len()).collect();
                let power = optimise(looped.clone(), &layout, &exit);
                powers += usize::from(!power.iter().any(|op| matches!(op.kind, OpKind::Repeat { .. })));
                let [a, b] = [&power, &looped].map(|ops| state_after(ops, &drawn, &layout));
                let off = (a - b).iter().map(|z| z.norm()).fold(0.0, f64::max);
                assert!(off < 1e-12, "seed {seed}, {count} times: {off:e}");
            }
        }
        assert!(powers > 100, "only {powers} of 240 loops became powers");
    }

    #[test]
    fn a_group_that_attaches_units_stays_a_loop_and_other_groups_become_powers() {
        let layout = Layout { slots: [2; 3].map(|dim| SlotInfo { dim, label: String::new() }).to_vec() };
        let flip = Arc::new(CMat::from_fn(2, 2, |i, j| C64::from(f64::from(u8::from(i != j)))));
        let on = |slot: u32| op(OpKind::Unitary { targets: vec![Slot(slot)], matrix: flip.clone() });
        let state = Arc::new(CMat::from_fn(2, 2, |i, j| C64::from(f64::from(u8::from(i + j == 0)))));
        let meets = op(OpKind::Unitary { targets: vec![Slot(0), Slot(1)], matrix: Arc::new(CMat::identity(4, 4)) });
        let unit = [OpKind::Attach { slots: vec![Slot(1)], state }, OpKind::Discard { slots: vec![Slot(1)] }].map(op);
        let [comes, goes] = unit;
        let ops = repeat(ORIGIN, 5, vec![on(0), comes, meets, goes, on(2)], &layout);
        let [Op { kind: OpKind::Unitary { targets, .. }, .. }, Op { kind: OpKind::Repeat { count: 5, body }, .. }] =
            &ops[..]
        else {
            panic!("{ops:?}")
        };
        assert_eq!((targets.as_slice(), body.len()), (&[Slot(2)][..], 4));
        let all = vec![vec![Slot(0)], vec![Slot(1)], vec![Slot(2)]];
        let nonlinear = vec![on(0), op(OpKind::Uncorrelate { groups: all }), on(2)];
        assert!(
            matches!(&repeat(ORIGIN, 5, nonlinear, &layout)[..], [Op { kind: OpKind::Repeat { body, .. }, .. }] if body.len() == 3)
        );
    }
}
