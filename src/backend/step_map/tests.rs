//! Compares step maps with stepping and with closed forms.

use std::sync::Arc;

use super::basis::Basis;
use super::*;
use crate::backend::random::{Settled, settled};
use crate::backend::{Density, ReducedCache, Reference, StateBackend, evaluate, execute};
use crate::ir::{Measure, Scalar};
use crate::quantum::C64;

const MANY: usize = 1 << 20;

/// The numbers of the first collisions by stepping: for each collision, observables, then records.
pub(super) fn stepped<B: StateBackend>(program: &Settled, collisions: usize) -> Vec<Vec<f64>> {
    let Settled { layout, prologue, step, observables, records } = program;
    let mut state = B::new();
    let mut recorded = vec![f64::NAN; *records];
    execute(prologue, layout, &mut state, &mut recorded, &Watch::never()).expect("a random program runs");
    (0..collisions)
        .map(|_| {
            execute(&step.ops, layout, &mut state, &mut recorded, &Watch::never()).expect("a random program runs");
            state.relabel(&step.advance);
            let mut cache = ReducedCache::default();
            let observed = observables
                .iter()
                .map(|o| evaluate(o, layout, &state, &mut cache, &Watch::never()).expect("a real number"));
            observed.chain(recorded.iter().copied()).collect()
        })
        .collect()
}

fn map(program: &Settled) -> StepMap {
    let mut state = Density::new();
    execute(&program.prologue, &program.layout, &mut state, &mut [], &Watch::never()).expect("a random program runs");
    let Settled { step, layout, observables, .. } = program;
    let stretch = Stretch { step, layout, within: &[], observables };
    let (mut tables, watch) = (Tables::default(), Watch::never());
    let mut work = Work { tables: &mut tables, watch: &watch };
    StepMap::compile(stretch, &state.reduced(&step.entry, &Watch::never()).expect("nothing stops it"), MANY, &mut work)
        .expect("a linear step")
}

fn read(map: StepMap, count: u64) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    let keep = |row: &[f64]| {
        rows.push(row.to_vec());
        Ok(())
    };
    map.series(count, &Watch::never(), keep).expect("it can be read");
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
fn a_step_map_agrees_with_stepping() {
    let mut smaller = 0;
    for seed in 0..150 {
        let program = settled(seed, 8, true);
        let expected = stepped::<Density>(&program, 24);
        assert_close(seed, &stepped::<Reference>(&program, 6), &expected[..6]);
        let map = map(&program);
        let size = map.size();
        let mut jumped = map.clone();
        assert_close(seed, &read(map, 24), &expected);
        let error = jumped.jump(15, &Watch::never()).expect("nothing stops it");
        assert!(error < 1e-13, "seed {seed}: {error}");
        assert_close(seed, &read(jumped, 9), &expected[15..]);
        smaller += usize::from(size.blocks.iter().sum::<usize>() < size.whole);
    }
    assert!(smaller > 10, "only {smaller} programs need less than the whole map");
}

#[test]
fn a_marginal_map_agrees_with_stepping() {
    let mut nonlinear = 0;
    for seed in 0..200 {
        let program = settled(seed, 8, false);
        let mut state = Density::new();
        execute(&program.prologue, &program.layout, &mut state, &mut [], &Watch::never())
            .expect("a random program runs");
        let Settled { step, layout, observables, .. } = &program;
        let stretch = Stretch { step, layout, within: &[], observables };
        let (mut tables, watch) = (Tables::default(), Watch::never());
        let mut work = Work { tables: &mut tables, watch: &watch };
        match MarginalMap::compile(stretch, &state, &mut work) {
            Err(Refusal::Linear) => assert!(!step.ops.iter().any(stretch::is_nonlinear), "seed {seed}"),
            Err(Refusal::Nonlinear | Refusal::TooLarge { .. }) => {}
            Err(other) => panic!("seed {seed}: {other:?}"),
            Ok(mut map) => {
                let expected = stepped::<Reference>(&program, 16);
                map.skip(3, &watch).expect("nothing stops it");
                let mut rows = Vec::new();
                map.series(12, &watch, |row| {
                    rows.push(row.to_vec());
                    Ok(())
                })
                .expect("it can be read");
                assert_close(seed, &rows, &expected[4..]);
                nonlinear += 1;
            }
        }
    }
    assert!(nonlinear > 20, "only {nonlinear} programs were nonlinear");
}

