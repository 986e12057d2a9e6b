//! Experiments with `trajectories`: means against closed forms, standard errors, and the same bits in every way of
//! running them. All seeds are fixed, so that no test depends on chance.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use carom::diagnostic::Code;
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Backend, Control, Options, Outcome, Setup, Trajectories};

use proptest::strategy::{Strategy, ValueTree};

use crate::precision::measure_of;
use crate::random::choices::choices;
use crate::random::script::script;
use crate::random::search::runner;
use crate::runs::{Checked, let_values, refusals, values};

/// Five standard errors: a mean is farther from its expectation with a probability below 1e-6.
const FIVE: f64 = 5.0;

/// Checks that a mean is within five standard errors of its expectation in every collision, and that the standard error
/// is not zero after the initial state.
fn close(outcome: &Outcome, name: &str, expected: impl Fn(f64) -> f64) {
    let (mean, error) = (values(outcome, name), values(outcome, &format!("stderr({name})")));
    for (n, (x, e)) in mean.iter().zip(&error[..]).enumerate() {
        let exact = expected(n as f64);
        assert!((x - exact).abs() <= FIVE * e + 1e-12, "n = {n}: {x} ± {e}, expected {exact}");
        assert!(n == 0 || *e > 0.0, "n = {n}: no spread");
    }
}

const DEPHASING: &str = "param p = 0.1\nsystem s = |+>\nstep { with probability p { apply Z(s) } }\n\
    observe x = <X(s)>\nobserve P = purity(s)\n";

/// Each collision multiplies the coherence by −1 with probability p, so that ⟨X(n)⟩ = (1 − 2p)ⁿ on average. Each trajectory
/// is pure, although the mean state is not: a nonlinear measure is the average over the conditional states.
#[test]
fn sampled_dephasing_has_the_exact_mean() {
    let text = format!("{DEPHASING}experiment t {{ run 20; trajectories 10000 seed 3 }}\nexperiment e {{ run 20 }}");
    let checked = Checked::text(&text);
    let outcome = checked.run("t");
    close(&outcome, "x", |n| 0.8_f64.powf(n));
    assert!(values(&outcome, "P").iter().all(|p| (p - 1.0).abs() < 1e-12));
    assert!(values(&checked.run("e"), "P")[20] < 0.51);
    let sampled = outcome.sampled.expect("it has trajectories");
    assert_eq!((sampled.trajectories, sampled.done, sampled.seed), (10_000, 10_000, 3));
    assert_eq!(sampled.what, ["`with probability`"]);
}

/// A value ±1 of mean m = (1 − 2p)ⁿ has variance v = 1 − m² and kurtosis κ = (1 + 3m²)/v. The relative standard deviation
/// of an estimated standard deviation is √((κ − 1)/K)/2: here 0.019 for 1000 trajectories and half of it for 4000, so the
/// ratio of the standard errors, 2 on average, has a standard deviation of 0.042.
#[test]
fn the_standard_error_falls_as_the_root_of_the_number() {
    let text = format!(
        "{DEPHASING}experiment few {{ run 3; trajectories 1000 seed 5 }}\n\
         experiment many {{ run 3; trajectories 4000 seed 6 }}"
    );
    let checked = Checked::text(&text);
    let error = |name: &str| values(&checked.run(name), "stderr(x)")[3];
    let ratio = error("few") / error("many");
    assert!((ratio - 2.0).abs() < FIVE * 0.042, "{ratio}");
    let exact = ((1.0 - 0.8_f64.powi(6)) / 1000.0).sqrt();
    assert!((error("few") / exact - 1.0).abs() < FIVE * 0.019, "{} {exact}", error("few"));
}

/// ⟨X⟩ = cos(ωnτ) for each ω. For a normal ω, the mean is cos(μnτ) exp(−(σnτ)²/2).
#[test]
fn static_disorder_dephases_as_a_gaussian() {
    let text = "param ω = 1\nsystem s = |+>\nstep { evolve -ω/2*Z(s) for 0.5 }\nobserve x = <X(s)>\n\
                experiment t { draw ω = ω + normal(0, 0.3); run 12; trajectories 2000 seed 11 }";
    let outcome = Checked::text(text).run("t");
    close(&outcome, "x", |n| (0.5 * n).cos() * (-(0.3 * 0.5 * n).powi(2) / 2.0).exp());
    assert_eq!(outcome.sampled.expect("it has trajectories").what, ["ω"]);
    // Without the random part, all trajectories have the value that the experiment sets.
    let parameters = outcome.parameters;
    assert!(parameters.contains(&("ω".into(), "1".into())), "{parameters:?}");
}

