//! The table of measures that a script can name. Expectation values ⟨A⟩ are written `<A>` and have no row.

use super::maps::OfMap;
use super::measures::{
    BLOCH, Formula, coherence, concurrence, entropy, ergotropy, fidelity, mutual_information, negativity, population,
    purity, relative_entropy, trace_distance,
};

/// How many subsystems a measure takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subsystems {
    /// Exactly this many.
    Exactly(usize),
    /// One or more.
    Some,
    /// Any number; none means all subsystems that exist at this point.
    SomeOrAll,
}

/// A measure that a script can observe or record. The checker, the evaluator, completion, signature help, hover and the
/// reference page read the row.
#[derive(Debug)]
pub struct MeasureRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// The subsystems that it takes; for a measure of two parts, those of both parts together.
    pub subsystems: Subsystems,
    /// For a measure of qubits, what to write for subsystems of other dimensions, where `{a}` is replaced by the first
    /// of them. `None` if the measure is defined for any dimension.
    pub only_qubits: Option<&'static str>,
    /// How it is computed, which also determines its arguments besides the subsystems.
    pub formula: Formula,
    /// The suffixes of those of its series that a script can name.
    pub suffixes: &'static [&'static str],
    /// Help text: the definition with its formula, and the range.
    pub help: &'static str,
    /// Example of a call; `a`, `b`, `c` are qubits.
    pub example: &'static str,
}

