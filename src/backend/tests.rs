//! Compares the backends with each other on random sequences, and both with closed forms.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::random::program;
use super::*;
use crate::ir::{Layout, Measure, Op, OpKind, Origin, Scalar, SlotInfo};
use crate::quantum::{C64, InvalidState, StateFunction};

const A: Slot = Slot(0);
const B: Slot = Slot(1);
const C: Slot = Slot(2);

fn real(rows: usize, entries: &[f64]) -> CMat {
    CMat::from_row_iterator(rows, rows, entries.iter().map(|&x| C64::from(x)))
}

fn close(left: &CMat, right: &CMat, tolerance: f64) -> bool {
    left.shape() == right.shape() && (left - right).iter().all(|z| z.norm() <= tolerance)
}

fn qubits(count: u32) -> Layout {
    Layout { slots: (0..count).map(|i| SlotInfo { dim: 2, label: format!("q{i}") }).collect() }
}

/// ρ = |ψ⟩⟨ψ| with real amplitudes.
fn pure(amplitudes: &[f64]) -> CMat {
    let n = amplitudes.len();
    CMat::from_fn(n, n, |i, j| C64::from(amplitudes[i] * amplitudes[j]))
}

/// One unitary or channel.
fn act<S: StateBackend>(state: &mut S, targets: &[Slot], kraus: &[CMat]) {
    state.act(&[Action { targets, kraus }], &Watch::never()).expect("nothing stops it");
}

fn run<S: StateBackend>(seed: u64) -> (S, Vec<f64>, Vec<Slot>) {
    let program = program(seed, 14);
    let (mut state, mut records) = (S::new(), vec![f64::NAN; program.records]);
    for ops in [&program.prologue, &program.ops] {
        execute(ops, &program.layout, &mut state, &mut records, &Watch::never()).expect("a random program runs");
    }
    (state, records, program.exit)
}

#[test]
fn backends_agree_on_random_sequences() {
    let mut recorded = 0;
    for seed in 0..400 {
        let (mut fast, fast_records, exit) = run::<Density>(seed);
        let (mut slow, slow_records, _) = run::<Reference>(seed);
        let (mut alive, mut expected) = (fast.alive().to_vec(), exit.clone());
        alive.sort();
        expected.sort();
        assert_eq!(alive, expected, "seed {seed}");
        assert!((fast.trace() - slow.trace()).abs() < 1e-12, "seed {seed}");
        for (x, y) in fast_records.iter().zip(&slow_records) {
            assert!((x - y).abs() < 1e-12 * y.abs().max(1.0) || (x.is_nan() && y.is_nan()), "seed {seed}: {x} {y}");
            recorded += usize::from(!x.is_nan());
        }
        // The streams advance: every slot takes the name of the next slot.
        let pairs: Vec<_> = (0..exit.len()).map(|i| (exit[i], exit[(i + 1) % exit.len()])).collect();
        fast.relabel(&pairs);
        slow.relabel(&pairs);
        assert!(
            close(
                &fast.reduced(&exit, &Watch::never()).expect("nothing stops it"),
                &slow.reduced(&exit, &Watch::never()).expect("nothing stops it"),
                1e-12
            ),
            "seed {seed}"
        );
        assert!(
            close(
                &fast.reduced(&exit[..1], &Watch::never()).expect("nothing stops it"),
                &slow.reduced(&exit[..1], &Watch::never()).expect("nothing stops it"),
                1e-12
            ),
            "seed {seed}"
        );
    }
    assert!(recorded > 50, "the random programs record almost nothing");
}

/// Runs a test on both backends.
macro_rules! on_both {
    ($($name:ident)*) => { $(
        mod $name {
            use super::super::{Density, Reference};
            #[test]
            fn density() { super::checks::$name::<Density>(); }
            #[test]
            fn reference() { super::checks::$name::<Reference>(); }
        }
    )* };
}

on_both! {
    order_of_targets
    bell_state_is_maximally_mixed_locally
    partial_swap_moves_population
    damping_decays
    qutrit_shift_respects_digits
    uncorrelate_keeps_marginals_and_trace
    mix_takes_any_order
    relabel_is_simultaneous
    linear_on_any_hermitian_matrix
}

mod checks {
    use super::*;

