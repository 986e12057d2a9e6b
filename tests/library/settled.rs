//! `run N until settled(tol, k)`: where a run stops, on every engine.

use carom::experiment::Backend;

use crate::runs::Checked;

/// The population e^(−n/10) moves by e^(−n/10) (e^(1/10) − 1) in collision n, and by e^(−n/10) (e^(k/10) − 1) in the last
/// k collisions. It has settled within tol at the first n where that is at most tol.
fn expected(tolerance: f64, k: f64) -> u64 {
    let moved = |n: f64| (-0.1 * n).exp() * ((0.1 * k).exp() - 1.0);
    (1..).find(|n| *n as f64 >= k && moved(*n as f64) <= tolerance).expect("it decays")
}

#[test]
fn a_decaying_population_settles_where_its_closed_form_says() {
    for (condition, tolerance, k) in
        [("settled(1e-3)", 1e-3, 1.0), ("settled(1e-3, 20)", 1e-3, 20.0), ("n > 10 and settled(0.09)", 0.09, 1.0)]
    {
        let script = Checked::text(&format!(
            "system s = |1>\nsystem idle = |+>\nstep {{ apply damping(s, 1 - exp(-0.1)) }}\n\
             observe p = population(s, 1)\nobserve z = <X(idle)>\n\
             experiment t {{ run 2000 until {condition} }}"
        ));
        let n = expected(tolerance, k).max(if condition.starts_with('n') { 11 } else { 1 });
        for backend in [Backend::Auto, Backend::Density, Backend::StepMap, Backend::Reference] {
            let outcome = script.run_on("t", backend, 2000);
            assert_eq!(outcome.collisions, n, "{condition} on {backend:?}");
        }
    }
}

/// The unit that is recorded for the first time in collision 1 has no value before, so two values exist only at n = 2.
#[test]
fn a_record_needs_two_values_to_settle() {
    let outcome = Checked::text(
        "system s = |0>\nenvironment e = |0>\nstep { apply SWAP(s, e); record z = <Z(e)>; discard e }\n\
         experiment t { run 10 until settled(1e-9) }",
    )
    .run("t");
    assert_eq!(outcome.collisions, 2);
}

/// All series count in a sweep, not only the one that is collected: x settles at once, y after a while.
#[test]
fn in_a_sweep_every_series_must_settle() {
    let script = Checked::text(
        "param p = 0.1\nsystem a, b = |1>\nstep { apply damping(a, 1); apply damping(b, p) }\n\
         observe x = population(a, 1)\nobserve y = population(b, 1)\n\
         experiment t { run 1000 until settled(1e-3); sweep p = [0.1, 0.5]; let c = count(x < 2); collect N = c }",
    );
    let outcome = script.sweep("t");
    let counts = outcome.collected("N").expect("a column");
    // 0.9^(n−1)·0.1 ≤ 1e-3 from n = 44.7 on, 0.5^n ≤ 1e-3 from n = 9.97 on.
    assert_eq!(counts, [45.0, 10.0]);
}
