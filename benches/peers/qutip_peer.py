"""QuTiP: qutip_peer.py gates | superoperator."""

import sys

import qutip

import model
from measure import report, timed

THREE = [[2] * 3, [2] * 3]
FIVE = [[2] * 5, [2] * 5]


def gates():
    """Applies each gate to five spins, then traces out the used units and adds fresh ones."""
    steps = [*model.gates(), (model.partial_swap(model.GAMMA), (3, 4))]
    steps = [qutip.Qobj(model.on(gate, targets), dims=FIVE) for gate, targets in steps]
    fresh = qutip.tensor(qutip.fock_dm(2, 0), qutip.fock_dm(2, 0))
    rho = qutip.tensor(qutip.Qobj(model.state(), dims=THREE), fresh)
    one, x = qutip.qeye(2), qutip.sigmax()
    watched = [qutip.tensor(x, one, one, one, one), qutip.tensor(one, x, one, one, one)]
    out = []
    for _ in range(model.COLLISIONS):
        for u in steps:
            rho = u * rho * u.dag()
        rho = qutip.tensor(rho.ptrace([0, 1, 4]), fresh)
        out.append([qutip.expect(operator, rho) for operator in watched])
    return [x for series in zip(*out) for x in series]


def superoperator():
    """A collision as one superoperator on the three spins that persist."""
    kraus = [qutip.Qobj(k, dims=THREE) for k in model.kraus([model.GAMMA])[0]]
    step = qutip.kraus_to_super(kraus).to("csr")
    rho = qutip.operator_to_vector(qutip.Qobj(model.state(), dims=THREE)).to("dense")
    one, x = qutip.qeye(2), qutip.sigmax()
    watched = [qutip.tensor(x, one, one), qutip.tensor(one, x, one)]
    rows = [qutip.operator_to_vector(operator).dag().to("dense") for operator in watched]
    out = []
    for _ in range(model.COLLISIONS):
        rho = step * rho
        out.append([(row * rho).real for row in rows])
    return [x for series in zip(*out) for x in series]


if __name__ == "__main__":
    variants = {"gates": gates, "superoperator": superoperator}
    if sys.argv[1:] not in ([name] for name in variants):
        sys.exit(__doc__)
    report(*timed(variants[sys.argv[1]]))
