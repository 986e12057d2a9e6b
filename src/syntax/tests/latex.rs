use super::{expr, file};
use crate::ast::ItemKind;
use crate::syntax::{latex_expr, latex_step};

#[test]
fn expressions() {
    for (text, latex) in [
        ("ω1", "\\omega_{1}"),
        ("omega1", "\\omega_{1}"),
        ("δt", "\\delta t"),
        ("σx(s1)", "\\sigma_x^{(s_{1})}"),
        ("|0>", "|0\\rangle"),
        ("|0><1|(s)", "|0\\rangle\\langle 1|^{(s)}"),
        ("a/b", "\\frac{a}{b}"),
        ("-ω1/2 * σz(s1)", "-\\frac{\\omega_{1}}{2} \\sigma_z^{(s_{1})}"),
        ("(a + b)*c", "\\left(a + b\\right) c"),
        ("a - (b + c)", "a - \\left(b + c\\right)"),
        ("a + -b", "a - b"),
        ("a - -2b", "a + 2 b"),
        ("a + (-b + c)", "a - b + c"),
        ("a - (-b + c)", "a - \\left(-b + c\\right)"),
        ("-(a + b)*c", "-\\left(a + b\\right) c"),
        ("(-i)*θ/2 * X", "-\\frac{i \\theta}{2} \\sigma_x"),
        ("-a/-b", "\\frac{a}{b}"),
        ("(-a)^2", "\\left(-a\\right)^{2}"),
        ("a * (-b)^3", "a \\left(-b\\right)^{3}"),
        ("√2", "\\sqrt{2}"),
        ("e''", "e''"),
        ("x in up", "\\left.x\\right|_{\\mathrm{up}}"),
        ("Hse(s, e)", "H_{se}(s, e)"),
        ("trace_out", "\\mathrm{trace\\_out}"),
        ("2^-3", "2^{-3}"),
        ("(a^b)^c", "\\left(a^{b}\\right)^{c}"),
        ("2*3", "2 \\cdot 3"),
        ("1e-9", "10^{-9}"),
        ("cos(γ) + i*sin(γ)", "\\cos\\left(\\gamma\\right) + i \\sin\\left(\\gamma\\right)"),
    ] {
        assert_eq!(latex_expr(&expr(text)), latex, "{text}");
    }
}

#[test]
fn statements() {
    for (text, latex) in [
        (
            "evolve H for t with K, √γ*L",
            "\\rho \\to e^{\\left(-i [H, \\cdot\\,] + \\mathcal{D}[K] + \\mathcal{D}[\\sqrt{\\gamma} L]\\right) t} \\rho",
        ),
        ("evolve H for t", "\\rho \\to e^{-i H t} \\rho\\, e^{i H t}"),
        ("evolve -H for t", "\\rho \\to e^{i H t} \\rho\\, e^{-i H t}"),
        ("record Qh2 = E(s)", "Q_{h2,n} = E(s)"),
        ("trace keep", "\\rho \\to \\mathrm{keep}[\\rho]"),
        (
            "evolve A + B for δt",
            "\\rho \\to e^{-i \\left(A + B\\right) \\delta t} \\rho\\, e^{i \\left(A + B\\right) \\delta t}",
        ),
        ("discard e1, e2", "\\rho \\to \\mathrm{Tr}_{e_{1},e_{2}}\\, \\rho"),
        ("uncorrelate s1 | e1', e2'", "\\rho \\to \\rho_{s_{1}} \\otimes \\rho_{e_{1}',e_{2}'}"),
        ("apply U", "\\rho \\to U \\rho\\, U^{\\dagger}"),
        ("apply dephasing(s, p)", "\\rho \\to \\mathrm{dephasing}(s, p)[\\rho]"),
    ] {
        let file = file(&format!("step {{ {text} }}"));
        let ItemKind::Step { body, .. } = &file.items[0].kind else { panic!("a step") };
        assert_eq!(latex_step(body, &|_| None), [latex], "{text}");
    }
}

#[test]
fn a_rule_is_written_out() {
    let text = "rule keep { discard e; uncorrelate s | e' }\nstep { trace keep; repeat 2 { trace keep } }";
    let file = file(text);
    let (ItemKind::Sequence(rule), ItemKind::Step { body, .. }) = (&file.items[0].kind, &file.items[1].kind) else {
        panic!("a rule and a step")
    };
    let lines = latex_step(body, &|name| (name.key == "keep").then_some(&*rule.body));
    let (first, second) = ("\\rho \\to \\mathrm{Tr}_{e}\\, \\rho", "\\rho \\to \\rho_{s} \\otimes \\rho_{e'}");
    assert_eq!(lines, [first, second, &format!("\\left[\\, {first};\\ {second} \\,\\right] \\times 2")]);
}
