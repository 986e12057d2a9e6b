//! The commands of a session: a row each. What reads a line, `help` and completion use the same row.

use std::fmt::Write;

use crate::output::{Tone, tone};
use crate::report::table;
use crate::syntax;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "its row says what it does")]
pub enum Command {
    Run,
    Step,
    State,
    Plot,
    Show,
    Explain,
    Params,
    List,
    Info,
    Edit,
    Undo,
    Redo,
    Diff,
    Compare,
    Save,
    Load,
    Reset,
    Mode,
    Help,
    Quit,
}

/// What can stand behind a command, for completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Nothing.
    Nothing,
    /// Experiments.
    Experiments,
    /// Systems and environments.
    Subsystems,
    /// Series of the last run.
    Series,
    /// Definitions and experiments.
    Definitions,
    /// Definitions, built-in names, commands, error codes.
    Anything,
    /// Rules and series.
    RulesAndSeries,
    /// Files and shipped protocols.
    Files,
}

/// What is known of a command.
#[derive(Debug)]
pub struct CommandRow {
    /// Which one.
    pub command: Command,
    /// Its word.
    pub name: &'static str,
    /// What stands behind it.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// More, if there is more to say.
    pub more: &'static str,
    /// A line that works in a session on `karpat2019`.
    pub example: &'static str,
    /// What completion offers behind it.
    pub behind: Behind,
}

macro_rules! commands {
    ($($command:ident $name:literal $arguments:literal $behind:ident, $help:literal, $more:literal, $example:literal;)*) => {
        /// Every command, in the order in which `help` shows them.
        pub static COMMANDS: &[CommandRow] = &[$(CommandRow {
            command: Command::$command,
            name: $name,
            arguments: $arguments,
            help: $help,
            more: $more,
            example: $example,
            behind: Behind::$behind,
        }),*];
    };
}

commands! {
    Run "run" "[N] [EXPERIMENT…]" Experiments, "run experiments, or N collisions of the model",
        "`run fig2` runs an experiment, `run fig2 500` only so many collisions of it, `run 500` the model with all that is observed, \
         `run 500 until x1 < 0` until a condition holds. `run` alone runs the last experiment again. Ctrl-C stops it; what was \
         computed stays.",
        "run fig2 500";
    Step "step" "[K]" Nothing, "go on by K collisions from where the state is",
        "Without a run, or after the script has changed, it begins at the initial state. `step { … }` with a brace is a definition.",
        "step 5";
    State "state" "[SUBSYSTEM…]" Subsystems, "the reduced density matrix where the state is",
        "`<σz(s1)>`, `entropy(s1)` and other measures of the present state are expressions: type them alone.",
        "state s1";
    Plot "plot" "[SERIES…] [> FILE]" Series, "plot series here, or into an .svg, .png or .csv file",
        "`plot x1 x2` draws two series, `plot x1 - x2, abs(x1)` what is computed of them. `plot` alone draws the figure of the last \
         experiment.",
        "plot x1 x2";
    Show "show" "[NAME]" Definitions, "the script, a definition, or the step with its statements numbered",
        "",
        "show step";
    Explain "explain" "[EXPERIMENT]" Experiments, "the step as a gate sequence: who lives when and why, at what cost",
        "`explain equations` prints the step in LaTeX.",
        "explain";
    Params "params" "" Nothing, "parameters and their values; `set NAME = VALUE` changes one",
        "",
        "params";
    List "list" "" Nothing, "what the script defines: parameters, series, rules, experiments",
        "",
        "list";
    Info "info" "NAME" Anything, "what a name is: its definition, its value, its documentation",
        "",
        "info Hse";
    Edit "edit" "[NAME]" Definitions, "change a definition, `step`, or the whole script in $EDITOR",
        "",
        "edit step";
    Undo "undo" "" Nothing, "take back the last change of the script",
        "Results are those that were there before the change.",
        "undo";
    Redo "redo" "" Nothing, "make the change again that `undo` took back",
        "",
        "redo";
    Diff "diff" "" Nothing, "what has changed: the script against the file, and results since the run before",
        "`diff(x)` with brackets is the series function.",
        "diff";
    Compare "compare" "RULE RULE SERIES… | NAME = A, B SERIES…" RulesAndSeries, "run twice, draw both, and say where they part",
        "`compare keep erase x1` runs the last experiment with each of two rules, `compare γ = 0, π/2 x1` with each of two values. \
         `tolerance 1e-3` at the end says what counts as a difference; without it that is 1e-6.",
        "compare keep erase x1 tolerance 1e-3";
    Save "save" "FILE" Files, "write a script that gives the same results",
        "An existing file is overwritten only after a question.",
        "save mine.carom";
    Load "load" "FILE" Files, "begin with another script or shipped protocol",
        "`undo` brings the present one back.",
        "load exchange";
    Reset "reset" "" Nothing, "back to the script as it was loaded",
        "",
        "reset";
    Mode "mode" "emacs | vi" Nothing, "how lines are edited",
        "A line `mode vi` in the init file makes it so from the start.",
        "mode vi";
    Help "help" "[WORD]" Anything, "this list; a command, built-in name, word of the language or error code explained",
        "",
        "help pearson";
    Quit "quit" "" Nothing, "leave (as does Ctrl-D)",
        "",
        "quit";
}

