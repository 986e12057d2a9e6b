//! A sweep, or a run too long to be kept, computes only the collisions that its analysis reads. The numbers must be
//! those of the whole series.

use crate::runs::Checked;
use carom::diagnostic::Code;
use carom::experiment::Backend;

const MODEL: &str = "
param g = 0.4
param w = 1
param out = keep
param width = 40
system s, r = |+>
environment e = |0>
hamiltonian H = g/2*(X(s)*X(e) + Y(s)*Y(e))
hamiltonian K = 0.1*X(s)*X(r) - w/2*Z(s) - 0.55*Z(r)
gate pswap(a, b) = cos(1.3) + i*sin(1.3)*SWAP(a, b)
rule keep  { discard e }
rule erase { discard e; uncorrelate s | r | e' }
step {
    evolve H for 0.3
    evolve K for 0.3
    apply pswap(e, e')
    record I = mutual_information(s, r)
    trace out
}
observe x = <X(s)>
observe y = <X(r)>
";

const CLOSE: &str = "let C = pearson(x, y, width = 40, overlap = 39)\nlet D = pearson(I, y, width = 40, overlap = 39)";

/// Definitions, and the numbers to compute.
const ANALYSES: &[(&str, &[&str])] = &[
    ("", &["last(pearson(x, y, width = 40, overlap = 25))"]),
    ("", &["last(pearson(x, y, 40, 25))", "last(pearson(y, x, width, width - 15))"]),
    ("", &["last(pearson(x, y, width = 40))", "last(pearson(x, y, width = 30))"]),
    ("", &["at(pearson(x, y, width = 40, overlap = 25), 16)", "at(x, 55)"]),
    ("", &["at(pearson(x, y, width = 40, overlap = 25), 16)", "at(pearson(x, I, width = 50, overlap = 35), 16)"]),
    ("", &["at(pearson(x, y, width = 40, overlap = 25), 16)", "last(pearson(x, y, width = 40, overlap = 25))"]),
    ("", &["last(x)"]),
    ("", &["last(x)", "at(y, 7)", "last(I)"]),
    ("", &["at(x, 0)"]),
    ("", &["last(diff(x))"]),
    ("", &["last(cumsum(x))"]),
    ("", &["at(diff(x), 60)", "at(cumsum(y), 60)"]),
    ("let d = diff(x)\nlet c = cumsum(I)", &["last(d)", "last(c)", "last(d*c)"]),
    ("", &["last(pearson(diff(x), y, width = 40, overlap = 39))"]),
    ("", &["at(x, 1)", "at(pearson(x, y, width = 40), 1)"]),
    ("", &["last(x*y - 2)", "last(sqrt(x^2 + y^2))", "at(-x/(y + 3), 60)"]),
    ("", &["last(abs(x)) + 2*last(y)^2"]),
    ("", &["last(pearson(x*y, abs(x) + I, width = 40, overlap = 25))"]),
    ("", &["last(2 - pearson(x, y, width = 40, overlap = 25)^2)"]),
    ("", &["last(pearson(x, y, 40) - pearson(x, I, 40))"]),
    ("", &["mean(x)", "last(x)"]),
    ("", &["last(pearson(x, cumsum(y), width = 40))", "last(diff(x))", "last(envelope(x))"]),
    ("", &["last(diff(x))"]),
    ("", &["last(diff(diff(x*y) + I))"]),
    ("", &["at(diff(y), 55)", "at(diff(x), 50)"]),
    ("", &["at(diff(x), 1)"]),
    ("", &["last(cumsum(y))"]),
    ("", &["last(x + cumsum(y))"]),
    ("", &["last(pearson(diff(x), y, width = 40, overlap = 25))"]),
    ("", &["last(diff(pearson(x, y, width = 40, overlap = 25)))"]),
    ("", &["last(where(x, not (y > 5) and x < 2 and (I < 9 or x ≈ y ± 0.1)))"]),
    ("let d = diff(x)", &["last(d)", "last(d*y)"]),
    ("", &["first(pearson(x, y, width = 40))", "first(x)", "frequency(x)", "count(x > 0)", "argmax(I)"]),
    ("let C = pearson(x, y, width = 40, overlap = 25)", &["last(C)", "2*last(C) - last(y)"]),
    ("let C = pearson(x, y, width = 40, overlap = 25)", &["last(C)", "min(C)"]),
    ("let d = x*y\nlet q = pearson(d, x, width = 30)\nlet p = q + 1", &["last(p)", "last(d)"]),
    ("let d = x*y\nlet unused = pearson(d, x, width = 30)", &["last(d)"]),
    ("let m = last(x)", &["m*2", "last(m*y)"]),
    // Windows of windows, where the inner windows are close together.
    (CLOSE, &["last(pearson(C, D, width = 10, overlap = 9))"]),
    (CLOSE, &["at(pearson(C, D, width = 10), 21)"]),
];

/// Each analysis as an experiment `whole…` with the complete series, and as a sweep `part…` over one point. With 97
/// collisions, no window ends at the last one.
fn checked(run: &str, settings: &str) -> Checked {
    let mut text = MODEL.to_string();
    for (at, (definitions, numbers)) in ANALYSES.iter().enumerate() {
        let lets: String = numbers.iter().enumerate().map(|(k, number)| format!("let a{k} = {number}\n")).collect();
        let collected: Vec<String> = numbers.iter().enumerate().map(|(k, number)| format!("a{k} = {number}")).collect();
        let collected = collected.join(", ");
        text += &format!("experiment whole{at} {{\n{settings}\n{run}\n{definitions}\n{lets}}}\n");
        text += &format!(
            "experiment part{at} {{\n{settings}\n{run}\n{definitions}\nsweep g = [0.4]\ncollect {collected}\n}}\n"
        );
    }
    Checked::text(&text)
}

/// Asserts that the sweeps give the numbers of the whole series on the reference backend.
fn assert_parts_are_the_whole(run: &str, settings: &str, backends: &[Backend]) {
    let checked = checked(run, settings);
    for (at, (definitions, numbers)) in ANALYSES.iter().enumerate() {
        let whole = checked.run_as_written(&format!("whole{at}"), Backend::Reference);
        for &backend in backends {
            let part = checked.sweep_as_written(&format!("part{at}"), backend);
            for (k, number) in numbers.iter().enumerate() {
                let name = format!("a{k}");
                let expected = whole.values().find(|c| *c.name == *name).and_then(carom::analysis::TableColumn::last);
                let expected = expected.unwrap_or_else(|| panic!("{name} is not a number"));
                let found = part.row(0)[k];
                let off = (found - expected).abs();
                assert!(off < 1e-10, "{backend:?}, {settings}\n{definitions}\n{number} is {found}, not {expected}");
            }
        }
    }
}

const ALL: [Backend; 4] = [Backend::Auto, Backend::Density, Backend::StepMap, Backend::Reference];

#[test]
fn a_part_of_a_linear_run_gives_the_numbers_of_the_whole() {
    assert_parts_are_the_whole("run 97", "", &ALL);
}

#[test]
fn a_part_of_a_nonlinear_run_gives_the_numbers_of_the_whole() {
    assert_parts_are_the_whole("run 97", "set out = erase", &ALL);
}

#[test]
fn a_part_of_a_run_that_stops_early_ends_where_the_run_stops() {
    assert_parts_are_the_whole("run 200 until n > 96", "", &ALL);
}

/// Runs that end where the step map would take over, or earlier.
#[test]
fn a_short_run_by_the_step_map_has_the_right_length() {
    for settings in ["set out = keep", "set out = erase"] {
        let checked = checked("run 97", settings);
        for collisions in 1..=5 {
            let mapped = checked.run_on("whole6", Backend::StepMap, collisions);
            let expected = checked.run_on("whole6", Backend::Reference, collisions);
            assert_eq!(mapped.collisions, collisions);
            for ((name, x), (_, y)) in mapped.series().zip(expected.series()) {
                assert_eq!(x.values.len(), y.values.len(), "{settings}, {name}");
                let close = |(x, y): (&f64, &f64)| (x - y).abs() < 1e-12 || (x.is_nan() && y.is_nan());
                assert!(x.values.iter().zip(&y.values).all(close), "{settings}, {name}: {x:?} {y:?}");
            }
        }
    }
}

/// A claim on the last window of a run whose series would not fit into memory.
#[test]
fn a_run_too_long_to_keep_has_the_part_that_is_read() {
    let checked = Checked::text(
        "use karpat2019
        experiment long {
            run 10^11
            let C = pearson(x1 + 0, x2, width = 140, overlap = 125)
            expect last(x1) ≈ 0 ± 1e-10
            expect at(E, 10^11) ≈ 0 ± 1e-10
        }
        experiment late {
            run 10^11
            let C = pearson(x1, x2, width = 140, overlap = 125)
            expect at(C, 1 + 15*1000) < -0.98
        }",
    );
    let outcome = checked.run_as_written("late", Backend::Auto);
    assert!(outcome.claims.iter().all(|c| c.holds), "{:?}", outcome.claims);
    assert!(outcome.warnings.iter().any(|w| w.code == Code::PartOfSeries), "{:?}", outcome.warnings);
    let (_, series) = outcome.series().next().expect("an observed series");
    assert_eq!((series.index.start, series.values.len()), (15_001, 140));
    assert!(outcome.wall.as_secs_f64() < 1.0, "{:?}", outcome.wall);
    // This experiment needs `C` for all windows.
    let refused = checked.try_run("long", Backend::Auto).expect_err("too long");
    assert_eq!(refused.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::OutOfMemory]);
}
