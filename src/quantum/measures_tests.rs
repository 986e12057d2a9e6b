//! Measures against closed forms.

use super::super::linalg::{exp_i, kron};
use super::super::states::{maximally_mixed, minus_ket, plus_i_ket, plus_ket, projector};
use super::super::testing::{Random, identity};
use super::*;

fn value(function: &StateFunction, rho: &CMat, dims: &[usize]) -> f64 {
    function.evaluate(rho, dims).unwrap()
}

/// w |Ψ⁻⟩⟨Ψ⁻| + (1 − w) 1/4
fn werner(w: f64) -> CMat {
    let half = C64::from(0.5);
    let mut singlet = CMat::zeros(4, 4);
    for (row, col, sign) in [(1, 1, half), (2, 2, half), (1, 2, -half), (2, 1, -half)] {
        singlet[(row, col)] = sign;
    }
    singlet * C64::from(w) + identity(4) * C64::from((1.0 - w) / 4.0)
}

#[test]
fn concurrence_of_a_pure_state_is_twice_the_modulus_of_its_determinant() {
    let mut random = Random::new(1);
    for round in 0..500 {
        let mut ket = random.ket(4);
        if round % 2 == 1 {
            // Close to a product state, where the textbook formula is worst.
            ket[3] = ket[1] * ket[2] / ket[0] + C64::from(random.real() * 1e-7);
            let norm = ket.norm();
            ket /= C64::from(norm);
        }
        let expected = 2.0 * (ket[0] * ket[3] - ket[1] * ket[2]).norm();
        let found = value(&StateFunction::Concurrence, &projector(&ket), &[2, 2]);
        assert!((found - expected).abs() < 1e-14, "{found:e} is not {expected:e}");
    }
}

#[test]
fn a_werner_state_is_entangled_above_one_third() {
    for w in [0.0, 0.2, 1.0 / 3.0, 0.34, 0.5, 0.9, 1.0] {
        let rho = werner(w);
        let concurrence = value(&StateFunction::Concurrence, &rho, &[2, 2]);
        assert!((concurrence - ((3.0 * w - 1.0) / 2.0).max(0.0)).abs() < 1e-14, "w = {w}");
        let negativity = value(&StateFunction::Negativity { split: 1 }, &rho, &[2, 2]);
        assert!((negativity - ((3.0 * w - 1.0) / 4.0).max(0.0)).abs() < 1e-14, "w = {w}");
        let plogp = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        let entropy = plogp((1.0 + 3.0 * w) / 4.0) + 3.0 * plogp((1.0 - w) / 4.0);
        assert!((value(&StateFunction::Entropy, &rho, &[2, 2]) - entropy).abs() < 1e-14, "w = {w}");
        let information = value(&StateFunction::MutualInformation { split: 1 }, &rho, &[2, 2]);
        assert!((information - (2.0 * 2f64.ln() - entropy)).abs() < 1e-14, "w = {w}");
        let purity = value(&StateFunction::Purity, &rho, &[2, 2]);
        assert!((purity - (1.0 + 3.0 * w * w) / 4.0).abs() < 1e-14, "w = {w}");
    }
}

/// ρ in another local basis of each of two qubits.
fn turned(rho: &CMat, random: &mut Random) -> CMat {
    let [u, v] = [0; 2].map(|_| exp_i(&random.hermitian(2), 1.0));
    let local = kron(&u, &v);
    &local * rho * local.adjoint()
}

#[test]
fn concurrence_does_not_change_under_local_unitaries() {
    let mut random = Random::new(2);
    for rank in 1..=4 {
        let rho = random.density(4, rank);
        let [before, after] =
            [turned(&rho, &mut random), rho].map(|rho| value(&StateFunction::Concurrence, &rho, &[2, 2]));
        assert!((before - after).abs() < 1e-14, "rank {rank}: {before} and {after}");
    }
}

#[test]
fn concurrence_of_a_rank_two_state_does_not_see_the_rounding_of_its_zeros() {
    // p |Φ⁺⟩⟨Φ⁺| + (1 − p) |01⟩⟨01| has concurrence p; its null vector |10⟩ is coupled to |01⟩ by σy⊗σy.
    let mut random = Random::new(6);
    for p in [0.1, 0.5, 0.9] {
        let mut rho = CMat::zeros(4, 4);
        for (row, col) in [(0, 0), (0, 3), (3, 0), (3, 3)] {
            rho[(row, col)] = C64::from(p / 2.0);
        }
        rho[(1, 1)] = C64::from(1.0 - p);
        for _ in 0..20 {
            let found = value(&StateFunction::Concurrence, &turned(&rho, &mut random), &[2, 2]);
            assert!((found - p).abs() < 1e-14, "{found} is not {p}");
        }
    }
}

#[test]
fn entropies_of_pure_states_are_those_of_their_parts() {
    let mut random = Random::new(3);
    let dims = [2, 3, 2];
    let rho = projector(&random.ket(12));
    assert!(value(&StateFunction::Entropy, &rho, &dims) < 1e-13);
    for split in 1..3 {
        let part = partial_trace(&rho, &dims, &(0..split).collect::<Vec<_>>());
        let entropy = value(&StateFunction::Entropy, &part, &dims[..split]);
        let information = value(&StateFunction::MutualInformation { split }, &rho, &dims);
        assert!((information - 2.0 * entropy).abs() < 1e-13);
        // ‖ρ^T_A‖₁ = (Σ √λ)² over the spectrum of a part: of the smaller one, which has full rank.
        let smaller = partial_trace(&rho, &dims, &[if split == 1 { 0 } else { 2 }]);
        let roots: f64 = eigenvalues_hermitian(&smaller).iter().map(|x| x.sqrt()).sum();
        let negativity = value(&StateFunction::Negativity { split }, &rho, &dims);
        assert!((negativity - (roots * roots - 1.0) / 2.0).abs() < 1e-13, "split {split}");
    }
    assert!((value(&StateFunction::Entropy, &maximally_mixed(12), &dims) - 12f64.ln()).abs() < 1e-14);
    let product_state = kron(&random.density(2, 2), &random.density(3, 2));
    assert!(value(&StateFunction::MutualInformation { split: 1 }, &product_state, &[2, 3]).abs() < 1e-14);
    assert!(value(&StateFunction::Negativity { split: 1 }, &product_state, &[2, 3]) < 1e-15);
}