/// A rotation by a normal angle in each collision multiplies the coherence by exp(−σ²/2) on average. Inside `repeat`, each
/// repetition has an angle of its own: with the same angle twice, the factor would be exp(−2σ²).
#[test]
fn random_angles_dephase_in_each_collision_and_repetition() {
    let text = "param σ = 0.4\nsystem s, r = |+>\nstep {\n  let φ = normal(0, σ)\n  apply RZ(s, φ)\n  \
                repeat 2 { let ϑ = normal(0, σ); apply RZ(r, ϑ) }\n}\nobserve x = <X(s)>\nobserve y = <X(r)>\n\
                experiment t { run 8; trajectories 2000 seed 2 }";
    let outcome = Checked::text(text).run("t");
    close(&outcome, "x", |n| (-n * 0.16 / 2.0).exp());
    close(&outcome, "y", |n| (-n * 0.16).exp());
    assert_eq!(outcome.sampled.expect("it has trajectories").what, ["random numbers of the step"]);
}

/// A `repeat` of a mixture is a power of the mean map in a single run; a trajectory takes a branch in each repetition.
#[test]
fn a_mixture_inside_repeat_is_sampled_in_each_repetition() {
    let text = "param p = 0.1\nsystem s = |+>\nstep { repeat 50 { with probability p { apply Z(s) } } }\n\
                observe x = <X(s)>\nobserve P = purity(s)\nexperiment t { run 2; trajectories 500 seed 4 }";
    let outcome = Checked::text(text).run("t");
    assert!(values(&outcome, "P").iter().all(|p| (p - 1.0).abs() < 1e-12));
    // After 50 repetitions, ±1 are equally likely within 0.8⁵⁰ = 1e-5.
    assert!((values(&outcome, "stderr(x)")[1] - 1.0 / 500.0_f64.sqrt()).abs() < 0.002);
}

/// A qubit meets an ancilla, which is measured; a rotation of the qubit depends on the outcome.
const FEEDBACK: &str = "param β = 0.7\nsystem s = |0>\nenvironment e = |+>\nstep {\n  \
    evolve 0.6*X(s)*X(e) + 0.9*Z(s)*Y(e) for 0.5\n  measure Z(e) as r\n  \
    when r > 0 { apply RY(s, -β) } else { apply RY(s, β) }\n  discard e\n}\n\
    observe z = <Z(s)>\nobserve x = <X(s)>\nobserve P = purity(s)\n";

/// The means of outcomes, and of what is linear in the state, are those of the exact run. The state of each trajectory is
/// conditioned on its outcomes, and stays pure.
#[test]
fn sampled_feedback_has_the_exact_mean() {
    let text =
        format!("{FEEDBACK}experiment exact {{ run 20 }}\nexperiment sampled {{ run 20; trajectories 4000 seed 3 }}");
    let checked = Checked::text(&text);
    let (exact, sampled) = (checked.run("exact"), checked.run("sampled"));
    for name in ["z", "x", "r"] {
        let (expected, mean) = (values(&exact, name), values(&sampled, name));
        let error = values(&sampled, &format!("stderr({name})"));
        for n in 1..=20 {
            assert!((mean[n] - expected[n]).abs() < FIVE * error[n], "{name} at {n}: {} ± {}", mean[n], error[n]);
            assert!(error[n] > 1e-4 && error[n] < 0.02, "{name} at {n}: {}", error[n]);
        }
    }
    assert!(values(&sampled, "P").iter().all(|p| (p - 1.0).abs() < 1e-10));
    assert!(values(&exact, "P")[1..].iter().all(|p| *p < 0.97));
    assert_eq!(sampled.sampled.expect("it has trajectories").what, ["outcomes of measurements"]);
}

