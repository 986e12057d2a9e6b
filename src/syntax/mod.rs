//! Text → syntax tree.
//!
//! Contract: accepts any text, including a hostile one. The result is a tree as [`crate::ast`] describes it, or the
//! independent mistakes with their places: at least one and at most [`MAX_ERRORS`]. The stages are: check the sizes
//! (`limits`), lay out lines and comments (`layout`), parse with the grammar (`grammar`), and turn its pairs into a
//! tree (`build`). If the grammar rejects the text, the text is parsed again piece by piece (`recover`).

mod build;
mod context;
mod docs;
mod format;
mod grammar;
mod habits;
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

pub use context::{Call, Context, context, element};
pub use format::format;
pub(crate) use habits::words::is_unit;
pub use highlight::{TokenClass, classify};
pub use latex::{Rules, latex_element, latex_expr, latex_greek, latex_name, latex_range, latex_series, latex_step};
pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_TERMS, MAX_TREE_DEPTH};
pub use lines::{Openness, is_open, statements};
pub use names::{canonical, greek_letters, is_name, lookalike};
pub use words::{
    EXPERIMENT, PLOT, STEP, STYLE, TOP_LEVEL, all as keywords, example as keyword_example, inside as words_inside,
};

use self::build::Builder;
use self::grammar::{Grammar, Rule};
use crate::ast::{Expr, File};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};

/// The maximum number of mistakes reported for one text.
pub const MAX_ERRORS: usize = 20;

/// Decodes the text of a script from the bytes of its file. Messages call the file `name`.
///
/// # Errors
/// E104 if there are more than [`MAX_BYTES`] bytes, E106 if they are not UTF-8.
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

/// Parses a script.
///
/// # Errors
/// The independent mistakes in the text (E101–E107), sorted by place.
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

/// Parses one expression, as in `--set NAME=EXPR`.
///
/// # Errors
/// The mistakes in the expression (E101–E107), sorted by place.
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

/// The first pair, which the grammar guarantees.
fn only<'i>(mut pairs: pest::iterators::Pairs<'i, Rule>) -> pest::iterators::Pair<'i, Rule> {
    pairs.next().expect("an entry rule has one pair")
}

/// The first [`MAX_ERRORS`] problems, sorted by place.
fn sorted(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by_key(|problem| problem.labels.first().map(|&(span, _)| span));
    problems.truncate(MAX_ERRORS);
    problems
}

/// Maps byte offsets of a parsed text to its source. The parsed text is the whole source, or is joined from pieces of
/// it.
struct Place {
    source: SourceId,
    /// For each piece, its first byte in the parsed text and its first byte in the source.
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

    /// The byte of the source that corresponds to a byte of the parsed text.
    fn byte(&self, byte: usize) -> usize {
        let i = self.pieces.partition_point(|&(begin, _)| begin <= byte) - 1;
        let (begin, origin) = self.pieces[i];
        origin + (byte - begin)
    }
}
