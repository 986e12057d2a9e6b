//! Sweeps give the same table for any number of threads, however often they are stopped and resumed.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use carom::analysis::Values;
use carom::check::{Program, Script, check};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Backend, Control, Options, Outcome, Setup};
use carom::source::SourceMap;

use crate::runs::covered;

/// A 5 × 4 grid of short runs; at g = 0 the signal is constant and has no Pearson coefficient.
const SCRIPT: &str = "
param g = 0.1
param w = 1
system s, r = |+>
environment e = |0>
hamiltonian H = g*(X(s)*X(e) + Y(s)*Y(e)) - w/2*Z(s)
step { evolve H for 0.3; discard e }
observe x = <X(s)>
observe y = <X(r)>
observe z = <Z(s)>
experiment map {
    run 30
    observe unused = <Y(s)>
    let p = pearson(x, z, width = 10)
    sweep g = linspace(0, 0.4, 5), w = [0, 0.5, 1, 2]
    collect last_x = last(x), P = last(p)
    expect count(last_x > 2) == 0
    expect fraction(g > 0.35) ≈ 0.2
    expect mean(nearest(nearest(last_x, g, 0), w, 0)) ≈ 1 ± 1e-12
}
experiment part {
    run 30
    let d = diff(x)
    sweep g = [0.1, 0.2]
    collect change = max(d), last_x = last(x)
    expect max(change) < 1
}
experiment panel { plot { panels map, lines } }
experiment lines {
    run 20
    sweep g = [0.1, 0.2, 0.3]
    let d = diff(x)
    expect last(x) < 1
}
";

struct Fixture {
    program: Program,
    sources: SourceMap,
    options: Options,
}

fn fixture() -> Fixture {
    on(Backend::Auto)
}

fn on(backend: Backend) -> Fixture {
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("sweeps", SCRIPT), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    Fixture { program, sources, options: Options { backend, ..Options::default() } }
}

impl Fixture {
    fn sweep(&self, name: &str) -> Sweep<'_> {
        let experiment = self.program.experiment(name).expect("an experiment of the script");
        Sweep::new(Setup::new(&self.program, experiment, &self.options, &self.sources))
            .unwrap_or_else(|e| panic!("{e:?}"))
    }

    fn run(&self, name: &str, journal: &Path, resume: bool, threads: usize) -> Outcome {
        self.sweep(name).run(Keeping { journal, resume, threads }, &Control::none()).unwrap_or_else(|e| panic!("{e:?}"))
    }
}

/// Bit patterns, so that missing values compare.
fn bits(swept: &Outcome) -> Vec<u64> {
    (0..covered(swept).grid.len()).flat_map(|p| swept.row(p)).map(f64::to_bits).collect()
}

#[test]
fn the_table_is_the_same_for_any_number_of_threads() {
    for backend in [Backend::Auto, Backend::Density, Backend::StepMap] {
        let (f, dir) = (on(backend), tempfile::tempdir().unwrap());
        let one = f.run("map", &dir.path().join("1"), false, 1);
        for threads in [2, 3] {
            let other = f.run("map", &dir.path().join(threads.to_string()), false, threads);
            assert_eq!(bits(&one), bits(&other), "{backend:?} on {threads} threads");
        }
        assert!(covered(&one).is_complete());
        assert!(one.claims.iter().all(|c| c.holds), "{:?}", one.claims);
        assert_eq!(one.claims.len(), 3);
    }
}

#[test]
fn the_table_is_the_same_on_every_backend() {
    let dir = tempfile::tempdir().unwrap();
    let table = |backend: Backend| on(backend).run("map", &dir.path().join(backend.name()), false, 2);
    let reference = table(Backend::Reference);
    for backend in [Backend::Auto, Backend::Density, Backend::StepMap] {
        let table = table(backend);
        for p in 0..20 {
            for (x, y) in table.row(p).iter().zip(reference.row(p)) {
                let close = (x - y).abs() < 1e-10 || x.is_nan() && y.is_nan();
                assert!(close, "{backend:?} at point {p}: {x} {y}");
            }
        }
    }
}

