//! Post-selection under `trajectories`: a trajectory ends at the collision in which its outcomes violate the condition. All
//! seeds are fixed, so that no test depends on chance.

use std::sync::atomic::{AtomicU64, Ordering};

use carom::diagnostic::Code;
use carom::experiment::sweep::Keeping;
use carom::experiment::{Backend, Control, Options, Outcome, Setup, Trajectories};

use crate::runs::{Checked, values};

/// Five standard errors: a mean is farther from its expectation with a probability below 1e-6.
const FIVE: f64 = 5.0;

const ENGINES: [Backend; 4] = [Backend::Auto, Backend::Density, Backend::Reference, Backend::Pure];

/// A qubit 0.6|0⟩ + 0.8|1⟩ that exchanges its excitation with a fresh unit by the angle θ; trajectories without a click of the
/// detector of the unit are selected.
const NO_CLICK: &str = "param θ = 0.3\nsystem s = 0.6*|0> + 0.8*|1>\nenvironment e = |0>
    step {
        evolve θ/2*(X(s)*X(e) + Y(s)*Y(e)) for 1
        measure e as k
        postselect k == 0
        discard e
    }
    observe p = population(s, 1)\n";

/// Without a click the amplitude of |1⟩ is multiplied by cos θ in each collision, so success = 0.36 + 0.64 cos²ⁿθ, and all
/// trajectories that are left have the same state, in which |1⟩ has the population 0.64 cos²ⁿθ / success.
#[test]
fn the_fraction_without_clicks_has_the_closed_form() {
    let text =
        format!("{NO_CLICK}experiment t {{ run 20; trajectories 1500 seed 3; expect min(trajectory(p, 1)) > 0 }}");
    let checked = Checked::text(&text);
    for backend in ENGINES {
        let outcome = checked.run_as_written("t", backend);
        let [success, error, p, spread] =
            ["success", "stderr(success)", "p", "stderr(p)"].map(|name| values(&outcome, name));
        for n in 1..=20_usize {
            let left = 0.64 * 0.3_f64.cos().powi(2 * i32::try_from(n).expect("few collisions"));
            let (exact, m) = (0.36 + left, success[n]);
            assert!((m - exact).abs() < FIVE * error[n], "{backend:?}, {n}: {m} ± {}, exactly {exact}", error[n]);
            // The standard error of a fraction of 1500 trajectories.
            assert!((error[n] - (m * (1.0 - m) / 1499.0).sqrt()).abs() < 1e-12, "{backend:?}, {n}: {}", error[n]);
            assert!((m * 1500.0 - (m * 1500.0).round()).abs() < 1e-6, "{backend:?}, {n}: {m} of 1500 trajectories");
            assert!((p[n] - left / exact).abs() < 1e-12 && spread[n] < 1e-12, "{backend:?}, {n}: {}", p[n]);
        }
        assert!(success[20] < 0.6, "{backend:?}: {}", success[20]);
    }
}

/// Each collision has a measurement that selects and one that does not, so that the selected state is random.
const TWO_OUTCOMES: &str = "param g = 0.35\nsystem s, q = |+>\nenvironment e, d = |0>
    step {
        evolve Z(s)*Z(q) + 0.4*X(q) for 0.5
        evolve g*(X(s)*X(e) + Y(s)*Y(e)) for 1
        evolve 0.5*Z(q)*Y(d) for 1
        measure e as k
        measure X(d) as r
        record before = <Z(s)>
        postselect k == 0 or r > 0
        when r > 0 { apply RY(q, 0.4) }
        apply dephasing(s, 0.05)
        discard e, d
    }
    observe z = <Z(s)>\nobserve x = <X(q)>\nobserve c = <Z(s)*Z(q)>\n";

/// The means over the trajectories that are left are those of the exact selected state; records and outcomes before the
/// selection are those of the trajectories selected so far. With a state vector, the dephasing is sampled too.
#[test]
fn means_over_what_is_left_are_those_of_the_exact_run() {
    let text =
        format!("{TWO_OUTCOMES}experiment exact {{ run 8 }}\nexperiment t {{ run 8; trajectories 3000 seed 2 }}");
    let checked = Checked::text(&text);
    let exact = checked.run("exact");
    for backend in [Backend::Density, Backend::Pure] {
        let outcome = checked.run_as_written("t", backend);
        for name in ["z", "x", "c", "r", "k", "before", "success"] {
            let (expected, mean) = (values(&exact, name), values(&outcome, name));
            let error = values(&outcome, &format!("stderr({name})"));
            for n in 1..=8 {
                let off = (mean[n] - expected[n]).abs();
                assert!(
                    off < FIVE * error[n],
                    "{backend:?}, {name} at {n}: {} ± {}, {}",
                    mean[n],
                    error[n],
                    expected[n]
                );
                assert!(error[n] > 1e-4 && error[n] < 0.05, "{backend:?}, {name} at {n}: {}", error[n]);
            }
        }
        let success = values(&outcome, "success");
        assert!(success[8] < 0.8 && success[8] > 0.1, "{backend:?}: {}", success[8]);
    }
}

