//! `carom man`: generates manual pages from the texts of `--help`.

use std::path::PathBuf;

use clap::CommandFactory;

use super::console::Console;
use super::{Cli, Exit};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::storage::{FileError, ensure_dir};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to write a page for each command to [default: print the page of `carom`].
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    // `carom help` shows the texts of the other pages and needs no page itself.
    let command = Cli::command().disable_help_subcommand(true);
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).expect("writing to a Vec does not fail");
        console.exactly(&String::from_utf8_lossy(&page));
        return Exit::Done;
    };
    let written = ensure_dir(folder).and_then(|()| {
        clap_mangen::generate_to(command, folder).map_err(|source| FileError { path: folder.clone(), source })
    });
    match written {
        Ok(()) => Exit::Done,
        Err(e) => {
            let errors = [Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())];
            let sources = SourceMap::new();
            console.report(&errors, &sources);
            Exit::of(&errors, &sources)
        }
    }
}
