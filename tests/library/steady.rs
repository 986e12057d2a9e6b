//! `steady`: closed forms, agreement with long runs on every engine, and what is not a limit.

use carom::diagnostic::Code;
use carom::experiment::{Backend, Outcome};

use crate::runs::{Checked, covered};

/// Largest accepted error of a solved fixed point whose gap is not small.
const EXACT: f64 = 1e-13;

const EXCHANGE: &str = "gate exchange(a, b) = exp(-i*θ/2*(X(a)*X(b) + Y(a)*Y(b)))\n";

fn number(outcome: &Outcome, name: &str) -> f64 {
    let column = outcome.named().find(|c| *c.name == *name).unwrap_or_else(|| panic!("no {name}"));
    column.last().expect("a number")
}

fn steady(model: &str, rest: &str) -> Outcome {
    Checked::text(&format!("{model}\nexperiment t {{ steady; {rest} }}")).run("t")
}

/// Collisions with thermal units by an exchange of angle θ: the population becomes that of the units, and in each
/// collision the difference shrinks by cos²θ, a coherence by |cos θ|.
#[test]
fn the_gap_alone_in_a_table_is_that_of_all_observables() {
    let text = "param g = 0.31
        system s = |+>
        environment e = |0>
        step { apply partial_swap(s, e, g); discard e }
        observe p = <Z(s)>
        experiment t { steady; sweep g = [0.31, 0.4]; collect Δ = gap }";
    let swept = Checked::text(text).sweep("t");
    for (point, g) in [0.31f64, 0.4].into_iter().enumerate() {
        let gap = swept.row(point)[0];
        assert!((gap + 2.0 * g.cos().ln()).abs() < 1e-12, "{gap} at {g}");
    }
}

#[test]
fn an_exchange_with_thermal_units_gives_their_population() {
    let model = format!(
        "param θ = 0.31\n{EXCHANGE}system s = |+>\nenvironment e = thermal(-Z/2, 0.8)\n\
         step {{ apply exchange(s, e); discard e }}"
    );
    let population = 1.0 / (1.0 + (1.0f64 / 0.8).exp());
    let p = steady(&format!("{model}\nobserve p = population(s, 1)"), "expect p > 0.2; let twice = 2p");
    assert!((number(&p, "p") - population).abs() < EXACT, "{}", number(&p, "p"));
    assert!((number(&p, "gap") + 2.0 * 0.31f64.cos().ln()).abs() < EXACT, "{}", number(&p, "gap"));
    assert!((number(&p, "twice") - 2.0 * population).abs() < EXACT);
    assert!(p.claims.iter().all(|c| c.holds) && p.warnings.is_empty(), "{:?}", p.warnings);
    let run = p.steady.expect("a steady state");
    assert!(run.residual < 1e-15 && run.collisions.is_none(), "{run:?}");
    let x = steady(&format!("{model}\nobserve x = <X(s)>"), "");
    assert_eq!(number(&x, "x"), 0.0);
    assert!((number(&x, "gap") + 0.31f64.cos().ln()).abs() < EXACT, "{}", number(&x, "gap"));
}

/// A driven and damped qubit (Breuer and Petruccione, The Theory of Open Quantum Systems, §3.4.5): with H = Ω/2 X and
/// K = √γ lower, the steady population of |1⟩ is Ω²/(γ² + 2Ω²), and ⟨Y⟩ = 2Ωγ/(γ² + 2Ω²) for |0⟩ the ground state. The
/// slowest eigenvalues of the generator are −γ/2 (⟨X⟩) and −3γ/4 ± √(γ²/16 − Ω²).
#[test]
fn resonance_fluorescence_has_the_steady_state_of_the_optical_bloch_equations() {
    let (rabi, gamma, t) = (0.7f64, 0.4f64, 0.25);
    let model = "param Ω = 0.7\nparam γ = 0.4\nsystem s = |0>\n\
                 step { evolve Ω/2*X(s) for 0.25 with √γ*lower(s) }\n\
                 observe p = population(s, 1)\nobserve y = <Y(s)>";
    let o = steady(model, "");
    let scale = gamma.powi(2) + 2.0 * rabi.powi(2);
    assert!((number(&o, "p") - rabi.powi(2) / scale).abs() < EXACT, "{}", number(&o, "p"));
    assert!((number(&o, "y").abs() - 2.0 * rabi * gamma / scale).abs() < EXACT, "{}", number(&o, "y"));
    // ⟨X⟩ does not couple to ⟨Y⟩ and ⟨Z⟩, whose modes decay by 3γ/4 while Ω > γ/4.
    assert!((number(&o, "gap") - 0.75 * gamma * t).abs() < EXACT, "{}", number(&o, "gap"));
}