#[test]
fn a_point_without_a_value_has_a_reason_and_the_others_run() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let swept = f.run("map", &dir.path().join("a"), false, 2);
    // g = 0: z is constant, so no window has a Pearson value; last(x) has one.
    for p in 0..4 {
        assert!(swept.row(p)[0].is_finite() && swept.row(p)[1].is_nan());
        assert!(covered(&swept).reasons[&p].contains("no correlation"), "{}", covered(&swept).reasons[&p]);
    }
    assert!((4..20).all(|p| swept.row(p).iter().all(|x| x.is_finite())));
}

/// A point that keeps too few units for a gate must not use this gate from another point.
#[test]
fn a_point_that_keeps_too_few_units_has_no_value() {
    let text = "
param k = 2
system s = |+>
environment e = |0> keep k
step { apply CNOT(s, e); apply partial_swap(s, e[-2], 0.4) }
observe x = <X(s)>
experiment kept { run 3; sweep k = [2, 1, 2, 3]; collect c = last(x) }
";
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("kept", text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    let (f, dir) = (Fixture { program, sources, options: Options::default() }, tempfile::tempdir().unwrap());
    let table = f.run("kept", &dir.path().join("j"), false, 1);
    assert_eq!(covered(&table).reasons.keys().collect::<Vec<_>>(), [&1], "{:?}", covered(&table).reasons);
    assert!(table.row(1)[0].is_nan());
    assert_eq!(table.row(0)[0].to_bits(), table.row(2)[0].to_bits());
    assert!((table.row(0)[0] - table.row(3)[0]).abs() < 1e-12, "keeping a third unit changes nothing");
}

#[test]
fn a_sweep_resumes_from_any_cut_of_its_journal() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let path = dir.path().join("j");
    let whole = f.run("map", &path, false, 2);
    let bytes = std::fs::read(&path).unwrap();
    // Cut at many places, among them every byte of the last record.
    let cuts = (0..bytes.len()).step_by(37).chain(bytes.len() - 40..bytes.len());
    for len in cuts {
        std::fs::write(&path, &bytes[..len]).unwrap();
        let sweep = f.sweep("map");
        match sweep.run(Keeping { journal: &path, resume: true, threads: 2 }, &Control::none()) {
            Ok(again) => assert_eq!(bits(&again), bits(&whole), "cut at {len}"),
            // Without a head, the journal cannot be assigned to a sweep.
            Err(e) => assert!(e[0].message.contains("head"), "cut at {len}: {e:?}"),
        }
    }
}

#[test]
fn an_interrupted_sweep_keeps_its_completed_points() {
    let (f, dir) = (on(Backend::Density), tempfile::tempdir().unwrap());
    let path = dir.path().join("j");
    let whole = f.run("map", &dir.path().join("whole"), false, 1);
    // This backend checks for an interrupt before every collision; a point has 30.
    let checks = AtomicU64::new(0);
    let control = Control { interrupted: &|| checks.fetch_add(1, Ordering::SeqCst) > 300, progress: &|_, _| {} };
    let sweep = f.sweep("map");
    let part = sweep.run(Keeping { journal: &path, resume: false, threads: 2 }, &control).unwrap();
    assert!(part.interrupted() && (1..20).contains(&covered(&part).done));
    let rest = f.run("map", &path, true, 1);
    assert_eq!(covered(&rest).resumed, covered(&part).done);
    assert_eq!(bits(&rest), bits(&whole));
}

