//! Writes lines as text and aligns them in columns.
//!
//! Contract: the signs of neighbouring declarations are aligned; those of other statements are aligned if the author
//! aligned them. Comments at the ends of neighbouring lines are aligned, in the column that they already share or three
//! columns after the longest line. The result depends only on the widths of the pieces and the author's columns, so
//! formatting twice changes nothing.

use unicode_width::UnicodeWidthStr;

use super::lines::Line;
use super::pieces::{Piece, Role};
use super::spacing::join;

/// The kind of a line. Neighbouring lines of the same kind are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind<'t> {
    /// Whether the line begins with `redefine`.
    redefine: bool,
    /// The keyword, or one that stands for a group of keywords aligned together.
    word: &'t str,
    /// The sign to align.
    sign: &'t str,
}

/// Where a line is cut so that the part after the cut can be aligned.
#[derive(Debug, Clone, Copy)]
struct Cut<'t> {
    kind: Kind<'t>,
    /// The index of the piece to align.
    at: usize,
    /// Whether to align it always, rather than only where the author did.
    always: bool,
}

/// The largest difference in width, in columns, between the left sides of lines that are aligned with each other.
const MAX_WIDTH_DIFFERENCE: usize = 7;
/// The default number of columns between the longest line and its comment.
const COMMENT_GAP: usize = 3;
/// The smallest such gap that an author may choose.
const MIN_COMMENT_GAP: usize = 2;
/// Comments in a column beyond this one are moved back to the left.
const LAST_COLUMN: usize = 120;

