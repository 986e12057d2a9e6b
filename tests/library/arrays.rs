//! Arrays: the same numbers as the model written out element by element, and the steady current of a driven chain.

use carom::diagnostic::Code;
use nalgebra::DMatrix;
use num_complex::Complex64;

use crate::runs::{Checked, refusals};

/// A boundary-driven XX chain: bonds in order, then a collision at each end.
const CHAIN: &str = "\
param L = 3 in 1..16
param J = 1
param τ = 0.4
param p = 0.8
system      s[L] = |0>
environment hot  = p*|1><1| + (1 - p)*|0><0|
environment cold = 0.1*|1><1| + 0.9*|0><0|
hamiltonian bond(k) = J/2*(X(s[k])*X(s[k+1]) + Y(s[k])*Y(s[k+1]))
hamiltonian touch(a, b) = J/2*(X(a)*X(b) + Y(a)*Y(b))
step {
    for k in 1..L-1 { evolve bond(k) for τ }
    evolve touch(hot, s[1]) for τ
    evolve touch(s[L], cold) for τ
    discard hot, cold
}
observe z[k in 1..L] = <Z(s[k])>
observe j[k in 1..L-1] = <X(s[k])*Y(s[k+1]) - Y(s[k])*X(s[k+1])>
observe total = <sum(k in 1..L, Z(s[k]))>
";

/// The same chain of three systems without arrays.
const WRITTEN_OUT: &str = "\
param J = 1
param τ = 0.4
param p = 0.8
system      a, b, c = |0>
environment hot  = p*|1><1| + (1 - p)*|0><0|
environment cold = 0.1*|1><1| + 0.9*|0><0|
hamiltonian touch(a, b) = J/2*(X(a)*X(b) + Y(a)*Y(b))
step {
    evolve touch(a, b) for τ
    evolve touch(b, c) for τ
    evolve touch(hot, a) for τ
    evolve touch(c, cold) for τ
    discard hot, cold
}
observe z1 = <Z(a)>
observe z2 = <Z(b)>
observe z3 = <Z(c)>
observe j1 = <X(a)*Y(b) - Y(a)*X(b)>
observe j2 = <X(b)*Y(c) - Y(b)*X(c)>
observe total = <Z(a) + Z(b) + Z(c)>
experiment flow { run 40 }
";

fn series(text: &str, settings: &[&str], experiment: &str) -> Vec<(String, Vec<f64>)> {
    let checked = settings.iter().fold(Checked::text(text), |checked, set| checked.set(set));
    let outcome = checked.run(experiment);
    outcome.series().map(|(name, s)| (name.to_string(), s.values.to_vec())).collect()
}

#[test]
fn a_chain_of_an_array_has_the_bits_of_the_chain_written_out() {
    let array = series(&format!("{CHAIN}experiment flow {{ run 40 }}"), &[], "flow");
    let names: Vec<&str> = array.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z[1]", "z[2]", "z[3]", "j[1]", "j[2]", "total"]);
    let written = series(WRITTEN_OUT, &[], "flow");
    for ((name, a), (_, b)) in array.iter().zip(&written) {
        assert_eq!(a, b, "{name}");
        assert!(a.iter().any(|x| x.abs() > 1e-3), "{name} is zero");
    }
}

#[test]
fn a_size_is_set_in_the_script_in_the_experiment_or_from_outside() {
    let own = format!("{CHAIN}experiment flow {{ set L = 5; run 6; expect last(z[5]) < last(z[4]) }}");
    let script = format!("{CHAIN}set L = 5\nexperiment flow {{ run 6 }}");
    let plain = format!("{CHAIN}experiment flow {{ run 6 }}");
    let replaced = plain.replace("param L = 3", "param L = 5");
    let expected = series(&replaced, &[], "flow");
    assert_eq!(expected.len(), 10);
    assert_eq!(series(&own, &[], "flow"), expected);
    assert_eq!(series(&script, &[], "flow"), expected);
    assert_eq!(series(&plain, &["L = 5"], "flow"), expected);
    // `--set` takes precedence over the experiment.
    let three = series(&plain, &[], "flow");
    let settled = own.replace("; expect last(z[5]) < last(z[4])", "");
    assert_eq!(series(&settled, &["L = 3"], "flow"), three);
}

/// A chain of one system has no bonds: `1..0` is empty.
#[test]
fn a_chain_of_one_system_has_an_empty_loop() {
    let text = CHAIN.replace("param L = 3", "param L = 1");
    let one = series(&format!("{text}experiment flow {{ run 5 }}"), &[], "flow");
    assert_eq!(one.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["z[1]", "total"]);
    assert_eq!(one[0].1, one[1].1);
}

