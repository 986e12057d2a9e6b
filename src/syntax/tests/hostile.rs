//! Hostile texts: each one gives a result quickly and on a stack of 2 MiB.

use super::{mistakes, try_file};
use crate::diagnostic::Code;
use crate::syntax::{MAX_BYTES, MAX_DEPTH, MAX_TERMS, MAX_TREE_DEPTH, decode};

/// Runs `work` on a thread with 2 MiB of stack, Rust's default for spawned threads.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).expect("a thread");
    thread.join().expect("no panic and no overflow");
}

/// The code of the only mistake in a text.
fn code(text: &str) -> Code {
    let found = mistakes(text);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].0
}

#[test]
fn excessive_nesting_is_rejected() {
    on_a_small_stack(|| {
        for unit in [
            "(", "[", "2(", "f(", "<", "⟨", "-", "√", "not ", "2^", "{", "<-", "(-", "f(g(", "|0><0|(", "2^\n", "a[",
            "--",
        ] {
            for text in [format!("param x = {}", unit.repeat(9_000)), unit.repeat(9_000)] {
                assert_eq!(code(&text), Code::TooLarge, "{unit}");
            }
        }
        assert_eq!(code(&format!("step {{ {}", "repeat 2 {".repeat(200))), Code::TooLarge);
        assert_eq!(code(&format!("param x = {}1{}", "(".repeat(200), ")".repeat(200))), Code::TooLarge);
    });
}

#[test]
fn the_allowed_nesting_fits_on_a_small_stack() {
    on_a_small_stack(|| {
        let d = MAX_DEPTH - 1;
        for (open, close) in [
            ("(", ")"),
            ("f(", ")"),
            ("<", ">"),
            ("-", ""),
            ("2^", ""),
            ("[", "]"),
            ("a[", "]"),
            ("2(1+", ")"),
            ("|0><0|(", ")"),
        ] {
            let text = format!("param x = {}1{}", open.repeat(d), close.repeat(d));
            try_file(&text).unwrap_or_else(|p| panic!("{open}: {p:?}"));
            assert!(try_file(&format!("param x = {}1", open.repeat(d))).is_err() || close.is_empty());
        }
        let blocks = format!("step {{ {} {} }}", "repeat 2 {".repeat(d - 1), "}".repeat(d - 1));
        try_file(&blocks).expect("as deep as allowed");
        assert_eq!(mistakes(&blocks.replacen("2 { ", "2 {\n bad x\n ", 1).replace("{ }", "{ evolv }")).len(), 1);
    });
}

#[test]
fn operator_chains_are_limited_by_the_depth_of_the_tree() {
    on_a_small_stack(|| {
        let chain = |k: usize, op: &str| format!("param x = 1{}", format!("{op}1").repeat(k));
        for op in ["+", "*", " and ", "⊗"] {
            try_file(&chain(MAX_TREE_DEPTH - 1, op)).expect("as long as allowed");
            assert_eq!(code(&chain(MAX_TREE_DEPTH, op)), Code::TooLarge);
            assert_eq!(code(&chain(MAX_TERMS - 10, op)), Code::TooLarge);
            assert_eq!(code(&chain(100_000, op)), Code::TooLarge);
        }
        assert_eq!(code(&format!("param x = A{}", "†".repeat(300_000))), Code::TooLarge);
        try_file(&format!("param x = [{}]", "1,".repeat(5_000) + "1")).expect("a list is wide, not deep");
    });
}

#[test]
fn the_nesting_depth_starts_afresh_with_each_statement() {
    let text = "param x = -2^-1\nparam y = f(-1, <-A>)\n".repeat(400);
    assert_eq!(try_file(&text).expect("small statements").items.len(), 800);
}

#[test]
fn sizes() {
    assert_eq!(code(&"#".repeat(MAX_BYTES + 1)), Code::TooLarge);
    try_file(&"#".repeat(MAX_BYTES)).expect("a comment");
    try_file(&"\n".repeat(MAX_BYTES)).expect("nothing");
    try_file(&"##\n".repeat(MAX_BYTES / 3)).expect("documentation");
    assert_eq!(code(&"a ".repeat(MAX_TERMS + 1)), Code::TooLarge);
}

#[test]
fn long_runs_take_linear_time() {
    assert!(mistakes(&")".repeat(MAX_BYTES)).len() <= crate::syntax::MAX_ERRORS);
    assert!(mistakes(&"\"\n".repeat(MAX_BYTES / 2)).len() <= crate::syntax::MAX_ERRORS);
    let branches = format!("step {{ with probability p {{ }}{}else {{ bad x }} }}", "\n".repeat(MAX_BYTES - 100));
    assert_eq!(mistakes(&branches).len(), 1);
    let blanks = format!("param x{}1", " ".repeat(MAX_BYTES - 100));
    assert_eq!(mistakes(&blanks).len(), 1);
    assert_eq!(mistakes(&format!("param x = |{}", "+".repeat(MAX_BYTES - 100))).len(), 1);
}

#[test]
fn odd_characters_never_panic() {
    on_a_small_stack(|| {
        for unit in [
            "\"",
            "'",
            "|",
            ">",
            "†",
            "±",
            "}",
            ")",
            ";",
            ",",
            "=",
            "#",
            "\0",
            "\u{202e}",
            "\u{feff}",
            "\r",
            "\t",
            "`",
            "|0>",
            "<0|",
            "a|",
            "e'",
            "\"a\n",
            "{\n",
            "(\n",
            "🦀",
            "σ\u{302}",
            "else {",
            "} else {",
            "x\n",
            "1 ",
        ] {
            for count in [1, 2, 7, 3_000] {
                let text = unit.repeat(count);
                for text in [
                    text.clone(),
                    format!("param x = {text}"),
                    format!("step {{\n{text}\n}}"),
                    format!("experiment x {{ plot {{ {text}"),
                ] {
                    if let Err(problems) = try_file(&text) {
                        assert!(!problems.is_empty() && problems.len() <= crate::syntax::MAX_ERRORS);
                    }
                }
            }
        }
    });
}

#[test]
fn messages_name_invisible_characters() {
    let found = mistakes("param a = 1\nparam b =\u{202e} 2\nparam c = \0 3");
    assert_eq!(found.len(), 2);
    assert!(found[0].2.contains("U+202E") && found[0].1 == 2, "{found:?}");
    assert!(found[1].2.contains("U+0000") && found[1].1 == 3, "{found:?}");
}

#[test]
fn invalid_bytes_are_rejected() {
    assert_eq!(decode("x", b"param a = 1\n\xff".to_vec()).expect_err("not UTF-8").code, Code::NotUtf8);
    assert_eq!(decode("x", vec![b' '; MAX_BYTES + 1]).expect_err("too large").code, Code::TooLarge);
    assert_eq!(decode("x", b"param".to_vec()).expect("a text"), "param");
}
