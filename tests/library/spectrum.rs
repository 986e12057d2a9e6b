//! The spectral analysis of whole scripts: closed forms, predictions compared with simulations, and maps that are not
//! diagonalisable.

use std::f64::consts::PI;

use crate::runs::{Checked, follows, let_values, run};
use carom::experiment::{Outcome, Prediction, SpectralView};

fn view(outcome: &Outcome) -> &SpectralView {
    outcome.spectrum.as_ref().expect("the script has `spectrum`")
}

fn readout(view: &SpectralView, name: &str) -> usize {
    view.seen.iter().position(|s| s.name == name).expect("an observable of the script")
}

/// Modulus, frequency, amplitude and phase of the visible modes of a series that are not steady, the slowest first.
fn modes(view: &SpectralView, name: &str) -> Vec<[f64; 4]> {
    let r = readout(view, name);
    let all = view.spectrum.sectors.iter().flat_map(|s| &s.modes);
    let mut seen: Vec<[f64; 4]> = all
        .filter(|m| !m.is_steady() && view.is_visible(m, r))
        .map(|m| [m.value.norm(), m.frequency(), m.amplitude(r), m.phase(r)])
        .collect();
    let rounded = |m: &[f64; 4]| (m[0] * 1e12).round();
    seen.sort_by(|a, b| rounded(b).total_cmp(&rounded(a)).then(a[2].total_cmp(&b[2])));
    seen
}

fn assert_modes(view: &SpectralView, name: &str, expected: &[[f64; 4]]) {
    let found = modes(view, name);
    assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
    for (a, b) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((a - b).abs() < 1e-12, "{name}: {found:?} {expected:?}");
    }
}

fn prediction(outcome: &Outcome) -> &Prediction {
    let [prediction] = view(outcome).predictions.as_slice() else { panic!("one Pearson series") };
    prediction
}

/// Runs a model for `count` collisions with `spectrum`, followed by more statements.
fn spectral(model: &str, count: u64, more: &str) -> Outcome {
    Checked::text(&format!("{model}\nexperiment t {{\nrun {count}\nspectrum\n{more}\n}}")).run("t")
}

#[test]
fn damping_of_a_qubit() {
    let o = spectral(
        "system s = |+>\nstep { apply damping(s, 0.2); apply RZ(s, 0.3) }\nobserve r = bloch(s)\nobserve q = purity(s)",
        5,
        "",
    );
    let v = view(&o);
    // Each step multiplies the coherences by √(1 − p) and a phase, and 1 − z by 1 − p.
    let root = 0.8f64.sqrt();
    assert_modes(v, "r_x", &[[root, 0.3, root, 0.3]]);
    assert_modes(v, "r_y", &[[root, 0.3, root, 0.3 - PI / 2.0]]);
    assert_modes(v, "r_z", &[[0.8, 0.0, 0.8, PI]]);
    let steady = |name| v.steady_value(readout(v, name));
    assert_eq!((steady("r_x"), steady("q")), (Some(0.0), None), "a purity is not linear in the state");
    assert!((steady("r_z").expect("linear") - 1.0).abs() < 1e-12);
    let lasting = v.spectrum.lasting.expect("four elements");
    assert_eq!((lasting.steady, lasting.oscillating), (1, 0));
}

#[test]
fn thermalisation_by_a_stream() {
    let o = spectral(
        "system s = |1>\nenvironment e = 0.7*|0><0| + 0.3*|1><1|
        step { apply partial_swap(s, e, 0.4); discard e }\nobserve z = <Z(s)>",
        5,
        "",
    );
    // Each step multiplies z − 0.4 by cos²θ, starting from −1 − 0.4.
    let shrink = 0.4f64.cos().powi(2);
    assert_modes(view(&o), "z", &[[shrink, 0.0, 1.4 * shrink, PI]]);
    assert!((view(&o).steady_value(0).expect("linear") - 0.4).abs() < 1e-12);
}

#[test]
fn two_spins_exchange_an_excitation_for_ever() {
    let model = "system s1, s2 = |10>\nstep { evolve 0.3/2*(X(s1)*X(s2) + Y(s1)*Y(s2)) for 0.5 }
        observe p1 = population(s1, 1)\nobserve p2 = population(s2, 1)";
    let o = spectral(model, 200, "let C = pearson(p1, p2, width = 30)");
    // P1 = cos²(Jtn) = (1 + cos 2Jtn)/2
    assert_modes(view(&o), "p1", &[[1.0, 0.3, 0.5, 0.3]]);
    assert_modes(view(&o), "p2", &[[1.0, 0.3, 0.5, 0.3 - PI]]);
    // H has the levels 0, 0, ±J. Pairs of equal levels are steady: 2² + 1 + 1. The other ten pairs oscillate.
    let lasting = view(&o).spectrum.lasting.expect("sixteen elements");
    assert_eq!((lasting.steady, lasting.oscillating), (6, 10));
    let late = prediction(&o).prediction.as_ref().expect("one mode");
    assert!((late.late.low + 1.0).abs() < 1e-9 && (late.late.high + 1.0).abs() < 1e-9, "{late:?}");
    assert_eq!(late.from, 1);
}

#[test]
fn a_conserved_quantity_makes_the_steady_state_degenerate() {
    let o = spectral("system s = |+>\nstep { apply dephasing(s, 0.1) }\nobserve x = <X(s)>\nobserve z = <Z(s)>", 5, "");
    let lasting = view(&o).spectrum.lasting.expect("four elements");
    assert_eq!((lasting.steady, lasting.oscillating), (2, 0));
}