#[test]
fn a_journal_of_another_sweep_is_refused_with_the_reason() {
    let (mut f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let path = dir.path().join("j");
    f.run("map", &path, false, 1);
    f.options.collisions = Some(31);
    let sweep = f.sweep("map");
    let refused = sweep.run(Keeping { journal: &path, resume: true, threads: 1 }, &Control::none()).unwrap_err();
    assert!(refused[0].message.contains("other parameters"), "{}", refused[0].message);
    let other = f.sweep("lines");
    let refused = other.run(Keeping { journal: &path, resume: true, threads: 1 }, &Control::none()).unwrap_err();
    assert!(refused[0].message.contains("another script"), "{}", refused[0].message);
}

#[test]
fn without_collect_every_point_keeps_its_series() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let path = dir.path().join("j");
    let swept = f.run("lines", &path, false, 2);
    assert_eq!(swept.runs().count(), 3);
    for run in swept.runs() {
        let names: Vec<&str> = run.iter().flat_map(|t| t.data().map(|c| &*c.name)).collect();
        assert_eq!(names, ["x", "y", "z", "d"]);
        assert!(run.iter().all(|t| t.rows() == 21 && t.keys.len() == 1));
    }
    assert!(swept.claims[0].holds && swept.claims[0].measured.contains("3 of 3"));
    let again = f.run("lines", &path, true, 1);
    assert_eq!(covered(&again).resumed, 3);
    assert_eq!(format!("{:?}", again.tables), format!("{:?}", swept.tables));
}

/// `part` computes only x; y and z, which come between x and d, are left out. Stepping gives the same bits with and
/// without them.
#[test]
fn a_let_of_a_sweep_is_correct_where_series_are_left_out() {
    let (f, dir) = (on(Backend::Density), tempfile::tempdir().unwrap());
    let swept = f.run("part", &dir.path().join("a"), false, 1);
    for (p, g) in [(0, 0.1), (1, 0.2)] {
        let x = run_at(g);
        let largest = x.windows(2).map(|w| w[1] - w[0]).fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(swept.row(p), [largest, x[30]]);
    }
}

/// The series x of a single run of the same model.
fn run_at(g: f64) -> Values {
    let mut sources = SourceMap::new();
    let text = format!("{SCRIPT}\nexperiment single {{ set g = {g}; run 30 }}");
    let program = check(&Script::from_text("sweeps", &text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    let single = program.experiment("single").expect("defined above");
    let outcome =
        carom::experiment::run(Setup::new(&program, single, &on(Backend::Density).options, &sources), &Control::none());
    outcome.unwrap_or_else(|e| panic!("{e:?}")).series().next().expect("x").1.values
}

#[test]
fn an_experiment_that_arranges_figures_has_nothing_to_check() {
    let f = fixture();
    let panel = f.program.experiment("panel").expect("an experiment of the script");
    assert!(carom::experiment::check(Setup::new(&f.program, panel, &f.options, &f.sources)).is_ok());
}

/// The first and the last point have invalid states; the two points between are valid.
#[test]
fn a_sweep_is_refused_only_if_no_tried_point_can_run() {
    let script = |points: &str| {
        format!(
            "param T = 1\nsystem s = |1>\nenvironment e = thermal(-Z/2, T)\n\
             step {{ apply partial_swap(s, e, 0.3); discard e }}\nobserve p = population(s, 1)\n\
             experiment d {{ run 5; sweep T = [{points}]; collect P = last(p) }}\n"
        )
    };
    let sweep = |points: &str| {
        let mut sources = SourceMap::new();
        let program =
            check(&Script::from_text("ends", &script(points)), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
        let options = Options::default();
        let dir = tempfile::tempdir().unwrap();
        let keeping = Keeping { journal: &dir.path().join("j"), resume: false, threads: 1 };
        let sweep =
            Sweep::new(Setup::new(&program, &program.experiments[0], &options, &sources)).map_err(|e| e.len())?;
        Ok::<_, usize>(sweep.run(keeping, &Control::none()).unwrap_or_else(|e| panic!("{e:?}")))
    };
    let table = sweep("-1, 1, 2, -2").expect("two points can run");
    assert_eq!(covered(&table).reasons.keys().collect::<Vec<_>>(), [&0, &3]);
    assert!(table.row(1)[0].is_finite() && table.row(2)[0].is_finite());
    assert!(sweep("-1, -2, -3").is_err());
}
