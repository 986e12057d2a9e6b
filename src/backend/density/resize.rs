//! Attaching and tracing out subsystems, in place.
//!
//! Both rely on the order of the entries: an entry of the larger matrix never precedes the corresponding entry of the
//! smaller matrix. So the matrix grows from its end to its beginning, and shrinks from its beginning to its end.

use super::packed::{Packed, count, place};
use crate::backend::axes::Plan;
use crate::backend::passes::rounding;
use crate::backend::{Stopped, Watch};
use crate::quantum::{C64, CMat, PreciseSum};

/// A state grows by at most this many entries, 16 MB, between two checks for an interrupt: touching fresh pages is
/// slow.
const GROWTH: usize = 1 << 20;

/// A trace closer to 1 than this differs from 1 only by rounding.
const ROUNDING: f64 = 1e-12;

/// Prepares a state for attaching: it becomes Hermitian to the last bit and, if there is a seed, has trace 1 on average
/// over many collisions, because its largest population is rounded at random (see [`rounding`]).
pub(super) fn prepared(state: &CMat, seed: Option<u64>) -> CMat {
    let mut state = (state + state.adjoint()) * C64::from(0.5);
    let Some(seed) = seed else { return state };
    let mut deficit = PreciseSum::default();
    deficit.add(1.0);
    state.diagonal().iter().for_each(|p| deficit.add(-p.re));
    let largest = (0..state.nrows()).max_by(|a, b| state[(*a, *a)].re.total_cmp(&state[(*b, *b)].re));
    if let Some(k) = largest.filter(|_| deficit.value().abs() < ROUNDING) {
        state[(k, k)].re = rounding::round(state[(k, k)].re, deficit.value(), seed);
    }
    state
}

/// ρ → ρ ⊗ σ with σ as the least significant digits.
///
/// (ρ ⊗ σ)\[ra, cb\] = ρ\[r, c\] σ\[a, b\]. With k the dimension of σ, row r becomes the rows rk … rk + k − 1;
/// `scratch` holds row r while they are written.
///
/// # Errors
/// [`Stopped`]
pub(super) fn attach(rho: &mut Packed, state: &CMat, scratch: &mut Vec<C64>, watch: &Watch<'_>) -> Result<(), Stopped> {
    let (size, k) = (rho.size, state.nrows());
    let (grown, length) = (size * k, count(size * k));
    // Reserve no more than needed: a large state takes up most of the memory.
    rho.entries.reserve_exact(length - rho.entries.len());
    while rho.entries.len() < length {
        let next = length.min(rho.entries.len() + GROWTH);
        watch.spend(next - rho.entries.len())?;
        rho.entries.resize(next, C64::ZERO);
    }
    for r in (0..size).rev() {
        watch.spend((size - r) * k * k)?;
        let start = place(size, r, r);
        scratch.clear();
        scratch.extend_from_slice(&rho.entries[start..start + size - r]);
        for a in 0..k {
            let start = place(grown, r * k + a, r * k + a);
            let line = &mut rho.entries[start..start + grown - r * k - a];
            let (own, others) = line.split_at_mut(k - a);
            own.iter_mut().zip(a..k).for_each(|(to, b)| *to = scratch[0] * state[(a, b)]);
            match k {
                2 => {
                    let [x, y] = [state[(a, 0)], state[(a, 1)]];
                    for (pair, entry) in others.chunks_exact_mut(2).zip(&scratch[1..]) {
                        pair[0] = entry * x;
                        pair[1] = entry * y;
                    }
                }
                _ => {
                    for (group, entry) in others.chunks_exact_mut(k).zip(&scratch[1..]) {
                        group.iter_mut().enumerate().for_each(|(b, to)| *to = entry * state[(a, b)]);
                    }
                }
            }
        }
    }
    rho.size = grown;
    Ok(())
}

/// Partial trace over the plan's targets: ρ'\[r, c\] = Σ_t ρ\[rt, ct\]. The remaining digits keep their order.
///
/// # Errors
/// [`Stopped`]
pub(super) fn discard(rho: &mut Packed, plan: &Plan, watch: &Watch<'_>) -> Result<(), Stopped> {
    let mut to = 0;
    for (at, row) in plan.rest.iter().enumerate() {
        watch.spend((plan.rest.len() - at) * plan.targets.len())?;
        for column in &plan.rest[at..] {
            let entry = |t| rho.entries[place(rho.size, row + t, column + t)];
            rho.entries[to] = plan.targets.iter().map(entry).sum();
            to += 1;
        }
    }
    rho.size = plan.rest.len();
    rho.entries.truncate(to);
    Ok(())
}