/// All measures with a name.
pub static MEASURES: &[MeasureRow] = &[
    MeasureRow {
        name: "concurrence",
        aliases: &[],
        subsystems: Subsystems::Exactly(2),
        only_qubits: Some("use `negativity(a | b, c)` for the entanglement of more or larger subsystems"),
        formula: Formula::OfState(concurrence),
        suffixes: &[""],
        help: "Wootters's concurrence of two qubits, max(0, s₁ − s₂ − s₃ − s₄), where s₁ ≥ s₂ ≥ s₃ ≥ s₄ are the square roots of the eigenvalues of ρ (σy⊗σy) ρ* (σy⊗σy): 0 if the qubits are not entangled, 1 in a Bell state.",
        example: "concurrence(a, b)",
    },
    MeasureRow {
        name: "mutual_information",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfParts(mutual_information),
        suffixes: &[""],
        help: "Quantum mutual information I(A:B) = S(A) + S(B) − S(AB) in nats, the total correlation of A and B: 0 in a product state, 2 ln 2 in a Bell state. Two single subsystems can also be separated by a comma: mutual_information(a, b).",
        example: "mutual_information(a | b, c)",
    },
    MeasureRow {
        name: "entropy",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfState(entropy),
        suffixes: &[""],
        help: "Von Neumann entropy S = −Tr ρ ln ρ in nats (natural logarithm): 0 in a pure state, ln d in the maximally mixed state.",
        example: "entropy(a, b)",
    },
    MeasureRow {
        name: "purity",
        aliases: &[],
        subsystems: Subsystems::SomeOrAll,
        only_qubits: None,
        formula: Formula::OfState(purity),
        suffixes: &[""],
        help: "Purity Tr ρ²: 1 in a pure state, 1/d in the maximally mixed state.",
        example: "purity(a)",
    },
    MeasureRow {
        name: "negativity",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfParts(negativity),
        suffixes: &[""],
        help: "Negativity (‖ρ^T_A‖₁ − 1)/2, the sum of the absolute values of the negative eigenvalues of the partial transpose: 1/2 in a Bell state. If it is positive, A and B are entangled.",
        example: "negativity(a | b)",
    },
    MeasureRow {
        name: "fidelity",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::WithState(fidelity),
        suffixes: &[""],
        help: "Uhlmann fidelity with a given state σ, in the squared convention F = (Tr √(√ρ σ √ρ))²: ⟨ψ|ρ|ψ⟩ if σ is a ket |ψ⟩, 1 for equal states, 0 for orthogonal states. It also compares the states of two subsystems, fidelity(a, b), of two groups, fidelity(a, b | c, d), and of two cases of an experiment, fidelity(a in up, a in down).",
        example: "fidelity(a, |+>)",
    },
    MeasureRow {
        name: "trace_distance",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::WithState(trace_distance),
        suffixes: &[""],
        help: "Trace distance ½‖ρ − σ‖₁ to a given state σ: 0 for equal states, 1 for orthogonal states. It also compares the states of two subsystems, trace_distance(a, b), of two groups, trace_distance(a, b | c, d), and of two cases of an experiment, trace_distance(a in up, a in down).",
        example: "trace_distance(a, |0>)",
    },
    MeasureRow {
        name: "relative_entropy",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::WithState(relative_entropy),
        suffixes: &[""],
        help: "Quantum relative entropy D(ρ‖σ) = Tr ρ (ln ρ − ln σ) to a given state σ, in nats: 0 for equal states, positive otherwise. It is infinite if ρ has a weight above 1e-10 outside the support of σ, for example if σ is pure and ρ is not equal to it. A series holds only finite numbers, so such a run stops with an error. It also compares the states of two subsystems, relative_entropy(a, b) = D(ρ_a‖ρ_b), of two groups, and of two cases of an experiment.",
        example: "relative_entropy(a, thermal(Z, 1))",
    },
    MeasureRow {
        name: "ergotropy",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::WithOperator(ergotropy),
        suffixes: &[""],
        help: "Ergotropy, the most work that a unitary can extract from the state: Tr ρH − Σ r_k e_k, with the eigenvalues r of ρ in descending and the eigenvalues e of the Hamiltonian H in ascending order. It is 0 in a thermal state. For the state (1 − q)|0⟩⟨0| + q|1⟩⟨1| and H = −ω/2 Z it is ω max(0, 2q − 1).",
        example: "ergotropy(a, -0.5*Z)",
    },
    MeasureRow {
        name: "coherence",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfState(coherence),
        suffixes: &[""],
        help: "The l1 norm of coherence, Σ_{j≠k} |ρ_jk|, in the computational basis: 0 in a diagonal state, 1 in |+⟩.",
        example: "coherence(a)",
    },
    MeasureRow {
        name: "population",
        aliases: &[],
        subsystems: Subsystems::Exactly(1),
        only_qubits: None,
        formula: Formula::WithLevel(population),
        suffixes: &[""],
        help: "Population ⟨k|ρ|k⟩, the probability of level k.",
        example: "population(a, 1)",
    },
    MeasureRow {
        name: "bloch",
        aliases: &[],
        subsystems: Subsystems::Exactly(1),
        only_qubits: Some("observe operators, `<number({a})>`, or all entries, `state({a})`"),
        formula: Formula::Components(&BLOCH),
        suffixes: &["_x", "_y", "_z"],
        help: "Bloch vector of a qubit, as the three series ⟨X⟩, ⟨Y⟩ and ⟨Z⟩.",
        example: "bloch(a)",
    },
    MeasureRow {
        name: "state",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::Entries,
        suffixes: &[],
        help: "All entries of the reduced density matrix, with one series for the real part and one for the imaginary part of each. The first subsystem is the most significant index.",
        example: "state(a)",
    },
    MeasureRow {
        name: "choi",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfMap(OfMap::Choi),
        suffixes: &[],
        help: "Choi matrix J = Σ_jk |j⟩⟨k| ⊗ Λ(|j⟩⟨k|) of the map Λ from the initial state of a system to its present state, with trace d. The initial state is the more significant index; there is one series for the real part and one for the imaginary part of each entry. It is computed in a run of its own, in which the system starts maximally entangled with a reference system. The system must start uncorrelated, and the step must be linear.",
        example: "choi(a)",
    },
    MeasureRow {
        name: "divisibility",
        aliases: &[],
        subsystems: Subsystems::Some,
        only_qubits: None,
        formula: Formula::OfMap(OfMap::Divisibility),
        suffixes: &[""],
        help: "Least eigenvalue of the Choi matrix (trace d) of the intermediate map Λ(n)Λ(n−1)⁻¹ of a system: negative exactly where the evolution Λ is not CP-divisible. A value that differs from zero only by rounding is set to zero. Missing at n = 0 and where Λ(n−1) is singular: its smallest singular value is below 1e-8 of its largest.",
        example: "divisibility(a)",
    },
];
