//! Compares sums of modes with stepping.

use super::tests::{stepped, whole};
use super::*;
use crate::backend::random::{Settled, settled};
use crate::backend::{Density, Reference, StateBackend, execute};

/// The value of a readout m collisions after the first, computed from the modes alone.
fn from_modes(spectrum: &Spectrum, readout: usize, m: i32) -> f64 {
    let modes = spectrum.sectors.iter().flat_map(|s| &s.modes);
    modes
        .map(|o| {
            o.amplitude(readout) * (o.value.norm().powi(m)) * (f64::from(m) * o.value.arg() + o.phase(readout)).cos()
        })
        .sum()
}

#[test]
fn sums_of_modes_agree_with_stepping() {
    let (mut compared, mut lasting) = (0, 0);
    for seed in 0..60 {
        let (program, _) = whole(settled(seed, 8, true));
        let mut state = Density::new();
        execute(&program.prologue, &program.layout, &mut state, &mut [], &Watch::never())
            .expect("a random program runs");
        let Settled { step, layout, observables, .. } = &program;
        let stretch = Stretch { step, layout, within: &[], observables };
        let start = state.reduced(&step.entry, &Watch::never()).expect("nothing stops it");
        let (mut tables, watch) = (Tables::default(), Watch::never());
        let mut work = Work { tables: &mut tables, watch: &watch };
        let spectrum = match Spectrum::compile(stretch, &start, 300, &mut work) {
            Ok(spectrum) => spectrum,
            Err(Refusal::TooLarge { .. } | Refusal::TooWide { .. }) => continue,
            Err(other) => panic!("seed {seed}: {other:?}"),
        };
        let expected = stepped::<Reference>(&program, 24);
        for readout in (0..spectrum.linear.len()).filter(|r| spectrum.linear[*r]) {
            let seen = || spectrum.sectors.iter().filter(|s| s.seen.contains(&readout)).flat_map(|s| &s.defects);
            if seen().any(|d| !d.is_forgotten()) {
                continue;
            }
            // A nilpotent part of dimension k vanishes after k collisions.
            let forgotten = seen().map(|d| d.count).sum::<usize>().max(8);
            for (m, row) in (0..).zip(&expected).skip(forgotten) {
                let (x, y) = (from_modes(&spectrum, readout, m), row[readout]);
                assert!((x - y).abs() < 1e-8 * y.abs().max(1.0), "seed {seed}, number {readout}, {m}: {x} {y}");
                compared += 1;
            }
        }
        let largest = spectrum.sectors.iter().flat_map(|s| &s.modes).map(|o| o.value.norm()).fold(0.0, f64::max);
        assert!(largest <= 1.0 + 1e-9, "seed {seed}: a channel has no eigenvalue outside the unit circle: {largest}");
        lasting += usize::from(spectrum.lasting.is_some_and(|l| l.steady >= 1));
    }
    assert!(compared > 500 && lasting > 20, "{compared} numbers, {lasting} steady states");
}
