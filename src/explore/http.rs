//! Requests and responses of HTTP/1.1, one per connection.
//!
//! Contract: a request is read completely within [`DEADLINE`] and is at most [`MAX_HEAD`] and [`MAX_BODY`] bytes long, or it
//! is refused. Every response forbids scripts and resources of any other origin.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// The largest size of a request line with its headers, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// The most headers of a request; a browser sends about 20.
const MAX_HEADERS: usize = 64;
/// The largest size of a body, in bytes.
const MAX_BODY: usize = 64 << 10;
/// A request must have arrived within this time, however slowly its bytes come.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long a client may take to receive a response.
const WRITING: Duration = Duration::from_secs(10);
/// How long a refused request is read on, so that the client receives the refusal instead of a broken connection.
const DRAINING: Duration = Duration::from_millis(200);

/// The headers of every response. The page loads nothing but its own files, and pictures that it makes itself.
const HEADERS: &str = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; \
connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
X-Content-Type-Options: nosniff\r\n\
X-Frame-Options: DENY\r\n\
Referrer-Policy: no-referrer\r\n\
Cross-Origin-Opener-Policy: same-origin\r\n\
Cross-Origin-Resource-Policy: same-origin\r\n\
Cache-Control: no-store\r\n\
Connection: close\r\n";

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// The path as sent, with the query.
    pub(super) path: String,
    /// Names of the headers in lower case, and their values.
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The value of a header; `None` if it is missing or occurs twice.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    }

    /// Whether a header occurs.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(n, _)| n == name)
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Bad,
    Forbidden,
    NotFound,
    WrongMethod,
    TooSlow,
    TooLarge,
    NotJson,
    HeadTooLarge,
    Busy,
}

impl Status {
    fn line(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Bad => (400, "Bad Request", "this is not a request of the page"),
            Self::Forbidden => (403, "Forbidden", "open the address that `carom explore` has printed"),
            Self::NotFound => (404, "Not Found", "there is no such page"),
            Self::WrongMethod => (405, "Method Not Allowed", "the page does not send this method"),
            Self::TooSlow => (408, "Request Timeout", "the request took too long to arrive"),
            Self::TooLarge => (413, "Content Too Large", "the request is too large"),
            Self::NotJson => (415, "Unsupported Media Type", "the request is not JSON"),
            Self::HeadTooLarge => (431, "Request Header Fields Too Large", "the headers of the request are too large"),
            Self::Busy => (503, "Service Unavailable", "too many connections are open"),
        }
    }
}

/// A response.
#[derive(Debug)]
pub(super) struct Response {
    code: u16,
    reason: &'static str,
    kind: &'static str,
    body: Vec<u8>,
}

impl Response {
    /// A successful response.
    pub(super) fn new(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { code: 200, reason: "OK", kind, body: body.into() }
    }

    /// The refusal of a request.
    pub(super) fn refusal(status: Status) -> Self {
        let (code, reason, text) = status.line();
        Self { code, reason, kind: "text/plain; charset=utf-8", body: format!("{text}\n").into_bytes() }
    }

    /// The response after a panic, whose message has gone to standard error.
    pub(super) fn bug() -> Self {
        let body = "a bug in Carom stopped this request; its message is on the terminal\n".into();
        Self { code: 500, reason: "Internal Server Error", kind: "text/plain; charset=utf-8", body }
    }
}

/// Reads a request.
///
/// # Errors
/// It is not HTTP, too large, or too slow.
pub(super) fn read(stream: &TcpStream) -> Result<Request, Status> {
    let until = Instant::now() + DEADLINE;
    let mut bytes = Vec::with_capacity(2048);
    let (mut request, length, begin) = loop {
        if let Some(head) = head(&bytes)? {
            break head;
        }
        if bytes.len() >= MAX_HEAD {
            return Err(Status::HeadTooLarge);
        }
        more(stream, &mut bytes, MAX_HEAD, until)?;
    };
    if length > MAX_BODY {
        return Err(Status::TooLarge);
    }
    while bytes.len() < begin + length {
        more(stream, &mut bytes, begin + length, until)?;
    }
    request.body = bytes[begin..begin + length].to_vec();
    Ok(request)
}

/// The request line and headers, the length of the body and the byte at which it begins; `None` if some are missing.
fn head(bytes: &[u8]) -> Result<Option<(Request, usize, usize)>, Status> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut fields);
    let begin = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(begin)) => begin,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Status::HeadTooLarge),
        Err(_) => return Err(Status::Bad),
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| Status::Bad);
    let header = |h: &httparse::Header<'_>| Ok((h.name.to_ascii_lowercase(), text(h.value)?));
    let headers = parsed.headers.iter().map(header).collect::<Result<Vec<_>, Status>>()?;
    let (Some(method), Some(path)) = (parsed.method, parsed.path) else { return Err(Status::Bad) };
    let request = Request { method: method.to_string(), path: path.to_string(), headers, body: Vec::new() };
    // A body of unknown length is not needed, and two lengths may disagree.
    if request.has("transfer-encoding") {
        return Err(Status::Bad);
    }
    let length = match (request.header("content-length"), request.has("content-length")) {
        (Some(text), _) => text.parse().map_err(|_| Status::Bad)?,
        (None, true) => return Err(Status::Bad),
        (None, false) => 0,
    };
    Ok(Some((request, length, begin)))
}

/// Reads some more bytes, up to a total of `most`.
fn more(mut stream: &TcpStream, bytes: &mut Vec<u8>, most: usize, until: Instant) -> Result<(), Status> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
        return Err(Status::TooSlow);
    }
    let mut part = [0; 4096];
    let room = part.len().min(most - bytes.len());
    match stream.read(&mut part[..room]) {
        Ok(0) => Err(Status::Bad),
        Ok(n) => {
            bytes.extend_from_slice(&part[..n]);
            Ok(())
        }
        Err(e) if e.kind() == ErrorKind::Interrupted => Ok(()),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(Status::TooSlow),
        Err(_) => Err(Status::Bad),
    }
}

/// Sends a response and closes the connection. A client that has gone away is not an error.
pub(super) fn send(mut stream: &TcpStream, response: &Response) {
    let Response { code, reason, kind, body } = response;
    let head =
        format!("HTTP/1.1 {code} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{HEADERS}\r\n", body.len());
    drop(stream.set_write_timeout(Some(WRITING)));
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    drop(stream.shutdown(Shutdown::Write));
    if sent.is_ok() && *code != 200 {
        drain(stream);
    }
}

/// Reads what a refused client still sends, for a short time.
fn drain(mut stream: &TcpStream) {
    let until = Instant::now() + DRAINING;
    let mut part = [0; 4096];
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        if stream.set_read_timeout(Some(left)).is_err() || !stream.read(&mut part).is_ok_and(|n| n > 0) {
            return;
        }
    }
}

/// Whether the client has closed the connection. The stream must not block.
pub(super) fn is_closed(stream: &TcpStream) -> bool {
    match stream.peek(&mut [0]) {
        Ok(n) => n == 0,
        Err(e) => e.kind() != ErrorKind::WouldBlock,
    }
}
