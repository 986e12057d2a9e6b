//! Closed forms for whole scripts. Every script runs on every backend that supports it, and the backends must agree.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2};

use crate::runs::{follows, run, values};

/// Largest accepted error of double precision over some hundred collisions.
const EXACT: f64 = 1e-12;

/// |01⟩ → cos θ |01⟩ − i sin θ |10⟩ and the reverse.
const EXCHANGE: &str = "gate exchange(a, b) = exp(-i*θ/2*(X(a)*X(b) + Y(a)*Y(b)))\n";

fn exchange_model(rest: &str) -> String {
    format!("param θ = 0.17\n{EXCHANGE}{rest}")
}

const THETA: f64 = 0.17;

#[test]
fn rabi_oscillation_with_detuning() {
    let (omega, delta, dt) = (0.7f64, 0.4f64, 0.11);
    let o = run("system s = |0>\nstep { evolve 0.7/2*X(s) + 0.4/2*Z(s) for 0.11 }\nobserve p = population(s, 1)", 300);
    let full = omega.hypot(delta);
    follows(&o, "p", 0, EXACT, |n| (omega / full * (full * n * dt / 2.0).sin()).powi(2));
}

#[test]
fn a_stream_of_empty_units_damps_the_amplitude() {
    let o = run(
        &exchange_model(
            "system s = |1>\nenvironment e = |0>\nstep { apply exchange(s, e); discard e }\nobserve p = population(s, 1)",
        ),
        200,
    );
    follows(&o, "p", 0, EXACT, |n| THETA.cos().powf(2.0 * n));
}

/// A collision with a unit in |0⟩ is the damping channel with p = sin²θ, in every entry of the state.
#[test]
fn a_collision_is_a_dilation_of_the_damping_channel() {
    let state = "system s = cos(0.4)*|0> + exp(0.9i)*sin(0.4)*|1>\nobserve r = state(s)\n";
    let units = run(
        &exchange_model(&format!(
            "{state}environment e = |0>\nstep {{ apply exchange(s, e); apply RZ(s, 0.3); discard e }}"
        )),
        100,
    );
    let channel = run(&format!("{state}step {{ apply damping(s, sin(0.17)^2); apply RZ(s, 0.3) }}"), 100);
    assert_eq!(units.series().count(), 8);
    for (name, series) in units.series() {
        follows(&channel, name, 0, EXACT, |n| series.values[crate::runs::index(n)]);
    }
}

#[test]
fn dephasing_by_units_and_by_the_channel() {
    let units = run(
        "system s = |+>\nenvironment e = |+>\nstep { evolve Z(s)*Z(e) for 0.2; discard e }\nobserve x = <X(s)>\nobserve z = <Z(s)>",
        200,
    );
    follows(&units, "x", 0, EXACT, |n| 0.4f64.cos().powf(n));
    follows(&units, "z", 0, EXACT, |_| 0.0);
    let channel = run("system s = |+>\nstep { apply dephasing(s, 0.1) }\nobserve x = <X(s)>", 200);
    follows(&channel, "x", 0, EXACT, |n| 0.9f64.powf(n));
}

#[test]
fn a_spin_1_precesses() {
    let o = run(
        "system s : spin(1) = (|0> + √2*|1> + |2>)/2
        step { evolve 0.9*Sz(s) for 0.1 }
        observe x = <Sx(s)>
        observe y = <Sy(s)>
        observe l = <Sx(s)^2 + Sy(s)^2 + Sz(s)^2>",
        200,
    );
    follows(&o, "x", 0, EXACT, |n| (0.09 * n).cos());
    follows(&o, "y", 0, EXACT, |n| (0.09 * n).sin());
    follows(&o, "l", 0, EXACT, |_| 2.0);
}

/// The population of an excited atom with k quanta in a cavity is cos²(√(k+1) g t).
#[test]
fn jaynes_cummings_rabi_oscillation_in_a_truncated_space() {
    for quanta in [0, 2] {
        let o = run(
            &format!(
                "system q = |1>\nsystem c : boson(5) = |{quanta}>
                hamiltonian H = 0.3*(lower(c)*raise(q) + raise(c)*lower(q))
                step {{ evolve H for 0.2 }}
                observe p = population(q, 1)
                observe k = <number(c)>"
            ),
            200,
        );
        let k = f64::from(quanta);
        let excited = |n: f64| ((k + 1.0).sqrt() * 0.06 * n).cos().powi(2);
        follows(&o, "p", 0, EXACT, excited);
        follows(&o, "k", 0, EXACT, |n| k + 1.0 - excited(n));
    }
}

