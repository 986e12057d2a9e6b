//! The console blocks of the book: commands that run in a temporary folder, and their output.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder in which commands run, and the exit status of the last one.
pub(crate) struct Terminal {
    folder: TempDir,
    status: i32,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), status: 0 }
    }

    /// Puts a script into the folder.
    pub(crate) fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a file in the temporary folder");
    }

    /// Runs each command of a block and compares its output.
    pub(crate) fn session(&mut self, place: &str, text: &str) {
        let mut rest = text.lines().peekable();
        while let Some(line) = rest.next() {
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("{place}: `{line}` belongs to no command"));
            let mut expected = Vec::new();
            while let Some(line) = rest.next_if(|l| !l.starts_with("$ ")) {
                expected.push(normal(line));
            }
            let printed = self.run(command);
            let lines: Vec<String> = printed.trim_end().lines().map(normal).collect();
            assert!(fits(&expected, &lines), "{place}: $ {command}\nprints\n{printed}\nand the page shows\n{text}");
        }
    }

    /// Pipes the lines of a dialogue into `carom repl` and compares its whole output.
    pub(crate) fn dialogue(&self, place: &str, arguments: &[&str], text: &str) {
        const PROMPT: &str = "carom> ";
        let input: String = text.lines().filter_map(|l| l.strip_prefix(PROMPT)).map(|l| format!("{l}\n")).collect();
        let expected: Vec<String> = text.lines().filter(|l| !l.starts_with(PROMPT)).map(normal).collect();
        fs::write(self.folder.path().join("dialogue.txt"), input).expect("a file in the temporary folder");
        // One stream, so that errors appear where they occur.
        let line = "exec \"$0\" repl --keep-going \"$@\" < dialogue.txt 2>&1";
        let mut command = Command::new("sh");
        command.args(["-c", line, env!("CARGO_BIN_EXE_carom")]).args(arguments);
        let done = command.current_dir(self.folder.path()).env("NO_COLOR", "1").output().expect("a shell");
        let printed = String::from_utf8(done.stdout).expect("it prints UTF-8");
        let lines: Vec<String> = printed.lines().map(normal).filter(|l| !l.is_empty()).collect();
        let expected: Vec<String> = expected.into_iter().filter(|l| !l.is_empty()).collect();
        assert!(fits(&expected, &lines), "{place}: the dialogue prints\n{printed}\nand the page shows\n{text}");
    }

    /// Runs a command line in a shell that finds `carom`, and returns its standard output, then its standard error.
    fn run(&mut self, line: &str) -> String {
        let folder = Path::new(env!("CARGO_BIN_EXE_carom")).parent().expect("the binary is in a folder");
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        // The first command gives `$?` the status of the previous line.
        let script = format!("(exit {})\n{line}", self.status);
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(self.folder.path()).env("NO_COLOR", "1").env("PATH", path);
        let done = command.output().expect("a shell");
        self.status = done.status.code().expect("it was not killed");
        let text = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).expect("it prints UTF-8"));
        text.concat()
    }
}

/// A line without trailing spaces, with every time such as `0.025 s` replaced by `TIME s`.
fn normal(line: &str) -> String {
    let is_time = |w: &str| w.contains('.') && w.chars().all(|c| c.is_ascii_digit() || c == '.');
    let mut out: Vec<String> = line.trim_end().split(' ').map(ToString::to_string).collect();
    for i in 1..out.len() {
        if matches!(out[i].as_str(), "s" | "s,") && is_time(&out[i - 1]) {
            out[i - 1] = "TIME".into();
        }
    }
    out.join(" ")
}

/// Whether lines are as expected, where a line `…` matches any number of lines.
fn fits(expected: &[String], lines: &[String]) -> bool {
    match expected {
        [] => lines.is_empty(),
        [any, rest @ ..] if any == "…" => (0..=lines.len()).any(|k| fits(rest, &lines[k..])),
        [first, rest @ ..] => lines.first().is_some_and(|l| line_fits(first, l)) && fits(rest, &lines[1..]),
    }
}

/// Whether a line is as expected, where `…` matches any text.
fn line_fits(expected: &str, line: &str) -> bool {
    match expected.split_once('…') {
        None => expected == line,
        Some((head, tail)) => line.strip_prefix(head).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| line_fits(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expected: &str, printed: &str) -> bool {
        let lines = |text: &str| text.lines().map(normal).collect::<Vec<_>>();
        fits(&lines(expected), &lines(printed))
    }

    #[test]
    fn differences_are_found() {
        assert!(matches("a\n…\nd", "a\nb\nc\nd"));
        assert!(matches("a\n…", "a"));
        assert!(matches("…\nx = … end", "a\nx = 3 end"));
        assert!(matches("2 collisions, 0.036 s, backend", "2 collisions, 1.234 s, backend"));
        assert!(!matches("a\n…\nd", "a\nb\nc"));
        assert!(!matches("a", "a\nb"));
        assert!(!matches("a\nb", "a"));
        assert!(!matches("x = … end", "x = 3"));
        assert!(!matches("2 collisions, 0.036 s", "3 collisions, 0.036 s"));
    }
}
