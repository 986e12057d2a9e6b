//! A process on a pseudo-terminal, and the screen that it draws.

#[path = "../common/clock.rs"]
mod clock;

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

/// Longest wait. Only a process that hangs takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const ROWS: u16 = 150;
const PROMPT: &str = "carom>";

/// The surroundings of a process: working folder, home folder, environment variables, and width of the terminal.
pub(crate) struct Surroundings {
    folder: tempfile::TempDir,
    home: tempfile::TempDir,
    variables: Vec<(String, Option<String>)>,
    pub(crate) columns: u16,
}

impl Surroundings {
    pub(crate) fn new() -> Self {
        let temporary = || tempfile::tempdir().expect("a temporary folder");
        Self { folder: temporary(), home: temporary(), variables: Vec::new(), columns: 100 }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn set(&mut self, assignment: &str) {
        let (name, value) = assignment.split_once('=').expect("NAME=VALUE");
        let value = value.replace("HOME", &self.home.path().to_string_lossy());
        self.variables.push((name.to_string(), Some(value)));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.push((name.to_string(), None));
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        put(&self.folder.path().join(name), text);
    }

    pub(crate) fn write_home(&self, name: &str, text: &str) {
        put(&self.home.path().join(name), text);
    }
}

fn put(path: &PathBuf, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be created");
    fs::write(path, text).expect("a file can be written");
}

/// A running REPL.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    /// The last line that was typed; assertions look at the screen after it.
    typed: String,
    start: Instant,
}

impl Terminal {
    pub(crate) fn start(surroundings: &Surroundings, arguments: &str) -> Self {
        let size = PtySize { rows: ROWS, cols: surroundings.columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_carom"));
        command.arg("repl");
        arguments.split_whitespace().for_each(|a| command.arg(a));
        command.cwd(surroundings.folder());
        for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "VISUAL", "EDITOR"] {
            command.env_remove(name);
        }
        command.env("HOME", surroundings.home());
        command.env("TERM", "xterm-256color");
        command.env("NO_COLOR", "");
        for (name, value) in &surroundings.variables {
            match value {
                Some(value) => command.env(name, OsString::from(value)),
                None => command.env_remove(name),
            }
        }
        let child = pair.slave.spawn_command(command).expect("the binary starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size_of(ROWS), size_of(surroundings.columns), 0)));
        let drawn = screen.clone();
        std::thread::spawn(move || {
            let _master = pair.master;
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                drawn.lock().expect("no one panicked").process(&bytes[..count]);
            }
        });
        Self { child, writer, screen, typed: String::new(), start: Instant::now() }
    }

    /// Everything on the screen.
    pub(crate) fn contents(&self) -> String {
        self.screen.lock().expect("no one panicked").screen().contents()
    }

    pub(crate) fn send(&mut self, text: &str) {
        // If the process has ended, a later assertion fails with its screen.
        self.send_bytes(text.as_bytes());
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        drop(self.writer.write_all(bytes).and_then(|()| self.writer.flush()));
    }

