//! Runs everything that the book and the README show: scripts pass the checks and their expectations hold, mistakes
//! give the codes printed beside them, and commands print the text shown.
//!
//! The info string of a fenced block states its kind:
//! - `carom [FILE.carom]`: a whole script; under this name the page's commands can use it.
//! - `carom fragment`: definitions; `carom fragment step`: statements of a step; `carom fragment experiment`: statements
//!   of an experiment. They can use the definitions of [`PRELUDE`], which the language chapter shows.
//! - `carom error E401 [FILE.carom]`: a script with exactly this mistake.
//! - `carom warning W001 [FILE.carom]`: a script that runs with exactly this warning.
//! - `console`: `$ carom …`, or another command of a shell, and its output, standard output before standard error. A line
//!   `…` matches any lines, `…` inside a line any text, and a run time any run time.
//! - `repl ARGUMENTS`: a dialogue; the text after each `carom> ` is piped into `carom repl ARGUMENTS`, and the other
//!   lines are its output, with `…` as in `console`; empty lines are ignored.
//! - `sh`: one of [`COMMANDS`].
//! - `text`: a command of the page on error codes that cannot be run here, see `errors.rs`.
//! - `python`: not run; the script beside it contains its numbers.

mod anchors;
mod commands;
mod errors;
mod figures;
mod gallery;
mod pages;
mod terminal;

use std::collections::BTreeSet;
use std::fs;

use carom::check::{Experiment, Program, Script, check};
use carom::diagnostic::{Code, Diagnostic, Style, render_all};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{self, Claim, Control, Options, Setup};
use carom::reference::{book_errors, book_functions};
use carom::source::SourceMap;

use pages::{Block, Page, linked, pages, root};
use terminal::Terminal;

/// The definitions that fragments may use. The language chapter begins with them.
const PRELUDE: &str = "\
param J = 0.25
param ω = 1
param γ = 0.2
param p = 0.1
param T = 0.5
param δt = 0.2

system      a, b = |+>
environment e    = |0>

hamiltonian Hc(s, u) = J/2 * (X(s)*X(u) + Y(s)*Y(u))

rule drop { discard e }
";

/// The step and the observables of the prelude, for fragments without a step of their own.
const STEP: &str = "
step {
    evolve Hc(a, e) for δt
    record I = mutual_information(a, b)
    discard e
}

observe x = <X(a)>
observe y = <X(b)>
";

/// The page on error codes, whose right scripts give no warning either.
const ERRORS: &str = "book/src/errors.md";

/// The commands that the README may show in `sh` blocks. `.ci/run` runs each of them.
const COMMANDS: [&str; 2] = ["cargo run --release -- run karpat2019 fig2", "cargo test"];

/// Terms that people search for, in lower case.
const SEARCHED: [&str; 20] = [
    "ancilla",
    "collapse operator",
    "cptp",
    "density matrix",
    "destroy",
    "floquet",
    "ground state",
    "kraus",
    "lindblad",
    "liouvillian",
    "master equation",
    "mcsolve",
    "mesolve",
    "partial trace",
    "povm",
    "ptrace",
    "quantum trajectory",
    "spectral gap",
    "superoperator",
    "unravelling",
];

/// A whole script around a fragment.
fn whole(kind: &str, fragment: &str) -> String {
    match kind {
        "definitions" => format!("{PRELUDE}{fragment}{STEP}experiment fragment {{ run 10 }}\n"),
        "step" => format!("{PRELUDE}step {{\n{fragment}}}\nexperiment fragment {{ run 10 }}\n"),
        "experiment" => format!("{PRELUDE}{STEP}experiment fragment {{\n{fragment}}}\n"),
        other => panic!("no such kind of fragment: {other}"),
    }
}

/// All faults of a script: its mistakes, the faults and warnings of its runs, and the expectations that fail.
fn faults(name: &str, text: &str) -> (Vec<Diagnostic>, Vec<String>, SourceMap) {
    let mut sources = SourceMap::new();
    let program = match check(&Script::from_text(name, text), &mut sources) {
        Ok(program) => program,
        Err(errors) => return (errors, Vec::new(), sources),
    };
    let mut found = experiment::check_model(&program, &[]).err().unwrap_or_default();
    let mut broken = Vec::new();
    let sound = found.is_empty();
    found.extend(program.notes());
    // An experiment without a run arranges the figures of others.
    for e in program.experiments.iter().filter(|e| e.name.own && e.run.is_some() && sound) {
        match claims(&program, e, &sources) {
            Ok((claims, warnings)) => {
                let failed = claims.into_iter().filter(|c| !c.holds);
                broken.extend(failed.map(|c| format!("✗ {}   {}", c.text, c.measured)));
                found.extend(warnings);
            }
            Err(errors) => found.extend(errors),
        }
    }
    (found, broken, sources)
}

