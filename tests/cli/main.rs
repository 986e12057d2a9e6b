//! The command line as a user meets it: commands, streams, exit status, files.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod bad_input;
#[cfg(unix)]
#[path = "../common/clock.rs"]
mod clock;
mod explore;
mod export;
mod figures;
mod files;
mod findings;
mod format;
mod interrupt;
mod messages;
mod nested;
mod options;
mod progress;
mod repl;
mod rerun;
mod safety;
mod streams;
mod support;
mod sweeps;
mod tables;
mod trajectories;
