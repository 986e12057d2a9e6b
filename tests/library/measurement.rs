//! Measurements, feedback and what depends on their outcomes, against closed forms and against the same map written
//! with Kraus operators.

use carom::experiment::Backend;

use crate::runs::{Checked, values};

const ALL: [Backend; 4] = [Backend::Auto, Backend::Density, Backend::StepMap, Backend::Reference];

/// Runs the experiment `t` of each script on each backend and compares the series of these names in pairs.
fn same(texts: [&str; 2], names: &[&str], tolerance: f64) {
    for backend in ALL {
        let [a, b] = texts.map(|text| Checked::text(text).run_as_written("t", backend));
        for name in names {
            let (a, b) = (values(&a, name), values(&b, name));
            assert_eq!(a.len(), b.len());
            let off = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(off < tolerance, "{name} on {backend:?}: {off:e}");
        }
    }
}

const WEAK: &str = "param θ = 0.3
param α = 0.4
param β = 0.25
system s = |+>
environment e = |0>
gate meet(a, b) = exp(-i*θ*Z(a)*X(b))
observe x = <X(s)>
observe y = <Y(s)>
observe z = <Z(s)>
observe S = entropy(s)
";

fn weak(step: &str) -> String {
    format!("{WEAK}step {{ {step} }}\nexperiment t {{ run 60 }}\n")
}

/// The mean over the outcomes of a measurement of the unit is the state after a unit that is traced out unmeasured. With
/// exp(−iθ Z⊗X)|0⟩ = cos θ |0⟩ − i sin θ Z |1⟩, the coherence of s shrinks by cos 2θ in each collision, and the mean
/// outcome of Z is cos²θ − sin²θ = cos 2θ in every collision.
#[test]
fn without_feedback_a_measurement_of_the_unit_changes_nothing() {
    let measured = weak("apply meet(s, e); measure Z(e) as r; discard e");
    let unmeasured = weak("apply meet(s, e); discard e");
    same([&measured, &unmeasured], &["x", "y", "z", "S"], 1e-13);
    for backend in ALL {
        let outcome = Checked::text(&measured).run_as_written("t", backend);
        let (r, x) = (values(&outcome, "r"), values(&outcome, "x"));
        let cos = 0.6_f64.cos();
        assert!(r[0].is_nan());
        for n in 1..=60 {
            assert!((r[n] - cos).abs() < 1e-12, "{backend:?}: {}", r[n]);
            assert!((x[n] - cos.powi(i32::try_from(n).unwrap())).abs() < 1e-12, "{backend:?}: {}", x[n]);
        }
    }
}

/// Σ_k U_k M_k ρ M_k† U_k† with M_0 = cos θ and M_1 = −i sin θ Z, written out with `kraus`.
#[test]
fn feedback_is_a_channel() {
    let feedback = weak(
        "apply meet(s, e); measure Z(e) as r; when r > 0 { apply RX(s, α) } else { apply RY(s, β); apply RZ(s, α) }; discard e",
    );
    let written = weak("apply kraus(cos(θ)*RX(s, α), -i*sin(θ)*RZ(s, α)*RY(s, β)*Z(s))");
    same([&feedback, &written], &["x", "y", "z", "S"], 1e-12);
}

/// A number computed from the outcome turns the system: RX(s, αr) with r = ±1.
#[test]
fn an_outcome_is_a_number_in_any_statement() {
    let angle = weak("apply meet(s, e); measure Z(e) as r; let φ = α*r + β; apply RX(s, φ); discard e");
    let split = weak(
        "apply meet(s, e); measure Z(e) as r; when r == 1 { apply RX(s, α + β) } else { apply RX(s, β - α) }; discard e",
    );
    same([&angle, &split], &["x", "y", "z", "S"], 1e-12);
    let twice = weak("apply meet(s, e); measure e as k; repeat 2k { apply RX(s, α) }; discard e");
    let written = weak("apply kraus(cos(θ)*I(s), -i*sin(θ)*RX(s, 2α)*Z(s))");
    same([&twice, &written], &["x", "y", "z", "S"], 1e-12);
    let mixed = weak("apply meet(s, e); measure e as k; with probability 0.3k { apply X(s) }; discard e");
    let written = weak("apply kraus(cos(θ)*I(s), √0.7*sin(θ)*Z(s), √0.3*sin(θ)*X(s)*Z(s))");
    same([&mixed, &written], &["x", "y", "z", "S"], 1e-12);
}

