//! The table of gates.
//!
//! Contract: `matrix` takes the dimensions of the subsystems, in order, and the angles, in radians. It returns `None`
//! if the gate is not defined on these dimensions or if the number of dimensions or angles is wrong. The matrix is
//! unitary within rounding for finite angles. Rotations follow the convention exp(−iθσ/2). The control of a controlled
//! gate comes first, and the gate acts if the control is |1⟩.

use super::linalg::{C64, CMat};
use super::operators::{pauli_x, pauli_y, pauli_z};

/// A unitary that a script can apply: `NAME(subsystem, …, angle, …)`.
#[derive(Debug)]
pub struct GateRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// Number of subsystems that it acts on. In a call they come first.
    pub subsystems: usize,
    /// Names of its angles, in radians. In a call they follow the subsystems.
    pub angles: &'static [&'static str],
    /// Help text of one or two sentences.
    pub help: &'static str,
    /// Example of a call; `a`, `b`, `c` are qubits.
    pub example: &'static str,
    /// Computes its matrix for the given dimensions and angles; `None` if the gate is not defined for them.
    pub matrix: fn(dims: &[usize], angles: &[f64]) -> Option<CMat>,
    /// Its inverse.
    pub inverse: Inverse,
}

/// The inverse of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inverse {
    /// The same gate.
    Itself,
    /// The same gate with every angle negated.
    NegatedAngles,
    /// The gate of this name.
    Row(&'static str),
    /// The adjoint, which has no name of its own.
    Adjoint,
}

/// A qubit gate without angles: `H`, `CNOT`, …
macro_rules! fixed {
    ($name:literal, $aliases:expr, $on:pat => $subsystems:literal, $inverse:expr, $example:literal, $matrix:expr, $help:literal) => {
        GateRow {
            name: $name,
            aliases: &$aliases,
            subsystems: $subsystems,
            angles: &[],
            help: $help,
            example: $example,
            matrix: |dims, angles| matches!((dims, angles), ($on, [])).then(|| $matrix),
            inverse: $inverse,
        }
    };
}

/// A qubit gate with one angle, whose inverse has the negated angle: `RX`, `CPHASE`, …
macro_rules! one_angle {
    ($name:literal, $aliases:expr, $on:pat => $subsystems:literal, $angle:literal, $example:literal, $matrix:expr, $help:literal) => {
        GateRow {
            name: $name,
            aliases: &$aliases,
            subsystems: $subsystems,
            angles: &[$angle],
            help: $help,
            example: $example,
            matrix: |dims, angles| match (dims, angles) {
                ($on, &[angle]) => Some($matrix(angle)),
                _ => None,
            },
            inverse: Inverse::NegatedAngles,
        }
    };
}

