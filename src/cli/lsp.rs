//! `carom lsp`: runs the language server on standard input and output.

use std::io::{self, BufReader};

use super::Exit;
use super::console::Console;
use crate::diagnostic::{Code, Diagnostic};
use crate::lsp::{End, serve};
use crate::source::SourceMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Communicate on standard input and output. This is the only transport; some editors pass the option anyway.
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(crate) fn run(_: &Args, console: &mut Console) -> Exit {
    match serve(BufReader::new(io::stdin()), io::stdout()) {
        Ok(End::Orderly) => Exit::Done,
        Ok(End::WithoutShutdown) => Exit::Expectation,
        Ok(End::Disconnected) => Exit::Failed,
        Err(e) => {
            let d = Diagnostic::nowhere(Code::CannotWrite, format!("the connection to the editor failed: {e}"));
            console.report(&[d.help("let the editor start `carom lsp`; see `carom help lsp`")], &SourceMap::new());
            Exit::Failed
        }
    }
}