/// Every engine, and a run of many collisions, gives the same numbers; kept units, records, measures that are not
/// linear.
#[test]
fn the_steady_state_is_the_limit_of_a_run() {
    let model = format!(
        "param θ = 0.4\n{EXCHANGE}system a = |1>\nsystem b = |+>\nenvironment e = thermal(-Z/2, 0.5) keep 1\n\
         step {{\n evolve 0.3*X(a) + 0.2*Z(a)*Z(b) for 1\n apply exchange(a, e)\n apply exchange(b, e)\n\
         record j = <Z(e)>\n apply partial_swap(e, e', 0.7)\n}}\n\
         observe p = population(a, 1)\nobserve I = mutual_information(a, b)\nobserve s = state(a, b)\n\
         observe near = mutual_information(a, e[-1])\n"
    );
    let script = Checked::text(&format!(
        "{model}experiment t {{ steady }}\nexperiment run {{ run 600 until settled(1e-14, 50) }}"
    ));
    let solved = script.run("t");
    let long = script.run("run");
    assert!(number(&solved, "gap") > 0.05);
    for backend in [Backend::Auto, Backend::StepMap, Backend::Density, Backend::Reference] {
        let o = script.run_on("t", backend, 1);
        assert_eq!(
            o.steady.expect("a steady state").collisions.is_some(),
            backend == Backend::Density || backend == Backend::Reference
        );
        for (name, series) in long.series() {
            let limit = *series.values.last().expect("a value");
            assert!((number(&o, name) - limit).abs() < 1e-10, "{name} by {backend:?}: {} {limit}", number(&o, name));
        }
    }
}

/// With `uncorrelate` the step is run until it is still, and the numbers are those of the run.
#[test]
fn a_nonlinear_step_is_run_to_its_fixed_point() {
    let model = format!(
        "param θ = 0.4\n{EXCHANGE}system a, b = |1>\nenvironment e = |+>\n\
         step {{ apply exchange(a, e); apply exchange(a, b); discard e; uncorrelate a | b }}\n\
         observe p = population(a, 1)\nobserve x = <X(b)>\n"
    );
    let script = Checked::text(&format!("{model}experiment t {{ steady }}\nexperiment run {{ run 3000 }}"));
    let o = script.run("t");
    let run = o.steady.expect("a steady state");
    assert!(run.residual < 1e-12 && run.collisions.is_some_and(|n| n > 100), "{run:?}");
    assert!(number(&o, "gap").is_nan());
    let long = script.run("run");
    for (name, series) in long.series() {
        let limit = *series.values.last().expect("a value");
        assert!((number(&o, name) - limit).abs() < 1e-10, "{name}: {} {limit}", number(&o, name));
    }
}

/// The rotation of a decoupled spin has a unique fixed point where only ⟨X⟩ is observed, but no run converges to it.
#[test]
fn an_undamped_oscillation_is_reported() {
    let o = steady("system s = |+>\nstep { evolve Z(s) for 0.3 }\nobserve x = <X(s)>", "");
    assert_eq!((number(&o, "x"), number(&o, "gap")), (0.0, 0.0));
    let [warning] = &o.warnings[..] else { panic!("{:?}", o.warnings) };
    assert_eq!(warning.code, Code::UndampedSteady);
    assert!(warning.message.contains("0.6000 rad"), "{}", warning.message);
}

