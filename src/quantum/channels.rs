//! The table of built-in qubit channels.
//!
//! Contract: `kraus` takes the parameters of the row, each in [0, 1]. It returns `None` if a parameter is outside this
//! interval or if their number is wrong. The operators K that it returns preserve the trace, Σ K†K = 1, within
//! rounding, and the channel is ρ → Σ KρK†. Textbooks scale p differently, so each row says what the channel does at
//! p = 0 and p = 1 and where its output is most mixed.

use super::linalg::{C64, CMat};
use super::operators::{pauli_x, pauli_y, pauli_z};

/// A channel that a script can apply to a qubit: `NAME(subsystem, parameter, …)`.
#[derive(Debug)]
pub struct ChannelRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// Number of subsystems that it acts on.
    pub subsystems: usize,
    /// Names of its parameters, each in [0, 1]. In a call they follow the subsystems.
    pub parameters: &'static [&'static str],
    /// Help text: the map, its Kraus operators, and its effect at both ends of the range of p.
    pub help: &'static str,
    /// Example of a call; `s` is a qubit.
    pub example: &'static str,
    /// Computes its Kraus operators; `None` if a parameter is outside [0, 1].
    pub kraus: fn(parameters: &[f64]) -> Option<Vec<CMat>>,
}

/// All built-in channels.
pub static CHANNELS: &[ChannelRow] = &[
    ChannelRow {
        name: "dephasing",
        aliases: &[],
        subsystems: 1,
        parameters: &["p"],
        help: "Multiplies the coherences by 1 − p: ρ → (1 − p/2) ρ + (p/2) ZρZ. Kraus operators: √(1 − p/2) I and √(p/2) Z. p = 0 leaves the state unchanged; p = 1 removes the coherences entirely. Equal to phaseflip with half the value of p.",
        example: "dephasing(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| mixture(&[(1.0 - 0.5 * p, identity()), (0.5 * p, pauli_z())])),
    },
    ChannelRow {
        name: "depolarizing",
        aliases: &["depolarising"],
        subsystems: 1,
        parameters: &["p"],
        help: "Replaces the state by the maximally mixed state with probability p: ρ → (1 − p) ρ + p I/2. Kraus operators: √(1 − 3p/4) I, √(p/4) X, √(p/4) Y and √(p/4) Z. p = 0 leaves the state unchanged; p = 1 maps every state to the maximally mixed state.",
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
        help: "Amplitude damping towards |0⟩: |1⟩ decays with probability p, and the coherences are multiplied by √(1 − p). Kraus operators: |0⟩⟨0| + √(1 − p) |1⟩⟨1| and √p |0⟩⟨1|. p = 0 leaves the state unchanged; p = 1 maps every state to |0⟩. No value of p maps every state to the maximally mixed state.",
        example: "damping(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| decay(p)),
    },
    ChannelRow {
        name: "generalized_damping",
        aliases: &["generalised_damping"],
        subsystems: 1,
        parameters: &["p", "n1"],
        help: "Amplitude damping towards the populations 1 − n1 of |0⟩ and n1 of |1⟩, as caused by a warm environment. Kraus operators: √(1 − n1) times those of damping(p), and √n1 times the same operators with |0⟩ and |1⟩ exchanged, which are √n1 (√(1 − p) |0⟩⟨0| + |1⟩⟨1|) and √(n1 p) |1⟩⟨0|. p = 0 leaves the state unchanged; p = 1 maps every state to diag(1 − n1, n1), which is maximally mixed for n1 = 1/2. n1 = 0 gives damping.",
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
        help: "Applies X with probability p: ρ → (1 − p) ρ + p XρX. Kraus operators: √(1 − p) I and √p X. p = 0 leaves the state unchanged; p = 1 is the gate X. The output is most mixed at p = 1/2, which removes ⟨Y⟩ and ⟨Z⟩ and preserves ⟨X⟩.",
        example: "bitflip(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| mixture(&[(1.0 - p, identity()), (p, pauli_x())])),
    },
    ChannelRow {
        name: "phaseflip",
        aliases: &[],
        subsystems: 1,
        parameters: &["p"],
        help: "Applies Z with probability p: ρ → (1 − p) ρ + p ZρZ, which multiplies the coherences by 1 − 2p. Kraus operators: √(1 − p) I and √p Z. p = 0 leaves the state unchanged; p = 1 is the gate Z. The output is most mixed at p = 1/2, which removes the coherences entirely.",
        example: "phaseflip(s, 0.1)",
        kraus: |p| unit_interval(p).map(|[p]| mixture(&[(1.0 - p, identity()), (p, pauli_z())])),
    },
];

/// The parameters as an array, if there are exactly N of them and each is in [0, 1].
fn unit_interval<const N: usize>(parameters: &[f64]) -> Option<[f64; N]> {
    let parameters: [f64; N] = parameters.try_into().ok()?;
    parameters.iter().all(|p| (0.0..=1.0).contains(p)).then_some(parameters)
}

/// Kraus operators √w U of a channel that applies the unitary U with probability w.
fn mixture(parts: &[(f64, CMat)]) -> Vec<CMat> {
    parts.iter().map(|(weight, unitary)| unitary * root(*weight)).collect()
}

/// The Kraus operators |0⟩⟨0| + √(1 − p) |1⟩⟨1| and √p |0⟩⟨1| of amplitude damping.
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

    /// The output of a channel for the input `rho`.
    fn output(name: &str, parameters: &[f64], rho: &CMat) -> CMat {
        let kraus = (ChannelRow::find(name).unwrap().kraus)(parameters).unwrap();
        kraus.iter().map(|k| k * rho * k.adjoint()).fold(CMat::zeros(2, 2), |sum, term| sum + term)
    }

    fn assert_close(a: &CMat, b: &CMat, what: &str) {
        assert!(max_abs(&(a - b)) < 4e-15, "{what}: {a} is not {b}");
    }

    #[test]
    fn channels_preserve_the_trace_and_reject_parameters_out_of_range() {
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
    fn channels_follow_their_closed_forms_between_the_ends_of_p() {
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
