//! `evolve … with`: closed forms of Lindblad evolutions, and the limit of many weak collisions.

use crate::runs::{follows, run};

/// Largest accepted error of double precision over some hundred collisions.
const EXACT: f64 = 1e-13;

/// With H = −ω/2 Z and K = √γ |0⟩⟨1|, ρ₁₁ decays as e^(−γt) and ρ₀₁ as e^(iωt − γt/2).
#[test]
fn a_damped_spin_between_collisions() {
    let o = run(
        "param γ = 0.3\nsystem s = (|0> + |1>)/√2\nstep { evolve -1.1/2*Z(s) for 0.2 with √γ*lower(s) }\n\
         observe p = population(s, 1)\nobserve x = <X(s)>\nobserve y = <Y(s)>",
        300,
    );
    let t = |n: f64| 0.2 * n;
    follows(&o, "p", 0, EXACT, |n| 0.5 * (-0.3 * t(n)).exp());
    follows(&o, "x", 0, EXACT, |n| (-0.15 * t(n)).exp() * (1.1 * t(n)).cos());
    follows(&o, "y", 0, EXACT, |n| -(-0.15 * t(n)).exp() * (1.1 * t(n)).sin());
}

/// Rates γ(1 + N) down and γN up: the population relaxes with the rate γ(1 + 2N) to N/(1 + 2N).
#[test]
fn jumps_to_a_thermal_bath() {
    let o = run(
        "param γ = 0.2\nparam N = 0.7\nsystem s = |1>\n\
         step { evolve 0 for 0.5 with √(γ*(1 + N))*lower(s), √(γ*N)*raise(s) }\nobserve p = population(s, 1)",
        300,
    );
    let end = 0.7 / 2.4;
    follows(&o, "p", 0, EXACT, |n| end + (1.0 - end) * (-0.2 * 2.4 * 0.5 * n).exp());
}

/// One jump operator lower(a) + lower(b) does not damp the singlet, and damps |11⟩ through the triplet: with rates 2 from
/// each level to the next, the populations are e^(−2t), 2t e^(−2t) and 1 − (1 + 2t) e^(−2t).
#[test]
fn collective_decay_has_a_dark_state() {
    let decay = "step { evolve 0 for 0.1 with lower(a) + lower(b) }\n";
    let dark = run(&format!("system a, b = (|01> - |10>)/√2\n{decay}observe p = population(a, 1)"), 100);
    follows(&dark, "p", 0, EXACT, |_| 0.5);
    let bright = run(
        &format!(
            "system a, b = |11>\n{decay}observe both = <|11><11|(a, b)>\n\
             observe one = fidelity(a, b, (|01> + |10>)/√2)"
        ),
        100,
    );
    let t = |n: f64| 0.1 * n;
    follows(&bright, "both", 0, EXACT, |n| (-2.0 * t(n)).exp());
    follows(&bright, "one", 0, EXACT, |n| 2.0 * t(n) * (-2.0 * t(n)).exp());
}

/// Subsystems that neither H nor a jump operator couples evolve separately: six spins are no map of dimension 64.
#[test]
fn parts_without_a_common_subsystem_are_separate() {
    let names: Vec<String> = (1..=6).map(|k| format!("s{k}")).collect();
    let sum: Vec<String> = names.iter().map(|s| format!("0.3*Z({s})")).collect();
    let jumps: Vec<String> = names.iter().map(|s| format!("0.5*lower({s})")).collect();
    let o = run(
        &format!(
            "system {} = |1>\nstep {{ evolve {} for 1 with {} }}\nobserve p = population(s6, 1)",
            names.join(", "),
            sum.join(" + "),
            jumps.join(", ")
        ),
        20,
    );
    follows(&o, "p", 0, EXACT, |n| (-0.25 * n).exp());
}

/// Collisions of duration τ with units in |0⟩ and an exchange coupling √(γ/τ): the population after one collision is
/// cos²√(γτ) = e^(−γτ)(1 − γ²τ²/6 + …), so at a fixed time it differs from e^(−γt) by γ²tτ/6 in the first order.
#[test]
fn weak_collisions_converge_to_the_lindblad_evolution() {
    let error = |collisions: u64| {
        let tau = 2.0 / collisions as f64;
        let o = run(
            &format!(
                "param τ = {tau}\nparam g = √(0.6/τ)\nsystem a, b = |1>\nenvironment e = |0>\n\
                 step {{\n evolve g/2*(X(a)*X(e) + Y(a)*Y(e)) for τ\n evolve 0 for τ with √0.6*lower(b)\n discard e\n}}\n\
                 observe d = population(a, 1) - population(b, 1)"
            ),
            collisions,
        );
        let d = o.find_series("d").expect("it is observed");
        *d.values.last().expect("the last collision")
    };
    let errors: Vec<f64> = [50, 100, 200].map(error).to_vec();
    let first_order = |collisions: f64| -0.36 * 2.0 * (2.0 / collisions) / 6.0 * (-1.2f64).exp();
    assert!((errors[2] / first_order(200.0) - 1.0).abs() < 0.01, "{errors:?}");
    for pair in errors.windows(2) {
        let slope = (pair[0] / pair[1]).log2();
        assert!((slope - 1.0).abs() < 0.02, "the order in τ is {slope}");
    }
}
