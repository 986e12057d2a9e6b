use super::{expr, source, tree};
use crate::diagnostic::Code;
use crate::syntax::parse_expression;

fn refused(text: &str) -> (Code, String) {
    let problems = parse_expression(source(text).1, text).expect_err(text);
    assert_eq!(problems.len(), 1, "{text}: {problems:#?}");
    (problems[0].code, format!("{}; {}", problems[0].message, problems[0].help.join("; ")))
}

#[test]
fn precedence() {
    for (text, expected) in [
        ("1 + 2*3", "(Add 1 (Mul 2 3))"),
        ("1 - 2 - 3", "(Sub (Sub 1 2) 3)"),
        ("0.95π/2", "(Div (Mul 0.95 pi) 2)"),
        ("1/2x", "(Mul (Div 1 2) x)"),
        ("x^2y", "(Mul (Pow x 2) y)"),
        ("2x^2", "(Mul 2 (Pow x 2))"),
        ("2(x+1)", "(Mul 2 (Add x 1))"),
        ("2√2", "(Mul 2 (Sqrt 2))"),
        ("2√2x", "(Mul (Mul 2 (Sqrt 2)) x)"),
        ("-x^2", "(Neg (Pow x 2))"),
        ("2^-3", "(Pow 2 (Neg 3))"),
        ("2^3^4", "(Pow 2 (Pow 3 4))"),
        ("2^-3*4", "(Mul (Pow 2 (Neg 3)) 4)"),
        ("-2*3", "(Mul (Neg 2) 3)"),
        ("√2/2", "(Div (Sqrt 2) 2)"),
        ("A^B†", "(Pow A (Dagger B))"),
        ("A*B†", "(Mul A (Dagger B))"),
        ("a ⊗ b + c", "(Add (Tensor a b) c)"),
        ("not a < b and c or d", "(Or (And (Not (Less a b)) c) d)"),
        ("a ≈ b ± 1e-3", "(Approx a b 0.001)"),
        ("a ~= b +- c + d", "(Approx a b (Add c d))"),
        ("a ≈ b and c", "(And (Approx a b) c)"),
        ("a + -b", "(Add a (Neg b))"),
        ("a ≤ b", "(LessEqual a b)"),
        ("a−b×c·d", "(Sub a (Mul (Mul b c) d))"),
        ("(a < b) == (c < d)", "(Equal (Less a b) (Less c d))"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn numbers() {
    for (text, value) in
        [("1", 1.0), ("1.5", 1.5), (".5", 0.5), ("1e-3", 1e-3), ("1_000", 1000.0), ("2e3", 2000.0), ("1e−3", 1e-3)]
    {
        assert_eq!(tree(text), value.to_string());
    }
    assert_eq!(tree("2e"), "(Mul 2 e)");
    assert_eq!(tree("2e1x"), "(Mul 20 x)");
    assert_eq!(tree("1e308"), 1e308.to_string());
    assert_eq!(refused("1e309").0, Code::BadNumber);
    assert_eq!(refused("1 + 2e999x").0, Code::BadNumber);
}

#[test]
fn kets_and_bras() {
    for (text, expected) in [
        ("|0>", "|[Level(0)]>"),
        ("|01⟩", "|[Level(0), Level(1)]>"),
        ("|+>", "|[Plus]>"),
        ("|->", "|[Minus]>"),
        ("|+i>", "|[PlusI]>"),
        ("|-i>", "|[MinusI]>"),
        ("|+->", "|[Plus, Minus]>"),
        ("|0+>", "|[Level(0), Plus]>"),
        ("|10,3>", "|[Level(10), Level(3)],>"),
        ("|10, 3>", "|[Level(10), Level(3)],>"),
        ("<0|", "<[Level(0)]|"),
        ("⟨0|", "<[Level(0)]|"),
        ("|0><1|", "|[Level(0)]><[Level(1)]|()"),
        ("|0><1|(s)", "|[Level(0)]><[Level(1)]|(s)"),
        ("|00⟩⟨11|(a, b')", "|[Level(0), Level(0)]><[Level(1), Level(1)]|(a, b+1)"),
        ("<0|1>", "(Mul <[Level(0)]| |[Level(1)]>)"),
        ("(|00> + |11>)/√2", "(Div (Add |[Level(0), Level(0)]> |[Level(1), Level(1)]>) (Sqrt 2))"),
        ("2|0>", "(Mul 2 |[Level(0)]>)"),
        ("|0>⊗|1>", "(Tensor |[Level(0)]> |[Level(1)]>)"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
    assert_eq!(refused("|99999999999,1>").0, Code::BadKet);
    assert_eq!(refused("|psi>").0, Code::BadKet);
    assert_eq!(refused("2 + |↑⟩").0, Code::BadKet);
}

#[test]
fn expectation_values_and_comparisons() {
    for (text, expected) in [
        ("<σx(s1)*σx(s2)>", "<(Mul sigmax[s1] sigmax[s2])>"),
        ("⟨σx(s)⟩", "<sigmax[s]>"),
        ("<|0><0|(s)>", "<|[Level(0)]><[Level(0)]|(s)>"),
        ("2*<X(s)> - 1", "(Sub (Mul 2 <X[s]>) 1)"),
        ("last(x) < -0.98", "(Less last[x] (Neg 0.98))"),
        ("<A> < <B>", "(Less <A> <B>)"),
        ("<A> > 1", "(Greater <A> 1)"),
        ("<f(a > b)>", "<f[(Greater a b)]>"),
        ("2⟨A⟩", "(Mul 2 <A>)"),
        ("<A>>=0", "(GreaterEqual <A> 0)"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn calls_lists_and_units() {
    for (text, expected) in [
        ("mutual_information(a | b, c)", "mutual_information[a | b, c]"),
        ("pearson(x1, x2, width = 140, overlap = 125)", "pearson[x1, x2, width=140, overlap=125]"),
        ("f()", "f[]"),
        ("f(a == b)", "f[(Equal a b)]"),
        ("[1, x, -2]", "[1, x, (Neg 2)]"),
        ("[]", "[]"),
        ("e", "e"),
        ("e'", "e+1"),
        ("e''", "e+2"),
        ("e’′", "e+2"),
        ("e[k]", "e@k"),
        ("e[-2]", "e@(Neg 2)"),
        ("2e'", "(Mul 2 e+1)"),
        ("σx(e')", "sigmax[e+1]"),
        ("\"a # b\"", "\"a # b\""),
        ("step + keep", "(Add step keep)"),
        ("android + nothing", "(Add android nothing)"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn newlines_inside_brackets_and_after_operators_are_spaces() {
    assert_eq!(tree("f(a,\n  b # why\n  )"), "f[a, b]");
    assert_eq!(tree("a + # why\n\n  b"), "(Add a b)");
    assert_eq!(tree("\n a\n"), "a");
    assert_eq!(tree("a +\r\n b\r\n"), "(Add a b)");
}

#[test]
fn messages_give_a_remedy() {
    assert!(refused("a < b < c").1.contains("a < b and b < c"));
    assert!(refused("2 x").1.contains("expected an operator"), "{}", refused("2 x").1);
    assert!(refused("x**2").1.contains("x^2"));
    assert!(refused("1 // half").1.contains('#'));
    assert!(refused("1 ± 2").1.contains("a ≈ b ± tol"));
    assert!(refused("a +").1.contains("expected an expression, found the end of the line"), "{}", refused("a +").1);
    assert!(refused("f(a b)").1.contains("`b`"), "{}", refused("f(a b)").1);
    assert_eq!(refused("").0, Code::UnexpectedText);
    assert_eq!(refused("(1").0, Code::UnclosedBracket);
    assert_eq!(refused("\"a").0, Code::UnclosedText);
}

#[test]
fn spans_are_exact() {
    let text = "σx(s1) + (b  * c ) ";
    let e = expr(text);
    assert_eq!(&text[e.span.start as usize..e.span.end as usize], "σx(s1) + (b  * c )");
}