/// A point of a sweep computes only what is collected. The state is conditioned on an outcome even if its series is not
/// needed and nothing else reads it.
#[test]
fn an_outcome_that_is_not_read_is_sampled() {
    let text = "param g = 0.4\nsystem s = |+>\nenvironment e = |0>\n\
                step { evolve g*X(s)*X(e) for 1; measure Y(e) as r; discard e }\nobserve P = purity(s)\n\
                experiment t { run 5; trajectories 20; sweep g = [0.4, 0.5]; collect P5 = last(P) }";
    let checked = Checked::text(text);
    let options = Options::default();
    let sweep = Sweep::new(Setup::new(checked.program(), checked.experiment("t"), &options, checked.sources()))
        .expect("correct");
    let folder = tempfile::tempdir().expect("a folder");
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 2 };
    let swept = sweep.run(keeping, &Control::none()).expect("it runs");
    let purities = swept.collected("P5").expect("a column");
    assert!(purities.iter().all(|p| (p - 1.0).abs() < 1e-10), "{purities:?}");
}

fn bits(outcome: &Outcome) -> Vec<Vec<u64>> {
    outcome.series().map(|(_, s)| s.values.iter().map(|x| x.to_bits()).collect()).collect()
}

const DISORDER: &str = include_str!("../data/trajectories/disorder.carom");

/// Runs trajectories with a journal, which a test can keep.
fn journalled(
    checked: &Checked,
    name: &str,
    options: &Options,
    keeping: Keeping<'_>,
    control: &Control<'_>,
) -> Outcome {
    let trajectories =
        Trajectories::new(Setup::new(checked.program(), checked.experiment(name), options, checked.sources()));
    trajectories.expect("it is correct").run(keeping, control).expect("it runs")
}

#[test]
fn every_way_of_running_gives_the_same_bits() {
    let checked = Checked::text(DISORDER);
    let options = Options::default();
    for name in ["single", "compared"] {
        let once_outcome = checked.run(name);
        let once = bits(&once_outcome);
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("journal");
        for threads in [1, 2, 3] {
            let keeping = Keeping { journal: &journal, resume: false, threads };
            assert_eq!(
                bits(&journalled(&checked, name, &options, keeping, &Control::none())),
                once,
                "{threads} threads"
            );
        }
        // Interrupted after half of the trajectories, and continued.
        let polls = |stop_after: u64| {
            let asked = AtomicU64::new(0);
            let interrupted = || asked.fetch_add(1, Ordering::Relaxed) >= stop_after;
            let control = Control { interrupted: &interrupted, progress: &|_, _| {} };
            let keeping = Keeping { journal: &journal, resume: false, threads: 2 };
            let outcome = journalled(&checked, name, &options, keeping, &control);
            (outcome, asked.load(Ordering::Relaxed))
        };
        let (_, all) = polls(u64::MAX);
        let (stopped, _) = polls(all / 2);
        let keeping = Keeping { journal: &journal, resume: false, threads: 2 };
        let done = stopped.sampled.as_ref().expect("it has trajectories").done;
        let count = once_outcome.sampled.as_ref().expect("it has trajectories").trajectories;
        assert!(stopped.interrupted() && done > 0 && done < count, "{done} of {count}");
        let resumed = Keeping { resume: true, ..keeping };
        let outcome = journalled(&checked, name, &options, resumed, &Control::none());
        assert_eq!(bits(&outcome), once, "resumed");
        assert!(outcome.sampled.as_ref().is_some_and(|s| s.done == s.trajectories));
        // A complete journal needs no further trajectory.
        let again = journalled(&checked, name, &options, resumed, &Control::none());
        let sampled = again.sampled.as_ref().expect("it has trajectories");
        assert_eq!((bits(&again), sampled.resumed), (once, sampled.trajectories));
    }
}

#[test]
fn a_journal_of_other_trajectories_is_refused() {
    let checked = Checked::text(DISORDER);
    let folder = tempfile::tempdir().expect("a folder");
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: true, threads: 1 };
    journalled(&checked, "single", &Options::default(), keeping, &Control::none());
    let other = Options { seed: Some(8), ..Options::default() };
    let trajectories =
        Trajectories::new(Setup::new(checked.program(), checked.experiment("single"), &other, checked.sources()));
    let errors = trajectories.expect("it is correct").run(keeping, &Control::none()).expect_err("another seed");
    assert!(errors[0].message.contains("other trajectories"), "{}", errors[0].message);
}

