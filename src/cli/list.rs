//! `carom list`: lists the shipped protocols, or the definitions of a script.

use super::Exit;
use super::console::Console;
use super::script::open;
use crate::report::{contents, shipped_protocols};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or the name of a shipped protocol [default: list the shipped protocols].
    file: Option<String>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let Some(file) = &args.file else {
        console.text(&shipped_protocols());
        return Exit::Done;
    };
    match open(file, &[], console) {
        Ok(opened) => {
            console.text(&contents(&opened.program, &opened.sources));
            Exit::Done
        }
        Err(exit) => exit,
    }
}
