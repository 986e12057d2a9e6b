//! The words of the language, listed by where they are allowed. Elsewhere they are ordinary names.

/// Words that begin an item of a script.
pub const TOP_LEVEL: &[&str] = &[
    "use",
    "param",
    "input",
    "set",
    "start",
    "system",
    "environment",
    "hamiltonian",
    "gate",
    "def",
    "rule",
    "sequence",
    "step",
    "observe",
    "experiment",
    "redefine",
];

/// Words that begin a statement of a step, rule or sequence.
pub const STEP: &[&str] = &[
    "evolve",
    "apply",
    "discard",
    "uncorrelate",
    "reset",
    "trace",
    "record",
    "let",
    "repeat",
    "for",
    "with",
    "measure",
    "when",
    "postselect",
];

/// Words that begin a statement of an experiment.
pub const EXPERIMENT: &[&str] = &[
    "set",
    "start",
    "run",
    "steady",
    "trajectories",
    "draw",
    "let",
    "observe",
    "expect",
    "sweep",
    "collect",
    "plot",
    "save",
    "spectrum",
    "case",
];

/// Words that begin a line of a plot.
pub const PLOT: &[&str] = &[
    "line",
    "scatter",
    "heatmap",
    "inset",
    "panels",
    "size",
    "title",
    "xlabel",
    "ylabel",
    "y2label",
    "colorbar",
    "xrange",
    "yrange",
    "y2range",
    "colorrange",
    "xscale",
    "yscale",
    "y2scale",
];

/// Words that style a curve of a plot and come after it.
pub const STYLE: &[&str] = &["solid", "dashed", "dotted", "points", "label", "color", "right"];
/// [`STYLE`], the `on` of `on right`, the `in` of `x in up`, and the `against` of `line x against y`.
const IN_A_CURVE: &[&str] = &["solid", "dashed", "dotted", "points", "label", "color", "right", "on", "in", "against"];

/// Words inside a statement, by the first word of the statement. They come after a value or a word, never after an
/// operator.
const INSIDE: &[(&str, &[&str])] = &[
    ("param", &["in"]),
    ("input", &["column"]),
    ("system", &["keep"]),
    ("environment", &["keep"]),
    ("evolve", &["for", "with"]),
    ("for", &["in"]),
    ("with", &["probability"]),
    ("measure", &["as"]),
    ("run", &["until"]),
    ("trajectories", &["seed"]),
    ("let", &["in"]),
    ("observe", &["in"]),
    ("expect", &["in"]),
    ("collect", &["in"]),
    ("save", &["in"]),
    ("line", IN_A_CURVE),
    ("scatter", IN_A_CURVE),
    ("heatmap", IN_A_CURVE),
];

/// The logical operators. They can never be names.
pub(super) const LOGIC: &[&str] = &["and", "or", "not"];

/// The functions of a range, `sum(k in 1..L, …)`. The word `in` comes after the index.
pub(super) const REDUCERS: &[&str] = &["sum", "product"];

/// The word between the blocks of `with probability` and `when`.
pub(super) const ELSE: &str = "else";

/// The words that are allowed inside a statement that begins with `head`.
#[must_use]
pub fn inside(head: &str) -> &'static [&'static str] {
    INSIDE.iter().find(|(word, _)| *word == head).map_or(&[], |(_, words)| words)
}

/// Every word of the language, once.
#[must_use]
pub fn all() -> Vec<&'static str> {
    let lists = [TOP_LEVEL, STEP, EXPERIMENT, PLOT, LOGIC, &[ELSE]];
    let mut words: Vec<_> =
        lists.into_iter().chain(INSIDE.iter().map(|(_, words)| *words)).flatten().copied().collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// An example statement that begins with the word, for messages and hover; `None` if no statement does.
#[must_use]
pub fn example(word: &str) -> Option<&'static str> {
    Some(match word {
        "param" => "param J = 0.25 in 0..1",
        "input" => "input u = \"drive.csv\" column \"amplitude\"",
        "set" => "set J = 0.3",
        "system" => "system s1, s2 = |0>",
        "environment" => "environment e = |0>",
        "hamiltonian" => "hamiltonian H(a, b) = J*X(a)*X(b)",
        "gate" => "gate U(a, b) = cos(γ) + i*sin(γ)*SWAP(a, b)",
        "def" => "def f(x) = x^2",
        "rule" => "rule keep { discard e }",
        "sequence" => "sequence meet(s, e) { apply SWAP(s, e) }",
        "step" => "step { evolve H(s, e) for 0.1; discard e }",
        "observe" => "observe x = <X(s)>",
        "experiment" => "experiment fig2 \"title\" { run 2000 }",
        "evolve" => "evolve H(s, e) for 0.1",
        "apply" => "apply SWAP(s, e)",
        "discard" => "discard e1, e2",
        "uncorrelate" => "uncorrelate s1 | s2 | e'",
        "reset" => "reset s = |0>",
        "trace" => "trace keep",
        "record" => "record C = concurrence(s1, s2)",
        "let" => "let t = 0.1",
        "repeat" => "repeat 3 { apply X(s) }",
        "for" => "for k in 1..L { apply H(s[k]) }",
        "with" => "with probability 0.5 { apply X(s) } else { apply Z(s) }",
        "measure" => "measure X(e) as r",
        "when" => "when r > 0 { apply X(s) } else { apply Z(s) }",
        "postselect" => "postselect r > 0",
        "run" => "run 2000",
        "trajectories" => "trajectories 1000 seed 7",
        "draw" => "draw ω = normal(1.1, 0.02)",
        "expect" => "expect last(x) < 0.5",
        "sweep" => "sweep λ = linspace(0, 0.25, 51)",
        "collect" => "collect C = last(x)",
        "plot" => "plot { line x; xlabel \"n\" }",
        "save" => "save \"x.csv\" x",
        "start" => "start s, e = (|00> + |11>)/√2",
        "steady" => "steady",
        "spectrum" => "spectrum",
        "case" => "case up { set ϑ = 0 }",
        "line" => "line x dashed label \"x\"",
        "scatter" => "scatter x",
        "heatmap" => "heatmap C",
        "inset" => "inset { line x }",
        "panels" => "panels fig3a, fig3b",
        "title" | "xlabel" | "ylabel" | "y2label" | "colorbar" => "xlabel \"n\"",
        "xrange" | "yrange" | "y2range" | "colorrange" => "xrange 0, 2000",
        "size" => "size column",
        "xscale" | "yscale" | "y2scale" => "yscale log",
        _ => return None,
    })
}

/// Whether a word begins items of a script but no statement of an experiment.
pub(super) fn begins_only_items(word: &str) -> bool {
    TOP_LEVEL.contains(&word) && !EXPERIMENT.contains(&word)
}

/// Whether a word begins a statement somewhere.
pub(super) fn begins_a_statement(word: &str) -> bool {
    [TOP_LEVEL, STEP, EXPERIMENT, PLOT].iter().any(|words| words.contains(&word))
}
