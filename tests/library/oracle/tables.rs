//! Kinds, operators, gates and channels, written independently from their definitions in the book.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use num_complex::Complex64;

use super::matrix::{I, Matrix, exponential, real, rows, unit};

/// The kind of a subsystem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Qubit,
    Qudit(usize),
    Boson(usize),
    /// A spin j with the given 2j + 1 levels; level k has m = j − k.
    Spin(usize),
}

impl Kind {
    /// The kind with this name and argument, such as `spin(1)`.
    pub(crate) fn named(name: &str, argument: f64) -> Self {
        let count = |x: f64| format!("{x:.0}").parse::<usize>().expect("a number of levels");
        match name {
            "qubit" => Self::Qubit,
            "qudit" => Self::Qudit(count(argument)),
            "boson" => Self::Boson(count(argument)),
            "spin" => Self::Spin(count(2.0 * argument) + 1),
            _ => panic!("no kind {name}"),
        }
    }

    pub(crate) fn dim(self) -> usize {
        match self {
            Self::Qubit => 2,
            Self::Qudit(d) | Self::Boson(d) | Self::Spin(d) => d,
        }
    }
}

/// The operator of this name on one subsystem, or `None` if this kind has none.
pub(crate) fn operator(name: &str, kind: Kind) -> Option<Matrix> {
    let dim = kind.dim();
    let half = |m: Matrix| m / real(2.0);
    Some(match (name, kind) {
        ("X" | "sigmax", Kind::Qubit) => unit(2, 0, 1) + unit(2, 1, 0),
        ("Y" | "sigmay", Kind::Qubit) => unit(2, 1, 0) * I - unit(2, 0, 1) * I,
        ("Z" | "sigmaz", Kind::Qubit) => unit(2, 0, 0) - unit(2, 1, 1),
        ("I", _) => Matrix::identity(dim, dim),
        ("number", _) => (0..dim).map(|k| unit(dim, k, k) * real(index(k))).sum(),
        ("lower", _) => lower(kind),
        ("raise", _) => lower(kind).adjoint(),
        ("splus" | "sigmap", Kind::Qubit | Kind::Spin(_)) => lower(kind),
        ("sminus" | "sigmam", Kind::Qubit | Kind::Spin(_)) => lower(kind).adjoint(),
        ("Sx", Kind::Qubit | Kind::Spin(_)) => half(lower(kind) + lower(kind).adjoint()),
        ("Sy", Kind::Qubit | Kind::Spin(_)) => half(lower(kind) - lower(kind).adjoint()) / I,
        ("Sz", Kind::Qubit | Kind::Spin(_)) => {
            (0..dim).map(|k| unit(dim, k, k) * real(index(dim - 1) / 2.0 - index(k))).sum()
        }
        _ => return None,
    })
}

fn index(k: usize) -> f64 {
    f64::from(u32::try_from(k).expect("a level"))
}

/// |k⟩ → |k−1⟩ with a factor that depends on the kind.
fn lower(kind: Kind) -> Matrix {
    let dim = kind.dim();
    let factor = |k: usize| match kind {
        Kind::Boson(_) => index(k).sqrt(),
        Kind::Spin(_) => {
            // ⟨m+1|S₊|m⟩ = √(j(j+1) − m(m+1))
            let j = index(dim - 1) / 2.0;
            let m = j - index(k);
            (j * (j + 1.0) - m * (m + 1.0)).sqrt()
        }
        _ => 1.0,
    };
    (1..dim).map(|k| unit(dim, k - 1, k) * real(factor(k))).sum()
}

fn pauli(name: &str) -> Matrix {
    operator(name, Kind::Qubit).expect("a Pauli matrix")
}

