//! The table of ready-made channels of a qubit.
//!
//! Contract: `kraus` takes the row's parameters, each a number in [0, 1]; it is `None` where one is outside or their
//! number is not the row's. The operators K that it returns preserve the trace, Σ K†K = 1, within rounding, and the
//! channel is ρ → Σ KρK†. The scale of p differs between textbooks, so each row says what p = 0 and p = 1 do and where
//! the output is as mixed as it gets.

use super::linalg::{C64, CMat};
use super::operators::{pauli_x, pauli_y, pauli_z};

/// A channel that a script may apply to a qubit: `NAME(subsystem, parameter, …)`.
#[derive(Debug)]
pub struct ChannelRow {
    /// Its name, as looked up.
    pub name: &'static str,
    /// Other names of the same channel.
    pub aliases: &'static [&'static str],
    /// How many subsystems it acts on.
    pub subsystems: usize,
    /// The names of its parameters, each in [0, 1]; they follow the subsystems.
    pub parameters: &'static [&'static str],
    /// The map, its Kraus operators, and what the ends of p do.
    pub help: &'static str,
    /// A channel expression in which it occurs; `s` is a qubit.
    pub example: &'static str,
    /// Its Kraus operators; `None` where a parameter is outside [0, 1].
    pub kraus: fn(parameters: &[f64]) -> Option<Vec<CMat>>,
}

/// All ready-made channels.
pub static CHANNELS: &[ChannelRow] = &[
    ChannelRow {
        name: "dephasing",
        aliases: &[],
        subsystems: 1,
        parameters: &["p"],
        help: "Multiplies the coherences by 1 − p: ρ → (1 − p/2) ρ + (p/2) ZρZ. Kraus operators √(1 − p/2) 1 and √(p/2) Z. p = 0 does nothing, p = 1 removes the coherences entirely. It is phaseflip at half the p.",
        example: "dephasing(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| mixture(&[(1.0 - 0.5 * p, identity()), (0.5 * p, pauli_z())])),
    },
    ChannelRow {
        name: "depolarizing",
        aliases: &["depolarising"],
        subsystems: 1,
        parameters: &["p"],
        help: "Replaces the state by the maximally mixed one with probability p: ρ → (1 − p) ρ + p 1/2. Kraus operators √(1 − 3p/4) 1, √(p/4) X, √(p/4) Y, √(p/4) Z. p = 0 does nothing, p = 1 is maximally mixing.",
        example: "depolarizing(s, 0.1)",
        kraus: |p| {
            unit_interval(p).map(|[p]| {
                let q = 0.25 * p;
                mixture(&[(1.0 - 3.0 * q, identity()), (q, pauli_x()), (q, pauli_y()), (q, pauli_z())])
            })
        },
    },
    ChannelRow {
        name: "damping",
        aliases: &[],
        subsystems: 1,
        parameters: &["p"],
        help: "Amplitude damping towards |0⟩: |1⟩ decays with probability p. Kraus operators |0⟩⟨0| + √(1 − p) |1⟩⟨1| and √p |0⟩⟨1|. p = 0 does nothing, p = 1 gives |0⟩ whatever the state was; the coherences shrink by √(1 − p). Never maximally mixing.",
        example: "damping(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| decay(p)),
    },
    ChannelRow {
        name: "generalized_damping",
        aliases: &["generalised_damping"],
        subsystems: 1,
        parameters: &["p", "n1"],
        help: "Amplitude damping towards the populations 1 − n1 of |0⟩ and n1 of |1⟩, as by a warm environment. Kraus operators √(1 − n1) times those of damping(p), and √n1 times the same with |0⟩ and |1⟩ exchanged: √n1 (√(1 − p) |0⟩⟨0| + |1⟩⟨1|) and √(n1 p) |1⟩⟨0|. p = 0 does nothing, p = 1 gives diag(1 − n1, n1) whatever the state was, which is maximally mixing for n1 = 1/2; n1 = 0 is damping.",
        example: "generalized_damping(s, 0.1, 0.3)",
        kraus: |p| {
            unit_interval(p).map(|[p, n1]| {
                let x = pauli_x();
                let down = decay(p).into_iter().map(|k| k * root(1.0 - n1));
                let up = decay(p).into_iter().map(|k| &x * k * &x * root(n1));
                down.chain(up).collect()
            })
        },
    },
    ChannelRow {
        name: "bitflip",
        aliases: &[],
        subsystems: 1,
        parameters: &["p"],
        help: "Applies X with probability p: ρ → (1 − p) ρ + p XρX. Kraus operators √(1 − p) 1 and √p X. p = 0 does nothing, p = 1 is the gate X; p = 1/2 mixes most: it removes ⟨Y⟩ and ⟨Z⟩ and leaves ⟨X⟩.",
        example: "bitflip(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| mixture(&[(1.0 - p, identity()), (p, pauli_x())])),
    },
    ChannelRow {
        name: "phaseflip",
        aliases: &[],
        subsystems: 1,
        parameters: &["p"],
        help: "Applies Z with probability p: ρ → (1 − p) ρ + p ZρZ, which multiplies the coherences by 1 − 2p. Kraus operators √(1 − p) 1 and √p Z. p = 0 does nothing, p = 1 is the gate Z; p = 1/2 mixes most: it removes the coherences entirely.",
        example: "phaseflip(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| mixture(&[(1.0 - p, identity()), (p, pauli_z())])),
    },
];

