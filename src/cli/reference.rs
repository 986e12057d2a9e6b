//! `carom reference`: prints the reference page of a name or error code.

use unicode_width::UnicodeWidthStr;

use super::Exit;
use super::console::Console;
use crate::diagnostic::{Code, escape_controls};
use crate::output::{Tone, tone};
use crate::reference::{book_errors, book_functions, book_gallery, book_protocol, contents, page};
use crate::shipped::shipped;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A gate, operator, channel, measure, function, or an error code such as E401 [default: list all names].
    word: Option<String>,
    /// Print a chapter of the book; with the name of a shipped protocol, its page of the gallery.
    #[arg(long, value_enum, hide = true)]
    book: Option<Chapter>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Chapter {
    Functions,
    Errors,
    Gallery,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    match (&args.book, &args.word) {
        (Some(Chapter::Functions), _) => console.text(&book_functions()),
        (Some(Chapter::Errors), _) => console.text(&book_errors()),
        (Some(Chapter::Gallery), word) => match word.as_deref().and_then(shipped) {
            Some(protocol) => console.text(&book_protocol(protocol)),
            None => console.text(&book_gallery()),
        },
        (None, None) => overview(console),
        (None, Some(word)) => match page(word) {
            Ok(text) => console.text(&text),
            Err(near) => {
                let hint = near.map_or_else(
                    || "`carom reference` lists all names".to_string(),
                    |n| format!("did you mean `{n}`?"),
                );
                console.note(&format!("there is no built-in name or error code `{}`; {hint}", escape_controls(word)));
                return Exit::Usage;
            }
        },
    }
    Exit::Done
}

fn overview(console: &mut Console) {
    let mut chapter = |title: &str, names: &[&str]| {
        console.line(&tone(Tone::Strong, title));
        console.line(&wrapped(names, Console::width()));
        console.line("");
    };
    for (title, names) in contents() {
        chapter(title, &names);
    }
    let codes: Vec<&str> = Code::ALL.iter().map(|c| c.row().id).collect();
    chapter("Error codes", &codes);
    console.line("`carom reference NAME` explains one of them.");
}

/// Lists names in indented lines of at most `width` columns.
fn wrapped(names: &[&str], width: usize) -> String {
    let mut lines = vec![String::new()];
    for name in names {
        let line = lines.last_mut().expect("there is a first line");
        if !line.is_empty() && line.width() + 2 + name.width() > width {
            lines.push(format!("  {name}"));
        } else {
            *line += &format!("  {name}");
        }
    }
    lines.join("\n")
}
