//! Compares the standard protocol with numbers from an independent program (tests/data/reference/README.md), and the
//! shipped protocols with their own claims.

use std::path::Path;

use crate::runs::{Checked, covered, let_values, values};
use carom::check::Experiment;
use carom::experiment::{Backend, Claim};
use carom::shipped::SHIPPED;

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
    // A missing value counts as an infinite difference.
    let (at, worst) = differences
        .map(|d| if d.is_nan() { f64::INFINITY } else { d })
        .enumerate()
        .fold((0, 0.0), |worst, d| if d.1 > worst.1 { d } else { worst });
    assert!(worst < tolerance, "{name} is off by {worst:e} in row {at}: {} instead of {}", ours[at], theirs[at]);
}

/// Compares all series of figure 2 under a trace-out strategy, each with its largest accepted difference.
fn agrees(experiment: &str, strategy: &str) {
    let outcome = Checked::shipped("karpat2019").run(experiment);
    let series = table(&format!("fig2_{strategy}_series.csv"));
    assert_eq!(series.len(), 2000);
    for (k, (name, tolerance)) in [("x1", 1e-12), ("x2", 1e-12), ("E", 1e-9), ("I", 1e-9)].into_iter().enumerate() {
        close(&format!("{strategy} {name}"), &values(&outcome, name)[1..], &column(&series, k + 1), tolerance);
    }
    let pearson = table(&format!("fig2_{strategy}_pearson_140_125.csv"));
    close(&format!("{strategy} C12"), &let_values(&outcome, "C12"), &column(&pearson, 1), 1e-10);
}

#[test]
fn figure_2_agrees_with_the_reference() {
    agrees("fig2", "keep");
}

#[test]
fn figure_4b_agrees_with_the_reference_for_erase() {
    agrees("fig4b", "erase");
}

/// The diagrams of figure 3 at one point: a setting replaces the axis of a swept parameter by a single value.
fn diagram_at(strategy: &str, gamma: f64, lambda: f64, detuning: f64) -> Checked {
    Checked::shipped("karpat2019")
        .set(&format!("trace_out = {strategy}"))
        .set(&format!("γ = {gamma}*π/2"))
        .set(&format!("λ = {lambda}"))
        .set(&format!("ω2 = {detuning}*ω1"))
}

/// Single points of the diagrams after 6000 collisions: C12 of the last window.
#[test]
fn points_of_the_diagrams_agree_with_the_reference() {
    let rows = table("final_pearson_points.csv");
    assert_eq!(rows.len(), 7);
    for row in rows {
        let [strategy, gamma, lambda, detuning, collisions, width, overlap, c12] = row.as_slice() else {
            panic!("{row:?}")
        };
        assert_eq!([collisions.as_str(), width, overlap], ["6000", "250", "200"], "as in the diagrams");
        let swept = diagram_at(strategy, number(gamma), number(lambda), number(detuning)).sweep("fig3a");
        assert_eq!((covered(&swept).grid.len(), &covered(&swept).collisions), (1, &(6000..=6000)));
        close(&row[..4].join(" "), &swept.row(0), &[number(c12)], 1e-9);
    }
}

/// Points throughout the diagrams, with both strategies. A run of 300 collisions has two windows.
#[test]
fn the_reference_backend_agrees_at_points_of_the_diagrams() {
    // Multiples of irrational numbers spread evenly and are the same each time.
    let spread = |k: u32, step: f64| (f64::from(k) * step).fract();
    for k in 1..=20 {
        let strategy = if k % 2 == 0 { "keep" } else { "erase" };
        let (gamma, lambda) = (spread(k, 2f64.sqrt()), 0.25 * spread(k, 3f64.sqrt()));
        let point = diagram_at(strategy, gamma, lambda, 0.8 + 0.4 * spread(k, 5f64.sqrt()));
        let at = |backend| point.sweep_on("fig3a", backend, 300);
        let (fast, slow) = (at(Backend::Density), at(Backend::Reference));
        close(&format!("{strategy} γ = {gamma} λ = {lambda}"), &fast.row(0), &slow.row(0), 1e-10);
    }
}

