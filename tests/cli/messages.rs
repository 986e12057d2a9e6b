//! What the commands say about mistakes on the command line.

use super::support::{Place, SMALL};

#[test]
fn a_setting_without_a_value_is_shown_as_it_was_written() {
    let place = Place::small();
    let said = place.at_once(&["run", "m.carom", "--set", "γ"]).refuses(2, &["E604", "`--set γ` has no `=`"]);
    assert!(said.err.contains("--set 'γ = 0.5'"), "{}", said.err);
    place.at_once(&["run", "m.carom", "--set", "γ 1"]).refuses(2, &["--set 'γ = 1'"]);
    place.at_once(&["run", "m.carom", "--sweep", "γ"]).refuses(2, &["--sweep 'γ = linspace(0, 1, 11)'"]);
}

#[test]
fn the_beginning_of_several_names_lists_them() {
    let place = Place::new();
    let said = place.at_once(&["run", "karpat2019", "fig3"]).refuses(2, &["E213", "begin with `fig3`", "fig3a"]);
    assert!(!said.err.contains("fig2"), "{}", said.err);
}

#[test]
fn a_new_protocol_may_be_in_a_new_folder() {
    let place = Place::new();
    place.at_once(&["new", "sub/below/x"]).ends(0);
    assert_eq!(place.tree(), ["sub", "sub/below", "sub/below/x.carom"]);
    place.at_once(&["check", "sub/below/x.carom"]).ends(0);
    place.write("file", "");
    place.at_once(&["new", "file/x"]).refuses(4, &["E602", "a file has the name of the folder"]);
}

#[test]
fn the_reference_knows_the_words_of_the_language() {
    let place = Place::new();
    let said = place.at_once(&["reference", "step"]).ends(0);
    assert!(said.out.contains("at the top level") && said.out.contains("step { evolve"), "{}", said.out);
    let said = place.at_once(&["reference", "evolve"]).ends(0);
    assert!(said.out.contains("in a step, rule or sequence"), "{}", said.out);
    place.at_once(&["reference", "nothing_like_it"]).ends(2);
}

#[test]
fn verify_sets_a_parameter_in_the_protocols_that_have_it() {
    let place = Place::small();
    place.write("other.carom", "param points = 3\nsystem s = |0>\nstep { apply X(s) }\nobserve z = <Z(s)>\nexperiment k { run points; expect last(z) < 0 }\n");
    let said = place.carom(&["verify", "m.carom", "other.carom", "--set", "points=5"]);
    assert!(!said.err.contains("E212") && said.out.contains("other k"), "{}{}", said.out, said.err);
    place.carom(&["verify", "m.carom", "other.carom", "--set", "pints=5"]).refuses(2, &["E212", "--set pints=5"]);
    let said = place.carom(&["verify", "m.carom", "--set", "points=5"]).refuses(2, &["E212", "`points`"]);
    assert!(!said.out.contains("0 of 0"), "{}", said.out);
}

#[test]
fn a_quiet_run_says_which_expectation_fails() {
    let place = Place::new();
    place.write("f.carom", "system s = |0>\nstep { apply X(s) }\nobserve z = <Z(s)>\nexperiment k { run 3; expect last(z) > 2; expect last(z) < 2 }\n");
    let said = place.carom(&["run", "f.carom", "-q", "--no-plots"]).ends(1);
    assert_eq!(said.out, "");
    assert_eq!(said.err, "f k: ✗ last(z) > 2   last(z) = -1\n");
    place.write("g.carom", SMALL);
    assert_eq!(place.carom(&["run", "g.carom", "short", "-q", "--no-plots"]).ends(0).err, "");
}
