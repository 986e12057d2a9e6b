//! Post-selection against closed forms: the normalised state, and the probability that every selection succeeded.

use carom::diagnostic::Code;
use carom::experiment::Backend;

use crate::runs::{Checked, values};

const ALL: [Backend; 4] = [Backend::Auto, Backend::Density, Backend::StepMap, Backend::Reference];

/// A qubit c₀|0⟩ + c₁|1⟩ that exchanges its excitation with a fresh unit by the angle θ; no click of a detector of the unit
/// is selected. Without a click the amplitude of |1⟩ is multiplied by cos θ, so after n collisions
/// success = |c₀|² + |c₁|² cos²ⁿθ and the excited population is |c₁|² cos²ⁿθ / success.
fn no_click(run: &str) -> String {
    format!(
        "param θ = 0.05\nparam c = 0.6\nsystem s = √(1 - c^2)*|0> + c*|1>\nenvironment e = |0>
         step {{
             evolve θ/2*(X(s)*X(e) + Y(s)*Y(e)) for 1
             measure e as k
             postselect k == 0
             discard e
         }}
         observe p = population(s, 1)\nobserve x = <X(s)>\nobserve P = purity(s)
         experiment t {{ {run} }}"
    )
}

#[test]
fn the_absence_of_clicks_is_evidence_for_the_ground_state() {
    let text = no_click("run 2000");
    for backend in ALL {
        let outcome = Checked::text(&text).run_as_written("t", backend);
        let [success, p, x, purity] = ["success", "p", "x", "P"].map(|name| values(&outcome, name));
        for n in 1..=2000 {
            let left = 0.36 * 0.05_f64.cos().powi(2 * i32::try_from(n).unwrap());
            let exact = 0.64 + left;
            assert!((success[n] - exact).abs() < 1e-12, "{backend:?}, {n}: {:e}", success[n] - exact);
            assert!((p[n] - left / exact).abs() < 1e-12, "{backend:?}, {n}: {:e}", p[n] - left / exact);
            // the state stays pure: ⟨X⟩ = 2 √(p₀ p₁)
            assert!((x[n] - 2.0 * (0.64 * left).sqrt() / exact).abs() < 1e-12, "{backend:?}, {n}");
            assert!((purity[n] - 1.0).abs() < 1e-11, "{backend:?}, {n}: {}", purity[n]);
        }
    }
}

/// At n = 10⁶, of which all but the last are skipped by powers of the map. Without damping by the selection, the error of
/// a power grows as n times the rounding error of its entries.
#[test]
fn powers_reach_a_million_collisions() {
    let text = no_click("run 1000000; sweep θ = [0.05, 0.0005]; collect S = last(success), q = last(p)");
    let swept = Checked::text(&text).sweep_as_written("t", Backend::StepMap);
    for (point, theta) in [0.05_f64, 0.0005].into_iter().enumerate() {
        let [success, p] = swept.row(point)[..] else { panic!("two columns") };
        let left = 0.36 * (2e6 * theta.cos().ln()).exp();
        assert!((success - 0.64 - left).abs() < 1e-9, "{theta}: {:e}", success - 0.64 - left);
        assert!((p - left / (0.64 + left)).abs() < 1e-9, "{theta}: {p}");
    }
}

/// Zeno effect: a qubit that turns by θ in each collision is found in |0⟩ each time with probability cos²(θ/2), so success is
/// cos²ⁿ(θ/2), here down to 1e-400, below the smallest double, while the normalised state stays |0⟩.
#[test]
fn success_may_become_smaller_than_any_double() {
    let text = "param θ = 0.9\nsystem s = |0>\nstep { apply RX(s, θ); measure Z(s) as r; postselect r > 0 }
                observe z = <Z(s)>\nexperiment t { run 5000 }";
    for backend in ALL {
        let outcome = Checked::text(text).run_as_written("t", backend);
        let (success, z) = (values(&outcome, "success"), values(&outcome, "z"));
        for n in [1, 10, 100, 1000, 5000] {
            let exact = (2.0 * f64::from(u32::try_from(n).unwrap()) * 0.45_f64.cos().ln()).exp();
            assert!((success[n] - exact).abs() <= 1e-11 * exact + 1e-300, "{backend:?}, {n}: {:e}", success[n]);
            assert!((z[n] - 1.0).abs() < 1e-14, "{backend:?}, {n}: {}", z[n]);
        }
        assert!(success[1000] > 0.0 && success[5000] < 1e-300, "{backend:?}");
    }
}