#[test]
fn elements_of_streams_have_units() {
    let text = "\
environment e[2] = |0> keep 1
system s = |+>
step {
    for k in 1..2 { apply partial_swap(s, e[k], 0.4k) }
    apply partial_swap(e[1], e[2]', 0.3)
    discard e[2]
}
observe kept = mutual_information(s, e[1][-1])
experiment t { run 4 }";
    let written = "\
environment e1 = |0> keep 1
environment e2 = |0> keep 1
system s = |+>
step {
    apply partial_swap(s, e1, 0.4)
    apply partial_swap(s, e2, 0.8)
    apply partial_swap(e1, e2', 0.3)
    discard e2
}
observe kept = mutual_information(s, e1[-1])
experiment t { run 4 }";
    let bits = |text| {
        let all = series(text, &[], "t");
        all[0].1.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(bits(text), bits(written));
}

/// In an experiment, sums over an index are sums of series.
#[test]
fn series_of_an_array_are_analysed_by_index() {
    let text = format!(
        "{CHAIN}experiment flow {{
            run 30
            let mean = sum(k in 1..L, z[k])/L
            let late = product(k in range(1, L, 2), last(z[k]))
            expect max(abs(mean - total/L)) < 1e-14
            expect abs(late - last(z[1])*last(z[3])) < 1e-15
            save \"z.csv\" z, j[2]
            plot {{ heatmap z }}
            plot {{ line z, j[1] }}
        }}"
    );
    let outcome = Checked::text(&text).run("flow");
    let failed: Vec<&str> = outcome.claims.iter().filter(|c| !c.holds).map(|c| c.text.as_str()).collect();
    assert!(failed.is_empty() && outcome.claims.len() == 2, "{failed:?}");
}

/// Each point of a sweep over the size has the numbers of a run at that size.
#[test]
fn a_size_is_swept() {
    let sweep = "experiment sizes {
        set p = 0.7
        sweep L = [4, 2, 3], J = [0.5, 1]
        run 5
        collect first = last(z[1]), end = last(z[L]), mean = last(sum(k in 1..L, z[k]))/L
        expect min(first) < max(end)
    }";
    let swept = Checked::text(&format!("{CHAIN}{sweep}")).sweep("sizes");
    let mut point = 0;
    for l in [4, 2, 3] {
        for j in ["0.5", "1"] {
            let text = format!("{CHAIN}experiment flow {{ set p = 0.7; set J = {j}; run 5 }}");
            let all = series(&text, &[&format!("L = {l}")], "flow");
            let last = |k: usize| all[k - 1].1[5];
            let mean = (1..=l).map(last).sum::<f64>() / l as f64;
            let row = swept.row(point);
            assert_eq!(row[0].to_bits(), last(1).to_bits(), "{l} {j}");
            assert_eq!(row[1].to_bits(), last(l).to_bits(), "{l} {j}");
            assert!((row[2] - mean).abs() < 1e-15, "{l} {j}: {} and {mean}", row[2]);
            point += 1;
        }
    }
    assert!(swept.claims.iter().all(|c| c.holds), "{:?}", swept.claims);
}

/// A size that a swept parameter determines through another one, and a size that is not whole at one point.
#[test]
fn a_point_of_a_size_that_does_not_exist_has_a_reason() {
    let text = CHAIN.replace("param L = 3 in 1..16", "param M = 2\nparam L = M + 1");
    let sweep = "experiment sizes { sweep M = [1, 1.5, 2]; run 3; collect c = last(z[L]) }";
    let swept = Checked::text(&format!("{text}{sweep}")).sweep_with_reasons("sizes");
    let reasons = &crate::runs::covered(&swept).reasons;
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(swept.row(0)[0].is_finite() && swept.row(1)[0].is_nan() && swept.row(2)[0].is_finite());
}

/// The covariance C_kl = ⟨c_k† c_l⟩ of the chain of n modes after a bond (a, a + 1) has acted for τ. In the ordering
/// of a chain, J/2 (XX + YY) on neighbours is J (c_k† c_l + h.c.) after the Jordan–Wigner transformation, so that
/// c → U c with U = exp(−iJτ σx) on the two modes, and C → U* C Uᵀ.
fn bond(c: &mut DMatrix<Complex64>, a: usize, angle: f64) {
    let mut u = DMatrix::<Complex64>::identity(c.nrows(), c.nrows());
    u[(a, a)] = angle.cos().into();
    u[(a + 1, a + 1)] = angle.cos().into();
    u[(a, a + 1)] = Complex64::new(0.0, -angle.sin());
    u[(a + 1, a)] = Complex64::new(0.0, -angle.sin());
    *c = u.conjugate() * &*c * u.transpose();
}

