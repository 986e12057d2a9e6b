//! Trajectories on state vectors: the outcomes are those on a density matrix, and what is sampled in place of an exact
//! average has its mean. All seeds are fixed, so that no test depends on chance.

use std::fmt::Write as _;

use carom::check::{Script, check};
use carom::diagnostic::{Code, Diagnostic};
use carom::experiment::sweep::Keeping;
use carom::experiment::{Backend, Control, Options, Outcome, Setup, Trajectories};
use carom::source::SourceMap;

use proptest::strategy::{Strategy, ValueTree};

use crate::precision::measure_of;
use crate::random::choices::choices;
use crate::random::script::script;
use crate::random::search::runner;
use crate::runs::{Checked, refusals, values};

/// Five standard errors: a mean is farther from its expectation with a probability below 1e-6.
const FIVE: f64 = 5.0;

fn engine(outcome: &Outcome) -> Backend {
    outcome.ran.plan().expect("a run has a plan").engine
}

fn sampled(outcome: &Outcome) -> &[String] {
    &outcome.sampled.as_ref().expect("it has trajectories").what
}

/// Checks that both outcomes have the same series, also those of single trajectories.
fn same(a: &Outcome, b: &Outcome, text: &str) {
    assert!(a.series().count() > 0 && a.series().count() == b.series().count());
    for ((name, x), (_, y)) in a.series().zip(b.series()) {
        for (n, (x, y)) in x.values.iter().zip(&y.values[..]).enumerate() {
            // Roots of rounding errors, as in `concurrence`, are of order 1e-8.
            assert!((x - y).abs() < 1e-6 || x.is_nan() && y.is_nan(), "{name} at {n}: {x}, {y}\n{text}");
        }
    }
}

/// Measured ancillas with feedback, joint measurements of rank 1, random numbers, mixtures with units of their own, and
/// kept units.
const PURE: [&str; 4] = [
    "system s = |0>\nenvironment e = |+>\nstep {\n  evolve 0.6*X(s)*X(e) + 0.9*Z(s)*Y(e) for 0.5\n  measure Z(e) as r\n  \
     when r > 0 { apply RY(s, -0.7) } else { apply RY(s, 0.7) }\n  discard e\n}\nobserve z = <Z(s)>\nobserve P = purity(s)\n",
    "param ω = 1\nsystem s, q = |+>\nenvironment e : qudit(3) = (|0> + |2>)/√2\nstep {\n  let φ = normal(0, 0.3)\n  \
     evolve ω*Z(s)*Z(q) for 0.2\n  apply RX(s, φ)\n  evolve Z(s)*(|0><2|(e) + |2><0|(e)) for φ + 0.2\n  measure e as k\n  \
     discard e\n  repeat 2 { with probability 0.3 { apply CNOT(s, q) } else { apply Y(q) } }\n}\n\
     observe x = <X(s)*X(q)>\nobserve C = concurrence(s, q)\nobserve E = entropy(s)\n",
    "system s, q = |+>\nsystem r = |0>\nstep {\n  evolve X(s)*Z(q) + 0.5*Y(q)*Z(r) for 0.3\n  measure Z(s)*Z(q) as k\n  \
     measure X(r) as h\n  when k*h > 0 { apply H(s) }\n  reset r = |1>\n}\nobserve z = <Z(q)>\nobserve P = purity(q)\n",
    "system s = |+>\nenvironment e = |0> keep 1\nstep {\n  evolve X(s)*X(e) for 0.3\n  evolve Z(s)*Y(e[-1]) for 0.2\n  \
     measure Y(e[-1]) as r\n}\nobserve x = <X(s)*Z(e[-1])>\nobserve P = purity(s)\n",
];

#[test]
fn a_state_vector_has_the_outcomes_of_the_density_matrix() {
    for text in PURE {
        let draw = if text.contains("param ω") { "draw ω = uniform(0.5, 1.5); " } else { "" };
        let text = format!("{text}experiment t {{ {draw}run 6; trajectories 12 seed 5 }}");
        let checked = Checked::text(&text);
        let [auto, pure, density] =
            [Backend::Auto, Backend::Pure, Backend::Density].map(|backend| checked.run_as_written("t", backend));
        assert_eq!([engine(&auto), engine(&pure)], [Backend::Pure; 2], "{text}");
        same(&auto, &density, &text);
        same(&pure, &density, &text);
        assert!(density.series().any(|(name, s)| name.starts_with("stderr") && s.values[6] > 1e-3));
        assert_eq!(sampled(&auto), sampled(&density));
    }
}

