//! Runs of many collisions, compared with high-precision values computed by `tests/data/powers/make.py`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::runs::{Checked, covered, values};
use carom::experiment::Backend;

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/powers").join(file)
}

/// Names of the observables and their values by collision.
struct Exact {
    names: Vec<String>,
    rows: BTreeMap<u64, Vec<f64>>,
}

impl Exact {
    fn read(model: &str) -> Self {
        let text = fs::read_to_string(data(&format!("{model}.csv"))).expect("a table is there");
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let names = lines.next().expect("a head")[1..].iter().map(ToString::to_string).collect();
        let number = |x: &&str| x.parse::<f64>().expect("a number");
        let rows = lines.map(|row| (row[0].parse().expect("a count"), row[1..].iter().map(number).collect()));
        Self { names, rows: rows.collect() }
    }

    /// The model with an experiment that runs to each of the collisions and collects only the last values.
    fn experiment(&self, model: &str) -> Checked {
        let script = fs::read_to_string(data(&format!("{model}.carom"))).expect("a model is there");
        let collisions: Vec<String> = self.rows.keys().map(ToString::to_string).collect();
        let collected: Vec<String> = self.names.iter().map(|name| format!("last_{name} = last({name})")).collect();
        Checked::text(&format!(
            "{script}\nparam N = 1\nexperiment t {{ run N; sweep N = [{}]; collect {} }}\n\
             experiment one {{ run 2000 }}\n",
            collisions.join(", "),
            collected.join(", ")
        ))
    }
}

/// Largest accepted error after n collisions. Each may add one or two rounding errors until the model forgets them,
/// after `memory` collisions.
#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
fn allowed(n: u64, memory: u64) -> f64 {
    1e-12 + 2.0 * n.min(memory) as f64 * f64::EPSILON
}

#[test]
fn powers_of_the_map_are_accurate_up_to_a_billion_collisions() {
    // The damped qubit loses γ² per collision; in figure 2 the slowest mode decays by 2.7e-4 per collision.
    for (model, memory) in [("damped", 1_000_000), ("undamped", u64::MAX), ("fig2", 4_000)] {
        let exact = Exact::read(model);
        let swept = exact.experiment(model).sweep_as_written("t", Backend::StepMap);
        for (point, (&n, row)) in exact.rows.iter().enumerate() {
            for ((name, x), y) in exact.names.iter().zip(row).zip(swept.row(point)) {
                let off = (x - y).abs();
                assert!(off <= allowed(n, memory), "{model}: {name} after {n} is {y}, not {x}: off by {off:e}");
            }
        }
    }
}

#[test]
fn the_series_of_figure_2_is_exact_to_the_end() {
    let exact = Exact::read("fig2");
    let checked = exact.experiment("fig2");
    for backend in [Backend::Density, Backend::StepMap] {
        let outcome = checked.run_on("one", backend, 2000);
        for (&n, row) in exact.rows.range(..=2000) {
            for (name, x) in exact.names.iter().zip(row) {
                let y = values(&outcome, name)[usize::try_from(n).expect("at most 2000")];
                assert!((x - y).abs() < 1e-13, "{backend:?}: {name} after {n} is {y}, not {x}: off by {:e}", y - x);
            }
        }
    }
}

/// Unitary evolution of any length does not change the spectrum of a state: neither by powers nor in a series.
#[test]
fn a_unitary_run_keeps_its_purity() {
    let script = fs::read_to_string(data("undamped.carom")).expect("a model is there");
    let mixed = script.replace("system s1, s2 = |+>", "system s1, s2 = 0.8*|+><+| + 0.2*|0><0|");
    let checked = Checked::text(&format!(
        "{mixed}\nobserve p = purity(s1, s2)\nparam N = 1\nexperiment t {{ run N; sweep N = [1000, 1e6, 1e9, 1e12]; collect q = last(p) }}\n\
         experiment one {{ run 1000000 }}\n"
    ));
    let pure = 1.0 - 2.0 * 0.8 * 0.2 * 0.5;
    let swept = checked.sweep_as_written("t", Backend::StepMap);
    for point in 0..4 {
        let off = swept.row(point)[0] - pure * pure;
        assert!(off.abs() < 1e-14, "point {point}: {off:e}");
    }
    let outcome = checked.run_as_written("one", Backend::StepMap);
    let off = values(&outcome, "p").iter().map(|p| (p - pure * pure).abs()).fold(0.0, f64::max);
    assert!(off < 5e-15, "{off:e}");
}

/// A unit in |0⟩ collides with s1, then with s2: P2 = n² sin⁴θ cos²ⁿ⁻²θ. The map is not diagonalisable.
#[test]
fn powers_of_a_jordan_block_are_accurate() {
    let checked = Checked::text(
        "param N = 1
        gate exchange(a, b) = exp(-i*0.001/2*(X(a)*X(b) + Y(a)*Y(b)))
        system s1 = |1>
        system s2 = |0>
        environment e = |0>
        step { apply exchange(s1, e); apply exchange(s2, e); discard e }
        observe p2 = population(s2, 1)
        experiment t {
            run N
            sweep N = [1, 2, 1000, 100000, 1000000, 3000000, 100000000]
            collect P = last(p2)
        }",
    );
    let table = checked.sweep_as_written("t", Backend::StepMap);
    let grid = &covered(&table).grid;
    let s2 = 0.001f64.sin().powi(2);
    for point in 0..grid.len() {
        let n = grid.values(point)[0].number();
        let exact = (n * s2).powi(2) * ((n - 1.0) * (-s2).ln_1p()).exp();
        let found = table.row(point)[0];
        // The memory lasts for 1/sin²θ collisions.
        let allowed = 1e-12 + 2.0 * n.min(1e6) * f64::EPSILON;
        assert!((found - exact).abs() < allowed, "after {n}: {found}, not {exact}: off by {:e}", found - exact);
    }
    assert!(table.row(4)[0] > 0.1, "the points must include n sin²θ = 1, near the maximum");
}