/// The command of that word.
#[must_use]
pub fn command(word: &str) -> Option<&'static CommandRow> {
    COMMANDS.iter().find(|row| row.name == word)
}

/// What one can do, in a screen.
pub(super) fn overview() -> String {
    let rows: Vec<_> =
        COMMANDS.iter().map(|r| (r.name.to_string(), r.arguments.to_string(), r.help.to_string())).collect();
    let language = [
        ("set γ = 0", "give a parameter another value"),
        ("hamiltonian Hss = …", "change a definition, or make one: `help redefine`"),
        ("redefine step 3: …", "change one statement of the step"),
        ("last(x1)", "an expression: numbers, series of the last run, matrices"),
        ("<σz(s1)>", "a measure of the present state"),
    ]
    .map(|(a, b)| (a.to_string(), String::new(), b.to_string()));
    format!(
        "{}\n{}\n{}\n{}\n`help WORD` explains one of them; Tab completes; \\gamma Tab gives γ.\n",
        tone(Tone::Strong, "commands"),
        table(&rows).trim_end_matches('\n').to_string() + "\n",
        tone(Tone::Strong, "the language"),
        table(&language),
    )
}

/// How definitions are changed.
const REDEFINE: &str = "\
A definition that is typed again replaces the old one; the word `redefine` may stand before it.

  set γ = 0                                  a parameter's value
  hamiltonian Hss = λ/2 * σz(s1)*σz(s2)      a Hamiltonian, gate, rule, observable, …
  step { … }                                 the whole step
  redefine step 3: evolve Hss for 2δt        one statement, by its number in `show step`
  redefine step after 3: apply X(s1)         a statement more; `before 1` likewise
  redefine step without 3                    a statement less
  redefine rule erase 2: uncorrelate s1 | s2, e1', e2'
  edit step                                  in $EDITOR

What does not fit is told, and nothing is changed. `undo` takes a change back, `diff` shows all of them.
";

/// The page of a command, or of a word of the language.
pub(super) fn page(word: &str) -> Option<String> {
    if word == "redefine" {
        return Some(REDEFINE.to_string());
    }
    if let Some(row) = command(word) {
        let mut out = format!("{}\n\n{}\n", format!("{} {}", row.name, row.arguments).trim_end(), row.help);
        if !row.more.is_empty() {
            let _ = write!(out, "\n{}\n", row.more);
        }
        let _ = write!(out, "\nexample: {}\n", row.example);
        return Some(out);
    }
    syntax::keyword_example(word).map(|example| format!("{word} is a word of the language\n\nexample: {example}\n"))
}
