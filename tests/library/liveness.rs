//! When subsystems are attached and in which state: units inside blocks, and units that are declared together.

use carom::check::{Script, check};
use carom::diagnostic::Code;
use carom::experiment::{Control, Options, Setup, run};
use carom::source::SourceMap;

/// The last value of each series of the script's experiment, or the code of its first error.
fn last_values(text: &str) -> Result<Vec<f64>, Code> {
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("test", text), &mut sources).map_err(|e| e[0].code)?;
    let outcome = run(Setup::new(&program, &program.experiments[0], &Options::default(), &sources), &Control::none());
    let outcome = outcome.map_err(|e| e[0].code)?;
    assert!(outcome.fault().is_none(), "{:?}", outcome.fault());
    Ok(outcome.series().map(|(_, s)| *s.values.last().expect("a run has values")).collect())
}

fn assert_close(text: &str, expected: &[f64]) {
    let found = last_values(text).unwrap_or_else(|code| panic!("{code:?}\n{text}"));
    let close = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(close, "{found:?} instead of {expected:?}\n{text}");
}

#[test]
fn a_unit_first_used_in_a_repetition_is_live_in_the_next() {
    // The second CNOT undoes the first, unless the correlations in between are erased: then Z(e) is Z(s) squared.
    let step = |groups: &str| {
        format!(
            "system s = 0.8*|0> + 0.6*|1>\nenvironment e = |0>\n\
             step {{ repeat 2 {{ uncorrelate {groups}; apply CNOT(s, e) }}; record z = <Z(e)>; discard e }}\n\
             experiment x {{ run 1 }}"
        )
    };
    assert_close(&step("s | e"), &[0.28 * 0.28]);
    assert_close(&step("s, e"), &[1.0]);
    assert_eq!(last_values(&step("s")), Err(Code::IncompleteUncorrelate));
}

#[test]
fn a_unit_first_used_in_a_branch_is_live_in_both() {
    assert_close(
        "system s = |0>\nenvironment e = |1>\n\
         step { with probability 0.25 { uncorrelate s | e; apply SWAP(s, e) } else { uncorrelate s | e }; discard e }\n\
         observe p = population(s, 1)\nexperiment x { run 1 }",
        &[0.25],
    );
}

#[test]
fn a_unit_first_used_in_a_repetition_cannot_be_discarded_there() {
    let script = "system s = |0>\nenvironment e = |0>\n\
                  step { repeat 2 { apply CNOT(s, e); discard e } }\nexperiment x { run 1 }";
    assert_eq!(last_values(script), Err(Code::UseAfterDiscard));
    assert_close(
        "system s = |1>\nenvironment e = |0>\nstep { repeat 1 { apply CNOT(e, s); discard e } }\n\
         observe z = <Z(s)>\nexperiment x { run 2 }",
        &[-1.0],
    );
}

#[test]
fn half_a_pair_may_be_discarded_before_the_other_is_touched() {
    assert_close(
        "system s = |0>\nenvironment a, b = 0.6*|01> + 0.8*|10>\n\
         step { discard b; apply SWAP(s, a); discard a }\n\
         observe p = population(s, 1)\nexperiment x { run 3 }",
        &[0.64],
    );
    // This also holds ahead of time: after `discard b'`, the b of the next step is a fresh unit.
    assert_close(
        "system s = |0>\nenvironment a, b = 0.6*|01> + 0.8*|10>\n\
         step { apply SWAP(s, b); apply Z(a'); discard a, b, b' }\n\
         observe p = population(s, 1)\nexperiment x { run 3 }",
        &[0.36],
    );
}

#[test]
fn a_pair_is_one_pair_in_both_branches() {
    assert_close(
        "system s = |0>\nenvironment a, b = (|00> + |11>)/√2\n\
         step {\n\
             with probability 0.5 { discard a; apply I(b) } else { apply CNOT(a, b); apply CNOT(b, s); discard a }\n\
             discard b\n\
         }\n\
         observe p = population(s, 1)\nexperiment x { run 1 }",
        &[0.0],
    );
}

#[test]
fn states_of_several_subsystems() {
    let with = |state: &str| {
        format!(
            "system a, b = {state}\nstep {{ apply I(a) }}\nobserve x = <X(b)>\nobserve z = <Z(a)>\n\
             experiment x {{ run 1 }}"
        )
    };
    assert_close(&with("tensor(mixed, |+>)"), &[1.0, 0.0]);
    assert_close(&with("mixed ⊗ mixed"), &[0.0, 0.0]);
    // A state of one subsystem is the state of each, in `reset` as in a declaration.
    assert_close(
        "system a, b = |0>\nstep { reset a, b = |1> }\nobserve z = <Z(a) + Z(b)>\nexperiment x { run 1 }",
        &[-2.0],
    );
}