/// In the collision in which a trajectory fails, it still has what was recorded before the condition, and nothing after it.
#[test]
fn a_trajectory_ends_where_its_outcomes_violate_the_condition() {
    let text = "system s = |0>\nstep {\n  apply RX(s, 0.8)\n  measure Z(s) as r\n  record before = <Z(s)>\n  \
                postselect r > 0\n  record after = <Z(s)>\n}\nobserve z = <Z(s)>\n\
                experiment t { run 12; trajectories 2 seed SEED\n  let a = trajectory(success, 1) + trajectory(r, 1) + \
                trajectory(before, 1) + trajectory(after, 1) + trajectory(z, 1) }";
    let failed_at = |success: &[f64]| (1..=12).find(|n| success[*n] == 0.0);
    let run = |seed: u64, backend| Checked::text(&text.replace("SEED", &seed.to_string())).run_as_written("t", backend);
    let late = |seed: &u64| {
        let success = values(&run(*seed, Backend::Reference), "trajectory(success, 1)");
        failed_at(&success[..]).is_some_and(|n| n > 2)
    };
    let seed = (1..30).find(late).expect("it fails after collision 2 with a probability of about a half");
    for backend in ENGINES {
        let outcome = run(seed, backend);
        let [success, r, before, after, z] =
            ["success", "r", "before", "after", "z"].map(|name| values(&outcome, &format!("trajectory({name}, 1)")));
        let failed = failed_at(&success[..]).expect("it fails on every engine");
        for n in 1..failed {
            assert_eq!(success[n].to_bits(), 1.0_f64.to_bits(), "{backend:?}, {n}");
            assert!([r[n], before[n], after[n], z[n]].iter().all(|x| (x - 1.0).abs() < 1e-12), "{backend:?}, {n}");
        }
        assert!((r[failed] + 1.0).abs() < 1e-12 && (before[failed] + 1.0).abs() < 1e-12, "{backend:?}");
        assert!(after[failed].is_nan() && z[failed].is_nan() && success[failed] == 0.0, "{backend:?}");
        for n in failed + 1..=12 {
            assert!(
                [r[n], before[n], after[n], z[n]].iter().all(|x| x.is_nan()) && success[n] == 0.0,
                "{backend:?}, {n}"
            );
        }
    }
}

/// A qubit that is found in |0⟩ and |1⟩ equally often; in the case `never`, only in |1⟩.
const LOST: &str =
    "param φ = π/2\nsystem s = |0>\nstep { reset s = |0>; apply RX(s, φ); measure Z(s) as r; postselect r > 0 }
    observe x = <X(s)>\n";

fn lost(outcome: &Outcome) -> Vec<String> {
    outcome.warnings.iter().filter(|d| d.code == Code::NeverSelected).map(|d| d.message.clone()).collect()
}

#[test]
fn where_no_trajectory_is_left_values_are_missing_with_a_reason() {
    let text = format!(
        "{LOST}experiment t {{ run 60; trajectories 16 seed 2 }}\nexperiment c {{ run 6; trajectories 64\n  \
         case often {{ set φ = 0.3 }}\n  case never {{ set φ = π }} }}\n\
         experiment p {{ run 6; trajectories 64; sweep φ = [0.3, π]; collect y = last(x) }}"
    );
    let checked = Checked::text(&text);
    let outcome = checked.run("t");
    let (success, x) = (values(&outcome, "success"), values(&outcome, "x"));
    let end = (1..=60).find(|n| success[*n] == 0.0).expect("all have failed with a probability above 1 - 1e-16");
    assert!(end > 1 && success[end - 1] > 0.0 && success[end..].iter().all(|s| *s == 0.0));
    assert!(x[..end].iter().all(|x| !x.is_nan()) && x[end..].iter().all(|x| x.is_nan()));
    let [message] = &lost(&outcome)[..] else { panic!("one warning: {:?}", outcome.warnings) };
    assert!(message.starts_with(&format!("in collision {end}, the last of 16 trajectories fails")), "{message}");

    let compared = checked.run("c");
    let [message] = &lost(&compared)[..] else { panic!("one warning: {:?}", compared.warnings) };
    assert!(message.starts_with("in collision 1, the last of 64 trajectories of case `never` fails"), "{message}");
    assert!(values(&compared, "success in often")[6] > 0.7);

    let reasons = crate::runs::covered(&checked.sweep_with_reasons("p")).reasons.clone();
    let reasons: Vec<(&usize, &String)> = reasons.iter().collect();
    let [(1, reason)] = reasons[..] else { panic!("one point without a value: {reasons:?}") };
    assert!(reason.contains("the last of 64 trajectories fails"), "{reason}");
}