/// The same program with every coefficient of the carried state as an additional observable, so that all sectors are
/// seen.
pub(super) fn whole(mut program: Settled) -> (Settled, Basis) {
    let entry = program.step.entry.clone();
    let basis = Basis::new(&program.layout.dims(&entry));
    for i in 0..basis.len() {
        let terms = vec![(entry.clone(), Arc::new(element(&basis, i)))];
        program.observables.push(Scalar::Measure(Measure::Expectation { terms, label: "B".into() }));
    }
    (program, basis)
}

/// B_i
fn element(basis: &Basis, i: usize) -> CMat {
    let mut r = vec![0.0; basis.len()];
    r[i] = 1.0;
    basis.matrix(&r) * C64::from(basis.size() as f64)
}

/// The matrix of a map that contains all basis elements.
fn matrix(map: &StepMap, basis: &Basis) -> nalgebra::DMatrix<f64> {
    let mut out = nalgebra::DMatrix::zeros(basis.len(), basis.len());
    for block in map.flows.iter().map(Flow::block) {
        for (i, &row) in block.strings.iter().enumerate() {
            block.strings.iter().enumerate().for_each(|(j, &column)| out[(row, column)] = block.matrix[(i, j)]);
        }
    }
    out
}

#[test]
fn omitted_sectors_do_not_affect_the_observables() {
    for seed in 0..12 {
        let program = settled(seed, 8, true);
        let expected = stepped::<Density>(&program, 200);
        assert_close(seed, &stepped::<Reference>(&program, 20), &expected[..20]);
        assert_close(seed, &read(map(&program), 200), &expected);
        let observed = program.observables.len();
        let (program, basis) = whole(program);
        let without = read(map(&program), 200);
        let requested = without.iter().map(|row| [&row[..observed], &row[observed + basis.len()..]].concat());
        assert_close(seed, &requested.collect::<Vec<_>>(), &expected);
    }
}

/// Σ |k⟩⟨l| ⊗ E(|k⟩⟨l|) = Σ S_ij B_jᵀ ⊗ B_i / D has no negative eigenvalue, and its partial trace over the output is 1.
#[test]
fn a_map_is_completely_positive_and_preserves_the_trace() {
    let mut complete = 0;
    for seed in 0..60 {
        let (program, basis) = whole(settled(seed, 8, true));
        let map = map(&program);
        let Size { whole, blocks, .. } = map.size();
        if blocks.iter().sum::<usize>() < whole {
            continue; // the state does not reach all elements
        }
        complete += 1;
        let (s, d) = (matrix(&map, &basis), basis.size());
        let mut choi = CMat::zeros(d * d, d * d);
        for (i, row) in s.row_iter().enumerate() {
            let image =
                row.iter().enumerate().fold(CMat::zeros(d, d), |sum, (j, x)| sum + element(&basis, j) * C64::from(*x));
            choi += image.transpose().kronecker(&element(&basis, i)) / C64::from(d as f64);
        }
        let least = choi.symmetric_eigenvalues().min();
        assert!(least > -1e-12, "seed {seed}: {least:e}");
        let traced = CMat::from_fn(d, d, |k, l| (0..d).map(|m| choi[(k * d + m, l * d + m)]).sum());
        assert!((traced - CMat::identity(d, d)).norm() < 1e-12, "seed {seed}");
        assert_image_of_the_basis(seed, &program, &basis, &s);
    }
    assert!(complete > 20, "only {complete} maps are complete");
}

/// S_ij = Tr B_i E(B_j) / D, with E by stepping.
fn assert_image_of_the_basis(seed: u64, program: &Settled, basis: &Basis, s: &nalgebra::DMatrix<f64>) {
    let Settled { layout, step, records, .. } = program;
    let mut recorded = vec![f64::NAN; *records];
    for j in 0..basis.len() {
        let mut state = Density::new();
        state.attach(&step.entry, basis.dims(), &element(basis, j), &Watch::never()).expect("nothing stops it");
        execute(&step.ops, layout, &mut state, &mut recorded, &Watch::never()).expect("a random program runs");
        state.relabel(&step.advance);
        let image = basis.vector(&state.reduced(&step.entry, &Watch::never()).expect("nothing stops it"));
        for (i, x) in image.into_iter().enumerate() {
            let off = x / basis.size() as f64 - s[(i, j)];
            assert!(off.abs() < 1e-13, "seed {seed}, {i} {j}: {off:e}");
        }
    }
}
