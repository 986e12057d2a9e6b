//! What the engines on a density matrix and on a state vector share.
//!
//! Consecutive gates are distributed over passes through memory ([`schedule`]), once for each list of gates
//! ([`prepared`]). A pass takes one part of the state after another, its tile, through the cache and applies all of its
//! gates to it, as real matrices on rows of numbers ([`gates`]). Their entries are rounded so that errors do not add up
//! over many collisions ([`rounding`]).

pub(super) mod exact;
pub(super) mod gates;
pub(super) mod prepared;
pub(super) mod question;
pub(super) mod rounding;
pub(super) mod schedule;

/// The numbers in one vector: every operation on a tile is a loop over this many numbers.
pub(super) const LANES: usize = 8;
