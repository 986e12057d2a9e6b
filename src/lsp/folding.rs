//! The parts of a document that an editor can fold.

use lsp_types::{FoldingRange, FoldingRangeKind, Uri};

use super::position::Lines;
use super::workspace::Workspace;
use crate::syntax::{TokenClass, classify};

/// Blocks of several lines, without the line of their closing brace, and runs of comment lines.
pub(super) fn foldings(workspace: &Workspace, uri: &Uri) -> Option<Vec<FoldingRange>> {
    let text = &workspace.document(uri)?.text;
    let lines = Lines::new(text, workspace.encoding);
    let line = |byte: usize| lines.position(byte).line;
    let (mut open, mut out) = (Vec::new(), Vec::new());
    let mut comments: Option<(u32, u32)> = None;
    let mut fold = |start: u32, end: u32, kind| {
        if end > start {
            out.push(FoldingRange { start_line: start, end_line: end, kind, ..FoldingRange::default() });
        }
    };
    for (at, class) in classify(text) {
        match (class, &text[at.clone()]) {
            (TokenClass::Bracket, "{") => open.push(line(at.start)),
            (TokenClass::Bracket, "}") => {
                if let Some(start) = open.pop() {
                    fold(start, line(at.start).saturating_sub(1), None);
                }
            }
            (TokenClass::Comment | TokenClass::Doc, _) if begins_line(text, at.start) => {
                let here = line(at.start);
                comments = match comments {
                    Some((first, last)) if last + 1 == here => Some((first, here)),
                    before => {
                        before.into_iter().for_each(|(first, last)| fold(first, last, Some(FoldingRangeKind::Comment)));
                        Some((here, here))
                    }
                };
            }
            _ => {}
        }
    }
    comments.into_iter().for_each(|(first, last)| fold(first, last, Some(FoldingRangeKind::Comment)));
    out.sort_by_key(|range| (range.start_line, range.end_line));
    Some(out)
}

fn begins_line(text: &str, byte: usize) -> bool {
    text[..byte].rsplit(['\n', '\r']).next().is_some_and(|before| before.trim().is_empty())
}
