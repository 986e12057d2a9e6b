//! The effect of the passes on the step of the standard protocol, and that they preserve the map.

use std::sync::Arc;

use super::*;
use crate::backend::random::program;
use crate::backend::{Reference, StateBackend, Watch, execute};
use crate::ir::{Measure, Origin, Scalar, SlotInfo, Step, cost, lifetimes, print};
use crate::quantum::{C64, CMat, StateFunction};

const S1: Slot = Slot(0);
const S2: Slot = Slot(1);
const E1: Slot = Slot(2);
const E2: Slot = Slot(3);
const NEXT_E1: Slot = Slot(4);
const NEXT_E2: Slot = Slot(5);

fn layout() -> Layout {
    let labels = ["s1", "s2", "e1", "e2", "e1'", "e2'"];
    Layout { slots: labels.map(|label| SlotInfo { dim: 2, label: label.into() }).to_vec() }
}

fn attach(slots: &[Slot]) -> OpKind {
    let dim = 1 << slots.len();
    let ground = CMat::from_fn(dim, dim, |i, j| if (i, j) == (0, 0) { C64::ONE } else { C64::ZERO });
    OpKind::Attach { slots: slots.to_vec(), state: Arc::new(ground) }
}

/// The permutation of the basis that sends k to 3k + `shift` mod 2ⁿ: a unitary that its entries identify.
fn unitary(targets: &[Slot], shift: usize) -> OpKind {
    let dim = 1 << targets.len();
    let matrix = CMat::from_fn(dim, dim, |i, j| if i == (3 * j + shift) % dim { C64::ONE } else { C64::ZERO });
    OpKind::Unitary { targets: targets.to_vec(), matrix: Arc::new(matrix) }
}

fn discard(slots: &[Slot]) -> OpKind {
    OpKind::Discard { slots: slots.to_vec() }
}

fn uncorrelate(groups: &[&[Slot]]) -> OpKind {
    OpKind::Uncorrelate { groups: groups.iter().map(|group| group.to_vec()).collect() }
}

fn record(index: usize, function: StateFunction) -> OpKind {
    let value = Scalar::Measure(Measure::Reduced { slots: vec![S1, S2], function });
    OpKind::Record { index, label: ["E", "I"][index].into(), value }
}

fn ops(kinds: Vec<OpKind>) -> Vec<Op> {
    (0..).zip(kinds).map(|(i, kind)| Op { origin: Origin(i), kind }).collect()
}

/// The operations of the step as written, without the rule at its end.
fn collision() -> Vec<OpKind> {
    vec![
        unitary(&[S1, E1], 0),
        attach(&[E2]),
        unitary(&[S2, E2], 1),
        unitary(&[S1, S2], 2),
        unitary(&[S1, S2], 3),
        attach(&[NEXT_E1]),
        unitary(&[E2, NEXT_E1], 1),
        record(0, StateFunction::named("purity")),
        record(1, StateFunction::named("entropy")),
    ]
}

