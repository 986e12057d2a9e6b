//! Lindblad evolution: the channel exp(tL) of a Hamiltonian and jump operators (Lindblad, Commun. Math. Phys. 48, 119
//! (1976)).

use super::linalg::{C64, CMat, coupled, expm, kron, max_abs, product};
use super::nearest::{channel_of, restore_trace};

/// Kraus operators of exp(tL) for t ≥ 0, with L(ρ) = −i\[H, ρ\] + Σ (KρK† − (K†Kρ + ρK†K)/2). H is Hermitian and has
/// the shape of the jump operators K, d × d; there are at most d² Kraus operators, of the same shape. They preserve the
/// trace within rounding, and the map is completely positive by construction. The time grows as d⁶.
///
/// L is exponentiated block by block, with scaling and squaring. After each squaring the trace row is corrected, because
/// its rounding error doubles each time. The Kraus operators follow from the Choi matrix of the map.
#[must_use]
pub fn lindblad(h: &CMat, jumps: &[CMat], t: f64) -> Vec<CMat> {
    let d = h.nrows();
    let l = generator(h, jumps) * C64::from(t);
    let mut map = CMat::zeros(d * d, d * d);
    for block in coupled(&l) {
        let part = CMat::from_fn(block.len(), block.len(), |row, col| l[(block[row], block[col])]);
        let diagonal: Vec<usize> = (0..block.len()).filter(|k| block[*k] / d == block[*k] % d).collect();
        let part = exponential(part, &diagonal);
        for (col, &to_col) in block.iter().enumerate() {
            block.iter().enumerate().for_each(|(row, &to_row)| map[(to_row, to_col)] = part[(row, col)]);
        }
    }
    channel_of(&map, d)
}

/// The matrix of L on density matrices that are written row by row: ρ → AρB is A ⊗ Bᵀ.
fn generator(h: &CMat, jumps: &[CMat]) -> CMat {
    let one = CMat::identity(h.nrows(), h.ncols());
    // −iH − ΣK†K/2
    let mut drift = (h + h.adjoint()) * C64::new(0.0, -0.5);
    let mut l = CMat::zeros(h.len(), h.len());
    for k in jumps {
        drift -= product(&k.adjoint(), k) * C64::from(0.5);
        l += kron(k, &k.conjugate());
    }
    l + kron(&drift, &one) + kron(&one, &drift.conjugate())
}

/// exp(A) of a block of a generator. `diagonal` are its rows that are populations; the sum of their rows is the trace,
/// which exp(A) preserves.
fn exponential(mut a: CMat, diagonal: &[usize]) -> CMat {
    let size = a.column_iter().map(|c| c.iter().map(|z| z.norm()).sum::<f64>()).fold(0.0, f64::max);
    let mut squarings = 0;
    let mut factor = 1.0;
    while size * factor > 1.0 {
        factor *= 0.5;
        squarings += 1;
    }
    a *= C64::from(factor);
    let mut out = expm(&a);
    restore_trace(&mut out, diagonal);
    for _ in 0..squarings {
        out = product(&out, &out);
        restore_trace(&mut out, diagonal);
    }
    out
}

