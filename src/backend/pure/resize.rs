//! Attaching subsystems to a state vector and removing them, in place.
//!
//! An amplitude of the larger vector never precedes the corresponding amplitude of the smaller one. So the vector grows
//! from its end to its beginning, and shrinks from its beginning to its end.

use crate::backend::axes::Axes;
use crate::backend::passes::rounding;
use crate::backend::{Stopped, Watch};
use crate::ir::Slot;
use crate::quantum::{C64, CMat, correction_to_nearest};

/// At most this many amplitudes, 16 MB, are moved between two checks for an interrupt.
const PIECE: usize = 1 << 20;

/// The ket of a pure state: the column of its largest population, divided by the root of it. Zeros remain exact.
pub(super) fn ket(state: &CMat) -> CMat {
    let population = |k: usize| state[(k, k)].re;
    let largest = (0..state.nrows()).max_by(|a, b| population(*a).total_cmp(&population(*b))).unwrap_or(0);
    state.columns(largest, 1) / C64::from(population(largest).sqrt())
}

/// A ket whose norm is 1 on average over many collisions: its amplitudes are rounded at random (see [`rounding`]).
pub(super) fn rounded(ket: &CMat, seed: u64) -> CMat {
    let low = correction_to_nearest(std::slice::from_ref(ket)).remove(0);
    CMat::from_fn(ket.nrows(), 1, |i, _| {
        let round = |part: fn(C64) -> f64| rounding::round(part(ket[(i, 0)]), part(low[(i, 0)]), seed);
        C64::new(round(|z| z.re), round(|z| z.im))
    })
}

/// ψ → ψ ⊗ φ with φ as the least significant digits.
///
/// # Errors
/// [`Stopped`]
pub(super) fn attach(entries: &mut Vec<C64>, ket: &CMat, watch: &Watch<'_>) -> Result<(), Stopped> {
    let (size, dim) = (entries.len(), ket.nrows());
    // Reserve no more than needed: a large state takes up most of the memory.
    entries.reserve_exact(size * (dim - 1));
    while entries.len() < size * dim {
        let next = (entries.len() + PIECE).min(size * dim);
        watch.spend(4 * (next - entries.len()))?; // touching fresh memory is slow
        entries.resize(next, C64::ZERO);
    }
    let mut rest = size;
    while rest > 0 {
        let first = rest.saturating_sub(PIECE / dim);
        watch.spend((rest - first) * dim)?;
        for at in (first..rest).rev() {
            let amplitude = entries[at];
            for (entry, factor) in entries[at * dim..][..dim].iter_mut().zip(ket.iter()) {
                *entry = amplitude * factor;
            }
        }
        rest = first;
    }
    Ok(())
}

/// ψ → ⟨φ|ψ⟩ / ‖⟨φ|ψ⟩‖ with φ on some of the slots, in their order. `norm` is the norm by which the result is divided.
///
/// # Errors
/// [`Stopped`]
pub(super) fn project(
    entries: &mut Vec<C64>,
    axes: &Axes,
    (slots, ket): (&[Slot], &CMat),
    norm: f64,
    watch: &Watch<'_>,
) -> Result<(), Stopped> {
    let factors: Vec<C64> = ket.iter().map(|z| z.conj() / norm).collect();
    let Offsets { targets, high, low } = Offsets::new(axes, slots);
    let terms: Vec<(usize, C64)> =
        targets.into_iter().zip(factors).filter(|(_, factor)| *factor != C64::ZERO).collect();
    let mut to = 0;
    for high in &high {
        for low in &low {
            if to % PIECE == 0 {
                watch.ask()?;
            }
            entries[to] = terms.iter().map(|(target, factor)| entries[high + low + target] * factor).sum();
            to += 1;
        }
    }
    entries.truncate(to);
    Ok(())
}

/// The basis states of some slots, and those of the other slots as sums high + low, so that the lists are short.
struct Offsets {
    targets: Vec<usize>,
    high: Vec<usize>,
    low: Vec<usize>,
}

impl Offsets {
    fn new(axes: &Axes, slots: &[Slot]) -> Self {
        let all = axes.slots();
        let (mut middle, mut below) = (all.len(), 1);
        while middle > 0 && below * below < axes.size() {
            middle -= 1;
            below *= axes.dim(all[middle]);
        }
        let rest = |part: &[Slot]| {
            let mut offsets = Vec::new();
            axes.offsets(part.iter().filter(|slot| !slots.contains(slot)), &mut offsets);
            offsets
        };
        let mut targets = Vec::new();
        axes.offsets(slots.iter(), &mut targets);
        Self { targets, high: rest(&all[..middle]), low: rest(&all[middle..]) }
    }
}
