//! Kinds of subsystems, which a declaration names after the colon.

use std::fmt;

/// The kind of a subsystem, which determines its dimension and the operators that are defined on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Two levels; |0⟩ is the +1 eigenstate of Z.
    Qubit,
    /// A system with this number of levels and no further structure.
    Qudit(usize),
    /// A spin j = `twice_j`/2 with 2j + 1 levels; level k is the eigenstate of Sz with m = j − k, so |0⟩ is m = +j.
    Spin {
        /// Twice the spin quantum number, 2j.
        twice_j: usize,
    },
    /// A bosonic mode truncated to this number of Fock states; |k⟩ holds k quanta.
    Boson(usize),
}

impl Kind {
    /// The dimension of the Hilbert space.
    #[must_use]
    pub fn dim(self) -> usize {
        match self {
            Self::Qubit => 2,
            Self::Qudit(d) | Self::Boson(d) => d,
            Self::Spin { twice_j } => twice_j.saturating_add(1),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Qubit => write!(f, "qubit"),
            Self::Qudit(d) => write!(f, "qudit({d})"),
            Self::Spin { twice_j } if twice_j % 2 == 0 => write!(f, "spin({})", twice_j / 2),
            Self::Spin { twice_j } => write!(f, "spin({twice_j}/2)"),
            Self::Boson(d) => write!(f, "boson({d})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn kinds_print_as_they_are_declared() {
        let shown = |kind: Kind| (kind.to_string(), kind.dim());
        assert_eq!(shown(Kind::Qubit), ("qubit".into(), 2));
        assert_eq!(shown(Kind::Qudit(3)), ("qudit(3)".into(), 3));
        assert_eq!(shown(Kind::Spin { twice_j: 3 }), ("spin(3/2)".into(), 4));
        assert_eq!(shown(Kind::Spin { twice_j: 4 }), ("spin(2)".into(), 5));
        assert_eq!(shown(Kind::Boson(8)), ("boson(8)".into(), 8));
    }
}
