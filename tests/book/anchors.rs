//! Links to headings.

use std::collections::BTreeSet;

use crate::pages::{Page, pages};

#[test]
fn anchors_are_headings() {
    let mut count = 0;
    for page in pages() {
        let text = Page::read(&format!("book/src/{page}")).text;
        let targets = text.match_indices("](").filter_map(|(at, _)| text[at + 2..].split_once(')'));
        for (target, _) in targets.filter(|(target, _)| !target.contains("://")) {
            let Some((file, anchor)) = target.split_once('#') else { continue };
            let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
            let linked = if file.is_empty() { page.clone() } else { format!("{folder}/{file}") };
            assert!(anchors(&linked).contains(anchor), "{page} links to {target}, which is no heading");
            count += 1;
        }
    }
    assert!(count > 100, "only {count} anchors were found");
}

/// The anchors of a page as mdBook derives them from its headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut in_block = false;
    for line in Page::read(&format!("book/src/{page}")).text.lines() {
        in_block ^= line.starts_with("```");
        if in_block || !line.starts_with('#') {
            continue;
        }
        let plain = anchor(line.trim_start_matches('#').trim());
        let mut free = (0..).map(|k| if k == 0 { plain.clone() } else { format!("{plain}-{k}") });
        found.extend(free.find(|name| !found.contains(name)));
    }
    found
}

/// Lower-case letters, digits, `_` and `-`, with a hyphen for each space; all other characters are left out.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        c if c.is_whitespace() => Some('-'),
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}
