//! Long runs on the density matrix: conserved traces and purities do not drift.

use super::random::Random;
use super::*;
use crate::quantum::{C64, exp_i};

/// exp(−iHt) of a random Hermitian matrix.
fn unitary(seed: u64, dim: usize) -> CMat {
    let a = Random::of(seed).matrix(dim, dim);
    exp_i(&(&a + a.adjoint()), 0.7)
}

/// exp(−iHt) as in [`unitary`], close to 1.
fn weak_unitary(seed: u64, dim: usize) -> CMat {
    let a = Random::of(seed).matrix(dim, dim);
    exp_i(&(&a + a.adjoint()), 7e-4)
}

/// A density matrix with slots given by number, for stepping by hand.
struct Stepped(Density);

impl Stepped {
    fn new(rho: &CMat) -> Self {
        let mut stepped = Self(Density::new());
        stepped.attach(0, rho);
        stepped
    }

    fn attach(&mut self, slot: u32, state: &CMat) {
        self.0.attach(&[Slot(slot)], &[state.nrows()], state, &Watch::never()).expect("nothing stops it");
    }

    fn act(&mut self, slots: &[u32], kraus: &[CMat]) {
        let targets: Vec<Slot> = slots.iter().copied().map(Slot).collect();
        self.0.act(&[Action { targets: &targets, kraus }], &Watch::never()).expect("nothing stops it");
    }

    fn discard(&mut self, slot: u32) {
        self.0.discard(&[Slot(slot)], &Watch::never()).expect("nothing stops it");
    }

    fn rho(&self) -> CMat {
        self.0.reduced(&[Slot(0)], &Watch::never()).expect("nothing stops it")
    }
}

fn mixed(dim: usize) -> CMat {
    let weights = (1..=dim).map(|k| C64::from(2.0 * k as f64 / (dim * (dim + 1)) as f64));
    CMat::from_diagonal(&nalgebra::DVector::from_iterator(dim, weights))
}

fn purity(rho: &CMat) -> f64 {
    rho.iter().map(C64::norm_sqr).sum()
}

/// If the gates were rounded to doubles once, trace and purity would change by about 10⁻¹⁰ in 10⁶ collisions.
#[test]
fn unitary_runs_keep_trace_and_purity() {
    for (seed, dim, collisions, allowed) in
        [(12, 2, 1_000_000, 1e-12), (11, 3, 200_000, 5e-13), (11, 4, 200_000, 5e-13)]
    {
        let (u, rho) = (unitary(seed, dim), mixed(dim));
        let mut state = Stepped::new(&rho);
        (0..collisions).for_each(|_| state.act(&[0], std::slice::from_ref(&u)));
        let (trace, purity) = (state.0.trace() - 1.0, purity(&state.rho()) - purity(&rho));
        assert!(trace.abs() < allowed && purity.abs() < allowed, "dimension {dim}: {trace:e}, {purity:e}");
    }
}

/// Attaches units whose populations do not add up to 1 in doubles, and applies a channel with rounded operators. Both act
/// weakly, so that the state changes during the whole run: in a stationary state, rounding hides a bias.
#[test]
fn collisions_and_channels_keep_the_trace() {
    let (weak, turn, damping) = (weak_unitary(5, 4), unitary(6, 2), 1.7e-6f64);
    let kraus = [[1.0, 0.0, 0.0, (1.0 - damping).sqrt()], [0.0, damping.sqrt(), 0.0, 0.0]]
        .map(|entries| CMat::from_row_slice(2, 2, &entries.map(C64::from)));
    let mut units = Stepped::new(&mixed(2));
    let mut damped = Stepped::new(&mixed(2));
    for _ in 0..300_000 {
        units.attach(1, &mixed(2));
        units.act(&[0, 1], std::slice::from_ref(&weak));
        units.discard(1);
        units.act(&[0], std::slice::from_ref(&turn));
        damped.act(&[0], &kraus);
        damped.act(&[0], std::slice::from_ref(&turn));
    }
    let [units, damped] = [units, damped].map(|state| state.0.trace() - 1.0);
    assert!(units.abs() < 1e-12 && damped.abs() < 1e-12, "{units:e}, {damped:e}");
}

/// The result of a collision depends on the state alone: a run that continues an earlier run gives the same bits as a
/// single run.
#[test]
fn rounding_depends_on_the_state_alone() {
    let u = unitary(3, 4);
    let run = |from: &CMat, collisions: usize| {
        let mut state = Stepped::new(from);
        (0..collisions).for_each(|_| state.act(&[0], std::slice::from_ref(&u)));
        state.rho()
    };
    assert_eq!(run(&run(&mixed(4), 100), 100), run(&mixed(4), 200));
}
