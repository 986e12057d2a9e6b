//! The option `--backend`.

use crate::experiment::Backend;

/// What a user may demand.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum BackendArg {
    /// The step map where it is cheaper, else the density matrix.
    Auto,
    /// In-place kernels on a density matrix.
    Density,
    /// The step as one matrix on the Hermitian basis.
    StepMap,
    /// Dense matrices over all subsystems: slow and obvious, for comparison.
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
