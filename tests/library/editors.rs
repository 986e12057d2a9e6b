//! Checks that `editors/` and the book's highlighting agree with the program: the lists of words are those of its
//! tables, every regular expression compiles, and the TextMate grammar gives the shipped protocols the same token
//! classes.
//!
//! `UPDATE_EXPECT=1 cargo test --test library editors` updates the lists.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use carom::builtins::{aliases, lookup};
use carom::reference::entries;
use carom::shipped::SHIPPED;
use carom::syntax::{EXPERIMENT, PLOT, STEP, TOP_LEVEL, TokenClass, canonical, classify, keywords};
use fancy_regex::Regex;
use serde_json::Value;

const GRAMMAR: &str = "editors/vscode/syntaxes/carom.tmLanguage.json";
const VIM: &str = "editors/vim/syntax/carom.vim";
const BOOK: &str = "book/carom-highlight.js";

/// Words that are followed by a name.
const DEFINING: [&str; 15] = [
    "param",
    "system",
    "environment",
    "hamiltonian",
    "gate",
    "def",
    "rule",
    "sequence",
    "observe",
    "experiment",
    "record",
    "let",
    "collect",
    "set",
    "trace",
];
const LOGIC: [&str; 3] = ["and", "or", "not"];

/// The words of a list, longest first, so that a prefix comes after the words that it begins.
fn list(kind: &str) -> Vec<String> {
    let statements = || [TOP_LEVEL, STEP, EXPERIMENT, PLOT].into_iter().flatten().copied();
    let words: BTreeSet<String> = match kind {
        "defining" => DEFINING.into_iter().map(str::to_string).collect(),
        "logic" => LOGIC.into_iter().map(str::to_string).collect(),
        "statements" => statements().map(str::to_string).collect(),
        "inside" => {
            let others: BTreeSet<&str> = statements().chain(LOGIC).chain(["else"]).collect();
            // `for` begins a loop, and is inside an `evolve`.
            keywords().into_iter().filter(|w| *w == "for" || !others.contains(w)).map(str::to_string).collect()
        }
        "builtins" => {
            let pages = entries();
            let named = pages.iter().flat_map(|e| e.aliases.iter().copied().chain([e.name])).map(str::to_string);
            named.chain(aliases().map(|(_, written)| written)).chain(["π".to_string()]).collect()
        }
        other => panic!("there is no list {other}"),
    };
    let mut words: Vec<String> = words.into_iter().collect();
    words.sort_by_key(|w| (std::cmp::Reverse(w.chars().count()), w.clone()));
    words
}

/// The text with its lists updated. The list of a `words: KIND` is in the first line after it that has `open`, between
/// `open` and the next `close`; `bar` separates the words.
fn with_lists(text: &str, open: &str, bar: &str, close: &str) -> String {
    let mut out = String::new();
    let mut pending: Option<String> = None;
    for line in text.lines() {
        if let Some((_, kind)) = line.split_once("words: ") {
            pending = Some(kind.trim_end_matches(['"', ',']).to_string());
        } else if let Some(kind) = &pending
            && let Some(at) = line.rfind(open)
            && line[at..].contains(close)
        {
            let start = at + open.len();
            let end = start + line[start..].find(close).expect("just found");
            out += &format!("{}{}{}\n", &line[..start], list(kind).join(bar), &line[end..]);
            pending = None;
            continue;
        }
        out += line;
        out.push('\n');
    }
    assert!(pending.is_none(), "there is no place for the list {pending:?}");
    out
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

#[track_caller]
fn has_the_lists(file: &str, right: impl Fn(&str) -> String) {
    let text = fs::read_to_string(path(file)).expect("it is there");
    let right = right(&text);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path(file), &right).expect("it can be written");
    } else {
        assert!(text == right, "the lists of {file} are stale: UPDATE_EXPECT=1 cargo test --test library editors");
    }
}

#[test]
fn the_lists_of_words_are_those_of_the_program() {
    // In the grammar a list is the last group of its pattern that consists of words.
    has_the_lists(GRAMMAR, grammar_with_lists);
    has_the_lists(VIM, |text| with_lists(text, "\\%(", "\\|", "\\)"));
    has_the_lists(BOOK, |text| with_lists(text, "(?:", "|", ")"));
}

fn grammar_with_lists(text: &str) -> String {
    let mut grammar: Value = serde_json::from_str(text).expect("JSON");
    for pattern in grammar["patterns"].as_array_mut().expect("a list") {
        let Some(kind) = pattern["comment"].as_str().and_then(|c| c.strip_prefix("words: ")).map(str::to_string) else {
            continue;
        };
        let regex = pattern["match"].as_str().expect("a pattern").to_string();
        let words = format!("{})", list(&kind).join("|"));
        // The list is the last group that consists of words.
        let mut groups = regex.match_indices('(').map(|(at, _)| at);
        let inner = |at: usize| at + if regex[at..].starts_with("(?:") { 3 } else { 1 };
        let is_list = |at: &usize| {
            let rest = &regex[inner(*at)..];
            let end = rest.find(['(', ')']).unwrap_or(0);
            rest[end..].starts_with(')')
                && rest[..end] != *"redefine"
                && rest[..end].chars().all(|c| c.is_alphanumeric() || matches!(c, '|' | '_'))
        };
        let at = groups.rfind(is_list).expect("a list");
        let start = inner(at);
        let end = start + regex[start..].find(')').expect("it closes") + 1;
        pattern["match"] = Value::String(format!("{}{words}{}", &regex[..start], &regex[end..]));
    }
    serde_json::to_string_pretty(&grammar).expect("JSON") + "\n"
}