/// The gate of this name on subsystems of these dimensions, or `None` if there is none.
pub(crate) fn gate(name: &str, dims: &[usize], angles: &[f64]) -> Option<Matrix> {
    let angle = angles.first().copied().unwrap_or(0.0);
    let rotation = |axis: Matrix| exponential(&(axis * (-I * angle / 2.0)));
    let diagonal = |entries: &[Complex64]| Matrix::from_diagonal(&nalgebra::DVector::from_column_slice(entries));
    let phase = |phi: f64| diagonal(&[real(1.0), Complex64::from_polar(1.0, phi)]);
    let pair = |p: &str| pauli(p).kronecker(&pauli(p));
    let hop = || pair("X") + pair("Y");
    if let [d, e] = *dims
        && d == e
    {
        let swap = swap(d);
        let one = Matrix::identity(d * d, d * d);
        match name {
            "SWAP" => return Some(swap),
            "partial_swap" => return Some(one * real(angle.cos()) + swap * (I * angle.sin())),
            "SQRTSWAP" => return Some((one * (real(1.0) + I) + swap * (real(1.0) - I)) / real(2.0)),
            _ => {}
        }
    }
    if dims.iter().any(|d| *d != 2) {
        return None;
    }
    Some(match (name, dims.len()) {
        ("H", 1) => (pauli("X") + pauli("Z")) * real(FRAC_1_SQRT_2),
        ("S", 1) => diagonal(&[real(1.0), I]),
        ("Sdg", 1) => diagonal(&[real(1.0), -I]),
        ("T", 1) => phase(PI / 4.0),
        ("Tdg", 1) => phase(-PI / 4.0),
        ("SX", 1) => (Matrix::identity(2, 2) * (real(1.0) + I) + pauli("X") * (real(1.0) - I)) / real(2.0),
        ("RX", 1) => rotation(pauli("X")),
        ("RY", 1) => rotation(pauli("Y")),
        ("RZ", 1) => rotation(pauli("Z")),
        ("PHASE", 1) => phase(angle),
        ("CNOT" | "CX", 2) => controlled(&pauli("X")),
        ("CY", 2) => controlled(&pauli("Y")),
        ("CZ", 2) => controlled(&pauli("Z")),
        ("CPHASE", 2) => controlled(&phase(angle)),
        ("CRX", 2) => controlled(&rotation(pauli("X"))),
        ("CRY", 2) => controlled(&rotation(pauli("Y"))),
        ("CRZ", 2) => controlled(&rotation(pauli("Z"))),
        ("iSWAP", 2) => exponential(&(hop() * (I * PI / 4.0))),
        ("SQRTISWAP", 2) => exponential(&(hop() * (I * PI / 8.0))),
        ("RXX", 2) => rotation(pair("X")),
        ("RYY", 2) => rotation(pair("Y")),
        ("RZZ", 2) => rotation(pair("Z")),
        ("CCX" | "Toffoli" | "TOFFOLI", 3) => controlled(&controlled(&pauli("X"))),
        ("CSWAP" | "Fredkin" | "FREDKIN", 3) => controlled(&swap(2)),
        _ => return None,
    })
}

fn swap(d: usize) -> Matrix {
    let mut out = Matrix::zeros(d * d, d * d);
    for a in 0..d {
        for b in 0..d {
            out[(b * d + a, a * d + b)] = real(1.0);
        }
    }
    out
}

/// The gate controlled by an additional first qubit.
fn controlled(gate: &Matrix) -> Matrix {
    let one = Matrix::identity(gate.nrows(), gate.ncols());
    unit(2, 0, 0).kronecker(&one) + unit(2, 1, 1).kronecker(gate)
}

/// The Kraus operators of a channel on a qubit.
pub(crate) fn channel(name: &str, parameters: &[f64]) -> Option<Vec<Matrix>> {
    let p = *parameters.first()?;
    let one = || Matrix::identity(2, 2);
    let weighted = |weight: f64, matrix: Matrix| matrix * real(weight.sqrt());
    Some(match name {
        "dephasing" => vec![weighted(1.0 - p / 2.0, one()), weighted(p / 2.0, pauli("Z"))],
        "depolarizing" | "depolarising" => {
            let mut out = vec![weighted(1.0 - 3.0 * p / 4.0, one())];
            out.extend(["X", "Y", "Z"].map(|axis| weighted(p / 4.0, pauli(axis))));
            out
        }
        "damping" => damped(p),
        "generalized_damping" | "generalised_damping" => {
            let n1 = parameters[1];
            let flip = |m: &Matrix| pauli("X") * m * pauli("X");
            let down = damped(p).into_iter().map(|m| weighted(1.0 - n1, m));
            down.chain(damped(p).iter().map(|m| weighted(n1, flip(m)))).collect()
        }
        "bitflip" => vec![weighted(1.0 - p, one()), weighted(p, pauli("X"))],
        "phaseflip" => vec![weighted(1.0 - p, one()), weighted(p, pauli("Z"))],
        _ => return None,
    })
}

fn damped(p: f64) -> Vec<Matrix> {
    vec![rows(2, &[real(1.0), real(0.0), real(0.0), real((1.0 - p).sqrt())]), unit(2, 0, 1) * real(p.sqrt())]
}