#[test]
fn fidelity_with_a_ket_is_an_expectation_value() {
    let mut random = Random::new(4);
    for (n, rank) in [(2, 1), (2, 2), (4, 3), (9, 9)] {
        let (rho, ket) = (random.density(n, rank), random.ket(n));
        let expected = ket.dotc(&(&rho * &ket)).re;
        let found = value(&StateFunction::Fidelity(Arc::new(projector(&ket))), &rho, &[n]);
        assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
        let itself = value(&StateFunction::Fidelity(Arc::new(rho.clone())), &rho, &[n]);
        assert!((itself - 1.0).abs() < 1e-13);
    }
}

#[test]
fn qubit_fidelity_and_distance_follow_their_closed_forms() {
    let mut random = Random::new(5);
    for _ in 0..50 {
        let (rho, sigma) = (random.density(2, 2), random.density(2, 2));
        // F = Tr ρσ + 2 √(det ρ det σ) for qubits, and D = |r − s|/2 of the Bloch vectors.
        let determinant = |m: &CMat| (m[(0, 0)] * m[(1, 1)] - m[(0, 1)] * m[(1, 0)]).re;
        let expected = (&rho * &sigma).trace().re + 2.0 * (determinant(&rho) * determinant(&sigma)).sqrt();
        let found = value(&StateFunction::Fidelity(Arc::new(sigma.clone())), &rho, &[2]);
        assert!((found - expected).abs() < 1e-14);
        let bloch = [StateFunction::BlochX, StateFunction::BlochY, StateFunction::BlochZ];
        let apart = bloch.map(|axis| (value(&axis, &rho, &[2]) - value(&axis, &sigma, &[2])).powi(2));
        let distance = value(&StateFunction::TraceDistance(Arc::new(sigma)), &rho, &[2]);
        assert!((distance - apart.iter().sum::<f64>().sqrt() / 2.0).abs() < 4e-15);
    }
    let [plus, minus] = [plus_ket(2), minus_ket(2)].map(|ket| projector(&ket.unwrap()));
    assert!(value(&StateFunction::Fidelity(Arc::new(plus.clone())), &minus, &[2]) < 1e-30);
    assert!((value(&StateFunction::TraceDistance(Arc::new(plus)), &minus, &[2]) - 1.0).abs() < 1e-15);
}

#[test]
fn entries_of_a_state_are_read_with_their_signs() {
    let rho = projector(&plus_i_ket(2).unwrap());
    let read = |function: StateFunction| value(&function, &rho, &[2]);
    assert!((read(StateFunction::BlochY) - 1.0).abs() < 1e-15);
    assert!(read(StateFunction::BlochX).abs() < 1e-15 && read(StateFunction::BlochZ).abs() < 1e-15);
    assert!((read(StateFunction::EntryIm { row: 1, col: 0 }) - 0.5).abs() < 1e-15);
    assert!(read(StateFunction::EntryRe { row: 1, col: 0 }).abs() < 1e-15);
    assert!((read(StateFunction::Population(1)) - 0.5).abs() < 1e-15);
    assert!((read(StateFunction::Coherence) - 1.0).abs() < 1e-15);
    assert!((value(&StateFunction::Coherence, &projector(&plus_ket(3).unwrap()), &[3]) - 1.0).abs() < 1e-15);
}

#[test]
fn what_is_not_a_state_is_an_error_and_rounding_is_not() {
    let diagonal = |low: f64| {
        let mut rho = CMat::zeros(4, 4);
        (rho[(0, 0)], rho[(3, 3)]) = (C64::from(1.0 - low), C64::from(low));
        rho
    };
    let spectral = [
        StateFunction::Concurrence,
        StateFunction::Entropy,
        StateFunction::MutualInformation { split: 1 },
        StateFunction::Negativity { split: 1 },
        StateFunction::Fidelity(Arc::new(maximally_mixed(4))),
    ];
    for function in spectral {
        assert!(function.evaluate(&diagonal(-1e-11), &[2, 2]).is_ok(), "{}", function.name());
        let Err(InvalidState { eigenvalue }) = function.evaluate(&diagonal(-1e-9), &[2, 2]) else {
            panic!("{} takes a state that is not one", function.name());
        };
        assert!((eigenvalue + 1e-9).abs() < 1e-14);
        let broken = function.evaluate(&diagonal(f64::NAN), &[2, 2]);
        assert!(broken.is_err_and(|e| e.eigenvalue.is_nan()), "{}", function.name());
    }
    assert!(InvalidState { eigenvalue: -1e-9 }.to_string().contains("-1.000e-9"));
    assert!(value(&StateFunction::Purity, &diagonal(f64::NAN), &[2, 2]).is_nan());
}

#[test]
fn signatures_and_examples_call_the_measure() {
    let names: Vec<&str> = MEASURES.iter().map(|row| row.name).collect();
    assert_eq!(
        names.join(" "),
        "concurrence mutual_information entropy purity negativity fidelity trace_distance coherence population bloch state"
    );
    for row in MEASURES {
        let call = format!("{}(", row.name);
        assert!(row.signature.starts_with(&call) && row.example.starts_with(&call), "{}", row.name);
    }
}
