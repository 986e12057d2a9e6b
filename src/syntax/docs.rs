//! Attaches `##` comments to the items that they document.
//!
//! Contract: takes the items of a file in order and its `##` comments by line. An item gets the comment lines directly
//! above it and the comments at the end of its first and last line. A block at the top of the file documents the file
//! itself, unless an item follows directly below it.

use std::collections::HashMap;

use super::layout::{Doc, Layout};
use crate::ast::{File, Item};

/// Sets the documentation of the file and of each item.
pub(super) fn attach(file: &mut File, layout: &Layout) {
    let (whole, trailing): (Vec<&Doc>, Vec<&Doc>) = layout.docs.iter().partition(|doc| doc.whole_line);
    let above: HashMap<usize, &str> = whole.iter().map(|doc| (doc.line, doc.text.as_str())).collect();
    let trailing: HashMap<usize, &str> = trailing.iter().map(|doc| (doc.line, doc.text.as_str())).collect();
    let rows: Vec<(usize, usize)> = file.items.iter().map(|item| rows_of(item, layout)).collect();

    file.doc = file_doc(&whole, rows.first().map(|&(first, _)| first));
    for (i, item) in file.items.iter_mut().enumerate() {
        let (first, last) = rows[i];
        // If several items share a line, the comments above it document the first one, and the comment at its end the
        // last.
        let begins_line = i == 0 || rows[i - 1].1 < first;
        let ends_line = |line| rows.get(i + 1).is_none_or(|&(next, _)| next > line);
        let mut lines = Vec::new();
        if begins_line {
            lines.extend((0..first).rev().map_while(|line| above.get(&line).copied()));
            lines.reverse();
        }
        lines.extend(trailing.get(&first).filter(|_| ends_line(first)).copied());
        lines.extend(trailing.get(&last).filter(|_| last > first && ends_line(last)).copied());
        item.doc = (!lines.is_empty()).then(|| lines.join("\n"));
    }
}

/// The first block of `##` lines, unless the first item follows directly below it.
fn file_doc(whole: &[&Doc], first_item: Option<usize>) -> Option<String> {
    let start = whole.first()?.line;
    let block: Vec<&str> = whole
        .iter()
        .enumerate()
        .take_while(|(i, doc)| doc.line == start + i)
        .map(|(_, doc)| doc.text.as_str())
        .collect();
    let below = start + block.len();
    first_item.is_none_or(|row| row > below).then(|| block.join("\n"))
}

/// The first and last line of an item, from 0.
fn rows_of(item: &Item, layout: &Layout) -> (usize, usize) {
    let row = |byte: u32| layout.lines.partition_point(|&start| start <= byte as usize) - 1;
    (row(item.span.start), row(item.span.end - 1))
}
