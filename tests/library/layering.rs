//! Checks the rules of the project's structure on the source: which module uses which, which module uses each external
//! library, how long a file may be, and that only the command line prints.
//!
//! A module here is a file or folder directly in `src`. Test code is exempt from the order of the modules (a pass is
//! tested against a backend, which comes later) and from no other rule.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the bottom up: each uses only earlier ones. `quantum` and `analysis` come before `syntax` because
/// the highlighter, the checker, the reference pages and the evaluator read the same rows of their tables.
const ORDER: [&str; 24] = [
    "source",
    "storage",
    "diagnostic",
    "ast",
    "chance",
    "quantum",
    "analysis",
    "builtins",
    "ir",
    "backend",
    "syntax",
    "output",
    "shipped",
    "check",
    "eval",
    "lower",
    "experiment",
    "reference",
    "report",
    "session",
    "repl",
    "lsp",
    "explore",
    "cli",
];

/// Modules that use even less than the order allows.
const ONLY: [(&str, &[&str]); 9] = [
    ("storage", &[]),
    ("diagnostic", &["source"]),
    ("ast", &["source"]),
    ("chance", &[]),
    ("quantum", &[]),
    ("analysis", &[]),
    ("builtins", &["chance", "quantum", "analysis"]),
    ("ir", &["quantum"]),
    ("backend", &["chance", "ir", "quantum"]),
];

/// External libraries that only one module may use.
const KEPT: [(&str, &str); 22] = [
    ("pest", "syntax"),
    ("pest_derive", "syntax"),
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("clap_mangen", "cli"),
    ("lsp_server", "lsp"),
    ("lsp_types", "lsp"),
    ("httparse", "explore"),
    ("ctrlc", "cli"),
    ("csv", "output"),
    ("npyz", "output"),
    ("zip", "output"),
    ("pdf_writer", "output"),
    ("subsetter", "output"),
    ("miniz_oxide", "output"),
    ("tempfile", "storage"),
    ("miette", "diagnostic"),
    ("rustyline", "repl"),
    ("etcetera", "repl"),
    ("pulp", "backend"),
    ("chacha20", "chance"),
    ("rand_distr", "chance"),
];

/// Largest number of lines in a file; a longer one must be split.
const MAX_LINES: usize = 600;

/// A file of `src`; its path is relative to `src`, with `/`.
struct File {
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The module that the file belongs to; `None` for `lib.rs` and `main.rs`, which only declare the modules.
    fn module(&self) -> Option<&str> {
        let module = self.path.split('/').next().expect("a path has a part");
        let module = module.strip_suffix(".rs").unwrap_or(module);
        (module != "lib" && module != "main").then_some(module)
    }

    /// Whether the whole file is test code.
    fn is_test(&self) -> bool {
        let stem = self.path.trim_end_matches(".rs");
        let name = stem.rsplit('/').next().expect("a path has a part");
        name == "tests" || name == "testing" || name.ends_with("_tests") || stem.contains("/tests/")
    }

    /// The code of the file without comments, literals, and the test module at its end.
    fn code(&self) -> String {
        let code = blank(&self.text);
        let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
        if self.is_test() { String::new() } else { code[..end].to_string() }
    }
}

/// The text with comments and literals replaced by spaces; newlines stay.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = literal_or_comment(&chars, i);
        if end == i {
            out.push(chars[i]);
            i += 1;
        } else {
            out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            i = end;
        }
    }
    out
}

