//! The command line, with one file per command. Only this module uses clap.
//!
//! Contract: results go to standard output and to files, everything else to standard error. Exit status: 0 success; 1
//! an expectation failed; 2 the command line is wrong; 3 the script is wrong; 4 the run failed; 130 interrupted.

mod backend;
mod check;
mod completions;
mod console;
mod explain;
mod explore;
mod export;
mod findings;
mod fmt;
mod folders;
mod interrupt;
mod list;
mod lsp;
mod man;
mod new;
mod plot;
mod progress;
mod recorded;
mod reference;
mod repl;
mod rerun;
mod run;
mod script;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use crate::check::Script;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use console::{Color, Console};

/// A language for quantum collision models: write them as in a paper, run them, explore them.
#[derive(Debug, Parser)]
#[command(name = "carom", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    /// Colour the output.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run experiments and write their results.
    Run(run::Args),
    /// Check scripts without running them, and report all independent mistakes.
    Check(check::Args),
    /// Draw the figures of a finished run again from its files.
    Plot(plot::Args),
    /// Run an experiment again from its run.json, and compare the numbers.
    Rerun(rerun::Args),
    /// List the shipped protocols, or the definitions of a script.
    List(list::Args),
    /// Show the step as a gate sequence: lifetimes of the subsystems, linearity and cost.
    Explain(explain::Args),
    /// Write the model as LaTeX, or a matplotlib script of a figure.
    Export(export::Args),
    /// Check the expectations of every experiment and print a line for each.
    Verify(verify::Args),
    /// Explore a protocol line by line.
    Repl(repl::Args),
    /// Explore an experiment with sliders, in a browser.
    Explore(explore::Args),
    /// Explain a gate, operator, channel, measure, function or error code.
    Reference(reference::Args),
    /// Format scripts.
    Fmt(fmt::Args),
    /// Run the language server on standard input and output.
    Lsp(lsp::Args),
    /// Write a commented starter protocol.
    New(new::Args),
    /// Print a completion script for a shell.
    Completions(completions::Args),
    /// Print the manual page, or write one for each command.
    Man(man::Args),
}

/// How a command ended, in increasing severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Success.
    #[default]
    Done,
    /// An expectation failed: a claim of a script, or an editor ended without shutting the language server down.
    Expectation,
    /// The command line is wrong.
    Usage,
    /// The script is wrong.
    Script,
    /// The run failed: not enough memory, a file error, or invalid numbers.
    Failed,
    /// Interrupted; the results so far are kept.
    Interrupted,
}

impl Exit {
    /// The exit status that the most severe of the diagnostics gives a command.
    fn of(diagnostics: &[Diagnostic], sources: &SourceMap) -> Self {
        let each = |d: &Diagnostic| match d.code {
            _ if !d.is_error() => Self::Done,
            Code::OutOfMemory
            | Code::CannotWrite
            | Code::FolderInUse
            | Code::InvalidState
            | Code::JournalRefused
            | Code::RunNotFinite
            | Code::RunComplex => Self::Failed,
            Code::BadOption | Code::BadCommand | Code::LongSweep => Self::Usage,
            // A mistake in the text of an option is a mistake of the command line, not of the script.
            _ if d.labels.first().is_some_and(|(at, _)| sources.file(at.source).is_option()) => Self::Usage,
            Code::UnknownExperiment if d.labels.is_empty() => Self::Usage,
            _ => Self::Script,
        };
        diagnostics.iter().map(each).max().unwrap_or(Self::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Expectation => 1,
            Exit::Usage => 2,
            Exit::Script => 3,
            Exit::Failed => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let mut console = Console::new();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) if e.kind() == ErrorKind::InvalidSubcommand && script_of(&e).is_some() => {
            let script = script_of(&e).expect("it was there a moment ago");
            let message = format!("`{script}` is a script, not a command");
            let d = Diagnostic::nowhere(Code::BadOption, message).help(format!("run it with `carom run {script}`"));
            console.report(&[d], &SourceMap::new());
            return Exit::Usage.into();
        }
        Err(e) if e.use_stderr() => {
            // The message quotes the command line, so its control characters must be escaped.
            console.note(e.render().to_string().trim_end());
            return Exit::Usage.into();
        }
        Err(help) => {
            console.exactly(&help.render().to_string());
            return console.end(Exit::Done).into();
        }
    };
    console.set_color(cli.color);
    let exit = match cli.command {
        Command::Run(args) => run::run(&args, &mut console),
        Command::Check(args) => check::run(&args, &mut console),
        Command::Plot(args) => plot::run(&args, &mut console),
        Command::Rerun(args) => rerun::run(&args, &mut console),
        Command::List(args) => list::run(&args, &mut console),
        Command::Explain(args) => explain::run(&args, &mut console),
        Command::Export(args) => export::run(&args, &mut console),
        Command::Verify(args) => verify::run(&args, &mut console),
        Command::Repl(args) => repl::run(&args, &mut console),
        Command::Explore(args) => explore::run(&args, &mut console),
        Command::Reference(args) => reference::run(&args, &mut console),
        Command::Fmt(args) => fmt::run(&args, &mut console),
        Command::Lsp(args) => lsp::run(&args, &mut console),
        Command::New(args) => new::run(&args, &mut console),
        Command::Completions(args) => completions::run(&args, &mut console),
        Command::Man(args) => man::run(&args, &mut console),
    };
    console.end(exit).into()
}

/// The unknown command of an error, if it is a file or the name of a shipped protocol.
fn script_of(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    (Path::new(word).is_file() || Script::shipped(word).is_some()).then(|| word.clone())
}
