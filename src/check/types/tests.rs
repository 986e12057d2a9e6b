//! Tests the cost of typing, measured in typed nodes rather than in seconds.

use super::{MOST_NODES, check};
use crate::check::load::load;
use crate::check::numbers::Given;
use crate::check::{Script, resolved};
use crate::diagnostic::Code;
use crate::source::SourceMap;

/// The number of nodes typed in a script, and the codes of its errors.
fn work(text: &str) -> (usize, Vec<Code>) {
    let mut sources = SourceMap::new();
    let script = Script::from_text("work", text);
    let (units, errors) = load(&script, &|_| None, &mut sources);
    assert!(errors.is_empty(), "{errors:?}");
    let (mut program, _) = resolved(&units, &Given::new(), None).expect("all names resolve");
    let mut errors = Vec::new();
    let typed = check(&mut program, &mut errors);
    (typed, errors.iter().map(|d| d.code).collect())
}

const MODEL: &str = "param q = 1\nsystem s = |0>\nstep { apply X(s) }\nobserve p = population(s, 1)\n";

/// A script with one expression in the place marked `??`.
fn script(expression: &str, place: &str) -> String {
    format!("{MODEL}{}", place.replace("??", expression))
}

const PARAM: &str = "param x = ??\n";
const TRUTH: &str = "param x = ??\n";
const STATE: &str = "def x = ??\n";
const OPERATOR: &str = "hamiltonian x = ??\n";
const CLAIM: &str = "experiment t { run 1; expect ?? }\n";
const SERIES: &str = "experiment t { run 1; let x = ?? }\n";
const CONDITION: &str = "experiment t { run 1; expect fraction(??) > 0 }\n";

/// Each term in a chain of operators is typed once, so the work grows linearly with the number of terms.
#[test]
fn a_chain_of_any_operator_is_typed_once() {
    let chains = [
        ("+", "q", PARAM),
        ("-", "q", PARAM),
        ("*", "q", PARAM),
        ("/", "q", PARAM),
        ("+", "X(s)", OPERATOR),
        ("-", "X(s)", OPERATOR),
        ("*", "X(s)", OPERATOR),
        ("+", "|0>", STATE),
        ("⊗", "|0>", STATE),
        ("*", "|0>", STATE),
        ("⊗", "mixed", STATE),
        ("+", "p", SERIES),
        ("*", "p", SERIES),
        ("and", "last(p) < 2", CLAIM),
        ("or", "last(p) < 2", CLAIM),
        ("and", "q ≈ 1 ± 0.1", TRUTH),
        ("or", "q == 1", TRUTH),
        ("and", "p < 2", CONDITION),
        ("or", "p ≈ 2", CONDITION),
    ];
    for (operator, term, place) in chains {
        let of = |count: usize| {
            let (work, errors) = work(&script(&vec![term; count].join(&format!(" {operator} ")), place));
            assert_eq!(errors, [], "{operator} between {term}");
            work
        };
        let one = of(2) - of(1);
        assert_eq!(of(256) - of(1), 255 * one, "{operator} between {term}");
        assert!(one <= 8, "{operator} between {term}: {one} nodes each");
    }
}

/// Each operand in a nest of operators is typed once, so the work grows linearly with the depth.
#[test]
fn a_nest_of_any_operator_is_typed_once() {
    let nests = [
        ("q^", "", "q", PARAM),
        ("√", "", "q", PARAM),
        ("-", "", "q", PARAM),
        ("-", "", "|0>", STATE),
        ("√", "", "p", SERIES),
        ("not ", "", "q == 1", TRUTH),
        ("not ", "", "p < 1", CONDITION),
        ("(", ")†", "X(s)", OPERATOR),
        ("dag(", ")", "X(s)", OPERATOR),
        ("(", ")†", "|0>", STATE),
        ("tensor(", ")", "|0>", STATE),
        ("tensor(|0>, ", ")", "|0>", STATE),
        ("comm(X(s), ", ")", "Z(s)", OPERATOR),
        ("exp(", ")", "X(s)", OPERATOR),
        ("abs(", ")", "p", SERIES),
        ("cos(", ")", "q", PARAM),
        ("(1 + ", ")", "q", PARAM),
        ("(", " ⊗ |0>)", "|0>", STATE),
        ("(", " and q == 1)", "q == 1", TRUTH),
    ];
    for (before, after, term, place) in nests {
        let of = |depth: usize| {
            let (work, errors) =
                work(&script(&format!("{}{term}{}", before.repeat(depth), after.repeat(depth)), place));
            assert_eq!(errors, [], "{before}{term}{after}");
            work
        };
        let one = of(2) - of(1);
        assert_eq!(of(120) - of(1), 119 * one, "{before}{term}{after}");
        assert!(one <= 8, "{before}{term}{after}: {one} nodes each");
    }
}

/// An error is reported once and does not raise the cost of typing the surrounding expressions.
#[test]
fn expressions_with_errors_are_typed_once() {
    let of = |depth: usize| {
        let (work, errors) = work(&script(&format!("{}|0>", "√".repeat(depth)), PARAM));
        assert_eq!(errors, [Code::WrongType]);
        work
    };
    assert_eq!(of(120) - of(1), 119 * (of(2) - of(1)));
}

/// Each definition uses the previous one with two combinations of types. Naively this needs 2^k copies; sharing needs
/// few.
#[test]
fn definitions_used_with_many_types_are_shared_or_rejected() {
    let chain = |levels: usize, call: &dyn Fn(usize) -> String| {
        let mut text = format!("{MODEL}def f0(a, b, c, d, e, f, g) = 1\n");
        for k in 1..=levels {
            text += &format!("def f{k}(a, b, c, d, e, f, g) = {}\n", call(k - 1));
        }
        text + &format!("param x = f{levels}(1, |0>, Z, mixed, \"t\", true, s)\n")
    };
    let (shared, errors) = work(&chain(24, &|k| format!("f{k}(a, b, c, d, e, f, g) + f{k}(b, a, c, d, e, f, g)")));
    assert_eq!(errors, []);
    assert!(shared < 5_000, "{shared}");
    // These two permutations generate all 5040 permutations, and each is a different combination of types.
    let (typed, errors) = work(&chain(40, &|k| {
        let swapped: Vec<String> = (0..3).map(|_| format!("f{k}(b, a, c, d, e, f, g)")).collect();
        format!("f{k}(b, c, d, e, f, g, a) + {}", swapped.join(" + "))
    }));
    assert_eq!(errors, [Code::TooDeep]);
    assert!(typed < MOST_NODES + 10_000, "{typed}");
}
