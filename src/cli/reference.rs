//! `carom reference`: the page of a word.

use super::Exit;
use super::console::{Console, Tone};
use crate::diagnostic::{Code, escape_controls};
use crate::reference::{book_errors, book_functions, contents, page};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A gate, operator, channel, measure, function, or an error code such as E401 (all names, when none is given).
    word: Option<String>,
    /// Print a chapter of the book.
    #[arg(long, value_enum, hide = true)]
    book: Option<Chapter>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Chapter {
    Functions,
    Errors,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    match (&args.book, &args.word) {
        (Some(Chapter::Functions), _) => console.text(&book_functions()),
        (Some(Chapter::Errors), _) => console.text(&book_errors()),
        (None, None) => overview(console),
        (None, Some(word)) => match page(word) {
            Ok(text) => console.text(&text),
            Err(near) => {
                let hint = near.map_or_else(
                    || "`carom reference` lists all names".to_string(),
                    |n| format!("did you mean `{n}`?"),
                );
                console.note(&format!("nothing is called `{}`; {hint}", escape_controls(word)));
                return Exit::Script;
            }
        },
    }
    Exit::Done
}

fn overview(console: &mut Console) {
    for (chapter, names) in contents() {
        let head = console.tone(Tone::Strong, chapter);
        console.line(&format!("{head}\n  {}\n", names.join("  ")));
    }
    let head = console.tone(Tone::Strong, "Error codes");
    let codes: Vec<&str> = Code::ALL.iter().map(|c| c.row().id).collect();
    console.line(&format!("{head}\n  {}", codes.join("  ")));
}
