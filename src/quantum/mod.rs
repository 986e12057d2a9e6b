//! Operators, gates, states, channels and measures: dense linear algebra on small systems, with its conventions.
//!
//! Contract: ħ = k_B = 1. |0⟩ is the +1 eigenstate of Z. A matrix on several subsystems is in the Kronecker basis of
//! their order; the first subsystem is the most significant index. Everything that a script can call by name is a row
//! of a table ([`OPERATORS`], [`GATES`], [`CHANNELS`], [`MEASURES`], [`NUMBERS`]). [`find`](OperatorRow::find) looks
//! names up in their canonical spelling (`sigmax`, not `σx`). Nothing here panics or hangs on numbers that are not
//! finite: they give NaN, an infinite [`Deviation`], or an error.

mod channels;
mod embed;
mod gates;
mod jacobi;
mod kinds;
mod linalg;
mod lindblad;
mod maps;
mod measure_rows;
mod measures;
mod nearest;
mod numbers;
mod operators;
mod precise;
mod states;

pub use channels::{CHANNELS, ChannelRow};
pub use embed::{embed, partial_trace, partial_transpose, permute};
pub use gates::{GATES, GateRow, Inverse};
pub use kinds::Kind;
pub use linalg::{
    C64, CMat, CVec, Deviation, RMat, eigen_real, eigenvalues_hermitian, eigenvalues_real, eigh, exp_i, expm,
    hermitian_deviation, inverse, is_finite, kron, left_null_space, max_abs, null_spaces, product, singular_values,
    solve_real, trace_preserving_deviation, unitary_deviation,
};
pub use lindblad::{largest_rate, lindblad};
pub use maps::{OfMap, least_intermediate};
pub use measure_rows::{MEASURES, MeasureRow, Subsystems};
pub use measures::{Formula, Given, InvalidState, StateFunction};
pub use nearest::{channel_power, correction_to_nearest, nearest_channel, nearest_unitary, unitary_power};
pub use numbers::{NUMBERS, NumberRow, REMAINDER, as_real};
pub use operators::{OPERATORS, OperatorRow};
pub use precise::PreciseSum;
pub use states::{
    HERMITIAN_TOLERANCE, NORM_TOLERANCE, POSITIVITY_TOLERANCE, StateDefect, TRACE_TOLERANCE, basis_ket, check_density,
    maximally_mixed, minus_i_ket, minus_ket, normalise_ket, plus_i_ket, plus_ket, projector, thermal,
};

/// Implements the lookup of a row by name or alias, in the same way for every table.
macro_rules! lookup {
    ($row:ident, $table:ident) => {
        impl $row {
            /// The row whose name or alias is exactly `name`.
            #[must_use]
            pub fn find(name: &str) -> Option<&'static Self> {
                $table.iter().find(|row| row.name == name || row.aliases.contains(&name))
            }
        }
    };
}

lookup!(OperatorRow, OPERATORS);
lookup!(GateRow, GATES);
lookup!(ChannelRow, CHANNELS);
lookup!(MeasureRow, MEASURES);
lookup!(NumberRow, NUMBERS);

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
