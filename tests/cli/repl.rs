//! `carom repl` without a terminal: lines from the command line and from standard input.

use crate::support::Place;

#[test]
fn lines_from_the_command_line_are_run() {
    let place = Place::small();
    let said = place.carom(&["repl", "m.carom", "-e", "set g = 0.31", "-e", "run short", "-e", "last(x)"]).ends(0);
    assert!(
        said.out.contains("m short  Twenty collisions") && said.out.lines().last().is_some_and(|l| l.starts_with("0."))
    );
    assert_eq!(said.err, "");
}

#[test]
fn piped_lines_are_run_and_an_input_may_span_several() {
    let place = Place::new();
    let script = "system s = |+>\nenvironment e = |0>\nstep {\n  apply SWAP(s, e)\n  discard e\n}\nobserve z = <Z(s)>\n\
                  run 3\n1 +\n2\nlast(z) + 41";
    let said = place.piped(&["repl"], script).ends(0);
    assert!(said.out.ends_with("3\n42\n"), "{}", said.out);
    assert_eq!(said.err, "");
}

/// A script ends at its first mistake, except with `--keep-going`.
#[test]
fn a_mistake_ends_a_script_with_its_status() {
    let place = Place::small();
    let script = "last(x)\nrun short\n";
    let said = place.piped(&["repl", "m.carom"], script).refuses(3, &["it has values only after a run", "run short"]);
    assert_eq!(said.out, "");
    let said = place.piped(&["repl", "m.carom", "--keep-going"], script).ends(3);
    assert!(said.out.contains("Twenty collisions"));
    place.carom(&["repl", "m.carom", "-e", "run wrong"]).ends(1);
    place.carom(&["repl", "nothing.carom", "-e", "1"]).refuses(3, &["E601"]);
    place.piped(&["repl", "m.carom"], "run short\nquit\nlast(nothing)\n").ends(0);
}

#[test]
fn a_command_that_needs_a_terminal_is_refused() {
    let place = Place::small();
    place.piped(&["repl", "m.carom"], "edit step\n").refuses(2, &["E612", "`edit` needs a terminal"]);
    let before = place.read("m.carom");
    place.piped(&["repl", "m.carom"], "set g = 1\nsave m.carom\n").refuses(4, &["E602", "`m.carom` exists already"]);
    assert_eq!(place.read("m.carom"), before);
}

/// On the command line, the script that `save` writes gives the same numbers as the session.
#[test]
fn a_saved_script_reproduces_the_session() {
    let place = Place::new();
    let lines = "set γ = 0.7\nredefine hamiltonian Hss = λ/2 * σz(s1)*σz(s2)\nredefine step 4: evolve Hs1 for δt\n\
                 run fig2 400\nplot > session.csv\nsave mine\n";
    place.piped(&["repl", "karpat2019", "--keep-going"], lines).ends(1);
    place.carom(&["run", "mine.carom", "fig2", "--collisions", "400", "--no-plots", "--out", "o"]).ends(1);
    assert_eq!(place.read("session.csv"), place.read("o/fig2/series.csv"));
}

#[test]
fn hostile_input_is_refused() {
    let place = Place::new();
    let mut command = place.command(&["repl"]);
    let output = command.write_stdin(vec![0xff, 0xfe, 0, 10]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("E106"));
    // The cost of brackets that are never closed, line after line, is linear in their number.
    let said = place.piped(&["repl"], &"step {\n".repeat(100_000)).ends(3);
    assert!(said.err.contains("E1"), "{}", said.err);
    let said = place.piped(&["repl"], &"(".repeat(3 << 20)).ends(3);
    assert!(said.err.contains("E104"), "{}", said.err);
}
