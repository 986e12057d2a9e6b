//! The REPL on a pseudo-terminal: recorded dialogues, and interrupts at random moments.
//!
//! A dialogue is a file of `tests/repl/dialogues`. Its lines:
//! - `# …` a comment
//! - `$ ARGUMENTS` starts the process `carom repl ARGUMENTS` in a temporary folder, with a temporary home folder
//! - `env NAME=VALUE`, `unset NAME`, `size COLUMNS`, before `$`: its environment; `HOME` in a value is the home folder
//! - `file NAME`, then lines up to `end`: writes a file into the folder; `home NAME` into the home folder
//! - `> TEXT` types a line and Enter, and waits for the prompt
//! - `keys TEXT` types with escapes such as `\t \e \r ^C` (`\l` is a byte of Latin-1) and does not wait
//! - `paste`, then lines up to `end`: pastes them as one input, Enter, and waits for the prompt
//! - `begin TEXT` types a line and Enter and does not wait; `pause MS` waits for MS milliseconds
//! - `wait` waits for the prompt, `closed` for the end of the process
//! - `! TEXT` must not appear on the screen after the last input
//! - `holds NAME: TEXT`: the file must contain this text; `~/NAME` is a file in the home folder
//! - any other line must appear on the screen after the last input; several spaces count as one
#![cfg(unix)]

mod interrupts;
mod terminal;

use std::fs;
use std::path::Path;

use terminal::{Surroundings, Terminal};

/// Runs a dialogue.
fn dialogue(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repl/dialogues").join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).expect("the dialogue is there");
    let mut surroundings = Surroundings::new();
    let mut terminal: Option<Terminal> = None;
    let mut lines = text.lines().enumerate();
    let mut asserted = 0;
    while let Some((number, line)) = lines.next() {
        let place = format!("{name}.txt:{}: {line}", number + 1);
        let mut block = || -> String {
            let inner = lines.by_ref().map(|(_, l)| l).take_while(|l| *l != "end");
            inner.collect::<Vec<_>>().join("\n")
        };
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let on = terminal.as_mut();
        match (word, on) {
            ("" | "#", _) => {}
            ("env", None) => surroundings.set(rest),
            ("unset", None) => surroundings.unset(rest),
            ("size", None) => surroundings.columns = rest.parse().expect("columns"),
            ("file", _) => surroundings.write(rest, &(block() + "\n")),
            ("home", _) => surroundings.write_home(rest, &(block() + "\n")),
            ("$", None) => {
                terminal = Some(Terminal::start(&surroundings, rest));
                terminal.as_mut().expect("just started").prompt(&place);
            }
            (">", Some(t)) => t.line(rest, &place),
            ("keys", Some(t)) => t.keys(rest),
            ("paste", Some(t)) => t.paste(&block(), &place),
            ("begin", Some(t)) => t.begin(rest, &place),
            ("pause", Some(_)) => std::thread::sleep(std::time::Duration::from_millis(rest.parse().expect("ms"))),
            ("wait", Some(t)) => t.prompt(&place),
            ("closed", Some(t)) => t.closed(&place),
            ("!", Some(t)) => t.must_not_show(rest, &place),
            ("holds", Some(t)) => {
                let (file, expected) = rest.split_once(": ").expect("holds NAME: TEXT");
                t.settle();
                let path = match file.strip_prefix("~/") {
                    Some(file) => surroundings.home().join(file),
                    None => surroundings.folder().join(file),
                };
                let found = fs::read_to_string(path).unwrap_or_default();
                assert!(found.contains(expected), "{place}\n{found}");
                asserted += 1;
            }
            (_, Some(t)) => {
                t.must_show(line, &place);
                asserted += 1;
            }
            (_, None) => panic!("{place}: the process has not been started"),
        }
    }
    assert!(asserted > 0, "{name} asserts nothing");
}

macro_rules! dialogues {
    ($($name:ident)*) => {
        $(#[test] fn $name() { dialogue(stringify!($name)); })*

        #[test]
        fn every_dialogue_is_run() {
            let mut listed = [$(stringify!($name)),*].map(String::from).to_vec();
            listed.sort();
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repl/dialogues");
            let names = fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").file_name().into_string());
            let mut found: Vec<String> =
                names.filter_map(|n| Some(n.expect("UTF-8").strip_suffix(".txt")?.to_string())).collect();
            found.sort();
            assert_eq!(listed, found);
            assert!(listed.len() >= 40, "{}", listed.len());
        }
    };
}

dialogues! {
    a_session_without_anything
    arrays
    binary_paste
    cases
    comments
    comparing
    completing_commands
    completing_experiments
    completing_files
    completing_parameters
    completing_subsystems
    ctrl_c_clears
    differences_of_results
    differences_of_scripts
    dumb_terminal
    editing_the_step
    editing_with_a_mistake
    editing_without_an_editor
    explanations
    from_nothing
    greek_letters
    greeting
    helping
    hints
    history_of_before
    history_of_rubbish
    history_that_cannot_be_read
    information
    init_file
    init_file_that_fits
    interrupting
    latin_1
    leaving
    lists
    loading
    loading_a_broken_file
    matrices
    measures
    mistakes
    no_home
    numbers
    parameters
    pasting
    plot_here
    plot_to_files
    quitting
    redefine_hamiltonian
    redefine_statement
    reduced_states
    resetting
    retyped_definition
    saving
    saving_a_run_of_collisions
    searching_history
    set_and_run
    several_lines
    show_definitions
    statements_more_and_less
    step_after_a_change
    steps
    sweeps
    trajectories
    twenty_columns
    undo_and_redo
    undo_brings_results_back
    vi_mode
}
