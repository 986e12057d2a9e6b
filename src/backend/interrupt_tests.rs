//! Long calculations stop on an interrupt: they check for it often enough, measured by the multiply-adds between two
//! checks, and do no more work once it has arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::watch::BETWEEN;
use super::*;
use crate::ir::{Layout, Measure, Op, OpKind, Origin, Scalar, SlotInfo, Step};
use crate::quantum::{C64, exp_i};

/// The most multiply-adds between two checks: the work since the last check plus one piece of work. The largest piece
/// is the last panel of a product of two maps of 1024 elements, of at most 31 rows: 31·2²⁰ multiply-adds, about 15 ms.
const MOST: u64 = 8 * BETWEEN;

/// Runs `work` to its end, which takes at least `multiply_adds`, and then again with an interrupt at the first, a
/// middle and the last of its checks.
fn assert_stops(what: &str, multiply_adds: u64, work: impl Fn(&Watch<'_>) -> Result<(), Stopped> + Sync) {
    let checks = AtomicUsize::new(0);
    let never = || checks.fetch_add(1, Ordering::Relaxed) == usize::MAX;
    let watch = Watch::new(&never);
    assert_eq!(work(&watch), Ok(()), "{what}");
    let (all, longest) = (checks.load(Ordering::Relaxed), watch.longest());
    assert!(longest <= MOST, "{what}: {longest} multiply-adds between two checks");
    let least = usize::try_from(multiply_adds / MOST).expect("a small number").max(1);
    assert!(all >= least, "{what}: {all} checks in {multiply_adds} multiply-adds");
    for last in [0, all / 2, all - 1] {
        let checks = AtomicUsize::new(0);
        let stop = || checks.fetch_add(1, Ordering::Relaxed) == last;
        assert_eq!(work(&Watch::new(&stop)), Err(Stopped), "{what}, stopped at check {last} of {all}");
        assert_eq!(checks.into_inner(), last + 1, "{what} continued after check {last} of {all}");
    }
}

/// Runs `work` on one thread, because each of several threads would check.
fn alone<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started").install(work)
}

fn slots(count: u32) -> Vec<Slot> {
    (0..count).map(Slot).collect()
}

fn qubits(count: u32) -> Layout {
    Layout { slots: (0..count).map(|i| SlotInfo { dim: 2, label: format!("q{i}") }).collect() }
}

/// Whether an operation without faults was stopped.
fn stopped(result: Result<(), FaultKind>) -> Result<(), Stopped> {
    result.map_err(|kind| if kind == FaultKind::Interrupted { Stopped } else { panic!("{kind:?}") })
}

/// |+⟩⟨+| on each of some qubits.
fn plus<S: StateBackend>(count: u32) -> S {
    let mut state = S::new();
    for slot in slots(count) {
        let plus = CMat::from_element(2, 2, C64::from(0.5));
        state.attach(&[slot], &[2], &plus, &Watch::never()).expect("nothing stops it");
    }
    state
}

/// A gate that entangles two qubits: exp(−i·0.3·H) for a Hermitian H without zero entries.
fn entangling() -> CMat {
    let entry = |i: usize, j: usize| C64::new((1 + i * j + i + j) as f64 * 0.2, (i as f64 - j as f64) * 0.3);
    exp_i(&CMat::from_fn(4, 4, entry), 0.3)
}

#[test]
fn operations_on_large_states_stop() {
    const QUBITS: u32 = 11;
    let state: Density = plus(QUBITS);
    let entries = 1 << (2 * QUBITS - 1);
    let all = slots(QUBITS);
    let half = CMat::identity(2, 2) * C64::from(0.5);
    assert_stops("attach", 4 * entries, |watch| state.clone().attach(&[Slot(QUBITS)], &[2], &half, watch));
    let larger: Density = plus(QUBITS + 1);
    assert_stops("discard", 2 * entries, |watch| stopped(larger.clone().discard(&[Slot(3)], watch)));
    assert_stops("reduced", 4 * entries, |watch| larger.reduced(&slots(QUBITS + 1), watch).map(drop));
    assert_stops("copy", 4 * entries, |watch| larger.copy(watch).map(drop));
    assert_stops("mix", 8 * entries, |watch| larger.clone().mix(0.5, larger.clone(), watch));
    let groups = [all[..5].to_vec(), all[5..].to_vec()];
    assert_stops("uncorrelate", 2 * entries, |watch| state.clone().uncorrelate(&groups, watch));
    let u = entangling();
    let actions: Vec<Action<'_>> =
        all.windows(2).map(|targets| Action { targets, kraus: std::slice::from_ref(&u) }).collect();
    // Each gate acts on two sides, with four multiply-adds per entry.
    let work = actions.len() as u64 * 8 * entries;
    alone(|| assert_stops("gates", work, |watch| state.clone().act(&actions, watch)));
}

#[test]
fn operations_on_large_state_vectors_stop() {
    const QUBITS: u32 = 20;
    let state: Pure = plus(QUBITS);
    let entries = 1 << QUBITS;
    let plus = CMat::from_element(2, 2, C64::from(0.5));
    assert_stops("attach", 2 * entries, |watch| state.clone().attach(&[Slot(QUBITS)], &[2], &plus, watch));
    alone(|| assert_stops("reduced", 2 * entries, |watch| state.reduced(&[Slot(3)], watch).map(drop)));
    alone(|| assert_stops("discard", 3 * entries, |watch| stopped(state.clone().discard(&[Slot(3)], watch))));
    let u = entangling();
    let all = slots(QUBITS);
    let pairs: Vec<[Slot; 2]> = all.windows(2).map(|pair| [pair[1], pair[0]]).collect();
    let actions: Vec<Action<'_>> =
        pairs.iter().map(|targets| Action { targets, kraus: std::slice::from_ref(&u) }).collect();
    let work = actions.len() as u64 * 4 * entries;
    alone(|| assert_stops("gates", work, |watch| state.clone().act(&actions, watch)));
}

