//! Edge cases of statements: `until` in the first collision, powers of `repeat`, gates shared by the points of a sweep.

use std::fmt::Write;
use std::time::{Duration, Instant};

use carom::experiment::Backend;
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Control, Ending, Options, Setup};
use carom::source::SourceMap;

use crate::runs::{Checked, covered, values};

const ALL: [Backend; 3] = [Backend::Auto, Backend::Density, Backend::Reference];

/// ⟨Z⟩ of the unit of two collisions ago is missing in the first collision. What depends on it is neither true nor false.
#[test]
fn a_condition_on_a_missing_number_does_not_end_a_run() {
    let model = "system s = |0>\nenvironment e = |1> keep 2\nstep { apply CNOT(s, e) }\nobserve z = <Z(e[-2])>\n";
    for (condition, end) in [
        ("z < 0", 2),
        ("not (z > 0)", 2),
        ("z != 5", 2),
        ("not (z ≈ 5)", 2),
        ("not (z > 0 and n > 0)", 2),
        ("(z > 0) == (z > 0)", 2),
        ("z > 0 or n == 1", 1),
        ("not (z > 0 and n > 1)", 1),
        ("(z > 0 or n > 0) and n < 9", 1),
    ] {
        let text = format!("{model}experiment t {{ run 10 until {condition}; let b = not (at(z, 1) > 0) }}\n");
        let outcome = Checked::text(&text).run_as_written("t", Backend::Density);
        assert_eq!(outcome.collisions, end, "{condition}");
    }
}

#[test]
fn until_is_checked_from_the_first_collision_on() {
    let text = "system s = |0>\nstep { apply RX(s, 0.1) }\nobserve z = <Z(s)>\n\
                experiment at_once { run 100 until z < 2 }\nexperiment n_is_one { run 100 until n == 1 }\n\
                experiment third { run 100 until n >= 3 }";
    let checked = Checked::text(text);
    for backend in [Backend::Auto, Backend::Density, Backend::StepMap, Backend::Reference] {
        for (name, collisions) in [("at_once", 1), ("n_is_one", 1), ("third", 3)] {
            let outcome = checked.run_as_written(name, backend);
            assert_eq!(
                (outcome.collisions, matches!(outcome.ending, Ending::Condition)),
                (collisions, true),
                "{name}, {backend:?}"
            );
            assert_eq!(values(&outcome, "z").len() as u64, collisions + 1, "{name}, {backend:?}");
        }
    }
}

#[test]
fn a_repeat_of_gates_is_their_power() {
    let text = "param k = 1000000000\nsystem s, r = |0>\nsystem q = |1>\n\
                step { repeat k { apply RX(s, 1/k); apply damping(q, 1/k) } }\n\
                observe z = <Z(s)>\nobserve p = population(q, 1)\nexperiment d { run 1 }";
    for (k, tolerance) in [("1000000000", 1e-6), ("1000", 1e-12), ("7", 1e-14)] {
        let start = Instant::now();
        let outcome = Checked::text(text).set(&format!("k={k}")).run("d");
        let n: f64 = k.parse().unwrap();
        let (z, p) = (values(&outcome, "z")[1], values(&outcome, "p")[1]);
        assert!((z - 1.0_f64.cos()).abs() < tolerance, "k = {k}: {z}");
        assert!((p - (1.0 - 1.0 / n).powf(n)).abs() < tolerance, "k = {k}: {p}");
        assert!(start.elapsed() < Duration::from_secs(30), "the time of a power must not grow with k");
    }
}

#[test]
fn repeats_of_mixtures_resets_and_repeats_equal_their_loops() {
    let body = "apply CNOT(a, b); apply RY(a, 0.3); apply depolarizing(b, 0.1)
                with probability 0.25 { apply RX(b, 0.7) } else { apply Z(a) }";
    let inside = "apply RZ(b, 0.2); repeat 3 { apply RX(a, 0.1); apply CZ(a, b) }; reset c = |+>; apply RX(c, 0.3)";
    for (repeated, k) in [(body, 20), (inside, 11)] {
        let mut text =
            String::from("system a, b, c = |+>\nobserve x = <X(a)*Z(b)>\nobserve y = <Y(b)>\nobserve w = <Z(c)>\n");
        write!(text, "sequence once {{ {repeated} }}\nstep {{ repeat {k} {{ once() }} }}\nexperiment d {{ run 3 }}")
            .unwrap();
        let looped = Checked::text(&text).run_as_written("d", Backend::Reference);
        for backend in ALL {
            let power = Checked::text(&text).run_as_written("d", backend);
            for name in ["x", "y", "w"] {
                for (a, b) in values(&power, name).iter().zip(&values(&looped, name)) {
                    assert!((a - b).abs() < 1e-12, "{backend:?}, {name}: {a} is not {b}");
                }
            }
        }
    }
}

/// A gate is built once and shared by the points of a sweep. A point that does not keep a unit must not use a gate on
/// it from a point that does.
#[test]
fn a_gate_on_a_unit_that_a_point_does_not_keep_is_refused_there() {
    let text = "param k = 2\nsystem s = |+>\nenvironment e = |0> keep k\n\
                step { apply partial_swap(s, e, 0.3); apply CNOT(s, e[-2]) }\nobserve x = <X(s)>\n\
                experiment d { run 5; sweep k = [2, 1, 3]; collect X = last(x) }";
    let mut sources = SourceMap::new();
    let program = carom::check::check(&carom::check::Script::from_text("keep", text), &mut sources).unwrap();
    let experiment = program.experiment("d").unwrap();
    let options = Options::default();
    let sweep = Sweep::new(Setup::new(&program, experiment, &options, &sources)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 1 };
    let swept = sweep.run(keeping, &Control::none()).unwrap();
    assert!(swept.row(0)[0].is_finite() && swept.row(2)[0].is_finite());
    let reason = covered(&swept).reasons.get(&1).expect("a reason at the point that keeps one unit");
    assert!(swept.row(1)[0].is_nan() && reason.contains("keeps one past unit"), "{reason}");
}
