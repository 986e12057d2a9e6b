//! Measures against closed forms.

use super::super::linalg::{CVec, exp_i, kron};
use super::super::measure_rows::MEASURES;
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

fn bound(measure: &str, given: Given) -> StateFunction {
    MeasureRow::find(measure).unwrap().functions(&[], given).remove(0)
}

fn parts(measure: &str, split: usize) -> StateFunction {
    bound(measure, Given::Split(split))
}

fn with_state(measure: &str, sigma: CMat) -> StateFunction {
    bound(measure, Given::State(Arc::new(sigma)))
}

#[test]
fn concurrence_of_a_pure_state_is_twice_the_modulus_of_its_determinant() {
    let mut random = Random::new(1);
    for round in 0..500 {
        let mut ket = random.ket(4);
        if round % 2 == 1 {
            // Close to a product state, where the textbook formula is least accurate.
            ket[3] = ket[1] * ket[2] / ket[0] + C64::from(random.real() * 1e-7);
            let norm = ket.norm();
            ket /= C64::from(norm);
        }
        let expected = 2.0 * (ket[0] * ket[3] - ket[1] * ket[2]).norm();
        let found = value(&StateFunction::named("concurrence"), &projector(&ket), &[2, 2]);
        assert!((found - expected).abs() < 1e-14, "{found:e} is not {expected:e}");
    }
}

#[test]
fn a_werner_state_is_entangled_above_one_third() {
    for w in [0.0, 0.2, 1.0 / 3.0, 0.34, 0.5, 0.9, 1.0] {
        let rho = werner(w);
        let concurrence = value(&StateFunction::named("concurrence"), &rho, &[2, 2]);
        assert!((concurrence - ((3.0 * w - 1.0) / 2.0).max(0.0)).abs() < 1e-14, "w = {w}");
        let negativity = value(&parts("negativity", 1), &rho, &[2, 2]);
        assert!((negativity - ((3.0 * w - 1.0) / 4.0).max(0.0)).abs() < 1e-14, "w = {w}");
        let plogp = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        let entropy = plogp((1.0 + 3.0 * w) / 4.0) + 3.0 * plogp((1.0 - w) / 4.0);
        assert!((value(&StateFunction::named("entropy"), &rho, &[2, 2]) - entropy).abs() < 1e-14, "w = {w}");
        let information = value(&parts("mutual_information", 1), &rho, &[2, 2]);
        assert!((information - (2.0 * 2f64.ln() - entropy)).abs() < 1e-14, "w = {w}");
        let purity = value(&StateFunction::named("purity"), &rho, &[2, 2]);
        assert!((purity - (1.0 + 3.0 * w * w) / 4.0).abs() < 1e-14, "w = {w}");
    }
}

/// ρ after a random local unitary on each of two qubits.
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
            [turned(&rho, &mut random), rho].map(|rho| value(&StateFunction::named("concurrence"), &rho, &[2, 2]));
        assert!((before - after).abs() < 1e-14, "rank {rank}: {before} and {after}");
    }
}

#[test]
fn concurrence_of_a_rank_two_state_is_not_affected_by_rounding_of_its_zeros() {
    // p |Φ⁺⟩⟨Φ⁺| + (1 − p) |01⟩⟨01| has concurrence p; its null vector |10⟩ is coupled to |01⟩ by σy⊗σy.
    let mut random = Random::new(6);
    for p in [0.1, 0.5, 0.9] {
        let mut rho = CMat::zeros(4, 4);
        for (row, col) in [(0, 0), (0, 3), (3, 0), (3, 3)] {
            rho[(row, col)] = C64::from(p / 2.0);
        }
        rho[(1, 1)] = C64::from(1.0 - p);
        for _ in 0..20 {
            let found = value(&StateFunction::named("concurrence"), &turned(&rho, &mut random), &[2, 2]);
            assert!((found - p).abs() < 1e-14, "{found} is not {p}");
        }
    }
}

