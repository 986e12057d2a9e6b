//! Times the backends on large states. The goal is given beside each group.
//!
//! A step of the chain applies an exchange to each neighbouring pair, then a partial swap of the last qubit with a
//! fresh ancilla, which is traced out. Swap and trace are two Kraus operators on the last qubit. Goals are for two
//! threads at 30 GB/s.

use std::hint::black_box;

use carom::backend::{Action, Density, Pure, StateBackend, Watch};
use carom::ir::Slot;
use carom::quantum::{C64, CMat};
use criterion::{BenchmarkId, Criterion};

/// exp(−iθ(XX + YY)/2)
fn exchange(theta: f64) -> CMat {
    let (sin, cos) = theta.sin_cos();
    let mut u = CMat::identity(4, 4);
    for (at, z) in
        [((1, 1), cos.into()), ((2, 2), cos.into()), ((1, 2), C64::new(0.0, -sin)), ((2, 1), C64::new(0.0, -sin))]
    {
        u[at] = z;
    }
    u
}

/// ⟨j| cos γ + i sin γ SWAP |0⟩ for a fresh ancilla: the Kraus operators of the partial swap on its partner.
fn swapped(gamma: f64) -> [CMat; 2] {
    let (sin, cos) = gamma.sin_cos();
    let (zero, cos, sin) = (C64::ZERO, C64::from(cos), C64::new(0.0, sin));
    [CMat::from_row_slice(2, 2, &[cos + sin, zero, zero, cos]), CMat::from_row_slice(2, 2, &[zero, sin, zero, zero])]
}

/// A product state without zeros.
fn chain<S: StateBackend>(qubits: u32) -> (S, Vec<Slot>) {
    let slots: Vec<Slot> = (0..qubits).map(Slot).collect();
    let mut state = S::new();
    for slot in &slots {
        let angle = f64::from(slot.0 + 1);
        let ket = [C64::from(angle.cos()), C64::from_polar(angle.sin(), 2.0 * angle)];
        state
            .attach(&[*slot], &[2], &CMat::from_fn(2, 2, |i, j| ket[i] * ket[j].conj()), &Watch::never())
            .expect("nothing stops it");
    }
    (state, slots)
}

/// Goal: 30 ms for 11 qubits (a step of 12 with the ancilla), 4 ms for 10, 0.3 ms for 8.
fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chain step");
    group.sample_size(10);
    let (u, kraus) = (exchange(0.05), swapped(0.3));
    for qubits in [8, 10, 11] {
        let (mut state, slots) = chain::<Density>(qubits);
        let mut actions: Vec<Action<'_>> =
            slots.windows(2).map(|targets| Action { targets, kraus: std::slice::from_ref(&u) }).collect();
        actions.push(Action { targets: &slots[slots.len() - 1..], kraus: &kraus });
        group.bench_function(BenchmarkId::from_parameter(qubits), |bench| {
            bench.iter(|| state.act(black_box(&actions), &Watch::never()).expect("nothing stops it"));
        });
    }
    group.finish();
}

/// Goal at 11 qubits: 6 ms each, the time to read and write half of the matrix and to move data within the cache.
fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("11 qubits");
    group.sample_size(10);
    let (mut state, slots) = chain::<Density>(11);
    let (u, kraus) = (exchange(0.05), swapped(0.3));
    let h = C64::from(0.5_f64.sqrt());
    let hadamard = CMat::from_row_slice(2, 2, &[h, h, h, -h]);
    let one = std::slice::from_ref;
    let cases = [
        ("one qubit, first", Action { targets: &slots[..1], kraus: one(&hadamard) }),
        ("one qubit, last", Action { targets: &slots[10..], kraus: one(&hadamard) }),
        ("exchange, first two", Action { targets: &slots[..2], kraus: one(&u) }),
        ("exchange, last two", Action { targets: &slots[9..], kraus: one(&u) }),
        ("exchange, far apart", Action { targets: &[slots[0], slots[10]], kraus: one(&u) }),
        ("collision, last", Action { targets: &slots[10..], kraus: &kraus }),
    ];
    for (name, action) in &cases {
        group.bench_function(*name, |bench| {
            bench.iter(|| {
                state.act(black_box(std::slice::from_ref(action)), &Watch::never()).expect("nothing stops it");
            });
        });
    }
    group.finish();
}

/// An exchange on each neighbouring pair, or on every pair, of a state vector. Goal: no more than qulacs takes
/// (`benches/peers/run`).
fn vectors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("20 qubits, pure");
    group.sample_size(10);
    let (mut state, slots) = chain::<Pure>(20);
    let u = exchange(0.05);
    let neighbours: Vec<[Slot; 2]> = slots.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    let all: Vec<[Slot; 2]> =
        slots.iter().flat_map(|&a| slots.iter().filter(move |b| a < **b).map(move |&b| [a, b])).collect();
    for (name, pairs) in [("one pair", &neighbours[9..10]), ("neighbouring pairs", &neighbours), ("every pair", &all)] {
        let actions: Vec<Action<'_>> =
            pairs.iter().map(|targets| Action { targets, kraus: std::slice::from_ref(&u) }).collect();
        group.bench_function(name, |bench| {
            bench.iter(|| state.act(black_box(&actions), &Watch::never()).expect("nothing stops it"));
        });
    }
    group.bench_function("mean of one qubit", |bench| {
        bench.iter(|| state.reduced(black_box(&slots[9..10]), &Watch::never()).expect("nothing stops it"));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    steps(&mut criterion);
    kernels(&mut criterion);
    vectors(&mut criterion);
    criterion.final_summary();
}
