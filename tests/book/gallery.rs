//! The gallery: its pages are those of the program, and its figures those that the shipped protocols draw.

use std::fs;

use carom::check::{Experiment, PlotEntry, Script, check};
use carom::reference::{book_gallery, book_protocol, figures};
use carom::shipped::{SHIPPED, Shipped};
use carom::source::SourceMap;

use crate::pages::root;

#[test]
fn pages_are_current() {
    let pages =
        SHIPPED.iter().map(|s| (format!("gallery/{}", s.name), format!("gallery {}", s.name), book_protocol(s)));
    for (page, arguments, text) in pages.chain([("gallery".into(), "gallery".into(), book_gallery())]) {
        let path = format!("book/src/{page}.md");
        let found = fs::read_to_string(root().join(&path)).unwrap_or_default();
        assert!(found == text, "{path} is stale; regenerate it: cargo run -- reference --book {arguments} > {path}");
    }
}

/// The figures that are quick to draw must agree byte for byte. Those that arrange diagrams of 51 × 51 points take
/// minutes; for them the test only checks that the files exist.
#[test]
fn figures_are_current() {
    for shipped in SHIPPED {
        let folder = tempfile::tempdir().unwrap();
        let (slow, quick) = drawn(shipped);
        let mut command = assert_cmd::Command::cargo_bin("carom").unwrap();
        let command = command.current_dir(folder.path()).args(["run", shipped.name, "--quiet", "--out", "."]);
        command.args(&quick).assert().success();
        let path = |name: &str| format!("book/src/gallery/{}/{name}.svg", shipped.name);
        let picture = |name: &str| fs::read(root().join(path(name))).unwrap_or_default();
        for name in &quick {
            let now = fs::read(folder.path().join(name).join("plot.svg")).unwrap();
            assert!(now == picture(name), "{} is stale; regenerate it: book/gallery.sh", path(name));
        }
        assert!(slow.iter().all(|name| picture(name).starts_with(b"<svg")));
    }
}

/// The experiments of a protocol's figures: those that arrange panels, and the others.
fn drawn(shipped: &Shipped) -> (Vec<String>, Vec<String>) {
    let script = Script::shipped(shipped.name).expect("a shipped protocol");
    let program = check(&script, &mut SourceMap::new()).expect("a correct script");
    let arranges = |e: &Experiment| e.plots.iter().flatten().any(|entry| matches!(entry, PlotEntry::Panels(_)));
    let names = figures(&program).into_iter().map(String::from);
    names.partition(|name| program.experiment(name).is_some_and(arranges))
}