/// A damped and driven mode (a coherent state, Walls and Milburn, Quantum Optics, §10.3): H = g(a + a†) and K = √κ a give
/// ⟨a⟩ = −2ig/κ and ⟨n⟩ = 4g²/κ². The amplitude relaxes by κ/2 per unit of time. A gap does not depend on the highest
/// level, which is only watched.
#[test]
fn a_driven_damped_mode_is_a_coherent_state() {
    let o = steady(
        "param g = 0.1\nparam κ = 0.5\nsystem c : boson(12) = |0>\n\
         step { evolve g*(lower(c) + raise(c)) for 0.4 with √κ*lower(c) }\n\
         observe y = im(<lower(c)>)\nobserve m = <number(c)>",
        "",
    );
    assert!((number(&o, "y") + 0.4).abs() < 1e-8, "{}", number(&o, "y"));
    assert!((number(&o, "m") - 0.16).abs() < 1e-8, "{}", number(&o, "m"));
    assert!((number(&o, "gap") - 0.1).abs() < 1e-6, "{}", number(&o, "gap"));
    assert!(o.warnings.is_empty(), "{:?}", o.warnings);
    // The number of quanta alone relaxes by κ: the populations of an undriven mode do not see the amplitude.
    let undriven = steady(
        "param κ = 0.5\nsystem c : boson(12) = |1>\nstep { evolve number(c) for 0.4 with √κ*lower(c) }\n\
         observe m = <number(c)>",
        "",
    );
    assert!(number(&undriven, "m").abs() < 1e-12);
    assert!((number(&undriven, "gap") - 0.2).abs() < 1e-10, "{}", number(&undriven, "gap"));
}

/// Each point of a sweep, and each case, has a steady state of its own; a point without one is missing with a reason.
#[test]
fn sweeps_and_cases_of_steady_states() {
    let model = format!(
        "param θ = 0.3\nparam T = 1\n{EXCHANGE}system s = |1>\nenvironment e = thermal(-Z/2, T)\n\
         step {{ apply exchange(s, e); discard e }}\nobserve p = population(s, 1)\n"
    );
    let swept = Checked::text(&format!(
        "{model}experiment t {{ steady; sweep θ = [0, 0.2, 0.4], T = [0, 0.5, inf]; collect P = p, Δ = gap\n\
         expect count(P ≈ 0.5) == 2 }}"
    ))
    .sweep_with_reasons("t");
    let (p, gap) = (swept.collected("P").expect("P"), swept.collected("Δ").expect("Δ"));
    for (point, (p, gap)) in p.iter().zip(gap).enumerate() {
        let theta = [0.0, 0.2, 0.4][point / 3];
        let temperature = [0.0, 0.5, f64::INFINITY][point % 3];
        if theta == 0.0 {
            assert!(p.is_nan() && gap.is_nan());
        } else {
            let expected = 1.0 / (1.0 + (1.0 / temperature).exp());
            assert!((p - expected).abs() < EXACT, "{theta} {temperature}: {p} {expected}");
            assert!((gap + 2.0 * f64::cos(theta).ln()).abs() < EXACT);
        }
    }
    let reasons = &covered(&swept).reasons;
    assert_eq!(reasons.len(), 3);
    assert!(reasons.values().all(|r| r.contains("conserves ⟨Z(s)⟩")), "{reasons:?}");
    assert!(swept.claims.iter().all(|c| c.holds), "{:?}", swept.claims);

    let cases = Checked::text(&format!(
        "{model}experiment t {{ case cold {{ set T = 0 }}; case hot {{ set T = inf }}; steady\n\
         observe D = trace_distance(s in cold, s in hot)\n\
         expect p in hot ≈ 0.5 and p in cold ≈ 0 and gap in hot ≈ gap in cold }}"
    ))
    .run("t");
    assert!(cases.claims.iter().all(|c| c.holds), "{:?}", cases.claims);
    assert!((number(&cases, "D") - 0.5).abs() < EXACT);
}
