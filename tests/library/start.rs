//! `start`: closed forms of runs that begin correlated.

use crate::runs::{Checked, follows, run};

const EXACT: f64 = 1e-13;

const EXCHANGE: &str = "param θ = 0.4\ngate exchange(a, b) = exp(-i*θ/2*(X(a)*X(b) + Y(a)*Y(b)))\n";

/// The exchange takes |01⟩ to cos θ |01⟩ − i sin θ |10⟩, so the amplitude of |10⟩ in (|01⟩ ± i|10⟩)/√2 becomes
/// i(±cos θ − sin θ)/√2: the population of s after the first collision is (1 ∓ sin 2θ)/2. Later units are in |0⟩, and each
/// collision multiplies the population by cos²θ.
#[test]
fn a_correlation_with_the_first_unit_acts_in_the_first_collision() {
    let theta = 0.4f64;
    for (sign, first) in [("+", 0.5 * (1.0 - (2.0 * theta).sin())), ("-", 0.5 * (1.0 + (2.0 * theta).sin()))] {
        let o = run(
            &format!(
                "{EXCHANGE}system s = |0>\nenvironment e = |0>\nstart s, e = (|01> {sign} i*|10>)/√2\n\
                 step {{ apply exchange(s, e); discard e }}\nobserve p = population(s, 1)"
            ),
            50,
        );
        follows(&o, "p", 0, EXACT, |n| if n == 0.0 { 0.5 } else { first * theta.cos().powf(2.0 * (n - 1.0)) });
    }
}

/// The second unit waits until its collision, with its correlation: s and e' in a Bell state, a full swap with e first
/// empties s, and the swap with the second unit brings back a mixed state.
#[test]
fn the_second_unit_can_start_correlated() {
    let o = run(
        "system s = |0>\nenvironment e = |0>\nstart s, e' = (|00> + |11>)/√2\n\
         step { apply SWAP(s, e); discard e }\nobserve p = population(s, 1)\nobserve P = purity",
        4,
    );
    let p: Vec<f64> = o.find_series("p").expect("observed").values.to_vec();
    for (found, expected) in p.iter().zip([0.5, 0.0, 0.5, 0.0, 0.0]) {
        assert!((found - expected).abs() < EXACT, "{p:?}");
    }
    // At the start the joint state of s and e' is pure; after collision 2, s alone is maximally mixed.
    let purity: Vec<f64> = o.find_series("P").expect("observed").values.to_vec();
    assert!((purity[0] - 1.0).abs() < EXACT && (purity[2] - 0.5).abs() < EXACT, "{purity:?}");
}

/// A member of a joint declaration that is not named keeps its marginal; a `start` without a joint state gives each
/// subsystem the state; that of an experiment replaces that of the protocol.
#[test]
fn declared_states_and_starts_combine() {
    let script = Checked::text(
        "system a, b, c = (|000> + |111>)/√2\nstart a, b = |1>\nstep { apply RZ(a, 0.1) }\n\
         observe x = population(a, 1)\nobserve y = population(b, 1)\nobserve z = population(c, 1)\n\
         observe I = mutual_information(a | b, c)\n\
         experiment model { run 1; expect last(x) ≈ 1 and last(y) ≈ 1 and last(z) ≈ 0.5 and abs(last(I)) < 1e-12 }\n\
         experiment own { start a, c = (|01> + |10>)/√2; run 1; expect last(x) ≈ 0.5 and last(y) ≈ 0.5 and last(z) ≈ 0.5\n\
         expect last(I) ≈ 2*log(2) }",
    );
    for name in ["model", "own"] {
        let outcome = script.run(name);
        assert!(outcome.claims.iter().all(|c| c.holds), "{:?}", outcome.claims);
    }
}
