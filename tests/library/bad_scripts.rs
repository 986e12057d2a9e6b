//! Users' mistakes and the messages that they cause.
//!
//! Each `tests/scripts/bad/NAME.carom` is checked as by `carom check`; a fixture named `run_…` is also run, for the
//! faults of a run, and one named `pure_…` is checked for a run with `--backend pure`. The corrections of one named
//! `habit_…` are applied, which must leave no mistake. The messages on a terminal are compared with `NAME.stderr`. `UPDATE_EXPECT=1` writes these files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use carom::check::{Script, check};
use carom::diagnostic::{Code, Diagnostic, Style, edited, render, render_all};
use carom::experiment::{self, Backend, Control, Options, Setup};
use carom::source::SourceMap;
use expect_test::expect_file;

const FOLDER: &str = "tests/scripts/bad";

/// Codes that no script alone can cause, and the reason.
const NOT_OF_A_SCRIPT: &[(Code, &str)] = &[
    (Code::NoExperiment, "from `carom run` without an experiment"),
    (Code::CannotWrite, "from the disk"),
    (Code::BadOption, "from the command line"),
    (Code::FolderInUse, "from two runs at once"),
    (Code::JournalRefused, "from a resumed sweep"),
    (Code::OnlyPanels, "from a caller of the library: `carom run` draws panels from the files of other experiments"),
    (Code::LongSweep, "from `carom run` on a terminal"),
    (Code::OutOfMemory, "depends on the machine: see `a_state_too_large_for_any_memory_is_refused`"),
    (Code::TooDeep, "needs a very long script: see `a_chain_of_definitions_that_is_too_deep_is_refused`"),
    (Code::BadCommand, "from the REPL: see the dialogues"),
    (Code::NoStepMap, "from `--backend step-map`"),
    (Code::NotPure, "from `--backend pure`: see `pure.rs`"),
    (Code::PartOfSeries, "from a run too long for memory"),
    (Code::InvalidState, "a state that stops being positive is a defect of the simulator, not of a script"),
    (Code::InputTooLarge, "needs a file of more than 64 MiB"),
    (Code::UseOutside, "from a link on the disk: the grammar of `use` has no `..`"),
];

/// The diagnostics of a script: its mistakes, or the faults and warnings of its run.
struct Verdict {
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

impl Verdict {
    fn codes(&self) -> Vec<Code> {
        self.diagnostics.iter().map(|d| d.code).collect()
    }

    /// The messages as a terminal shows them, with file names without folders.
    fn rendered(&self) -> String {
        render_all(&self.diagnostics, &self.sources, Style::plain()).replace(&format!("{FOLDER}/"), "")
    }
}

fn fixtures() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).expect("the fixtures' folder");
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    let mut scripts: Vec<PathBuf> = paths.filter(|p| p.extension().is_some_and(|e| e == "carom")).collect();
    scripts.sort();
    scripts
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

/// Checks a fixture on a thread with its name, so that a panic names the fixture, and with the smallest usual stack.
fn judge(path: &Path) -> Verdict {
    let shown = format!("{FOLDER}/{}.carom", name(path));
    let runs = name(path).starts_with("run_");
    let backend = if name(path).starts_with("pure_") { Backend::Pure } else { Backend::Auto };
    let work = move || {
        let mut sources = SourceMap::new();
        let diagnostics = match Script::open(&shown) {
            Ok(script) => diagnose(&script, (runs, backend), &mut sources),
            Err(d) => vec![d],
        };
        Verdict { diagnostics, sources }
    };
    let thread = std::thread::Builder::new().name(name(path)).stack_size(2 << 20).spawn(work).expect("a thread");
    thread.join().expect("no panic")
}

fn judge_text(text: &str) -> Verdict {
    let mut sources = SourceMap::new();
    let diagnostics = diagnose(&Script::from_text("script", text), (false, Backend::Auto), &mut sources);
    Verdict { diagnostics, sources }
}

fn diagnose(script: &Script, (runs, backend): (bool, Backend), sources: &mut SourceMap) -> Vec<Diagnostic> {
    let options = Options { backend, ..Options::default() };
    let program = match check(script, sources) {
        Ok(program) => program,
        Err(errors) => return errors,
    };
    let own = || program.experiments.iter().filter(|e| e.name.own);
    let mut found = program.notes();
    found.extend(experiment::check_model(&program, &[]).err().unwrap_or_default());
    for e in own() {
        found.extend(experiment::check(Setup::new(&program, e, &options, sources)).err().unwrap_or_default());
    }
    if found.is_empty() && runs {
        for e in own() {
            match experiment::run(Setup::new(&program, e, &Options::default(), sources), &Control::none()) {
                Ok(outcome) => found.extend(outcome.fault().cloned().into_iter().chain(outcome.warnings)),
                Err(errors) => found.extend(errors),
            }
        }
    }
    let mut once: Vec<Diagnostic> = Vec::new();
    for d in found {
        if !once.iter().any(|o| o.message == d.message && o.labels.first() == d.labels.first()) {
            once.push(d);
        }
    }
    once
}