#[test]
fn both_factors_of_a_state_give_the_same_measures() {
    let mut random = Random::new(12);
    for case in 0..2000 {
        let n = [2, 3, 4, 6][case % 4];
        let (rank, other) = (1 + case / 4 % n, 1 + random.below(n));
        let (rho, sigma) = (random.density(n, rank), random.density(n, other));
        let [fast, slow] = [cholesky_factor(&rho).expect("a state"), spectral_factor(&rho).unwrap()];
        for a in [&fast, &slow] {
            assert!((product(a, &a.adjoint()) - &rho).norm() < 1e-14, "{rho}");
        }
        let b = spectral_factor(&sigma).unwrap();
        let overlaps = [&fast, &slow].map(|a| singular_values(&product(&a.adjoint(), &b)).iter().sum::<f64>());
        // Where ρ has a zero eigenvalue, the root of its rounding error enters.
        let tolerance = if rank == n { 1e-13 } else { 1e-8 };
        assert!((overlaps[0] - overlaps[1]).abs() < tolerance, "{overlaps:?} of rank {rank}: {rho}");
        if n == 4 {
            let [fast, slow] = [&fast, &slow].map(entanglement);
            assert!((fast - slow).abs() < tolerance, "{fast} {slow} of rank {rank}: {rho}");
        }
    }
}

#[test]
fn a_matrix_that_is_not_a_state_has_no_cholesky_factor() {
    let with = |low: f64| CMat::from_diagonal(&CVec::from_vec([1.0 - low, low, 0.0].map(C64::from).to_vec()));
    assert!(cholesky_factor(&with(-1e-12)).is_none() && cholesky_factor(&with(f64::NAN)).is_none());
    assert!(cholesky_factor(&with(-1e-17)).is_some_and(|a| a[(1, 1)] == C64::ZERO));
    // Its diagonal hides the eigenvalue −1.
    let off = CMat::from_fn(2, 2, |row, col| C64::from(f64::from(u8::from(row != col))));
    assert!(cholesky_factor(&off).is_none());
}

#[test]
fn entropies_of_pure_states_are_those_of_their_parts() {
    let mut random = Random::new(3);
    let dims = [2, 3, 2];
    let rho = projector(&random.ket(12));
    assert!(value(&StateFunction::named("entropy"), &rho, &dims) < 1e-13);
    for split in 1..3 {
        let part = partial_trace(&rho, &dims, &(0..split).collect::<Vec<_>>());
        let entropy = value(&StateFunction::named("entropy"), &part, &dims[..split]);
        let information = value(&parts("mutual_information", split), &rho, &dims);
        assert!((information - 2.0 * entropy).abs() < 1e-13);
        // ‖ρ^T_A‖₁ = (Σ √λ)² over the spectrum of a part; the smaller part has full rank.
        let smaller = partial_trace(&rho, &dims, &[if split == 1 { 0 } else { 2 }]);
        let roots: f64 = eigenvalues_hermitian(&smaller).iter().map(|x| x.sqrt()).sum();
        let negativity = value(&parts("negativity", split), &rho, &dims);
        assert!((negativity - (roots * roots - 1.0) / 2.0).abs() < 1e-13, "split {split}");
    }
    assert!((value(&StateFunction::named("entropy"), &maximally_mixed(12), &dims) - 12f64.ln()).abs() < 1e-14);
    let product_state = kron(&random.density(2, 2), &random.density(3, 2));
    assert!(value(&parts("mutual_information", 1), &product_state, &[2, 3]).abs() < 1e-14);
    assert!(value(&parts("negativity", 1), &product_state, &[2, 3]) < 1e-15);
}

#[test]
fn fidelity_with_a_ket_is_an_expectation_value() {
    let mut random = Random::new(4);
    for (n, rank) in [(2, 1), (2, 2), (4, 3), (9, 9)] {
        let (rho, ket) = (random.density(n, rank), random.ket(n));
        let expected = ket.dotc(&(&rho * &ket)).re;
        let found = value(&with_state("fidelity", projector(&ket)), &rho, &[n]);
        assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
        let itself = value(&with_state("fidelity", rho.clone()), &rho, &[n]);
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
        let found = value(&with_state("fidelity", sigma.clone()), &rho, &[2]);
        assert!((found - expected).abs() < 1e-14);
        let bloch = MeasureRow::find("bloch").unwrap().functions(&[2], Given::Nothing);
        let apart = bloch.iter().map(|axis| (value(axis, &rho, &[2]) - value(axis, &sigma, &[2])).powi(2));
        let distance = value(&with_state("trace_distance", sigma.clone()), &rho, &[2]);
        assert!((distance - apart.sum::<f64>().sqrt() / 2.0).abs() < 4e-15);
    }
    let [plus, minus] = [plus_ket(2), minus_ket(2)].map(|ket| projector(&ket.unwrap()));
    assert!(value(&with_state("fidelity", plus.clone()), &minus, &[2]) < 1e-30);
    assert!((value(&with_state("trace_distance", plus), &minus, &[2]) - 1.0).abs() < 1e-15);
}