/// All gates except X, Y and Z, which are rows of the table of operators.
pub static GATES: &[GateRow] = &[
    fixed!("H", [], [2] => 1, Inverse::Itself, "H(a)", hadamard(),
        "Hadamard gate (X + Z)/√2: exchanges |0⟩ with |+⟩ and |1⟩ with |−⟩."),
    fixed!("S", [], [2] => 1, Inverse::Row("Sdg"), "S(a)", phase_gate(C64::I), "Phase gate diag(1, i) = √Z."),
    fixed!("Sdg", [], [2] => 1, Inverse::Row("S"), "Sdg(a)", phase_gate(-C64::I), "Inverse of S: diag(1, −i)."),
    fixed!("T", [], [2] => 1, Inverse::Row("Tdg"), "T(a)", phase_gate(EIGHTH), "T gate diag(1, exp(iπ/4)) = √S."),
    fixed!("Tdg", [], [2] => 1, Inverse::Row("T"), "Tdg(a)", phase_gate(EIGHTH.conj()),
        "Inverse of T: diag(1, exp(−iπ/4))."),
    fixed!("SX", [], [2] => 1, Inverse::Adjoint, "SX(a)", root(&pauli_x()),
        "Square root of X: ((1 + i) I + (1 − i) X)/2. Two applications give X."),
    one_angle!("RX", [], [2] => 1, "theta", "RX(a, pi/4)", |t| rotation(&pauli_x(), t),
        "Rotation about the x axis, exp(−iθX/2)."),
    one_angle!("RY", [], [2] => 1, "theta", "RY(a, pi/4)", |t| rotation(&pauli_y(), t),
        "Rotation about the y axis, exp(−iθY/2)."),
    one_angle!("RZ", [], [2] => 1, "theta", "RZ(a, pi/4)", |t| rotation(&pauli_z(), t),
        "Rotation about the z axis, exp(−iθZ/2) = diag(exp(−iθ/2), exp(iθ/2))."),
    one_angle!("PHASE", [], [2] => 1, "phi", "PHASE(a, pi/4)", |p| phase_gate(C64::cis(p)),
        "Phase gate diag(1, exp(iφ)), equal to RZ(φ) up to a global phase."),
    fixed!("CNOT", ["CX"], [2, 2] => 2, Inverse::Itself, "CNOT(a, b)", controlled(&pauli_x()),
        "Controlled NOT: applies X to the second qubit if the first is |1⟩."),
    fixed!("CY", [], [2, 2] => 2, Inverse::Itself, "CY(a, b)", controlled(&pauli_y()),
        "Controlled Y: applies Y to the second qubit if the first is |1⟩."),
    fixed!("CZ", [], [2, 2] => 2, Inverse::Itself, "CZ(a, b)", controlled(&pauli_z()),
        "Controlled Z: applies Z to the second qubit if the first is |1⟩; diag(1, 1, 1, −1), symmetric in the two."),
    one_angle!("CPHASE", [], [2, 2] => 2, "phi", "CPHASE(a, b, pi/4)", |p| controlled(&phase_gate(C64::cis(p))),
        "Controlled phase gate diag(1, 1, 1, exp(iφ)), symmetric in the two qubits; φ = π gives CZ."),
    one_angle!("CRX", [], [2, 2] => 2, "theta", "CRX(a, b, pi/4)", |t| controlled(&rotation(&pauli_x(), t)),
        "Controlled rotation: applies RX(θ) to the second qubit if the first is |1⟩."),
    one_angle!("CRY", [], [2, 2] => 2, "theta", "CRY(a, b, pi/4)", |t| controlled(&rotation(&pauli_y(), t)),
        "Controlled rotation: applies RY(θ) to the second qubit if the first is |1⟩."),
    one_angle!("CRZ", [], [2, 2] => 2, "theta", "CRZ(a, b, pi/4)", |t| controlled(&rotation(&pauli_z(), t)),
        "Controlled rotation: applies RZ(θ) to the second qubit if the first is |1⟩."),
    GateRow {
        name: "SWAP",
        aliases: &[],
        subsystems: 2,
        angles: &[],
        help: "Exchanges the states of two subsystems of equal dimension.",
        example: "SWAP(a, b)",
        matrix: |dims, angles| matches!(angles, []).then(|| swap(dims)).flatten(),
        inverse: Inverse::Itself,
    },
    GateRow {
        name: "partial_swap",
        aliases: &[],
        subsystems: 2,
        angles: &["angle"],
        help: "Partial swap cos(angle) I + i sin(angle) SWAP of two subsystems of equal dimension: the identity at 0, SWAP up to the phase i at π/2.",
        example: "partial_swap(a, b, 0.95pi/2)",
        matrix: |dims, angles| {
            let &[angle] = angles else { return None };
            let swap = swap(dims)?;
            let (sine, cosine) = angle.sin_cos();
            let n = swap.nrows();
            Some(CMat::identity(n, n) * C64::from(cosine) + swap * C64::new(0.0, sine))
        },
        inverse: Inverse::NegatedAngles,
    },
    fixed!("iSWAP", [], [2, 2] => 2, Inverse::Adjoint, "iSWAP(a, b)", exchange(0.0, 1.0),
        "Exchanges |01⟩ and |10⟩ with the phase i: exp(iπ/4 (XX + YY))."),
    fixed!("SQRTISWAP", [], [2, 2] => 2, Inverse::Adjoint, "SQRTISWAP(a, b)",
        exchange(std::f64::consts::FRAC_1_SQRT_2, std::f64::consts::FRAC_1_SQRT_2),
        "Square root of iSWAP: exp(iπ/8 (XX + YY)). Two applications give iSWAP."),
    fixed!("SQRTSWAP", [], [2, 2] => 2, Inverse::Adjoint, "SQRTSWAP(a, b)", root(&qubit_swap()),
        "Square root of SWAP: ((1 + i) I + (1 − i) SWAP)/2. Two applications give SWAP."),
    one_angle!("RXX", [], [2, 2] => 2, "theta", "RXX(a, b, pi/4)", |t| rotation(&pauli_x().kronecker(&pauli_x()), t),
        "Two-qubit rotation exp(−iθ XX/2)."),
    one_angle!("RYY", [], [2, 2] => 2, "theta", "RYY(a, b, pi/4)", |t| rotation(&pauli_y().kronecker(&pauli_y()), t),
        "Two-qubit rotation exp(−iθ YY/2)."),
    one_angle!("RZZ", [], [2, 2] => 2, "theta", "RZZ(a, b, pi/4)", |t| rotation(&pauli_z().kronecker(&pauli_z()), t),
        "Two-qubit rotation exp(−iθ ZZ/2)."),
    fixed!("CCX", ["Toffoli", "TOFFOLI"], [2, 2, 2] => 3, Inverse::Itself, "CCX(a, b, c)",
        controlled(&controlled(&pauli_x())), "Toffoli gate: applies X to the third qubit if the first two are |11⟩."),
    fixed!("CSWAP", ["Fredkin", "FREDKIN"], [2, 2, 2] => 3, Inverse::Itself, "CSWAP(a, b, c)",
        controlled(&qubit_swap()), "Fredkin gate: exchanges the second and third qubits if the first is |1⟩."),
];

