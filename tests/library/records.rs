//! Records that use earlier records of the same step: the energy balance of a collision.

use carom::experiment::Backend;

use crate::runs::{Checked, values};

const ALL: [Backend; 4] = [Backend::Auto, Backend::Density, Backend::StepMap, Backend::Reference];

/// A qubit collides with thermal units of another splitting. The collision V does not commute with H_s + H_e, so switching it
/// on and off takes work. In each collision ΔE_s + Q + W = 0 with the heat Q = ΔE_e that goes into the unit and
/// W = −Δ(E_s + E_e), and the entropy production is Σ = ΔS_s + Q/T = I(s:e) + D(ρ_e'‖ρ_e) (Esposito, Lindenberg and Van den
/// Broeck, New J. Phys. 12, 013013 (2010)).
const LEDGER: &str = "param ω = 1\nparam Ω = 1.3\nparam T = 0.7
system s = 0.3*|0><0| + 0.7*|1><1|
environment e = thermal(-Ω/2*Z, T)
step {
    record E0 = -ω/2*<Z(s)>
    record U0 = -Ω/2*<Z(e)>
    record S0 = entropy(s)
    record before = E0 + U0
    evolve 0.8*(X(s)*X(e) + 0.4*Y(s)*Y(e)) - ω/2*Z(s) for 0.5
    record ΔE = -ω/2*<Z(s)> - E0
    record Q = -Ω/2*<Z(e)> - U0
    record W = before - (-ω/2*<Z(s)> - Ω/2*<Z(e)>)
    record balance = ΔE + Q + W
    record Σ1 = entropy(s) - S0 + Q/T
    record Σ2 = mutual_information(s, e) + relative_entropy(e, thermal(-Ω/2*Z, T))
    record both = Σ1 - Σ2
    discard e
}
observe p = population(s, 1)
";

#[test]
fn energy_and_entropy_are_balanced_in_each_collision() {
    for backend in ALL {
        let outcome = Checked::text(&format!("{LEDGER}experiment t {{ run 100 }}")).run_as_written("t", backend);
        let [balance, both, sigma, work] = ["balance", "both", "Σ1", "W"].map(|name| values(&outcome, name));
        assert!(balance[1..].iter().all(|x| x.abs() < 1e-14), "{backend:?}: {balance:?}");
        assert!(both[1..].iter().all(|x| x.abs() < 1e-13), "{backend:?}: {both:?}");
        assert!(sigma[1..].iter().all(|x| *x >= 0.0) && work[1].abs() > 1e-3, "{backend:?}");
    }
}

/// A sweep computes only what its table needs, which includes the records from which a collected one is computed.
#[test]
fn a_sweep_computes_the_records_that_a_collected_one_uses() {
    let text = format!("{LEDGER}experiment t {{ run 20; sweep ω = [0.5, 1]; collect b = last(balance), w = last(W) }}");
    let swept = Checked::text(&text).sweep("t");
    let single = Checked::text(&format!("{LEDGER}experiment t {{ run 20 }}")).run("t");
    assert!(swept.row(0)[0].abs() < 1e-14 && swept.row(1)[0].abs() < 1e-14);
    assert!((swept.row(1)[1] - values(&single, "W")[20]).abs() < 1e-14);
}

/// For the state (1 − q)|0⟩⟨0| + q|1⟩⟨1| and H = −ω/2 Z the ergotropy is ω max(0, 2q − 1); a pure state has its whole energy
/// above the ground state; a unitary of the state and of H changes nothing.
#[test]
fn ergotropy_has_its_closed_forms() {
    let text =
        "param q = 0.7\nparam ω = 1.5\nsystem a = (1 - q)*|0><0| + q*|1><1|\nsystem b = cos(0.4)*|0> + sin(0.4)*|1>
        system c : qudit(3) = thermal(number, 0.6)\nsystem d : boson(3) = 0.2*|0><0| + 0.5*|1><1| + 0.3*|2><2|
        hamiltonian H(s) = -ω/2*Z(s)\nstep { apply RX(a, 0.3) }
        observe A = ergotropy(a, H(a))\nobserve B = ergotropy(b, -ω/2*Z)\nobserve C = ergotropy(c, number)
        observe D = ergotropy(d, number)\nexperiment t { run 1 }";
    for backend in [Backend::Density, Backend::Reference] {
        for q in [0.7, 0.5, 0.2] {
            let outcome = Checked::text(text).set(&format!("q={q}")).run_as_written("t", backend);
            let [a, b, c, d] = ["A", "B", "C", "D"].map(|name| values(&outcome, name));
            assert!((a[0] - 1.5 * (2.0 * q - 1.0_f64).max(0.0)).abs() < 1e-14, "{q}: {}", a[0]);
            // after the rotation: Tr ρH + ω/2 (2 max(q, 1 − q) − 1)
            let turned = 0.75 * (2.0 * q - 1.0) * 0.3_f64.cos() + 0.75 * (2.0 * q - 1.0_f64).abs();
            assert!((a[1] - turned).abs() < 1e-14, "{q}: {} {turned}", a[1]);
            assert!((b[0] - 1.5 * 0.4_f64.sin().powi(2)).abs() < 1e-14 && c[0].abs() < 1e-14);
            // Tr ρH = 1.1, passive: 0.5·0 + 0.3·1 + 0.2·2 = 0.7
            assert!((d[0] - 0.4).abs() < 1e-14, "{}", d[0]);
        }
    }
}
