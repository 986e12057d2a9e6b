//! What grows: the scripts, their sizes, and how the time is expected to grow.

use std::fmt::Write as _;

/// How the time grows with the size N.
#[derive(Clone, Copy)]
pub(crate) enum Growth {
    /// Like N to a power.
    Power(f64),
    /// Like a base to the power N.
    Exponential(f64),
}

impl Growth {
    /// The ratio of the times at two sizes.
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    pub(crate) fn ratio(self, size: u64, other: u64) -> f64 {
        match self {
            Self::Power(exponent) => (size as f64 / other as f64).powf(exponent),
            Self::Exponential(base) => base.powf(size as f64 - other as f64),
        }
    }
}

/// Something whose number grows.
pub(crate) struct Kind {
    /// The name of the table and of its first column.
    pub(crate) name: &'static str,
    /// The title of the figure.
    pub(crate) title: &'static str,
    /// The arguments of `carom`, which reads the script from standard input.
    pub(crate) command: &'static [&'static str],
    /// The script of a size.
    pub(crate) script: fn(u64) -> String,
    /// The sizes; the first `usual` of them are measured without `--full`.
    pub(crate) sizes: &'static [u64],
    pub(crate) usual: usize,
    pub(crate) growth: Growth,
}

/// The arguments of a run whose output is only its tables.
const RUN: &[&str] = &["run", "-", "--no-plots", "--quiet", "--out", "out"];

/// A qubit that collides with a stream with memory.
const QUBIT: &str = "
param g = 0.01
system s = |+>
environment e = |0>
step { apply partial_swap(s, e, g); apply partial_swap(e, e', 0.5); discard e }
observe x = <X(s)>
";

/// The table of what grows.
pub(crate) static KINDS: [Kind; 7] = [
    Kind {
        name: "collisions",
        title: "Collisions, all of them read",
        command: RUN,
        script: |n| format!("{QUBIT}experiment t {{ run {n} }}\n"),
        sizes: &[100, 1000, 10_000, 100_000, 1_000_000, 10_000_000],
        usual: 5,
        growth: Growth::Power(1.0),
    },
    Kind {
        name: "powers",
        title: "Collisions, the last one read",
        command: RUN,
        script: |n| format!("{QUBIT}experiment t {{ run {n}; sweep g = [0.01]; collect X = last(x) }}\n"),
        sizes: &[100, 10_000, 1_000_000, 100_000_000, 10_000_000_000, 1_000_000_000_000],
        usual: 6,
        growth: Growth::Power(0.0),
    },
    Kind {
        name: "points",
        title: "Points of a sweep of 200 collisions each",
        command: RUN,
        script: |n| {
            format!("{QUBIT}experiment t {{ run 200; sweep g = linspace(0.01, 0.2, {n}); collect X = last(x) }}\n")
        },
        sizes: &[100, 1000, 10_000, 100_000, 1_000_000],
        usual: 4,
        growth: Growth::Power(1.0),
    },
    Kind {
        name: "matrix_qubits",
        title: "Qubits of a chain, four collisions on a density matrix",
        command: &["run", "-", "--no-plots", "--quiet", "--out", "out", "--backend", "density"],
        script: |n| chain(n, "environment e = |0>\n", "    evolve H(s[L], e) for 0.3\n    discard e\n"),
        sizes: &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
        usual: 11,
        growth: Growth::Exponential(4.0),
    },
    Kind {
        name: "vector_qubits",
        title: "Qubits of a chain, four collisions on a state vector",
        command: &["run", "-", "--no-plots", "--quiet", "--out", "out", "--backend", "pure"],
        script: |n| chain(n, "", "    apply RX(s[L], 0.3)\n"),
        sizes: &[2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24],
        usual: 10,
        growth: Growth::Exponential(2.0),
    },
    Kind {
        name: "trajectories",
        title: "Trajectories of 100 measured collisions",
        command: RUN,
        script: |n| {
            format!(
                "system s = |+>\nenvironment e = |0>\n\
                 step {{ apply partial_swap(s, e, 0.1); measure Z(e) as r; discard e; apply RY(s, 0.05) }}\n\
                 observe z = <Z(s)>\nexperiment t {{ run 100; trajectories {n} seed 1 }}\n"
            )
        },
        sizes: &[10, 100, 1000, 10_000, 100_000],
        usual: 4,
        growth: Growth::Power(1.0),
    },
    Kind {
        name: "lines",
        title: "Lines of a script that is checked",
        command: &["check", "-"],
        script: |n| {
            let mut text = String::new();
            for k in 0..n {
                // A script has at most 10,000 words and signs, so most lines of a long one are comments.
                if k % n.div_ceil(2000) == 0 {
                    writeln!(text, "param a{k} = 0.5").expect("a string grows");
                } else {
                    text.push_str("# A line of a comment with a few words in it\n");
                }
            }
            text
        },
        sizes: &[100, 300, 1000, 3000, 10_000],
        usual: 5,
        growth: Growth::Power(1.0),
    },
];

fn chain(count: u64, environment: &str, end: &str) -> String {
    format!(
        "param L = {count}\nsystem s[L] = |+>\n{environment}hamiltonian H(a, b) = (X(a)*X(b) + Y(a)*Y(b))/2\n\
         step {{\n    for k in 1..L-1 {{ evolve H(s[k], s[k + 1]) for 0.1 }}\n{end}}}\n\
         observe z = <Z(s[L])>\nexperiment t {{ run 4 }}\n"
    )
}

impl Kind {
    /// The script that draws the figure of a table with this number of lines: each of its collisions reads a line.
    pub(crate) fn figure(&self, lines: usize) -> String {
        let Self { name, title, growth, .. } = self;
        let (scale, label) = match growth {
            Growth::Power(0.0) => ("log", "constant".to_string()),
            Growth::Power(_) => ("log", "proportional to N".to_string()),
            Growth::Exponential(base) => ("linear", format!("proportional to ${base}^N$")),
        };
        let read = |column: &str, of: &str| format!("input {column} = \"{name}.csv\" column \"{of}\"\n");
        let inputs =
            read("size", name) + &read("time", "seconds") + &read("memory", "megabytes") + &read("fit", "expected");
        format!(
            "## {title}, measured by `cargo bench --bench growth`.\n\n{inputs}\nsystem s = |0>\n\n\
             step {{\n    record N = size(n)\n    record t = time(n)\n    record M = memory(n)\n    record f = fit(n)\n}}\n\n\
             experiment {name} \"{title}\" {{\n    run {lines}\n    plot {{\n        line t against N points label \"time\"\n        \
             line f against N dashed label \"{label}\"\n        line M against N right dotted label \"memory\"\n        \
             xscale {scale}; yscale log; y2scale log\n        \
             xlabel \"$N$\"; ylabel \"time (s)\"; y2label \"memory (MB)\"\n    }}\n}}\n"
        )
    }
}