#[test]
fn entries_of_a_state_are_read_with_their_signs() {
    let rho = projector(&plus_i_ket(2).unwrap());
    let read = |function: StateFunction| value(&function, &rho, &[2]);
    let all = |measure: &str| MeasureRow::find(measure).unwrap().functions(&[2], Given::Nothing).into_iter();
    let labelled = |f: StateFunction| (f.suffix.clone(), read(f));
    let bloch: Vec<(String, f64)> = all("bloch").map(labelled).collect();
    assert_eq!(bloch.iter().map(|(suffix, _)| suffix.as_str()).collect::<Vec<_>>(), ["_x", "_y", "_z"]);
    assert!((bloch[1].1 - 1.0).abs() < 1e-15 && bloch[0].1.abs() < 1e-15 && bloch[2].1.abs() < 1e-15);
    let entries: Vec<(String, f64)> = all("state").map(labelled).collect();
    let entry = |suffix: &str| entries.iter().find(|(s, _)| s == suffix).unwrap().1;
    assert_eq!(entries.len(), 8);
    assert!((entry("_1_0_im") - 0.5).abs() < 1e-15 && (entry("_0_1_im") + 0.5).abs() < 1e-15);
    assert!(entry("_1_0_re").abs() < 1e-15 && (entry("_1_1_re") - 0.5).abs() < 1e-15);
    assert!((read(bound("population", Given::Level(1))) - 0.5).abs() < 1e-15);
    assert!((read(StateFunction::named("coherence")) - 1.0).abs() < 1e-15);
    assert!((value(&StateFunction::named("coherence"), &projector(&plus_ket(3).unwrap()), &[3]) - 1.0).abs() < 1e-15);
}

#[test]
fn invalid_states_are_errors_and_rounding_is_not() {
    let diagonal = |low: f64| {
        let mut rho = CMat::zeros(4, 4);
        (rho[(0, 0)], rho[(3, 3)]) = (C64::from(1.0 - low), C64::from(low));
        rho
    };
    let spectral = [
        StateFunction::named("concurrence"),
        StateFunction::named("entropy"),
        parts("mutual_information", 1),
        parts("negativity", 1),
        with_state("fidelity", maximally_mixed(4)),
        with_state("relative_entropy", maximally_mixed(4)),
    ];
    for function in spectral {
        assert!(function.evaluate(&diagonal(-1e-11), &[2, 2]).is_ok(), "{}", function.measure);
        let Err(InvalidState::Eigenvalue(eigenvalue)) = function.evaluate(&diagonal(-1e-9), &[2, 2]) else {
            panic!("{} accepts a matrix that is not a state", function.measure);
        };
        assert!((eigenvalue + 1e-9).abs() < 1e-14);
        let broken = function.evaluate(&diagonal(f64::NAN), &[2, 2]);
        assert!(broken.is_err_and(|e| matches!(e, InvalidState::Eigenvalue(x) if x.is_nan())), "{}", function.measure);
    }
    assert!(InvalidState::Eigenvalue(-1e-9).to_string().contains("-1.000e-9"));
    assert!(value(&StateFunction::named("purity"), &diagonal(f64::NAN), &[2, 2]).is_nan());
}

#[test]
fn information_is_clamped_at_zero_within_rounding_and_an_error_beyond() {
    assert_eq!(information(-1e-14), Ok(0.0));
    assert_eq!(information(-0.9e-10), Ok(0.0));
    assert_eq!(information(-1.1e-10), Err(InvalidState::Information(-1.1e-10)));
    assert_eq!(information(0.3), Ok(0.3));
    let mut random = Random::new(9);
    for _ in 0..200 {
        let product_state = kron(&projector(&random.ket(2)), &random.density(3, 3));
        assert!(value(&parts("mutual_information", 1), &product_state, &[2, 3]) >= 0.0);
        let rho = random.density(3, 2);
        assert!(value(&with_state("relative_entropy", rho.clone()), &rho, &[3]) >= 0.0);
    }
}

