//! The density-matrix backend of prism-q. Its qubit 0 is the least significant. The two-qubit gates used here are
//! symmetric, so the order of their targets does not matter.

use std::f64::consts::FRAC_PI_2;
use std::time::Instant;

use num_complex::Complex64;
use prism_q::backend::Backend;
use prism_q::circuit::fusion::fuse_circuit_for_width;
use prism_q::{Circuit, DensityMatrixBackend, Gate, Instruction, Multi2qData};
use smallvec::SmallVec;

use crate::measure::{report, timed};

type Matrix = [[Complex64; 4]; 4];

const ZERO: Complex64 = Complex64::new(0.0, 0.0);

/// The matrix with diagonal a, b, b, a and element ic between |01⟩ and |10⟩.
fn exchanging(a: Complex64, b: f64, c: f64) -> Matrix {
    let (b, c) = (Complex64::from(b), Complex64::new(0.0, c));
    [[a, ZERO, ZERO, ZERO], [ZERO, b, c, ZERO], [ZERO, c, b, ZERO], [ZERO, ZERO, ZERO, a]]
}

/// exp(−iθ(XX + YY)/2)
fn exchange(theta: f64) -> Matrix {
    exchanging(Complex64::from(1.0), theta.cos(), -theta.sin())
}

/// cos γ + i sin γ SWAP
fn partial_swap(gamma: f64) -> Matrix {
    exchanging(Complex64::cis(gamma), gamma.cos(), gamma.sin())
}

/// exp(−iθXX)
fn ising(theta: f64) -> Matrix {
    let mut u = exchanging(Complex64::from(theta.cos()), theta.cos(), -theta.sin());
    (u[0][3], u[3][0]) = (u[1][2], u[2][1]);
    u
}

fn apply(rho: &mut DensityMatrixBackend, gate: Gate, targets: &[usize]) {
    rho.apply(&Instruction::Gate { gate, targets: SmallVec::from_slice(targets) }).expect("a gate that fits");
}

/// A collision on s1 and s2, which are qubits 0 and 1. Both units are reset after it; the next e1 is on qubit `next`.
fn collision(e1: usize, e2: usize, next: usize) -> Circuit {
    let mut circuit = Circuit::new(5, 0);
    let two = |u: Matrix| Gate::Fused2q(Box::new(u));
    circuit.add_gate(two(exchange(0.25 * 0.2)), &[0, e1]);
    circuit.add_gate(two(exchange(0.25 * 0.2)), &[1, e2]);
    circuit.add_gate(two(ising(0.15 / 2.0 * 0.2)), &[0, 1]);
    circuit.add_gate(Gate::Rz(-0.2), &[0]);
    circuit.add_gate(Gate::Rz(-1.1 * 0.2), &[1]);
    circuit.add_gate(two(partial_swap(0.95 * FRAC_PI_2)), &[e2, next]);
    circuit.add_reset(e1);
    circuit.add_reset(e2);
    circuit
}

pub fn signals(fused: bool) {
    let (seconds, series) = timed(|| {
        let mut rho = DensityMatrixBackend::new(0);
        rho.init(5, 0).expect("five qubits");
        (0..2).for_each(|q| apply(&mut rho, Gate::H, &[q]));
        // e1 and the next e1 exchange qubits after each collision; e2 is reset and used again.
        let circuits = [collision(2, 3, 4), collision(4, 3, 2)];
        let circuits = circuits.map(|c| if fused { fuse_circuit_for_width(&c, true, 10).into_owned() } else { c });
        let mut series = [Vec::new(), Vec::new()];
        for n in 0..2000 {
            circuits[n % 2].instructions.iter().for_each(|i| rho.apply(i).expect("a gate that fits"));
            let x = rho.expectations_pauli(&[(1, 0, 0), (2, 0, 0)]);
            (0..2).for_each(|k| series[k].push(x[k]));
        }
        series.concat()
    });
    report(seconds, &series);
}

/// The unit is never stored: swap and trace are two Kraus operators on the last qubit.
pub fn chain(qubits: u32, steps: u32) {
    let qubits = qubits as usize;
    let mut rho = DensityMatrixBackend::new(0);
    rho.init(qubits, 0).expect("they fit into memory");
    for k in 0..qubits {
        let angle = (k + 1) as f64 / 3.0;
        apply(&mut rho, Gate::Ry(2.0 * angle), &[k]);
        apply(&mut rho, Gate::Rz(2.0 * angle), &[k]);
    }
    let pairs = (1..qubits).map(|k| (k - 1, k, exchange(0.05))).collect();
    let all: SmallVec<_> = (0..qubits).collect();
    let pairs = Instruction::Gate { gate: Gate::Multi2q(Box::new(Multi2qData::new(pairs))), targets: all };
    let swap = partial_swap(0.3);
    let kraus = [[[swap[0][0], ZERO], [ZERO, swap[1][1]]], [[ZERO, swap[1][2]], [ZERO, ZERO]]];
    let mut collide = || {
        rho.apply(&pairs).expect("gates that fit");
        rho.apply_1q_kraus(qubits - 1, &kraus);
    };
    collide();
    let start = Instant::now();
    (0..steps).for_each(|_| collide());
    let seconds = start.elapsed().as_secs_f64() / f64::from(steps);
    report(seconds, &rho.expectations_pauli(&[(0, 1, 0), (0, 1 << (qubits - 1), 0), (3, 0, 0)]));
}
