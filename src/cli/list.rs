//! `carom list`: shipped protocols, or what a script defines.

use super::Exit;
use super::console::Console;
use super::script::open;
use crate::report::{contents, shipped_protocols};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or shipped protocol (the shipped protocols themselves, when none is named).
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
