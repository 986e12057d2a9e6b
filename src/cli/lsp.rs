//! `carom lsp`: the language server on standard input and output.

use std::io::{self, BufReader};

use super::Exit;
use super::console::Console;
use crate::diagnostic::{Code, Diagnostic};
use crate::lsp::{End, serve};
use crate::source::SourceMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Speak on standard input and output; some editors say so, and there is no other way.
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(crate) fn run(_: &Args, console: &mut Console) -> Exit {
    match serve(BufReader::new(io::stdin()), io::stdout()) {
        Ok(End::Orderly) => Exit::Done,
        Ok(End::WithoutShutdown) => Exit::Expectation,
        Ok(End::Disconnected) => Exit::Failed,
        Err(e) => {
            let d = Diagnostic::nowhere(Code::CannotWrite, format!("the conversation with the editor broke off: {e}"));
            console.report(&[d.help("the editor starts `carom lsp` itself; see `carom help lsp`")], &SourceMap::new());
            Exit::Failed
        }
    }
}