    /// CNOT with the control first, on (B, A): flips A where B is 1.
    pub(super) fn order_of_targets<S: StateBackend>() {
        let mut state = S::new();
        state.attach(&[A, B], &[2, 2], &pure(&[0.0, 1.0, 0.0, 0.0]), &Watch::never()).expect("nothing stops it"); // |01⟩
        let cnot = real(4, &[1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0., 1., 0., 0., 1., 0.]);
        act(&mut state, &[B, A], std::slice::from_ref(&cnot));
        assert!(close(
            &state.reduced(&[A, B], &Watch::never()).expect("nothing stops it"),
            &pure(&[0.0, 0.0, 0.0, 1.0]),
            1e-15
        ));
        act(&mut state, &[A], std::slice::from_ref(&real(2, &[0., 1., 1., 0.])));
        assert!(close(
            &state.reduced(&[A, B], &Watch::never()).expect("nothing stops it"),
            &pure(&[0.0, 1.0, 0.0, 0.0]),
            1e-15
        ));
        assert!(close(
            &state.reduced(&[B, A], &Watch::never()).expect("nothing stops it"),
            &pure(&[0.0, 0.0, 1.0, 0.0]),
            1e-15
        ));
    }

    pub(super) fn bell_state_is_maximally_mixed_locally<S: StateBackend>() {
        let h = 0.5_f64.sqrt();
        let mut state = S::new();
        state.attach(&[A], &[2], &pure(&[1.0, 0.0]), &Watch::never()).expect("nothing stops it");
        state.attach(&[B], &[2], &pure(&[1.0, 0.0]), &Watch::never()).expect("nothing stops it");
        act(&mut state, &[A], std::slice::from_ref(&real(2, &[h, h, h, -h])));
        act(
            &mut state,
            &[A, B],
            std::slice::from_ref(&real(4, &[1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0., 1., 0., 0., 1., 0.])),
        );
        assert!(close(
            &state.reduced(&[A, B], &Watch::never()).expect("nothing stops it"),
            &pure(&[h, 0.0, 0.0, h]),
            1e-15
        ));
        for slot in [A, B] {
            assert!(close(
                &state.reduced(&[slot], &Watch::never()).expect("nothing stops it"),
                &real(2, &[0.5, 0., 0., 0.5]),
                1e-15
            ));
        }
        state.discard(&[A], &Watch::never()).expect("nothing stops it");
        assert!(close(
            &state.reduced(&[B], &Watch::never()).expect("nothing stops it"),
            &real(2, &[0.5, 0., 0., 0.5]),
            1e-15
        ));
        assert_eq!(state.alive(), &[B]);
    }

    /// cos θ + i sin θ SWAP on |1⟩⟨1| ⊗ |0⟩⟨0| leaves the excitation in place with probability cos² θ.
    pub(super) fn partial_swap_moves_population<S: StateBackend>() {
        let (sin, cos) = 0.7_f64.sin_cos();
        let swap = real(4, &[1., 0., 0., 0., 0., 0., 1., 0., 0., 1., 0., 0., 0., 0., 0., 1.]);
        let u = CMat::identity(4, 4) * C64::from(cos) + swap * C64::new(0.0, sin);
        let mut state = S::new();
        state.attach(&[A], &[2], &pure(&[0.0, 1.0]), &Watch::never()).expect("nothing stops it");
        state.attach(&[C], &[2], &pure(&[1.0, 0.0]), &Watch::never()).expect("nothing stops it");
        act(&mut state, &[C, A], std::slice::from_ref(&u));
        let [stays, leaves] = [cos * cos, sin * sin];
        assert!(close(
            &state.reduced(&[A], &Watch::never()).expect("nothing stops it"),
            &real(2, &[leaves, 0., 0., stays]),
            1e-15
        ));
        assert!(close(
            &state.reduced(&[C], &Watch::never()).expect("nothing stops it"),
            &real(2, &[stays, 0., 0., leaves]),
            1e-15
        ));
        // ⟨01|ρ|10⟩ = (cos θ)(i sin θ)* with A the first digit of |10⟩
        assert!(
            (state.reduced(&[A, C], &Watch::never()).expect("nothing stops it")[(2, 1)] - C64::new(0.0, -sin * cos))
                .norm()
                < 1e-15
        );
    }