#[test]
fn the_seed_decides() {
    let checked = Checked::text(DISORDER);
    let with = |seed| bits(&checked.run_with("single", &Options { seed, ..Options::default() }));
    assert_eq!(with(Some(7)), with(None), "the seed of the script");
    assert_ne!(with(Some(8)), with(None));
}

/// The mean, the standard error and the single series of three trajectories fit together.
#[test]
fn the_mean_is_that_of_the_single_trajectories() {
    let text = "system s = |+>\nstep { let φ = uniform(0, 1); apply RZ(s, φ) }\nobserve x = <X(s)>\n\
                experiment t { run 4; trajectories 3\n  let a = trajectory(x, 1) + trajectory(x, 2) + trajectory(x, 3) }";
    let outcome = Checked::text(text).run("t");
    let singles: Vec<_> = (1..=3).map(|k| values(&outcome, &format!("trajectory(x, {k})"))).collect();
    for n in 0..5 {
        let each: Vec<f64> = singles.iter().map(|s| s[n]).collect();
        let mean = each.iter().sum::<f64>() / 3.0;
        let spread = each.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0;
        assert!((values(&outcome, "x")[n] - mean).abs() < 1e-14);
        assert!((values(&outcome, "stderr(x)")[n] - (spread / 3.0).sqrt()).abs() < 1e-14);
        assert!((let_values(&outcome, "a")[n] - 3.0 * mean).abs() < 1e-14);
        assert!(n == 0 || each[0] != each[1]);
    }
}

/// The random numbers are those of the trajectory, not of the case or the point of a sweep: equal settings give equal
/// results.
#[test]
fn cases_and_points_have_the_same_random_numbers() {
    let model = "param σ = 0.2\nparam ω = 1\nsystem s = |+>\nstep { let φ = normal(0, σ); apply RZ(s, ω*φ) }\n\
                 observe x = <X(s)>\n";
    let text = format!(
        "{model}experiment c {{ run 5; trajectories 10; draw ω = uniform(0, 1); case a {{ set σ = 0.2 }}; case b {{ set σ = 0.2 }} }}\n\
         experiment p {{ run 5; trajectories 10; sweep σ = [0.2, 0.3, 0.2]; collect y = last(x), e = last(stderr(x)) }}"
    );
    let checked = Checked::text(&text);
    let outcome = checked.run("c");
    assert_eq!(values(&outcome, "x in a")[..], values(&outcome, "x in b")[..]);
    let options = Options::default();
    let sweep = Sweep::new(Setup::new(checked.program(), checked.experiment("p"), &options, checked.sources()))
        .expect("correct");
    let folder = tempfile::tempdir().expect("a folder");
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 2 };
    let swept = sweep.run(keeping, &Control::none()).expect("it runs");
    let y = swept.collected("y").expect("a column");
    assert_eq!(y[0].to_bits(), y[2].to_bits());
    assert!(y[0] > y[1] && swept.collected("e").expect("a column").iter().all(|e| *e > 0.0));
}

/// The engines take the same branches.
#[test]
fn engines_agree_on_each_trajectory() {
    let checked = Checked::text(DISORDER);
    let with = |backend| checked.run_with("single", &Options { backend, ..Options::default() });
    let (density, reference) = (with(Backend::Density), with(Backend::Reference));
    for ((name, a), (_, b)) in density.series().zip(reference.series()) {
        let off = a.values.iter().zip(&b.values[..]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-9, "{name}: {off:e}");
    }
}

/// With static disorder alone, each trajectory is a linear map, which runs by powers.
#[test]
fn drawn_parameters_leave_the_step_a_map() {
    let text = "param ω = 1\nsystem s = |+>\nstep { evolve -ω/2*Z(s) for 0.01 }\nobserve x = <X(s)>\n\
                experiment t { draw ω = normal(1, 0.01); run 100000; trajectories 20; let l = last(x) }";
    let outcome = Checked::text(text).run("t");
    assert_eq!(outcome.ran.plan().map(|plan| plan.engine), Some(Backend::StepMap));
}

