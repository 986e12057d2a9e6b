"""NumPy as an expert would write it: numpy_peer.py signals | line | chain QUBITS STEPS."""

import sys
import time

import numpy as np

import model
from measure import report, timed


def to_pauli():
    """The matrix whose rows give Tr P_i rho / sqrt 8 from the entries of rho. In this basis the step is real."""
    strings = model.PAULI
    for _ in range(2):
        strings = np.array([np.kron(a, b) for a in strings for b in model.PAULI])
    return strings.conj().reshape(64, 64) / np.sqrt(8)


def real(gammas):
    """The real step map, the rows of the two signals, and the initial vector."""
    t = to_pauli()
    back = t.conj().T
    return (t @ model.superoperator(gammas) @ back).real, (model.signals() @ back).real, (t @ model.state().ravel()).real


def signals():
    step, rows, v = real(np.array([model.GAMMA]))
    step = step[0].copy()
    out = np.empty((model.COLLISIONS, 2))
    for n in range(model.COLLISIONS):
        v = step @ v
        out[n] = rows @ v
    return out.T.ravel()


def line():
    """All points at once, in the odd sector: a power by squaring, then the rows of the last window by doubling."""
    step, rows, v = real(model.GAMMAS)
    odd = [k for k in range(64) if sum(k // 4**place % 4 in (1, 2) for place in range(3)) % 2]  # an odd number of X, Y
    step, rows, v = np.ascontiguousarray(step[:, odd][:, :, odd]), rows[:, odd], v[odd]
    v = np.linalg.matrix_power(step, model.LONG - model.WINDOW + 1) @ v
    rows = np.broadcast_to(rows, (model.POINTS, *rows.shape))
    while rows.shape[1] < 2 * model.WINDOW:
        rows = np.concatenate([rows, rows @ step], axis=1)
        step = step @ step
    series = (rows @ v[..., None])[:, : 2 * model.WINDOW, 0].reshape(model.POINTS, model.WINDOW, 2)
    return model.pearson(series[..., 0], series[..., 1])


def chain(qubits, steps):
    """Applies gates to rows by blocked products, then to columns after a transposition; swap and trace by two operators."""
    u, swap = model.exchange(0.05), model.partial_swap(model.CHAIN_GAMMA).reshape(2, 2, 2, 2)
    size, half = 2**qubits, 2 ** (qubits - 1)
    ket = np.ones(1)
    for a, b in zip(*model.chain_angles(qubits)):
        ket = np.kron(ket, [np.cos(a), np.exp(1j * b) * np.sin(a)])
    rho = np.outer(ket, ket.conj())

    def rows(rho):
        for k in range(qubits - 1):
            rho = u @ rho.reshape(2**k, 4, -1)
        return rho.reshape(size, size)

    def collision(rho):
        rho = rows(rows(rho).conj().T.copy())
        sides = []
        for operator in (swap[:, 0, :, 0], swap[:, 1, :, 0]):
            left = (operator @ rho.reshape(half, 2, size)).reshape(size, size).conj().T.copy()
            sides.append((operator @ left.reshape(half, 2, size)).reshape(size, size))
        return sides[0] + sides[1]

    rho = collision(rho)
    start = time.perf_counter()
    for _ in range(steps):
        rho = collision(rho)
    seconds = (time.perf_counter() - start) / steps
    populations = rho.diagonal().real
    at = np.arange(size)
    flipped = at ^ (size // 2 | size // 4)
    z_first, z_last = 1 - 2 * (at >= half), 1 - 2 * (at & 1)
    report(seconds, [populations @ z_first, populations @ z_last, rho[at, flipped].sum().real])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["signals"]:
            report(*timed(signals))
        case ["line"]:
            seconds, values = timed(line)
            report(seconds / model.POINTS, values)
        case ["chain", qubits, steps]:
            chain(int(qubits), int(steps))
        case _:
            sys.exit(__doc__)
