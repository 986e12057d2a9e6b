//! Properties of sessions that hold for any input: a line that fails changes nothing, `undo` restores the script
//! exactly, and the saved script gives the same numbers, byte for byte.

use std::fs;
use std::path::Path;
use std::time::Instant;

use carom::check::{Script, check};
use carom::experiment::files::{Format, write};
use carom::experiment::{Control, Options, Setup, run};
use carom::session::{Next, Session};
use carom::source::SourceMap;
use proptest::prelude::*;

use crate::clock::of_this_thread;

/// A script with the definitions that the lines may change.
const MODEL: &str = "\
## A qubit between two streams.

param θ = 0.2          ## how much they meet
param ω = 1
param δt = 0.1
param leave = keep     ## which rule ends a step

system s = |+>
environment e, f = |0>

hamiltonian Hs = -ω/2 * Z(s)   ## free
gate swap(a, b) = cos(θ) + i*sin(θ)*SWAP(a, b)

rule keep { discard e, f }
rule erase { discard e, f; uncorrelate s | e' }

step {
    apply swap(s, e)   # first
    evolve Hs for δt
    apply swap(s, f); apply swap(f, e')
    record p = purity(s)
    trace leave
}

observe x = <X(s)>
observe z = <Z(s)>

experiment short \"a short one\" {
    run 40
    let C = pearson(x, z, width = 10, overlap = 5)
    expect last(z) < 2
}
";

/// Lines that a user may type; `#` stands for a number.
const LINES: [&str; 32] = [
    "set θ = #",
    "θ = #",
    "set ω = #",
    "omega = 2*#",
    "set leave = erase",
    "set leave = keep",
    "param θ = #",
    "param κ = #",
    "hamiltonian Hs = -ω/2 * Z(s) + #*X(s)",
    "redefine hamiltonian Hs = #*Y(s)",
    "hamiltonian Hs = ω*Z(s)   ## other documentation",
    "gate swap(a, b) = cos(#) + i*sin(#)*SWAP(a, b)",
    "rule erase { discard f, e; uncorrelate s | e' }",
    "redefine step 2: evolve 2*Hs for δt",
    "redefine step after 1: apply RX(s, #)",
    "redefine step before 1: apply damping(s, #)",
    "redefine step without 2",
    "redefine rule keep 1: discard f, e",
    "observe x = <Y(s)>",
    "observe y = <Y(s)>",
    "system s = |0>",
    "environment e, f = thermal(-Z, #)",
    "def half(x) = x/2\nset θ = half(#)",
    "run short",
    "run 7",
    "step 3",
    "undo",
    "redo",
    // Lines that fail.
    "hamiltonian Hs = raise(s)",
    "system s : qudit(3) = |0>",
    "set nothing = 1",
    "last(nothing) + (",
];

fn line() -> impl Strategy<Value = String> {
    (0..LINES.len(), 1..99u32).prop_map(|(i, x)| LINES[i].replace('#', &format!("0.{x:02}")))
}

/// A session on the model in a folder, or on a shipped protocol.
fn begin(folder: &Path) -> Session {
    let path = folder.join("model.carom");
    fs::write(&path, MODEL).expect("a file");
    Session::open(path.to_str().expect("UTF-8")).expect("a correct script")
}

fn eval(session: &mut Session, line: &str) -> Result<String, usize> {
    session.eval(line, &Control::none()).map(|reply| reply.text).map_err(|failure| failure.diagnostics.len())
}

/// The table that `carom run SCRIPT short` writes.
fn csv_of_script(path: &Path, folder: &Path) -> String {
    let mut sources = SourceMap::new();
    let script = Script::open(path.to_str().expect("UTF-8")).expect("it was saved");
    let program = check(&script, &mut sources).expect("it has no mistake");
    let experiment = program.experiment("short").expect("it is there");
    let outcome =
        run(Setup::new(&program, experiment, &Options::default(), &sources), &Control::none()).expect("it runs");
    write(&outcome, folder, Format::Csv).expect("files");
    fs::read_to_string(folder.join("series.csv")).expect("written")
}

/// The table of the same experiment in the session.
fn csv_of_session(session: &mut Session, folder: &Path) -> String {
    eval(session, "run short").expect("it runs");
    let path = folder.join("session.csv");
    eval(session, &format!("plot > {}", path.display())).expect("it is written");
    fs::read_to_string(path).expect("written")
}

proptest! {
    #![proptest_config(crate::seed::config(64))]

    #[test]
    fn the_saved_script_gives_the_same_numbers(lines in prop::collection::vec(line(), 0..14)) {
        let folder = tempfile::tempdir().expect("a folder");
        let elsewhere = tempfile::tempdir().expect("a folder");
        let mut session = begin(folder.path());
        for line in &lines {
            drop(eval(&mut session, line));
        }
        let computed = csv_of_session(&mut session, folder.path());
        // Beside the script and in another folder.
        for place in [folder.path(), elsewhere.path()] {
            let saved = place.join("saved.carom");
            eval(&mut session, &format!("save {}", saved.display())).expect("it is saved");
            prop_assert_eq!(&computed, &csv_of_script(&saved, place), "{}", session.script());
        }
    }

    #[test]
    fn a_line_that_fails_changes_nothing(lines in prop::collection::vec(line(), 0..12)) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut session = begin(folder.path());
        eval(&mut session, "run short").expect("it runs");
        for line in &lines {
            let before = (session.script().to_string(), eval(&mut session, "x"), eval(&mut session, "state s"));
            if eval(&mut session, line).is_err() {
                let after = (session.script().to_string(), eval(&mut session, "x"), eval(&mut session, "state s"));
                prop_assert_eq!(before, after, "{}", line);
            }
        }
    }

    #[test]
    fn undo_and_redo_restore_the_script_exactly(lines in prop::collection::vec(line(), 0..12)) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut session = begin(folder.path());
        let mut seen = vec![session.script().to_string()];
        for line in lines.iter().filter(|l| !["undo", "redo"].contains(&l.as_str())) {
            let result = session.eval(line, &Control::none());
            // A line that writes the same text again still counts as a change.
            let changes = !line.starts_with("run") && !line.starts_with("step");
            if changes && result.is_ok() {
                seen.push(session.script().to_string());
            }
        }
        for script in seen.iter().rev().skip(1) {
            eval(&mut session, "undo").expect("there is something to undo");
            prop_assert_eq!(session.script(), script);
        }
        prop_assert!(eval(&mut session, "undo").is_err());
        for script in seen.iter().skip(1) {
            eval(&mut session, "redo").expect("there is something to redo");
            prop_assert_eq!(session.script(), script);
        }
        prop_assert!(eval(&mut session, "redo").is_err());
    }

    #[test]
    fn any_text_is_handled_without_a_panic(text in "\\PC{0,60}", noise in prop::collection::vec(any::<char>(), 0..30)) {
        let mut session = Session::open("karpat2019").expect("it is shipped");
        let before = session.script().to_string();
        let noise: String = noise.into_iter().collect();
        for input in [text.as_str(), noise.as_str(), &format!("redefine step 2: {text}"), &format!("plot {noise}")] {
            // `edit` and `save` are left out: there the noise would only name files.
            if session.eval(input, &Control::none()).is_err() {
                prop_assert_eq!(session.script(), &before);
            } else {
                session = Session::open("karpat2019").expect("it is shipped");
            }
        }
    }
}

