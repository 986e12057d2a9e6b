//! The formatter on the shipped scripts, those of `tests/scripts`, random ones, and all of them with disturbed white
//! space: it keeps the syntax tree and the comments, and formatting again changes nothing.

use std::fs;
use std::path::Path;
use std::time::Instant;

use carom::shipped::SHIPPED;
use carom::source::SourceMap;
use carom::syntax::{TokenClass, classify, context, format, parse};
use proptest::prelude::*;

use crate::clock::of_this_thread;

/// The syntax tree without spans, including the documentation of every item.
fn tree(text: &str) -> Option<String> {
    let source = SourceMap::new().add("t", "");
    let mut rest = format!("{:?}", parse(source, text).ok()?);
    let mut out = String::new();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('}').expect("a span ends") + at;
        rest.drain(..=end);
    }
    Some(out + &rest)
}

fn formatted(text: &str) -> String {
    format(SourceMap::new().add("t", ""), text).expect("it parses")
}

fn comments(text: &str) -> Vec<&str> {
    let comment = |class: &TokenClass| matches!(class, TokenClass::Comment | TokenClass::Doc);
    classify(text).into_iter().filter(|(_, c)| comment(c)).map(|(range, _)| text[range].trim_end()).collect()
}

/// Checks the properties that hold for every text that parses.
///
/// # Errors
/// The first property that fails, with the texts.
fn holds(text: &str) -> Result<(), String> {
    let Some(before) = tree(text) else { return Ok(()) };
    let once = formatted(text);
    let fail = |what: &str| Err(format!("{what}\n--- written\n{text}\n--- formatted\n{once}"));
    match tree(&once) {
        None => return fail("it no longer parses"),
        Some(after) if after != before => return fail("the tree has changed"),
        Some(_) => {}
    }
    if comments(&once) != comments(text) {
        return fail("the comments have changed");
    }
    let twice = formatted(&once);
    if twice != once {
        return fail(&format!("formatting again changes it to\n{twice}"));
    }
    if once.contains("\n\n\n") || once.lines().any(|line| line.ends_with(' ')) {
        return fail("the white space is not tidy");
    }
    Ok(())
}

/// The scripts of the repository that parse.
fn scripts() -> Vec<(String, String)> {
    let mut out: Vec<_> = SHIPPED.iter().map(|s| (s.name.to_string(), s.text.to_string())).collect();
    for folder in ["tests/scripts/ok", "tests/scripts/bad"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "carom")
                && let Ok(text) = fs::read_to_string(&path)
            {
                out.push((path.display().to_string(), text));
            }
        }
    }
    out.retain(|(_, text)| tree(text).is_some());
    out.sort();
    out
}

/// A change of white space between two tokens.
#[derive(Debug, Clone, Copy)]
enum Change {
    Nothing,
    Drop,
    Insert(&'static str),
}

const INSERTED: &[&str] =
    &[" ", "   ", "\n", "\n\n\n", "\r\n", ";", " ; ", " # c\n", "   ## d\n", "\n## d\n", "\n# c\n\n", "\t"];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => Just(Change::Nothing),
        1 => Just(Change::Drop),
        2 => proptest::sample::select(INSERTED).prop_map(Change::Insert),
    ]
}

/// The text with the white space between its tokens changed; the changes are used in turn.
fn disturbed(text: &str, changes: &[Change]) -> String {
    let tokens: Vec<_> = classify(text).into_iter().map(|(range, _)| range).collect();
    let (mut out, mut end) = (String::new(), 0);
    for (token, change) in tokens.iter().zip(changes.iter().cycle()) {
        let between = &text[end..token.start];
        match change {
            Change::Drop if between.chars().all(|c| c == ' ') => {}
            Change::Insert(space) => {
                out.push_str(between);
                out.push_str(space);
            }
            _ => out.push_str(between),
        }
        out.push_str(&text[token.clone()]);
        end = token.end;
    }
    out + &text[end..]
}