/// Both spins have the same eigenvalue, each in its own sector.
#[test]
fn equal_eigenvalues_of_two_sectors_are_two_modes() {
    let o = spectral(
        "system a, b = |+>\nstep { apply damping(a, 0.2); apply damping(b, 0.2); evolve 0*Z(a)*Z(b) for 1 }
        observe x = <X(a) + 0.5*X(b) + X(a)*Z(b)>",
        5,
        "",
    );
    assert!(view(&o).spectrum.sectors.iter().all(|s| s.defects.is_empty()));
    let root = 0.8f64.sqrt();
    // Z(b) starts at 0 and tends to 1, Z = 1 − (1 − p)^n, so X(a)*Z(b) contains both a mode of X(a) and a faster one.
    assert_modes(
        view(&o),
        "x",
        &[[root, 0.0, 0.5 * root, 0.0], [root, 0.0, 2.0 * root, 0.0], [0.8 * root, 0.0, 0.8 * root, PI]],
    );
}

#[test]
fn the_pearson_value_of_figure_2_is_predicted() {
    let model = "use karpat2019";
    let o = spectral(model, 6000, "let C12 = pearson(x1, x2, width = 140, overlap = 125)");
    let late = prediction(&o).prediction.as_ref().expect("a slowest mode");
    assert!((2000..5000).contains(&late.from), "{late:?}");
    // Where the prediction begins to hold, other modes have 1 % of the amplitude. They contribute the square of that to
    // C − cos φ, and 1 % · sin φ through the phase.
    let (series, first) = (let_values(&o, "C12"), view(&o).first);
    let at = |n: u64| (series[usize::try_from((n - 1) / 15).expect("small")], n - (n - 1) % 15);
    for n in [late.from + 15, late.from + 500, 5800] {
        let (simulated, start) = at(n);
        let predicted = late.late.at(start - first);
        assert!((simulated - predicted).abs() < 1e-3, "{n}: {simulated} {predicted}");
        assert!(late.late.low - 1e-3 < simulated && simulated < late.late.high + 1e-3);
    }
    let (early, start) = at(1861);
    assert!((early - late.late.at(start - first)).abs() > 5e-3, "the run of the paper has not settled: {early}");
    let (start, value, predicted_value) = prediction(&o).simulated.expect("it was run");
    assert_eq!((start, value), (5851, *series.last().expect("windows")));
    assert!((value - predicted_value.expect("a prediction")).abs() < 1e-5);
}

/// A vacuum unit collides with s1, then with s2, and leaves: the excitation that s1 loses reaches s2 and never returns.
/// The amplitude of s2 is −n sin²θ cosⁿ⁻¹θ, so P2 is not a sum of exponentials.
#[test]
fn a_cascade_is_a_jordan_block() {
    let theta = 0.2f64;
    let o = spectral(
        "system s1, s2 = |10>\nenvironment e = |0>
        step { apply partial_swap(s1, e, 0.2); apply partial_swap(s2, e, 0.2); discard e }
        observe p1 = population(s1, 1)\nobserve p2 = population(s2, 1)",
        300,
        "let C = pearson(p1, p2, width = 50)",
    );
    follows(&o, "p2", 0, 1e-12, |n| n.powi(2) * theta.sin().powi(4) * theta.cos().powf(2.0 * n - 2.0));
    let defects: Vec<_> = view(&o).spectrum.sectors.iter().flat_map(|s| &s.defects).collect();
    let [block] = defects[..] else { panic!("{defects:?}") };
    assert!((block.value.re - theta.cos().powi(2)).abs() < 1e-9 && block.value.im == 0.0, "{block:?}");
    assert!(block.vectors < block.count && block.count >= 3, "{block:?}");
    let why = prediction(&o).prediction.as_ref().expect_err("no prediction");
    assert!(why.contains("not separated"), "{why}");
    assert!(prediction(&o).simulated.is_some());
}

/// Kept units form a shift register, which is nilpotent: a Jordan block at λ = 0, which does not affect the late
/// series.
#[test]
fn forgotten_units_do_not_prevent_a_prediction() {
    let o = spectral(
        "system s = |+>\nenvironment e = |0> keep 2
        step { apply partial_swap(s, e, 0.2); evolve Z(s) for 0.2 }
        observe x = <X(s)>\nobserve y = <X(e[-2])>",
        100,
        "let C = pearson(x, y, width = 40, overlap = 39)",
    );
    let late = prediction(&o).prediction.as_ref().unwrap_or_else(|why| panic!("{why}"));
    let (_, value, predicted_value) = prediction(&o).simulated.expect("it was run");
    assert!((value - predicted_value.expect("a prediction")).abs() < 1e-6, "{late:?} {value}");
}

#[test]
fn signals_without_a_common_slowest_mode_are_not_predicted() {
    let o = spectral(
        "system a, b = |+>\nstep { evolve Z(a) + 1.3*Z(b) for 0.1 }\nobserve x = <X(a)>\nobserve y = <X(b)>\nobserve q = purity(a)",
        50,
        "let C = pearson(x, y, width = 10)\nlet D = pearson(x, q, width = 10)",
    );
    let why: Vec<&str> =
        view(&o).predictions.iter().map(|p| p.prediction.as_ref().expect_err("unsettled").as_str()).collect();
    assert!(why[0].contains("differ") && why[1].contains("not linear"), "{why:?}");
}

#[test]
fn without_the_statement_there_is_no_spectrum() {
    assert!(run("system s = |+>\nstep { apply dephasing(s, 0.1) }\nobserve x = <X(s)>", 5).spectrum.is_none());
}
