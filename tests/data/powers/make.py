"""High-precision values of three models after many collisions: python3 make.py (needs mpmath 1.3).

A step is a matrix on the entries of the density matrix, built from its Kraus operators and multiplied by itself in 50
digits. The parameters are the double-precision values of the models; everything computed from them is exact to 1e-30.
"""

import csv
import math
from pathlib import Path

from mpmath import cos, eye, matrix, mp, mpc, mpf, nstr, sin, zeros

mp.dps = 50
I = mpc(0, 1)
ID, X, Y, Z = (matrix(m) for m in ([[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -I], [I, 0]], [[1, 0], [0, -1]]))
POWERS = [2**k for k in range(31)]


def kron(a, *rest):
    """Kronecker product; the first factor is the most significant."""
    for b in rest:
        out = zeros(a.rows * b.rows, a.cols * b.cols)
        for i in range(a.rows):
            for j in range(a.cols):
                if a[i, j] != 0:
                    for k in range(b.rows):
                        for l in range(b.cols):
                            out[i * b.rows + k, j * b.cols + l] = a[i, j] * b[k, l]
        a = out
    return a


def on(count, **factors):
    """A product of operators on some of `count` qubits: q0=X, q2=Z."""
    return kron(*(factors.get(f"q{k}", ID) for k in range(count)))


def exchange(theta, a, b, count):
    """exp(-i theta (XX + YY)) on qubits a, b: (XX + YY)/2 is 1 on |01>+|10>, -1 on |01>-|10>, and 0 elsewhere."""
    xx, yy, zz = (on(count, **{f"q{a}": p, f"q{b}": p}) for p in (X, Y, Z))
    odd = (eye(2**count) - zz) / 2
    return eye(2**count) - odd + cos(2 * theta) * odd - I * sin(2 * theta) * (xx + yy) / 2


def rotation(theta, axis):
    """exp(-i theta A) for an operator A with A^2 = 1."""
    return cos(theta) * eye(axis.rows) - I * sin(theta) * axis


def partial_swap(gamma, a, b, count):
    """cos(gamma) + i sin(gamma) SWAP."""
    swap = (eye(2**count) + sum((on(count, **{f"q{a}": p, f"q{b}": p}) for p in (X, Y, Z)), zeros(2**count))) / 2
    return cos(gamma) * eye(2**count) + I * sin(gamma) * swap


def kraus(u, kept_in, kept_out, count):
    """Operators <j| u |0>: qubits not in kept_in begin in |0>, those not in kept_out are traced out."""

    def place(kept, digits, others, rest):
        index = 0
        for q in range(count):
            bit = digits[kept.index(q)] if q in kept else rest[others.index(q)]
            index = 2 * index + bit
        return index

    def bits(value, width):
        return [(value >> (width - 1 - k)) & 1 for k in range(width)]

    fresh = [q for q in range(count) if q not in kept_in]
    gone = [q for q in range(count) if q not in kept_out]
    zero = [0] * len(fresh)
    out = []
    for j in range(2 ** len(gone)):
        k = zeros(2 ** len(kept_out), 2 ** len(kept_in))
        for row in range(k.rows):
            r = place(kept_out, bits(row, len(kept_out)), gone, bits(j, len(gone)))
            for column in range(k.cols):
                k[row, column] = u[r, place(kept_in, bits(column, len(kept_in)), fresh, zero)]
        out.append(k)
    return out


def sparse(m):
    """Rows of a matrix without its zeros."""
    return [[(j, m[i, j]) for j in range(m.cols) if m[i, j] != 0] for i in range(m.rows)]


def square(rows):
    """The product of a sparse matrix with itself."""
    out = []
    for row in rows:
        total = {}
        for k, a in row:
            for j, b in rows[k]:
                total[j] = total.get(j, 0) + a * b
        out.append(list(total.items()))
    return out


def apply(rows, v):
    return [sum((a * v[j] for j, a in row), mpc(0)) for row in rows]


def values(operators, rho, observables, collisions):
    """Tr A rho(n) for every observable A (columns) and every n (rows)."""
    size = rho.rows
    step = sparse(sum((kron(k, k.apply(mp.conj)) for k in operators), zeros(size * size)))
    entries = [rho[i, j] for i in range(size) for j in range(size)]
    found = {n: entries for n in collisions}
    for bit in range(max(collisions).bit_length()):
        for n in collisions:
            if n >> bit & 1:
                found[n] = apply(step, found[n])
        step = square(step)
    expectation = lambda a, v: sum(a[i, j] * v[j * size + i] for i in range(size) for j in range(size)).real
    return [[n, *(expectation(a, found[n]) for a in observables)] for n in collisions]


def write(name, header, rows):
    with open(Path(__file__).with_name(f"{name}.csv"), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["n", *header])
        out.writerows([row[0], *(nstr(x, 25) for x in row[1:])] for row in rows)


PLUS = matrix([[0.5, 0.5], [0.5, 0.5]])
ZERO = matrix([[1, 0], [0, 0]])


def damped():
    gamma, w, g, t = mpf(0.001), mpf(0.75), mpf(0.3125), mpf(0.2)
    length = mp.sqrt(g**2 + w**2 / 4)
    turn = rotation(length * t, (g * X - w / 2 * Z) / length)
    u = partial_swap(gamma, 0, 1, 2) * kron(turn, ID)
    write("damped", "xyz", values(kraus(u, [0], [0], 2), PLUS, [X, Y, Z], POWERS))


def undamped():
    coupling, w1, w2, t = mpf(0.3125), mpf(1), mpf(1.1), mpf(0.2)
    free = kron(rotation(-w1 / 2 * t, Z), rotation(-w2 / 2 * t, Z))
    u = free * exchange(coupling / 2 * t, 0, 1, 2)
    observables = [on(2, q0=X), on(2, q1=X), on(2, q0=X, q1=X)]
    write("undamped", ["x1", "x2", "xx"], values([u], kron(PLUS, PLUS), observables, POWERS))


def fig2():
    """Qubits s1, s2, e1, e2 and the next e1. A collision passes on only s1, s2 and the next e1."""
    coupling, ising, w1, w2, t = mpf(0.25), mpf(0.15), mpf(1), mpf(1.1 * 1.0), mpf(0.2)
    gamma = mpf(0.95 * math.pi / 2)
    u = exchange(coupling / 2 * t, 0, 2, 5)
    u = exchange(coupling / 2 * t, 1, 3, 5) * u
    u = rotation(ising / 2 * t, on(5, q0=X, q1=X)) * u
    u = rotation(-w1 / 2 * t, on(5, q0=Z)) * rotation(-w2 / 2 * t, on(5, q1=Z)) * u
    u = partial_swap(gamma, 3, 4, 5) * u
    operators = kraus(u, [0, 1, 2], [0, 1, 4], 5)
    collisions = sorted(POWERS + [100, 1000, 2000])
    rows = values(operators, kron(PLUS, PLUS, ZERO), [on(3, q0=X), on(3, q1=X)], collisions)
    write("fig2", ["x1", "x2"], rows)


if __name__ == "__main__":
    damped()
    undamped()
    fig2()
