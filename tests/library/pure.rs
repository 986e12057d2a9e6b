//! Experiments on state vectors, against closed forms and against single-particle amplitudes.

use std::fmt::Write as _;

use carom::backend::Why;
use carom::check::{Program, Script, check};
use carom::diagnostic::{Code, Diagnostic, Style, render_all};
use carom::experiment::{Backend, Control, Options, Outcome, Setup, choice, run};
use carom::report::explain;
use carom::source::SourceMap;

fn checked(text: &str) -> (Program, SourceMap) {
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("pure", text), &mut sources).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    (program, sources)
}

fn ran(text: &str, backend: Backend) -> Result<Outcome, Vec<Diagnostic>> {
    let (program, sources) = checked(text);
    let options = Options { backend, ..Options::default() };
    run(Setup::new(&program, &program.experiments[0], &options, &sources), &Control::none())
}

fn series(outcome: &Outcome, name: &str) -> Vec<f64> {
    assert!(outcome.fault().is_none(), "{:?}", outcome.fault());
    outcome.series().find(|(other, _)| *other == name).expect("an observed series").1.values.to_vec()
}

/// The declarations of `count` systems s1, s2, …, all in the same state.
fn systems(count: usize, state: &str) -> String {
    (1..=count).fold(String::new(), |mut text, k| {
        writeln!(text, "system s{k} = {state}").expect("a string grows");
        text
    })
}

/// A phase φ for each pair of N qubits in |+⟩: after n steps ⟨X⟩ = Re ((1 + e^{inφ})/2)^{N−1}, because each of the other
/// qubits is 1 with probability 1/2 and then turns the first by nφ (Hein, Eisert and Briegel, Phys. Rev. A 69, 062311,
/// 2004, for weighted graph states). A density matrix of 20 qubits would take 8.8 TB.
#[test]
fn a_weighted_graph_state_of_twenty_qubits_has_the_exact_means() {
    const QUBITS: usize = 20;
    let mut text = format!("param φ = 0.07\n{}", systems(QUBITS, "|+>"));
    text += "gate phase(a, b) = 1 + (exp(i*φ) - 1)*|11><11|(a, b)\nstep {\n";
    for a in 1..=QUBITS {
        for b in a + 1..=QUBITS {
            writeln!(text, "apply phase(s{a}, s{b})").expect("a string grows");
        }
    }
    text += "}\nobserve x = <X(s1)>\nobserve y = <Y(s20)>\nexperiment graph { run 3 }\n";
    let outcome = ran(&text, Backend::Auto).unwrap_or_else(|e| panic!("{e:?}"));
    let plan = outcome.ran.plan().expect("a run has a plan");
    assert_eq!(plan.engine, Backend::Pure);
    assert!(matches!(plan.why, Why::Preferred { .. }), "{:?}", plan.why);
    for n in 0..=3 {
        let turned = num_complex::Complex64::from_polar(1.0, 0.07 * n as f64);
        let mean = ((turned + 1.0) / 2.0).powu(19);
        assert!((series(&outcome, "x")[n] - mean.re).abs() < 1e-12, "x({n})");
        assert!((series(&outcome, "y")[n] - mean.im).abs() < 1e-12, "y({n})");
    }
}

/// The first collisions keep the state pure, but a later one does not.
#[test]
fn a_step_that_depends_on_n_is_not_given_a_state_vector() {
    let text = "system s = |0>\nstep { when n == 2 { with probability 0.25 { apply X(s) } } }\nobserve z = <Z(s)>\n\
                experiment late { run 3 }\n";
    let outcome = ran(text, Backend::Auto).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(outcome.ran.plan().expect("a run has a plan").engine, Backend::Density);
    assert_eq!(series(&outcome, "z"), [1.0, 1.0, 0.5, 0.5]);
    let stopped = ran(text, Backend::Pure).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(stopped.fault().expect("the second collision mixes").code, Code::NotPure);
}

