//! A session without a terminal: lines from the command line or from standard input.

use std::io::{self, BufRead, Read};

use super::{Options, Screen, interrupt, take};
use crate::diagnostic::{Code, Diagnostic};
use crate::session::{Line, Next, Reply, Session, read};
use crate::source::SourceMap;
use crate::syntax::{MAX_BYTES, Openness, decode};

/// Runs the lines given with `-e`.
pub(super) fn lines(mut session: Session, options: &Options, screen: &mut dyn Screen) {
    for line in &options.lines {
        if !goes_on(take(&mut session, line, screen), options, screen) {
            return;
        }
    }
}

/// Runs standard input, each input as soon as it is complete.
pub(super) fn piped(mut session: Session, options: &Options, screen: &mut dyn Screen) {
    let mut stdin = io::stdin().lock();
    let mut pending = String::new();
    let mut open = Openness::default();
    loop {
        let line = interrupt::while_waiting("", true, || line(&mut stdin));
        interrupt::line_taken();
        let line = match line {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(d) => {
                screen.report(&[d], &SourceMap::new());
                return;
            }
        };
        let command = pending.is_empty() && matches!(read(&line).as_slice(), [Line::Command(..)]);
        open.feed(&line);
        pending.push_str(&line);
        if open.is_open() && !command && pending.len() <= MAX_BYTES {
            continue;
        }
        open = Openness::default();
        let input = std::mem::take(&mut pending);
        if !goes_on(take(&mut session, &input, screen), options, screen) {
            return;
        }
    }
    if !pending.trim().is_empty() {
        goes_on(take(&mut session, &pending, screen), options, screen);
    }
}

/// The next line with its newline. Its length is bounded, so that a device cannot exhaust the memory.
fn line(stdin: &mut impl BufRead) -> Result<Option<String>, Diagnostic> {
    let mut bytes = Vec::new();
    let count = stdin.by_ref().take(MAX_BYTES as u64 + 1).read_until(b'\n', &mut bytes);
    match count {
        Ok(0) => Ok(None),
        Ok(_) => decode("standard input", bytes).map(Some),
        Err(e) => Err(Diagnostic::nowhere(Code::CannotRead, format!("cannot read standard input: {e}"))),
    }
}

/// Whether the script continues. Commands that need a terminal are refused.
fn goes_on(reply: Option<Reply>, options: &Options, screen: &mut dyn Screen) -> bool {
    let Some(reply) = reply else { return options.keep_going };
    let refused = match &reply.next {
        Next::Nothing | Next::Mode { .. } => return !reply.interrupted,
        Next::Quit => return false,
        Next::Edit { .. } => Diagnostic::nowhere(Code::BadCommand, "`edit` needs a terminal")
            .help("type the new definition; `help redefine` shows how to change one statement"),
        Next::Overwrite(path) => Diagnostic::nowhere(Code::CannotWrite, format!("`{}` exists already", path.display()))
            .help("choose another name, or delete it first; on a terminal `save` asks"),
    };
    screen.report(&[refused], &SourceMap::new());
    options.keep_going
}
