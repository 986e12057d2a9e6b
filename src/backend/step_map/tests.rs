//! Step maps against stepping, and against closed forms.

use super::*;
use crate::backend::random::{Settled, settled};
use crate::backend::{Density, ReducedCache, Reference, StateBackend, evaluate, execute};

const MANY: usize = 1 << 20;

/// Every number of the first collisions by stepping: observables, then records.
fn stepped<B: StateBackend>(program: &Settled, collisions: usize) -> Vec<Vec<f64>> {
    let Settled { layout, prologue, step, observables, records } = program;
    let mut state = B::new();
    let mut recorded = vec![f64::NAN; *records];
    execute(prologue, layout, &mut state, &mut recorded, &|| false).expect("a random program runs");
    (0..collisions)
        .map(|_| {
            execute(&step.ops, layout, &mut state, &mut recorded, &|| false).expect("a random program runs");
            state.relabel(&step.advance);
            let mut cache = ReducedCache::default();
            let observed = observables.iter().map(|o| evaluate(o, layout, &state, &mut cache).expect("a real number"));
            observed.chain(recorded.iter().copied()).collect()
        })
        .collect()
}

fn map(program: &Settled) -> StepMap {
    let mut state = Density::new();
    execute(&program.prologue, &program.layout, &mut state, &mut [], &|| false).expect("a random program runs");
    let Settled { step, layout, observables, .. } = program;
    let stretch = Stretch { step, layout, observables };
    StepMap::compile(stretch, &state.reduced(&step.entry), MANY, &mut Tables::default()).expect("a linear step")
}

fn read(map: StepMap, count: u64) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    let go_on = |row: &[f64]| {
        rows.push(row.to_vec());
        true
    };
    map.series(count, go_on).expect("it can be read");
    rows
}

fn assert_close(seed: u64, rows: &[Vec<f64>], expected: &[Vec<f64>]) {
    assert_eq!(rows.len(), expected.len());
    for (n, (row, expected)) in rows.iter().zip(expected).enumerate() {
        for (k, (x, y)) in row.iter().zip(expected).enumerate() {
            let close = (x - y).abs() < 1e-12 * y.abs().max(1.0) || (x.is_nan() && y.is_nan());
            assert!(close, "seed {seed}, collision {n}, number {k}: {x} {y}");
        }
    }
}

#[test]
fn a_map_gives_what_stepping_gives() {
    let mut smaller = 0;
    for seed in 0..150 {
        let program = settled(seed, 8, true);
        let expected = stepped::<Density>(&program, 24);
        assert_close(seed, &stepped::<Reference>(&program, 24), &expected);
        assert_close(seed, &read(map(&program), 24), &expected);
        let mut jumped = map(&program);
        let error = jumped.jump(15);
        assert!(error < 1e-13, "seed {seed}: {error}");
        assert_close(seed, &read(jumped, 9), &expected[15..]);
        let size = map(&program).size();
        smaller += usize::from(size.blocks.iter().sum::<usize>() < size.whole);
    }
    assert!(smaller > 10, "the observables of {smaller} programs see less than the whole map");
}

#[test]
fn a_product_of_marginals_gives_what_stepping_gives() {
    let mut nonlinear = 0;
    for seed in 0..200 {
        let program = settled(seed, 8, false);
        let mut state = Density::new();
        execute(&program.prologue, &program.layout, &mut state, &mut [], &|| false).expect("a random program runs");
        let Settled { step, layout, observables, .. } = &program;
        let stretch = Stretch { step, layout, observables };
        match ProductMap::compile(stretch, &state, &mut Tables::default()) {
            Err(Refusal::Linear) => assert!(!step.ops.iter().any(stretch::is_nonlinear), "seed {seed}"),
            Err(Refusal::Nonlinear | Refusal::TooLarge { .. }) => {}
            Err(other) => panic!("seed {seed}: {other:?}"),
            Ok(mut map) => {
                let expected = stepped::<Reference>(&program, 16);
                map.skip(3);
                let mut rows = Vec::new();
                map.series(12, |row| {
                    rows.push(row.to_vec());
                    true
                })
                .expect("it can be read");
                assert_close(seed, &rows, &expected[4..]);
                nonlinear += 1;
            }
        }
    }
    assert!(nonlinear > 20, "{nonlinear} programs were nonlinear");
}

/// A number m collisions after the first, from the modes alone.
fn from_modes(spectrum: &Spectrum, readout: usize, m: i32) -> f64 {
    let modes = spectrum.sectors.iter().flat_map(|s| &s.modes);
    modes
        .map(|o| {
            o.amplitude(readout) * (o.value.norm().powi(m)) * (f64::from(m) * o.value.arg() + o.phase(readout)).cos()
        })
        .sum()
}

#[test]
fn modes_add_up_to_what_stepping_gives() {
    let (mut compared, mut lasting) = (0, 0);
    for seed in 0..150 {
        let program = settled(seed, 8, true);
        let mut state = Density::new();
        execute(&program.prologue, &program.layout, &mut state, &mut [], &|| false).expect("a random program runs");
        let Settled { step, layout, observables, .. } = &program;
        let stretch = Stretch { step, layout, observables };
        let start = state.reduced(&step.entry);
        let spectrum = match Spectrum::compile(stretch, &start, 300, &mut Tables::default()) {
            Ok(spectrum) => spectrum,
            Err(Refusal::TooLarge { .. }) => continue,
            Err(other) => panic!("seed {seed}: {other:?}"),
        };
        let expected = stepped::<Reference>(&program, 16);
        let defective: Vec<usize> =
            spectrum.sectors.iter().filter(|s| !s.defects.is_empty()).flat_map(|s| &s.seen).copied().collect();
        for readout in (0..spectrum.linear.len()).filter(|r| spectrum.linear[*r] && !defective.contains(r)) {
            for (m, row) in (0..).zip(&expected) {
                let (x, y) = (from_modes(&spectrum, readout, m), row[readout]);
                assert!((x - y).abs() < 1e-8 * y.abs().max(1.0), "seed {seed}, number {readout}, {m}: {x} {y}");
            }
            compared += 1;
        }
        let largest = spectrum.sectors.iter().flat_map(|s| &s.modes).map(|o| o.value.norm()).fold(0.0, f64::max);
        assert!(
            largest <= 1.0 + 1e-9,
            "seed {seed}: a channel has no eigenvalue outside of the unit circle: {largest}"
        );
        lasting += usize::from(spectrum.lasting.is_some_and(|l| l.steady >= 1));
    }
    assert!(compared > 50 && lasting > 50, "{compared} numbers, {lasting} steady states");
}
