//! A run has one plan: the plan that is explained, the one that is recorded and the one that is executed are the same
//! value, for random scripts, in sweeps, and with every requested backend.

use proptest::strategy::{Strategy, ValueTree};

use carom::backend::{Form, Plan, Refused, Why};
use carom::check::{Program, Script, check};
use carom::diagnostic::{Code, Diagnostic};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Backend, Control, Execution, Options, Setup, choice, run};
use carom::report::explain;
use carom::source::SourceMap;

use crate::runs::covered;

use crate::random::choices::choices;
use crate::random::script::script;
use crate::random::search::runner;

const BACKENDS: [Backend; 5] = [Backend::Auto, Backend::Density, Backend::StepMap, Backend::Pure, Backend::Reference];

const CASES: u32 = 50;

fn checked(text: &str) -> (Program, SourceMap) {
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("plans", text), &mut sources).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    (program, sources)
}

/// The chosen plan of each experiment with these options; asserts that the same plan is explained and executed. `None`
/// if a step map or a state vector is requested and cannot run it.
fn plans(text: &str, options: &Options) -> Vec<Option<Plan>> {
    let (program, sources) = checked(text);
    let control = Control::none();
    let mut out = Vec::new();
    for experiment in &program.experiments {
        let chosen = match choice(&program, Some(experiment), options, &sources, &control) {
            Ok(chosen) => chosen.plan,
            Err(errors) => {
                let refused = |d: &Diagnostic| matches!(d.code, Code::NoStepMap | Code::NotPure);
                assert!(errors.iter().all(refused), "{errors:?}\n{text}");
                out.push(None);
                continue;
            }
        };
        let page = explain(&program, Some(experiment), options, (&sources, &control)).expect("it was planned");
        assert!(page.contains(&format!("backend   {chosen}\n")), "{chosen} is not in:\n{page}\n{text}");
        if experiment.sweep.is_empty() {
            let ran = run(Setup::new(&program, experiment, options, &sources), &control).expect("it was planned").ran;
            assert_eq!(ran.plan(), Some(&chosen), "{text}");
            // `run.json` and the summary have this text; only a jump adds its rounding error.
            assert!(ran.to_string().starts_with(chosen.to_string().trim_end_matches(')')), "{ran}, {chosen}");
        } else {
            let folder = tempfile::tempdir().expect("a folder");
            let sweep = Sweep::new(Setup::new(&program, experiment, options, &sources)).expect("it was planned");
            let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 2 };
            let swept = sweep.run(keeping, &control).expect("it was planned");
            assert_eq!(swept.ran.plan(), Some(&chosen), "{text}");
            let again = Keeping { resume: true, ..keeping };
            let resumed = sweep.run(again, &control).expect("it was planned");
            assert_eq!(resumed.ran.plan(), Some(&chosen), "with every point from the journal: {text}");
        }
        out.push(Some(chosen));
    }
    out
}

#[test]
fn the_explained_plan_is_the_plan_that_runs() {
    let mut runner = runner(CASES, 7);
    let (mut maps, mut steppings) = (0, 0);
    for case in 0..CASES {
        let drawn = script(&choices().new_tree(&mut runner).expect("choices are always found").current()).text;
        // A parameter that the step does not need makes a sweep of the same script.
        let swept = format!(
            "{drawn}\nparam swept_parameter = 1\nexperiment over_two_points {{ run 40; sweep swept_parameter = [1, 2] }}\n"
        );
        let text = if case % 4 == 0 { &swept } else { &drawn };
        for backend in BACKENDS {
            // Either the few collisions of the script, too few for a step map to pay off, or enough for one.
            let collisions = match backend {
                Backend::Reference => Some(3),
                _ => (case % 2 == 0).then_some(60),
            };
            let options = Options { backend, collisions, ..Options::default() };
            for plan in plans(text, &options).into_iter().flatten() {
                assert!(
                    backend == Backend::Auto || plan.engine == backend || plan.why == Why::Refused(Refused::Faulty)
                );
                maps += usize::from(plan.engine == Backend::StepMap);
                steppings += usize::from(plan.engine == Backend::Density);
            }
        }
    }
    assert!(maps > 30 && steppings > 30, "{maps} plans with a map, {steppings} on the density matrix");
}

