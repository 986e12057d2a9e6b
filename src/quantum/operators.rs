//! The table of operators on one subsystem.
//!
//! Contract: `matrix` depends on the kind only, is d × d in the basis |0⟩ … |d−1⟩, and is `None` if the operator is not
//! defined on that kind.

use super::kinds::Kind;
use super::linalg::{C64, CMat};

/// An operator that a script can apply to one subsystem.
#[derive(Debug)]
pub struct OperatorRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// Help text of one or more sentences.
    pub help: &'static str,
    /// The kinds on which it is defined, as messages name them: "a qubit".
    pub on: &'static str,
    /// Example of an operator expression; `s` is a subsystem of a kind on which the operator is defined.
    pub example: &'static str,
    /// Computes its matrix on a kind; `None` if it is not defined there.
    pub matrix: fn(Kind) -> Option<CMat>,
}

/// All operators on one subsystem.
pub static OPERATORS: &[OperatorRow] = &[
    OperatorRow {
        name: "X",
        aliases: &["sigmax"],
        help: "Pauli matrix σx = |0⟩⟨1| + |1⟩⟨0|.",
        on: "a qubit",
        example: "X(s)",
        matrix: |kind| two_level(kind, pauli_x),
    },
    OperatorRow {
        name: "Y",
        aliases: &["sigmay"],
        help: "Pauli matrix σy = −i|0⟩⟨1| + i|1⟩⟨0|.",
        on: "a qubit",
        example: "Y(s)",
        matrix: |kind| two_level(kind, pauli_y),
    },
    OperatorRow {
        name: "Z",
        aliases: &["sigmaz"],
        help: "Pauli matrix σz = |0⟩⟨0| − |1⟩⟨1|; |0⟩ is its +1 eigenstate. With the Hamiltonian −ω/2 Z and ω > 0, |0⟩ is the ground state.",
        on: "a qubit",
        example: "Z(s)",
        matrix: |kind| two_level(kind, pauli_z),
    },
    OperatorRow {
        name: "I",
        aliases: &[],
        help: "Identity operator.",
        on: "any subsystem",
        example: "I(s)",
        matrix: |kind| Some(CMat::identity(kind.dim(), kind.dim())),
    },
    OperatorRow {
        name: "lower",
        aliases: &[],
        help: "Lowers the level index, |k⟩ → |k−1⟩: |0⟩⟨1| on a qubit, the annihilation operator a = Σ √k |k−1⟩⟨k| on a boson, Σ |k−1⟩⟨k| on a qudit. On a spin, level k has m = j − k, so lower raises m: it is S₊ = Sx + iSy, with matrix elements √(j(j+1) − m(m+1)).",
        on: "any subsystem",
        example: "raise(s)*lower(s)",
        matrix: |kind| Some(step_down(kind)),
    },
    OperatorRow {
        name: "raise",
        aliases: &[],
        help: "Raises the level index; the adjoint of lower: |1⟩⟨0| on a qubit, the creation operator a† = Σ √k |k⟩⟨k−1|, truncated at the highest level, on a boson, Σ |k⟩⟨k−1| on a qudit. On a spin, level k has m = j − k, so raise lowers m: it is S₋ = Sx − iSy.",
        on: "any subsystem",
        example: "raise(s) + lower(s)",
        matrix: |kind| Some(step_down(kind).adjoint()),
    },
    OperatorRow {
        name: "number",
        aliases: &[],
        help: "Level index Σ k |k⟩⟨k|: the number of quanta a†a on a boson, |1⟩⟨1| on a qubit.",
        on: "any subsystem",
        example: "number(s)",
        matrix: |kind| Some(diagonal(kind.dim(), |k| k as f64)),
    },
    OperatorRow {
        name: "splus",
        aliases: &["sigmap"],
        help: "Raises m by one: (X + iY)/2 = |0⟩⟨1| on a qubit, S₊ = Sx + iSy on a spin. With the Hamiltonian −ω/2 Z and ω > 0, it takes the excited state |1⟩ to the ground state |0⟩.",
        on: "a qubit or a spin",
        example: "splus(s) + sminus(s)",
        matrix: |kind| spin(kind).map(|_| step_down(kind)),
    },
    OperatorRow {
        name: "sminus",
        aliases: &["sigmam"],
        help: "Lowers m by one; the adjoint of splus: (X − iY)/2 = |1⟩⟨0| on a qubit, S₋ = Sx − iSy on a spin. With the Hamiltonian −ω/2 Z and ω > 0, it takes the ground state |0⟩ to the excited state |1⟩.",
        on: "a qubit or a spin",
        example: "sminus(s)*splus(s)",
        matrix: |kind| spin(kind).map(|_| step_down(kind).adjoint()),
    },
    OperatorRow {
        name: "Sx",
        aliases: &[],
        help: "Spin component Sx = (S₊ + S₋)/2; X/2 on a qubit. ħ = 1, so [Sx, Sy] = iSz.",
        on: "a spin or a qubit",
        example: "Sx(s)",
        matrix: |kind| {
            let plus = spin(kind).map(|_| step_down(kind))?;
            Some((&plus + plus.adjoint()) * C64::from(0.5))
        },
    },
    OperatorRow {
        name: "Sy",
        aliases: &[],
        help: "Spin component Sy = (S₊ − S₋)/2i; Y/2 on a qubit. ħ = 1, so [Sx, Sy] = iSz.",
        on: "a spin or a qubit",
        example: "Sy(s)",
        matrix: |kind| {
            let plus = spin(kind).map(|_| step_down(kind))?;
            Some((&plus - plus.adjoint()) * C64::new(0.0, -0.5))
        },
    },
    OperatorRow {
        name: "Sz",
        aliases: &[],
        help: "Spin component Sz = Σ m |m⟩⟨m|; Z/2 on a qubit. Level k has m = j − k, so |0⟩ has m = +j.",
        on: "a spin or a qubit",
        example: "Sz(s)",
        matrix: |kind| {
            let j = spin(kind)?;
            Some(diagonal(kind.dim(), |k| j - k as f64))
        },
    },
];

