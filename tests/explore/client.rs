//! A server in a temporary folder, and requests to it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Longest wait for an answer. Only a server that hangs takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A spin that loses its excitation to a stream, with a sweep and parameters of each kind.
pub(crate) const SMALL: &str = "\
## A spin that loses its excitation.
##
## Details.

param g = 0.3 in 0..1  ## coupling
param ω = 1            ## splitting
param twice = 2*g      ## depends on g
param size = 9 in 2..inf
param out = keep       ## which rule
system s = |+>
environment e = |0>
hamiltonian H = g/2 * (σx(s)*σx(e) + σy(s)*σy(e)) - ω/2 * σz(s)
rule keep { discard e }
rule erase { discard e; uncorrelate s }
step {
    evolve H for 1
    trace out
}
observe x = <σx(s)>   ## what is watched
observe z = <σz(s)>
experiment short \"Twenty collisions\" {
    set ω = 0.5
    run 20
    expect last(z) > 0.5
    expect max(x) <= 1
}
experiment map {
    run 10
    sweep g = linspace(0.1, 0.9, size), ω = linspace(1, 2, size)
    collect Z = last(z)
    expect min(Z) > 0
    plot { heatmap Z }
}
experiment both { plot { panels short, map } }
";

/// A server whose working folder is temporary; the process ends with the value.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    /// The address without the host, as in `/TOKEN/`.
    pub(crate) root: String,
    folder: TempDir,
}

impl Server {
    /// A server of [`SMALL`], at its first experiment.
    pub(crate) fn small() -> Self {
        Self::start(&["m.carom"])
    }

    pub(crate) fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("m.carom"), SMALL).unwrap();
        let mut child = carom(&folder, "explore", args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let rest = address.trim().strip_prefix("http://127.0.0.1:").expect("an address of this machine");
        let (port, root) = rest.split_once('/').unwrap();
        Self { child, port: port.parse().unwrap(), root: format!("/{root}"), folder }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of the files in the folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs another command in the folder.
    pub(crate) fn run(&self, command: &str, args: &[&str]) -> Output {
        carom(&self.folder, command, args).output().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes and returns the response.
    pub(crate) fn raw(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect();
        // The server may refuse the request before it has read all of it.
        drop(stream.write_all(bytes.as_ref()));
        Answer::read(stream)
    }

    /// A `GET` of a path after the token.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.raw(format!("GET {}{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.root, self.port))
    }

    /// The text of a `POST` of JSON to a path after the token.
    pub(crate) fn post_text(&self, path: &str, body: &str) -> String {
        format!(
            "POST {}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.root,
            body.len(),
            port = self.port,
        )
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Json) -> Json {
        let answer = self.raw(self.post_text(path, &body.to_string()));
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Opens the script in a new tab.
    #[track_caller]
    pub(crate) fn open(&self) -> Tab<'_> {
        let view = self.post("open", &json!({}));
        assert!(view["error"].is_null(), "{}", view["error"]);
        Tab::of(self, view)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn carom(folder: &TempDir, command: &str, args: &[&str]) -> Command {
    let mut out = Command::new(env!("CARGO_BIN_EXE_carom"));
    out.arg(command).args(args).current_dir(folder.path()).stdin(Stdio::null());
    out
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The status line and the headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads until the server closes the connection.
    #[track_caller]
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Self { status, head: head.into(), body: body.into() }
    }
}

/// An open page.
pub(crate) struct Tab<'s> {
    pub(crate) server: &'s Server,
    pub(crate) number: u64,
    pictures: u64,
    pub(crate) view: Json,
}

impl<'s> Tab<'s> {
    /// The page that this view opened.
    pub(crate) fn of(server: &'s Server, view: Json) -> Self {
        Self { server, number: view["tab"].as_u64().unwrap(), pictures: 0, view }
    }

    /// The body of a request for a picture.
    pub(crate) fn picture(&mut self, changes: &Json, level: u64) -> Json {
        self.pictures += 1;
        json!({ "tab": self.number, "lane": 0, "number": self.pictures, "level": level, "changes": changes })
    }

    #[track_caller]
    pub(crate) fn draw(&mut self, changes: &Json, level: u64) -> Json {
        let body = self.picture(changes, level);
        self.server.post("draw", &body)
    }

    /// Makes a change; the view is the new one if it was accepted.
    #[track_caller]
    pub(crate) fn change(&mut self, change: &Json) -> Json {
        let answer = self.server.post("change", &json!({ "tab": self.number, "change": change }));
        if answer["error"].is_null() {
            self.view = answer.clone();
        }
        answer
    }

    #[track_caller]
    pub(crate) fn post(&mut self, path: &str) -> Json {
        self.view = self.server.post(path, &json!({ "tab": self.number }));
        self.view.clone()
    }

    /// A parameter in the view.
    #[track_caller]
    pub(crate) fn parameter(&self, name: &str) -> &Json {
        self.view["parameters"].as_array().unwrap().iter().find(|p| p["name"] == name).expect("it is declared")
    }
}
