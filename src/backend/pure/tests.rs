//! State vectors compared with loops over basis states, with the reference backend, and with themselves on other numbers
//! of threads.

use super::*;
use crate::backend::random::{Random, actions};
use crate::backend::{Density, Reference};

/// A ket for each slot, and a list of unitaries on a few slots each.
struct Drawn {
    dims: Vec<usize>,
    kets: Vec<CMat>,
    list: Vec<(Vec<Slot>, Vec<CMat>)>,
}

fn drawn(seed: u64, dims: &[usize], count: usize) -> Drawn {
    let mut random = Random::of(seed);
    let kets = dims.iter().map(|&dim| random.matrix(dim, 1).normalize()).collect();
    let unitaries = actions(seed, dims, 5 * count).list.into_iter().filter(|(_, kraus)| kraus.len() == 1);
    Drawn { dims: dims.to_vec(), kets, list: unitaries.take(count).collect() }
}

impl Drawn {
    fn slots(&self) -> Vec<Slot> {
        (0..).map(Slot).take(self.dims.len()).collect()
    }

    fn run<S: StateBackend>(&self) -> S {
        let mut state = S::new();
        for ((slot, dim), ket) in self.slots().iter().zip(&self.dims).zip(&self.kets) {
            state.attach(&[*slot], &[*dim], &(ket * ket.adjoint()), &Watch::never()).expect("nothing stops it");
        }
        let list: Vec<Action<'_>> = self.list.iter().map(|(targets, kraus)| Action { targets, kraus }).collect();
        state.act(&list, &Watch::never()).expect("nothing stops it");
        state
    }

    fn on_threads(&self, threads: usize) -> Pure {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        pool.install(|| self.run())
    }

    /// The amplitudes, by loops over the digits of the basis states.
    fn amplitudes(&self) -> Vec<C64> {
        let product = |psi: Vec<C64>, ket: &CMat| psi.iter().flat_map(|a| ket.iter().map(move |b| a * b)).collect();
        let mut psi = self.kets.iter().fold(vec![C64::ONE], product);
        let stride = |slot: &Slot| self.dims[slot.0 as usize + 1..].iter().product::<usize>();
        for (targets, kraus) in &self.list {
            let dims: Vec<usize> = targets.iter().map(|slot| self.dims[slot.0 as usize]).collect();
            let split = |state: usize| {
                let digits = targets.iter().zip(&dims).map(|(slot, dim)| state / stride(slot) % dim);
                let row = digits.clone().zip(&dims).fold(0, |row, (digit, dim)| row * dim + digit);
                (row, state - digits.zip(targets).map(|(digit, slot)| digit * stride(slot)).sum::<usize>())
            };
            let join = |rest: usize, mut column: usize| {
                targets.iter().zip(&dims).rev().fold(rest, |state, (slot, dim)| {
                    let digit = column % dim;
                    column /= dim;
                    state + digit * stride(slot)
                })
            };
            psi = (0..psi.len())
                .map(|state| {
                    let (row, rest) = split(state);
                    (0..kraus[0].ncols()).map(|column| kraus[0][(row, column)] * psi[join(rest, column)]).sum()
                })
                .collect();
        }
        psi
    }
}

fn distance(left: &[C64], right: &[C64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| (a - b).norm()).fold((left.len() != right.len()).into(), f64::max)
}

/// The dimensions cover runs of whole vectors and of odd lengths, tiles that fill the lanes and tiles that do not, and
/// digits of the tile above and below a block.
const DIMS: [&[usize]; 13] = [
    &[2],
    &[2; 7],
    &[2; 10],
    &[2; 13],
    &[3, 2, 2, 2, 2, 2],
    &[2, 2, 3, 2, 3, 2],
    &[2, 4, 2, 3, 3],
    &[5, 2, 3, 7],
    &[7, 3, 2, 5],
    &[40, 2, 2],
    &[2, 40, 3, 5],
    &[3; 8],
    &[2, 2, 17, 2, 2, 2, 2, 17],
];

/// Global phases differ, because the phase of an attached ket is that of its largest amplitude.
fn up_to_phase(left: &[C64], right: &[C64]) -> f64 {
    let overlap: C64 = left.iter().zip(right).map(|(a, b)| a.conj() * b).sum();
    let rotated: Vec<C64> = left.iter().map(|a| a * overlap / overlap.norm()).collect();
    distance(&rotated, right)
}

