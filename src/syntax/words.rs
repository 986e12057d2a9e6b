//! The words of the language, by where they can stand. They are words only there.

/// Words that begin an item of a script.
pub const TOP_LEVEL: &[&str] = &[
    "use",
    "param",
    "set",
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
pub const STEP: &[&str] =
    &["evolve", "apply", "discard", "uncorrelate", "reset", "trace", "record", "let", "repeat", "with"];

/// Words that begin a statement of an experiment.
pub const EXPERIMENT: &[&str] = &["set", "run", "let", "observe", "expect", "sweep", "collect", "plot", "save"];

/// Words that begin a line of a plot.
pub const PLOT: &[&str] = &[
    "line",
    "scatter",
    "heatmap",
    "inset",
    "panels",
    "title",
    "xlabel",
    "ylabel",
    "y2label",
    "colorbar",
    "xrange",
    "yrange",
    "y2range",
    "colorrange",
];

/// Words behind a curve of a plot.
pub const STYLE: &[&str] = &["solid", "dashed", "dotted", "points", "label", "color", "right"];

/// Whether a word begins an item and can begin nothing inside a block.
pub(super) fn begins_only_items(word: &str) -> bool {
    TOP_LEVEL.contains(&word) && !EXPERIMENT.contains(&word)
}

/// Whether a word begins a statement somewhere.
pub(super) fn begins_a_statement(word: &str) -> bool {
    [TOP_LEVEL, STEP, EXPERIMENT, PLOT].iter().any(|words| words.contains(&word))
}
