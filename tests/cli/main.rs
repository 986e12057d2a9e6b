//! The command line as a user meets it: commands, streams, exit status, files.

mod bad_input;
mod explore;
mod files;
mod interrupt;
mod nested;
mod options;
mod streams;
mod support;
