//! The option `--backend`.

use crate::experiment::Backend;

/// The backends that a user can choose.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum BackendArg {
    /// The step map if it is cheaper, otherwise the density matrix.
    Auto,
    /// Applies each gate in place to a density matrix.
    Density,
    /// Applies the step as one matrix on the Hermitian basis.
    StepMap,
    /// Dense matrices over all subsystems: slow and simple, for comparison.
    Reference,
}

impl From<BackendArg> for Backend {
    fn from(arg: BackendArg) -> Self {
        match arg {
            BackendArg::Auto => Self::Auto,
            BackendArg::Density => Self::Density,
            BackendArg::StepMap => Self::StepMap,
            BackendArg::Reference => Self::Reference,
        }
    }
}
