//! The spectral view of a step map: its eigenvalues by sector, and how much of each the observables see.
//!
//! What is read in collision n is w·r(n − 1), linear in the state, and r(n) = S r(n − 1). With right and left eigenvectors
//! v, u of an eigenvalue λ of S and u·v = 1, a reading is Σ (w·v)(u·r) λ^m, m collisions after the first. A complex λ and its
//! conjugate together are 2|c| |λ|^m cos(m arg λ + arg c) with c = (w·v)(u·r). Unlike a [`StepMap`](super::StepMap) this is
//! the map before what the state reaches: all sectors that the observables see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::basis::coefficients;
use super::compile::{Block, block, closure, probes};
use super::eigenspaces::{Defect, Eigenspace, decomposition, separate};
use super::heisenberg::Work;
use super::readout::Formula;
use super::sectors::Graph;
use super::stretch::{Refusal, Stretch, unread};
use crate::backend::{Density, Start, StateBackend, Stopped, Watch, execute};
use crate::ir::Collision;
use crate::quantum::{C64, CMat, RMat, eigenvalues_real};

/// An eigenvalue this close to 1 is 1, and a modulus this close to 1 undamped: the rounding of a few thousand elements.
const UNIT: f64 = 1e-11;

/// The eigenvalues of a step map, and what is seen of them.
#[derive(Debug, Clone)]
pub struct Spectrum {
    /// Elements of the Hermitian basis of the carried state, D².
    pub whole: usize,
    /// Whether each number that is read (observables first, then records) is linear in the state; others have no modes.
    pub linear: Vec<bool>,
    /// The blocks that do not couple, of the elements that the linear ones see.
    pub sectors: Vec<Sector>,
    /// Eigenvalues on the unit circle of the whole map, seen or not; none if it is larger than allowed.
    pub lasting: Option<Lasting>,
}

/// Eigenvalues of modulus 1: what does not decay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// How many are 1: the steady states form a space of this dimension (traceless directions and the state itself).
    pub steady: usize,
    /// How many others there are: oscillations for ever.
    pub oscillating: usize,
}

/// A block of the map.
#[derive(Debug, Clone)]
pub struct Sector {
    /// How many basis elements it has.
    pub size: usize,
    /// Its modes, the slowest first; of a conjugate pair the one with the positive imaginary part.
    pub modes: Vec<Mode>,
    /// Eigenvalues that could not be separated.
    pub defects: Vec<Defect>,
    /// By number, what is read of it.
    pub seen: Vec<usize>,
}

/// An eigenvalue with its whole eigenspace.
#[derive(Debug, Clone)]
pub struct Mode {
    /// λ, Im λ ≥ 0.
    pub value: C64,
    /// The dimension of its eigenspace.
    pub count: usize,
    /// c = (w·v)(u·r) of each number that is read, in the first collision of the settled step: 0 where it is not seen.
    pub coefficients: Vec<C64>,
}

impl Mode {
    /// Decay per collision, −ln |λ|; of λ = 0 it is +∞.
    #[must_use]
    pub fn decay(&self) -> f64 {
        -self.value.norm().ln()
    }

    /// Radians per collision, in [0, π].
    #[must_use]
    pub fn frequency(&self) -> f64 {
        self.value.arg()
    }

    /// Whether it is constant: λ = 1.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        (self.value - C64::ONE).norm() <= UNIT
    }

    /// Whether it oscillates for ever: |λ| = 1 and λ ≠ 1.
    #[must_use]
    pub fn is_undamped(&self) -> bool {
        !self.is_steady() && (self.value.norm() - 1.0).abs() <= UNIT
    }

    /// A of A |λ|^m cos(m arg λ + φ), the mode in a number that is read; at least 0.
    #[must_use]
    pub fn amplitude(&self, readout: usize) -> f64 {
        self.coefficients[readout].norm() * if self.value.im > 0.0 { 2.0 } else { 1.0 }
    }

    /// φ of it, in (−π, π].
    #[must_use]
    pub fn phase(&self, readout: usize) -> f64 {
        self.coefficients[readout].arg()
    }
}

