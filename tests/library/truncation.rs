//! The warning about a boson whose highest level is populated: the same from every engine, and in no table.

use carom::backend::Form;
use carom::check::{Script, check};
use carom::diagnostic::Code;
use carom::experiment::{Backend, Control, Options, Outcome, Setup, go_on};
use carom::source::SourceMap;

use crate::runs::{Checked, covered, values};

const ENGINES: [Backend; 3] = [Backend::Density, Backend::StepMap, Backend::Reference];

/// A driven cavity that loses quanta to a stream of modes, beside a qubit.
const LINEAR: &str = "
param levels = 4
system c : boson(levels) = |0>
system q = |+>
environment b : boson(3) = |0>
step {
    evolve 0.3*(lower(c) + raise(c)) for 1
    evolve 0.4*(lower(c)*raise(b) + raise(c)*lower(b)) for 1
    record unit_top = population(b, 2)
    discard b
    evolve 0.2*number(c)*Z(q) for 1
    record phase = <Y(q)>
}
observe top = population(c, 3)
experiment t { run 60 }
";

/// The same with a nonlinear step.
const NONLINEAR: &str = "
param levels = 4
system c : boson(levels) = |0>
system q = |+>
step {
    evolve 0.1*(lower(c) + raise(c)) for 1
    evolve 0.2*number(c)*Z(q) for 1
    uncorrelate c | q
}
observe top = population(c, 3)
experiment t { run 60 }
";

/// Units that are kept for two collisions and not discarded by the script.
const KEPT: &str = "
param levels = 3
system c : qudit(2) = |1>
environment b : boson(levels) = |1> keep 2
step {
    evolve 0.9*(lower(c)*raise(b) + raise(c)*lower(b)) for 1
    apply RX(c, 1)
}
observe z = <Z(c)>
record_of_top
experiment t { run 40 }
";

fn kept() -> String {
    KEPT.replace("record_of_top", "observe top = population(b[-1], 2)").replace(": qudit(2)", "")
}

fn warnings(outcome: &Outcome) -> Vec<&str> {
    let found = outcome.warnings.iter().filter(|d| d.code == Code::TruncatedBoson);
    found.map(|d| d.message.as_str()).collect()
}

/// The message about a boson from a series of its population; n = 0 is no collision.
fn expected(outcome: &Outcome, boson: &str, level: usize, series: &str) -> String {
    let all = values(outcome, series);
    let later = all.iter().enumerate().skip(1).filter(|(_, x)| x.is_finite());
    let (n, top) = later.fold((0, 0.0), |worst, (n, x)| if *x > worst.1 * (1.0 + 1e-10) { (n, *x) } else { worst });
    format!("the highest level of `{boson}`, |{level}⟩, has a population of {top:.1e} in collision {n}")
}

#[test]
fn every_engine_warns_of_the_same_population_and_collision() {
    for text in [LINEAR, NONLINEAR, &kept()] {
        for backend in ENGINES {
            let outcome = Checked::text(text).run_as_written("t", backend);
            let form = &outcome.ran.plan().expect("a run has a plan").form;
            match (backend, text == NONLINEAR) {
                (Backend::StepMap, true) => assert!(matches!(form, Some(Form::Marginals { .. })), "{form:?}"),
                (Backend::StepMap, false) => assert!(matches!(form, Some(Form::Linear { .. })), "{form:?}"),
                _ => assert_eq!(*form, None),
            }
            let wanted = match text {
                LINEAR => vec![expected(&outcome, "c", 3, "top"), expected(&outcome, "b", 2, "unit_top")],
                NONLINEAR => vec![expected(&outcome, "c", 3, "top")],
                _ => vec![expected(&outcome, "b", 2, "top")],
            };
            assert_eq!(warnings(&outcome), wanted, "{}", outcome.ran);
        }
    }
}

/// A unit that both branches discard is read before the block.
#[test]
fn a_unit_discarded_in_branches_is_watched() {
    let branches = "measure Z(q) as r; when r > 0 { discard b } else { apply RX(q, 0.3); discard b }";
    let text = LINEAR.replace("discard b", branches);
    for backend in ENGINES {
        let outcome = Checked::text(&text).run_as_written("t", backend);
        let wanted = vec![expected(&outcome, "c", 3, "top"), expected(&outcome, "b", 2, "unit_top")];
        assert_eq!(warnings(&outcome), wanted, "{}", outcome.ran);
    }
}

/// No series and no value of one comes or goes with the boson's levels being watched.
#[test]
fn what_is_watched_is_in_no_table() {
    for backend in ENGINES {
        let outcome = Checked::text(LINEAR).run_as_written("t", backend);
        let names: Vec<&str> = outcome.series().map(|(name, _)| name).collect();
        assert_eq!(names, ["top", "unit_top", "phase"]);
        let phase = values(&outcome, "phase");
        assert!(phase.iter().skip(1).all(|y| y.is_finite()) && phase.iter().skip(1).any(|y| *y < 0.0), "{phase:?}");
    }
    let outcome = Checked::text(&LINEAR.replace("run 60", "run 60; spectrum")).run_as_written("t", Backend::Auto);
    let view = outcome.spectrum.as_ref().expect("it was requested");
    assert_eq!((view.seen.len(), view.spectrum.linear.len()), (3, 3));
    assert_eq!(warnings(&outcome).len(), 2);
}

