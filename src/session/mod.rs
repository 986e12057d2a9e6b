//! A session: a script that is changed line by line, and what its runs gave. No terminal is in it.
//!
//! Contract: [`Session::eval`] takes any text. What it accepts makes a new state, which is checked and
//! lowered before the old one is left; what fails leaves the session as it was. The script is at every moment a text that
//! `save` writes and that gives the same results.

mod changes;
mod commands;
mod compare;
mod definitions;
mod evaluate;
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
pub use commands::{Behind, COMMANDS, Command, CommandRow, command};
use history::History;
pub use read::{Line, is_open, read};
use state::State;
use unicode_width::UnicodeWidthStr;
pub use words::Words;

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    history: History,
    /// Columns for plots and tables.
    width: usize,
}

/// What a line gave.
#[derive(Debug, Default)]
pub struct Reply {
    /// Lines for the reader, in tones.
    pub text: String,
    /// Warnings, and what went wrong in a run whose series are kept.
    pub diagnostics: Vec<Diagnostic>,
    /// What they point at.
    pub sources: SourceMap,
    /// Whether something was stopped half-way.
    pub interrupted: bool,
    /// Whether an expectation of an experiment failed.
    pub unexpected: bool,
    /// What only a terminal can do.
    pub next: Next,
    /// The moment behind it, if it is another.
    state: Option<State>,
    /// Whether the script changed, so that `undo` has something to take back.
    changed: bool,
}

/// What is left to do for whoever shows the session.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    #[default]
    Nothing,
    /// To leave.
    Quit,
    /// To let the user edit this text, and hand it to [`Session::edited`].
    Edit {
        /// What is edited: a name, or nothing for the whole script.
        what: Option<String>,
        /// The text now.
        text: String,
    },
    /// To ask whether a file may be overwritten, and to [`Session::save`] if so.
    Overwrite(PathBuf),
    /// To edit lines as vi does, or as emacs does.
    Mode {
        /// As vi.
        vi: bool,
    },
}

/// Why a line changed nothing.
#[derive(Debug)]
pub struct Failure {
    /// The mistakes.
    pub diagnostics: Vec<Diagnostic>,
    /// What they point at.
    pub sources: SourceMap,
}

impl Failure {
    fn of(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], sources: SourceMap::new() }
    }
}

/// A command that cannot be done.
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

    /// A change of the script.
    fn change(state: State) -> Self {
        Self { state: Some(state), changed: true, ..Self::default() }
    }

    /// What both gave.
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
    /// A session on an empty script.
    ///
    /// # Panics
    /// Never: an empty script has no mistake.
    #[must_use]
    pub fn new() -> Self {
        let script = Script { name: "session".into(), ..Script::from_text("session", "") };
        Self::on(script).expect("an empty script has no mistake")
    }

    /// A session on a script, or on a shipped protocol by its name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(argument: &str) -> Result<Self, Failure> {
        Self::on(files::open(argument)?)
    }

    fn on(script: Script) -> Result<Self, Failure> {
        Ok(Self { history: History::new(State::new(script)?), width: 80 })
    }

    /// Says how many columns there are.
    pub fn set_width(&mut self, width: usize) {
        self.width = width.max(20);
    }

    /// The script as it is now.
    #[must_use]
    pub fn script(&self) -> &str {
        &self.state().checked.script.text
    }

    /// Whether the script is another than the one that was loaded.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.state().base.text != self.script()
    }

    /// A line on what is loaded, for the greeting.
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

    /// The protocol's name.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.state().checked.script.protocol
    }

    /// What completion offers.
    #[must_use]
    pub fn words(&self) -> Words {
        Words::of(self.state())
    }

    fn state(&self) -> &State {
        self.history.now()
    }

    /// Takes an input: one line, or several that belong together. All of it is done, or nothing.
    ///
    /// # Errors
    /// The mistakes, with the session as it was.
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

    /// Takes a text that came back from the editor of [`Next::Edit`].
    ///
    /// # Errors
    /// The mistakes in it, with the session as it was.
    pub fn edited(&mut self, what: Option<&str>, text: &str) -> Result<Reply, Failure> {
        match what {
            Some(_) => definitions::define(self.state(), text).map(|reply| self.commit(reply)),
            None => definitions::whole(self.state(), text).map(|reply| self.commit(reply)),
        }
    }

    /// Saves the script, over an existing file too.
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

    /// Goes to a new moment: behind the present one if the script has changed, else in its place.
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
            Some(left) => Ok(Reply::said(changes::told("undone", &left, self.state()))),
            None => Err(refuse("there is nothing to undo", "`undo` takes back changes of the script, one by one")),
        }
    }

    fn redo(&mut self) -> Result<Reply, Failure> {
        match self.history.forth() {
            Some(left) => Ok(Reply::said(changes::told("redone", &left, self.state()))),
            None => Err(refuse("there is nothing to redo", "`redo` makes again what `undo` took back")),
        }
    }
}

fn mode(arguments: &str) -> Result<Reply, Failure> {
    let vi = match arguments.trim() {
        "vi" => true,
        "emacs" => false,
        other => return Err(refuse(format!("`{other}` is no way to edit lines"), "`mode vi` or `mode emacs`")),
    };
    Ok(Reply { next: Next::Mode { vi }, ..Reply::default() })
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// Rows as columns, two spaces apart, aligned on the right; the first row is the head.
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