/// The parameters, where there are as many as needed and each is a probability.
fn unit_interval<const N: usize>(parameters: &[f64]) -> Option<[f64; N]> {
    let parameters: [f64; N] = parameters.try_into().ok()?;
    parameters.iter().all(|p| (0.0..=1.0).contains(p)).then_some(parameters)
}

/// Kraus operators √w U of a mixture of unitaries U with probabilities w.
fn mixture(parts: &[(f64, CMat)]) -> Vec<CMat> {
    parts.iter().map(|(weight, unitary)| unitary * root(*weight)).collect()
}

/// |0⟩⟨0| + √(1 − p) |1⟩⟨1| and √p |0⟩⟨1|
fn decay(p: f64) -> Vec<CMat> {
    let stays = CMat::from_row_slice(2, 2, &[C64::ONE, C64::ZERO, C64::ZERO, root(1.0 - p)]);
    let falls = CMat::from_row_slice(2, 2, &[C64::ZERO, root(p), C64::ZERO, C64::ZERO]);
    vec![stays, falls]
}

fn identity() -> CMat {
    CMat::identity(2, 2)
}

fn root(x: f64) -> C64 {
    C64::from(x.sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::linalg::{max_abs, trace_preserving_deviation};
    use super::super::testing::Random;
    use super::*;

    /// The channel's output for an input.
    fn output(name: &str, parameters: &[f64], rho: &CMat) -> CMat {
        let kraus = (ChannelRow::find(name).unwrap().kraus)(parameters).unwrap();
        kraus.iter().map(|k| k * rho * k.adjoint()).fold(CMat::zeros(2, 2), |sum, term| sum + term)
    }

    fn assert_close(a: &CMat, b: &CMat, what: &str) {
        assert!(max_abs(&(a - b)) < 4e-15, "{what}: {a} is not {b}");
    }

    #[test]
    fn channels_preserve_the_trace_and_know_their_range() {
        for row in CHANNELS {
            let n = row.parameters.len();
            assert_eq!(row.subsystems, 1);
            for p in [0.0, 1e-9, 0.3, 0.5, 0.999, 1.0] {
                let kraus = (row.kraus)(&vec![p; n]).unwrap();
                assert!(trace_preserving_deviation(&kraus).by < 1e-15, "{} at {p}", row.name);
            }
            for wrong in [-1e-9, 1.0 + 1e-9, f64::NAN, f64::INFINITY] {
                assert!((row.kraus)(&vec![wrong; n]).is_none(), "{} at {wrong}", row.name);
            }
            assert!((row.kraus)(&vec![0.5; n + 1]).is_none(), "{}", row.name);
        }
    }

    #[test]
    fn both_ends_of_p_do_what_the_help_says() {
        let rho = Random::new(1).density(2, 2);
        let diagonal = CMat::from_diagonal(&rho.diagonal());
        let ground = CMat::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 0.0].map(C64::from));
        let ends: [(&str, CMat); 5] = [
            ("dephasing", diagonal),
            ("depolarizing", identity() * C64::from(0.5)),
            ("damping", ground),
            ("bitflip", pauli_x() * &rho * pauli_x()),
            ("phaseflip", pauli_z() * &rho * pauli_z()),
        ];
        for (name, end) in ends {
            assert_close(&output(name, &[0.0], &rho), &rho, name);
            assert_close(&output(name, &[1.0], &rho), &end, name);
        }
        assert_close(&output("generalized_damping", &[0.0, 0.4], &rho), &rho, "generalized damping at 0");
        let warm = CMat::from_row_slice(2, 2, &[0.6, 0.0, 0.0, 0.4].map(C64::from));
        assert_close(&output("generalized_damping", &[1.0, 0.4], &rho), &warm, "generalized damping at 1");
    }

    #[test]
    fn between_the_ends_they_follow_their_closed_forms() {
        let rho = Random::new(2).density(2, 2);
        let p = 0.3;
        let shrunk = |factor: f64| CMat::from_fn(2, 2, |r, c| if r == c { rho[(r, c)] } else { rho[(r, c)] * factor });
        assert_close(&output("dephasing", &[p], &rho), &shrunk(1.0 - p), "dephasing");
        assert_close(&output("phaseflip", &[p], &rho), &shrunk(1.0 - 2.0 * p), "phaseflip");
        let mixed = &rho * C64::from(1.0 - p) + identity() * C64::from(p / 2.0);
        assert_close(&output("depolarizing", &[p], &rho), &mixed, "depolarizing");
        let damped = output("damping", &[p], &rho);
        assert!((damped[(1, 1)] - rho[(1, 1)] * (1.0 - p)).norm() < 1e-15);
        assert!((damped[(0, 1)] - rho[(0, 1)] * (1.0 - p).sqrt()).norm() < 1e-15);
        let half = output("bitflip", &[0.5], &rho);
        let along_x = (identity() + pauli_x() * (C64::from(2.0) * rho[(0, 1)].re)) * C64::from(0.5);
        assert_close(&half, &along_x, "bitflip at 1/2");
        assert_close(&output("generalized_damping", &[p, 0.0], &rho), &damped, "damping by a cold environment");
    }
}