/// A record before the selection reads the state of all runs selected so far; one after it reads the selected state.
#[test]
fn a_record_reads_the_state_at_its_place() {
    let text = "system s = |0>\nstep {
                    apply RX(s, 0.8)
                    record before = <Z(s)>
                    measure Z(s) as r
                    record between = <Z(s)>
                    postselect r < 0 or n < 0
                    record behind = <Z(s)>
                }\nobserve z = <Z(s)>\nexperiment t { run 3 }";
    for backend in [Backend::Auto, Backend::Density, Backend::Reference] {
        let outcome = Checked::text(text).run_as_written("t", backend);
        let [before, between, behind, r, success] =
            ["before", "between", "behind", "r", "success"].map(|name| values(&outcome, name));
        let (cos, click) = (0.8_f64.cos(), 0.4_f64.sin().powi(2));
        let stays = 0.4_f64.cos().powi(2);
        for (n, sign, probability) in [(1, 1.0, click), (2, -1.0, click * stays), (3, -1.0, click * stays * stays)] {
            for value in [before[n], between[n], r[n]] {
                assert!((value - sign * cos).abs() < 1e-14, "{backend:?}, {n}: {value}");
            }
            assert!((behind[n] + 1.0).abs() < 1e-14, "{backend:?}, {n}: {}", behind[n]);
            assert!((success[n] - probability).abs() < 1e-14, "{backend:?}, {n}: {}", success[n]);
        }
    }
}

/// |0⟩ is never found in |1⟩. From the second collision on nothing is left; the reason is a warning.
#[test]
fn a_selection_that_cannot_succeed_leaves_missing_values() {
    let text = "system s = |0>\nstep { record z1 = <Z(s)>; measure Z(s) as r; apply X(s); postselect r > 0 }
                observe z = <Z(s)>\nexperiment t { run 40 }";
    for backend in ALL {
        let outcome = Checked::text(text).run_as_written("t", backend);
        let [z, success, r] = ["z", "success", "r"].map(|name| values(&outcome, name));
        assert_eq!((z.len(), outcome.collisions), (41, 40), "{backend:?}");
        assert!((z[1] + 1.0).abs() < 1e-14 && (success[1] - 1.0).abs() < 1e-14, "{backend:?}");
        assert!(z[2..].iter().chain(&r[2..]).all(|value| value.is_nan()), "{backend:?}: {z:?}");
        assert!(success[2..].iter().all(|value| *value == 0.0), "{backend:?}: {success:?}");
        let warning = outcome.warnings.iter().find(|d| d.code == Code::NeverSelected).expect("a warning");
        assert!(warning.message.contains("in collision 2"), "{backend:?}: {}", warning.message);
    }
}

/// A condition without outcomes that does not hold selects nothing.
#[test]
fn a_condition_on_n_may_end_the_selection() {
    let text = "system s = |+>\nstep { postselect n < 3 }\nobserve x = <X(s)>\nexperiment t { run 4 }";
    for backend in [Backend::Density, Backend::Reference] {
        let outcome = Checked::text(text).run_as_written("t", backend);
        let (x, success) = (values(&outcome, "x"), values(&outcome, "success"));
        assert!((x[2] - 1.0).abs() < 1e-14 && x[3].is_nan() && success[1..] == [1.0, 1.0, 0.0, 0.0], "{backend:?}");
    }
}