#[test]
fn entanglement_of_a_pure_pair() {
    for alpha in [0.0, 0.3, std::f64::consts::FRAC_PI_4] {
        let o = run(
            &format!(
                "system a, b = cos({alpha})*|00> + sin({alpha})*|11>
                step {{ apply H(a); apply RX(b, 0.3) }}
                observe C = concurrence(a, b)
                observe N = negativity(a | b)
                observe I = mutual_information(a, b)
                observe P = purity(a)"
            ),
            20,
        );
        // Local gates change none of these.
        let (p, q) = (alpha.cos().powi(2), alpha.sin().powi(2));
        let entropy = -p * p.ln() - if q > 0.0 { q * q.ln() } else { 0.0 };
        follows(&o, "C", 0, EXACT, |_| (2.0 * alpha).sin());
        follows(&o, "N", 0, EXACT, |_| (2.0 * alpha).sin() / 2.0);
        follows(&o, "I", 0, EXACT, |_| 2.0 * entropy);
        follows(&o, "P", 0, EXACT, |_| p * p + q * q);
    }
}

/// Units in entangled pairs transfer their entanglement to the systems. Other declarations come before and after
/// theirs.
#[test]
fn entangled_units_entangle_the_systems() {
    let o = run(
        "system a, b, c = |0>
        environment u, v = cos(0.3)*|01> + sin(0.3)*|10>
        environment w, x = |+>
        step {
            apply SWAP(a, u); apply SWAP(b, v); apply SWAP(c, x)
            discard u, v, x
        }
        observe C = concurrence(a, b)
        observe p = population(a, 1)
        observe q = <X(c)>",
        3,
    );
    follows(&o, "C", 1, EXACT, |_| 0.6f64.sin());
    follows(&o, "p", 1, EXACT, |_| 0.3f64.sin().powi(2));
    follows(&o, "q", 1, EXACT, |_| 1.0);
}

/// A Bell pair with one qubit depolarized n times is a Werner state of weight w = (1 − p)ⁿ.
#[test]
fn a_depolarized_bell_pair_is_a_werner_state() {
    let o = run(
        "system a, b = (|00> + |11>)/√2
        step { apply depolarizing(a, 0.02) }
        observe C = concurrence(a, b)
        observe N = negativity(a, b)
        observe I = mutual_information(a, b)
        observe S = entropy(b)",
        100,
    );
    let weight = |n: f64| 0.98f64.powf(n);
    let x_ln_x = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
    let entropy = |w: f64| -x_ln_x((1.0 + 3.0 * w) / 4.0) - 3.0 * x_ln_x((1.0 - w) / 4.0);
    follows(&o, "C", 0, EXACT, |n| ((3.0 * weight(n) - 1.0) / 2.0).max(0.0));
    follows(&o, "N", 0, EXACT, |n| ((3.0 * weight(n) - 1.0) / 4.0).max(0.0));
    follows(&o, "I", 0, EXACT, |n| 2.0 * LN_2 - entropy(weight(n)));
    follows(&o, "S", 0, EXACT, |_| LN_2);
}

#[test]
fn thermal_populations_of_qubits_and_bosons() {
    let o = run(
        "system cold = thermal(-0.8/2*Z, 0)
        system warm = thermal(-0.8/2*Z, 0.5)
        system hot = thermal(-0.8/2*Z, inf)
        system c : boson(6) = thermal(0.8*number, 0.5)
        step { evolve Z(cold) for 0.1 }
        observe p0 = population(cold, 1)
        observe p1 = population(warm, 1)
        observe p2 = population(hot, 1)
        observe k0 = population(c, 0)
        observe k3 = population(c, 3)",
        2,
    );
    let x = (-0.8f64 / 0.5).exp();
    follows(&o, "p0", 0, EXACT, |_| 0.0);
    follows(&o, "p1", 0, EXACT, |_| x / (1.0 + x));
    follows(&o, "p2", 0, EXACT, |_| 0.5);
    let ground = (1.0 - x) / (1.0 - x.powi(6));
    follows(&o, "k0", 0, EXACT, |_| ground);
    follows(&o, "k3", 0, EXACT, |_| ground * x.powi(3));
    let o = run(
        "system cold : boson(4) = thermal(number, 0)
        system hot : boson(4) = thermal(number, inf)
        step { evolve number(cold) for 0.1 }
        observe k0 = population(cold, 0)
        observe k3 = population(hot, 3)",
        2,
    );
    follows(&o, "k0", 0, EXACT, |_| 1.0);
    follows(&o, "k3", 0, EXACT, |_| 0.25);
}