/// Runs an experiment, or every point of its sweep. Returns its claims and warnings.
fn claims(
    program: &Program,
    e: &Experiment,
    sources: &SourceMap,
) -> Result<(Vec<Claim>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (options, control) = (Options::default(), Control::none());
    if e.sweep.is_empty() {
        let outcome = experiment::run(Setup::new(program, e, &options, sources), &control)?;
        let fault = outcome.fault().cloned();
        return fault.map_or(Ok((outcome.claims, outcome.warnings)), |fault| Err(vec![fault]));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 1 };
    let swept = Sweep::new(Setup::new(program, e, &options, sources))?.run(keeping, &control)?;
    let reasons = swept.coverage.as_ref().map(|c| &c.reasons);
    assert!(swept.is_complete() && reasons.is_some_and(std::collections::BTreeMap::is_empty), "{reasons:?}");
    Ok((swept.claims, swept.warnings))
}

/// Requires that a script runs without errors, and that its expectations hold.
fn must_hold(place: &str, text: &str) {
    let (mut faults, broken, sources) = faults("book", text);
    faults.retain(Diagnostic::is_error);
    let shown = render_all(&faults, &sources, Style::plain());
    assert!(faults.is_empty(), "{place}\n{shown}");
    assert!(broken.is_empty(), "{place}\n{}", broken.join("\n"));
}

/// Requires that a script has faults with these codes and no others. Returns its broken expectations.
fn must_have(place: &str, text: &str, codes: &[&str]) -> String {
    let (faults, broken, sources) = faults("book", text);
    let found: BTreeSet<&str> = faults.iter().map(|d| d.code.row().id).collect();
    let shown = render_all(&faults, &sources, Style::plain());
    assert_eq!(found, codes.iter().copied().collect(), "{place}\n{shown}");
    broken.join("\n")
}

/// Requires that a script runs with these warnings and no others, and that its expectations hold.
fn must_warn(place: &str, text: &str, warnings: &[&str]) {
    let broken = must_have(place, text, warnings);
    assert!(broken.is_empty(), "{place}\n{broken}");
}

/// Runs one block of a page.
fn run(page: &Page, block: &Block, terminal: &mut Terminal) {
    let place = format!("{}:{}", page.name, block.line);
    let words: Vec<&str> = block.info.split_whitespace().collect();
    let (file, words): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|w| w.ends_with(".carom"));
    if let [name] = file[..]
        && words.first() != Some(&"repl")
    {
        terminal.put(name, &block.text);
    }
    match words[..] {
        ["carom"] if page.name == ERRORS => must_warn(&place, &block.text, &[]),
        ["carom"] => must_hold(&place, &block.text),
        ["carom", "fragment"] => must_hold(&place, &whole("definitions", &block.text)),
        ["carom", "fragment", kind] => must_hold(&place, &whole(kind, &block.text)),
        ["carom", "warning", code] => must_warn(&place, &block.text, &[code]),
        ["carom", "error", code] => {
            must_have(&place, &block.text, &[code]);
        }
        ["repl", ref arguments @ ..] => terminal.dialogue(&place, &[arguments, &file[..]].concat(), &block.text),
        ["python"] => {}
        ["text"] if page.name == ERRORS => {}
        ["console"] => terminal.session(&place, &block.text),
        ["sh"] => block.text.lines().for_each(|l| assert!(COMMANDS.contains(&l), "{place}: unknown command `{l}`")),
        _ => panic!("{place}: nothing runs a block `{}`", block.info),
    }
}

/// Runs all blocks of a page in one folder and returns their number.
fn run_page(name: &str) -> usize {
    let page = Page::read(name);
    let mut terminal = Terminal::new();
    page.blocks.iter().for_each(|block| run(&page, block, &mut terminal));
    page.blocks.len()
}

#[test]
fn the_first_five_minutes_run() {
    assert!(run_page("book/src/first-run.md") >= 6);
}

#[test]
fn the_tutorial_runs() {
    assert!(run_page("book/src/tutorial.md") >= 5);
}

#[test]
fn the_variations_run() {
    assert!(run_page("book/src/vary.md") >= 6);
}

#[test]
fn the_page_on_rules_runs() {
    assert!(run_page("book/src/rules.md") >= 7);
}

#[test]
fn the_page_on_measures_runs() {
    assert!(run_page("book/src/measures.md") >= 5);
}

#[test]
fn the_page_on_sweeps_runs() {
    assert!(run_page("book/src/sweeps.md") >= 5);
}

#[test]
fn the_page_for_users_of_qutip_runs() {
    assert!(run_page("book/src/qutip.md") >= 2);
}

#[test]
fn the_page_on_output_runs() {
    assert!(run_page("book/src/output.md") >= 2);
}

#[test]
fn the_tour_of_the_repl_runs() {
    assert!(run_page("book/src/repl.md") >= 8);
}

