//! The spectrum of a step map: its eigenvalues by sector, and the coefficient of each mode in the readouts.
//!
//! A linear readout of collision n is w·r(n − 1), and r(n) = S r(n − 1). Let v and u be right and left eigenvectors of
//! an eigenvalue λ of S, with u·v = 1. Then the readout m collisions after the first is Σ (w·v)(u·r) λ^m. A complex λ
//! and its conjugate together contribute 2|c| |λ|^m cos(m arg λ + arg c) with c = (w·v)(u·r). Unlike a
//! [`StepMap`](super::StepMap), the spectrum includes all sectors that the observables see, whether or not the initial
//! state reaches them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::basis::coefficients;
use super::block::{Block, blocks};
use super::compile::{Probes, closure, probes, whole};
use super::eigenspaces::{Defect, Eigenspace, decomposition, separate};
use super::heisenberg::{Sparse, Work};
use super::readout::Formula;
use super::rows::Rows;
use super::stretch::{Refusal, Stretch, postselection, unread};
use crate::backend::{Density, Start, StateBackend, Stopped, Watch, execute};
use crate::ir::Collision;
use crate::quantum::{C64, CMat, RMat, eigenvalues_real};

/// An eigenvalue closer to 1 than this counts as 1, and an eigenvalue with |λ| closer to 1 than this as undamped: the
/// rounding error of a few thousand elements.
pub(super) const UNIT: f64 = 1e-11;

/// The eigenvalues of a step map, and their coefficients in the readouts.
#[derive(Debug, Clone)]
pub struct Spectrum {
    /// The number of elements D² of the Hermitian basis of the carried state.
    pub whole: usize,
    /// Whether each readout (observables first, then records) is linear in the state; other readouts have no modes.
    pub linear: Vec<bool>,
    /// The sectors: blocks that do not couple, of the elements that the linear readouts depend on.
    pub sectors: Vec<Sector>,
    /// The eigenvalues of the whole map on the unit circle, seen or not; `None` if the map is larger than allowed.
    pub lasting: Option<Undamped>,
}

/// The number of eigenvalues of modulus 1, whose modes do not decay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undamped {
    /// The number of eigenvalues equal to 1: the dimension of the space spanned by the steady states.
    pub steady: usize,
    /// The number of other eigenvalues of modulus 1: undamped oscillations.
    pub oscillating: usize,
}

/// A block of the map that does not couple to the others.
#[derive(Debug, Clone)]
pub struct Sector {
    /// The number of basis elements.
    pub size: usize,
    /// The modes, slowest first; of a conjugate pair, the mode with Im λ > 0.
    pub modes: Vec<Mode>,
    /// The eigenvalues with fewer eigenvectors than their multiplicity.
    pub defects: Vec<Defect>,
    /// The indices of the readouts that depend on this sector.
    pub seen: Vec<usize>,
}

/// An eigenvalue with its whole eigenspace.
#[derive(Debug, Clone)]
pub struct Mode {
    /// λ, Im λ ≥ 0.
    pub value: C64,
    /// The dimension of its eigenspace.
    pub count: usize,
    /// c = (w·v)(u·r) for each readout, in the first collision of the settled step; 0 if the readout does not see the
    /// mode.
    pub coefficients: Vec<C64>,
}

impl Mode {
    /// The decay rate per collision, −ln |λ|; +∞ for λ = 0.
    #[must_use]
    pub fn decay(&self) -> f64 {
        -self.value.norm().ln()
    }

    /// The frequency arg λ in radians per collision, in [0, π].
    #[must_use]
    pub fn frequency(&self) -> f64 {
        self.value.arg()
    }

    /// Whether the mode is constant: λ = 1.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        (self.value - C64::ONE).norm() <= UNIT
    }

    /// Whether the mode oscillates without damping: |λ| = 1 and λ ≠ 1.
    #[must_use]
    pub fn is_undamped(&self) -> bool {
        !self.is_steady() && (self.value.norm() - 1.0).abs() <= UNIT
    }

    /// The amplitude A ≥ 0 of the contribution A |λ|^m cos(m arg λ + φ) of the mode to a readout.
    #[must_use]
    pub fn amplitude(&self, readout: usize) -> f64 {
        self.coefficients[readout].norm() * if self.value.im > 0.0 { 2.0 } else { 1.0 }
    }

    /// The phase φ of the contribution A |λ|^m cos(m arg λ + φ) of the mode to a readout, in (−π, π].
    #[must_use]
    pub fn phase(&self, readout: usize) -> f64 {
        self.coefficients[readout].arg()
    }
}