#[test]
fn every_mistake_has_its_message() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 100, "{} fixtures", fixtures.len());
    let mut without = Vec::new();
    for path in &fixtures {
        let verdict = judge(path);
        if verdict.diagnostics.is_empty() {
            without.push(name(path));
            continue;
        }
        expect_file![path.canonicalize().expect("it is there").with_extension("stderr")].assert_eq(&verdict.rendered());
    }
    assert!(without.is_empty(), "no mistake was found in {without:?}");
}

#[test]
fn every_message_has_a_code_a_place_and_a_remedy() {
    for path in fixtures() {
        let verdict = judge(&path);
        for d in &verdict.diagnostics {
            let text = render(d, &verdict.sources, Style::plain());
            let whole = format!("{}:\n{text}", name(&path));
            assert!(text.contains(d.code.row().id), "no code in {whole}");
            // A file that is not text has no place to point at.
            assert!(text.contains(".carom:") || d.code == Code::NotUtf8, "no place in {whole}");
            assert!(!d.help.is_empty() || !d.is_error(), "no remedy in {whole}");
            assert!(d.help.iter().all(|h| !h.trim().is_empty()), "an empty remedy in {whole}");
        }
    }
}

#[test]
fn the_corrections_of_habits_leave_no_mistake() {
    let habits: Vec<PathBuf> = fixtures().into_iter().filter(|path| name(path).starts_with("habit_")).collect();
    assert!(habits.len() >= 60, "{} habits", habits.len());
    for path in habits {
        let mut text = std::fs::read_to_string(&path).expect("the fixture");
        // The names are known only when the text is well-formed, so a second round may find further mistakes.
        for round in 1.. {
            let verdict = judge_text(&text);
            let fixes: Vec<_> = verdict.diagnostics.iter().flat_map(|d| d.fix.clone()).collect();
            if verdict.diagnostics.is_empty() {
                break;
            }
            let whole = format!("{}, round {round}:\n{}\n{text}", name(&path), verdict.rendered());
            assert!(verdict.diagnostics.iter().all(|d| !d.fix.is_empty()), "no correction in {whole}");
            assert!(round < 4, "{whole}");
            text = edited(&text, 0, &fixes);
        }
    }
}

#[test]
fn every_code_is_reached() {
    let seen: BTreeSet<&str> =
        fixtures().iter().flat_map(|path| judge(path).codes()).map(|code| code.row().id).collect();
    for code in Code::ALL {
        let exempt = NOT_OF_A_SCRIPT.iter().any(|(c, _)| c == code);
        assert!(seen.contains(code.row().id) != exempt, "{code:?} is {}reached", if exempt { "" } else { "not " });
    }
}

#[test]
fn every_message_has_its_fixture() {
    for entry in std::fs::read_dir(FOLDER).expect("the fixtures' folder") {
        let path = entry.expect("an entry of the folder").path();
        if path.extension().is_some_and(|e| e == "stderr") {
            assert!(path.with_extension("carom").exists(), "{} belongs to no fixture", path.display());
        }
    }
}

/// The limits of a script's size, on texts whose messages must not be long.
#[test]
fn a_script_that_is_too_large_is_refused_in_a_few_lines() {
    let cases = [
        ("brackets", format!("param x = {}1{}", "(".repeat(500), ")".repeat(500))),
        ("blocks", format!("step {{ {} {} }}", "repeat 2 {".repeat(500), "}".repeat(500))),
        ("a sum", format!("param x = 1{}", "+1".repeat(3_000))),
        ("terms", "param x = 1\n".repeat(5_000)),
        ("bytes", "# nothing\n".repeat(200_000)),
    ];
    for (what, text) in cases {
        let verdict = judge_text(&text);
        assert_eq!(verdict.codes(), [Code::TooLarge], "{what}");
        let rendered = verdict.rendered();
        assert!(rendered.len() < 2_000, "{what}: {} bytes\n{rendered}", rendered.len());
    }
}

/// A chain of definitions, each of which uses the previous one.
#[test]
fn a_chain_of_definitions_that_is_too_deep_is_refused() {
    let chain: String = (1..600).map(|k| format!("param p{k} = p{} + 1\n", k - 1)).collect();
    assert_eq!(judge_text(&format!("param p0 = 1\n{chain}")).codes(), [Code::TooDeep]);
}

#[test]
fn a_state_too_large_for_any_memory_is_refused() {
    let text = "system a : qudit(8) = |0>\nenvironment e : qudit(8) = |0> keep 20\n\
                step { evolve number(a)*number(e) for 1 }\nexperiment x { run 100 }\n";
    assert_eq!(judge_text(text).codes(), [Code::OutOfMemory]);
}

#[test]
fn independent_mistakes_are_reported_together() {
    let codes = |name: &str| judge(&Path::new(FOLDER).join(format!("{name}.carom"))).codes();
    use Code as C;
    assert_eq!(codes("several_syntax"), [C::UnexpectedText; 4]);
    assert_eq!(codes("several_names"), [C::UnknownName, C::UnknownName, C::UnknownParameter, C::NamedArgument]);
    assert_eq!(codes("several_types"), [C::WrongType; 4]);
    assert_eq!(codes("several_numbers"), [C::NotHermitian, C::NotUnitary, C::BadProbability, C::UseAfterDiscard]);
    assert_eq!(codes("several_states"), [C::BadState, C::BadState, C::NegativeTemperature]);
}