/// The currents ⟨X_k Y_{k+1} − Y_k X_{k+1}⟩ = 4 Im C_{k,k+1} of the fixed point of the step for L systems. The map of
/// the covariance is affine, C → A(C) + B, and the fixed point solves (1 − A) C = B, a linear system of L² unknowns.
fn free_currents(l: usize, angle: f64, hot: f64, cold: f64) -> Vec<f64> {
    let step = |inner: &DMatrix<Complex64>, baths: [f64; 2]| {
        let mut c = DMatrix::<Complex64>::zeros(l + 2, l + 2);
        c.view_mut((1, 1), (l, l)).copy_from(inner);
        c[(0, 0)] = baths[0].into();
        c[(l + 1, l + 1)] = baths[1].into();
        (1..l).for_each(|k| bond(&mut c, k, angle));
        bond(&mut c, 0, angle);
        bond(&mut c, l, angle);
        c.view((1, 1), (l, l)).into_owned()
    };
    let size = l * l;
    let mut a = DMatrix::<Complex64>::identity(size, size);
    for i in 0..size {
        let mut unit = DMatrix::<Complex64>::zeros(l, l);
        unit[(i % l, i / l)] = Complex64::ONE;
        let image = step(&unit, [0.0, 0.0]);
        (0..size).for_each(|k| a[(k, i)] -= image[(k % l, k / l)]);
    }
    let driven = step(&DMatrix::zeros(l, l), [hot, cold]);
    let b = DMatrix::from_iterator(size, 1, driven.iter().copied());
    let c = a.lu().solve(&b).expect("the fixed point is unique");
    (0..l - 1).map(|k| 4.0 * c[(k + (k + 1) * l, 0)].im).collect()
}

/// The steady current of the XX chain, driven by collisions at its ends, is that of free fermions.
#[test]
fn the_current_of_a_driven_xx_chain_is_that_of_free_fermions() {
    for l in 2..=6 {
        let text = format!("{CHAIN}experiment flow {{ run 3000 }}");
        let all = series(&text, &[&format!("L = {l}")], "flow");
        let expected = free_currents(l, 0.4, 0.8, 0.1);
        for (k, exact) in expected.iter().enumerate() {
            let name = format!("j[{}]", k + 1);
            let (_, values) = all.iter().find(|(n, _)| *n == name).expect("an observed current");
            let last = values[values.len() - 1];
            assert!(exact.abs() > 0.05, "{name} of {l}: {exact}");
            assert!((last - exact).abs() <= 1e-12 * exact.abs(), "{name} of {l}: {last} and {exact}");
        }
    }
}

/// The message for a mistake that happens for one index says which.
#[test]
fn a_mistake_in_a_loop_names_the_index() {
    let text =
        "param L = 3\nsystem s[L] = |0>\nstep { for k in 1..L { apply CNOT(s[k], s[k+1]) } }\nexperiment t { run 2 }";
    let found = refusals(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, Code::NoElement);
    assert!(found[0].message.contains("`s[4]`"), "{}", found[0].message);
    assert!(found[0].labels.iter().any(|(_, label)| label == "for k = 3"), "{:?}", found[0].labels);
}

/// Nested loops and sums are limited by work, not by time or memory.
#[test]
fn nested_loops_end() {
    let refused = |text: &str| refusals(text)[0].code;
    let model = "system s[200] = |0>\n";
    let nested = "for i in 1..10000 { for j in 1..10000 { apply X(s[1]) } }";
    assert_eq!(refused(&format!("{model}step {{ {nested} }}\nexperiment t {{ run 1 }}")), Code::StepTooLarge);
    let sum = "sum(i in 1..10000, sum(j in 1..10000, sum(k in 1..10000, i + j + k)))";
    assert_eq!(
        refused(&format!("{model}step {{ apply RX(s[1], {sum}) }}\nexperiment t {{ run 1 }}")),
        Code::TooMuchWork
    );
    assert_eq!(refused(&format!("{model}step {{ for k in 1..10^9 {{ apply X(s[1]) }} }}")), Code::RangeTooLong);
    let of_series = "let m = sum(i in 1..200, sum(j in 1..200, z[i]*z[j]))";
    assert_eq!(
        refused(&format!(
            "{model}step {{ }}\nobserve z[k in 1..200] = <Z(s[k])>\nexperiment t {{ run 1; {of_series} }}"
        )),
        Code::RangeTooLong
    );
    assert_eq!(refused("system s[300] = |0>\nstep { }"), Code::ArraySize);
}