/// σx in the basis |0⟩, |1⟩.
pub(super) fn pauli_x() -> CMat {
    CMat::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0].map(C64::from))
}

/// σy in the basis |0⟩, |1⟩.
pub(super) fn pauli_y() -> CMat {
    CMat::from_row_slice(2, 2, &[C64::ZERO, -C64::I, C64::I, C64::ZERO])
}

/// σz in the basis |0⟩, |1⟩.
pub(super) fn pauli_z() -> CMat {
    diagonal(2, |k| 1.0 - 2.0 * k as f64)
}

/// A Pauli matrix, defined on any kind with two levels.
fn two_level(kind: Kind, matrix: fn() -> CMat) -> Option<CMat> {
    (kind.dim() == 2).then(matrix)
}

/// The spin quantum number j, where a qubit is a spin 1/2; `None` for other kinds.
fn spin(kind: Kind) -> Option<f64> {
    match kind {
        Kind::Qubit => Some(0.5),
        Kind::Spin { twice_j } => Some(twice_j as f64 / 2.0),
        Kind::Qudit(_) | Kind::Boson(_) => None,
    }
}

/// The operator that takes level k to level k − 1, with the matrix elements of the kind.
///
/// On a spin ⟨m+1|S₊|m⟩ = √(j(j+1) − m(m+1)); with m = j − k this is √(k(2j + 1 − k)), the root of a whole number.
fn step_down(kind: Kind) -> CMat {
    let d = kind.dim();
    CMat::from_fn(d, d, |row, k| {
        if row + 1 != k {
            return C64::ZERO;
        }
        C64::from(match kind {
            Kind::Qubit | Kind::Qudit(_) => 1.0,
            Kind::Boson(_) => (k as f64).sqrt(),
            Kind::Spin { .. } => (k as f64 * (d - k) as f64).sqrt(),
        })
    })
}

fn diagonal(d: usize, value: impl Fn(usize) -> f64) -> CMat {
    CMat::from_fn(d, d, |row, col| if row == col { C64::from(value(row)) } else { C64::ZERO })
}

#[cfg(test)]
mod tests {
    use super::super::linalg::{hermitian_deviation, max_abs};
    use super::super::testing::identity;
    use super::*;