    /// Amplitude damping with probability p, k times: the excited population is (1−p)^k, a coherence (1−p)^(k/2).
    pub(super) fn damping_decays<S: StateBackend>() {
        let p: f64 = 0.1;
        let kraus = [real(2, &[1., 0., 0., (1.0 - p).sqrt()]), real(2, &[0., p.sqrt(), 0., 0.])];
        let h = 0.5_f64.sqrt();
        let mut state = S::new();
        state
            .attach(&[B], &[3], &real(3, &[0.2, 0., 0., 0., 0.3, 0., 0., 0., 0.5]), &Watch::never())
            .expect("nothing stops it");
        state.attach(&[A], &[2], &pure(&[h, h]), &Watch::never()).expect("nothing stops it");
        for _ in 0..20 {
            act(&mut state, &[A], &kraus);
        }
        let (excited, coherence) = (0.5 * 0.9_f64.powi(20), 0.5 * 0.9_f64.powi(10));
        let expected = real(2, &[1.0 - excited, coherence, coherence, excited]);
        assert!(close(&state.reduced(&[A], &Watch::never()).expect("nothing stops it"), &expected, 1e-14));
        assert!(close(
            &state.reduced(&[B], &Watch::never()).expect("nothing stops it"),
            &real(3, &[0.2, 0., 0., 0., 0.3, 0., 0., 0., 0.5]),
            1e-14
        ));
    }

    /// |k⟩ → |k+1 mod 3⟩ on the middle one of three subsystems of dimensions 2, 3, 4.
    pub(super) fn qutrit_shift_respects_digits<S: StateBackend>() {
        let mut state = S::new();
        let one_of = |dim: usize, k: usize| pure(&(0..dim).map(|i| f64::from(u8::from(i == k))).collect::<Vec<_>>());
        for (slot, dim, k) in [(A, 2, 1), (B, 3, 1), (C, 4, 2)] {
            state.attach(&[slot], &[dim], &one_of(dim, k), &Watch::never()).expect("nothing stops it");
        }
        act(&mut state, &[B], std::slice::from_ref(&real(3, &[0., 0., 1., 1., 0., 0., 0., 1., 0.])));
        assert!(close(
            &state.reduced(&[A, B, C], &Watch::never()).expect("nothing stops it"),
            &one_of(24, 12 + 2 * 4 + 2),
            0.0
        ));
        assert!(close(&state.reduced(&[C, A], &Watch::never()).expect("nothing stops it"), &one_of(8, 2 * 2 + 1), 0.0));
        assert!(close(&state.reduced(&[], &Watch::never()).expect("nothing stops it"), &one_of(1, 0), 0.0));
    }

    pub(super) fn uncorrelate_keeps_marginals_and_trace<S: StateBackend>() {
        let h = 0.5_f64.sqrt();
        let mut state = S::new();
        // The trace deviates from 1 by 1e-9, with an imaginary part; the deviation must not be amplified.
        state
            .attach(&[A, B], &[2, 2], &(pure(&[h, 0.0, 0.0, h]) * C64::new(1.0 + 1e-9, 1e-9)), &Watch::never())
            .expect("nothing stops it");
        state.attach(&[C], &[2], &pure(&[0.6, 0.8]), &Watch::never()).expect("nothing stops it");
        state.uncorrelate(&[vec![C, A], vec![B]], &Watch::never()).expect("nothing stops it");
        let half = real(2, &[0.5, 0., 0., 0.5]);
        let expected = half.kronecker(&half).kronecker(&pure(&[0.6, 0.8]));
        assert!(close(&state.reduced(&[A, B, C], &Watch::never()).expect("nothing stops it"), &expected, 1e-15));
        erase_many_times(&mut state, 1_000);
    }

    /// Correlates A with C and erases the correlation again, `steps` times.
    pub(super) fn erase_many_times<S: StateBackend>(state: &mut S, steps: usize) {
        let turn = real(4, &[0.8, 0., 0., 0.6, 0., 1., 0., 0., 0., 0., 1., 0., -0.6, 0., 0., 0.8]);
        for _ in 0..steps {
            act(state, &[A, C], std::slice::from_ref(&turn));
            state.uncorrelate(&[vec![A], vec![B], vec![C]], &Watch::never()).expect("nothing stops it");
        }
        let rho = state.reduced(&[A, B, C], &Watch::never()).expect("nothing stops it");
        assert!((rho.trace() - C64::ONE).norm() < 1e-12);
        assert!(rho.iter().all(|z| z.is_finite()));
    }

    pub(super) fn mix_takes_any_order<S: StateBackend>() {
        let (up, tilted) = (pure(&[1.0, 0.0]), pure(&[0.6, 0.0, 0.8]));
        let mut left = S::new();
        left.attach(&[A], &[2], &up, &Watch::never()).expect("nothing stops it");
        left.attach(&[B], &[3], &tilted, &Watch::never()).expect("nothing stops it");
        let mut right = S::new();
        right.attach(&[B], &[3], &pure(&[0.0, 1.0, 0.0]), &Watch::never()).expect("nothing stops it");
        right.attach(&[A], &[2], &pure(&[0.0, 1.0]), &Watch::never()).expect("nothing stops it");
        left.mix(0.25, right, &Watch::never()).expect("nothing stops it");
        let other = pure(&[0.0, 1.0]).kronecker(&pure(&[0.0, 1.0, 0.0]));
        let expected = up.kronecker(&tilted) * C64::from(0.25) + other * C64::from(0.75);
        assert!(close(&left.reduced(&[A, B], &Watch::never()).expect("nothing stops it"), &expected, 1e-15));
    }