fn text(ops: &[Op], entry: &[Slot]) -> String {
    let rows = print(ops, entry, &layout(), &|Origin(i)| i.to_string());
    rows.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn the_standard_step_has_at_most_four_live_slots() {
    let mut kinds = collision();
    kinds.insert(0, attach(&[NEXT_E2])); // no other operation mentions it, so it need not be attached
    kinds.push(discard(&[E1, E2]));
    let exit = vec![S1, S2, NEXT_E1];
    let optimised = optimise(ops(kinds), &layout(), &exit);
    expect_test::expect![[r#"
        unitary s1 e1 4×4 {s1 s2 e1} 1
        discard e1 {s1 s2} 10
        attach e2 pure, d = 2 {s1 s2 e2} 2
        unitary s2 e2 4×4 {s1 s2 e2} 3
        unitary s1 s2 4×4 {s1 s2 e2} 4
        attach e1' pure, d = 2 {s1 s2 e2 e1'} 6
        unitary e2 e1' 4×4 {s1 s2 e2 e1'} 7
        discard e2 {s1 s2 e1'} 10
        record E = purity(s1, s2) {s1 s2 e1'} 8
        record I = entropy(s1, s2) {s1 s2 e1'} 9
    "#]]
    .assert_eq(&text(&optimised, &[S1, S2, E1]));
    let step = Step { ops: optimised, entry: vec![S1, S2, E1], exit, advance: vec![] };
    assert_eq!(cost(&step, &layout()).peak_slots, 4);
    let e2 = lifetimes(&step).into_iter().find(|life| life.slot == E2).expect("e2 lives");
    assert_eq!((e2.born, e2.first_use, e2.last_use, e2.dies), (Some(2), Some(3), Some(6), Some(7)));
}

#[test]
fn neighbours_are_multiplied_in_chronological_order() {
    let kinds = vec![unitary(&[S1, S2], 1), unitary(&[S2, S1], 2), unitary(&[S2], 1)];
    let optimised = optimise(ops(kinds.clone()), &layout(), &[S1, S2]);
    let [Op { kind: OpKind::Unitary { targets, matrix }, origin: Origin(0) }] = &optimised[..] else {
        panic!("{optimised:?}")
    };
    assert_eq!(targets, &[S1, S2]);
    let swap = CMat::from_fn(4, 4, |i, j| C64::from(f64::from(u8::from(j == [0, 2, 1, 3][i]))));
    let of = |kind: &OpKind| match kind {
        OpKind::Unitary { matrix, .. } => (**matrix).clone(),
        _ => unreachable!(),
    };
    let [first, second, third] = [of(&kinds[0]), &swap * of(&kinds[1]) * &swap, of(&kinds[2])];
    assert_eq!(**matrix, CMat::identity(2, 2).kronecker(&third) * second * first);
}

#[test]
fn a_gate_does_not_move_past_an_operation_on_its_slots() {
    let reads = |op| optimise(ops(vec![unitary(&[S1], 1), op, unitary(&[S1], 1)]), &layout(), &[S1, S2, E1]).len();
    assert_eq!(reads(record(0, StateFunction::named("purity"))), 3);
    assert_eq!(reads(unitary(&[S2, E1], 1)), 2);
    assert_eq!(reads(unitary(&[S2, S1], 1)), 1);
    // the small gate moves past the one in between into the large gate, which could not move itself
    let over = vec![unitary(&[S1], 1), unitary(&[S2, E1], 1), unitary(&[S2, S1], 2)];
    assert_eq!(
        text(&optimise(ops(over), &layout(), &[S1, S2, E1]), &[S1, S2, E1]),
        "\
        unitary s2 e1 4×4 {s1 s2 e1} 1\nunitary s2 s1 4×4 {s1 s2 e1} 0\n"
    );
}

#[test]
fn erase_attaches_no_unused_unit() {
    let mut kinds = collision();
    kinds.extend([discard(&[E1, E2]), attach(&[NEXT_E2]), uncorrelate(&[&[S1], &[S2], &[NEXT_E1, NEXT_E2]])]);
    let optimised = optimise(ops(kinds.clone()), &layout(), &[S1, S2, NEXT_E1]);
    let printed = text(&optimised, &[S1, S2, E1]);
    assert!(!printed.contains("e2'"), "{printed}");
    assert!(printed.ends_with("uncorrelate s1 | s2 | e1' {s1 s2 e1'} 11\n"), "{printed}");
    // a unit that must be alive at the end is attached last
    let kept = text(&optimise(ops(kinds), &layout(), &[S1, S2, NEXT_E1, NEXT_E2]), &[S1, S2, E1]);
    assert!(kept.ends_with("uncorrelate s1 | s2 | e1' {s1 s2 e1'} 11\nattach e2' pure, d = 2 {s1 s2 e1' e2'} 10\n"));
}

#[test]
fn attach_and_discard_move_past_an_uncorrelate() {
    let lone = ops(vec![attach(&[E1]), uncorrelate(&[&[S1], &[E1]]), unitary(&[E1], 1)]);
    assert_eq!(
        text(&optimise(lone, &layout(), &[S1, E1]), &[S1]),
        "\
        attach e1 pure, d = 2 {s1 e1} 0\nunitary e1 2×2 {s1 e1} 2\n"
    );
    let out = ops(vec![uncorrelate(&[&[S1], &[S2, E1]]), discard(&[E1])]);
    assert_eq!(
        text(&optimise(out, &layout(), &[S1, S2]), &[S1, S2, E1]),
        "\
        discard e1 {s1 s2} 1\nuncorrelate s1 | s2 {s1 s2} 0\n"
    );
    let joint = ops(vec![attach(&[E1, E2]), uncorrelate(&[&[S1, E1], &[E2]]), unitary(&[E1], 1)]);
    assert_eq!(optimise(joint.clone(), &layout(), &[S1, E1, E2]).len(), joint.len());
}

#[test]
fn unused_units_that_are_discarded_are_not_attached() {
    let both = ops(vec![attach(&[E1, E2]), unitary(&[S1], 1), discard(&[E1, E2])]);
    assert_eq!(text(&optimise(both, &layout(), &[S1]), &[S1]), "unitary s1 2×2 {s1} 1\n");
    let half = ops(vec![attach(&[E1, E2]), discard(&[E1]), unitary(&[E2], 1)]);
    assert_eq!(
        text(&optimise(half, &layout(), &[S1, E2]), &[S1]),
        "\
        attach e2 pure, d = 2 {s1 e2} 0\nunitary e2 2×2 {s1 e2} 2\n"
    );
    // a reset: the old s1 must be discarded before the new one is attached
    let reset = ops(vec![unitary(&[S1, S2], 0), discard(&[S1]), attach(&[S1]), unitary(&[S1, S2], 1)]);
    assert_eq!(
        text(&optimise(reset, &layout(), &[S1, S2]), &[S1, S2]),
        "\
        unitary s1 s2 4×4 {s1 s2} 0\ndiscard s1 {s2} 1\nattach s1 pure, d = 2 {s1 s2} 2\nunitary s1 s2 4×4 {s1 s2} 3\n"
    );
}

/// A state that is neither pure nor diagonal.
fn tilted(slots: &[Slot]) -> OpKind {
    let dim = 1 << slots.len();
    let ket = CMat::from_fn(dim, 1, |i, _| C64::new(1.0, i as f64));
    let sigma = &ket * ket.adjoint() + CMat::identity(dim, dim);
    let trace = sigma.trace();
    OpKind::Attach { slots: slots.to_vec(), state: Arc::new(sigma / trace) }
}

#[test]
fn a_unit_that_collides_and_is_discarded_becomes_a_channel() {
    let kinds = vec![
        unitary(&[S1, S2], 1),
        attach(&[E1]),
        unitary(&[E1, S2], 0), // maps |00⟩ to itself and |01⟩ to |11⟩, so the unit depends on the state of s2
        discard(&[E1]),
        record(0, StateFunction::named("purity")),
        tilted(&[E1, E2]),
        unitary(&[E2, S1], 1),
        unitary(&[S1, S2], 3),
        unitary(&[S2, E1, E2], 1),
        discard(&[E2, E1]),
    ];
    let written = ops(kinds);
    let optimised = optimise(written.clone(), &layout(), &[S1, S2]);
    expect_test::expect![[r#"
        unitary s1 s2 4×4 {s1 s2} 0
        channel s2 2 Kraus, each 2×2 {s1 s2} 2
        record E = purity(s1, s2) {s1 s2} 4
        channel s1 s2 16 Kraus, each 4×4 {s1 s2} 6
    "#]]
    .assert_eq(&text(&optimised, &[S1, S2]));
    let entry = ops(vec![tilted(&[S1, S2])]);
    let (before, expected) = outcome(&entry, &written, &layout(), 1);
    let (after, series) = outcome(&entry, &optimised, &layout(), 1);
    let (rho, sigma) = (
        before.reduced(&[S1, S2], &Watch::never()).expect("this watch never interrupts"),
        after.reduced(&[S1, S2], &Watch::never()).expect("this watch never interrupts"),
    );
    assert!((rho - sigma).iter().all(|z| z.norm() < 1e-14));
    assert!((expected[0] - series[0]).abs() < 1e-14);
}

#[test]
fn a_unit_that_is_measured_or_meets_more_than_two_qubits_stays() {
    let units = |kinds: Vec<OpKind>| {
        let optimised = optimise(ops(kinds), &layout(), &[S1, S2, NEXT_E1]);
        optimised.iter().filter(|op| matches!(op.kind, OpKind::Attach { .. })).count()
    };
    let meets = |slot| unitary(&[slot, E1], 2);
    let measured = Scalar::Measure(Measure::Reduced { slots: vec![E1], function: StateFunction::named("purity") });
    let record = OpKind::Record { index: 0, label: "P".into(), value: measured };
    assert_eq!(units(vec![attach(&[E1]), meets(S1), meets(S2), discard(&[E1])]), 0);
    assert_eq!(units(vec![attach(&[E1]), meets(S1), record, discard(&[E1])]), 1);
    assert_eq!(
        units(vec![attach(&[E1]), meets(S1), uncorrelate(&[&[S1], &[E1], &[S2]]), meets(S2), discard(&[E1])]),
        1
    );
    assert_eq!(units(vec![attach(&[E1]), meets(S1), meets(S2), meets(E2), discard(&[E1])]), 1);
    // the next unit is attached during the collision, so both units stay
    assert_eq!(units(vec![attach(&[E1]), meets(S1), attach(&[NEXT_E1]), meets(NEXT_E1), discard(&[E1])]), 2);
}

fn outcome(entry: &[Op], ops: &[Op], layout: &Layout, records: usize) -> (Reference, Vec<f64>) {
    let (mut state, mut series) = (Reference::new(), vec![f64::NAN; records]);
    for ops in [entry, ops] {
        execute(ops, layout, &mut state, &mut series, &Watch::never()).expect("a random program runs");
    }
    (state, series)
}

#[test]
fn optimised_sequences_are_the_same_map() {
    let mut shorter = 0;
    for seed in 1000..1300 {
        let p = program(seed, 16);
        let (before, expected) = outcome(&p.prologue, &p.ops, &p.layout, p.records);
        let optimised = optimise(p.ops.clone(), &p.layout, &p.exit);
        let (after, series) = outcome(&p.prologue, &optimised, &p.layout, p.records);
        let (rho, sigma) = (
            before.reduced(&p.exit, &Watch::never()).expect("this watch never interrupts"),
            after.reduced(&p.exit, &Watch::never()).expect("this watch never interrupts"),
        );
        assert!((rho - sigma).iter().all(|z| z.norm() < 1e-12), "seed {seed}");
        for (x, y) in expected.iter().zip(&series) {
            assert!((x - y).abs() < 1e-12 * x.abs().max(1.0) || (x.is_nan() && y.is_nan()), "seed {seed}: {x} {y}");
        }
        let again = optimise(optimised.clone(), &p.layout, &p.exit);
        let show = |ops: &[Op]| print(ops, &[], &p.layout, &|Origin(i)| i.to_string());
        assert_eq!(show(&again), show(&optimised), "seed {seed}: a second application changes the sequence");
        let step = |ops| Step { ops, entry: vec![], exit: p.exit.clone(), advance: vec![] };
        let [long, short] = [p.ops, optimised].map(step);
        assert!(cost(&short, &p.layout).peak_dim <= cost(&long, &p.layout).peak_dim, "seed {seed}");
        shorter += usize::from(short.ops.len() < long.ops.len());
    }
    assert!(shorter > 100, "only {shorter} of 300 random programs became shorter");
}
