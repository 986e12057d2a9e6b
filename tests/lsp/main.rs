//! The language server through its protocol.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![allow(clippy::needless_pass_by_value, reason = "JSON arguments are written in the call")]

mod answers;
mod client;
mod names;
mod protocol;
mod views;

/// A script with most kinds of definitions.
pub(crate) const MODEL: &str = "\
## Two qubits and a stream.

param γ = 0.95π/2          ## how far the units swap
param J = 2*γ
param way = keep
system s1, s2 = |+>
environment e = |0>
hamiltonian Hse(a, b) = J/2 * (σx(a)*σx(b) + σy(a)*σy(b))
hamiltonian Hs = -1/2 * σz(s1)   ## free evolution
## What carries the memory.
gate pswap(a, b) = cos(γ) + i*sin(γ)*SWAP(a, b)
rule keep { discard e }
step {
    evolve Hse(s1, e) for 0.1
    evolve Hs for 0.1
    apply pswap(e, e')
    record P = purity(s1)
    trace way
}
observe x1 = <σx(s1)>   ## what is watched
observe v = bloch(s2)

experiment first \"Anti-phase\" {
    set gamma = 0.5
    run 200
    let C = pearson(x1, v_x, width = 20, overlap = 10)
    expect last(C) < 2
    plot { line x1, C }
}
experiment second { plot { panels first } }
";