/// The Bloch vector v under partial swaps with units of Bloch vector w: v' = c²v + s²w − cs w×v. The last term rotates
/// v about w.
#[test]
fn homogenization_turns_the_coherence() {
    let o = run(
        "system s = |+i>
        environment e = (I + 0.3*X - 0.2*Y + 0.6*Z)/2
        gate P(a, b) = cos(0.12) + i*sin(0.12)*SWAP(a, b)
        step { apply P(s, e); discard e }
        observe v = bloch(s)",
        300,
    );
    let (w, (sin, cos)) = ([0.3, -0.2, 0.6], 0.12f64.sin_cos());
    let mut v = [0.0, 1.0, 0.0];
    let mut trajectory = vec![v];
    for _ in 0..300 {
        let cross: [f64; 3] =
            std::array::from_fn(|k| w[(k + 1) % 3] * v[(k + 2) % 3] - w[(k + 2) % 3] * v[(k + 1) % 3]);
        v = std::array::from_fn(|k| cos * cos * v[k] + sin * sin * w[k] - cos * sin * cross[k]);
        trajectory.push(v);
    }
    for (k, name) in ["v_x", "v_y", "v_z"].into_iter().enumerate() {
        follows(&o, name, 0, EXACT, |n| trajectory[crate::runs::index(n)][k]);
    }
    let pure = run(
        "system s = |+>\nenvironment e = |0>\nstep { apply partial_swap(s, e, 0.12); discard e }\nobserve v = bloch(s)",
        300,
    );
    follows(&pure, "v_x", 0, EXACT, |n| cos.powf(n) * (0.12 * n).cos());
    follows(&pure, "v_y", 0, EXACT, |n| -cos.powf(n) * (0.12 * n).sin());
    follows(&pure, "v_z", 0, EXACT, |n| 1.0 - cos.powf(2.0 * n));
}

#[test]
fn a_mixture_of_gates_is_the_channel() {
    let model = |noise: &str| {
        format!(
            "system s = cos(0.4)*|0> + exp(0.9i)*sin(0.4)*|1>\nstep {{ {noise}; apply RX(s, 0.2) }}\nobserve r = state(s)"
        )
    };
    for (mixture, channel) in [
        ("with probability 0.03 { apply Z(s) } else { }", "apply phaseflip(s, 0.03)"),
        ("with probability 0.9 { apply I(s) } else { apply X(s) }", "apply bitflip(s, 0.1)"),
        ("with probability 0.05 { reset s = mixed } else { }", "apply depolarizing(s, 0.05)"),
    ] {
        let (mixed, exact) = (run(&model(mixture), 100), run(&model(channel), 100));
        for (name, series) in exact.series() {
            follows(&mixed, name, 0, EXACT, |n| series.values[crate::runs::index(n)]);
        }
    }
}

#[test]
fn repeat_is_a_power() {
    let o = run(
        &exchange_model(
            "system s = |1>\nenvironment e = |0>\nstep { repeat 3 { apply exchange(s, e) }; discard e }\nobserve p = population(s, 1)",
        ),
        100,
    );
    follows(&o, "p", 0, EXACT, |n| (3.0 * THETA).cos().powf(2.0 * n));
}

/// A drive that grows with the number of the collision rotates the spin by its sum, Σ k = n(n+1)/2.
#[test]
fn a_growing_drive_rotates_by_its_sum() {
    let o =
        run("system s = |0>\nstep { let Ω = 0.01n; evolve Ω*X(s) for 1 }\nobserve z = <Z(s)>\nobserve y = <Y(s)>", 100);
    follows(&o, "z", 0, EXACT, |n| (0.01 * n * (n + 1.0)).cos());
    follows(&o, "y", 0, EXACT, |n| -(0.01 * n * (n + 1.0)).sin());
}

/// One excitation shared by several sites with amplitudes a: the concurrence of two of them is 2|a a'|.
#[test]
fn kept_units_stay_correlated() {
    let o = run(
        &exchange_model(
            "system s = |1>
            environment e = |0> keep 2
            step { apply exchange(s, e) }
            observe C1 = concurrence(s, e[-1])
            observe C12 = concurrence(e[-1], e[-2])
            observe p2 = population(e[-2], 1)",
        ),
        40,
    );
    let (s, c) = THETA.sin_cos();
    assert!(values(&o, "C1")[0].is_nan(), "no unit yet");
    assert!(values(&o, "C12")[1].is_nan(), "one unit");
    follows(&o, "C1", 1, EXACT, |n| 2.0 * s * c.powf(2.0 * n - 1.0));
    follows(&o, "C12", 2, EXACT, |n| 2.0 * s * s * c.powf(2.0 * n - 3.0));
    follows(&o, "p2", 2, EXACT, |n| s * s * c.powf(2.0 * n - 4.0));
}