/// A bound on |L|: twice the largest row sum of |H|, plus twice the squared Frobenius norms of the jump operators.
#[must_use]
pub fn largest_rate(h: &CMat, jumps: &[CMat]) -> f64 {
    let radius = h.row_iter().map(|row| row.iter().map(|z| z.norm()).sum::<f64>()).fold(0.0, f64::max);
    2.0 * radius + jumps.iter().filter(|k| max_abs(k) > 0.0).map(|k| 2.0 * k.norm_squared()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::super::linalg::{exp_i, trace_preserving_deviation};
    use super::super::testing::Random;
    use super::*;

    fn apply(kraus: &[CMat], rho: &CMat) -> CMat {
        kraus.iter().map(|k| k * rho * k.adjoint()).fold(CMat::zeros(rho.nrows(), rho.ncols()), |a, b| a + b)
    }

    fn matrix(entries: [f64; 4]) -> CMat {
        CMat::from_row_slice(2, 2, &entries.map(C64::from))
    }

    /// H = −ω/2 Z with K = √γ |0⟩⟨1|: p₁(t) = p₁ e^(−γt) and ρ₀₁(t) = ρ₀₁ e^(iωt − γt/2).
    #[test]
    fn a_damped_qubit_follows_its_closed_form() {
        let rho = Random::new(11).density(2, 2);
        for (omega, gamma, t) in [(1.0, 0.3, 0.7), (40.0, 1e-9, 2.0), (0.2, 5.0, 30.0), (1.0, 0.1, 0.0)] {
            let h = matrix([-omega / 2.0, 0.0, 0.0, omega / 2.0]);
            let k = matrix([0.0, f64::sqrt(gamma), 0.0, 0.0]);
            let kraus = lindblad(&h, &[k], t);
            let out = apply(&kraus, &rho);
            let p = rho[(1, 1)].re * (-gamma * t).exp();
            let coherence = rho[(0, 1)] * C64::new(-gamma * t / 2.0, omega * t).exp();
            // The phase ωt has the rounding error of t.
            let tolerance = 1e-15 * (1.0 + omega * t);
            assert!((out[(1, 1)].re - p).abs() < 2e-15, "{omega} {gamma} {t}: {} {p}", out[(1, 1)]);
            assert!((out[(0, 1)] - coherence).norm() < tolerance, "{omega} {gamma} {t}: {} {coherence}", out[(0, 1)]);
            assert!(trace_preserving_deviation(&kraus).by < 2e-15);
        }
    }

    /// Rates down γ and up γ' relax the population: p₁(t) = p∞ + (p₁ − p∞) e^(−(γ+γ')t), p∞ = γ'/(γ + γ').
    #[test]
    fn jumps_in_both_directions_relax_to_their_ratio() {
        let (down, up) = (0.7, 0.2);
        let jumps = [matrix([0.0, f64::sqrt(down), 0.0, 0.0]), matrix([0.0, 0.0, f64::sqrt(up), 0.0])];
        let rho = Random::new(12).density(2, 2);
        for t in [0.01, 1.0, 20.0, 1e9] {
            let out = apply(&lindblad(&CMat::zeros(2, 2), &jumps, t), &rho);
            let end = up / (up + down);
            let p = end + (rho[(1, 1)].re - end) * (-(up + down) * t).exp();
            assert!((out[(1, 1)].re - p).abs() < 4e-15, "{t}: {} {p}", out[(1, 1)].re);
            assert!((out.trace().re - 1.0).abs() < 4e-15);
        }
    }

    /// Without jump operators the channel is the unitary exp(−iHt).
    #[test]
    fn without_jumps_the_channel_is_the_unitary() {
        let mut random = Random::new(13);
        for d in [2, 3, 6] {
            let (h, rho) = (random.hermitian(d), random.density(d, d));
            let u = exp_i(&h, 0.4);
            let expected = &u * &rho * u.adjoint();
            let kraus = lindblad(&h, &[], 0.4);
            // The other operators are rounding: their weights are squares of their norms.
            assert_eq!(kraus.iter().filter(|k| k.norm() > 1e-6).count(), 1, "{d}");
            assert!(max_abs(&(apply(&kraus, &rho) - expected)) < 1e-14, "{d}");
        }
    }

    /// exp(sL) exp(tL) = exp((s + t)L), and the derivative at t = 0 is L.
    #[test]
    fn the_channels_form_a_semigroup_with_the_generator() {
        let mut random = Random::new(14);
        for d in [2, 3, 4, 8] {
            let (h, rho) = (random.hermitian(d), random.density(d, d));
            let jumps = [random.matrix(d, d) * C64::from(0.4), random.matrix(d, d) * C64::from(0.3)];
            let both = apply(&lindblad(&h, &jumps, 0.5), &apply(&lindblad(&h, &jumps, 0.25), &rho));
            let kraus = lindblad(&h, &jumps, 0.75);
            assert!(max_abs(&(apply(&kraus, &rho) - both)) < 2e-14, "{d}");
            assert!(trace_preserving_deviation(&kraus).by < 1e-14);
            let mut rate = (&h * &rho - &rho * &h) * C64::new(0.0, -1.0);
            for k in &jumps {
                let decay = k.adjoint() * k;
                rate += k * &rho * k.adjoint() - (&decay * &rho + &rho * &decay) * C64::from(0.5);
            }
            let t = 1e-7;
            let slope = (apply(&lindblad(&h, &jumps, t), &rho) - &rho) / C64::from(t);
            assert!(max_abs(&(slope - rate)) < 1e-4, "{d}");
        }
    }
}
