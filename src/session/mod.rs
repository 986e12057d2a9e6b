//! A session: a script that the user changes line by line, with the results of its runs. It is independent of any terminal.
//!
//! Contract: [`Session::eval`] takes any text. Accepted input produces a new state, which is checked and lowered before it
//! replaces the old one. Rejected input leaves the session unchanged. At all times the script is a text that `save` can
//! write and that reproduces the results.

mod changes;
mod commands;
mod compare;
mod definitions;
mod evaluate;
mod exploration;
mod files;
mod history;
mod plot;
mod read;
mod run;
mod script;
mod state;
mod values;
mod views;
mod words;

use std::path::PathBuf;

use crate::check::Script;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::Control;
use crate::source::SourceMap;
pub use commands::{COMMANDS, Command, CommandRow, Completes, command};
pub use exploration::{Change, Exploration, Parameter, Picture, Point, Range, Setter, Verdict};
use history::History;
pub use read::{Line, is_open, read};
use state::State;
use unicode_width::UnicodeWidthStr;
pub use words::Words;

/// An interactive session.
#[derive(Debug, Clone)]
pub struct Session {
    history: History,
    /// Width of plots and tables in columns; 80 by default.
    width: usize,
}

/// The result of an input.
#[derive(Debug, Default)]
pub struct Reply {
    /// Lines to print, with marks for their tones.
    pub text: String,
    /// Warnings, and the fault of a run that broke off but kept its series.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: SourceMap,
    /// Whether a computation was interrupted.
    pub interrupted: bool,
    /// Whether an expectation of an experiment failed.
    pub unexpected: bool,
    /// What the caller has to do next.
    pub next: Next,
    /// The new state of the session, if it changed.
    state: Option<State>,
    /// Whether the script changed, so that `undo` can take the change back.
    changed: bool,
}

/// What the caller of a session has to do after a reply.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    #[default]
    Nothing,
    /// End the session.
    Quit,
    /// Let the user edit this text, and pass the result to [`Session::edited`].
    Edit {
        /// The name of the definition to edit; `None` for the whole script.
        what: Option<String>,
        /// The current text.
        text: String,
    },
    /// Ask whether this file may be overwritten, and if so call [`Session::save`].
    Overwrite(PathBuf),
    /// Change the way in which lines are edited.
    Mode {
        /// `true` for vi, `false` for emacs.
        vi: bool,
    },
}

/// The errors of an input that was rejected.
#[derive(Debug)]
pub struct Failure {
    /// The errors; never empty.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: SourceMap,
}

impl Failure {
    fn of(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], sources: SourceMap::new() }
    }
}

/// The error for a command that cannot be carried out.
fn refuse(message: impl Into<String>, help: &str) -> Failure {
    Failure::of(Diagnostic::nowhere(Code::BadCommand, message).help(help))
}

impl Reply {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn said(text: impl Into<String>) -> Self {
        let mut reply = Self::default();
        reply.line(text.into().trim_end_matches('\n'));
        reply
    }

    /// A reply that changes the script.
    fn change(state: State) -> Self {
        Self { state: Some(state), changed: true, ..Self::default() }
    }

    /// Appends another reply to this one.
    fn join(&mut self, other: Self) {
        self.text += &other.text;
        self.diagnostics.extend(other.diagnostics);
        self.sources = other.sources;
        self.interrupted |= other.interrupted;
        self.unexpected |= other.unexpected;
        if other.next != Next::Nothing {
            self.next = other.next;
        }
    }
}

impl Session {
    /// Starts a session with an empty script.
    ///
    /// # Panics
    /// Never: an empty script has no mistake.
    #[must_use]
    pub fn new() -> Self {
        let script = Script { name: "session".into(), ..Script::from_text("session", "") };
        Self::on(script).expect("an empty script has no mistake")
    }

    /// Starts a session with a script file, or with a shipped protocol given by name.
    ///
    /// # Errors
    /// The script cannot be read, or has mistakes.
    pub fn open(argument: &str) -> Result<Self, Failure> {
        Self::on(files::open(argument)?)
    }

    fn on(script: Script) -> Result<Self, Failure> {
        Ok(Self { history: History::new(State::new(script)?), width: 80 })
    }

    /// Sets the width for plots and tables, in columns; at least 20.
    pub fn set_width(&mut self, width: usize) {
        self.width = width.max(20);
    }

    /// The current script.
    #[must_use]
    pub fn script(&self) -> &str {
        &self.state().checked.script.text
    }

