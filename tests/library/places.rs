//! Checks that a statement and a measure occur only in the files that CONTRIBUTING.md lists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use carom::quantum::MEASURES;

/// Every file of `src` that is not test code: its path relative to the project's root, and its text without comments.
fn sources() -> Vec<(String, String)> {
    let (mut folders, mut files) = (vec![Path::new("src").to_path_buf()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of src") {
            let path = entry.expect("an entry").path();
            let name = path.to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && !is_test(&name) {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let code = text.split("#[cfg(test)]\nmod tests {").next().expect("a part before the tests");
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                files.push((name, lines.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    files
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/") || path == "src/backend/random.rs"
}

/// The files in backticks in one row of the table in CONTRIBUTING.md.
fn listed(what: &str) -> BTreeSet<String> {
    let text = fs::read_to_string("CONTRIBUTING.md").expect("it is there");
    let head = format!("| {what} |");
    let row = text.lines().find(|line| line.starts_with(&head)).expect("a row of the table").to_string();
    row.split('`').filter(|part| part.starts_with("src/")).map(ToString::to_string).collect()
}

/// The variants of `enum StmtKind` in the syntax tree.
fn statements() -> Vec<String> {
    let text = fs::read_to_string("src/ast.rs").expect("the syntax tree");
    let body =
        text.split("pub enum StmtKind {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("its variants");
    let variants =
        body.lines().filter_map(|line| line.strip_prefix("    ").filter(|l| l.starts_with(char::is_uppercase)));
    variants.map(|line| line.chars().take_while(|c| c.is_alphanumeric()).collect()).collect()
}

#[test]
fn a_statement_occurs_only_in_its_listed_files() {
    let (listed, sources) = (listed("a statement"), sources());
    let statements = statements();
    assert!(statements.len() >= 11, "{statements:?}");
    for statement in statements {
        let name = format!("StmtKind::{statement}");
        let is_word = |code: &str| {
            code.match_indices(&name).any(|(at, _)| !code[at + name.len()..].starts_with(|c: char| c.is_alphanumeric()))
        };
        let found: Vec<&String> = sources.iter().filter(|(_, code)| is_word(code)).map(|(path, _)| path).collect();
        let others: Vec<_> = found.iter().filter(|path| !listed.contains(**path)).collect();
        // Statements that define or use a name also occur in the code that resolves names.
        let about_names = matches!(statement.as_str(), "Record" | "Let" | "Call" | "Measure" | "Postselect" | "For");
        assert!(others.len() <= if about_names { 3 } else { 0 }, "{statement} is also in {others:?}");
        assert!(
            !about_names
                || others
                    .iter()
                    .all(|path| path.contains("check/") || path.contains("lsp/") || path.contains("session/")),
            "{others:?}"
        );
    }
}

#[test]
fn a_measure_occurs_only_in_its_listed_files() {
    let (listed, sources) = (listed("a measure"), sources());
    for row in MEASURES {
        let text = format!("\"{}\"", row.name);
        let found: Vec<&String> =
            sources.iter().filter(|(_, code)| code.contains(&text)).map(|(path, _)| path).collect();
        let other_use = |path: &str| match path {
            "src/session/evaluate.rs" => true, // shows three measures beside a state
            "src/check/habits.rs" | "src/syntax/habits/words.rs" => true, // names of other tools for them
            "src/session/commands.rs" => row.name == "state", // the command of that name
            _ => false,
        };
        let others: Vec<_> = found.iter().filter(|path| !listed.contains(**path) && !other_use(path)).collect();
        assert!(others.is_empty(), "{} is also in {others:?}", row.name);
    }
}