impl Spectrum {
    /// The spectrum of the last of the steps, and of the state before it, without reading what is recorded on the way.
    /// At most `allowed` basis elements are taken.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn of_settled(
        start: &Start,
        steps: &[Arc<Collision>],
        allowed: usize,
        work: &mut Work<'_>,
    ) -> Result<Self, Refusal> {
        let (settled, before) = steps.split_last().expect("there is a first step");
        let mut state = Density::new();
        // What reads nothing has no other fault than being stopped.
        let stopped = |_| Refusal::Stopped;
        execute(&start.ops, &start.layout, &mut state, &mut [], work.watch).map_err(stopped)?;
        for Collision { step, layout, .. } in before.iter().map(|c| &**c) {
            execute(&unread(&step.ops), layout, &mut state, &mut [], work.watch).map_err(stopped)?;
            state.relabel(&step.advance);
        }
        let stretch = Stretch { step: &settled.step, layout: &settled.layout, observables: &settled.observables };
        let start = state.reduced(&settled.step.entry, work.watch)?;
        Self::compile(stretch, &start, allowed, work)
    }

    /// Compiles a step and decomposes its map; `start` is the density matrix before its first collision, over the step's
    /// entry slots in their order. At most `allowed` basis elements are taken.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn compile(stretch: Stretch<'_>, start: &CMat, allowed: usize, work: &mut Work<'_>) -> Result<Self, Refusal> {
        let (readouts, mut probes) = probes(stretch, work)?;
        let functional = |formula: &Formula| match formula {
            Formula::Linear { re, im: None } => Some(*re),
            _ => None,
        };
        let functionals: Vec<Option<usize>> = readouts.iter().map(|r| functional(&r.formula)).collect();
        let wanted: BTreeSet<usize> = functionals.iter().flatten().copied().collect();
        let unseen = |(which, row): (usize, &mut Vec<_>)| {
            if !wanted.contains(&which) {
                row.clear();
            }
        };
        probes.iter_mut().enumerate().for_each(unseen);

        let rows = closure(stretch, &probes, allowed, work)?;
        let dims = stretch.layout.dims(&stretch.step.entry);
        let whole = dims.iter().map(|d| d * d).product();
        let strings: Vec<usize> = rows.keys().copied().collect();
        let start: BTreeMap<usize, f64> = strings.iter().copied().zip(coefficients(start, &dims, &strings)).collect();
        let blocks = Graph::new(&rows).components(&strings.into_iter().collect());
        let blocks = blocks.into_iter().map(|strings| block(strings, &rows, &probes, &start));
        let sectors = blocks.map(|block| sector(&block, &functionals, work.watch)).collect::<Result<_, _>>()?;

        let lasting = if whole <= allowed {
            let all: Vec<_> = (0..whole).map(|string| vec![(string, 1.0)]).collect();
            let rows = closure(stretch, &all, allowed, work)?;
            let blocks = Graph::new(&rows).components(&rows.keys().copied().collect());
            let none = rows.keys().map(|string| (*string, 0.0)).collect();
            let matrices = blocks.into_iter().map(|strings| block(strings, &rows, &[], &none).matrix);
            Some(lasting(matrices, work.watch)?)
        } else {
            None
        };
        Ok(Self { whole, linear: functionals.iter().map(Option::is_some).collect(), sectors, lasting })
    }
}

fn lasting(matrices: impl Iterator<Item = RMat>, watch: &Watch<'_>) -> Result<Lasting, Stopped> {
    let mut lasting = Lasting { steady: 0, oscillating: 0 };
    for m in matrices {
        let values = watch.aside(decomposition(m.nrows()), move || eigenvalues_real(&m))?;
        for z in values.into_iter().filter(|z| (z.norm() - 1.0).abs() <= UNIT) {
            let steady = (z - C64::ONE).norm() <= UNIT;
            *(if steady { &mut lasting.steady } else { &mut lasting.oscillating }) += 1;
        }
    }
    Ok(lasting)
}

/// The modes of a block and what the numbers that are read, by their functionals, see of them.
fn sector(block: &Block, functionals: &[Option<usize>], watch: &Watch<'_>) -> Result<Sector, Stopped> {
    let separated = separate(&block.matrix, watch)?;
    let start = RMat::from_column_slice(block.start.len(), 1, &block.start).map(C64::from);
    let probes = block.probes.map(C64::from);
    let place = |functional: &Option<usize>| functional.and_then(|f| block.seen.binary_search(&f).ok());
    let mode = |Eigenspace { value, right, left }: Eigenspace| {
        let seen = &probes * (&right * (&left * &start));
        let coefficients = functionals.iter().map(|f| place(f).map_or(C64::ZERO, |at| seen[(at, 0)]));
        Mode { value, count: right.ncols(), coefficients: coefficients.collect() }
    };
    let mut modes: Vec<Mode> = separated.spaces.into_iter().map(mode).collect();
    modes.sort_by(|a, b| a.decay().total_cmp(&b.decay()).then(a.value.arg().total_cmp(&b.value.arg())));
    let seen = (0..functionals.len()).filter(|r| place(&functionals[*r]).is_some()).collect();
    Ok(Sector { size: block.strings.len(), modes, defects: separated.defects, seen })
}