/// Writes the lines as text.
pub(super) fn write(lines: &[Line<'_>]) -> String {
    let mut texts = aligned(lines);
    comments(lines, &mut texts);
    let mut out = String::new();
    for (line, text) in lines.iter().zip(&texts) {
        if line.gap {
            out.push('\n');
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// The aligned text of each line, without its comment.
fn aligned(lines: &[Line<'_>]) -> Vec<String> {
    let cuts: Vec<Option<Cut<'_>>> = lines.iter().map(cut).collect();
    let mut out = Vec::with_capacity(lines.len());
    while out.len() < lines.len() {
        let start = out.len();
        let indent = |line: &Line<'_>| " ".repeat(4 * line.indent);
        let Some(first) = cuts[start] else {
            out.push(indent(&lines[start]) + &join(&lines[start].pieces));
            continue;
        };
        let same = |i: &usize| {
            let goes_on = !lines[*i].gap && lines[*i].indent == lines[start].indent;
            cuts[*i].is_some_and(|c| c.kind == first.kind) && goes_on
        };
        let end = (start + 1..lines.len()).take_while(same).last().map_or(start + 1, |last| last + 1);
        let group: Vec<(&Line<'_>, Cut<'_>)> =
            lines[start..end].iter().zip(cuts[start..end].iter().copied().flatten()).collect();
        for (line, text) in lines[start..].iter().zip(align_signs(&group)) {
            out.push(indent(line) + &text);
        }
    }
    out
}

/// The text of a group of lines, with their signs aligned.
fn align_signs(group: &[(&Line<'_>, Cut<'_>)]) -> Vec<String> {
    let align = group.iter().any(|(line, cut)| cut.always || line.pieces[cut.at].blanks > 1);
    let word = |line: &Line<'_>| line.pieces[0].text.width();
    // The names after `system` and `environment` are aligned.
    let widest = group.iter().map(|(line, _)| word(line)).max().unwrap_or(0);
    let left = |(line, cut): &(&Line<'_>, Cut<'_>)| {
        let text = join(&line.pieces[..cut.at]);
        if cut.kind.word != "system" {
            return text;
        }
        let (first, rest) = text.split_at(line.pieces[0].text.len());
        format!("{first}{}{rest}", " ".repeat(widest - word(line)))
    };
    let lefts: Vec<String> = group.iter().map(left).collect();
    let widths: Vec<usize> = lefts.iter().map(|left| left.width()).collect();
    let mut out = Vec::with_capacity(group.len());
    while out.len() < group.len() {
        let start = out.len();
        let end = if align { end_of_similar_widths(&widths, start) } else { start + 1 };
        let column = widths[start..end].iter().copied().max().unwrap_or(0);
        for i in start..end {
            let (line, cut) = &group[i];
            out.push(format!("{}{} {}", lefts[i], " ".repeat(column - widths[i]), join(&line.pieces[cut.at..])));
        }
    }
    out
}

/// The end of the run of lines from `start` on whose widths differ by at most [`MAX_WIDTH_DIFFERENCE`].
fn end_of_similar_widths(widths: &[usize], start: usize) -> usize {
    let (mut least, mut most) = (widths[start], widths[start]);
    for (i, width) in widths.iter().enumerate().skip(start) {
        (least, most) = (least.min(*width), most.max(*width));
        if most - least > MAX_WIDTH_DIFFERENCE {
            return i;
        }
    }
    widths.len()
}

/// Where to cut a line, or `None` if lines of its kind are not aligned.
fn cut<'t>(line: &Line<'t>) -> Option<Cut<'t>> {
    let redefine = line.begins && line.pieces.first()?.text == "redefine";
    let first = line.pieces.get(usize::from(redefine)).filter(|p| line.begins && p.role == Role::Keyword)?;
    let (word, always) = match first.text {
        word @ ("param" | "observe" | "def") => (word, true),
        "hamiltonian" | "gate" => ("hamiltonian", true),
        // With `redefine` the keyword is not the first piece, and the names are not aligned.
        "system" | "environment" if !redefine => ("system", true),
        "rule" | "sequence" => ("rule", true),
        word @ ("set" | "let" | "record" | "collect" | "sweep" | "expect") => (word, false),
        _ => return None,
    };
    let at = sign(&line.pieces, word)?;
    let kind = Kind { redefine, word, sign: line.pieces[at].text };
    Some(Cut { kind, at, always })
}

/// The index of the piece to align: the brace of a rule on one line, the comparison of `expect`, otherwise the equals
/// sign. It is the first one outside of brackets.
fn sign(pieces: &[Piece<'_>], word: &str) -> Option<usize> {
    let mut depth = 0;
    pieces.iter().position(|piece| {
        match piece.role {
            Role::Open | Role::OpenAngle => depth += 1,
            Role::Close | Role::CloseAngle => depth -= 1,
            Role::OpenBlock if word == "rule" => return pieces.last().is_some_and(|p| p.role == Role::CloseBlock),
            Role::Infix { .. } if depth == 0 && word == "expect" => {
                return matches!(piece.text, "≈" | "~=" | "==" | "!=" | "≠" | "<" | "<=" | "≤" | ">" | ">=" | "≥");
            }
            Role::Infix { .. } if depth == 0 => return piece.text == "=",
            _ => {}
        }
        false
    })
}

/// Appends the comments to their lines, aligned.
fn comments(lines: &[Line<'_>], texts: &mut [String]) {
    let only_comment = |line: &Line<'_>| matches!(line.pieces[0].role, Role::Comment { .. });
    let mut start = 0;
    while start < lines.len() {
        let same = |i: &usize| !lines[*i].gap && lines[*i].indent == lines[start].indent && !only_comment(&lines[*i]);
        let end = (start + 1..lines.len()).take_while(same).last().map_or(start + 1, |last| last + 1);
        let with = || (start..end).filter_map(|i| lines[i].comment.map(|comment| (i, comment)));
        let longest = with().map(|(i, _)| texts[i].width()).max().unwrap_or(0);
        let shared = with().map(|(_, c)| c.column).reduce(|a, b| a.filter(|_| a == b)).flatten();
        let allowed = longest + MIN_COMMENT_GAP..=LAST_COLUMN.max(longest + COMMENT_GAP);
        let column = shared.filter(|column| allowed.contains(column)).unwrap_or(longest + COMMENT_GAP);
        for (i, comment) in with().collect::<Vec<_>>() {
            let text = &mut texts[i];
            text.push_str(&" ".repeat(column - text.width()));
            text.push_str(comment.text);
        }
        start = end;
    }
}