/// The first collisions keep the state pure, but the third one does not. The outcomes are those of a density matrix.
#[test]
fn a_later_collision_that_mixes_the_state_is_run_on_a_density_matrix() {
    let text = "system s = |+>\nenvironment e = |0>\nstep {\n  evolve X(s)*X(e) for 0.3\n  measure Z(e) as r\n  discard e\n  \
                when n == 3 { apply dephasing(s, 0.2) }\n}\nobserve P = purity(s)\nobserve x = <X(s)>\n\
                experiment t { run 5; trajectories 10 }";
    let checked = Checked::text(text);
    let [auto, density] = [Backend::Auto, Backend::Density].map(|backend| checked.run_as_written("t", backend));
    assert_eq!(engine(&auto), Backend::Density);
    same(&auto, &density, text);
    assert!(values(&auto, "P")[2] > 1.0 - 1e-12 && values(&auto, "P")[3] < 0.99);
}

/// What is not measured is averaged exactly, unless the user requests a state vector.
#[test]
fn a_state_that_becomes_mixed_is_not_sampled_without_a_request() {
    for step in ["apply damping(s, 0.1)", "evolve X(s)*X(e) + Z(q)*X(e) + Z(r)*Y(e) for 0.3"] {
        let text = format!(
            "system s, q, r = |+>\nenvironment e = |0>\nstep {{ {step}; measure Z(q) as k; discard e }}\n\
             observe x = <X(s)>\nexperiment t {{ run 3; trajectories 5 }}"
        );
        let outcome = Checked::text(&text).run("t");
        assert_eq!((engine(&outcome), sampled(&outcome)), (Backend::Density, &["outcomes of measurements".into()][..]));
    }
}

/// Runs the same step with trajectories on state vectors and exactly, and compares all means. Returns what was sampled.
fn unravelled(model: &str, collisions: u64, trajectories: u64) -> Vec<String> {
    let text = format!(
        "{model}experiment exact {{ run {collisions} }}\n\
         experiment sampled {{ run {collisions}; trajectories {trajectories} seed 3 }}"
    );
    let checked = Checked::text(&text);
    let (exact, outcome) = (checked.run("exact"), checked.run_as_written("sampled", Backend::Pure));
    assert_eq!(engine(&outcome), Backend::Pure);
    let mut random = 0;
    for (name, series) in exact.series() {
        let (mean, error) = (values(&outcome, name), values(&outcome, &format!("stderr({name})")));
        for (n, expected) in series.values.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
            let off = (mean[n] - expected).abs();
            assert!(off <= FIVE * error[n] + 1e-12, "{name} at {n}: {} ± {}, exactly {expected}", mean[n], error[n]);
            random += usize::from(error[n] > 1e-3);
        }
    }
    assert!(random > 3, "{random} random numbers");
    sampled(&outcome).to_vec()
}

#[test]
fn sampled_damping_has_the_exact_mean() {
    let model = "system s = 0.6*|0> + 0.8*|1>\nstep { apply damping(s, 0.2) }\n\
                 observe p = population(s, 1)\nobserve b = bloch(s)\n";
    assert_eq!(unravelled(model, 6, 400), ["channels"]);
}

#[test]
fn sampled_dephasing_and_jump_operators_have_the_exact_mean() {
    let model = "system s, q = |+>\nstep {\n  apply dephasing(s, 0.1)\n  evolve 0.4*Z(s)*Z(q) for 0.5 with 0.3*X(q)\n}\n\
                 observe x = <X(s)> + 2*<X(s)*Z(q)>\nobserve y = <Y(q)>/3\n";
    assert_eq!(unravelled(model, 5, 400), ["channels"]);
}

/// A thermal unit meets three qubits, too many for a channel, so that it is attached, and traced out while it is entangled.
#[test]
fn a_thermal_unit_that_is_traced_out_after_a_partial_exchange_has_the_exact_mean() {
    let model = "system s, q, r = |+>\nenvironment e = thermal(|1><1|, 0.7)\nstep {\n  apply partial_swap(s, e, 0.6)\n  \
                 evolve Z(q)*X(e) + 0.5*X(r)*Y(e) for 0.5\n  record E = <Z(e)>\n  discard e\n}\n\
                 observe z = <Z(s)>\nobserve x = <X(q)*Z(s)>\nobserve y = <Y(r)>\n";
    assert_eq!(unravelled(model, 4, 400), ["mixed states", "discarded subsystems"]);
}

#[test]
fn measurements_and_mixed_systems_are_sampled_together_with_channels() {
    let model = "system s = mixed\nsystem q = thermal(|1><1|, 1)\nenvironment e = |+>\nstep {\n  evolve X(s)*Z(e) + Z(s)*X(q) for 0.4\n  \
                 measure Z(e) as r\n  when r > 0 { apply damping(s, 0.3) } else { with probability 0.2 { reset q = |1> } }\n  \
                 measure kraus(0.6*I(e), 0.8*X(e)) as k\n  discard e\n}\nobserve z = <Z(s)>\nobserve x = <X(q)*Y(s)>\n";
    let what = unravelled(model, 4, 400);
    for words in ["`with probability`", "outcomes of measurements", "channels", "mixed states", "discarded subsystems"]
    {
        assert!(what.iter().any(|w| w == words), "{words} in {what:?}");
    }
}

