//! The figures of the pages: each is what a script of the same page draws.

use std::fs;

use crate::pages::{Page, linked, pages, root};

#[test]
fn figures_of_the_pages_are_current() {
    let mut count = 0;
    for page in pages().iter().map(|p| format!("book/src/{p}")) {
        for picture in linked(&page).iter().filter(|target| target.starts_with("figures/")) {
            let path = format!("book/src/{picture}");
            let found = fs::read(root().join(&path)).unwrap_or_default();
            assert!(found == drawn(&page, picture), "{path} is stale; regenerate it: book/figures.sh");
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} figures were found");
}

/// Draws the picture `figures/NAME/EXPERIMENT.svg`, the figure of that experiment of the page's block `carom NAME.carom`.
fn drawn(page: &str, picture: &str) -> Vec<u8> {
    let parts: Vec<&str> = picture.trim_end_matches(".svg").split('/').collect();
    let [_, script, experiment] = parts[..] else { panic!("{page}: {picture} is not figures/NAME/EXPERIMENT.svg") };
    let file = format!("{script}.carom");
    let blocks = Page::read(page).blocks;
    let block = blocks.iter().find(|b| b.info == format!("carom {file}"));
    let block = block.unwrap_or_else(|| panic!("{page}: no block `carom {file}` draws {picture}"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(&file), &block.text).expect("a file in the temporary folder");
    let mut command = assert_cmd::Command::cargo_bin("carom").expect("the binary is built");
    let command = command.current_dir(folder.path());
    command.args(["run", file.as_str(), experiment, "--quiet", "--out", "."]).assert().success();
    fs::read(folder.path().join(experiment).join("plot.svg")).expect("the experiment has a figure")
}