/// exp(iπ/4)
const EIGHTH: C64 = C64::new(std::f64::consts::FRAC_1_SQRT_2, std::f64::consts::FRAC_1_SQRT_2);

fn hadamard() -> CMat {
    (pauli_x() + pauli_z()) * C64::from(std::f64::consts::FRAC_1_SQRT_2)
}

/// diag(1, phase)
fn phase_gate(phase: C64) -> CMat {
    CMat::from_row_slice(2, 2, &[C64::ONE, C64::ZERO, C64::ZERO, phase])
}

/// exp(−iθP/2) = cos(θ/2) − i sin(θ/2) P for a P with P² = 1.
fn rotation(involution: &CMat, theta: f64) -> CMat {
    let n = involution.nrows();
    let (sine, cosine) = (theta / 2.0).sin_cos();
    CMat::identity(n, n) * C64::from(cosine) + involution * C64::new(0.0, -sine)
}

/// √P = ((1 + i) + (1 − i)P)/2 for a P with P² = 1. It has the eigenvalue i where P has −1.
fn root(involution: &CMat) -> CMat {
    let n = involution.nrows();
    CMat::identity(n, n) * C64::new(0.5, 0.5) + involution * C64::new(0.5, -0.5)
}

/// Applies the identity if the control, which comes first, is |0⟩, and `target` if it is |1⟩.
fn controlled(target: &CMat) -> CMat {
    let n = target.nrows();
    let mut matrix = CMat::identity(2 * n, 2 * n);
    matrix.view_mut((n, n), (n, n)).copy_from(target);
    matrix
}

/// On |01⟩ and |10⟩, `stay` on the diagonal and i·`cross` off the diagonal; the identity on |00⟩ and |11⟩.
fn exchange(stay: f64, cross: f64) -> CMat {
    let mut matrix = CMat::identity(4, 4);
    for (row, col) in [(1, 2), (2, 1)] {
        matrix[(row, row)] = C64::from(stay);
        matrix[(row, col)] = C64::new(0.0, cross);
    }
    matrix
}

/// |ab⟩ → |ba⟩ on two subsystems; `None` if their dimensions differ.
fn swap(dims: &[usize]) -> Option<CMat> {
    let &[d, e] = dims else { return None };
    let matrix =
        || CMat::from_fn(d * d, d * d, |row, col| C64::from(f64::from(row / d == col % d && row % d == col / d)));
    (d == e).then(matrix)
}