#[test]
fn enough_levels_give_no_warning() {
    let few = "
        param levels = 3
        system c : boson(levels) = |0>
        environment e = |0>
        step { evolve 0.05*(lower(c) + raise(c)) for 1; evolve lower(c)*raise(e) + raise(c)*lower(e) for 1; discard e }
        observe quanta = <number(c)>
        experiment t { run 60 }";
    for backend in ENGINES {
        assert_eq!(warnings(&Checked::text(few).run_as_written("t", backend)).len(), 1);
        let many = Checked::text(few).set("levels = 8");
        assert_eq!(warnings(&many.run_as_written("t", backend)), Vec::<&str>::new());
    }
    let qudit = few.replace("boson(levels)", "qudit(levels)");
    assert_eq!(warnings(&Checked::text(&qudit).run_as_written("t", Backend::Auto)), Vec::<&str>::new());
}

/// Collision 1 has the largest population, and the run that goes on from collision 5 still names it.
#[test]
fn a_run_that_goes_on_remembers_what_was_seen() {
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("kept", &kept()), &mut sources).expect("a valid script");
    let experiment = program.experiment("t").expect("it is there");
    let options = |n| Options { collisions: Some(n), ..Options::default() };
    let to = |n, from| {
        go_on(Setup::new(&program, experiment, &options(n), &sources), &Control::none(), from).expect("it runs")
    };
    let (begun, checkpoint) = to(5, None);
    let checkpoint = checkpoint.expect("a complete collision");
    let (ended, _) = to(40, Some((&checkpoint, &begun)));
    assert!(matches!(warnings(&ended)[..], [message] if message.contains("in collision 1")), "{:?}", ended.warnings);
}

/// A run of which only the end is read checks the end.
#[test]
fn a_jump_by_powers_checks_what_is_read() {
    let text = LINEAR.replace("{ run 60 }", "{ run 100000; sweep levels = [4]; collect last_top = last(top) }");
    let swept = Checked::text(&text).sweep("t");
    let [first, second] = warnings(&swept)[..] else { panic!("{:?}", swept.warnings) };
    assert!(first.contains("`c`") && first.contains("in collision 100000 (at levels = 4)"), "{first}");
    assert!(second.contains("`b`"), "{second}");
}

#[test]
fn a_sweep_warns_once_of_its_worst_point() {
    let sweep = "{ run 60; sweep levels = [4, 5, 12, 30]; collect last_top = last(top) }";
    let nonlinear = NONLINEAR.replace("0.1*", "0.02*").replace("run 60", "run 30").replace("{ run 30 }", sweep);
    let checked = Checked::text(&nonlinear);
    let swept = checked.sweep("t");
    assert_eq!(covered(&swept).done, 4);
    let single = Checked::text(&nonlinear.replace(sweep, "{ run 60 }")).run_as_written("t", Backend::Auto);
    let [message] = warnings(&single)[..] else { panic!("{:?}", single.warnings) };
    let (_, rest) = message.split_once(" in collision ").expect("the collision is named");
    let [worst] = warnings(&swept)[..] else { panic!("{:?}", swept.warnings) };
    // Only the last collision is read by the sweep; there the population is largest, because it grows.
    assert_eq!(rest, "60");
    assert_eq!(worst, format!("{message} (at levels = 4, and at 1 other point)"));
}

/// The highest level is full at the beginning and empty after the first collision.
#[test]
fn the_initial_state_is_watched() {
    let text = "
        system c : boson(3) = |2>
        system a, b = (|00> + |11>)/√2
        step { reset c = |0>; apply CNOT(a, b) }
        observe quanta = <number(c)>
        experiment t { run 5 }";
    for backend in ENGINES {
        let outcome = Checked::text(text).run_as_written("t", backend);
        let wanted = "the highest level of `c`, |2⟩, has a population of 1.0e0 in the initial state";
        assert_eq!(warnings(&outcome), [wanted], "{}", outcome.ran);
    }
    let joint = text.replace("system c : boson(3) = |2>", "system c, d : boson(3) = (|00> + 0.1*|02>)/√1.01");
    let outcome = Checked::text(&joint).run("t");
    assert_eq!(warnings(&outcome), ["the highest level of `d`, |2⟩, has a population of 9.9e-3 in the initial state"]);
}

/// A cavity that is emptied at the end of each step is read before that, also if it is emptied in a block.
#[test]
fn a_boson_is_read_before_its_reset() {
    let emptied =
        |how: &str| LINEAR.replace("record phase", &format!("record before = population(c, 3); {how}; record phase"));
    for how in ["reset c = |0>", "measure Z(q) as r; when r > 0 { reset c = |0> } else { apply X(q); reset c = |0> }"] {
        for backend in ENGINES {
            let outcome = Checked::text(&emptied(how)).run_as_written("t", backend);
            let wanted = [expected(&outcome, "c", 3, "before"), expected(&outcome, "b", 2, "unit_top")];
            assert!(values(&outcome, "before")[1] > 1e-6, "{:?}", values(&outcome, "before"));
            assert_eq!(warnings(&outcome), wanted, "{how}: {}", outcome.ran);
        }
    }
}
