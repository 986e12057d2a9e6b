//! Steps that depend on the collision number through `mod`: one map for a period.

use carom::backend::{Backend as Engine, Form};
use carom::experiment::{Backend, Options, Outcome};

use crate::runs::{Checked, values};

fn period(outcome: &Outcome) -> Option<usize> {
    match &outcome.ran.plan().expect("a run has a plan").form {
        Some(Form::Linear { period, .. }) => Some(*period),
        _ => None,
    }
}

/// Amplitude damping in each collision and a flip in every third: with q = (1 − γ)³, a period maps z to
/// −(1 − q) − qz, whose fixed point is −(1 − q)/(1 + q).
const KICKED: &str = "
param γ = 0.1
system s = |+>
environment e = |0>
step {
    apply partial_swap(s, e, asin(√γ))
    discard e
    when mod(n, 3) == 0 { apply X(s) }
}
observe z = <Z(s)>
experiment all { run 301 }
experiment late { run 1000000001; sweep γ = [0.1]; collect Z = last(z), P = last(pearson(z, z, width = 6, overlap = 0)) }
experiment end { run 1000000001; let Z = last(z) }
";

/// z after n collisions.
fn kicked(n: u64) -> f64 {
    (1..=n).fold(0.0, |z: f64, n| {
        let damped = 1.0 - 0.9 * (1.0 - z);
        if n % 3 == 0 { -damped } else { damped }
    })
}

#[test]
fn a_periodic_step_follows_its_closed_form() {
    let script = Checked::text(KICKED);
    let run = script.run("all");
    assert_eq!(period(&run), Some(3));
    for (n, z) in values(&run, "z").iter().enumerate() {
        let exact = kicked(n as u64);
        assert!((z - exact).abs() < 1e-14, "z after {n} is {z}, not {exact}");
    }
}

#[test]
fn powers_of_a_period_end_within_it() {
    let swept = Checked::text(KICKED).sweep("late");
    // A billion and one collisions end with the second of a period.
    let q = 0.9f64.powi(3);
    let start = -(1.0 - q) / (1.0 + q);
    let exact = 1.0 - 0.9 * 0.9 * (1.0 - start);
    let found = swept.row(0)[0];
    assert!((found - exact).abs() < 1e-14, "{found}, not {exact}");
    assert!((swept.row(0)[1] - 1.0).abs() < 1e-12);
}

/// Steps whose period comes from different places, each with its period.
const PERIODIC: [(&str, usize); 8] = [
    ("apply U(s1, e1); discard e1; when mod(n, 2) == 0 { apply RX(s2, 0.4) } else { apply RZ(s1, 0.2) }", 2),
    ("let ϑ = 0.3*cos(2π*mod(n, 5)/5); apply partial_swap(s1, e1, ϑ); discard e1; apply RX(s2, ϑ)", 5),
    // The inner condition is first read in the second collision.
    ("apply U(s1, e1); discard e1; when mod(n, 2) == 0 { when mod(n, 3) == 0 { apply X(s1) } }", 6),
    ("apply U(r[mod(n, 3) + 1], e1); discard e1", 3),
    ("apply U(s1, e1); apply U(e1, e1'); discard e1; when mod(2n + 1, 4) > 1 { apply H(s1) }", 4),
    // Records read earlier records, and a unit is attached in some collisions only.
    ("record a = <Z(s1)>; when mod(-n, 2) == 0 { apply U(s2, e1) }; discard e1; record b = <Z(s1)> - a", 2),
    ("measure X(e1) as k; when k > 0 { when mod(n, 2) == 0 { apply X(s2) } }; discard e1; apply U(s1, s2)", 2),
    ("reset s2 = thermal(0.3, mod(n - 1, 4)); apply U(s1, s2); apply U(s1, e1); discard e1", 4),
];

fn model(step: &str) -> Checked {
    let joined = step.replace("; ", "\n");
    Checked::text(&format!(
        "system s1, s2 = |+>\nsystem r[3] = |1>\nenvironment e1 = |0> keep 0\ngate U(a, b) = partial_swap(a, b, 0.6)\n\
         step {{\n{joined}\nevolve X(s1)*X(s2) + 0.3*Z(r[1])*X(r[2]) for 0.2\n}}\n\
         observe x = <X(s1)>\nobserve c = concurrence(s1, s2)\nobserve z[k in 1..3] = <Z(r[k])>\n\
         experiment t {{ run 61 }}\nexperiment late {{ run 1001; let w = last(pearson(x, z[2], width = 10, overlap = 3)) }}\n"
    ))
}

#[test]
fn every_kind_of_period_agrees_with_stepping() {
    for (step, expected) in PERIODIC {
        let script = model(step);
        let mapped = script.run_as_written("t", Backend::StepMap);
        assert_eq!(period(&mapped), Some(expected), "{step}");
        for backend in [Backend::Density, Backend::Reference] {
            let stepped = script.run_as_written("t", backend);
            for ((name, fast), (_, slow)) in mapped.series().zip(stepped.series()) {
                for (n, (a, b)) in fast.values.iter().zip(&slow.values).enumerate() {
                    assert!(a.is_nan() && b.is_nan() || (a - b).abs() < 1e-12, "{step}: {name} after {n}: {a}, {b}");
                }
            }
        }
    }
}

#[test]
fn a_step_without_a_period_is_rebuilt_in_each_collision() {
    for step in [
        "apply U(s1, e1); discard e1; when n > 40 { apply X(s1) }",
        "apply U(s1, e1); discard e1; apply RX(s1, 0.1*mod(n, 2.5))",
        "apply U(s1, e1); discard e1; apply RX(s1, 0.1*mod(0.5*n, 2))",
        "apply U(s1, e1); discard e1; apply RX(s1, 0.1*mod(7, n))",
        "apply U(s1, e1); discard e1; apply RX(s1, 0.1*mod(n, 1000))",
    ] {
        let run = model(step).run_with("t", &Options::default());
        assert_eq!(run.ran.plan().expect("a plan").engine, Engine::Density, "{step}");
    }
}

#[test]
fn a_period_that_is_not_linear_is_stepped() {
    for statement in ["uncorrelate s1 | s2 | r[1] | r[2] | r[3]", "measure Z(s2) as k; postselect k > 0"] {
        let script =
            model(&format!("apply U(s1, e1); discard e1; when mod(n, 2) == 0 {{ apply RX(s2, 0.4) }}; {statement}"));
        let run = script.run("t");
        assert_eq!(period(&run), None, "{statement}");
        let slow = script.run_as_written("t", Backend::Reference);
        for (a, b) in values(&run, "x").iter().zip(&values(&slow, "x")) {
            assert!((a - b).abs() < 1e-12, "{statement}: {a}, {b}");
        }
    }
}