    /// Whether the script differs from the one that was loaded.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.state().base.text != self.script()
    }

    /// One line for the greeting: the protocol and its experiments.
    #[must_use]
    pub fn summary(&self) -> String {
        let program = &self.state().checked.program;
        let experiments: Vec<&str> = program.experiments.iter().map(|e| e.name.text.as_str()).collect();
        if experiments.is_empty() {
            self.protocol().to_string()
        } else {
            format!("{}: {}", self.protocol(), experiments.join(", "))
        }
    }

    /// The name of the protocol.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.state().checked.script.protocol
    }

    /// The names that completion offers.
    #[must_use]
    pub fn words(&self) -> Words {
        Words::of(self.state())
    }

    fn state(&self) -> &State {
        self.history.now()
    }

    /// Evaluates an input of one or more lines. Either all of it takes effect, or nothing does.
    ///
    /// # Errors
    /// The input has a mistake, or a command in it fails. The session is then unchanged.
    pub fn eval(&mut self, input: &str, control: &Control<'_>) -> Result<Reply, Failure> {
        let mut trial = self.clone();
        let mut reply = Reply::default();
        for line in read(input) {
            let mut part = trial.line(&line, control)?;
            if let Some(state) = part.state.take() {
                trial.replace(state, part.changed && !reply.changed);
                reply.changed |= part.changed;
            }
            reply.join(part);
            if reply.interrupted || reply.next != Next::Nothing {
                break;
            }
        }
        *self = trial;
        Ok(reply)
    }

    /// Applies the text that the user edited after [`Next::Edit`].
    ///
    /// # Errors
    /// The text has mistakes. The session is then unchanged.
    pub fn edited(&mut self, what: Option<&str>, text: &str) -> Result<Reply, Failure> {
        match what {
            Some(_) => definitions::define(self.state(), text).map(|reply| self.commit(reply)),
            None => definitions::whole(self.state(), text).map(|reply| self.commit(reply)),
        }
    }

    /// Saves the script; an existing file is overwritten.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &std::path::Path) -> Result<Reply, Failure> {
        files::save(self.state(), path)
    }

    fn commit(&mut self, mut reply: Reply) -> Reply {
        if let Some(state) = reply.state.take() {
            self.replace(state, reply.changed);
        }
        reply
    }

    /// Makes a state the current one. It becomes a new entry of the history only if the script has changed.
    fn replace(&mut self, state: State, changed: bool) {
        if changed { self.history.push(state) } else { self.history.replace(state) }
    }

    fn line(&mut self, line: &Line<'_>, control: &Control<'_>) -> Result<Reply, Failure> {
        let state = self.state();
        match line {
            Line::Definitions(text) => definitions::define(state, text),
            Line::Statement(text) => definitions::statement(state, text),
            Line::Assignment(text) => definitions::assign(state, text),
            Line::Expression(text) => evaluate::expression(state, text, control),
            Line::Command(command, arguments) => self.command(*command, arguments, control),
        }
    }

    fn command(&mut self, command: Command, arguments: &str, control: &Control<'_>) -> Result<Reply, Failure> {
        let state = self.state();
        match command {
            Command::Run => run::run(state, arguments, control),
            Command::Step => run::step(state, arguments, control),
            Command::State => evaluate::state(state, arguments, control),
            Command::Plot => plot::plot(state, arguments, self.width),
            Command::Show => views::show(state, arguments),
            Command::Explain => views::explain(state, arguments, control),
            Command::Params => views::params(state),
            Command::List => Ok(views::list(state)),
            Command::Info => views::info(state, arguments),
            Command::Edit => definitions::edit(state, arguments),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Diff => Ok(changes::diff(state)),
            Command::Compare => compare::compare(state, arguments, self.width, control),
            Command::Save => files::ask_to_save(state, arguments),
            Command::Load => files::load(arguments),
            Command::Reset => definitions::reset(state),
            Command::Mode => mode(arguments),
            Command::Help => views::help(state, arguments),
            Command::Quit => Ok(Reply { next: Next::Quit, ..Reply::default() }),
        }
    }

    fn undo(&mut self) -> Result<Reply, Failure> {
        match self.history.back() {
            Some(left) => Ok(Reply::said(changes::change_message("undone", &left, self.state()))),
            None => Err(refuse(
                "there is nothing to undo",
                "`undo` takes back the last change to the script; there is none",
            )),
        }
    }

    fn redo(&mut self) -> Result<Reply, Failure> {
        match self.history.forth() {
            Some(left) => Ok(Reply::said(changes::change_message("redone", &left, self.state()))),
            None => Err(refuse("there is nothing to redo", "`redo` repeats a change that `undo` took back")),
        }
    }
}

fn mode(arguments: &str) -> Result<Reply, Failure> {
    let vi = match arguments.trim() {
        "vi" => true,
        "emacs" => false,
        other => return Err(refuse(format!("there is no editing mode `{other}`"), "write `mode vi` or `mode emacs`")),
    };
    Ok(Reply { next: Next::Mode { vi }, ..Reply::default() })
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// A table with right-aligned columns two spaces apart; the first row is the header.
fn aligned(rows: &[Vec<String>]) -> String {
    use crate::output::{Tone, tone};
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|t| t.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for (i, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(t, w)| format!("{}{t}", " ".repeat(w.saturating_sub(t.width()))));
        let line = format!("  {}", cells.collect::<Vec<_>>().join("  "));
        out += &if i == 0 { tone(Tone::Faint, &line) } else { line };
        out.push('\n');
    }
    out
}
