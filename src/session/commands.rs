//! The commands of a session, one row each. The parser of lines, `help` and completion share these rows.

use std::fmt::Write;

use crate::output::{Tone, tone};
use crate::report::table;
use crate::syntax;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the row of each command documents it")]
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

/// The kind of argument that a command takes, for completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
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
    /// Definitions, built-in names, commands and error codes.
    Anything,
    /// Rules and series.
    RulesAndSeries,
    /// Files and shipped protocols.
    Files,
}

/// A command with its documentation.
#[derive(Debug)]
pub struct CommandRow {
    /// The command.
    pub command: Command,
    /// The word that the user types.
    pub name: &'static str,
    /// The syntax of its arguments; empty if it takes none.
    pub arguments: &'static str,
    /// The help text in the list of commands; one line.
    pub help: &'static str,
    /// Further help on the page of the command; may be empty.
    pub more: &'static str,
    /// An example that works in a session on `karpat2019`.
    pub example: &'static str,
    /// The arguments that completion offers.
    pub completes: Completes,
}

macro_rules! commands {
    ($($command:ident $name:literal $arguments:literal $completes:ident, $help:literal, $more:literal, $example:literal;)*) => {
        /// All commands, in the order in which `help` lists them.
        pub static COMMANDS: &[CommandRow] = &[$(CommandRow {
            command: Command::$command,
            name: $name,
            arguments: $arguments,
            help: $help,
            more: $more,
            example: $example,
            completes: Completes::$completes,
        }),*];
    };
}

commands! {
    Run "run" "[N] [EXPERIMENT…]" Experiments, "run experiments, or N collisions of the model",
        "`run fig2` runs an experiment, `run fig2 500` its first 500 collisions. `run 500` runs the model alone and records \
         every observable; `run 500 until x1 < 0` stops when the condition holds. `run` alone repeats the last run. Ctrl-C stops \
         a run and keeps what it has computed.",
        "run fig2 500";
    Step "step" "[K]" Nothing, "continue the last run by K collisions (1 by default)",
        "If nothing has run yet, or the script has changed since, it starts from the initial state. `step { … }`, with a brace, is \
         a definition.",
        "step 5";
    State "state" "[SUBSYSTEM…]" Subsystems, "the reduced density matrix of the current state",
        "Measures of the current state, such as `<σz(s1)>` and `entropy(s1)`, are expressions: type them alone.",
        "state s1";
    Plot "plot" "[SERIES…] [> FILE]" Series, "plot series in the terminal, or to an .svg, .pdf, .png or .csv file",
        "`plot x1 x2` draws two series, `plot x1 - x2, abs(x1)` two expressions. `plot` alone draws the figure of the last \
         experiment.",
        "plot x1 x2";
    Show "show" "[NAME]" Definitions, "the script, a definition, or the step with its statements numbered",
        "",
        "show step";
    Explain "explain" "[EXPERIMENT]" Experiments, "the step as a gate sequence: the lifetime of each subsystem, and the cost",
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
    Edit "edit" "[NAME]" Definitions, "edit a definition, `step` or the whole script in $EDITOR",
        "",
        "edit step";
    Undo "undo" "" Nothing, "undo the last change to the script",
        "The results from before the change come back as well.",
        "undo";
    Redo "redo" "" Nothing, "repeat the change that `undo` took back",
        "",
        "redo";
    Diff "diff" "" Nothing, "changes to the script since it was loaded, and to the results since the previous run",
        "`diff(x)`, with parentheses, is the function of a series.",
        "diff";
    Compare "compare" "RULE RULE SERIES… | NAME = A, B SERIES…" RulesAndSeries, "run twice, draw both, and report where they diverge",
        "`compare keep erase x1` runs the last experiment with each of two rules, `compare γ = 0, π/2 x1` with each of two values. \
         `tolerance 1e-3` at the end sets the smallest difference that counts; the default is 1e-6.",
        "compare keep erase x1 tolerance 1e-3";
    Save "save" "FILE" Files, "write a script that reproduces the results",
        "`save` asks before it overwrites an existing file.",
        "save mine.carom";
    Load "load" "FILE" Files, "start from another script or a shipped protocol",
        "`undo` brings the current script back.",
        "load exchange";
    Reset "reset" "" Nothing, "restore the script as it was loaded",
        "",
        "reset";
    Mode "mode" "emacs | vi" Nothing, "choose how lines are edited",
        "A line `mode vi` in the init file applies to every session.",
        "mode vi";
    Help "help" "[WORD]" Anything, "this list, or help on a command, built-in name, keyword or error code",
        "",
        "help pearson";
    Quit "quit" "" Nothing, "leave (as does Ctrl-D)",
        "",
        "quit";
}

/// Finds a command by its word.
#[must_use]
pub fn command(word: &str) -> Option<&'static CommandRow> {
    COMMANDS.iter().find(|row| row.name == word)
}

/// The answer to `help` without arguments: all commands and the most common forms of the language, on one screen.
pub(super) fn overview() -> String {
    let rows: Vec<_> =
        COMMANDS.iter().map(|r| (r.name.to_string(), r.arguments.to_string(), r.help.to_string())).collect();
    let language = [
        ("set γ = 0", "give a parameter another value"),
        ("hamiltonian Hss = …", "add or change a definition: see `help redefine`"),
        ("redefine step 3: …", "change one statement of the step"),
        ("last(x1)", "an expression: numbers, series of the last run, matrices"),
        ("<σz(s1)>", "a measure of the current state"),
    ]
    .map(|(a, b)| (a.to_string(), String::new(), b.to_string()));
    format!(
        "{}\n{}\n{}\n{}\n`help WORD` explains any of these. Tab completes a word; `\\gamma` and Tab give γ.\n",
        tone(Tone::Strong, "commands"),
        table(&rows).trim_end_matches('\n').to_string() + "\n",
        tone(Tone::Strong, "the language"),
        table(&language),
    )
}

/// The page of `help redefine`.
const REDEFINE: &str = "\
A new definition of a name replaces the old one. The word `redefine` in front of it is optional.

  set γ = 0                                  a parameter's value
  hamiltonian Hss = λ/2 * σz(s1)*σz(s2)      a Hamiltonian, gate, rule, observable, …
  step { … }                                 the whole step
  redefine step 3: evolve Hss for 2δt        one statement, by its number in `show step`
  redefine step after 3: apply X(s1)         insert a statement; also `before 1`
  redefine step without 3                    remove a statement
  redefine rule erase 2: uncorrelate s1 | s2, e1', e2'
  edit step                                  in $EDITOR

An invalid change is reported and leaves the script unchanged. `undo` takes a change back; `diff` shows all changes.
";

/// The help page of a command or of a keyword of the language.
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
    syntax::keyword_example(word).map(|example| format!("{word} is a keyword of the language\n\nexample: {example}\n"))
}