    pub(super) fn relabel_is_simultaneous<S: StateBackend>() {
        let mut state = S::new();
        state.attach(&[A], &[2], &pure(&[1.0, 0.0]), &Watch::never()).expect("nothing stops it");
        state.attach(&[B], &[2], &pure(&[0.6, 0.8]), &Watch::never()).expect("nothing stops it");
        state.relabel(&[(B, A), (A, C)]);
        assert!(close(&state.reduced(&[A], &Watch::never()).expect("nothing stops it"), &pure(&[0.6, 0.8]), 1e-15));
        assert!(close(&state.reduced(&[C], &Watch::never()).expect("nothing stops it"), &pure(&[1.0, 0.0]), 0.0));
    }

    /// The map of a step acts on Hermitian matrices that are not states, such as X.
    pub(super) fn linear_on_any_hermitian_matrix<S: StateBackend>() {
        let mut state = S::new();
        state.attach(&[A], &[2], &real(2, &[0., 1., 1., 0.]), &Watch::never()).expect("nothing stops it");
        let phase = CMat::from_diagonal(&nalgebra::DVector::from_vec(vec![C64::ONE, C64::i()]));
        act(&mut state, &[A], std::slice::from_ref(&phase));
        assert_eq!(
            [(0, 1), (1, 0)].map(|at| state.reduced(&[A], &Watch::never()).expect("nothing stops it")[at]),
            [-C64::i(), C64::i()]
        );
        assert_eq!(state.trace(), 0.0);
    }
}

#[test]
fn a_hundred_thousand_erasures_keep_the_trace() {
    let mut state = Density::new();
    // The trace is 1 only within rounding.
    state.attach(&[A, B], &[2, 2], &pure(&[0.5, 0.1, 0.7, 0.5]), &Watch::never()).expect("nothing stops it");
    state.attach(&[C], &[2], &pure(&[0.6, 0.8]), &Watch::never()).expect("nothing stops it");
    checks::erase_many_times(&mut state, 100_000);
}

fn record(value: Scalar) -> OpKind {
    OpKind::Record { index: 0, label: "R".into(), value }
}

fn attach(slot: Slot, state: CMat) -> OpKind {
    OpKind::Attach { slots: vec![slot], state: Arc::new(state) }
}

fn outcome(kinds: Vec<OpKind>, watch: &Watch<'_>) -> Result<f64, Fault> {
    let ops: Vec<Op> = (0..).zip(kinds).map(|(i, kind)| Op { origin: Origin(i), kind }).collect();
    let mut records = [0.0];
    execute(&ops, &qubits(3), &mut Density::new(), &mut records, watch).map(|()| records[0])
}

fn expectation(slot: Slot, matrix: CMat) -> Scalar {
    Scalar::Measure(Measure::Expectation { terms: vec![(vec![slot], Arc::new(matrix))], label: "A".into() })
}

fn inverse(of: Scalar) -> Scalar {
    Scalar::Apply { name: "inverse", function: |args| args[0].inv(), args: vec![of] }
}

#[test]
fn only_a_missing_unit_gives_a_missing_number() {
    let z = real(2, &[1., 0., 0., -1.]);
    let mixed = || attach(A, real(2, &[0.5, 0., 0., 0.5]));
    let fault = |kind| Err(Fault { place: Some(Place::Statement(Origin(1))), kind });
    assert_eq!(outcome(vec![mixed(), record(expectation(A, z.clone()))], &Watch::never()), Ok(0.0));
    assert!(outcome(vec![mixed(), record(expectation(B, z.clone()))], &Watch::never()).is_ok_and(f64::is_nan));
    assert!(outcome(vec![mixed(), record(inverse(expectation(B, z.clone())))], &Watch::never()).is_ok_and(f64::is_nan));
    assert_eq!(
        outcome(vec![mixed(), record(inverse(expectation(A, z)))], &Watch::never()),
        fault(FaultKind::NotFinite)
    );
    let infinite = real(2, &[f64::INFINITY, 0., 0., 0.5]);
    let purity = Scalar::Measure(Measure::Reduced { slots: vec![A], function: StateFunction::named("purity") });
    assert_eq!(outcome(vec![attach(A, infinite), record(purity)], &Watch::never()), fault(FaultKind::NotFinite));
}