fn op(kind: OpKind) -> Op {
    Op { origin: Origin(0), kind }
}

/// A chain of gates on the qubits; the observable depends on all of them.
fn chain(count: u32) -> (Step, Layout, Vec<Scalar>) {
    let all = slots(count);
    let u = Arc::new(entangling());
    let gate = |targets: &[Slot]| op(OpKind::Unitary { targets: targets.to_vec(), matrix: Arc::clone(&u) });
    let ops = all.windows(2).map(gate).collect();
    let advance = all.iter().map(|slot| (*slot, *slot)).collect();
    let z = CMat::from_diagonal(&nalgebra::DVector::from_vec(vec![C64::ONE, -C64::ONE]));
    let terms = vec![(vec![Slot(0)], Arc::new(z))];
    let observed = Scalar::Measure(Measure::Expectation { terms, label: "Z".into() });
    (Step { ops, entry: all.clone(), exit: all, advance }, qubits(count), vec![observed])
}

#[test]
fn compiling_a_step_map_its_powers_and_its_series_stop() {
    let (step, layout, observables) = chain(5);
    let stretch = Stretch { step: &step, layout: &layout, within: &[], observables: &observables };
    let start = plus::<Density>(5).reduced(&step.entry, &Watch::never()).expect("nothing stops it");
    let map = |watch: &Watch<'_>| {
        let mut tables = Tables::default();
        match StepMap::compile(stretch, &start, 1024, &mut Work { tables: &mut tables, watch }) {
            Ok(map) => Ok(map),
            Err(Refusal::Stopped) => Err(Stopped),
            Err(other) => panic!("{other:?}"),
        }
    };
    let made = map(&Watch::never()).expect("nothing stops it");
    let elements = made.size().blocks.into_iter().max().expect("the observable depends on the state") as u64;
    assert!(elements > 400, "{elements}");
    // Each row goes back through each gate, on 4^5 numbers.
    assert_stops("compile", elements * step.ops.len() as u64 * 1024, |watch| map(watch).map(drop));
    // The work of compiling is not counted here.
    let stopped = |halt| match halt {
        Halt::Fault(Fault { kind: FaultKind::Interrupted, .. }) => Stopped,
        other => panic!("{other:?}"),
    };
    let jump = |watch: &Watch<'_>| made.clone().jump(1 << 5, watch).map(drop).map_err(stopped);
    assert_stops("jump", 5 * elements.pow(3), jump);
    let series = |watch: &Watch<'_>| made.clone().series(100_000, watch, |_| Ok(())).map_err(stopped);
    assert_stops("series", 100_000 * elements, series);
}

#[test]
fn a_spectrum_stops_while_its_eigenvalues_are_computed() {
    let (step, layout, observables) = chain(4);
    let stretch = Stretch { step: &step, layout: &layout, within: &[], observables: &observables };
    let start = plus::<Density>(4).reduced(&step.entry, &Watch::never()).expect("nothing stops it");
    let compile = |stop: &(dyn Fn() -> bool + Sync)| {
        let (mut tables, watch) = (Tables::default(), Watch::new(stop));
        Spectrum::compile(stretch, &start, 1024, &mut Work { tables: &mut tables, watch: &watch })
    };
    let checks = AtomicUsize::new(0);
    let never = || checks.fetch_add(1, Ordering::Relaxed) == usize::MAX;
    let size = compile(&never).expect("it is linear").sectors.iter().map(|s| s.size).max();
    assert!(size.is_some_and(|m| m > 64), "{size:?}: the decomposition does not run on a thread of its own");
    // The number of checks while a thread computes depends on timing; there are further checks before and after it.
    let all = checks.into_inner();
    assert!(all >= 3, "{all}");
    for last in 0..3 {
        let checks = AtomicUsize::new(0);
        let stop = || checks.fetch_add(1, Ordering::Relaxed) == last;
        assert_eq!(compile(&stop).expect_err("it is stopped"), Refusal::Stopped);
        assert_eq!(checks.into_inner(), last + 1);
    }
}

/// The step repeats its gates 2⁶⁴ − 1 times.
#[test]
fn a_long_repeat_stops_while_its_map_is_compiled() {
    let (mut step, layout, observables) = chain(2);
    step.ops = vec![op(OpKind::Repeat { count: u64::MAX, body: step.ops })];
    let stretch = Stretch { step: &step, layout: &layout, within: &[], observables: &observables };
    let start = plus::<Density>(2).reduced(&step.entry, &Watch::never()).expect("nothing stops it");
    let checks = AtomicUsize::new(0);
    let third = || checks.fetch_add(1, Ordering::Relaxed) == 2;
    let (mut tables, watch) = (Tables::default(), Watch::new(&third));
    let map = StepMap::compile(stretch, &start, 1024, &mut Work { tables: &mut tables, watch: &watch });
    assert_eq!(map.map(drop), Err(Refusal::Stopped));
    assert_eq!((checks.load(Ordering::Relaxed), watch.longest() <= MOST), (3, true));
}