    fn matrix(name: &str, kind: Kind) -> CMat {
        (OperatorRow::find(name).unwrap().matrix)(kind).unwrap()
    }

    fn commutator(a: &CMat, b: &CMat) -> CMat {
        a * b - b * a
    }

    #[test]
    fn spin_components_have_the_algebra_of_angular_momentum() {
        for twice_j in 0..=6 {
            let kind = Kind::Spin { twice_j };
            let [x, y, z] = ["Sx", "Sy", "Sz"].map(|name| matrix(name, kind));
            let j = twice_j as f64 / 2.0;
            assert!(max_abs(&(commutator(&x, &y) - &z * C64::I)) < 1e-14 * (1.0 + j * j));
            assert!(max_abs(&(commutator(&y, &z) - &x * C64::I)) < 1e-14 * (1.0 + j * j));
            let casimir = &x * &x + &y * &y + &z * &z;
            assert!(max_abs(&(casimir - identity(kind.dim()) * C64::from(j * (j + 1.0)))) < 1e-14 * (1.0 + j * j));
            assert_eq!(z[(0, 0)], C64::from(j), "|0⟩ is m = +j");
            assert!(max_abs(&(matrix("splus", kind) - (&x + &y * C64::I))) < 1e-14);
            assert_eq!(matrix("lower", kind), matrix("splus", kind));
            assert_eq!(matrix("raise", kind), matrix("sminus", kind));
        }
    }

    #[test]
    fn a_qubit_is_a_spin_one_half() {
        for (spin, pauli) in [("Sx", "X"), ("Sy", "Y"), ("Sz", "Z")] {
            let half = matrix(pauli, Kind::Qubit) * C64::from(0.5);
            assert_eq!(matrix(spin, Kind::Qubit), half);
            assert_eq!(matrix(spin, Kind::Spin { twice_j: 1 }), half);
        }
        let plus = (matrix("X", Kind::Qubit) + matrix("Y", Kind::Qubit) * C64::I) * C64::from(0.5);
        assert_eq!(matrix("splus", Kind::Qubit), plus);
        assert_eq!(plus[(0, 1)], C64::ONE, "splus is |0⟩⟨1|");
        assert!(max_abs(&(pauli_x() * pauli_y() - pauli_z() * C64::I)) < 1e-15);
    }

    #[test]
    fn boson_operators_commute_canonically_below_the_highest_level() {
        let d = 7;
        let a = matrix("lower", Kind::Boson(d));
        let commuted = commutator(&a, &matrix("raise", Kind::Boson(d)));
        assert!(max_abs(&(commuted.view((0, 0), (d - 1, d - 1)) - identity(d - 1))) < 1e-14);
        assert!((commuted[(d - 1, d - 1)] - C64::from(1.0 - d as f64)).norm() < 1e-14, "the error of the truncation");
        assert!(max_abs(&(a.adjoint() * &a - matrix("number", Kind::Boson(d)))) < 1e-14);
    }

    #[test]
    fn operators_are_undefined_on_other_kinds() {
        let defined = |name, kind| (OperatorRow::find(name).unwrap().matrix)(kind).is_some();
        for kind in [Kind::Qubit, Kind::Qudit(2), Kind::Boson(2), Kind::Spin { twice_j: 1 }] {
            assert!(defined("sigmax", kind) && defined("sigmay", kind) && defined("sigmaz", kind));
        }
        assert!(!defined("X", Kind::Qudit(3)) && !defined("Sx", Kind::Qudit(3)) && !defined("sigmap", Kind::Boson(4)));
        for kind in [Kind::Qudit(3), Kind::Boson(1), Kind::Spin { twice_j: 0 }] {
            for name in ["I", "lower", "raise", "number"] {
                assert_eq!(matrix(name, kind).shape(), (kind.dim(), kind.dim()));
            }
        }
    }

    #[test]
    fn only_the_ladder_operators_are_not_hermitian() {
        for row in OPERATORS {
            let ladder = ["lower", "raise", "splus", "sminus"].contains(&row.name);
            let matrix = (row.matrix)(Kind::Qubit).expect("every operator is defined on a qubit");
            assert_eq!(hermitian_deviation(&matrix).by > 0.0, ladder, "{}", row.name);
        }
    }
}
