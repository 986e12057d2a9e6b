//! Compares states of many tiles, on one thread and on several, with the reference.

use super::random::{Actions, actions};
use super::*;

fn slots(count: usize) -> Vec<Slot> {
    (0..).map(Slot).take(count).collect()
}

/// The product of the drawn states.
fn prepared<S: StateBackend>(drawn: &Actions) -> S {
    let mut state = S::new();
    for (slot, (dim, unit)) in slots(drawn.dims.len()).iter().zip(drawn.dims.iter().zip(&drawn.states)) {
        state.attach(&[*slot], &[*dim], unit, &Watch::never()).expect("nothing stops it");
    }
    state
}

fn run<S: StateBackend>(drawn: &Actions) -> S {
    let mut state = prepared::<S>(drawn);
    let list: Vec<Action<'_>> = drawn.list.iter().map(|(targets, kraus)| Action { targets, kraus }).collect();
    state.act(&list, &Watch::never()).expect("nothing stops it");
    state
}

/// The whole density matrix after all actions, computed on this number of threads.
fn on_threads(threads: usize, drawn: &Actions) -> CMat {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    pool.install(|| run::<Density>(drawn).reduced(&slots(drawn.dims.len()), &Watch::never()).expect("nothing stops it"))
}

fn deviation(left: &CMat, right: &CMat) -> f64 {
    (left - right).iter().map(|z| z.norm()).fold(0.0, f64::max)
}

#[test]
fn many_tiles_agree_with_the_reference_on_any_number_of_threads() {
    // The dimensions cover runs of whole cache lines and of odd lengths, and tiles that fill vectors and tiles that do
    // not.
    let all: [&[usize]; 8] = [
        &[2; 7],
        &[2; 6],
        &[3, 2, 2, 2, 2, 2],
        &[2, 2, 3, 2, 3, 2],
        &[2, 4, 2, 3, 3],
        &[5, 2, 3, 7],
        &[2, 2, 2, 2, 2, 3, 3],
        &[7, 3, 2, 5],
    ];
    for (seed, dims) in (0..).zip(all) {
        let drawn = actions(seed, dims, 9);
        let fast = on_threads(1, &drawn);
        let slow = run::<Reference>(&drawn).reduced(&slots(dims.len()), &Watch::never()).expect("nothing stops it");
        assert!(deviation(&fast, &slow) < 1e-13, "seed {seed}: {dims:?}, off by {:e}", deviation(&fast, &slow));
        for threads in [2, 3] {
            assert_eq!(on_threads(threads, &drawn), fast, "seed {seed}: {dims:?}, {threads} threads");
        }
    }
}

#[test]
fn eight_and_nine_qubits_agree_with_the_reference() {
    for (seed, qubits, count) in [(100, 8, 5), (101, 9, 2)] {
        let drawn = actions(seed, &vec![2; qubits], count);
        let fast = on_threads(2, &drawn);
        let slow = run::<Reference>(&drawn).reduced(&slots(qubits), &Watch::never()).expect("nothing stops it");
        assert!(deviation(&fast, &slow) < 1e-13, "{qubits} qubits, off by {:e}", deviation(&fast, &slow));
        for threads in [1, 4] {
            assert_eq!(on_threads(threads, &drawn), fast, "{qubits} qubits, {threads} threads");
        }
    }
}

#[test]
fn a_list_of_actions_agrees_with_the_actions_one_by_one() {
    for seed in 200..206 {
        let drawn = actions(seed, &[2, 3, 2, 2, 2, 2, 2, 2], 12);
        let mut one_by_one = prepared::<Density>(&drawn);
        for (targets, kraus) in &drawn.list {
            one_by_one.act(&[Action { targets, kraus }], &Watch::never()).expect("nothing stops it");
        }
        let all = slots(drawn.dims.len());
        assert!(
            deviation(&on_threads(2, &drawn), &one_by_one.reduced(&all, &Watch::never()).expect("nothing stops it"))
                < 1e-14,
            "seed {seed}"
        );
    }
}