#[test]
fn the_page_on_the_explorer_runs() {
    assert!(run_page("book/src/explore.md") >= 1);
}

#[test]
fn the_language_reference_runs() {
    assert!(run_page("book/src/language.md") >= 15);
}

#[test]
fn the_page_on_editors_runs() {
    assert!(run_page("book/src/editors.md") >= 2);
}

#[test]
fn the_page_on_error_codes_runs() {
    assert!(run_page(ERRORS) >= 200);
}

#[test]
fn the_page_on_installation_runs() {
    assert!(run_page("book/src/installation.md") >= 3);
}

#[test]
fn the_page_on_theory_runs() {
    assert!(run_page("book/src/theory.md") >= 6);
}

#[test]
fn the_recipes_run() {
    assert!(run_page("book/src/recipes.md") >= 36);
}

#[test]
fn the_answers_to_questions_run() {
    assert!(run_page("book/src/faq.md") >= 6);
}

#[test]
fn the_page_on_commands_runs() {
    assert!(run_page("book/src/commands.md") >= 9);
}

#[test]
fn the_page_on_files_runs() {
    assert!(run_page("book/src/files.md") >= 5);
}

#[test]
fn the_glossary_runs() {
    assert!(run_page("book/src/glossary.md") >= 1);
}

#[test]
fn the_page_on_citing_runs() {
    assert_eq!(run_page("book/src/citing.md"), 0);
}

#[test]
fn the_readme_runs() {
    assert!(run_page("README.md") >= 4);
}

#[test]
fn every_page_is_in_the_contents_and_is_run() {
    let contents = linked("book/src/SUMMARY.md");
    let pages: BTreeSet<String> = pages().into_iter().filter(|p| p != "SUMMARY.md").collect();
    assert_eq!(contents.into_iter().collect::<BTreeSet<_>>(), pages);
    let tested = fs::read_to_string(root().join("tests/book/main.rs")).expect("this file");
    // The generated pages have their own tests; the page on speed contains measurements.
    let untested =
        |page: &str| page.starts_with("gallery") || ["functions.md", "errors.md", "speed.md"].contains(&page);
    for page in pages.iter().filter(|p| !untested(p)) {
        assert!(tested.contains(&format!("run_page(\"book/src/{page}\")")), "nothing runs {page}");
    }
}

#[test]
fn links_between_pages_have_targets() {
    let mut files: Vec<String> = pages().into_iter().map(|p| format!("book/src/{p}")).collect();
    files.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(String::from));
    for file in files {
        let folder = root().join(&file).parent().expect("a folder").to_path_buf();
        for target in linked(&file) {
            assert!(folder.join(&target).exists(), "{file} links to {target}");
        }
    }
}

/// A word in a heading is found first by the book's search.
#[test]
fn headings_of_the_glossary_have_the_terms_of_the_literature() {
    let text = Page::read("book/src/glossary.md").text;
    let headings = text.lines().filter(|l| l.starts_with('#')).collect::<Vec<_>>().join("\n").to_lowercase();
    for term in SEARCHED {
        assert!(headings.contains(term), "the glossary has no heading with `{term}`");
    }
}

#[test]
fn the_language_chapter_shows_the_prelude() {
    let page = Page::read("book/src/language.md");
    assert_eq!(page.blocks[0].text, format!("{PRELUDE}{STEP}"));
}

#[test]
fn generated_pages_are_current() {
    for (page, text) in [("functions", book_functions()), ("errors", book_errors())] {
        let path = format!("book/src/{page}.md");
        let found = fs::read_to_string(root().join(&path)).unwrap_or_default();
        assert!(found == text, "{path} is stale; regenerate it: cargo run -- reference --book {page} > {path}");
    }
}

#[test]
fn every_error_that_the_book_names_is_listed() {
    for page in pages() {
        let text = Page::read(&format!("book/src/{page}")).text;
        for (at, _) in text.match_indices('E') {
            let word: String = text[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
            let is_code = word.len() == 4 && word[1..].chars().all(|c| c.is_ascii_digit());
            assert!(!is_code || Code::ALL.iter().any(|c| c.row().id == word), "{page}: no code {word}");
        }
    }
}

/// The README shows exactly [`COMMANDS`], and `.ci/run` runs each of them.
#[test]
fn the_commands_of_the_readme_are_run_by_ci() {
    let readme = Page::read("README.md");
    let shown: Vec<&str> = readme.blocks.iter().filter(|b| b.info == "sh").flat_map(|b| b.text.lines()).collect();
    assert_eq!(shown, COMMANDS);
    let ci = fs::read_to_string(root().join(".ci/run")).expect(".ci/run is there");
    for command in COMMANDS {
        assert!(ci.lines().any(|l| l.trim() == format!("run {command}")), "`.ci/run` does not run `{command}`");
    }
}