#[test]
fn the_scripts_of_the_repository_keep_tree_and_comments() {
    let scripts = scripts();
    assert!(scripts.len() > 150, "only {} scripts", scripts.len());
    for (name, text) in scripts {
        holds(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn the_shipped_protocols_are_formatted() {
    let starter = include_str!("../../src/cli/starter.carom");
    for (name, text) in SHIPPED.iter().map(|s| (s.name, s.text)).chain([("starter", starter)]) {
        assert!(formatted(text) == text, "run `carom fmt protocols/{name}.carom`");
    }
}

proptest! {
    #![proptest_config(crate::seed::config(1500))]

    #[test]
    fn random_scripts_keep_tree_and_comments(
        choices in crate::random::choices::choices(),
        changes in proptest::collection::vec(change(), 1..60),
    ) {
        let script = crate::random::script::script(&choices);
        prop_assert!(tree(&script.text).is_some() && !script.used.is_empty());
        holds(&script.text).map_err(TestCaseError::fail)?;
        holds(&disturbed(&script.text, &changes)).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn any_text_has_classes_and_a_place_everywhere(text in "[a-eπγ(){}<>|+*^#;\"'‖√⟩0-9.=,\n\r \u{feff}]{0,60}( (keep|for|else|param|with) )?[({|>]{0,3}") {
        let classes = classify(&text);
        prop_assert!(classes.iter().all(|(at, _)| !at.is_empty() && text.get(at.clone()).is_some()));
        prop_assert!(classes.windows(2).all(|w| w[0].0.end <= w[1].0.start));
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            prop_assert!(text[..at].ends_with(context(&text, at).prefix));
        }
        holds(&text).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn disturbed_pieces_of_scripts_keep_tree_and_comments(
        which in any::<proptest::sample::Index>(),
        place in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec(change(), 40),
    ) {
        // Few changes at one place, so that most of the texts still parse.
        let scripts = scripts_once();
        let text = &scripts[which.index(scripts.len())].1;
        let tokens = classify(text);
        let start = place.index(tokens.len());
        let calm = vec![Change::Nothing; tokens.len()];
        for count in [1, 3, 40] {
            let mut all = calm.clone();
            for (at, change) in all.iter_mut().skip(start).zip(&changes).take(count) {
                *at = *change;
            }
            holds(&disturbed(text, &all)).map_err(TestCaseError::fail)?;
        }
    }
}

fn scripts_once() -> &'static [(String, String)] {
    static SCRIPTS: std::sync::OnceLock<Vec<(String, String)>> = std::sync::OnceLock::new();
    SCRIPTS.get_or_init(scripts)
}

#[track_caller]
fn becomes(text: &str, expected: &str) {
    holds(text).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(formatted(text), expected);
}

#[test]
fn spaces_are_placed_as_in_papers() {
    becomes("param  x=2J*- 1+3 -( y+1)/ 2", "param x = 2J*-1 + 3 - (y + 1) / 2\n");
    becomes("param x = a^( n-1) + a ^(n - 1)", "param x = a^(n-1) + a^(n - 1)\n");
    becomes("param x = - - a--b", "param x = --a - -b\n");
    becomes("observe x=< σx (s)*|0> <1|( s ) >", "observe x = <σx(s)*|0><1|(s)>\n");
    becomes("def x=<Z(s)>==1 and not <0|1>>=0", "def x = <Z(s)> == 1 and not <0|1> >= 0\n");
    becomes("gate U(a,b)=dag( A ) †* e[ 1 ]+f'", "gate U(a, b) = dag(A)† * e[1] + f'\n");
}

#[test]
fn a_statement_has_its_own_line_unless_its_block_is_one_line() {
    becomes("param a=1;param b=2 ## of b", "param a = 1\nparam b = 2   ## of b\n");
    becomes("rule r{discard e;;discard f;}", "rule r { discard e; discard f }\n");
    becomes("rule r{discard e;discard f\n}", "rule r {\n    discard e\n    discard f\n}\n");
    let mix = "step { with probability p { apply X(s) }\n\n else { } \n}";
    becomes(mix, "step {\n    with probability p { apply X(s) } else {}\n}\n");
    let long = "hamiltonian H = (X(a)\n\n+ Y(a)\n) +\nZ(a)\n\n\n\nparam x = 1";
    becomes(long, "hamiltonian H = (X(a)\n    + Y(a)\n) +\n    Z(a)\n\nparam x = 1\n");
}

#[test]
fn comments_stay_with_their_subject() {
    becomes("step { evolve H for t ## of the step\n}", "step {   ## of the step\n    evolve H for t\n}\n");
    becomes("step { evolve H for t # of H\n}", "step {\n    evolve H for t   # of H\n}\n");
    becomes("## a file\n;\nparam x = 1", "## a file\n\nparam x = 1\n");
    becomes("param x = 1\n; ## of nothing\n", "param x = 1\n;   ## of nothing\n");
    becomes("step {\n\n  # in\n\n}\n# out", "step {\n    # in\n}\n# out\n");
    becomes("", "");
    becomes("\u{feff}\r\n#  alone \r\n", "#  alone\n");
}

#[test]
fn equals_signs_and_comments_are_aligned() {
    becomes(
        "param J=1 # a\nparam λ12=2 ## b\n\nparam x=1 ## c",
        "param J   = 1   # a\nparam λ12 = 2   ## b\n\nparam x = 1   ## c\n",
    );
    becomes("system s=|0>\nenvironment e1,e2=|0>", "system      s      = |0>\nenvironment e1, e2 = |0>\n");
    becomes("rule a{discard e}\nrule bcd{discard e}", "rule a   { discard e }\nrule bcd { discard e }\n");
    // A name that is much longer than its neighbours is not aligned with them.
    becomes("param a=1\nparam a_very_long_name=2", "param a = 1\nparam a_very_long_name = 2\n");
    // In experiments, only where the author has begun to align.
    let claims = |first: &str| format!("experiment x {{\n    expect {first}≈ 1\n    expect at(y, 10) ≈ 2\n}}\n");
    becomes(&claims("at(y, 1) "), &claims("at(y, 1) "));
    becomes(&claims("at(y, 1)   "), &claims("at(y, 1)  "));
    // A column that the author has chosen.
    becomes("param x = 1         # a\nparam y=10          # b", "param x = 1         # a\nparam y = 10        # b\n");
}

#[test]
fn a_mistake_is_reported_as_by_check() {
    let source = SourceMap::new().add("t", "");
    let text = "param = 1\nstep { evolve }\n";
    let text_of = |errors: Vec<carom::diagnostic::Diagnostic>| format!("{errors:?}");
    let checked = parse(source, text).map(|_| ()).expect_err("two mistakes");
    assert_eq!(checked.len(), 2);
    assert_eq!(text_of(format(source, text).expect_err("two mistakes")), text_of(checked));
}

#[test]
fn megabytes_of_empty_lines_are_quick() {
    for piece in ["\n", ";", "#\n", ";\n", "; ", "## d\n\n"] {
        let text = piece.repeat((1 << 20) / piece.len());
        let (start, before) = (Instant::now(), of_this_thread(Instant::now()));
        let _ = formatted(&text);
        assert!((of_this_thread(start) - before).as_secs() < 10, "{piece:?}");
    }
    let text = format!("step {{ with probability 1 {{}}{} else {{}} }}", "\n".repeat(1 << 19));
    assert!(holds(&text).is_ok());
}