/// The end of the comment or literal that begins at `i`; `i` if none begins there.
fn literal_or_comment(chars: &[char], i: usize) -> usize {
    let at = |k: usize| chars.get(k).copied().unwrap_or('\0');
    let find =
        |from: usize, stop: &dyn Fn(usize) -> bool| (from..chars.len()).find(|k| stop(*k)).unwrap_or(chars.len());
    let word_before = i > 0 && (at(i - 1).is_alphanumeric() || at(i - 1) == '_');
    match (at(i), at(i + 1)) {
        ('/', '/') => find(i, &|k| at(k) == '\n'),
        ('/', '*') => (find(i + 2, &|k| at(k) == '*' && at(k + 1) == '/') + 2).min(chars.len()),
        ('r', '"' | '#') if !word_before => {
            let hashes = find(i + 1, &|k| at(k) != '#') - i - 1;
            if at(i + 1 + hashes) != '"' {
                return i;
            }
            let closes = |k: usize| at(k) == '"' && (1..=hashes).all(|h| at(k + h) == '#');
            (find(i + 2 + hashes, &closes) + 1 + hashes).min(chars.len())
        }
        ('"', _) => {
            let mut k = i + 1;
            while k < chars.len() && at(k) != '"' {
                k += if at(k) == '\\' { 2 } else { 1 };
            }
            (k + 1).min(chars.len())
        }
        // A character, not a lifetime.
        ('\'', '\\') => (find(i + 3, &|k| at(k) == '\'') + 1).min(chars.len()),
        ('\'', _) if at(i + 2) == '\'' => i + 3,
        _ => i,
    }
}

/// The first names after each `head::` in the code, with their lines: `crate::a::b` gives a, and `crate::{a::b, c}`
/// gives a and c.
fn names_after<'c>(code: &'c str, head: &str) -> Vec<(usize, &'c str)> {
    let mut out = Vec::new();
    for (at, _) in code.match_indices(&format!("{head}::")) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let line = code[..at].lines().count().max(1);
        let rest = &code[at + head.len() + 2..];
        let names = if rest.starts_with('{') { group(rest) } else { vec![rest] };
        out.extend(names.into_iter().map(|n| (line, name_at(n))).filter(|(_, n)| !n.is_empty()));
    }
    out
}

/// The members at the outermost level of a group such as `{a::{b, c}, d}`.
fn group(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0, 1, Vec::new());
    for (k, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (c == ',' && depth == 1) || depth == 0 {
            out.push(text[start..k].trim_start());
            start = k + 1;
        }
        if depth == 0 {
            break;
        }
    }
    out
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// The violations in a file, one line each.
fn violations(file: &File) -> Vec<String> {
    let mut out = Vec::new();
    let lines = file.text.lines().count();
    if lines > MAX_LINES {
        out.push(format!("{}: {lines} lines; split a file of more than {MAX_LINES}", file.path));
    }
    let Some(module) = file.module() else { return out };
    let Some(place) = ORDER.iter().position(|r| *r == module) else {
        out.push(format!("{}: the module `{module}` has no place in the order", file.path));
        return out;
    };
    let code = file.code();
    let only = ONLY.iter().find(|(r, _)| *r == module).map(|(_, uses)| *uses);
    for (line, used) in names_after(&code, "crate") {
        let before = ORDER.iter().position(|r| *r == used).is_some_and(|at| at < place);
        if used != module && !only.map_or(before, |uses| uses.contains(&used)) {
            out.push(format!("{}:{line}: `{module}` uses `{used}`", file.path));
        }
    }
    for (library, owner) in KEPT {
        let used = !names_after(&code, library).is_empty() || code.contains(&format!("use {library};"));
        if used && module != owner {
            out.push(format!("{}: only `{owner}` may use `{library}`", file.path));
        }
    }
    for print in ["println!", "eprintln!", "print!", "eprint!", "dbg!"] {
        let found = code.match_indices(print).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric()));
        if found && module != "cli" {
            out.push(format!("{}: `{print}` outside of `cli`", file.path));
        }
    }
    out
}

fn sources() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be listed") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let parts: Vec<_> = path.strip_prefix(&root).expect("below src").iter().collect();
                let relative: Vec<_> = parts.iter().map(|p| p.to_string_lossy()).collect();
                files.push(File::new(&relative.join("/"), &fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    files
}

/// The comparison with other tools builds Carom with a lock file of its own, and does not change it.
#[test]
fn the_lock_file_of_the_peers_has_every_dependency() {
    let read =
        |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it can be read");
    let (manifest, lock) = (read("Cargo.toml"), read("benches/peers/rust/Cargo.lock"));
    let table = manifest.split("[dependencies]\n").nth(1).and_then(|rest| rest.split("\n[").next()).expect("a table");
    let carom = lock.split("[[package]]").find(|package| package.contains("name = \"carom\"")).expect("a package");
    let locked = |name: &str| carom.contains(&format!("\"{name}\"")) || carom.contains(&format!("\"{name} "));
    let names = table.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name.trim());
    let missing: Vec<&str> = names.filter(|name| !locked(name)).collect();
    assert!(missing.is_empty(), "{missing:?}: run cargo metadata --manifest-path benches/peers/rust/Cargo.toml");
}