/// Steps that continue a run give the numbers of one run from the start, up to rounding, whichever backend ran it.
#[test]
fn steps_continue_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut whole, mut parts) = (begin(folder.path()), begin(folder.path()));
    for rule in ["keep", "erase"] {
        for session in [&mut whole, &mut parts] {
            eval(session, &format!("set leave = {rule}")).expect("a rule");
        }
        eval(&mut whole, "run 60").expect("it runs");
        for line in ["run 20", "step", "step 19", "step 20"] {
            eval(&mut parts, line).expect("it runs");
        }
        let csv = |session: &mut Session, name: &str| {
            let path = folder.path().join(name);
            eval(session, &format!("plot x z p > {}", path.display())).expect("written");
            let text = fs::read_to_string(path).expect("written");
            let number = |field: &str| field.parse().unwrap_or(f64::NAN);
            text.lines().skip(1).flat_map(|l| l.split(',').map(number).collect::<Vec<f64>>()).collect::<Vec<f64>>()
        };
        let (one, other) = (csv(&mut whole, "whole.csv"), csv(&mut parts, "parts.csv"));
        assert_eq!(one.len(), 61 * 4);
        assert_eq!(one.len(), other.len());
        // A missing value is missing in both; values are of order 1, and sixty collisions lose a few last digits.
        assert!(one.iter().zip(&other).all(|(a, b)| a.is_nan() && b.is_nan() || (a - b).abs() < 1e-13), "{rule}");
        assert_eq!(eval(&mut whole, "state s"), eval(&mut parts, "state s"));
    }
}

