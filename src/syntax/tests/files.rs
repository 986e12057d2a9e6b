use super::{file, show, show_statement};
use crate::ast::{ExperimentItemKind, ItemKind, PlotItemKind, Role, SubsystemDecl};

const PROTOCOL: &str = include_str!("protocol.carom");
const VARIATION: &str = include_str!("variation.carom");

fn statements(text: &str) -> Vec<String> {
    let file = file(&format!("step {{\n{text}\n}}"));
    let ItemKind::Step { body, .. } = &file.items[0].kind else { panic!("a step") };
    body.iter().map(show_statement).collect()
}

fn experiment(text: &str) -> Vec<ExperimentItemKind> {
    let file = file(&format!("experiment x {{\n{text}\n}}"));
    let ItemKind::Experiment(decl) = &file.items[0].kind else { panic!("an experiment") };
    decl.items.iter().map(|item| item.kind.clone()).collect()
}

fn plot(text: &str) -> Vec<PlotItemKind> {
    let items = experiment(&format!("plot {{ {text} }}"));
    let ExperimentItemKind::Plot(lines) = &items[0] else { panic!("a plot") };
    lines.iter().map(|line| line.kind.clone()).collect()
}

fn subsystems(text: &str) -> SubsystemDecl {
    match file(text).items.remove(0).kind {
        ItemKind::Subsystems(decl) => *decl,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_whole_protocol() {
    let file = file(PROTOCOL);
    assert_eq!(file.items.len(), 21);
    assert!(file.doc.as_deref().is_some_and(|doc| doc.starts_with("Two spins") && doc.contains("\nSource: Karpat")));
    assert_eq!(file.items[0].doc.as_deref(), Some("system–environment exchange coupling"));
    let step = file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Step { body, .. } => Some(body.iter().map(show_statement).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(
        step.expect("it has a step"),
        [
            "evolve Hse[s1, e1] for deltat",
            "evolve Hse[s2, e2] for deltat",
            "evolve Hss for deltat",
            "evolve (Add Hs1 Hs2) for deltat",
            "apply pswap[e2, e1+1]",
            "record E = concurrence[s1, s2]",
            "record I = mutual_information[s1, s2]",
            "trace trace_out",
        ]
    );
}

#[test]
fn the_variation() {
    let file = file(VARIATION);
    assert!(matches!(&file.items[0].kind, ItemKind::Use { path, .. } if path == "karpat2019"));
    assert!(file.items[1].redefine.is_some());
    assert!(file.items[1].doc.as_deref().is_some_and(|doc| doc.starts_with("Exchange instead of Ising")));
    assert_eq!(file.doc, None);
}

#[test]
fn statements_of_a_step() {
    for (text, expected) in [
        ("uncorrelate s1 | s2 | e1', e2'", "uncorrelate s1 | s2 | e1+1 e2+1"),
        ("uncorrelate s1 |\n s2", "uncorrelate s1 | s2"),
        ("reset s1, s2 = |0>", "reset s1 s2 = |[Level(0)]>"),
        ("repeat 3 { apply U(a); apply V(a) }", "repeat 3 {apply U[a]; apply V[a]}"),
        ("with probability p { apply X(s) }", "with p {apply X[s]} else {}"),
        ("with probability p {\n}\n\nelse {\n discard e\n}", "with p {} else {discard e}"),
        ("meet(s1, e1')", "call meet[s1, e1+1]"),
        ("discard(s1)", "call discard[s1]"),
        ("apply(a, b)", "call apply[a, b]"),
        ("apply (U)", "apply U"),
        ("let t = n*δt", "let t = (Mul n deltat)"),
        ("evolve -ω1/2 * for1 for 2δt", "evolve (Mul (Div (Neg omega1) 2) for1) for (Mul 2 deltat)"),
    ] {
        assert_eq!(statements(text), [expected], "{text}");
    }
    assert_eq!(statements(";;\n discard e;\n\n apply A;"), ["discard e", "apply A"]);
}

#[test]
fn words_of_the_language_can_be_names_elsewhere() {
    let file = file("param step = 1\nrule keep { discard e }\ngate gate(a) = keep(a)\nenvironment set = |0> keep 8\n");
    assert_eq!(file.items.len(), 4);
}

#[test]
fn subsystem_declarations() {
    let e = subsystems("environment e1, e2 : boson(8) = thermal(-ω1/2*Z, T1) keep 8");
    assert_eq!((e.role, e.names.len()), (Role::Environment, 2));
    let (kind, argument) = e.kind.expect("a kind");
    assert_eq!((kind.key.as_str(), argument.map(|a| show(&a))), ("boson", Some("8".into())));
    assert_eq!(e.keep.map(|k| show(&k)), Some("8".into()));
    let s = subsystems("system s : qubit = |0>");
    assert_eq!((s.role, s.kind.expect("a kind").1.is_none(), s.keep.is_none()), (Role::System, true, true));
    assert!(subsystems("system s").state.is_none());
}

#[test]
fn statements_of_an_experiment() {
    use ExperimentItemKind as E;
    let items = experiment(
        "set γ = 0\nrun 10 until last(x) < 0.1\nlet a = 1\nobserve y = purity\nexpect a ≈ 1 ± 0.1\n\
         sweep p = linspace(0, 1, 3),\n q = [1, 2]\ncollect C = last(x), D = 2\nsave \"a.csv\" x, y\nsave \"b.csv\"",
    );
    assert!(matches!(&items[1], E::Run { until: Some(_), .. }));
    assert!(matches!(&items[5], E::Sweep(axes) if axes.len() == 2));
    assert!(matches!(&items[6], E::Collect(columns) if columns.len() == 2));
    assert!(matches!(&items[7], E::Save { file, series, .. } if file == "a.csv" && series.len() == 2));
    assert!(matches!(&items[8], E::Save { series, .. } if series.is_empty()));
}

#[test]
fn lines_of_a_plot() {
    use PlotItemKind as P;
    let lines = plot(
        "line x1, x2 dashed label \"both\" color \"#f00\" on right; scatter a; heatmap C; inset { line C12 }\n\
         panels a, b; xlabel \"N\"; xrange 0, 2*n; colorrange -1, 1\n\
         scatter a, b against c dashed; size column; size 86, 2*n; yscale log",
    );
    let P::Line { values, style, against: None } = &lines[0] else { panic!("a line") };
    let words: Vec<_> = style.iter().map(|s| (s.word.key.as_str(), s.text.as_deref())).collect();
    assert_eq!(values.len(), 2);
    assert_eq!(words, [("dashed", None), ("label", Some("both")), ("color", Some("#f00")), ("right", None)]);
    assert!(matches!(&lines[3], P::Inset(inner) if inner.len() == 1));
    assert!(matches!(&lines[4], P::Panels(names) if names.len() == 2));
    assert!(matches!(&lines[5], P::Text { which, text, .. } if which.key == "xlabel" && text == "N"));
    assert!(matches!(&lines[7], P::Range { which, .. } if which.key == "colorrange"));
    let against = |kind: &P| matches!(kind, P::Scatter { values, against: Some(_), style } if (values.len(), style.len()) == (2, 1));
    assert!(against(&lines[8]));
    assert!(matches!(&lines[9], P::NamedSize(name) if name.key == "column"));
    assert!(matches!(&lines[10], P::Size(lengths) if lengths.len() == 2));
    assert!(
        matches!(&lines[11], P::Scale { which, kind } if (which.key.as_str(), kind.key.as_str()) == ("yscale", "log"))
    );
}

#[test]
fn documentation_belongs_to_its_item() {
    let text = "## file\n\n## above 1\n## above 2\nparam a = 1 ## after\n\n## lost\n\nparam b = 2\nstep { ## first\n\
                ## inside\n} ## last\nparam c = 1; param d = 2 ## of d\n#### ruler\nparam f = \"## text\"\n";
    let file = file(text);
    let docs: Vec<_> = file.items.iter().map(|item| item.doc.as_deref()).collect();
    assert_eq!(file.doc.as_deref(), Some("file"));
    assert_eq!(docs, [Some("above 1\nabove 2\nafter"), None, Some("first\nlast"), None, Some("of d"), None]);
}

#[test]
fn a_comment_directly_above_the_first_item_documents_the_item() {
    let file = file("## of a\nparam a = 1");
    assert_eq!((file.doc.as_deref(), file.items[0].doc.as_deref()), (None, Some("of a")));
    assert_eq!(super::file("## only").doc.as_deref(), Some("only"));
}

#[test]
fn odd_white_space_and_marks() {
    assert_eq!(file("\u{feff}param a = 1\r\nparam b\t=\u{a0}2\r\n").items.len(), 2);
    assert_eq!(file("param a = 1\rparam b = 2").items.len(), 2);
    assert_eq!(file("").items.len(), 0);
    assert_eq!(file("\n\n # nothing\n;").items.len(), 0);
}

#[test]
fn spans_and_names_are_as_written() {
    let text = "# ω\nparam ω₁  = 1   # c\n";
    let file = file(text);
    let span = file.items[0].span;
    assert_eq!(&text[span.start as usize..span.end as usize], "param ω₁  = 1");
    let ItemKind::Param(param) = &file.items[0].kind else { panic!("a parameter") };
    assert_eq!((param.name.text.as_str(), param.name.key.as_str()), ("ω₁", "omega1"));
}