fn qubit_swap() -> CMat {
    swap(&[2, 2]).expect("two qubits have equal dimensions")
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, FRAC_PI_8, PI};

    use super::super::linalg::{exp_i, kron, max_abs, unitary_deviation};
    use super::super::testing::{Random, identity};
    use super::*;

    fn gate(name: &str, dims: &[usize], angles: &[f64]) -> CMat {
        (GateRow::find(name).unwrap().matrix)(dims, angles).unwrap()
    }

    fn close(a: &CMat, b: &CMat) -> bool {
        max_abs(&(a - b)) < 1e-14
    }

    #[test]
    fn gates_are_unitary_and_their_inverses_undo_them() {
        let mut random = Random::new(1);
        for row in GATES {
            for d in 2..=4 {
                let dims = vec![d; row.subsystems];
                let angles: Vec<f64> = row.angles.iter().map(|_| 7.0 * random.real()).collect();
                let Some(matrix) = (row.matrix)(&dims, &angles) else {
                    assert!(d > 2, "{} is defined on qubits", row.name);
                    continue;
                };
                assert!(unitary_deviation(&matrix).by < 4e-15, "{} {angles:?}", row.name);
                let negated: Vec<f64> = angles.iter().map(|x| -x).collect();
                let inverse = match row.inverse {
                    Inverse::Itself => matrix.clone(),
                    Inverse::NegatedAngles => (row.matrix)(&dims, &negated).unwrap(),
                    Inverse::Row(name) => gate(name, &dims, &angles),
                    Inverse::Adjoint => matrix.adjoint(),
                };
                assert!(close(&(&inverse * &matrix), &identity(matrix.nrows())), "{} {angles:?}", row.name);
            }
        }
    }

    #[test]
    fn wrong_dimensions_and_numbers_of_angles_are_rejected() {
        for row in GATES {
            let (dims, angles) = (vec![2; row.subsystems], vec![0.3; row.angles.len()]);
            assert!((row.matrix)(&dims, &angles).is_some());
            assert!((row.matrix)(&dims[1..], &angles).is_none(), "{}", row.name);
            assert!((row.matrix)(&dims, &[&angles[..], &[1.0]].concat()).is_none(), "{}", row.name);
            if row.subsystems > 1 {
                let mut unequal = dims.clone();
                unequal[1] = 3;
                assert!((row.matrix)(&unequal, &angles).is_none(), "{}", row.name);
            }
        }
    }

    #[test]
    fn rotations_are_exponentials_of_half_the_angle() {
        let theta = 0.7;
        for (axis, pauli) in [("X", pauli_x()), ("Y", pauli_y()), ("Z", pauli_z())] {
            assert!(close(&gate(&format!("R{axis}"), &[2], &[theta]), &exp_i(&pauli, theta / 2.0)));
            let double = kron(&pauli, &pauli);
            assert!(close(&gate(&format!("R{axis}{axis}"), &[2, 2], &[theta]), &exp_i(&double, theta / 2.0)));
            let controlled = gate(&format!("CR{axis}"), &[2, 2], &[theta]);
            assert!(close(&controlled.view((2, 2), (2, 2)).into(), &gate(&format!("R{axis}"), &[2], &[theta])));
            assert!(close(&controlled.view((0, 0), (2, 2)).into(), &identity(2)));
        }
    }

    #[test]
    fn square_roots_of_gates_square_to_the_gates() {
        let square = |name: &str, n: usize| {
            let matrix = gate(name, &vec![2; n], &[]);
            &matrix * &matrix
        };
        assert!(close(&square("SX", 1), &pauli_x()));
        assert!(close(&square("T", 1), &gate("S", &[2], &[])));
        assert!(close(&square("S", 1), &pauli_z()));
        assert!(close(&square("SQRTSWAP", 2), &gate("SWAP", &[2, 2], &[])));
        assert!(close(&square("SQRTISWAP", 2), &gate("iSWAP", &[2, 2], &[])));
    }

    #[test]
    fn gates_agree_with_their_special_cases() {
        let flips = kron(&pauli_x(), &pauli_x()) + kron(&pauli_y(), &pauli_y());
        assert!(close(&gate("iSWAP", &[2, 2], &[]), &exp_i(&flips, -FRAC_PI_4)));
        assert!(close(&gate("SQRTISWAP", &[2, 2], &[]), &exp_i(&flips, -FRAC_PI_8)));
        assert!(close(&gate("CPHASE", &[2, 2], &[PI]), &gate("CZ", &[2, 2], &[])));
        assert!(close(&gate("partial_swap", &[3, 3], &[FRAC_PI_2]), &(gate("SWAP", &[3, 3], &[]) * C64::I)));
        assert!(close(&gate("partial_swap", &[3, 3], &[0.4]), &exp_i(&gate("SWAP", &[3, 3], &[]), -0.4)));
        let h = kron(&identity(2), &gate("H", &[2], &[]));
        assert!(close(&(&h * gate("CNOT", &[2, 2], &[]) * &h), &gate("CZ", &[2, 2], &[])));
        assert_eq!(gate("CCX", &[2, 2, 2], &[])[(7, 6)], C64::ONE, "|110⟩ → |111⟩");
        assert_eq!(gate("CSWAP", &[2, 2, 2], &[])[(6, 5)], C64::ONE, "|101⟩ → |110⟩");
    }

    #[test]
    fn swap_exchanges_the_factors_of_a_product() {
        let mut random = Random::new(2);
        let (a, b) = (random.matrix(3, 3), random.matrix(3, 3));
        let swap = gate("SWAP", &[3, 3], &[]);
        assert!(close(&(&swap * kron(&a, &b) * &swap), &kron(&b, &a)));
    }
}
