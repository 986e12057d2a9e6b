//! Messages on a stream: a header with the length, then JSON.
//!
//! The types are those of `lsp-server`. Its reader is not used because it allocates whatever length a header states, and
//! because it does not find the next message after bytes that do not form one.

use std::io::{self, BufRead, Write};

use lsp_server::Message;

/// The largest message that is accepted, in bytes; longer than any that an editor sends.
const MAX_MESSAGE: usize = 64 << 20;

/// The longest header line, in bytes; longer than any that an editor sends. Of a longer line only the end is kept,
/// where a header may follow other bytes.
const MAX_HEADER: usize = 4096;

/// The only header field that is needed.
const LENGTH: &str = "content-length:";

/// What was read.
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something else, with the reason why it is not a message.
    Malformed(String),
}

/// Reads messages from a stream.
pub(super) struct Reader<R> {
    input: R,
    /// The length stated in the header read so far, if any.
    length: Option<usize>,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, length: None }
    }

    /// The next message, or `None` at the end of the stream. After bytes that do not form a message, reading continues
    /// at the next `Content-Length:`, even if it does not begin a line: a body of the wrong length ends in the middle
    /// of one.
    ///
    /// # Errors
    /// The stream fails, or ends within a message.
    pub(super) fn read(&mut self) -> io::Result<Option<Incoming>> {
        let malformed = |why: &str| Ok(Some(Incoming::Malformed(why.into())));
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            if line.is_empty() {
                break;
            }
            let line = line.to_ascii_lowercase();
            if let Some(at) = line.rfind(LENGTH) {
                self.length = line[at + LENGTH.len()..].trim().parse().ok();
                if at > 0 {
                    return malformed("bytes that belong to no message precede this header");
                }
            } else if !line.starts_with("content-type:") {
                return malformed("this is not a message header");
            }
        }
        let Some(length) = self.length.take().filter(|length| *length <= MAX_MESSAGE) else {
            return malformed(&format!("a message has a Content-Length of at most {MAX_MESSAGE} bytes"));
        };
        let mut body = vec![0; length];
        self.input.read_exact(&mut body)?;
        Ok(Some(match serde_json::from_slice(&body) {
            Ok(message) => Incoming::Message(message),
            Err(e) => Incoming::Malformed(format!("this message is not JSON-RPC: {e}")),
        }))
    }

    /// The next line without white space at its end, of a long one the last [`MAX_HEADER`] bytes; `None` at the end of the
    /// stream.
    fn line(&mut self) -> io::Result<Option<String>> {
        let (mut line, mut any) = (Vec::new(), false);
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = buffer.iter().position(|b| *b == b'\n');
            let count = end.map_or(buffer.len(), |at| at + 1);
            line.extend_from_slice(&buffer[..count]);
            self.input.consume(count);
            if line.len() > MAX_HEADER {
                line.drain(..line.len() - MAX_HEADER);
            }
            if end.is_some() {
                break;
            }
        }
        Ok(any.then(|| String::from_utf8_lossy(&line).trim_end().to_string()))
    }
}

/// Writes a message.
///
/// # Errors
/// The stream fails.
pub(super) fn write(output: &mut impl Write, message: &Message) -> io::Result<()> {
    message.write(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    /// The methods of the messages found, and how many other things there were.
    fn found(stream: &str) -> (Vec<String>, usize) {
        let mut reader = Reader::new(stream.as_bytes());
        let (mut methods, mut others) = (Vec::new(), 0);
        while let Ok(Some(incoming)) = reader.read() {
            match incoming {
                Incoming::Message(Message::Notification(note)) => methods.push(note.method),
                Incoming::Message(_) => panic!("only notifications were sent"),
                Incoming::Malformed(_) => others += 1,
            }
        }
        (methods, others)
    }

    #[test]
    fn the_next_message_is_found_after_anything() {
        let message = |method: &str| frame(&format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\"}}"));
        let (a, b) = (message("a"), message("b"));
        for length in [0, 1, 100, MAX_HEADER - 20, MAX_HEADER - 10, MAX_HEADER, 65_536, 70_001] {
            for rubbish in ["x", ":", "é", "\u{0}", "{}"] {
                let rubbish = rubbish.repeat(length);
                let (methods, others) = found(&format!("{a}{rubbish}{b}{a}"));
                assert_eq!(methods, ["a", "b", "a"], "{length}");
                assert_eq!(others, usize::from(!rubbish.is_empty()), "{length}");
                assert_eq!(found(&format!("{rubbish}\n{a}{b}")).0, ["a", "b"], "{length}");
            }
        }
        // A length that is too short, and one that swallows the message after it.
        let body = &a[a.find('{').expect("a body")..];
        assert_eq!(found(&format!("Content-Length: 3\r\n\r\n{body}{b}{a}")).0, ["b", "a"]);
        let longer = format!("Content-Length: {}\r\n\r\n{body}{b}{a}", body.len() + 10);
        assert_eq!(found(&longer).0, ["a"]);
    }
}