impl Spectrum {
    /// The spectrum of the last of the steps, with coefficients from the state before it. Records of the earlier steps
    /// are not evaluated. At most `allowed` basis elements are used.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn of_settled(
        start: &Start,
        steps: &[Arc<Collision>],
        allowed: usize,
        work: &mut Work<'_>,
    ) -> Result<Self, Refusal> {
        let settled = steps.last().expect("there is a first step");
        let stretch = Stretch::from(&**settled);
        let start = before_settled(start, steps, work.watch)?;
        Self::compile(stretch, &start, allowed, work)
    }

    /// Compiles a step and decomposes its map. `start` is the density matrix before its first collision, over the
    /// step's entry slots in order. At most `allowed` basis elements are used.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn compile(stretch: Stretch<'_>, start: &CMat, allowed: usize, work: &mut Work<'_>) -> Result<Self, Refusal> {
        if postselection(&stretch.step.ops).is_some() {
            return Err(Refusal::Postselected);
        }
        let Probes { readouts, observables: mut probes, .. } = probes(stretch, work)?;
        let functional = |formula: &Formula| match formula {
            Formula::Linear { re, im: None } => Some(*re),
            _ => None,
        };
        let observables: Vec<Option<usize>> = readouts.iter().map(|r| functional(&r.formula)).collect();
        let linear: BTreeSet<usize> = observables.iter().flatten().copied().collect();
        let unseen = |(which, row): (usize, &mut Vec<_>)| {
            if !linear.contains(&which) {
                row.clear();
            }
        };
        probes.iter_mut().enumerate().for_each(unseen);

        let rows = closure(stretch, &probes, allowed, work)?;
        let dims = stretch.layout.dims(&stretch.step.entry);
        let start = coefficients(start, &dims, rows.strings());
        let blocks = all_blocks(&rows, &probes, &start, work.watch)?;
        let sectors = blocks.iter().map(|block| sector(block, &observables, work.watch)).collect::<Result<_, _>>()?;

        let whole = whole(stretch);
        let lasting = if whole <= allowed {
            let all: Vec<_> = (0..whole).map(|string| vec![(string, 1.0)]).collect();
            let rows = closure(stretch, &all, allowed, work)?;
            let blocks = all_blocks(&rows, &[], &vec![0.0; whole], work.watch)?;
            Some(lasting(blocks.into_iter().map(|block| block.matrix), work.watch)?)
        } else {
            None
        };
        Ok(Self { whole, linear: observables.iter().map(Option::is_some).collect(), sectors, lasting })
    }
}

/// The blocks of all elements, reached or not.
fn all_blocks(rows: &Rows, probes: &[Sparse], start: &[f64], watch: &Watch<'_>) -> Result<Vec<Block>, Stopped> {
    let components = rows.components(&vec![true; rows.len()], watch)?;
    blocks(&components, rows, probes, start, watch)
}

/// The density matrix before the last of the steps, over its entry slots in order. The steps do not write records.
///
/// # Errors
/// [`Stopped`]
pub(super) fn before_settled(start: &Start, steps: &[Arc<Collision>], watch: &Watch<'_>) -> Result<CMat, Stopped> {
    let (settled, before) = steps.split_last().expect("there is a first step");
    let mut state = Density::new();
    // Without records, the only possible fault is an interrupt.
    let stopped = |_| Stopped;
    execute(&start.ops, &start.layout, &mut state, &mut [], watch).map_err(stopped)?;
    for Collision { step, layout, .. } in before.iter().map(|c| &**c) {
        execute(&unread(&step.ops), layout, &mut state, &mut [], watch).map_err(stopped)?;
        state.relabel(&step.advance);
    }
    state.reduced(&settled.step.entry, watch)
}

fn lasting(matrices: impl Iterator<Item = RMat>, watch: &Watch<'_>) -> Result<Undamped, Stopped> {
    let mut lasting = Undamped { steady: 0, oscillating: 0 };
    for m in matrices {
        let values = watch.aside(decomposition(m.nrows()), move || eigenvalues_real(&m))?;
        for z in values.into_iter().filter(|z| (z.norm() - 1.0).abs() <= UNIT) {
            let steady = (z - C64::ONE).norm() <= UNIT;
            *(if steady { &mut lasting.steady } else { &mut lasting.oscillating }) += 1;
        }
    }
    Ok(lasting)
}

/// The modes of a block with their coefficients in the readouts. A linear readout is given by the index of its
/// observable in `observables`; other readouts are `None`.
fn sector(block: &Block, observables: &[Option<usize>], watch: &Watch<'_>) -> Result<Sector, Stopped> {
    let separated = separate(&block.matrix, watch)?;
    let start = RMat::from_column_slice(block.start.len(), 1, &block.start).map(C64::from);
    let probes = block.probes.map(C64::from);
    let place = |functional: &Option<usize>| functional.and_then(|f| block.seen.binary_search(&f).ok());
    let mode = |Eigenspace { value, right, left }: Eigenspace| {
        let seen = &probes * (&right * (&left * &start));
        let coefficients = observables.iter().map(|f| place(f).map_or(C64::ZERO, |at| seen[(at, 0)]));
        Mode { value, count: right.ncols(), coefficients: coefficients.collect() }
    };
    let mut modes: Vec<Mode> = separated.spaces.into_iter().map(mode).collect();
    modes.sort_by(|a, b| a.decay().total_cmp(&b.decay()).then(a.value.arg().total_cmp(&b.value.arg())));
    let seen = (0..observables.len()).filter(|r| place(&observables[*r]).is_some()).collect();
    Ok(Sector { size: block.strings.len(), modes, defects: separated.defects, seen })
}
