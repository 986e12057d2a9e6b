//! The warnings of experiments that consist of several runs, of checks without a run, and of resumed runs.

use std::sync::atomic::{AtomicU64, Ordering};

use carom::diagnostic::{Code, Diagnostic};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Backend, Control, Options, Outcome, Setup, Trajectories};

use crate::runs::{Checked, covered, refusals};

/// A gate with too few digits and a boson with too few levels, each worse for a larger x.
const SWEPT: &str = "
param x = 1
system s = |1>
system c : boson(3) = |0>
gate G(y) = kraus((1 + x*1e-11)*X(y))
step { apply G(s); evolve 0.01*x*(lower(c) + raise(c)) for 1 }
observe p = population(s, 1)
experiment t { run 30000; sweep x = [1, 3, 2, 0]; collect end = last(p) }
";

fn found(warnings: &[Diagnostic]) -> Vec<(Code, &str)> {
    warnings.iter().map(|d| (d.code, d.message.as_str())).collect()
}

fn messages(outcome: &Outcome) -> Vec<String> {
    outcome.warnings.iter().map(|d| d.message.clone()).collect()
}

#[test]
fn a_sweep_warns_of_each_kind_at_its_worst_point() {
    let swept = Checked::text(SWEPT).sweep("t");
    let [(Code::InexactGate, gate), (Code::TruncatedBoson, boson)] = found(&swept.warnings)[..] else {
        panic!("{:?}", swept.warnings)
    };
    // (1 + 3e-11)^2 - 1 = 6e-11, 30,000 times.
    let wanted = "changes the trace by 6.0e-11, or by 1.8e-6 in 30000 collisions (at x = 3, and at 2 other points)";
    assert!(gate.ends_with(wanted), "{gate}");
    assert!(boson.contains("|2⟩") && boson.contains("and at 2 other points"), "{boson}");
}

#[test]
fn a_check_warns_of_what_needs_no_run() {
    let of = |text: &str| refusals(text).iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(of(SWEPT), [Code::InexactGate]);
    assert_eq!(of(&SWEPT.replace("sweep x = [1, 3, 2, 0]; collect end = last(p)", "")), [Code::InexactGate]);
    assert_eq!(of(&SWEPT.replace("x*1e-11", "0*x")), []);
    let sampled = SWEPT.replace("sweep x = [1, 3, 2, 0]; collect end = last(p)", "trajectories 10");
    assert_eq!(of(&sampled), [Code::InexactGate, Code::NothingRandom]);
    let cases =
        SWEPT.replace("sweep x = [1, 3, 2, 0]; collect end = last(p)", "case a { set x = 0 }; case b { set x = 2 }");
    assert_eq!(of(&cases), [Code::InexactGate]);
}

/// A run that is stopped and resumed prints the warnings of the points that the journal holds.
#[test]
fn the_warnings_of_finished_points_are_in_the_journal() {
    let (checked, folder) = (Checked::text(SWEPT), tempfile::tempdir().expect("a temporary folder"));
    let whole = checked.sweep("t");
    let options = Options { backend: Backend::Density, ..Options::default() };
    let sweep = Sweep::new(Setup::new(checked.program(), checked.experiment("t"), &options, checked.sources()))
        .expect("it is right");
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 1 };
    let points = AtomicU64::new(0);
    let stop = || points.load(Ordering::SeqCst) >= 3;
    let count = |done: u64, _: u64| points.store(done, Ordering::SeqCst);
    let part = sweep.run(keeping, &Control { interrupted: &stop, progress: &count }).expect("it runs");
    assert!(part.interrupted() && covered(&part).done == 3, "{:?}", covered(&part));
    let rest = sweep.run(Keeping { resume: true, ..keeping }, &Control::none()).expect("it goes on");
    assert_eq!(covered(&rest).resumed, 3);
    let gates = |all: Vec<String>| all[0].clone();
    assert_eq!(gates(messages(&rest)), gates(messages(&whole)));
    assert_eq!(rest.warnings.len(), 2);
    assert_eq!(messages(&sweep.run(Keeping { resume: true, ..keeping }, &Control::none()).unwrap()), messages(&rest));
}

#[test]
fn the_warnings_of_trajectories_are_in_the_journal() {
    let text = "
        system c : boson(3) = |0>
        step { measure number(c) as k; let x = normal(0.2, 0.1); evolve x*(lower(c) + raise(c)) for 1 }
        observe quanta = <number(c)>
        experiment t { run 10; trajectories 300 }";
    let (checked, folder) = (Checked::text(text), tempfile::tempdir().expect("a temporary folder"));
    let options = Options::default();
    let trajectories =
        Trajectories::new(Setup::new(checked.program(), checked.experiment("t"), &options, checked.sources()))
            .expect("it is right");
    let run = |threads, resume| {
        let journal = folder.path().join("journal");
        let outcome =
            trajectories.run(Keeping { journal: &journal, resume, threads }, &Control::none()).expect("it runs");
        messages(&outcome)
    };
    let first = run(1, false);
    assert!(first.len() == 1 && first[0].contains("`c`"), "{first:?}");
    assert_eq!(run(1, true), first);
    assert_eq!(run(2, false), first);
}
