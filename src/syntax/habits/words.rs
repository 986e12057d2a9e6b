//! Words that begin no statement of the language.

use super::super::messages::Context;

/// A word at the beginning of a line.
pub(in crate::syntax) struct Row {
    /// Where the row applies.
    context: Context,
    /// The words.
    words: &'static [&'static str],
    /// What to write instead.
    pub(in crate::syntax) write: Write,
    /// What the language does instead.
    pub(in crate::syntax) help: &'static str,
}

/// How a line is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::syntax) enum Write {
    /// There is no single correction.
    Nothing,
    /// Another word in place of the first.
    Word(&'static str),
    /// Another word, and the brackets around the rest of the line go.
    Bare(&'static str),
}

const fn row(context: Context, words: &'static [&'static str], write: Write, help: &'static str) -> Row {
    Row { context, words, write, help }
}

use Context as C;
use Write as W;

/// The words, by the part of the language.
const ROWS: &[Row] = &[
    row(
        C::Item,
        &["const", "constant", "let", "var", "val", "parameter", "params", "double", "float", "int", "number"],
        W::Word("param"),
        "a number at the top level is a `param`",
    ),
    row(C::Item, &["function", "fn", "func", "define"], W::Word("def"), "a function is a `def`"),
    row(
        C::Item,
        &["ancilla", "ancillas", "ancillae", "bath", "reservoir", "env", "environ", "unit", "units", "stream", "probe"],
        W::Word("environment"),
        "a stream of fresh units is an `environment`",
    ),
    row(
        C::Item,
        &["qubit", "qubits", "qudit", "spin", "boson", "qreg", "subsystem", "state", "mode", "cavity"],
        W::Word("system"),
        "a subsystem that lives for the whole run is a `system`; its kind comes after the name, `system c : boson(8) = |0>`",
    ),
    row(C::Item, &["unitary", "channel", "circuit"], W::Word("gate"), "a unitary or a channel is a `gate`"),
    row(C::Item, &["operator", "ham", "Hamiltonian"], W::Word("hamiltonian"), "an operator is a `hamiltonian`"),
    row(
        C::Item,
        &["collision", "loop", "cycle", "stroke"],
        W::Word("step"),
        "a collision is the `step`, which a `run` repeats",
    ),
    row(C::Item, &["observable", "output", "monitor"], W::Word("observe"), "a series is an `observe`"),
    row(
        C::Item,
        &["print", "show", "display", "println", "printf"],
        W::Nothing,
        "`carom run` prints the last value of each series and `let`, and writes all values to files",
    ),
    row(C::Item, &["return"], W::Nothing, "a definition is `def f(x) = x^2`, without `return`"),
    row(
        C::Statement,
        &["ptrace", "Tr", "tr", "trace_out", "traceout", "partial_trace", "remove", "delete", "del", "drop"],
        W::Bare("discard"),
        "a unit is traced out with `discard`",
    ),
    row(
        C::Statement,
        &["lindblad", "dissipate", "dissipator", "mesolve", "decay", "collapse"],
        W::Nothing,
        "jump operators come after `with`: `evolve 0 for t with √γ*lower(s)`",
    ),
    row(
        C::Statement,
        &["sesolve", "propagate", "collide", "interact"],
        W::Word("evolve"),
        "a Hamiltonian acts with `evolve H for t`",
    ),
    row(C::Statement, &["do", "call", "unitary"], W::Word("apply"), "a gate or a channel acts with `apply`"),
    row(C::Statement, &["init", "initialize", "prepare"], W::Word("reset"), "a state is prepared with `reset s = |0>`"),
    row(
        C::Statement,
        &["print", "show", "output", "log"],
        W::Nothing,
        "a value at this point of the step is a series: `record z = <Z(s)>`",
    ),
    row(C::Statement, &["observe"], W::Word("record"), "in a step, a series is a `record`"),
    row(
        C::Statement,
        &["return", "pass", "end", "break", "continue"],
        W::Nothing,
        "a step ends at its `}`; delete the line",
    ),
    row(
        C::Experiment,
        &["assert", "check", "require", "claim", "test", "ensure"],
        W::Bare("expect"),
        "a claim is an `expect`",
    ),
    row(
        C::Experiment,
        &["print", "show", "display", "println", "printf", "output"],
        W::Bare("let value ="),
        "`carom run` prints the last value of each series and of each `let`",
    ),
    row(C::Experiment, &["scan", "vary", "grid"], W::Word("sweep"), "values of a parameter are a `sweep`"),
    row(
        C::Experiment,
        &["simulate", "steps", "collisions"],
        W::Word("run"),
        "`run` is followed by the number of collisions",
    ),
    row(C::Experiment, &["steadystate", "steady_state"], W::Word("steady"), "the fixed point of the step is `steady`"),
    row(
        C::Experiment,
        &["mcsolve", "montecarlo", "shots", "samples"],
        W::Word("trajectories"),
        "random runs are `trajectories`",
    ),
    row(
        C::Experiment,
        &["return", "pass", "end", "break"],
        W::Nothing,
        "an experiment ends at its `}`; delete the line",
    ),
    row(C::Plot, &["plot", "curve", "lines", "draw"], W::Word("line"), "a curve is a `line`"),
    row(C::Plot, &["points", "dots"], W::Word("scatter"), "points are a `scatter`"),
    row(
        C::Plot,
        &["imshow", "contour", "contourf", "pcolormesh", "map", "density"],
        W::Word("heatmap"),
        "a map over two parameters is a `heatmap`",
    ),
    row(C::Plot, &["xlim"], W::Word("xrange"), "the limits of an axis are `xrange 0, 2000`"),
    row(C::Plot, &["ylim"], W::Word("yrange"), "the limits of an axis are `yrange 0, 1`"),
    row(C::Plot, &["clim"], W::Word("colorrange"), "the limits of the colours are `colorrange 0, 1`"),
    row(C::Plot, &["x_label", "xaxis", "xtitle"], W::Word("xlabel"), "the label of an axis is `xlabel \"n\"`"),
    row(C::Plot, &["y_label", "yaxis", "ytitle"], W::Word("ylabel"), "the label of an axis is `ylabel \"x\"`"),
    row(C::Plot, &["caption", "suptitle"], W::Word("title"), "the title of a figure is `title \"…\"`"),
    row(C::Plot, &["logy", "semilogy", "ylog"], W::Nothing, "a logarithmic axis is `yscale log`"),
    row(
        C::Plot,
        &["logx", "semilogx", "loglog", "xlog"],
        W::Nothing,
        "a logarithmic axis is `xscale log`, and `yscale log` for the other one",
    ),
    row(
        C::Plot,
        &["legend", "grid"],
        W::Nothing,
        "the legend is drawn from the names of the series; `line x label \"⟨X⟩\"` changes one",
    ),
];

/// The row of a word in a part of the language.
pub(in crate::syntax) fn find(word: &str, context: Context) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.context == context && row.words.contains(&word))
}

/// Units of physical quantities.
const UNITS: &[&str] = &[
    "Hz", "kHz", "MHz", "GHz", "THz", "K", "mK", "uK", "µK", "μK", "nK", "s", "ms", "us", "µs", "μs", "ns", "ps", "fs",
    "eV", "meV", "ueV", "µeV", "μeV", "keV", "GeV", "J", "kJ", "rad", "nm", "um", "µm", "μm", "mm", "cm", "m", "kg",
    "T", "mT", "G", "Ang",
];

/// Whether a word is a unit of a physical quantity.
pub(crate) fn is_unit(word: &str) -> bool {
    UNITS.contains(&word)
}

/// Words that count what a number before them already counts.
const COUNTED: &[&str] = &[
    "collisions",
    "collision",
    "steps",
    "step",
    "times",
    "iterations",
    "cycles",
    "rounds",
    "runs",
    "shots",
    "samples",
    "units",
    "trajectories",
];

/// Whether a word only counts.
pub(in crate::syntax) fn is_counted(word: &str) -> bool {
    COUNTED.contains(&word)
}
