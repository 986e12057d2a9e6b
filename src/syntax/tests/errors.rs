use super::{mistakes, try_file};
use crate::diagnostic::Code;
use crate::syntax::MAX_ERRORS;

/// The only mistake of a script: its line and its message.
fn one(text: &str) -> (usize, String) {
    let found = mistakes(text);
    assert_eq!(found.len(), 1, "{text}\n{found:#?}");
    (found[0].1, found[0].2.clone())
}

fn lines(text: &str) -> Vec<(Code, usize)> {
    mistakes(text).into_iter().map(|(code, line, _)| (code, line)).collect()
}

#[test]
fn only_bad_statements_are_reported() {
    let text = "param a 1\nparam b = 2\nstep {\n  evolv H for t\n  apply U(s)\n  evolve H t\n}\n\
                experiment x {\n  run 20\n  expect a = b\n  plot {\n    lin x\n    line x\n  }\n}\nobserve = 3\n";
    use Code::UnexpectedText as U;
    assert_eq!(lines(text), [(U, 1), (U, 4), (U, 6), (U, 10), (U, 12), (U, 16)]);
}

#[test]
fn messages_say_what_was_expected_and_what_to_write() {
    for (text, line, says) in [
        ("param a 0.3", 1, "expected `=` after the parameter's name, found `0.3`"),
        ("param a == 3", 1, "write `=`"),
        ("param a = 2**3", 1, "x^2"),
        ("param a = 1 // comment", 1, "a comment begins with `#`"),
        ("param a = 1 -- a comment", 1, "# …"),
        ("step {\n evolve H δt\n}", 2, "evolve H for t"),
        ("step {\n evolv H for t\n}", 2, "did you mean `evolve`?"),
        ("parm a = 3", 1, "did you mean `param`?"),
        ("evolve H for t", 1, "`evolve` belongs in a step"),
        ("step {\n param a = 1\n}", 2, "`param` belongs at the top level"),
        ("experiment x {\n expect a = b\n}", 2, "a == b"),
        ("def f(x): x", 1, "def f(x) = …"),
        ("x = 3", 1, "param x = …"),
        ("param x = 'a'", 1, "a text is in double quotes"),
        ("param x = 2 y", 1, "a product is written with `*`"),
        ("use ../other", 1, "letters, digits"),
        ("use \"other\"", 1, "letters, digits"),
        ("experiment x {\n plot { line a dahsed }\n}", 2, "did you mean `dashed`?"),
        ("step {\n for k in 3 { }\n}", 2, "for k in 1..L { apply H(s[k]) }"),
        ("system s = |2,>", 1, "|10,3>"),
        ("param x = a | b", 1, "a lone `|`"),
        ("param a = 1 param b = 2", 1, "expected an operator or the end of the statement, found `param`"),
    ] {
        let (at, said) = one(text);
        assert_eq!(at, line, "{text}: {said}");
        assert!(said.contains(says), "{text}: {said}");
    }
}

#[test]
fn a_missing_closing_bracket_is_reported_once_where_it_opens() {
    use Code::{UnclosedBracket as B, UnexpectedText as U};
    assert_eq!(lines("param a = (1 + 2\nparam b = 3\nparam c 4"), [(B, 1), (U, 3)]);
    assert_eq!(lines("step {\n evolve H(s for t\n apply U(s)\n bad x\n}"), [(B, 2), (U, 4)]);
    assert_eq!(lines("step {\n apply U(s\n}\nparam x = 1"), [(B, 2)]);
    assert_eq!(lines("step {\n apply U(s)\n\nparam x = 1\nobserve y = x\nexperiment z {\n run 10\n}"), [(B, 1)]);
    assert_eq!(lines("step {\n apply U(s)\n"), [(B, 1)]);
    assert_eq!(lines("param x = 1)\nparam y = 2"), [(B, 1)]);
    assert_eq!(lines("param x = f(1]\nparam y 2"), [(B, 1), (U, 2)]);
    assert_eq!(lines("experiment z {\n plot { line f(x; xlabel \"N\" }\n expect = 3\n}"), [(B, 2), (U, 3)]);
}

#[test]
fn a_missing_opening_brace_is_one_mistake() {
    let (line, said) = one("experiment fig2 \"title\"\n  run 2000\n  plot { line x }\n}\nparam x = 1\n");
    assert_eq!(line, 1);
    assert!(said.contains("expected `{`"), "{said}");
    assert_eq!(lines("step\n apply U\n}").len(), 1);
}

#[test]
fn a_missing_quote_is_one_mistake() {
    use Code::{UnclosedText as Q, UnexpectedText as U};
    assert_eq!(lines("experiment x {\n plot { xlabel \"N }\n bad y\n}"), [(Q, 2), (U, 3)]);
    assert_eq!(lines("param a = \"x\nparam b = 2"), [(Q, 1)]);
}

#[test]
fn mistakes_inside_branches_are_reported_on_their_lines() {
    let text = "step {\n with probability p {\n  apply\n }\n else {\n  discard 3\n }\n repeat 3 {\n  aply U\n }\n}";
    assert_eq!(lines(text).iter().map(|l| l.1).collect::<Vec<_>>(), [3, 6, 9]);
    assert_eq!(one("step {\n with probability p { } els { }\n}").0, 2);
}

#[test]
fn mistakes_found_by_the_builder_and_the_grammar_are_reported_together() {
    assert_eq!(
        lines("param a = 1e999\nparam b 2\nexperiment x {\n expect 1 < 2 < 3\n}"),
        [(Code::BadNumber, 1), (Code::UnexpectedText, 2), (Code::UnexpectedText, 4)]
    );
}

#[test]
fn the_number_of_reported_mistakes_is_limited() {
    assert_eq!(mistakes(&"param a 1\n".repeat(100)).len(), MAX_ERRORS);
}

#[test]
fn places_are_exact_after_greek_letters() {
    let text = "param γγγ = 1\nparam δδ 0.3 # σ\n";
    let problems = try_file(text).expect_err("wrong");
    let span = problems[0].labels[0].0;
    assert_eq!(&text[span.start as usize..span.end as usize], "0.3");
}
