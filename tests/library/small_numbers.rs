//! Numbers far below 1 but far above rounding errors are physics: no backend may treat them as noise.

use carom::experiment::{Backend, Outcome};

use crate::runs::{Checked, values};

/// The outcomes of a script's experiment `t` on the fast backends.
fn outcomes(script: &str) -> Vec<Outcome> {
    let checked = Checked::text(script);
    [Backend::Density, Backend::StepMap].into_iter().map(|backend| checked.run_as_written("t", backend)).collect()
}

fn last(outcome: &Outcome, name: &str) -> f64 {
    *values(outcome, name).last().expect("a run has values")
}

/// A unit with a weight of 10⁻⁸ in another state is swapped into the system, in the computational basis and in another.
#[test]
fn a_small_weight_in_a_unit_reaches_the_system() {
    for (major, minor, pauli) in [("0", "1", "Z"), ("+", "-", "X")] {
        let script = format!(
            "system s = |{major}>\nenvironment e = (1 - 1e-8)*|{major}><{major}| + 1e-8*|{minor}><{minor}|\n\
             step {{ apply SWAP(s, e); discard e }}\nobserve a = <{pauli}(s)>\nexperiment t {{ run 20 }}"
        );
        for outcome in outcomes(&script) {
            let weight = (1.0 - last(&outcome, "a")) / 2.0;
            assert!((weight - 1e-8).abs() < 1e-14, "{pauli}: {weight:e}");
        }
    }
}

/// A coherence of 10⁻⁸ in the initial state precesses like a large one.
#[test]
fn a_small_coherence_of_the_initial_state_is_kept() {
    let script = "system s = 0.5*|0><0| + 0.5*|1><1| + 5e-9*(|0><1| + |1><0|)\n\
                  step { evolve 0.35*Z(s) for 1 }\nobserve x = <X(s)>\nexperiment t { run 40 }";
    for outcome in outcomes(script) {
        let exact = 1e-8 * (0.7f64 * 40.0).cos();
        assert!((last(&outcome, "x") - exact).abs() < 1e-20, "{:e}, not {exact:e}", last(&outcome, "x"));
    }
}

/// Rotations by 10⁻¹⁴ in each of 10⁶ collisions add up to one by 10⁻⁸.
#[test]
fn small_rotations_add_up() {
    let script = "system s = |+>\nstep { evolve 0.5*Z(s) for 1e-14 }\nobserve y = <Y(s)>\nexperiment t { run 1000000 }";
    let outcome = Checked::text(script).run_as_written("t", Backend::StepMap);
    assert!((last(&outcome, "y") - 1e-8).abs() < 1e-14, "{:e}", last(&outcome, "y"));
}

/// Real numbers are multiplied and divided as real numbers, also where |b|² of a divisor would be zero or overflow, and by ∞.
#[test]
fn arithmetic_of_real_numbers_is_that_of_doubles() {
    let text = "
        param a = 1/1e-200
        param b = inf*2
        param c = (3 + 4i)/1e-200
        system s = |0>
        step { apply X(s) }
        observe z = <Z(s)>
        experiment t {
            run 1
            expect a == 1e200
            expect 1e-170*a == 1e-170/1e-200
            expect 1/b == 0
            expect b/3 > 1e308
            expect -b < -1e308
            expect re(c) == 3/1e-200 and im(c) == 4/1e-200
            expect last(z) == -1
        }";
    let outcome = Checked::text(text).run("t");
    assert_eq!(outcome.claims.len(), 7);
    assert!(outcome.claims.iter().all(|claim| claim.holds), "{:?}", outcome.claims);
}
