"""qulacs, its state vector: `qulacs_peer.py neighbours|all`.

Its qubit 0 is the least significant. The gate is symmetric, so the order of its targets does not matter.
"""

import sys

import numpy as np
from measure import report, timed
from model import PURE_QUBITS, PURE_STEPS, exchange, pure_pairs
from qulacs import QuantumCircuit, QuantumState
from qulacs.gate import DenseMatrix, Pauli


def product_state(qubits):
    """cos(k/3)|0> + exp(2ik/3) sin(k/3)|1> on qubit k = 1, 2, ..."""
    psi = np.ones(1)
    for k in range(1, qubits + 1):
        psi = np.kron([np.cos(k / 3), np.exp(2j * k / 3) * np.sin(k / 3)], psi)
    state = QuantumState(qubits)
    state.load(psi)
    return state


def mean(state, factors):
    """The mean of a product of Pauli matrices, given as (qubit, 1 for X, 2 for Y, 3 for Z)."""
    other = state.copy()
    Pauli([k for k, _ in factors], [p for _, p in factors]).update_quantum_state(other)
    return np.vdot(state.get_vector(), other.get_vector()).real


def main():
    if sys.argv[1:] not in (["neighbours"], ["all"]):
        sys.exit(__doc__)
    circuit = QuantumCircuit(PURE_QUBITS)
    for pair in pure_pairs(sys.argv[1]):
        circuit.add_gate(DenseMatrix(list(pair), exchange(0.05)))
    state = product_state(PURE_QUBITS)
    circuit.update_quantum_state(state)
    seconds, _ = timed(lambda: [circuit.update_quantum_state(state) for _ in range(PURE_STEPS)])
    state = product_state(PURE_QUBITS)
    for _ in range(1 + PURE_STEPS):
        circuit.update_quantum_state(state)
    last = PURE_QUBITS - 1
    values = [mean(state, [(0, 3)]), mean(state, [(last, 3)]), mean(state, [(0, 1), (1, 1)])]
    report(seconds / PURE_STEPS, values)


if __name__ == "__main__":
    main()
