//! `carom explore`: a page with sliders, served to a browser on this machine.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Exit;
use super::console::Console;
use crate::explore::{Explorer, Options, check};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or the name of a shipped protocol [default: karpat2019].
    file: Option<String>,
    /// The experiment to begin with [default: the first one].
    experiment: Option<String>,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
    /// Folder for saved scripts and figures.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    // The page shows where a file was saved.
    let folder = std::path::absolute(&args.folder).unwrap_or_else(|_| args.folder.clone());
    let options = Options { file: args.file.clone(), experiment: args.experiment.clone(), folder };
    if let Err(failure) = check(&options) {
        console.report(&failure.diagnostics, &failure.sources);
        return Exit::of(&failure.diagnostics, &failure.sources);
    }
    let explorer = match Explorer::bind(options) {
        Ok(explorer) => explorer,
        Err(e) => {
            console.note(&format!("cannot listen on 127.0.0.1: {e}"));
            return Exit::Failed;
        }
    };
    console.line(&explorer.address());
    if args.open && !open(&explorer.address()) {
        console.note("no browser could be started; open the address yourself");
    }
    console.note("open this address in a browser on this machine; Ctrl-C ends");
    explorer.serve();
    Exit::Done
}

/// Opens an address in the browser. Returns whether a program for that was started.
fn open(address: &str) -> bool {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