/// A pattern of the grammar with the scopes of its groups; group 0 is the whole match.
struct Pattern {
    regex: Regex,
    scopes: Vec<(usize, String)>,
}

fn patterns() -> Vec<Pattern> {
    let text = fs::read_to_string(path(GRAMMAR)).expect("it is there");
    let grammar: Value = serde_json::from_str(&text).expect("JSON");
    let pattern = |p: &Value| {
        let source = p["match"].as_str().expect("every pattern is a match");
        let whole = p["name"].as_str().map(|name| (0, name.to_string()));
        let groups = p["captures"].as_object().into_iter().flatten();
        let group = |(n, scope): (&String, &Value)| {
            (n.parse().expect("a number"), scope["name"].as_str().expect("a scope").to_string())
        };
        let regex = Regex::new(source).unwrap_or_else(|e| panic!("{source}: {e}"));
        Pattern { regex, scopes: whole.into_iter().chain(groups.map(group)).collect() }
    };
    grammar["patterns"].as_array().expect("a list").iter().map(pattern).collect()
}

/// The token class of a scope.
fn class(scope: &str) -> TokenClass {
    const SCOPES: [(&str, TokenClass); 11] = [
        ("comment.block", TokenClass::Doc),
        ("comment.line", TokenClass::Comment),
        ("string", TokenClass::Text),
        ("keyword.control", TokenClass::Keyword),
        ("keyword.operator.logical", TokenClass::Keyword),
        ("keyword.operator", TokenClass::Operator),
        ("constant.other", TokenClass::Ket),
        ("constant.numeric", TokenClass::Number),
        ("support", TokenClass::Builtin),
        ("variable", TokenClass::Name),
        ("punctuation", TokenClass::Bracket),
    ];
    SCOPES.iter().find(|(begin, _)| scope.starts_with(begin)).expect("a known scope").1
}

/// The classes of the bytes of a line as an editor finds them: at each step the pattern with the earliest match, the
/// first of several.
fn coloured(line: &str, patterns: &[Pattern]) -> Vec<Option<TokenClass>> {
    let mut out = vec![None; line.len()];
    let mut at = 0;
    while at < line.len() {
        let found = patterns
            .iter()
            .filter_map(|p| Some((p, p.regex.captures_from_pos(line, at).expect("it ends")?)))
            .filter(|(_, c)| !c.get(0).expect("the match").as_str().is_empty())
            .min_by_key(|(_, c)| c.get(0).expect("the match").start());
        let Some((pattern, captures)) = found else { break };
        for (group, scope) in &pattern.scopes {
            if let Some(m) = captures.get(*group) {
                out[m.start()..m.end()].fill(Some(class(scope)));
            }
        }
        at = captures.get(0).expect("the match").end();
    }
    out
}

#[test]
fn the_grammar_gives_protocols_the_classes_of_the_program() {
    let patterns = patterns();
    let extra = "step {\n    with probability p { apply X(s) } else { reset s = |0> }\n    repeat 3 { evolve H for for }\n}\n\
        environment keep = |0> keep 8\nrule until { discard e }\nexperiment x { run 3 until y < 2; expect points and not x > ⟨X(s)⟩ }\n\
        plot { line x1, x2 dashed label \"a\" on right; y2label \"b\" }\nredefine param step = 2.5e-3π + .5x₁ - <+i|0><1|(e')\n### no\n";
    let texts = SHIPPED.iter().map(|s| s.text).chain([extra]);
    let mut compared = 0;
    for text in texts {
        let classes = classify(text);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim_end_matches('\n');
            let found = coloured(body, &patterns);
            for (at, expected) in classes.iter().filter(|(at, _)| (start..start + body.len()).contains(&at.start)) {
                let word = &text[at.clone()];
                let found = found[at.start - start];
                // A grammar does not know which built-ins the script hides, nor that a path is not a word.
                let hidden = *expected == TokenClass::Name && lookup(&canonical(word)).is_some();
                assert!(
                    found == Some(*expected) || hidden,
                    "{word:?} is {expected:?}, coloured as {found:?}, in\n{line}"
                );
                compared += 1;
            }
            start += line.len();
        }
    }
    assert!(compared > 3000, "only {compared} tokens");
}

#[test]
fn the_extension_is_complete() {
    for file in ["package.json", "language-configuration.json", "syntaxes/carom.tmLanguage.json"] {
        let text = fs::read_to_string(path("editors/vscode").join(file)).expect("it is there");
        serde_json::from_str::<Value>(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let package: Value =
        serde_json::from_str(&fs::read_to_string(path("editors/vscode/package.json")).expect("it is there"))
            .expect("JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    for named in [&package["main"], &package["contributes"]["grammars"][0]["path"]] {
        let named = named.as_str().expect("a path");
        assert!(path("editors/vscode").join(named).is_file(), "{named}");
    }
}