/// One excitation on a chain of 18 qubits: exp(−iθ(XX + YY)/2) turns the amplitudes of neighbours by θ, so the 2¹⁸
/// amplitudes reduce to 18.
#[test]
fn an_excitation_hops_along_a_chain() {
    const QUBITS: usize = 18;
    let mut text =
        format!("system s1 = |1>\n{}", systems(QUBITS, "|0>").lines().skip(1).collect::<Vec<_>>().join("\n"));
    text += "\nstep {\n";
    for k in 1..QUBITS {
        writeln!(text, "evolve 0.2*(X(s{k})*X(s{0}) + Y(s{k})*Y(s{0})) for 1", k + 1).expect("a string grows");
    }
    text += "}\n";
    for k in 1..=QUBITS {
        writeln!(text, "observe p{k} = population(s{k}, 1)").expect("a string grows");
    }
    text += "experiment hops { run 30 }\n";
    let outcome = ran(&text, Backend::Pure).unwrap_or_else(|e| panic!("{e:?}"));
    let mut amplitudes = [num_complex::Complex64::ZERO; QUBITS];
    amplitudes[0] = num_complex::Complex64::ONE;
    let (sin, cos) = 0.4_f64.sin_cos();
    let sin = num_complex::Complex64::new(0.0, -sin);
    for n in 0..=30 {
        for (k, amplitude) in amplitudes.iter().enumerate() {
            let p = series(&outcome, &format!("p{}", k + 1))[n];
            assert!((p - amplitude.norm_sqr()).abs() < 1e-13, "p{}({n}) = {p}", k + 1);
        }
        for k in 1..QUBITS {
            let (a, b) = (amplitudes[k - 1], amplitudes[k]);
            (amplitudes[k - 1], amplitudes[k]) = (a * cos + b * sin, a * sin + b * cos);
        }
    }
}

/// Nonlinear measures, records, kept units, `repeat` and `n` on a state vector agree with the density matrix.
#[test]
fn every_measure_of_a_pure_run_agrees_with_the_density_matrix() {
    let text = "
system a, b = (|00> + 0.5i*|11> + 0.2*|01>)/√1.29
system q : qudit(3) = (|0> + |2>)/√2
environment e = |+> keep 2
hamiltonian H(s, u) = X(s)*X(u) + 0.3*Z(s)*Y(u)
step {
    evolve H(a, e) for 0.3
    repeat 3 { evolve H(b, e) for 0.1*n; apply RX(a, 0.2) }
    record E = entropy(a, e)
    evolve (|2><0|(q) + |0><2|(q))*Z(b) for 0.2
}
observe I = mutual_information(a, b)
observe C = concurrence(a, b)
observe P = purity
observe N = negativity(a | q)
observe S = state(q)
observe x = <X(e[-1])*Z(b)> - 2
experiment all { run 6 }
";
    let text = &text.replace("step {", "step {\n    evolve Z(e[-2]) for 0.1");
    let [fast, slow] = [Backend::Pure, Backend::Density].map(|b| ran(text, b).unwrap_or_else(|e| panic!("{e:?}")));
    assert!(fast.series().count() > 20);
    for ((name, a), (_, b)) in fast.series().zip(slow.series()) {
        for (n, (x, y)) in a.values.iter().zip(b.values.iter()).enumerate() {
            let allowed = if name == "C" || name == "N" { 1e-7 } else { 1e-12 };
            assert!((x - y).abs() < allowed || x.is_nan() && y.is_nan(), "{name}({n}): {x}, {y}");
        }
    }
}

fn message(text: &str, backend: Backend) -> String {
    let (program, sources) = checked(text);
    let options = Options { backend, ..Options::default() };
    let errors = match run(Setup::new(&program, &program.experiments[0], &options, &sources), &Control::none()) {
        Ok(outcome) => vec![outcome.fault().expect("the run fails").clone()],
        Err(errors) => errors,
    };
    assert!(errors.iter().all(|d| d.code == Code::NotPure), "{errors:?}");
    render_all(&errors, &sources, Style::plain())
}

