//! `carom completions`: prints a completion script for a shell.

use clap::CommandFactory;

use super::console::Console;
use super::{Cli, Exit};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell to complete commands in.
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "carom", &mut text);
    console.exactly(&String::from_utf8_lossy(&text));
    Exit::Done
}
