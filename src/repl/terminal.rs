//! The dialogue on a terminal.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, EditMode, Editor};

use super::editor::Assistant;
use super::{Options, Screen, external, interrupt, places, show, take};
use crate::session::{Next, Session, read};
use crate::syntax::decode;

/// The prompt.
const PROMPT: &str = "carom> ";

/// The longest history, in lines.
const MAX_HISTORY: usize = 10_000;

/// A session with its line editor.
struct Dialogue<'s> {
    session: Session,
    editor: Editor<Assistant, FileHistory>,
    /// The file of the history; `None` if it cannot be used.
    history: Option<PathBuf>,
    /// The script when it was last saved.
    saved: String,
    screen: &'s mut dyn Screen,
}

/// Whether the dialogue continues.
enum Then {
    GoOn,
    Leave,
}

/// Reads and runs lines until the user leaves.
pub(super) fn run(session: Session, options: &Options, screen: &mut dyn Screen) {
    let mode = if options.vi { EditMode::Vi } else { EditMode::Emacs };
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .edit_mode(mode)
        .history_ignore_space(true)
        .tab_stop(4)
        .max_history_size(MAX_HISTORY)
        .and_then(|c| c.history_ignore_dups(true));
    let editor = config.and_then(|c| Editor::with_config(c.build()));
    let mut editor = match editor {
        Ok(editor) => editor,
        Err(e) => return screen.note(&format!("this terminal cannot be used: {e}")),
    };
    editor.set_helper(Some(Assistant::new(session.words(), screen.coloured())));
    let saved = session.script().to_string();
    let mut dialogue = Dialogue { session, editor, history: None, saved, screen };
    dialogue.load_history();
    dialogue.greet();
    if !options.no_init {
        dialogue.init();
    }
    dialogue.converse();
    dialogue.leave();
}

impl Dialogue<'_> {
    fn greet(&mut self) {
        let version = env!("CARGO_PKG_VERSION");
        self.screen.note(&format!("Carom {version}. `help` lists the commands, Tab completes, Ctrl-D leaves."));
        if !self.session.script().is_empty() {
            self.screen.note(&self.session.summary());
        }
    }

    fn load_history(&mut self) {
        let Some(path) = places::history() else { return };
        match self.editor.load_history(&path) {
            Ok(()) => self.history = Some(path),
            Err(ReadlineError::Io(e)) if e.kind() == ErrorKind::NotFound => self.history = Some(path),
            // Carom does not write the file either, since a file that it cannot read may not be its own.
            Err(e) => self.screen.note(&format!("no history: `{}` cannot be read: {e}", path.display())),
        }
    }

    /// Runs the lines of the init file. An error in it is reported, and the dialogue begins nevertheless.
    fn init(&mut self) {
        let Some(path) = places::init_file() else { return };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return,
            Err(e) => return self.screen.note(&format!("`{}` cannot be read: {e}", path.display())),
        };
        match decode(&path.display().to_string(), bytes) {
            Ok(text) => {
                if !read(&text).is_empty() {
                    self.input(&text);
                }
            }
            Err(d) => self.screen.note(&d.message),
        }
    }

    fn converse(&mut self) {
        // The text to the left and right of the cursor at the start of the next line.
        let mut typed = (String::new(), String::new());
        loop {
            if let Some(helper) = self.editor.helper_mut() {
                helper.words = self.session.words();
                helper.drawn.take();
            }
            let editor = &mut self.editor;
            let (left, right) = std::mem::take(&mut typed);
            let line = || editor.readline_with_initial(PROMPT, (&left, &right));
            match interrupt::while_waiting(self.session.script(), false, line) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    self.keep_line(&line);
                    if matches!(self.input(&line), Then::Leave) {
                        return;
                    }
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return,
                Err(ReadlineError::Io(e)) if e.kind() == ErrorKind::InvalidData => {
                    self.screen
                        .note("a byte that is not UTF-8 was left out: set the encoding of the terminal to UTF-8");
                    let (line, cursor) = self.editor.helper().map(|h| h.drawn.take()).unwrap_or_default();
                    let (left, right) = line.split_at(cursor);
                    typed = (left.to_string(), right.to_string());
                }
                Err(e) => {
                    // The terminal is gone.
                    self.screen.note(&format!("{e}"));
                    return;
                }
            }
        }
    }

    fn keep_line(&mut self, line: &str) {
        let added = self.editor.add_history_entry(line);
        if let (Ok(true), Some(path)) = (added, &self.history)
            && let Err(e) = self.editor.append_history(path)
        {
            self.screen.note(&format!("the history is no longer saved: `{}` cannot be written: {e}", path.display()));
            self.history = None;
        }
    }

    fn input(&mut self, input: &str) -> Then {
        let Some(reply) = take(&mut self.session, input, self.screen) else { return Then::GoOn };
        match reply.next {
            Next::Nothing => {}
            Next::Quit => return Then::Leave,
            Next::Mode { vi } => self.editor.set_edit_mode(if vi { EditMode::Vi } else { EditMode::Emacs }),
            Next::Edit { what, text } => self.edit(what.as_deref(), &text),
            Next::Overwrite(path) => {
                if self.agrees(&format!("overwrite {}? [y/N] ", path.display())) {
                    show(self.session.save(&path), self.screen);
                    self.saved = self.session.script().to_string();
                } else {
                    self.screen.note("nothing was written");
                }
            }
        }
        if read(input).iter().any(|l| matches!(l, crate::session::Line::Command(crate::session::Command::Save, _))) {
            self.saved = self.session.script().to_string();
        }
        Then::GoOn
    }

    /// Asks a yes-or-no question. Any answer other than `y` or `yes` means no.
    fn agrees(&mut self, question: &str) -> bool {
        let editor = &mut self.editor;
        let answer = interrupt::while_waiting(self.session.script(), false, || editor.readline(question));
        let answer = answer.unwrap_or_default();
        matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
    }

    /// Opens the editor until its text has no mistake or the user gives up.
    fn edit(&mut self, what: Option<&str>, before: &str) {
        let mut text = before.to_string();
        loop {
            text = match external::edit(&text) {
                Ok(text) => text,
                Err(reason) => return self.screen.note(&reason),
            };
            if text == before {
                return self.screen.note("nothing was changed");
            }
            if show(self.session.edited(what, &text), self.screen).is_some() {
                return;
            }
            if !self.agrees("edit it again? [y/N] ") {
                return self.screen.note("nothing was changed");
            }
        }
    }

    /// Saves unsaved changes to a recovery file.
    fn leave(&mut self) {
        let script = self.session.script();
        if self.session.is_changed() && script != self.saved {
            match places::keep(script, "last.carom") {
                Ok(path) => self.screen.note(&format!("not saved; the script is kept in {}", path.display())),
                Err(e) => self.screen.note(&format!("the script could not be saved: {e}")),
            }
        }
    }
}