#[test]
fn complex_numbers_and_negative_states_are_faults() {
    let plus = || attach(A, real(2, &[0.5, 0.5, 0.5, 0.5]));
    let ladder = real(2, &[0., 1., 0., 0.]) * C64::i();
    let complex = outcome(vec![plus(), record(expectation(A, ladder))], &Watch::never());
    assert_eq!(complex.map_err(|fault| fault.kind), Err(FaultKind::ComplexValue { re: 0.0, im: 0.5 }));
    let entropy = Scalar::Measure(Measure::Reduced { slots: vec![A], function: StateFunction::named("entropy") });
    let negative = outcome(vec![attach(A, real(2, &[1.5, 0., 0., -0.5])), record(entropy)], &Watch::never());
    let Err(Fault {
        place: Some(Place::Statement(Origin(1))),
        kind: FaultKind::InvalidState { why: InvalidState::Eigenvalue(eigenvalue), measure: _ },
    }) = negative
    else {
        panic!("{negative:?}")
    };
    assert!((eigenvalue + 0.5).abs() < 1e-12);
}

#[test]
fn a_long_repeat_can_be_stopped() {
    let checks = AtomicUsize::new(0);
    let fourth = || checks.fetch_add(1, Ordering::Relaxed) == 3;
    let body = vec![Op { origin: Origin(9), kind: OpKind::Discard { slots: vec![] } }];
    let stopped = outcome(vec![OpKind::Repeat { count: u64::MAX, body }], &Watch::new(&fourth));
    assert_eq!(stopped, Err(Fault { place: None, kind: FaultKind::Interrupted }));
    assert_eq!(checks.into_inner(), 4);
}

/// A backend that counts the partial traces.
#[derive(Clone)]
struct Counting(Density, std::rc::Rc<std::cell::Cell<usize>>);

impl StateBackend for Counting {
    fn new() -> Self {
        Self(Density::new(), std::rc::Rc::default())
    }
    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.0.attach(slots, dims, state, watch)
    }
    fn act(&mut self, actions: &[Action<'_>], watch: &Watch<'_>) -> Result<(), Stopped> {
        self.0.act(actions, watch)
    }
    fn discard(&mut self, slots: &[Slot], watch: &Watch<'_>) -> Result<(), FaultKind> {
        self.0.discard(slots, watch)
    }
    fn uncorrelate(&mut self, groups: &[Vec<Slot>], watch: &Watch<'_>) -> Result<(), Stopped> {
        self.0.uncorrelate(groups, watch)
    }
    fn restrict(&mut self, event: &Event, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.0.restrict(event, watch)
    }

    fn scale(&mut self, factor: f64, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.0.scale(factor, watch)
    }

    fn add(&mut self, other: Self, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.0.add(other.0, watch)
    }

    fn mix(&mut self, probability: f64, other: Self, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.0.mix(probability, other.0, watch)
    }
    fn relabel(&mut self, pairs: &[(Slot, Slot)]) {
        self.0.relabel(pairs);
    }
    fn reduced(&self, slots: &[Slot], watch: &Watch<'_>) -> Result<CMat, Stopped> {
        self.1.set(self.1.get() + 1);
        self.0.reduced(slots, watch)
    }
    fn alive(&self) -> &[Slot] {
        self.0.alive()
    }
    fn trace(&self) -> f64 {
        self.0.trace()
    }
}

#[test]
fn measures_of_one_pair_share_a_partial_trace_until_the_state_changes() {
    let entropy =
        || record(Scalar::Measure(Measure::Reduced { slots: vec![A], function: StateFunction::named("entropy") }));
    let purity =
        || record(Scalar::Measure(Measure::Reduced { slots: vec![A], function: StateFunction::named("purity") }));
    let half = real(2, &[0.5, 0., 0., 0.5]);
    let flip = OpKind::Unitary { targets: vec![A], matrix: Arc::new(real(2, &[0., 1., 1., 0.])) };
    let kinds = [attach(A, half), entropy(), purity(), flip, purity(), entropy()];
    let ops: Vec<Op> = kinds.into_iter().map(|kind| Op { origin: Origin(0), kind }).collect();
    let mut state = Counting::new();
    execute(&ops, &qubits(1), &mut state, &mut [0.0], &Watch::never()).expect("nothing is wrong");
    assert_eq!(state.1.get(), 2);
}
