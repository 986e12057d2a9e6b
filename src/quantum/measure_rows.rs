//! The table of measures that a script can name. ⟨A⟩ is written `<A>` and has no row.

use super::measures::{
    BLOCH, Formula, coherence, concurrence, entropy, fidelity, mutual_information, negativity, population, purity,
    relative_entropy, trace_distance,
};

/// How many subsystems a measure takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subsystems {
    /// This number.
    Exactly(usize),
    /// One or more.
    Some,
    /// Any number; none stands for everything alive.
    SomeOrAll,
}

/// A measure that a script may observe or record. Checker, evaluator, completion, signature help, hover and the reference
/// page read the row.
#[derive(Debug)]
pub struct MeasureRow {
    /// Its name, as looked up.
    pub name: &'static str,
    /// Other names of the same measure.
    pub aliases: &'static [&'static str],
    /// The subsystems that it takes; of two parts, those of both together.
    pub subsystems: Subsystems,
    /// For a measure of qubits, what to write for subsystems of other dimensions (`{a}` stands for the first of them).
    pub only_qubits: Option<&'static str>,
    /// How it is computed, which says what it takes besides subsystems.
    pub formula: Formula,
    /// The suffixes of the series that it gives and that a script can name.
    pub suffixes: &'static [&'static str],
    /// What it is, with its formula, and its range.
    pub help: &'static str,
    /// A call; `a`, `b`, `c` are qubits.
    pub example: &'static str,
}

/// All measures with a name.
pub static MEASURES: &[MeasureRow] = &[
    MeasureRow {
        name: "concurrence",
        aliases: &[],
        subsystems: Subsystems::Exactly(2),
        only_qubits: Some("entanglement of more or larger subsystems is measured by `negativity(a | b, c)`"),
        formula: Formula::OfState(concurrence),
        suffixes: &[""],
        help: "Wootters's concurrence of two qubits, max(0, s₁ − s₂ − s₃ − s₄) with the descending roots s of the eigenvalues of ρ (σy⊗σy) ρ* (σy⊗σy): 0 where they are not entangled, 1 in a Bell state.",
        example: "concurrence(a, b)",
    },
    MeasureRow {
        name: "mutual_information",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfParts(mutual_information),
        suffixes: &[""],
        help: "I(A:B) = S(A) + S(B) − S(AB) in nats: all correlations of A and B, 0 in a product state, 2 ln 2 in a Bell state. Between two subsystems a comma will do: mutual_information(a, b).",
        example: "mutual_information(a | b, c)",
    },
    MeasureRow {
        name: "entropy",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfState(entropy),
        suffixes: &[""],
        help: "Von Neumann entropy S = −Tr ρ ln ρ in nats (natural logarithm): 0 in a pure state, ln d in the maximally mixed one.",
        example: "entropy(a, b)",
    },
    MeasureRow {
        name: "purity",
        aliases: &[],
        subsystems: Subsystems::SomeOrAll,
        only_qubits: None,
        formula: Formula::OfState(purity),
        suffixes: &[""],
        help: "Tr ρ²: 1 in a pure state, 1/d in the maximally mixed one.",
        example: "purity(a)",
    },
    MeasureRow {
        name: "negativity",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfParts(negativity),
        suffixes: &[""],
        help: "The sum of the moduli of the negative eigenvalues of the partial transpose (‖ρ^T_A‖₁ − 1)/2: 1/2 in a Bell state; where it is positive, A and B are entangled.",
        example: "negativity(a | b)",
    },
    MeasureRow {
        name: "fidelity",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::WithState(fidelity),
        suffixes: &[""],
        help: "Fidelity with a given state σ, F = (Tr √(√ρ σ √ρ))² (Uhlmann's, squared): ⟨ψ|ρ|ψ⟩ for a ket, 1 where the states are equal, 0 where they are orthogonal.",
        example: "fidelity(a, |+>)",
    },
    MeasureRow {
        name: "trace_distance",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::WithState(trace_distance),
        suffixes: &[""],
        help: "Trace distance ½‖ρ − σ‖₁ from a given state σ: 0 where they are equal, 1 where they are orthogonal.",
        example: "trace_distance(a, |0>)",
    },
    MeasureRow {
        name: "relative_entropy",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::WithState(relative_entropy),
        suffixes: &[""],
        help: "Quantum relative entropy D(ρ‖σ) = Tr ρ (ln ρ − ln σ) to a given state σ, in nats: 0 where they are equal, positive elsewhere. It is infinite where ρ has a weight above 1e-10 outside the support of σ, as for a pure σ; a series holds finite numbers, so such a run stops with an error.",
        example: "relative_entropy(a, thermal(Z, 1))",
    },
    MeasureRow {
        name: "coherence",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfState(coherence),
        suffixes: &[""],
        help: "The l1 norm of coherence Σ_{j≠k} |ρ_jk| in the computational basis: 0 in a diagonal state, 1 in |+⟩.",
        example: "coherence(a)",
    },
    MeasureRow {
        name: "population",
        aliases: &[],
        subsystems: Subsystems::Exactly(1),
        only_qubits: None,
        formula: Formula::WithLevel(population),
        suffixes: &[""],
        help: "The probability ⟨k|ρ|k⟩ of the level k.",
        example: "population(a, 1)",
    },
    MeasureRow {
        name: "bloch",
        aliases: &[],
        subsystems: Subsystems::Exactly(1),
        only_qubits: Some("observe operators, `<number({a})>`, or all entries, `state({a})`"),
        formula: Formula::Components(&BLOCH),
        suffixes: &["_x", "_y", "_z"],
        help: "The Bloch vector of a qubit, three series ⟨X⟩, ⟨Y⟩, ⟨Z⟩.",
        example: "bloch(a)",
    },
    MeasureRow {
        name: "state",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::Entries,
        suffixes: &[],
        help: "Every entry of the reduced density matrix, a series for its real and one for its imaginary part; the first subsystem is the most significant index.",
        example: "state(a)",
    },
];