    fn until(&self, what: &str, place: &str, holds: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let contents = self.contents();
            if holds(&contents) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{place}\nwaited for {what}; the screen shows\n{contents}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for an empty prompt.
    pub(crate) fn prompt(&mut self, place: &str) {
        self.until("the prompt", place, |screen| screen.trim_end().lines().last().is_some_and(|l| l.trim() == PROMPT));
    }

    /// Waits until the typed text appears after the prompt, so that the next empty prompt is a new one.
    fn echo(&self, text: &str, place: &str) {
        let typed = bare(text);
        let after = |screen: &str| screen.rfind(PROMPT).map(|at| bare(&screen[at + PROMPT.len()..]));
        self.until("the typed text", place, |screen| after(screen).is_some_and(|b| b.starts_with(&typed)));
    }

    pub(crate) fn line(&mut self, text: &str, place: &str) {
        self.typed = text.to_string();
        self.send(text);
        self.echo(text, place);
        self.send("\r");
        self.prompt(place);
    }

    /// Types a line and Enter, and waits until the line editor has accepted the line: from then on it no longer handles
    /// Ctrl-C.
    pub(crate) fn begin(&mut self, text: &str, place: &str) {
        self.typed = text.to_string();
        self.send(text);
        self.echo(text, place);
        self.send("\r");
        // The editor has released the terminal when the cursor is below the typed text.
        let start = Instant::now();
        let typed = bare(text);
        loop {
            let (accepted, contents) = {
                let parser = self.screen.lock().expect("no one panicked");
                let screen = parser.screen();
                let columns = screen.size().1.get();
                let prompt = screen.rows(0, columns).collect::<Vec<_>>().iter().rposition(|r| r.starts_with(PROMPT));
                let rows = (PROMPT.len() + 1 + text.chars().count()) / usize::from(columns) + 1;
                let below = prompt.is_some_and(|at| usize::from(screen.cursor_position().0) >= at + rows);
                let contents = screen.contents();
                let after = contents.rfind(PROMPT).map(|at| bare(&contents[at + PROMPT.len()..]));
                let shown = after.is_some_and(|b| b.starts_with(&typed));
                (below && shown, contents)
            };
            if accepted {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{place}\nthe line was not accepted; the screen shows\n{contents}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Processor time that the process has used so far.
    #[allow(dead_code, reason = "the bench measures wall-clock time")]
    pub(crate) fn processor_time(&self) -> Duration {
        clock::of_process(self.child.process_id().expect("it runs"), self.start)
    }

    pub(crate) fn paste(&mut self, text: &str, place: &str) {
        self.typed = text.lines().next().unwrap_or("").to_string();
        self.send(&format!("\x1b[200~{text}\x1b[201~"));
        self.echo(text, place);
        self.send("\r");
        self.prompt(place);
    }

    pub(crate) fn keys(&mut self, text: &str) {
        let mut out = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            out.push(match (c, chars.clone().next()) {
                ('\\', Some('t')) => b'\t',
                ('\\', Some('r')) => b'\r',
                ('\\', Some('e')) => b'\x1b',
                ('\\', Some('\\')) => b'\\',
                // A byte that is not UTF-8: é in Latin-1.
                ('\\', Some('l')) => 0xe9,
                ('^', Some(key @ 'A'..='Z')) => key as u8 - b'@',
                (c, _) => {
                    out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
            });
            chars.next();
        }
        self.send_bytes(&out);
    }

    /// The text after the last line that was typed, or the whole screen if that line is no longer on it.
    fn after_input(&self, screen: &str) -> String {
        let typed = format!("{PROMPT} {}", self.typed);
        let from = if self.typed.is_empty() { None } else { screen.rfind(&typed).map(|at| at + typed.len()) };
        spaced(&screen[from.unwrap_or(0)..])
    }

    pub(crate) fn must_show(&mut self, text: &str, place: &str) {
        let expected = spaced(text);
        self.until(&format!("`{text}`"), place, |screen| self.after_input(screen).contains(&expected));
    }

    pub(crate) fn must_not_show(&mut self, text: &str, place: &str) {
        self.settle();
        let screen = self.contents();
        assert!(!self.after_input(&screen).contains(&spaced(text)), "{place}\n{screen}");
    }

    /// Waits until the screen no longer changes.
    pub(crate) fn settle(&self) {
        let mut before = self.contents();
        loop {
            std::thread::sleep(Duration::from_millis(20));
            let now = self.contents();
            if now == before {
                return;
            }
            before = now;
        }
    }

    pub(crate) fn closed(&mut self, place: &str) {
        let start = Instant::now();
        loop {
            match self.child.try_wait().expect("its state is known") {
                Some(status) => return assert!(status.success(), "{place}: {status:?}\n{}", self.contents()),
                None => assert!(start.elapsed() < PATIENCE, "{place}: the process still runs\n{}", self.contents()),
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn size_of(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).expect("a terminal has cells")
}

/// The text without white space, for comparison of lines that may be broken anywhere.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The text with every run of white space as one space.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