fn bits(outcome: &Outcome) -> Vec<Vec<u64>> {
    outcome.series().map(|(_, s)| s.values.iter().map(|x| x.to_bits()).collect()).collect()
}

#[test]
fn threads_and_interruptions_do_not_change_what_is_left() {
    let checked = Checked::text(&format!(
        "{LOST}experiment t {{ run 20; trajectories 600 seed 4\n  let a = trajectory(success, 7)\n  save \"all.csv\" x, success }}"
    ));
    let once = checked.run("t");
    assert!(lost(&once).len() == 1 && values(&once, "success")[5] > 0.0);
    let options = Options::default();
    let folder = tempfile::tempdir().expect("a folder");
    let with = |threads: usize, resume: bool, stop_after: u64| {
        let asked = AtomicU64::new(0);
        let interrupted = || asked.fetch_add(1, Ordering::Relaxed) >= stop_after;
        let control = Control { interrupted: &interrupted, progress: &|_, _| {} };
        let keeping = Keeping { journal: &folder.path().join("journal"), resume, threads };
        let all =
            Trajectories::new(Setup::new(checked.program(), checked.experiment("t"), &options, checked.sources()));
        let outcome = all.expect("it is correct").run(keeping, &control).expect("it runs");
        (outcome, asked.load(Ordering::Relaxed))
    };
    for threads in [1, 2, 3] {
        assert_eq!(bits(&with(threads, false, u64::MAX).0), bits(&once), "{threads} threads");
    }
    let (_, asked) = with(2, false, u64::MAX);
    let (stopped, _) = with(2, false, asked / 2);
    let done = stopped.sampled.as_ref().expect("it has trajectories").done;
    assert!(stopped.interrupted() && done > 0 && done < 600, "{done}");
    for resumed in [with(2, true, u64::MAX).0, with(1, true, u64::MAX).0] {
        assert_eq!((bits(&resumed), lost(&resumed)), (bits(&once), lost(&once)), "resumed");
    }
}

/// Without outcomes in the condition, a drawn parameter decides which trajectories are left.
#[test]
fn a_condition_on_a_drawn_parameter_selects_trajectories() {
    let text = "param ω = 0\nsystem s = |+>\nstep { postselect ω < 0.25 or n < 3; evolve -ω/2*Z(s) for 1 }\n\
                observe x = <X(s)>\nexperiment t { draw ω = uniform(0, 1); run 4; trajectories 2000 seed 5 }";
    let outcome = Checked::text(text).run("t");
    let [success, error, x] = ["success", "stderr(success)", "x"].map(|name| values(&outcome, name));
    assert!((success[2] - 1.0).abs() < 1e-12 && (success[4] - 0.25).abs() < FIVE * error[4] && error[4] > 1e-3);
    // The mean of cos 4ω over the frequencies that are left is sin(1); over all of them it is sin(4)/4.
    assert!((x[4] - 1.0_f64.sin()).abs() < FIVE * values(&outcome, "stderr(x)")[4], "{}", x[4]);
}

/// The cases have different numbers of series.
#[test]
fn the_case_without_trajectories_is_named_if_sizes_differ() {
    let text = "param L = 2\nparam φ = 0.3\nsystem s[L] = |0>\nstep { reset s[L] = |0>; apply RX(s[L], φ); measure Z(s[L]) as r; \
                postselect r > 0 }\nobserve x[k in 1..L] = <X(s[k])>\nexperiment c { run 6; trajectories 64\n  \
                case often { set L = 3 }\n  case never { set φ = π; set L = 1 }\n  case always { set φ = 0 } }";
    let outcome = Checked::text(text).run("c");
    let [message] = &lost(&outcome)[..] else { panic!("one warning: {:?}", outcome.warnings) };
    assert!(message.starts_with("in collision 1, the last of 64 trajectories of case `never` fails"), "{message}");
    let last = |case: &str| values(&outcome, &format!("success in {case}"))[6];
    assert!(last("often") > 0.7 && last("often") < 1.0 && last("never") == 0.0 && last("always") == 1.0);
}