#[test]
fn a_state_that_would_become_mixed_is_refused_with_the_statement() {
    let script = |system: &str, step: &str| {
        format!(
            "system {system}\nenvironment e = |0>\nstep {{\n    {step}\n}}\nobserve z = <Z(s)>\nexperiment x {{ run 3 }}\n"
        )
    };
    let left = format!("is left with purity {:.6}", (1.0 + 0.6_f64.cos().powi(6)) / 2.0);
    let cases: [(String, &str); 6] = [
        (script("s = mixed", "apply H(s)"), "mixed state, of purity 0.500000"),
        (script("s = |+>", "apply dephasing(s, 0.1)"), "a channel with 2 Kraus operators"),
        (script("s = |+>", "with probability 0.1 { apply X(s) }"), "`with probability` makes"),
        (script("s, r = |+>", "uncorrelate s | r"), "`uncorrelate` makes"),
        // The unit meets three qubits, too many for a channel. Its Bloch vector, turned by ±0.6 ± 0.6 ± 0.6, has the mean
        // length cos³ 0.6.
        (
            script(
                "s, r, q = |+>",
                "evolve X(e)*Z(s) for 0.3; evolve X(e)*Z(r) for 0.3; evolve X(e)*Z(q) for 0.3\n    discard e",
            ),
            &left,
        ),
        (
            script(
                "s, r, q = |+>",
                "evolve X(e)*Z(s) for 0.3; evolve X(e)*Z(r) for 0.3; evolve X(e)*Z(q) for 0.3\n    discard e",
            ),
            "at collision 1, the state does not stay pure: what is traced out is entangled with the rest",
        ),
    ];
    for (text, part) in cases {
        let shown = message(&text, Backend::Pure);
        let plain = shown.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(plain.contains(part), "{shown}");
        assert!(
            ["pure.carom:1:", "pure.carom:4:", "pure.carom:5:"].iter().any(|place| plain.contains(place)),
            "{shown}"
        );
    }
}

#[test]
fn a_unit_that_is_swapped_completely_is_traced_out() {
    let text = "
system s, r, q = |+>
environment e = |0>
step {
    evolve Z(s)*Z(r) for 0.2
    evolve Z(r)*Z(q) for 0.3
    apply SWAP(s, e); apply SWAP(e, r); apply SWAP(r, q); apply SWAP(s, e)
    apply CNOT(s, e); apply CNOT(r, e); apply CNOT(q, e); apply CNOT(s, e); apply CNOT(r, e); apply CNOT(q, e)
    discard e
}
observe z = <Z(s)>
observe xx = <X(r)*X(q)>
experiment x { run 5 }
";
    let [fast, slow] = [Backend::Pure, Backend::Reference].map(|b| ran(text, b).unwrap_or_else(|e| panic!("{e:?}")));
    for name in ["z", "xx"] {
        for (x, y) in series(&fast, name).into_iter().zip(series(&slow, name)) {
            assert!((x - y).abs() < 1e-13, "{name}: {x}, {y}");
        }
    }
}

#[test]
fn the_plan_names_the_memory_and_a_vector_that_is_too_large_is_refused_with_its_size() {
    let script = |count| {
        format!(
            "{}step {{ apply CNOT(s1, s2) }}\nobserve z = <Z(s1)>\nexperiment x {{ run 2 }}\n",
            systems(count, "|+>")
        )
    };
    let (program, sources) = checked(&script(20));
    let options = Options::default();
    let chosen = choice(&program, program.experiments.first(), &options, &sources, &Control::none());
    let plan = chosen.unwrap_or_else(|e| panic!("{e:?}")).plan;
    assert_eq!((plan.engine, plan.memory - 32_000_000), (Backend::Pure, 16 * (1 << 20) + 3 * 8));
    let page =
        explain(&program, program.experiments.first(), &options, (&sources, &Control::none())).expect("it is planned");
    assert!(
        page.contains("16.8 MB for a state of dimension 1048576") && page.contains("per collision by pure"),
        "{page}"
    );
    let errors = ran(&script(46), Backend::Auto).expect_err("no machine has so much memory");
    assert_eq!(errors[0].code, Code::OutOfMemory);
    assert!(
        errors[0].message.contains("46 subsystems of total dimension 70368744177664 need 1.1 PB"),
        "{}",
        errors[0].message
    );
}
