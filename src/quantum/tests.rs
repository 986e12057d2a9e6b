//! Properties common to all tables, and linear algebra against its defining equations.

use std::collections::HashSet;

use super::testing::{Random, identity};
use super::*;

/// Name, aliases, help and example of every row of every table.
fn rows() -> Vec<(&'static str, &'static [&'static str], &'static str, &'static str)> {
    let mut rows = Vec::new();
    rows.extend(OPERATORS.iter().map(|r| (r.name, r.aliases, r.help, r.example)));
    rows.extend(GATES.iter().map(|r| (r.name, r.aliases, r.help, r.example)));
    rows.extend(CHANNELS.iter().map(|r| (r.name, r.aliases, r.help, r.example)));
    rows.extend(MEASURES.iter().map(|r| (r.name, r.aliases, r.help, r.example)));
    rows.extend(NUMBERS.iter().map(|r| (r.name, r.aliases, r.help, r.example)));
    rows
}

#[test]
fn names_are_unique_over_all_tables_and_rows_explain_themselves() {
    let mut seen = HashSet::new();
    for (name, aliases, help, example) in rows() {
        for &word in std::iter::once(&name).chain(aliases) {
            assert!(seen.insert(word), "{word} is the name of two rows");
            assert!(word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{word}");
        }
        assert!(help.ends_with('.'), "the help of {name} is a sentence");
        assert!(example.contains(&format!("{name}(")), "the example of {name} calls it");
    }
}

#[test]
fn rows_are_found_by_name_and_alias_and_not_by_case() {
    assert_eq!(OperatorRow::find("sigmax").unwrap().name, "X");
    assert_eq!(OperatorRow::find("Sx").unwrap().name, "Sx");
    assert_eq!(GateRow::find("CX").unwrap().name, "CNOT");
    assert_eq!(ChannelRow::find("depolarising").unwrap().name, "depolarizing");
    assert_eq!(NumberRow::find("ln").unwrap().name, "log");
    assert!(GateRow::find("cnot").is_none() && OperatorRow::find("x").is_none());
}

/// Hermitian matrices of one size: random, degenerate, rank one, diagonal, zero.
fn spectra(n: usize, random: &mut Random) -> Vec<CMat> {
    let (_, basis) = eigh(&random.hermitian(n));
    let degenerate = CMat::from_fn(n, n, |r, c| C64::from(if r == c { (r / 3) as f64 - 1.0 } else { 0.0 }));
    let nearly = CMat::from_fn(n, n, |r, c| C64::from(if r == c { 1.0 + 1e-15 * r as f64 } else { 0.0 }));
    let turn = |d: &CMat| product(&product(&basis, d), &basis.adjoint());
    let diagonal = CMat::from_fn(n, n, |r, c| C64::from(if r == c { (n - r) as f64 } else { 0.0 }));
    let hopping = CMat::from_fn(n, n, |r, c| C64::from(f64::from(r.abs_diff(c) == 1)));
    let pure = projector(&random.ket(n));
    vec![random.hermitian(n), turn(&degenerate), turn(&nearly), pure, diagonal, hopping, CMat::zeros(n, n), identity(n)]
}

#[test]
fn eigenvectors_solve_their_equation_at_every_size_and_scale() {
    let mut random = Random::new(1);
    for n in [1, 2, 3, 4, 5, 8, 9, 64, 130] {
        for (case, h) in spectra(n, &mut random).into_iter().enumerate() {
            for scale in [1.0, 1e-200, 1e150] {
                let h = &h * C64::from(scale);
                let (values, vectors) = eigh(&h);
                let size = max_abs(&h).max(f64::MIN_POSITIVE) * (n as f64);
                let diagonal = CMat::from_fn(n, n, |r, c| if r == c { C64::from(values[r]) } else { C64::from(0.0) });
                let residual = max_abs(&(product(&h, &vectors) - product(&vectors, &diagonal)));
                assert!(residual <= 4e-15 * size, "n = {n}, case {case}, scale {scale:e}: {residual:e}");
                assert!(unitary_deviation(&vectors).by < 1e-14 * (1.0 + n as f64).sqrt(), "n = {n}, case {case}");
                assert!(values.is_sorted(), "n = {n}, case {case}: {values:?}");
                let alone = eigenvalues_hermitian(&h);
                assert!(values.iter().zip(alone).all(|(a, b)| (a - b).abs() <= 4e-15 * size), "n = {n}, case {case}");
            }
        }
    }
}

#[test]
fn spectra_survive_zero_diagonals_and_entries_whose_squares_underflow() {
    // A sparse matrix on which the unshifted iteration does not converge.
    let tiny = 1e-200;
    let mut h = CMat::zeros(8, 8);
    for (row, col, entry) in [
        (6, 0, C64::new(0.0, 2.0 * tiny)),
        (2, 1, C64::new(0.0, -tiny)),
        (5, 1, C64::new(tiny, 0.0)),
        (6, 1, C64::new(-2.0, 2.0)),
        (7, 3, C64::new(0.0, -tiny)),
        (5, 4, C64::new(2.0, 2.0)),
        (6, 6, C64::new(-4.0 * tiny, 0.0)),
    ] {
        h[(row, col)] = entry;
        h[(col, row)] = entry.conj();
    }
    let expected = [-1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0].map(|x| x * 8f64.sqrt());
    let (values, vectors) = eigh(&h);
    for found in [values, eigenvalues_hermitian(&h)] {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{found:?}");
    }
    assert!(unitary_deviation(&vectors).by < 1e-14);

    // Hopping on a chain, with a random perturbation of every order of magnitude.
    let mut random = Random::new(6);
    for exponent in (10..300).step_by(10) {
        for n in 3..=9 {
            let small = random.hermitian(n) * C64::from(10f64.powi(-exponent));
            let h = CMat::from_fn(n, n, |r, c| C64::from(f64::from(r + 1 == c || c + 1 == r)) + small[(r, c)]);
            let (values, vectors) = eigh(&h);
            let chain = |k: usize| 2.0 * (std::f64::consts::PI * (n - k) as f64 / (n + 1) as f64).cos();
            let off = (0..n).map(|k| (values[k] - chain(k)).abs()).fold(0.0, f64::max);
            assert!(off < 1e-14 + 30.0 * 10f64.powi(-exponent), "n = {n}, 1e-{exponent}: {off:e}");
            assert!(unitary_deviation(&vectors).by < 1e-14);
            let singular = singular_values(&h);
            assert!((singular[0] - chain(n - 1)).abs() < 1e-14 + 30.0 * 10f64.powi(-exponent));
        }
    }
}

#[test]
fn propagators_are_unitary_and_compose() {
    let mut random = Random::new(2);
    for n in [1, 2, 4, 8, 9, 64] {
        for h in spectra(n, &mut random) {
            let u = exp_i(&h, 0.7);
            assert!(unitary_deviation(&u).by < 1e-14 * (1.0 + n as f64).sqrt(), "n = {n}");
            assert!(max_abs(&(product(&exp_i(&h, 0.3), &exp_i(&h, 0.4)) - &u)) < 2e-14 * n as f64);
            assert!(max_abs(&(exp_i(&h, 0.0) - identity(n))) < 1e-14 * (1.0 + n as f64).sqrt());
            // The Padé approximation does not use eigenvectors.
            let pade = (&h * C64::new(0.0, -0.7)).exp();
            assert!(max_abs(&(pade - u)) < 1e-13 * n as f64, "n = {n}");
        }
    }
}

#[test]
fn the_propagator_of_a_field_is_a_rotation() {
    let z = CMat::from_row_slice(2, 2, &[1.0, 0.0, 0.0, -1.0].map(C64::from));
    let u = exp_i(&z, 0.3);
    assert!((u[(0, 0)] - C64::cis(-0.3)).norm() < 1e-16 && (u[(1, 1)] - C64::cis(0.3)).norm() < 1e-16);
    assert_eq!(u[(0, 1)].norm(), 0.0);
}

#[test]
fn exponentials_follow_their_closed_forms() {
    let c = |x: f64| C64::from(x);
    // exp(aN) = 1 + aN for N² = 0, even if the powers of the norm overflow.
    for a in [0.5, 3e4, 1e100] {
        let nilpotent = CMat::from_row_slice(2, 2, &[c(0.0), c(a), c(0.0), c(0.0)]);
        let found = expm(&nilpotent);
        assert!(max_abs(&(&found - identity(2) - &nilpotent)) < 1e-12 * (1.0 + a), "a = {a}: {found}");
    }
    let mut random = Random::new(3);
    for n in [1, 2, 4, 9] {
        let (a, h) = (random.matrix(n, n), random.hermitian(n));
        let size = max_abs(&expm(&a)) * max_abs(&expm(&(-&a)));
        assert!(max_abs(&(product(&expm(&a), &expm(&(-&a))) - identity(n))) < 1e-13 * size * n as f64);
        assert!(max_abs(&(expm(&(&h * C64::new(0.0, -0.4))) - exp_i(&h, 0.4))) < 1e-13);
        let (trace, (values, _)) = (expm(&h).trace().re, eigh(&h));
        assert!((trace / values.iter().map(|x| x.exp()).sum::<f64>() - 1.0).abs() < 1e-13);
        assert!(max_abs(&(expm(&h) - h.exp())) < 1e-12 * trace);
    }
}

#[test]
fn singular_values_are_roots_of_the_spectrum_of_the_square() {
    let mut random = Random::new(4);
    for (rows, cols) in [(1, 1), (2, 2), (4, 4), (3, 5), (8, 8), (9, 12), (40, 40)] {
        let a = random.matrix(rows, cols);
        let values = singular_values(&a);
        assert!(values.is_sorted_by(|x, y| x >= y) && values.len() == rows.min(cols));
        let mut squares = eigenvalues_hermitian(&product(&a, &a.adjoint()));
        squares.reverse();
        for (value, square) in values.iter().zip(squares) {
            assert!((value * value - square).abs() < 1e-13 * values[0] * values[0], "{rows} × {cols}");
        }
        assert!(values[0] >= max_abs(&a) && singular_values(&(a * C64::from(1e-250)))[0] > 0.0);
    }
    let (_, basis) = eigh(&random.hermitian(4));
    assert!(singular_values(&basis).iter().all(|s| (s - 1.0).abs() < 4e-15), "a unitary is degenerate");
    assert_eq!(singular_values(&CMat::zeros(4, 4)), [0.0; 4]);
}

#[test]
fn products_agree_for_the_sizes_of_both_libraries() {
    let mut random = Random::new(5);
    for (m, k, n) in [(2, 3, 4), (9, 3, 2), (12, 20, 9)] {
        let (a, b) = (random.matrix(m, k), random.matrix(k, n));
        assert!(max_abs(&(product(&a, &b) - &a * &b)) < 1e-14 * k as f64);
    }
    let (a, b) = (random.matrix(2, 3), random.matrix(3, 2));
    assert_eq!(kron(&a, &b)[(3 + 2, 2 * 2 + 1)], a[(1, 2)] * b[(2, 1)], "the first index is the significant one");
}

#[test]
fn deviations_name_the_worst_entry() {
    let mut h = identity(3);
    h[(2, 0)] = C64::from(0.25);
    let Deviation { by, row, col } = hermitian_deviation(&h);
    assert_eq!((by, row, col), (0.25, 2, 0));
    let mut u = identity(3);
    u[(1, 1)] = C64::from(2.0);
    assert_eq!(unitary_deviation(&u), Deviation { by: 3.0, row: 1, col: 1 });
    assert_eq!(unitary_deviation(&identity(9)).by, 0.0);
    assert_eq!(trace_preserving_deviation(&[&u * C64::from(0.0), identity(3)]).by, 0.0);
}

#[test]
fn input_that_is_not_finite_gives_results_that_are_not_finite() {
    for n in [1, 2, 4, 9] {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut h = identity(n);
            h[(n - 1, 0)] = C64::from(bad);
            assert!(eigh(&h).0.iter().all(|x| x.is_nan()) && eigenvalues_hermitian(&h).iter().all(|x| x.is_nan()));
            assert!(singular_values(&h).iter().all(|x| x.is_nan()));
            assert!(!is_finite(&exp_i(&h, 1.0)) && !is_finite(&expm(&h)));
            assert_eq!(unitary_deviation(&h).by, f64::INFINITY);
            assert_eq!(hermitian_deviation(&h).by, f64::INFINITY);
        }
        assert!(!is_finite(&exp_i(&identity(n), f64::INFINITY)));
        assert!(unitary_deviation(&exp_i(&(identity(n) * C64::from(1e300)), 1e300)).by.is_infinite());
    }
}