#[test]
fn relative_entropy_follows_its_closed_forms() {
    let mut random = Random::new(10);
    for _ in 0..50 {
        // For two states that are diagonal in the same basis, it is the Kullback–Leibler divergence.
        let (p, q) = (random.density(4, 4).diagonal(), random.density(4, 4).diagonal());
        let divergence: f64 = p.iter().zip(q.iter()).map(|(p, q)| p.re * (p.re / q.re).ln()).sum();
        let u = exp_i(&random.hermitian(4), 1.0);
        let [rho, sigma] = [p, q].map(|d| &u * CMat::from_diagonal(&d) * u.adjoint());
        let found = value(&with_state("relative_entropy", sigma.clone()), &rho, &[4]);
        assert!((found - divergence).abs() < 1e-12, "{found} is not {divergence}");
        // D(ρ‖1/d) = ln d − S(ρ)
        let to_mixed = value(&with_state("relative_entropy", maximally_mixed(4)), &rho, &[4]);
        let entropy = value(&StateFunction::named("entropy"), &rho, &[4]);
        assert!((to_mixed - (4f64.ln() - entropy)).abs() < 1e-13);
        // D(ρ_AB‖ρ_A ⊗ ρ_B) = I(A:B), for matrices that do not commute
        let joint = random.density(6, 6);
        let [a, b] = [[0], [1]].map(|part| partial_trace(&joint, &[2, 3], &part));
        let found = value(&with_state("relative_entropy", kron(&a, &b)), &joint, &[2, 3]);
        assert!((found - value(&parts("mutual_information", 1), &joint, &[2, 3])).abs() < 1e-12);
    }
}

/// The entropy of diag(1 − p, p) is p(1 − ln p) to first order.
#[test]
fn small_eigenvalues_contribute_to_the_entropy() {
    for p in [1e-6, 1e-9, 1e-11, 1e-13] {
        let rho = CMat::from_diagonal(&CVec::from_vec(vec![C64::from(1.0 - p), C64::from(p)]));
        let found = value(&StateFunction::named("entropy"), &rho, &[2]);
        let expected = p * (1.0 - p.ln());
        assert!((found - expected).abs() < 1e-3 * expected, "{p:e}: {found:e} is not {expected:e}");
    }
}

#[test]
fn relative_entropy_is_infinite_outside_the_support() {
    let [plus, minus] = [plus_ket(2), minus_ket(2)].map(|ket| projector(&ket.unwrap()));
    assert_eq!(value(&with_state("relative_entropy", plus.clone()), &minus, &[2]), f64::INFINITY);
    assert_eq!(value(&with_state("relative_entropy", plus.clone()), &maximally_mixed(2), &[2]), f64::INFINITY);
    assert!(value(&with_state("relative_entropy", plus.clone()), &plus, &[2]).abs() < 1e-14);
    assert!((value(&with_state("relative_entropy", maximally_mixed(2)), &plus, &[2]) - 2f64.ln()).abs() < 1e-14);
}

#[test]
fn rows_are_consistent() {
    for row in MEASURES {
        let call = format!("{}(", row.name);
        assert!(row.signature().starts_with(&call) && row.example.starts_with(&call), "{}", row.name);
        let series = match row.formula {
            Formula::Components(components) => components.len(),
            Formula::Entries | Formula::OfMap(OfMap::Choi) => 0,
            _ => 1,
        };
        assert_eq!(row.suffixes.len(), series, "{}", row.name);
    }
}

#[test]
fn signatures_follow_from_the_arguments() {
    let signature = |name: &str| MeasureRow::find(name).unwrap().signature();
    assert_eq!(signature("concurrence"), "concurrence(a, b)");
    assert_eq!(signature("negativity"), "negativity(a, … | b, …)");
    assert_eq!(signature("purity"), "purity(a, …)");
    assert_eq!(signature("relative_entropy"), "relative_entropy(a, …, STATE)");
    assert_eq!(signature("population"), "population(a, k)");
    assert_eq!(signature("bloch"), "bloch(a)");
}
