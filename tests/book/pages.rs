//! The pages of the book as text and fenced blocks.

use std::fs;
use std::path::{Path, PathBuf};

/// A page of the book, or another Markdown file of the project.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block.
pub(crate) struct Block {
    /// The info string after the opening fence.
    pub(crate) info: String,
    pub(crate) text: String,
    /// Line of the opening fence, counted from 1.
    pub(crate) line: usize,
}

impl Page {
    /// Reads a page; the path is relative to the project's root.
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let blocks = blocks(name, &text);
        Self { name: name.into(), text, blocks }
    }
}

/// The root folder of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The names of all pages of the book, those of the gallery with their folder.
pub(crate) fn pages() -> Vec<String> {
    ["", "gallery/"].into_iter().flat_map(pages_in).collect()
}

fn pages_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join("book/src").join(folder)).expect("the book is there");
    let names = entries.map(|e| format!("{folder}{}", e.expect("an entry").file_name().to_string_lossy()));
    names.filter(|n| n.ends_with(".md")).collect()
}

/// The fenced blocks of a text.
pub(crate) fn blocks(name: &str, text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut open: Option<Block> = None;
    for (i, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block { info: info.trim().into(), text: String::new(), line: i + 1 });
            }
            (Some(_), Some(_)) => out.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: a block is not closed");
    out
}

/// The files that a page links to, as written but without anchors. Web addresses are left out.
pub(crate) fn linked(name: &str) -> Vec<String> {
    let text = Page::read(name).text;
    let targets = text.match_indices("](").filter_map(|(at, _)| text[at + 2..].split_once(')'));
    let files = targets.map(|(target, _)| target.split('#').next().unwrap_or_default().to_string());
    files.filter(|f| !f.is_empty() && !f.contains("://")).collect()
}