/// A unit in |0⟩ collides with s1, then with s2: the excitation that s1 loses drives s2, P2 = n² sin⁴θ cos²ⁿ⁻²θ (a
/// Jordan block).
#[test]
fn a_cascade_of_two_spins() {
    let o = run(
        &exchange_model(
            "system s1 = |1>
            system s2 = |0>
            environment e = |0>
            step { apply exchange(s1, e); apply exchange(s2, e); discard e }
            observe p1 = population(s1, 1)
            observe p2 = population(s2, 1)",
        ),
        300,
    );
    let (s, c) = THETA.sin_cos();
    follows(&o, "p1", 0, EXACT, |n| c.powf(2.0 * n));
    follows(&o, "p2", 0, EXACT, |n| n * n * s.powi(4) * c.powf(2.0 * n - 2.0));
}

/// With full swaps of the units, s collides with the same state again and again and recovers its excitation.
#[test]
fn memory_revives_the_excitation() {
    let model = |angle: &str| {
        exchange_model(&format!(
            "system s = |1>
            environment e = |0>
            step {{ apply exchange(s, e); apply partial_swap(e, e', {angle}); discard e }}
            observe p = population(s, 1)"
        ))
    };
    follows(&run(&model("π/2"), 200), "p", 0, EXACT, |n| (THETA * n).cos().powi(2));
    follows(&run(&model("0"), 200), "p", 0, EXACT, |n| THETA.cos().powf(2.0 * n));
}

/// A ring of three spins has energies 3J (spin 3/2) and −3J (spin 1/2): one flipped spin revives with the frequency 6J.
#[test]
fn a_heisenberg_ring_conserves_energy_and_spin() {
    let ring = "param J = 0.3
        def bond(a, b) = X(a)*X(b) + Y(a)*Y(b) + Z(a)*Z(b)
        hamiltonian H = J*(bond(a, b) + bond(b, c) + bond(c, a))
        step { evolve H for 0.1 }
        observe E = <H>
        observe z = <Z(a) + Z(b) + Z(c)>
        observe p = population(a, 1)\n";
    let o = run(&format!("system a = |1>\nsystem b, c = |0>\n{ring}"), 300);
    follows(&o, "p", 0, EXACT, |n| (5.0 + 4.0 * (1.8 * 0.1 * n).cos()) / 9.0);
    follows(&o, "E", 0, EXACT, |_| -0.3);
    let o = run(&format!("system a = |0>\nsystem b = |+>\nsystem c = cos(0.3)*|0> + i*sin(0.3)*|1>\n{ring}"), 300);
    follows(&o, "E", 0, EXACT, |_| 0.3 * 0.6f64.cos());
    follows(&o, "z", 0, EXACT, |_| 1.0 + 0.6f64.cos());
    assert!(values(&o, "p").iter().any(|p| *p > 0.1), "the excitation moves");
}

/// `uncorrelate` keeps the marginals and nothing else.
#[test]
fn uncorrelate_leaves_the_marginals() {
    let o = run(
        "system a, b = cos(0.5)*|00> + sin(0.5)*|11>
        step {
            record before = mutual_information(a, b)
            uncorrelate a | b
            record after = mutual_information(a, b)
        }
        observe z = <Z(a)>
        observe zz = <Z(a)*Z(b)>
        observe f = fidelity(a, cos(0.5)*|0> + sin(0.5)*|1>)",
        3,
    );
    let (p, q) = (0.5f64.cos().powi(2), 0.5f64.sin().powi(2));
    assert!((values(&o, "before")[1] + 2.0 * (p * p.ln() + q * q.ln())).abs() < EXACT);
    follows(&o, "after", 1, EXACT, |_| 0.0);
    follows(&o, "z", 0, EXACT, |_| p - q);
    follows(&o, "zz", 1, EXACT, |_| (p - q).powi(2));
    follows(&o, "f", 0, EXACT, |_| p * p + q * q);
}

/// Gates on the most significant and the least significant qubit: |first second⟩ in order of declaration.
#[test]
fn the_first_declared_is_the_most_significant() {
    let o = run(
        "system a, b = |0>\nstep { apply H(a); apply CNOT(a, b); apply S(b) }\nobserve r = state(a, b)\nobserve y = <Y(a)*X(b)>",
        1,
    );
    // (|00⟩ + i|11⟩)/√2: ρ(11, 00) = i/2
    assert!((values(&o, "r_11_00_im")[1] - 0.5).abs() < EXACT);
    assert!((values(&o, "r_01_01_re")[1]).abs() < EXACT);
    assert!((values(&o, "y")[1] - 2.0 * FRAC_1_SQRT_2 * FRAC_1_SQRT_2).abs() < EXACT);
}