/// A stopped run keeps its series and its state; a step continues from there.
#[test]
fn a_stopped_run_can_be_continued() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let mut session = Session::open("karpat2019").expect("it is shipped");
    let checks = AtomicU64::new(0);
    let stop = || checks.fetch_add(1, Ordering::Relaxed) > 100;
    let control = Control { interrupted: &stop, progress: &|_, _| {} };
    let reply = session.eval("run 100000", &control).expect("it runs");
    assert!(reply.interrupted && reply.text.contains("interrupted"), "{}", reply.text);
    let n: u64 = reply.text.split_whitespace().find_map(|w| w.parse().ok()).expect("the number of collisions");
    assert!(eval(&mut session, "<Z(s1)>").expect("a state").contains(&format!("at n = {n}")));
    assert!(eval(&mut session, "step").expect("it continues").contains(&format!("{}  ", n + 1)));
}

/// A script that is saved to another folder contains the protocols that it used from its own folder.
#[test]
fn a_script_saved_elsewhere_contains_the_protocols_that_it_uses() {
    let (here, there) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fs::write(here.path().join("base.carom"), MODEL).expect("a file");
    let top = here.path().join("top.carom");
    fs::write(&top, "use base\nredefine param θ = 0.4\n").expect("a file");
    let mut session = Session::open(top.to_str().expect("UTF-8")).expect("a correct script");
    eval(&mut session, "hamiltonian Hs = ω*X(s)").expect("it is redefined");
    let computed = csv_of_session(&mut session, here.path());
    for (place, whole) in [(here.path(), false), (there.path(), true)] {
        let saved = place.join("saved.carom");
        eval(&mut session, &format!("save {}", saved.display())).expect("it is saved");
        let text = fs::read_to_string(&saved).expect("written");
        assert_eq!(text.contains("gate swap"), whole, "{text}");
        assert_eq!(csv_of_script(&saved, place), computed);
    }
}

#[test]
fn saving_over_an_existing_file_asks_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = begin(folder.path());
    let path = folder.path().join("model.carom");
    let reply = session.eval(&format!("save {}", path.display()), &Control::none()).expect("it asks");
    assert_eq!(reply.next, Next::Overwrite(path.clone()));
    eval(&mut session, "set θ = 0.5").expect("a parameter");
    assert_eq!(fs::read_to_string(&path).expect("there"), MODEL);
    session.save(&path).expect("it is writable");
    assert!(fs::read_to_string(&path).expect("there").ends_with("set θ = 0.5\n"));
}

/// A hostile line is refused in reasonable time and memory.
#[test]
fn a_line_of_a_mebibyte_is_refused() {
    let mut session = Session::open("karpat2019").expect("it is shipped");
    let before = session.script().to_string();
    let (start, before_all) = (Instant::now(), of_this_thread(Instant::now()));
    for text in
        ["(".repeat(1 << 20), "1+".repeat(1 << 19), "γ".repeat(1 << 19), "\0".repeat(1 << 20), "x ".repeat(1 << 20)]
    {
        assert!(eval(&mut session, &text).is_err());
        assert_eq!(session.script(), before);
    }
    let used = of_this_thread(start) - before_all;
    assert!(used.as_secs() < 20, "{used:?}");
}