/// Two outcomes: the branch is decided by both, in a chain of conditions.
#[test]
fn conditions_combine_outcomes() {
    let chain = weak(
        "apply meet(s, e); apply meet(s, e'); measure e as j; measure e' as k
         when j == 1 and k == 1 { apply RX(s, α) } else when j + k == 1 { apply RY(s, β) } else { apply RZ(s, 1) }
         discard e, e'",
    );
    let written = weak("apply kraus(cos(θ)^2*RZ(s, 1), √2*cos(θ)*sin(θ)*RY(s, β)*Z(s), sin(θ)^2*RX(s, α))");
    same([&chain, &written], &["x", "y", "z", "S"], 1e-12);
}

/// A degenerate observable is measured by the projectors on its eigenspaces (Lüders): Z⊗Z keeps the coherence between
/// |00⟩ and |11⟩, and its outcomes are ±1.
#[test]
fn a_degenerate_observable_keeps_coherence_in_its_eigenspaces() {
    let text = "system a, b = (|00> + |11> + |01>)/√3\nstep { measure Z(a)*Z(b) as r }
                observe c = re(<|00><11|(a, b)>)\nobserve d = re(<|00><01|(a, b)>)\nexperiment t { run 3 }";
    for backend in ALL {
        let outcome = Checked::text(text).run_as_written("t", backend);
        let [c, d, r] = ["c", "d", "r"].map(|name| values(&outcome, name)[3]);
        assert!((c - 1.0 / 3.0).abs() < 1e-14 && d.abs() < 1e-14, "{backend:?}: {c} {d}");
        assert!((r - 1.0 / 3.0).abs() < 1e-14, "{backend:?}: {r}");
    }
}

/// A general instrument: amplitude damping whose jumps are counted. The excited population decays as (1−p)ⁿ, and the
/// mean outcome is the decrease of the population in the collision, p(1−p)ⁿ⁻¹.
#[test]
fn a_general_instrument_counts_jumps() {
    let text = "param p = 0.2\nsystem s = |1>
                step { measure kraus(|0><0|(s) + √(1 - p)*|1><1|(s), √p*|0><1|(s)) as k }
                observe e = population(s, 1)\nexperiment t { run 40 }";
    for backend in ALL {
        let outcome = Checked::text(text).run_as_written("t", backend);
        let (k, e) = (values(&outcome, "k"), values(&outcome, "e"));
        for n in 1..=40 {
            let left = 0.8_f64.powi(i32::try_from(n).unwrap());
            assert!((e[n] - left).abs() < 1e-13 && (k[n] - left / 4.0).abs() < 1e-13, "{backend:?}, {n}");
        }
    }
}

/// A condition without outcomes is decided when the step of that n is built.
#[test]
fn a_condition_on_n_chooses_the_statements_of_a_collision() {
    let text = "system s = |0>\nstep { when n == 3 or n > 5 { apply X(s) } else when n == 4 { reset s = |+> } }
                observe z = <Z(s)>\nexperiment t { run 7 }";
    for backend in [Backend::Auto, Backend::Density, Backend::Reference] {
        let z = values(&Checked::text(text).run_as_written("t", backend), "z");
        let expected = [1.0, 1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0];
        assert!(z.iter().zip(expected).all(|(z, e)| (z - e).abs() < 1e-14), "{backend:?}: {z:?}");
    }
}

/// Feedback on a unit that stays alive: the correction is applied to the next unit, which carries the outcome to the
/// next collision. Compared on all backends, with powers: only the last value is read.
#[test]
fn powers_of_a_step_with_feedback_agree_with_stepping() {
    let text = "system s = |+>\nenvironment e = |0>
                step {
                    evolve 0.4*(X(s)*X(e) + Y(s)*Y(e)) + 0.2*Z(s) for 1
                    measure Y(e) as r
                    when r > 0 { apply RX(e', 0.7) } else { apply RY(s, 0.3) }
                    apply partial_swap(s, e', 0.2)
                    discard e
                }
                observe x = <X(s)>\nobserve y = <Y(s)*Z(e)>\nexperiment t { run 300 }";
    let reference = Checked::text(text).run_as_written("t", Backend::Reference);
    for backend in [Backend::Auto, Backend::Density, Backend::StepMap] {
        let outcome = Checked::text(text).run_as_written("t", backend);
        for name in ["x", "y", "r"] {
            let (a, b) = (values(&outcome, name), values(&reference, name));
            let off = (2..a.len()).map(|n| (a[n] - b[n]).abs()).fold(0.0, f64::max);
            assert!(off < 1e-12, "{name} on {backend:?}: {off:e}");
        }
    }
}