/// Eight systems and one unit: the state has dimension 512 at its peak; 256 between collisions.
#[test]
fn an_additional_unit_at_the_peak_does_not_change_the_choice() {
    let text = "
param g = 0.1
system s1, s2, s3, s4, s5, s6, s7, s8 = |0>
environment e = |+>
hamiltonian H(a, b) = g*(X(a)*X(b) + Y(a)*Y(b))
step { evolve H(s1, e) for 1; discard e }
observe z = <Z(s1)>
experiment one { run 200 }
experiment many { run 200; sweep g = [0.1, 0.2]; collect Z = last(z) }
";
    for plan in plans(text, &Options::default()) {
        assert_eq!(plan.expect("nothing is requested").engine, Backend::StepMap);
    }
}

#[test]
fn points_of_a_sweep_on_another_backend_are_counted() {
    let text = "
param N = 1
system s = |+>
environment e = |0>
step { apply partial_swap(s, e, 0.3); discard e }
observe x = <X(s)>
experiment lengths { run 5*N; sweep N = [1, 2, 20, 40]; collect X = last(x) }
";
    let (program, sources) = checked(text);
    let options = Options::default();
    let sweep = Sweep::new(Setup::new(&program, &program.experiments[0], &options, &sources)).expect("it can run");
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal");
    // The points in the journal were run and counted by the earlier command.
    for (resume, others) in [(false, 2), (true, 0)] {
        let keeping = Keeping { journal: &journal, resume, threads: 1 };
        let swept = sweep.run(keeping, &Control::none()).expect("it runs");
        assert_eq!(covered(&swept).collisions, 5..=200);
        let Execution::Points(ran) = &swept.ran else { panic!("{:?}", swept.ran) };
        let plan = ran.plan.as_ref().expect("nothing is requested");
        assert_eq!((plan.engine, ran.others), (Backend::Density, others));
        assert_eq!(swept.ran.to_string(), if resume { "density" } else { "density; 2 points by another engine" });
    }
}

#[test]
fn a_jump_is_planned_and_its_rounding_is_reported() {
    let text = "
system s = |+>
environment e = |0>
step { apply partial_swap(s, e, 0.3); discard e }
observe x = <X(s)>
experiment late { run 1000000000000; expect abs(last(x)) < 1 }
";
    let (program, sources) = checked(text);
    let outcome = run(Setup::new(&program, &program.experiments[0], &Options::default(), &sources), &Control::none())
        .expect("it runs");
    let Some(Form::Linear { skipped, .. }) = outcome.ran.plan().expect("it ran").form else {
        panic!("{:?}", outcome.ran)
    };
    assert_eq!(skipped, 999_999_999_999);
    let text = outcome.ran.to_string();
    assert!(text.contains("999999999999 collisions by powers, rounding below 4e-4)"), "{text}");
}

/// The memory limit of a run is compared with the memory of its plan.
#[test]
fn the_memory_of_a_plan_grows_with_the_series_and_the_states() {
    let script = |systems: &str, count: u64| {
        format!(
            "system {systems} = |0>\nenvironment e = |0>\nstep {{ apply partial_swap(s, e, 0.3); discard e }}\n\
             observe z = <Z(s)>\nexperiment x {{ run {count} }}\n"
        )
    };
    let memory = |systems: &str, count: u64| {
        let options = Options { backend: Backend::Density, ..Options::default() };
        plans(&script(systems, count), &options)[0].as_ref().expect("the density backend runs everything").memory
    };
    // Tables, analysis and figures share the numbers of a series: 8 bytes each.
    assert_eq!(memory("s", 20) - memory("s", 10), 10 * 8);
    assert!(memory("s, r", 10) > memory("s", 10));
}
