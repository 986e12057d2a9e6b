//! Lines to text: what stands below each other.
//!
//! Contract: the signs of neighbouring declarations stand below each other, those of other statements where their author
//! did so; comments behind neighbouring lines stand below each other, in the column that they share already or three
//! behind the longest line. Only the pieces' widths and the author's columns decide, so that a second time changes nothing.

use unicode_width::UnicodeWidthStr;

use super::lines::Line;
use super::pieces::{Piece, Role};
use super::spacing::join;

/// Lines of one kind are aligned with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind<'t> {
    redefine: bool,
    word: &'t str,
    /// The sign that is aligned.
    sign: &'t str,
}

/// Where a line is cut to align what stands behind the cut.
#[derive(Debug, Clone, Copy)]
struct Cut<'t> {
    kind: Kind<'t>,
    /// The piece that is aligned.
    at: usize,
    /// Whether it is aligned wherever it stands, and not only where its author did it.
    always: bool,
}

/// What a line with a much longer left side does not pull along.
const FARTHEST: usize = 7;
/// How far behind the longest line comments begin, and how near they may be.
const COMMENT_GAP: usize = 3;
const LEAST_GAP: usize = 2;
/// Comments further to the right are fetched back.
const LAST_COLUMN: usize = 120;

/// The text of the lines.
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

/// Each line without its comment.
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
        for (line, text) in lines[start..].iter().zip(side_by_side(&group)) {
            out.push(indent(line) + &text);
        }
    }
    out
}

/// A group of lines with their signs below each other.
fn side_by_side(group: &[(&Line<'_>, Cut<'_>)]) -> Vec<String> {
    let wished = group.iter().any(|(line, cut)| cut.always || line.pieces[cut.at].blanks > 1);
    let word = |line: &Line<'_>| line.pieces[0].text.width();
    // `system` and `environment` have their names below each other.
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
        let end = if wished { near(&widths, start) } else { start + 1 };
        let column = widths[start..end].iter().copied().max().unwrap_or(0);
        for i in start..end {
            let (line, cut) = &group[i];
            out.push(format!("{}{} {}", lefts[i], " ".repeat(column - widths[i]), join(&line.pieces[cut.at..])));
        }
    }
    out
}

/// One past the last of the lines whose widths are near enough to that of the line `start`, and to each other.
fn near(widths: &[usize], start: usize) -> usize {
    let (mut least, mut most) = (widths[start], widths[start]);
    for (i, width) in widths.iter().enumerate().skip(start) {
        (least, most) = (least.min(*width), most.max(*width));
        if most - least > FARTHEST {
            return i;
        }
    }
    widths.len()
}

/// Where a line is cut, if its kind is aligned at all.
fn cut<'t>(line: &Line<'t>) -> Option<Cut<'t>> {
    let redefine = line.begins && line.pieces.first()?.text == "redefine";
    let first = line.pieces.get(usize::from(redefine)).filter(|p| line.begins && p.role == Role::Keyword)?;
    let (word, always) = match first.text {
        word @ ("param" | "observe" | "def") => (word, true),
        "hamiltonian" | "gate" => ("hamiltonian", true),
        // The words are of different lengths only where nothing stands before them.
        "system" | "environment" if !redefine => ("system", true),
        "rule" | "sequence" => ("rule", true),
        word @ ("set" | "let" | "record" | "collect" | "sweep" | "expect") => (word, false),
        _ => return None,
    };
    let at = sign(&line.pieces, word)?;
    let kind = Kind { redefine, word, sign: line.pieces[at].text };
    Some(Cut { kind, at, always })
}

/// The piece that is aligned: the brace of a rule on one line, the comparison of an expectation, else the equals sign;
/// the first one outside of brackets.
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

/// Puts the comments behind their lines.
fn comments(lines: &[Line<'_>], texts: &mut [String]) {
    let only_comment = |line: &Line<'_>| matches!(line.pieces[0].role, Role::Comment { .. });
    let mut start = 0;
    while start < lines.len() {
        let same = |i: &usize| !lines[*i].gap && lines[*i].indent == lines[start].indent && !only_comment(&lines[*i]);
        let end = (start + 1..lines.len()).take_while(same).last().map_or(start + 1, |last| last + 1);
        let with = || (start..end).filter_map(|i| lines[i].comment.map(|comment| (i, comment)));
        let longest = with().map(|(i, _)| texts[i].width()).max().unwrap_or(0);
        let shared = with().map(|(_, c)| c.column).reduce(|a, b| a.filter(|_| a == b)).flatten();
        let allowed = longest + LEAST_GAP..=LAST_COLUMN.max(longest + COMMENT_GAP);
        let column = shared.filter(|column| allowed.contains(column)).unwrap_or(longest + COMMENT_GAP);
        for (i, comment) in with().collect::<Vec<_>>() {
            let text = &mut texts[i];
            text.push_str(&" ".repeat(column - text.width()));
            text.push_str(comment.text);
        }
        start = end;
    }
}
