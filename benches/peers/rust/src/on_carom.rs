//! Carom through its library, from a checked script to its numbers.

use carom::check::{Program, Script, check};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Control, Options, Setup, run};
use carom::source::SourceMap;

use crate::measure::{report, timed};

const KARPAT: &str = include_str!("../../../karpat.carom");

struct Checked {
    program: Program,
    sources: SourceMap,
}

impl Checked {
    fn new(text: &str) -> Self {
        let mut sources = SourceMap::new();
        let program = check(&Script::from_text("peers", text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
        Self { program, sources }
    }

    /// Runs an experiment for the given number of collisions (default: the number in the script) and returns its
    /// series.
    fn series(&self, name: &str, collisions: Option<u64>) -> Vec<Vec<f64>> {
        let experiment = self.program.experiment(name).expect("an experiment of the script");
        let options = Options { collisions, ..Options::default() };
        let outcome = run(Setup::new(&self.program, experiment, &options, &self.sources), &Control::none());
        outcome.expect("it runs").series().map(|(_, series)| series.values.to_vec()).collect()
    }
}

pub fn signals() {
    let checked = Checked::new(KARPAT);
    let (seconds, series) = timed(|| checked.series("signals", None));
    report(seconds, &series.iter().flat_map(|values| &values[1..]).copied().collect::<Vec<_>>());
}

pub fn line() {
    let checked = Checked::new(KARPAT);
    let experiment = checked.program.experiment("line").expect("an experiment of the script");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 1 };
    let options = Options::default();
    let (seconds, swept) = timed(|| {
        let sweep = Sweep::new(Setup::new(&checked.program, experiment, &options, &checked.sources));
        sweep.expect("a correct sweep").run(keeping, &Control::none()).expect("it runs")
    });
    let points = swept.points().expect("it collects");
    let values = points.data().next().and_then(|c| c.cells.real()).expect("a column");
    report(seconds / values.len() as f64, values);
}

/// The names s1, s2, … of qubits, and their declarations.
fn qubits(count: u32) -> (Vec<String>, String) {
    let names: Vec<String> = (1..=count).map(|k| format!("s{k}")).collect();
    let mut text = String::new();
    for (k, name) in (1..).zip(&names) {
        text += &format!("system {name} = cos({k}/3)*|0> + exp(2i*{k}/3)*sin({k}/3)*|1>\n");
    }
    (names, text)
}

pub fn chain(count: u32, steps: u32) {
    let (names, mut text) = qubits(count);
    text += "environment e = |0>\nhamiltonian H(a, b) = (X(a)*X(b) + Y(a)*Y(b))/2\n";
    text += "gate pswap(a, b) = cos(0.3) + i*sin(0.3)*SWAP(a, b)\nstep {\n";
    for pair in names.windows(2) {
        text += &format!("evolve H({}, {}) for 0.05\n", pair[0], pair[1]);
    }
    let last = names.last().expect("a chain has qubits");
    text += &format!("apply pswap({last}, e)\ndiscard e\n}}\n");
    report_steps(text, last, steps);
}

/// A step of 20 qubits with an exchange on each neighbouring pair, or on every pair.
pub fn pure(all: bool) {
    let (names, mut text) = qubits(20);
    text += "hamiltonian H(a, b) = (X(a)*X(b) + Y(a)*Y(b))/2\nstep {\n";
    for (k, a) in names.iter().enumerate() {
        for b in names[k + 1..].iter().take(if all { names.len() } else { 1 }) {
            text += &format!("evolve H({a}, {b}) for 0.05\n");
        }
    }
    text += "}\n";
    report_steps(text, &names[19], 4);
}

/// Reports the seconds per collision, observables included, from the difference between a long run and a short one.
fn report_steps(mut text: String, last: &str, steps: u32) {
    text += &format!("observe first = <Z(s1)>\nobserve last = <Z({last})>\nobserve pair = <X(s1)*X(s2)>\n");
    let checked = Checked::new(&format!("{text}experiment chain {{ run 1 }}"));
    let (short, _) = timed(|| checked.series("chain", Some(1)));
    let (long, series) = timed(|| checked.series("chain", Some(1 + u64::from(steps))));
    let values: Vec<f64> = series.iter().map(|values| values[values.len() - 1]).collect();
    report((long - short) / f64::from(steps), &values);
}