#[test]
fn a_billion_trajectories_start_and_stop_at_once() {
    let text = format!("{DEPHASING}experiment t {{ run 20; trajectories 1000000000 }}");
    let checked = Checked::text(&text);
    let start = Instant::now();
    let interrupted = || start.elapsed().as_millis() > 200;
    let progress = AtomicU64::new(0);
    let report = |done, total| {
        assert_eq!(total, 1_000_000_000);
        progress.fetch_max(done, Ordering::Relaxed);
    };
    let control = Control { interrupted: &interrupted, progress: &report };
    let outcome = checked.run_controlled("t", &Options::default(), &control);
    assert!(outcome.interrupted() && progress.load(Ordering::Relaxed) > 0);
    assert_eq!(outcome.sampled.map(|s| s.done), Some(0));
}

/// Whether a series depends linearly on the state, so that its mean over trajectories is that of the mean state.
fn is_linear(measure: &str) -> bool {
    let one = |name: &str| measure.starts_with(name) && measure.ends_with(')') && measure.matches('(').count() == 1;
    one("population(") || one("bloch(") || (measure.starts_with('<') && measure.matches('<').count() == 1)
}

/// Random scripts whose step has `with probability` or measurements: the means over trajectories agree with the exact mean
/// of the second interpreter. A branch of small probability may occur in no trajectory; with 400 of them, this happens to
/// branches of up to 3 % once in 10⁵ comparisons, and changes a mean by at most 0.06 of its largest value.
#[test]
fn random_scripts_have_the_mean_of_the_second_interpreter() {
    let mut runner = runner(1, 20);
    let (mut scripts, mut measured, mut compared, mut spread) = (0, 0, 0, 0);
    while scripts < 40 {
        let choices = choices().new_tree(&mut runner).expect("choices are always found").current();
        let text = script(&choices).text;
        let (random, refused) = (["with probability", "measure "], ["uncorrelate", "postselect"]);
        let has = |words: [&str; 2]| words.iter().any(|word| text.contains(word));
        if !has(random) || has(refused) {
            continue;
        }
        scripts += 1;
        measured += usize::from(text.contains("measure "));
        let text =
            format!("{text}experiment exact {{ run 3 }}\nexperiment sampled {{ run 3; trajectories 400 seed 3 }}\n");
        let exact = crate::oracle::experiment::run("random", &text, "exact");
        let outcome = Checked::text(&text).run("sampled");
        for (name, series) in exact.series.iter().filter(|(name, _)| is_linear(measure_of(&text, name))) {
            let (mean, error) = (values(&outcome, name), values(&outcome, &format!("stderr({name})")));
            for (at, expected) in series.values.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
                let n = series.start + at;
                let (off, allowed) = ((mean[n] - expected).abs(), FIVE * error[n] + 0.06 * expected.abs().max(1.0));
                assert!(off < allowed, "{name} at {n}: {} ± {}, exactly {expected}\n{text}", mean[n], error[n]);
                compared += 1;
                spread += usize::from(error[n] > 1e-3);
            }
        }
    }
    assert!(measured > 3, "{measured} of {scripts} scripts with measurements");
    assert!(compared > 40 && spread > 8, "{compared} values, {spread} of them random");
}

/// Standard errors and single trajectories of the elements of an array, as of any other series.
#[test]
fn elements_of_arrays_have_errors_and_single_trajectories() {
    let text = "param L = 2\nsystem s[L] = |+>\nstep { measure Z(s[1]) as r; when r < 0 { apply Z(s[2]) }; apply RX(s[1], 1) }\n\
                observe x[k in 1..L] = <X(s[k])>\n\
                experiment t { run 3; trajectories 50; let k = trajectory(x[2], 7); let e = stderr(x[2]); expect max(e) > 0.01 }";
    let outcome = Checked::text(text).run("t");
    assert!(outcome.claims.iter().all(|c| c.holds), "{:?}", outcome.claims);
    let single = values(&outcome, "trajectory(x[2], 7)");
    assert!(single.iter().all(|x| (x.abs() - 1.0).abs() < 1e-12), "{single:?}");
    let wrong = refusals(&text.replace("trajectory(x[2], 7)", "trajectory(x[3], 7)"));
    assert!(matches!(&wrong[..], [d] if d.message.contains("`x[3]`")), "{wrong:?}");
    let bare = refusals(&text.replace("stderr(x[2])", "stderr(x)"));
    assert!(matches!(&bare[..], [d] if d.code == Code::NeedsIndex), "{bare:?}");
}
