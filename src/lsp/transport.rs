//! Messages on a stream: a header with the length, then JSON.
//!
//! The types are those of `lsp-server`; its reader is not used because it makes room for whatever length a header states.

use std::io::{self, BufRead, Read, Write};

use lsp_server::Message;

/// No message of an editor is longer.
const MAX_MESSAGE: usize = 64 << 20;
/// No line of a header is longer.
const MAX_HEADER: u64 = 4096;

/// What was read.
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something else, and why it is not one.
    Malformed(String),
}

/// The next message; none at the end of the stream.
///
/// # Errors
/// The stream fails, or ends within a message.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.take(MAX_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        match line.trim_end().split_once(':') {
            None if line.trim_end().is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse::<usize>().ok();
            }
            Some((name, _)) if name.eq_ignore_ascii_case("content-type") => {}
            _ => return Ok(Some(Incoming::Malformed("this is no header of a message".into()))),
        }
    }
    let Some(length) = length.filter(|length| *length <= MAX_MESSAGE) else {
        return Ok(Some(Incoming::Malformed(format!("a message has a Content-Length of at most {MAX_MESSAGE} bytes"))));
    };
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some(match serde_json::from_slice(&body) {
        Ok(message) => Incoming::Message(message),
        Err(e) => Incoming::Malformed(format!("this message is not JSON-RPC: {e}")),
    }))
}

/// Writes a message.
///
/// # Errors
/// The stream fails.
pub(super) fn write(output: &mut impl Write, message: &Message) -> io::Result<()> {
    message.write(output)
}