/// Products of marginals would multiply the rounding error of the trace if each were not normalised.
#[test]
fn erase_keeps_the_trace_for_a_hundred_thousand_collisions() {
    let outcome = Checked::shipped("karpat2019").run_on("fig4b", Backend::Density, 100_000);
    assert_eq!(outcome.collisions, 100_000);
    assert!((outcome.trace - 1.0).abs() < 1e-12, "the trace is {}", outcome.trace);
    for (name, series) in outcome.series() {
        let missing = series.values[1..].iter().position(|x| !x.is_finite());
        assert!(missing.is_none(), "{name} has no value at collision {missing:?} + 1");
    }
}

#[test]
fn the_reference_backend_agrees_on_figures_2_and_4b() {
    let protocol = Checked::shipped("karpat2019");
    for experiment in ["fig2", "fig4b"] {
        let run = |backend| protocol.run_on(experiment, backend, 200);
        let (fast, slow) = (run(Backend::Density), run(Backend::Reference));
        assert_eq!(fast.series().count(), 4);
        for (name, series) in slow.series() {
            close(&format!("{experiment} {name}"), &values(&fast, name)[1..], &series.values[1..], 1e-12);
        }
    }
}

/// Points per side at which the claims of a diagram are tested; `cargo bench --bench claims` tests up to 201.
const RESOLUTIONS: [u32; 3] = [11, 21, 51];

#[test]
fn every_claim_of_the_shipped_protocols_holds() {
    for shipped in SHIPPED {
        let protocol = Checked::shipped(shipped.name);
        assert!(protocol.experiments().next().is_some(), "{} must have an experiment", shipped.name);
        let by_itself = |e: &&Experiment| !protocol.has("points") || e.sweep.is_empty();
        for experiment in protocol.experiments().filter(by_itself) {
            claims_hold(shipped.name, &protocol, experiment);
        }
    }
}

/// The claims of a diagram are about the physics, so they must not depend on its number of points.
#[test]
fn every_claim_of_a_diagram_holds_at_several_resolutions() {
    let mut diagrams = 0;
    for shipped in SHIPPED.iter().filter(|s| Checked::shipped(s.name).has("points")) {
        for points in RESOLUTIONS {
            let protocol = Checked::shipped(shipped.name).set(&format!("points = {points}"));
            for experiment in protocol.experiments().filter(|e| !e.sweep.is_empty()) {
                claims_hold(&format!("{} at {points} points", shipped.name), &protocol, experiment);
                diagrams += usize::from(experiment.sweep.len() == 2);
            }
        }
    }
    assert_eq!(diagrams, 8 * RESOLUTIONS.len(), "figures 3 and 5 of karpat2019");
}

/// Runs an experiment, which must have a figure, and checks its claims.
fn claims_hold(protocol_name: &str, protocol: &Checked, experiment: &Experiment) {
    let name = experiment.name.text.as_str();
    let at = format!("{protocol_name}: {name}");
    assert!(!experiment.plots.is_empty(), "{at} must have a figure");
    if experiment.run.is_none() {
        // It arranges the figures of other experiments.
    } else if experiment.sweep.is_empty() {
        let outcome = protocol.run(name);
        all_hold(&at, &outcome.claims);
        let warnings: Vec<&str> = outcome.warnings.iter().map(|d| d.message.as_str()).collect();
        assert!(warnings.is_empty(), "{at} warns: {}", warnings.join("; "));
    } else {
        all_hold(&at, &protocol.sweep(name).claims);
    }
}

fn all_hold(at: &str, claims: &[Claim]) {
    assert!(!claims.is_empty(), "{at} must have a claim");
    for claim in claims {
        assert!(claim.holds, "{at}: {}: {}", claim.text, claim.measured);
    }
}
