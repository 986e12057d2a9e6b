"""The workloads of all tools as NumPy arrays: the step of figures 2 and 3, and a chain of qubits.

The step acts on s1, s2, e1, e2 and the next e1. e2 is fresh in every collision, so only s1, s2 and e1 carry over.
"""

import numpy as np

COLLISIONS = 2000
LONG, WINDOW, POINTS = 6000, 250, 101
GAMMA = 0.95 * np.pi / 2
GAMMAS = np.linspace(0, np.pi / 2, POINTS)

CHAIN_GAMMA = 0.3

PURE_QUBITS, PURE_STEPS = 20, 4

PAULI = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex)
SWAP = np.eye(4, dtype=complex)[[0, 2, 1, 3]]


def exchange(theta):
    """exp(-i theta (XX + YY) / 2)"""
    u = np.eye(4, dtype=complex)
    u[1, 1] = u[2, 2] = np.cos(theta)
    u[1, 2] = u[2, 1] = -1j * np.sin(theta)
    return u


def rotation(theta, axis):
    """exp(-i theta A) for A^2 = 1."""
    return np.cos(theta) * np.eye(len(axis)) - 1j * np.sin(theta) * axis


def pure_pairs(which):
    """The pairs of qubits on which the step of a pure state acts: `neighbours` or `all`."""
    last = {"neighbours": lambda a: a + 1, "all": lambda a: PURE_QUBITS - 1}[which]
    return [(a, b) for a in range(PURE_QUBITS - 1) for b in range(a + 1, last(a) + 1)]


def partial_swap(gamma):
    return np.cos(gamma) * np.eye(4) + 1j * np.sin(gamma) * SWAP


def on(gate, targets, count=5):
    """The matrix of a gate on the qubits `targets` in the space of `count` qubits."""
    rest = [q for q in range(count) if q not in targets]
    axes = np.argsort([*targets, *rest])
    tensor = np.kron(gate, np.eye(2 ** len(rest))).reshape((2,) * (2 * count))
    return tensor.transpose(*axes, *(axes + count)).reshape(2**count, 2**count)


def gates():
    """(gate, targets) of a step, up to the swap of e2 with the next e1: J dt = 0.05, lambda dt = 0.03, dt = 0.2."""
    _, x, _, z = PAULI
    yield exchange(0.25 * 0.2), (0, 2)
    yield exchange(0.25 * 0.2), (1, 3)
    yield rotation(0.15 / 2 * 0.2, np.kron(x, x)), (0, 1)
    yield rotation(-0.2 / 2, z), (0,)
    yield rotation(-1.1 * 0.2 / 2, z), (1,)


def kraus(gammas):
    """For each gamma the four operators <jk| U |0> on s1, s2, e1: points x 4 x 8 x 8."""
    before = np.eye(32)
    for gate, targets in gates():
        before = on(gate, targets) @ before
    swapped = on(SWAP, (3, 4)) @ before
    u = np.cos(gammas)[:, None, None] * before + 1j * np.sin(gammas)[:, None, None] * swapped
    # Axes: points; s, e1, e2, next e1 out; s, e1, e2, next e1 in. The last two are fresh: |0>.
    u = u.reshape(-1, 4, 2, 2, 2, 4, 2, 2, 2)[..., 0, 0]
    return u.transpose(0, 2, 3, 1, 4, 5, 6).reshape(-1, 4, 8, 8)


def superoperator(gammas):
    """For each gamma the map of a collision on the entries of the carried state, row by row: points x 64 x 64."""
    k = kraus(gammas)
    return np.einsum("pkab,pkcd->pacbd", k, k.conj()).reshape(-1, 64, 64)


def state():
    """|+>|+>|0> as a density matrix."""
    return np.kron(np.full((4, 4), 0.25), np.diag([1.0, 0.0])).astype(complex)


def signals():
    """<X(s1)> and <X(s2)> as row vectors that act on the entries of the state."""
    one, x, _, _ = PAULI
    return np.array([np.kron(np.kron(x, one), one).T.ravel(), np.kron(np.kron(one, x), one).T.ravel()])


def pearson(x, y):
    x = x - x.mean(-1, keepdims=True)
    y = y - y.mean(-1, keepdims=True)
    return (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))


def chain_angles(qubits):
    """Angles of qubit k = 1 ...: cos a |0> + exp(i b) sin a |1> with a = k / 3, b = 2k / 3."""
    k = np.arange(1, qubits + 1)
    return k / 3, 2 * k / 3
