//! The option `--backend`.

use crate::experiment::Backend;

/// The backends that a user can choose.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum BackendArg {
    /// The cheapest of the step map, the state vector and the density matrix that can run the experiment.
    Auto,
    /// Applies each gate in place to a density matrix.
    Density,
    /// Applies the step as one matrix on the Hermitian basis.
    StepMap,
    /// Applies each gate in place to a state vector, as long as the state is pure.
    Pure,
    /// Dense matrices over all subsystems: slow and simple, for comparison.
    Reference,
}

impl From<BackendArg> for Backend {
    fn from(arg: BackendArg) -> Self {
        match arg {
            BackendArg::Auto => Self::Auto,
            BackendArg::Density => Self::Density,
            BackendArg::StepMap => Self::StepMap,
            BackendArg::Pure => Self::Pure,
            BackendArg::Reference => Self::Reference,
        }
    }
}
