//! The standard protocol against numbers that an independent program computed (tests/data/reference/README.md), and the
//! shipped protocols against their own claims.

mod runs;

use std::path::Path;

use carom::experiment::Backend;
use carom::shipped::SHIPPED;
use runs::{Checked, let_values, values};

/// The rows of a reference table, without its header.
fn table(file: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reference").join(file);
    let mut reader = csv::Reader::from_path(&path).expect("a reference table");
    reader.records().map(|r| r.expect("a row").iter().map(str::to_string).collect()).collect()
}

fn number(field: &str) -> f64 {
    field.parse().expect("a number")
}

fn column(rows: &[Vec<String>], k: usize) -> Vec<f64> {
    rows.iter().map(|r| number(&r[k])).collect()
}

fn close(name: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let differences = ours.iter().zip(theirs).map(|(x, y)| (x - y).abs());
    // A missing value is infinitely far away.
    let (at, worst) = differences
        .map(|d| if d.is_nan() { f64::INFINITY } else { d })
        .enumerate()
        .fold((0, 0.0), |worst, d| if d.1 > worst.1 { d } else { worst });
    assert!(worst < tolerance, "{name} is off by {worst:e} in row {at}: {} instead of {}", ours[at], theirs[at]);
}

/// All series of figure 2 under a strategy, with the largest difference that each may have.
fn agrees(experiment: &str, strategy: &str) {
    let outcome = Checked::shipped("karpat2019").run(experiment);
    let series = table(&format!("fig2_{strategy}_series.csv"));
    assert_eq!(series.len(), 2000);
    for (k, (name, tolerance)) in [("x1", 1e-12), ("x2", 1e-12), ("E", 1e-9), ("I", 1e-9)].into_iter().enumerate() {
        close(&format!("{strategy} {name}"), &values(&outcome, name)[1..], &column(&series, k + 1), tolerance);
    }
    let pearson = table(&format!("fig2_{strategy}_pearson_140_125.csv"));
    close(&format!("{strategy} C12"), let_values(&outcome, "C12"), &column(&pearson, 1), 1e-10);
}

#[test]
fn figure_2_is_the_reference() {
    agrees("fig2", "keep");
}

#[test]
fn figure_4b_is_the_reference_with_erase() {
    agrees("fig4b", "erase");
}

/// Single points of the diagrams, 6000 collisions each: the last window's C12.
#[test]
fn last_windows_of_the_diagrams_are_the_reference() {
    let rows = table("final_pearson_points.csv");
    assert_eq!(rows.len(), 7);
    for row in rows {
        let [strategy, gamma, lambda, detuning, collisions, width, overlap, c12] = row.as_slice() else {
            panic!("{row:?}")
        };
        let script = format!(
            "use karpat2019
            experiment point {{
                set trace_out = {strategy}
                set γ = {gamma}*π/2
                set λ = {lambda}
                set ω2 = {detuning}*ω1
                run {collisions}
                let C12 = pearson(x1, x2, width = {width}, overlap = {overlap})
            }}"
        );
        let outcome = Checked::text(&script).run("point");
        let last = *let_values(&outcome, "C12").last().expect("windows");
        close(&row[..4].join(" "), &[last], &[number(c12)], 1e-9);
    }
}

/// Products of marginals multiply the rounding error of the trace, unless each is normalised.
#[test]
fn erase_keeps_the_trace_for_a_hundred_thousand_collisions() {
    let outcome = Checked::shipped("karpat2019").run_on("fig4b", Backend::Density, 100_000);
    assert_eq!(outcome.collisions, 100_000);
    assert!((outcome.trace - 1.0).abs() < 1e-12, "the trace is {}", outcome.trace);
    for (name, series) in &outcome.series {
        let missing = series.values[1..].iter().position(|x| !x.is_finite());
        assert!(missing.is_none(), "{name} has no value at collision {missing:?} + 1");
    }
}

#[test]
fn the_slow_backend_agrees_on_figures_2_and_4b() {
    let protocol = Checked::shipped("karpat2019");
    for experiment in ["fig2", "fig4b"] {
        let run = |backend| protocol.run_on(experiment, backend, 200);
        let (fast, slow) = (run(Backend::Density), run(Backend::Reference));
        assert_eq!(fast.series.len(), 4);
        for (name, series) in &slow.series {
            close(&format!("{experiment} {name}"), &values(&fast, name)[1..], &series.values[1..], 1e-12);
        }
    }
}

#[test]
fn every_claim_of_the_shipped_protocols_holds() {
    for shipped in SHIPPED {
        let protocol = Checked::shipped(shipped.name);
        assert!(protocol.experiments().next().is_some(), "{} has an experiment", shipped.name);
        for experiment in protocol.experiments() {
            let outcome = protocol.run(experiment);
            assert!(!outcome.claims.is_empty(), "{} {experiment} claims something", shipped.name);
            assert!(outcome.has_plots, "{} {experiment} has a figure", shipped.name);
            for claim in &outcome.claims {
                assert!(claim.holds, "{} {experiment}: {}: {}", shipped.name, claim.text, claim.measured);
            }
            let told: Vec<&str> = outcome.warnings.iter().map(|d| d.message.as_str()).collect();
            assert!(told.is_empty(), "{} {experiment} warns: {}", shipped.name, told.join("; "));
        }
    }
}