#[test]
fn the_source_keeps_the_rules() {
    let files = sources();
    assert!(files.len() > 50, "only {} files found", files.len());
    let mut found: Vec<String> = files.iter().flat_map(violations).collect();
    found.sort();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_module_of_the_order_exists() {
    let files = sources();
    for module in ORDER {
        assert!(files.iter().any(|f| f.module() == Some(module)), "`{module}` has no file");
    }
}

#[test]
fn planted_violations_are_found() {
    let long = "\n".repeat(MAX_LINES + 1);
    let cases = [
        ("ir/mod.rs", "use crate::backend::Density;", "ir/mod.rs:1: `ir` uses `backend`"),
        ("ast.rs", "\nuse crate::quantum::C64;", "ast.rs:2: `ast` uses `quantum`"),
        ("check/mod.rs", "use crate::{\n    ast,\n    cli::{main, x},\n};", "check/mod.rs:1: `check` uses `cli`"),
        ("backend/exec.rs", "let s: crate::source::Span;", "backend/exec.rs:1: `backend` uses `source`"),
        ("backend/exec.rs", "use crate::lower::Model;", "backend/exec.rs:1: `backend` uses `lower`"),
        ("check/mod.rs", "pub use crate::experiment;", "check/mod.rs:1: `check` uses `experiment`"),
        ("analysis/mod.rs", "pub(crate) fn f(x: &crate::ast::Expr) {}", "analysis/mod.rs:1: `analysis` uses `ast`"),
        ("check/load.rs", "use pest::Parser;", "check/load.rs: only `syntax` may use `pest`"),
        ("experiment/mod.rs", "#[derive(clap::Args)]", "experiment/mod.rs: only `cli` may use `clap`"),
        ("cli/run.rs", "use csv;", "cli/run.rs: only `output` may use `csv`"),
        ("experiment/mod.rs", "println!(\"{n}\");", "experiment/mod.rs: `println!` outside of `cli`"),
        ("source.rs", "std::eprint!(\"\")", "source.rs: `eprint!` outside of `cli`"),
        ("attic/mod.rs", "", "attic/mod.rs: the module `attic` has no place in the order"),
        ("source.rs", long.as_str(), "source.rs: 601 lines; split a file of more than 600"),
    ];
    for (path, text, expected) in cases {
        assert_eq!(violations(&File::new(path, text)), [expected], "{text}");
    }
}

#[test]
fn allowed_code_is_not_reported() {
    let cases = [
        ("lower/mod.rs", "use crate::check::Program;\nuse super::x;\nuse crate::ir::Op;"),
        ("backend/mod.rs", "//! See [`Model`](crate::check::Program).\nuse crate::{ir::{Op, Slot}, quantum::C64};"),
        ("check/mod.rs", "let s = \"use crate::cli::main; println!\"; let c = '\"'; /* crate::cli::x */"),
        ("check/mod.rs", "let r = r#\"crate::cli::\"x\" \"#; use crate::ast;"),
        ("check/mod.rs", "fn f<'a>(x: &'a str) {}\n#[cfg(test)]\nmod tests {\n    use crate::cli::main;\n}"),
        ("ir/passes/tests.rs", "use crate::backend::Reference;"),
        ("cli/console.rs", "println!(\"x\"); use clap::Parser; use crate::reference::page;"),
        ("lib.rs", "pub mod cli;"),
    ];
    for (path, text) in cases {
        assert_eq!(violations(&File::new(path, text)), [""; 0], "{text}");
    }
}

#[test]
fn blanking_keeps_lines_and_code() {
    let text = "a /* b\nc */ d \"e\\\"f\ng\" h // i\n'j' 'k r\"l\" m";
    let blanked = blank(text);
    assert_eq!(blanked.chars().count(), text.chars().count());
    assert_eq!(blanked.lines().count(), text.lines().count());
    assert_eq!(blanked.split_whitespace().collect::<Vec<_>>(), ["a", "d", "h", "'k", "m"]);
}