#[test]
fn gates_agree_with_loops_over_basis_states() {
    for (seed, dims) in (0..).zip(DIMS) {
        for seed in [seed, 100 + seed, 200 + seed] {
            let drawn = drawn(seed, dims, 12);
            let off = up_to_phase(&drawn.on_threads(1).entries, &drawn.amplitudes());
            assert!(off < 1e-14, "seed {seed}, {dims:?}: {off:e}");
        }
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for (seed, dims) in [(7, &[2; 15][..]), (8, &[3; 9]), (9, &[4, 2, 3, 3, 2, 5, 2, 2, 2, 2, 3])] {
        let drawn = drawn(seed, dims, 15);
        let one = drawn.on_threads(1);
        assert!(up_to_phase(&one.entries, &drawn.amplitudes()) < 1e-14, "{dims:?}");
        let marginal = |state: &Pure| state.reduced(&[Slot(3), Slot(0)], &Watch::never()).expect("nothing stops it");
        for threads in [2, 3] {
            let several = drawn.on_threads(threads);
            assert_eq!(several.entries, one.entries, "{dims:?} on {threads} threads");
            assert_eq!(marginal(&several), marginal(&one), "{dims:?} on {threads} threads");
        }
    }
}

#[test]
fn marginals_agree_with_the_reference() {
    for (seed, dims) in (0..).zip(DIMS).filter(|(_, dims)| dims.iter().product::<usize>() < 200) {
        let drawn = drawn(seed, dims, 8);
        let (fast, slow): (Pure, Reference) = (drawn.run(), drawn.run());
        let all = drawn.slots();
        let last = all[all.len() - 1];
        for slots in [&all[..], &all[..1], &[last], &[last, all[0]][..dims.len().min(2)], &[]] {
            let [a, b] = [fast.reduced(slots, &Watch::never()), slow.reduced(slots, &Watch::never())]
                .map(|reduced| reduced.expect("nothing stops it"));
            assert!(distance(a.as_slice(), b.as_slice()) < 1e-13, "seed {seed}, {dims:?}, {slots:?}");
        }
    }
}

/// ψ ⊗ φ, both random, is joined by a swap of the last subsystem of ψ with φ. Whatever is discarded is a factor.
#[test]
fn a_subsystem_that_is_not_entangled_is_removed_and_another_one_is_refused() {
    let dims = [2, 3, 2, 3, 2, 2, 3];
    let drawn = drawn(4, &dims, 10);
    let mut state: Pure = drawn.run();
    let before = state.entries.clone();
    let unit = Random::of(5).matrix(3, 1).normalize();
    state.attach(&[Slot(7)], &[3], &(&unit * unit.adjoint()), &Watch::never()).expect("nothing stops it");
    let swap = CMat::from_fn(9, 9, |i, j| if i / 3 == j % 3 && i % 3 == j / 3 { C64::ONE } else { C64::ZERO });
    let targets = [Slot(6), Slot(7)];
    state.act(&[Action { targets: &targets, kraus: &[swap] }], &Watch::never()).expect("nothing stops it");
    let entangled = state.clone().discard(&[Slot(7)], &Watch::never());
    let expected = purity(&state.reduced(&[Slot(7)], &Watch::never()).expect("nothing stops it"));
    let Err(FaultKind::Impure(Impurity::Entangled { purity })) = entangled else { panic!("{entangled:?}") };
    assert!((purity - expected).abs() < 1e-12 && purity < 0.99, "{purity}");
    state.discard(&[Slot(6)], &Watch::never()).expect("it is a factor");
    assert_eq!(state.alive(), [0, 1, 2, 3, 4, 5, 7].map(Slot));
    assert!(up_to_phase(&state.entries, &before) < 1e-14);
}

/// exp(−iHt) on three qubits and fresh units that come and go: the norm does not drift.
#[test]
fn the_norm_does_not_drift_in_a_hundred_thousand_steps() {
    let drawn = drawn(21, &[2, 2, 2], 6);
    let list: Vec<Action<'_>> = drawn.list.iter().map(|(targets, kraus)| Action { targets, kraus }).collect();
    let mut state: Pure = drawn.run();
    for _ in 0..100_000 {
        state.act(&list, &Watch::never()).expect("nothing stops it");
    }
    let drift = state.trace() - 1.0;
    assert!(drift.abs() < 1e-12, "{drift:e}");
    let ket = CMat::from_element(3, 1, C64::from(3.0_f64.sqrt().recip()));
    let mut one: Pure = Pure::new();
    for slot in 0..2000 {
        one.attach(&[Slot(slot)], &[3], &(&ket * ket.adjoint()), &Watch::never()).expect("nothing stops it");
        if slot > 2 {
            one.discard(&[Slot(slot - 3)], &Watch::never()).expect("a factor");
        }
    }
    let drift = one.trace() - 1.0;
    assert!(drift.abs() < 1e-14, "{drift:e}");
}

/// The same state on both engines, through units that are attached between gates.
#[test]
fn units_agree_with_the_density_matrix() {
    fn run<S: StateBackend>(drawn: &Drawn) -> CMat {
        let (all, never) = (drawn.slots(), Watch::never());
        let mut state = S::new();
        for (k, slot) in all.iter().enumerate() {
            let ket = &drawn.kets[k];
            state.attach(&[*slot], &[drawn.dims[k]], &(ket * ket.adjoint()), &never).expect("nothing stops it");
            for (targets, kraus) in drawn.list.iter().filter(|(targets, _)| targets.iter().all(|t| t <= slot)) {
                state.act(&[Action { targets, kraus }], &never).expect("nothing stops it");
            }
        }
        state.reduced(&all, &never).expect("nothing stops it")
    }
    for seed in 40..50 {
        let drawn = drawn(seed, &[2, 3, 2, 2, 3], 20);
        let off = distance(run::<Pure>(&drawn).as_slice(), run::<Density>(&drawn).as_slice());
        assert!(off < 1e-13, "seed {seed}: {off:e}");
    }
}

/// Twenty-four qubits in 256 MiB. `cargo test --release -- --ignored twenty_four` prints the memory of the process.
#[test]
#[ignore = "takes a second and 300 MB in a release build"]
fn twenty_four_qubits_take_less_than_a_gibibyte() {
    let (drawn, never) = (drawn(1, &[2; 24], 12), Watch::never());
    let state: Pure = drawn.run();
    let z = state.reduced(&[Slot(0)], &never).expect("nothing stops it");
    assert!((z.trace().re - 1.0).abs() < 1e-12 && (state.trace() - 1.0).abs() < 1e-12);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    assert!(peak.is_none_or(|kib| kib < 1 << 19), "{peak:?} KiB");
}
