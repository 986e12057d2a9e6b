//! Text → syntax tree.
//!
//! Contract: takes any text, hostile ones included. What comes out is a tree as [`crate::ast`] describes it, or every
//! independent mistake with its place, at most [`MAX_ERRORS`] of them and never none. In between:
//! sizes are bounded (`limits`), lines and comments laid out (`layout`), the grammar reads the text (`grammar`), its
//! pairs become a tree (`build`); when the grammar refuses the text, it is read again piece by piece (`recover`).

mod build;
mod context;
mod docs;
mod format;
mod grammar;
mod highlight;
mod latex;
mod layout;
mod limits;
mod lines;
mod messages;
mod names;
mod recover;
mod scan;
mod statements;
#[cfg(test)]
mod tests;
mod words;

use pest::Parser;

pub use context::{Call, Context, context};
pub use format::format;
pub use highlight::{TokenClass, classify};
pub use latex::{latex_expr, latex_statement};
pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_TERMS, MAX_TREE_DEPTH};
pub use lines::{Openness, is_open, statements};
pub use names::{canonical, greek_letters, is_name};
pub use words::{
    EXPERIMENT, PLOT, STEP, STYLE, TOP_LEVEL, all as keywords, example as keyword_example, inside as words_inside,
};

use self::build::Builder;
use self::grammar::{Grammar, Rule};
use crate::ast::{Expr, File};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};

/// Most mistakes that are reported of one text.
pub const MAX_ERRORS: usize = 20;

/// The text of a script, from the bytes of its file; `name` is what the message calls it.
///
/// # Errors
/// E104 when it has more than [`MAX_BYTES`] bytes, E106 when it is not UTF-8.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    if bytes.len() > MAX_BYTES {
        return Err(limits::too_many_bytes(name, bytes.len()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Diagnostic::nowhere(Code::NotUtf8, format!("{name} is not UTF-8 text: byte {valid}, on line {line}"))
            .help("save it as UTF-8 in your editor")
    })
}

/// Reads a script.
///
/// # Errors
/// Every independent mistake in the text (E101–E107), sorted by place.
pub fn parse(source: SourceId, text: &str) -> Result<File, Vec<Diagnostic>> {
    let place = Place::whole(source);
    if let Some(problem) = limits::check(&place, text) {
        return Err(vec![problem]);
    }
    let mut layout = layout::lay_out(&place, text);
    let pairs = match Grammar::parse(Rule::file, &layout.text) {
        Ok(pairs) if layout.problems.is_empty() => pairs,
        Ok(_) => return Err(sorted(layout.problems)),
        Err(error) => {
            let problems = std::mem::take(&mut layout.problems);
            return Err(sorted(recover::problems(source, &layout.text, problems, &error)));
        }
    };
    let builder = Builder::new(&place);
    let mut file = builder.file(only(pairs));
    docs::attach(&mut file, &layout);
    match builder.problems() {
        problems if problems.is_empty() => Ok(file),
        problems => Err(sorted(problems)),
    }
}

/// Reads one expression, as in `--set NAME=EXPR`.
///
/// # Errors
/// What is wrong with it (E101–E107), sorted by place.
pub fn parse_expression(source: SourceId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let place = Place::whole(source);
    if let Some(problem) = limits::check(&place, text) {
        return Err(vec![problem]);
    }
    let layout = layout::lay_out(&place, text);
    if !layout.problems.is_empty() {
        return Err(sorted(layout.problems));
    }
    let pairs = Grammar::parse(Rule::lone_expr, &layout.text)
        .map_err(|error| vec![messages::of_error(&error, &layout.text, &place, messages::Context::Expression)])?;
    let builder = Builder::new(&place);
    let expr = builder.expr(only(only(pairs).into_inner()));
    match builder.problems() {
        problems if problems.is_empty() => Ok(expr),
        problems => Err(sorted(problems)),
    }
}

/// The first pair, where the grammar says that there is one.
fn only<'i>(mut pairs: pest::iterators::Pairs<'i, Rule>) -> pest::iterators::Pair<'i, Rule> {
    pairs.next().expect("an entry rule has one pair")
}

/// By place, and not more than anyone reads.
fn sorted(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by_key(|problem| problem.labels.first().map(|&(span, _)| span));
    problems.truncate(MAX_ERRORS);
    problems
}

/// Where a text that is parsed stands in its source: as a whole, or put together from pieces of it.
struct Place {
    source: SourceId,
    /// Where in the parsed text each piece begins, and where in the source.
    pieces: Vec<(usize, usize)>,
}

impl Place {
    fn whole(source: SourceId) -> Self {
        Self { source, pieces: vec![(0, 0)] }
    }

    /// The span of a byte range of the parsed text.
    fn span(&self, start: usize, end: usize) -> Span {
        let last = if end > start { self.byte(end - 1) + 1 } else { self.byte(start) };
        let narrow = |byte| u32::try_from(byte).expect("a text has at most 2^20 bytes");
        Span { source: self.source, start: narrow(self.byte(start)), end: narrow(last) }
    }

    fn byte(&self, byte: usize) -> usize {
        let i = self.pieces.partition_point(|&(begin, _)| begin <= byte) - 1;
        let (begin, origin) = self.pieces[i];
        origin + (byte - begin)
    }
}
