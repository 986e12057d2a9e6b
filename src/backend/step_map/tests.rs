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