/// Sixteen qubits, of which a density matrix would take 34 GB. Phases φ between the first qubit and 14 others, and a Z with
/// probability p: ⟨X⟩ = (1 − 2p)ⁿ Re ((1 + e^{inφ})/2)¹⁴. The last qubit exchanges excitations with thermal units, each
/// time with probability sin²θ: its population is w + (1 − w) cos²ⁿθ from 1, with the population w of the units.
#[test]
fn sixteen_qubits_have_the_exact_means() {
    let mut text = String::from(
        "param φ = 0.2\nparam θ = 0.7\nsystem a, z = |1>\nenvironment e = thermal(|1><1|, 1)\n\
         gate phase(x, y) = 1 + (exp(i*φ) - 1)*|11><11|(x, y)\n",
    );
    for k in 1..=14 {
        writeln!(text, "system s{k} = |+>").expect("a string grows");
    }
    text += "step {\n";
    for k in 1..=14 {
        writeln!(text, "apply phase(a, s{k})").expect("a string grows");
    }
    text += "with probability 0.1 { apply Z(a) }\napply partial_swap(z, e, θ)\ndiscard e\n}\n\
             observe x = <X(a)>\nobserve p = population(z, 1)\nexperiment t { run 2; trajectories 40 seed 2 }";
    let text = text.replace("system a, z = |1>", "system a = |+>\nsystem z = |1>");
    let outcome = Checked::text(&text).run_as_written("t", Backend::Pure);
    let peak = outcome.ran.plan().expect("a run has a plan").memory;
    assert!(peak < 100_000_000, "{peak} bytes");
    let w = 1.0 / (1.0 + 1_f64.exp());
    for n in 0..=2_i32 {
        let turned = num_complex::Complex64::from_polar(1.0, 0.2 * f64::from(n));
        let x = 0.8_f64.powi(n) * ((turned + 1.0) / 2.0).powi(14).re;
        let p = w + (1.0 - w) * 0.7_f64.cos().powi(2 * n);
        let at = usize::try_from(n).expect("not negative");
        for (name, expected) in [("x", x), ("p", p)] {
            let (mean, error) = (values(&outcome, name)[at], values(&outcome, &format!("stderr({name})"))[at]);
            assert!(
                (mean - expected).abs() <= FIVE * error + 1e-12,
                "{name}({n}) = {mean} ± {error}, exactly {expected}"
            );
            assert!(n == 0 || error > 0.0 && error < 0.2, "{name}({n}): {error}");
        }
    }
}

/// A density matrix of forty qubits fits into no memory; the message names the other way.
#[test]
fn a_density_matrix_that_does_not_fit_is_refused_with_the_way_out() {
    let many: Vec<String> = (1..=40).map(|k| format!("s{k}")).collect();
    let text = format!(
        "system {} = |+>\nstep {{ with probability 0.5 {{ apply X(s1) }} }}\nobserve x = <X(s1)>\n\
         experiment mean {{ run 1 }}\nexperiment t {{ run 1; trajectories 3 }}",
        many.join(", ")
    );
    let refused = refusals(&text);
    let [mean, sampled] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!((mean.code, sampled.code), (Code::OutOfMemory, Code::OutOfMemory));
    let advised = |d: &Diagnostic| d.help.iter().any(|help| help.contains("`--backend pure`"));
    assert!(!advised(mean) && advised(sampled), "{refused:?}");
}

/// Every way of running trajectories that sample everything gives the same bits.
#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let checked = Checked::text(
        "system s, q, r = |+>\nenvironment e = mixed\nstep {\n  evolve X(s)*X(e) + Z(q)*Y(e) + Z(r)*Z(e) for 0.3\n  \
         apply damping(q, 0.1)\n  discard e\n}\nobserve x = <X(s)*X(q)>\nexperiment t { run 4; trajectories 30 }",
    );
    let options = Options { backend: Backend::Pure, ..Options::default() };
    let bits = |threads| {
        let folder = tempfile::tempdir().expect("a folder");
        let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads };
        let all =
            Trajectories::new(Setup::new(checked.program(), checked.experiment("t"), &options, checked.sources()));
        let outcome = all.expect("it is correct").run(keeping, &Control::none()).expect("it runs");
        values(&outcome, "x").iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(bits(1), bits(2));
}

