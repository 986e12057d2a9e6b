//! The explorer: one page in a browser whose sliders redraw an experiment's figure. Only this module uses HTTP.
//!
//! Contract: the server listens on 127.0.0.1 alone and answers only requests that carry the token of its address, that
//! name this host, and that come from its own page. Nothing that a request contains is used as a path; files are written
//! only into one folder, under names of letters, digits and hyphens, and never over another file. A request is limited in
//! size and time, and none blocks another. What is computed comes from [`session`](crate::session).

mod answers;
mod guard;
mod http;
mod json;
mod tabs;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::session::{Exploration, Failure};
use crate::shipped::SHIPPED;
use answers::answer;
use guard::Guard;
use http::{Response, Status};
use tabs::Tabs;

/// The most connections that are served at once. A page needs two or three.
const MAX_CONNECTIONS: usize = 64;

/// What is explored, and where files go.
#[derive(Debug, Clone)]
pub struct Options {
    /// The script or shipped protocol; `None` means the first shipped one.
    pub file: Option<String>,
    /// The experiment; `None` means the first one.
    pub experiment: Option<String>,
    /// The folder for saved scripts and figures.
    pub folder: PathBuf,
}

impl Options {
    fn file(&self) -> &str {
        self.file.as_deref().unwrap_or(SHIPPED[0].name)
    }
}

/// A server of the page.
#[derive(Debug)]
pub struct Explorer {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// What the threads of the connections share.
#[derive(Debug)]
struct Shared {
    options: Options,
    guard: Guard,
    tabs: Tabs,
    connections: AtomicUsize,
}

/// Checks that a page with these options would open.
///
/// # Errors
/// The mistakes of the script, or there is no such experiment.
pub fn check(options: &Options) -> Result<(), Failure> {
    Exploration::open(options.file(), options.experiment.as_deref()).map(|_| ())
}

impl Explorer {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// The system grants no port.
    pub fn bind(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let guard = Guard::new(listener.local_addr()?.port());
        let (tabs, connections) = (Tabs::default(), AtomicUsize::new(0));
        Ok(Self { listener, shared: Arc::new(Shared { options, guard, tabs, connections }) })
    }

    /// The address of the page, with its token.
    #[must_use]
    pub fn address(&self) -> String {
        self.shared.guard.address()
    }

    /// Serves the page until the process ends.
    pub fn serve(&self) {
        for stream in self.listener.incoming() {
            // A connection that was closed before it was accepted is not an error of the server.
            let Ok(stream) = stream else { continue };
            let is_local = |address: SocketAddr| address.ip().is_loopback();
            if !stream.peer_addr().is_ok_and(is_local) {
                continue;
            }
            let shared = Arc::clone(&self.shared);
            if shared.connections.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
                shared.connections.fetch_sub(1, Ordering::SeqCst);
                http::send(&stream, &Response::refusal(Status::Busy));
                continue;
            }
            let work = move || {
                serve_one(&shared, &stream);
                shared.connections.fetch_sub(1, Ordering::SeqCst);
            };
            // Without a thread the connection is closed, and the page asks again.
            drop(thread::Builder::new().name("explore".into()).spawn(work));
        }
    }
}

/// Reads one request and answers it.
fn serve_one(shared: &Shared, stream: &TcpStream) {
    let response = match http::read(stream) {
        Ok(request) => {
            let answered = catch_unwind(AssertUnwindSafe(|| match shared.guard.admit(&request) {
                Ok(path) => answer(shared, &request, path, stream),
                Err(status) => Response::refusal(status),
            }));
            answered.unwrap_or_else(|_| Response::bug())
        }
        Err(status) => Response::refusal(status),
    };
    http::send(stream, &response);
}
