//! An editor from the server's point of view: JSON-RPC over the standard input and output of `carom lsp`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest wait for an answer. Only a server that hangs takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Client {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next: i64,
    /// Notifications received between answers.
    pub(crate) notes: Vec<Value>,
    folder: TempDir,
}

impl Client {
    /// Starts a server that is not yet initialised, with a temporary folder for documents.
    pub(crate) fn raw() -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_carom"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut output = BufReader::new(server.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = server.stdin.take();
        let folder = tempfile::tempdir().expect("a folder");
        Self { server, input, messages, next: 0, notes: Vec::new(), folder }
    }

    /// Starts and initialises a server.
    pub(crate) fn new() -> Self {
        let mut client = Self::raw();
        client.request("initialize", json!({ "capabilities": {} }));
        client.notify("initialized", json!({}));
        client
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("it can be written");
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        uri_of(&self.path(name))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("still open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    fn message(&mut self, message: &Value) {
        let text = message.to_string();
        self.send(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.message(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and waits for the whole answer, result or error.
    #[track_caller]
    pub(crate) fn answer(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.message(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message.get("id") == Some(&json!(id)) {
                return message;
            }
            self.notes.push(message);
        }
    }

    /// Sends a request and waits for its result.
    #[track_caller]
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    #[track_caller]
    pub(crate) fn receive(&mut self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("the server answers in time")
    }

    /// Opens a document and waits for its diagnostics.
    #[track_caller]
    pub(crate) fn open(&mut self, name: &str, text: &str) -> Vec<Value> {
        let uri = self.uri(name);
        let document = json!({ "uri": uri, "languageId": "carom", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        self.diagnostics(name)
    }

    /// Replaces the whole text and waits for the diagnostics.
    #[track_caller]
    pub(crate) fn change(&mut self, name: &str, text: &str) -> Vec<Value> {
        self.edit(name, json!([{ "text": text }]));
        self.diagnostics(name)
    }

    pub(crate) fn edit(&mut self, name: &str, changes: Value) {
        let uri = self.uri(name);
        let params = json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": changes });
        self.notify("textDocument/didChange", params);
    }

    /// The next diagnostics of a document.
    #[track_caller]
    pub(crate) fn diagnostics(&mut self, name: &str) -> Vec<Value> {
        let uri = self.uri(name);
        loop {
            let message = self.receive();
            let ours = message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == *uri;
            if ours {
                return message["params"]["diagnostics"].as_array().expect("a list").clone();
            }
            self.notes.push(message);
        }
    }

    /// Sends a request about the place marked by `¦` in `marked`, an excerpt that occurs once in the document.
    #[track_caller]
    pub(crate) fn about(&mut self, method: &str, name: &str, text: &str, marked: &str, more: Value) -> Value {
        let mut params = json!({ "textDocument": { "uri": self.uri(name) }, "position": position(text, marked) });
        for (key, value) in more.as_object().expect("an object") {
            params[key] = value.clone();
        }
        self.answer(method, params)
    }

    /// Closes the server's input and returns its exit status and standard error.
    #[track_caller]
    pub(crate) fn end(mut self) -> (i32, String) {
        drop(self.input.take());
        let start = std::time::Instant::now();
        while self.server.try_wait().expect("its state is known").is_none() {
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        }
        let mut said = String::new();
        self.server.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
        (self.server.wait().expect("it has ended").code().expect("no signal"), said)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The UTF-16 position of the mark.
#[track_caller]
pub(crate) fn position(text: &str, marked: &str) -> Value {
    let plain = marked.replace('¦', "");
    assert_eq!(text.matches(&plain).count(), 1, "{plain:?} must occur once");
    let byte = text.find(&plain).expect("counted") + marked.find('¦').expect("a mark");
    let line = text[..byte].matches('\n').count();
    let column = text[..byte].rsplit('\n').next().expect("a line").encode_utf16().count();
    json!({ "line": line, "character": column })
}

pub(crate) fn uri_of(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(n) => length = n.parse().ok()?,
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