/// Each mistake has its place; without the request, all of them are computed.
#[test]
fn nonlinear_numbers_of_sampled_vectors_are_refused() {
    let model = "param g = 0.3\nsystem s, q = |+>\nenvironment e = mixed\nstep {\n  evolve g*X(s)*X(e) for 1\n  RECORD\n  \
                 discard e\n}\n";
    let script = |record: &str, more: &str| {
        format!("{}{more}\n", model.replace("RECORD", record)).replace("TAIL", "run 3; trajectories 5")
    };
    for (record, more) in [
        ("", "observe P = purity(s)\nexperiment t { TAIL }"),
        ("", "observe S = mutual_information(s, q)\nexperiment t { TAIL }"),
        ("", "observe x = <X(s)>*<Z(s)>\nexperiment t { TAIL }"),
        ("record C = abs(<Y(s)>)", "experiment t { TAIL }"),
        ("record a = <Z(s)>; record b = a*<X(s)>", "experiment t { TAIL }"),
        (
            "",
            "experiment t { TAIL; case a { set g = 0.1 }; case b { set g = 0.2 }; observe D = trace_distance(s in a, s in b) }",
        ),
    ] {
        let text = script(record, more);
        let checked = Checked::text(&text);
        let errors = checked.try_run("t", Backend::Pure).expect_err(&text);
        assert!(errors.iter().all(|d| d.code == Code::NotLinear && !d.labels.is_empty()), "{errors:?}");
        checked.run("t");
    }
    let linear = script(
        "record a = <Z(s)>; record b = 2*<X(s)> - a/3",
        "observe v = bloch(s)\nobserve p = population(q, 1) - re(<X(s)*Y(q)>)\nobserve r = state(q)\nexperiment t { TAIL }",
    );
    assert_eq!(engine(&Checked::text(&linear).run_as_written("t", Backend::Pure)), Backend::Pure);
}

/// Whether a series depends linearly on the state.
fn is_linear(measure: &str) -> bool {
    let one = |name: &str| measure.starts_with(name) && measure.ends_with(')') && measure.matches('(').count() == 1;
    one("population(") || one("bloch(") || (measure.starts_with('<') && measure.matches('<').count() == 1)
}

/// Random scripts: where Carom chooses a state vector, it has the series of the density matrix; and on request, sampled
/// vectors have the exact means of linear observables. A case of small probability may occur in no trajectory; with 300
/// of them, this happens to cases of up to 4 % about once in 10⁵ comparisons, and changes a mean by at most 0.08 of its largest
/// value.
#[test]
fn random_scripts_have_the_same_outcomes_and_means() {
    let mut runner = runner(1, 21);
    let (mut chosen, mut compared, mut spread) = (0, 0, 0);
    for _ in 0..60 {
        let choices = choices().new_tree(&mut runner).expect("choices are always found").current();
        let text = script(&choices).text;
        if text.contains("uncorrelate") {
            continue;
        }
        let few = format!("{text}experiment t {{ run 3; trajectories 3 seed 4 }}\n");
        let checked = Checked::text(&few);
        let auto = checked.run("t");
        if engine(&auto) == Backend::Pure {
            same(&auto, &checked.run_as_written("t", Backend::Density), &few);
            chosen += 1;
        }
        if text.contains("postselect") {
            continue; // of 300 trajectories, too few may be left
        }
        let observes = |line: &&str| !line.starts_with("observe") || is_linear(measure_of(line, series_of(line)));
        let linear: String = text.lines().filter(observes).flat_map(|line| [line, "\n"]).collect();
        let many =
            format!("{linear}experiment exact {{ run 3 }}\nexperiment sampled {{ run 3; trajectories 300 seed 4 }}\n");
        let mut sources = SourceMap::new();
        if check(&Script::from_text("linear", &many), &mut sources).is_err() {
            continue; // it uses an observable that has been left out
        }
        let checked = Checked::text(&many);
        let Ok(outcome) = checked.try_run("sampled", Backend::Pure) else { continue };
        assert!(outcome.fault().is_none(), "{:?}\n{many}", outcome.fault());
        for (name, exact) in checked.run("exact").series() {
            if !is_linear(measure_of(&many, name)) {
                continue;
            }
            let (mean, error) = (values(&outcome, name), values(&outcome, &format!("stderr({name})")));
            for (n, expected) in exact.values.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
                let allowed = FIVE * error[n] + 0.08 * expected.abs().max(1.0);
                assert!(
                    (mean[n] - expected).abs() < allowed,
                    "{name} at {n}: {} ± {}, exactly {expected}\n{many}",
                    mean[n],
                    error[n]
                );
                compared += 1;
                spread += usize::from(error[n] > 1e-3);
            }
        }
    }
    assert!(
        chosen > 0 && compared > 40 && spread > 8,
        "{chosen} on vectors; {compared} means, {spread} of them random"
    );
}

/// The name of the series that a line observes.
fn series_of(line: &str) -> &str {
    line.trim_start_matches("observe").split('=').next().unwrap_or_default().trim()
}
