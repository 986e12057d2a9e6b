//! Times whole experiments, from a checked script to its numbers. The goal is given beside each.
//!
//! Goals are for two cores at 30 GB/s. `benches/peers/run` measures whole commands, with these goals: the six diagrams
//! 3a–f at 101 × 101 points in 5 s, the two of figure 5 in 30 s, and figure 2 with its files, including the start of
//! the process, in 15 ms.

use std::hint::black_box;

use carom::check::{Program, Script, check, setting};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Control, Options, Setup, run};
use carom::source::SourceMap;
use criterion::{Criterion, Throughput};

struct Checked {
    program: Program,
    sources: SourceMap,
}

impl Checked {
    fn new() -> Self {
        let mut sources = SourceMap::new();
        let script = Script::from_text("karpat", include_str!("karpat.carom"));
        let program = check(&script, &mut sources).expect("a correct script");
        Self { program, sources }
    }

    fn signals(&self) -> f64 {
        let experiment = self.program.experiment("signals").expect("an experiment of the script");
        let outcome = run(Setup::new(&self.program, experiment, &Options::default(), &self.sources), &Control::none());
        outcome.expect("it runs").series().next().expect("x1").1.values[2000]
    }

    fn table(&self, name: &str, options: &Options, threads: usize) -> f64 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads };
        let experiment = self.program.experiment(name).expect("an experiment of the script");
        let sweep = Sweep::new(Setup::new(&self.program, experiment, options, &self.sources)).expect("a correct sweep");
        sweep.run(keeping, &Control::none()).expect("it runs").row(0)[0]
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let mut checked = Checked::new();
    let erase = setting("trace_out = erase", &checked.program, &mut checked.sources).expect("a rule of the script");
    let (keep, erase) = (Options::default(), Options { settings: vec![erase], ..Options::default() });

    // Goal: 0.5 ms.
    criterion.bench_function("figure 2, both signals", |bench| bench.iter(|| black_box(checked.signals())));

    // Goal: 0.15 ms per point, or 6700 points per second.
    let mut line = criterion.benchmark_group("points of figure 3");
    line.throughput(Throughput::Elements(101));
    line.bench_function("line of 101, one thread", |bench| bench.iter(|| checked.table("line", &keep, 1)));
    line.finish();

    // Goals: 40 ms and 0.7 s on two cores, in proportion to the goals for whole figures.
    let mut diagrams = criterion.benchmark_group("diagrams of 21 x 21");
    diagrams.throughput(Throughput::Elements(441));
    diagrams.bench_function("keep", |bench| bench.iter(|| checked.table("diagram", &keep, 0)));
    diagrams.bench_function("erase", |bench| bench.iter(|| checked.table("diagram", &erase, 0)));
    diagrams.finish();
    criterion.final_summary();
}
