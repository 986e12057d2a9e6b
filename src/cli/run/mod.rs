//! `carom run`: runs experiments and writes files, figures and a summary.

mod divided;
mod figures;
mod origin;
mod single;
mod summary;
mod verdict;
mod watch;

pub(super) use figures::{Figures, draw};
use origin::RunInfo;
pub(super) use origin::{Origin, fingerprint_of_run, parameters};
pub(super) use summary::{expectations, messages};
use verdict::Verdict;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use rayon::prelude::*;
use serde_json::Value as Json;

use super::Exit;
use super::backend::BackendArg;
use super::console::{Console, on_terminal};
use super::interrupt::{catch_interrupts, interrupted};
use super::progress::{Progress, Work};
use super::recorded::Recorded;
use super::script::{Opened, open_from, select, with_sweeps};
use crate::analysis::Table;
use crate::check::{Experiment, PlotEntry};
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::files::Format;
use crate::experiment::read_back::read_back;
use crate::experiment::{Options, Outcome};
use crate::output::RunOptions;
use crate::source::SourceMap;
use crate::storage::{FileError, FolderLock, LockError, ensure_dir};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script, the name of a shipped protocol, or `-` for standard input.
    file: String,
    /// Experiments to run, also as patterns like 'fig3*' [default: all of the script's own experiments].
    experiments: Vec<String>,
    /// Set a parameter to a value or a rule: --set 'γ = 0.5π/2'. Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
    /// Sweep a parameter: --sweep 'γ = linspace(0, π/2, 51)'. Repeatable; several sweeps make a grid.
    #[arg(long, value_name = "NAME=LIST")]
    sweep: Vec<String>,
    /// Run N collisions, regardless of the script.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    collisions: Option<u64>,
    /// Folder for the results [default: out/<protocol>].
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of points or experiments computed in parallel [default: one per core].
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The seed of the trajectories, regardless of the script.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Continue sweeps and trajectories that were stopped before.
    #[arg(long)]
    resume: bool,
    /// Start a sweep or trajectories even if they take more than an hour.
    #[arg(long)]
    yes: bool,
    /// Run again whenever the script or a file that it uses changes, until Ctrl-C.
    #[arg(long)]
    watch: bool,
    /// The engine that runs the gate sequence.
    #[arg(long, value_enum, default_value_t = BackendArg::Auto)]
    backend: BackendArg,
    /// The format of the numbers; npz is written in addition to CSV.
    #[arg(long, value_enum, default_value_t = FormatArg::Csv)]
    format: FormatArg,
    /// Do not draw figures.
    #[arg(long)]
    no_plots: bool,
    /// Sketch the main figure as text even if the output is not a terminal.
    #[arg(long)]
    plot_terminal: bool,
    /// Print nothing but errors and expectations that fail.
    #[arg(long, short)]
    quiet: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// What `run.json` records of the command line.
    fn origin(&self) -> Origin {
        let name = |value: Option<clap::builder::PossibleValue>| value.map(|v| v.get_name().to_string());
        let options = RunOptions {
            collisions: self.collisions,
            backend: name(self.backend.to_possible_value()).unwrap_or_default(),
            seed: self.seed,
            format: name(self.format.to_possible_value()).unwrap_or_default(),
        };
        Origin { script: self.file.clone(), set: self.set.clone(), sweep: self.sweep.clone(), options }
    }
}

/// How a recorded run is run again.
pub(super) struct Again {
    /// Folder for the results.
    pub(super) out: PathBuf,
    pub(super) threads: Option<u16>,
    pub(super) no_plots: bool,
    pub(super) quiet: bool,
}

/// Runs a recorded experiment again. `None` if an option in the record is damaged.
pub(super) fn again(recorded: &Recorded, opened: Opened, how: Again, console: &mut Console) -> Option<Exit> {
    let Origin { script, set, sweep, options } = recorded.origin.clone();
    let args = Args {
        file: script,
        experiments: vec![recorded.experiment.clone()],
        set,
        sweep,
        collisions: options.collisions,
        out: Some(how.out),
        threads: how.threads,
        seed: recorded.seed.or(options.seed),
        resume: false,
        yes: true,
        watch: false,
        backend: BackendArg::from_str(&options.backend, false).ok()?,
        format: FormatArg::from_str(&options.format, false).ok()?,
        no_plots: how.no_plots,
        plot_terminal: false,
        quiet: how.quiet,
        json: false,
    };
    catch_interrupts();
    Some(experiments(&args, opened, console))
}

/// The formats of numbers.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormatArg {
    /// Plain text that any program can read.
    Csv,
    /// CSV and NumPy archives; the archives store entries of states as complex arrays.
    Npz,
}

/// The result of one experiment.
#[derive(Default)]
enum Product {
    /// The results of a run or a sweep.
    Outcome(Box<Outcome>),
    /// An arrangement of other experiments' figures, with its title.
    Arrangement(Option<String>),
    /// No result, because of errors or an interrupt.
    #[default]
    Nothing,
}

/// The result of one experiment, its files, and its errors.
#[derive(Default)]
struct Finished {
    exit: Exit,
    product: Product,
    files: Vec<PathBuf>,
    errors: Vec<Diagnostic>,
}

impl Finished {
    fn failed(errors: Vec<Diagnostic>, sources: &SourceMap) -> Self {
        Self { exit: Exit::of(&errors, sources), errors, ..Self::default() }
    }

    fn complete(&self) -> bool {
        self.errors.is_empty()
            && match &self.product {
                Product::Outcome(outcome) => outcome.is_complete(),
                Product::Arrangement(_) => true,
                Product::Nothing => false,
            }
    }
}

/// The state that all experiments of one command share.
struct Session<'a> {
    args: &'a Args,
    opened: &'a Opened,
    options: Options,
    origin: Origin,
    /// The folder for all results; each experiment has a folder within it.
    folder: PathBuf,
    /// The tables of experiments whose figures are arranged by others, by name.
    kept: BTreeMap<String, Vec<Table>>,
}

/// Where the files of an experiment go, and what they record.
struct Target<'a> {
    /// The experiment's folder, which exists and is locked.
    dir: &'a Path,
    /// The command that `run.json` records.
    origin: &'a Origin,
    /// The format of the numbers.
    format: Format,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    catch_interrupts();
    if args.watch {
        return watch::run(args, console);
    }
    let mut sources = SourceMap::new();
    match open_from(&mut sources, &args.file, &args.set) {
        Ok(opened) => experiments(args, opened, console),
        Err(errors) => {
            console.report(&errors, &sources);
            Exit::of(&errors, &sources)
        }
    }
}

/// Runs the experiments that the command line selects.
fn experiments(args: &Args, mut opened: Opened, console: &mut Console) -> Exit {
    let chosen: Vec<Experiment> = match select(&opened, &args.experiments, console) {
        Ok(chosen) => chosen.into_iter().cloned().collect(),
        Err(exit) => return exit,
    };
    let chosen = match with_sweeps(&mut opened, chosen, &args.sweep, console) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    if !args.quiet {
        opened.note_set_aside(console);
    }
    let mut session = Session {
        args,
        options: Options {
            settings: opened.settings.clone(),
            collisions: args.collisions,
            backend: args.backend.into(),
            seed: args.seed,
            trajectory: None,
        },
        origin: args.origin(),
        folder: args.out.clone().unwrap_or_else(|| Path::new("out").join(&opened.protocol)),
        opened: &opened,
        kept: BTreeMap::new(),
    };
    session.all(&chosen, console)
}

impl Session<'_> {
    /// Runs the experiments: single runs in parallel, then sweeps and trajectories, each of which uses all threads. Reports them in the
    /// order of `chosen`.
    fn all(&mut self, chosen: &[Experiment], console: &mut Console) -> Exit {
        let created = missing(&self.folder);
        let mut singles = self.singles(chosen).into_iter();
        let mut verdict = Verdict::default();
        let (mut exit, mut reported, mut summaries) = (Exit::Done, Vec::new(), Vec::new());
        for e in chosen {
            let mut finished = match (&e.run, e.sweep.is_empty()) {
                (None, _) => self.arrangement(e),
                (Some(_), true) if e.trajectories.is_none() => singles.next().expect("one for each single run"),
                (Some(_), _) => self.in_folder(e, |dir| self.divided(e, dir, console)),
            };
            exit = exit.max(finished.exit);
            exit = exit.max(self.report(e, &mut finished, &mut reported, console));
            verdict.add(&e.name.text, &finished);
            if self.args.json {
                summaries.push(summary::json(&e.name.text, &finished));
            }
            if let (Product::Outcome(outcome), true) = (finished.product, arranged(e, chosen)) {
                self.kept.insert(outcome.name, outcome.tables);
            }
        }
        // Remove created folders that remained empty; removing a folder with contents fails.
        created.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
        if self.args.json {
            let text = serde_json::to_string_pretty(&Json::Array(summaries)).expect("a tree of strings and numbers");
            console.json(&format!("{text}\n"));
        } else if !self.args.quiet && chosen.len() > 1 {
            verdict.print(console);
        }
        exit
    }

    fn singles(&self, chosen: &[Experiment]) -> Vec<Finished> {
        let singles: Vec<&Experiment> =
            chosen.iter().filter(|e| e.run.is_some() && e.sweep.is_empty() && e.trajectories.is_none()).collect();
        let progress = Progress::new(work(&singles), self.args.quiet || singles.is_empty());
        let one = |(task, e): (usize, &&Experiment)| {
            let tell = |done, total| progress.tell_of(task, done, total);
            self.in_folder(e, |dir| single::run(self.opened, e, &self.options, &self.target(dir), &tell))
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads()).build();
        match pool {
            Ok(pool) => pool.install(|| singles.par_iter().enumerate().map(one).collect()),
            Err(_) => singles.iter().enumerate().map(one).collect(),
        }
    }

    fn target<'t>(&'t self, dir: &'t Path) -> Target<'t> {
        let format = match self.args.format {
            FormatArg::Csv => Format::Csv,
            FormatArg::Npz => Format::Npz,
        };
        Target { dir, origin: &self.origin, format }
    }

    fn threads(&self) -> usize {
        self.args.threads.map_or(0, usize::from)
    }

    fn divided(&self, e: &Experiment, dir: &Path, console: &mut Console) -> Finished {
        let how = divided::How {
            threads: self.threads(),
            resume: self.args.resume,
            yes: self.args.yes,
            quiet: self.args.quiet,
        };
        divided::run(self.opened, e, &self.options, &self.target(dir), &how, console)
    }

    /// Prepares an experiment that only arranges others' figures. Its `run.json` allows `carom plot` to draw it again.
    fn arrangement(&self, e: &Experiment) -> Finished {
        let dir = self.folder.join(&e.name.text);
        let parameters = match parameters(self.opened, e) {
            Ok(parameters) => parameters,
            Err(errors) => return Finished::failed(errors, &self.opened.sources),
        };
        let backend = self.options.backend.name().to_string();
        let info = RunInfo {
            name: &e.name.text,
            parameters: &parameters,
            cases: &[],
            collisions: 0,
            steady: None,
            backend,
            wall: Duration::ZERO,
            sampled: None,
            axes: &[],
            claims: &[],
        };
        match ensure_dir(&dir).and_then(|()| self.origin.write(self.opened, &info, &[], &dir)) {
            Ok(()) => Finished { product: Product::Arrangement(e.title.clone()), ..Finished::default() },
            Err(error) => Finished::failed(vec![cannot_write(&error)], &self.opened.sources),
        }
    }

    /// Runs `work` in the folder of an experiment, which is locked meanwhile.
    fn in_folder(&self, e: &Experiment, work: impl FnOnce(&Path) -> Finished) -> Finished {
        // After an interrupt, keep the files of an earlier run.
        if interrupted() {
            return Finished { exit: Exit::Interrupted, ..Finished::default() };
        }
        let dir = self.folder.join(&e.name.text);
        let new = !dir.exists();
        // Report an output folder that cannot be created before the run, not after it.
        let lock = match ensure_dir(&dir).map_err(LockError::File).and_then(|()| FolderLock::take(&dir)) {
            Ok(lock) => lock,
            Err(error) => return Finished::failed(vec![no_folder(error, &dir)], &self.opened.sources),
        };
        let finished = work(&dir);
        drop(lock);
        if new && matches!(finished.product, Product::Nothing) {
            drop(std::fs::remove_dir(&dir));
        }
        finished
    }

    /// Draws the figures of a finished experiment and prints its errors and its summary. `reported` collects the errors
    /// that have been printed. Returns the exit status of drawing.
    fn report(
        &self,
        e: &Experiment,
        finished: &mut Finished,
        reported: &mut Vec<Diagnostic>,
        console: &mut Console,
    ) -> Exit {
        let mut exit = Exit::Done;
        let drawable = finished.complete();
        let mut sketch = None;
        if drawable && !self.args.no_plots {
            match self.draw(e, finished) {
                Ok(drawn) => {
                    finished.files.extend(drawn.files);
                    sketch = drawn.sketch;
                }
                Err(errors) => {
                    exit = Exit::of(&errors, &self.opened.sources).max(Exit::Failed);
                    finished.errors.extend(errors);
                }
            }
        }
        // An error of the model recurs in every experiment; report it once.
        let same = |a: &Diagnostic, b: &Diagnostic| a.message == b.message && a.labels == b.labels;
        let new: Vec<Diagnostic> =
            finished.errors.iter().filter(|d| !reported.iter().any(|r| same(r, d))).cloned().collect();
        console.report(&new, &self.opened.sources);
        reported.extend(new);
        if let (Product::Outcome(outcome), false) = (&finished.product, self.args.quiet) {
            console.report(&outcome.warnings, &self.opened.sources);
        }
        if let (Product::Outcome(outcome), true, false) = (&finished.product, self.args.quiet, self.args.json) {
            for claim in outcome.claims.iter().filter(|claim| !claim.holds) {
                console
                    .note(&format!("{} {}: ✗ {}   {}", self.opened.protocol, e.name.text, claim.text, claim.measured));
            }
        }
        if !self.args.json && !self.args.quiet {
            summary::print(&self.opened.protocol, &e.name.text, finished, console);
            if self.args.plot_terminal || on_terminal() {
                sketch.iter().for_each(|text| console.line(text));
            }
        }
        exit
    }

    /// Draws the figures of an experiment from its tables. The data of experiments that it arranges come from this
    /// command if it ran them, and otherwise from the files of an earlier run.
    fn draw(&self, e: &Experiment, finished: &Finished) -> Result<Figures, Vec<Diagnostic>> {
        let Opened { program, sources, .. } = self.opened;
        let settings = &self.options.settings;
        let tables = |other: &Experiment| match (&finished.product, self.kept.get(&other.name.text)) {
            (Product::Outcome(outcome), _) if other.name.text == e.name.text => Ok(Cow::Borrowed(&*outcome.tables)),
            (_, Some(tables)) => Ok(Cow::Borrowed(&**tables)),
            _ => {
                let dir = self.folder.join(&other.name.text);
                read_back(program, other, settings, sources, &dir).map(Cow::Owned)
            }
        };
        draw(self.opened, e, settings, &self.folder.join(&e.name.text), &tables)
    }
}

/// What single runs show as their progress.
fn work(singles: &[&Experiment]) -> Work {
    let name = match singles {
        [one] => one.name.text.clone(),
        several => format!("{} experiments", several.len()),
    };
    let spectrum = singles.iter().any(|e| e.spectrum.is_some());
    let before = if spectrum { "computing the spectrum" } else { "preparing" };
    Work { name, noun: "collisions", before, tasks: singles.len() }
}

/// Whether one of the chosen experiments arranges the figure of `e`.
fn arranged(e: &Experiment, chosen: &[Experiment]) -> bool {
    let entries = chosen.iter().flat_map(|c| c.plots.iter().flatten());
    let mut names = entries.filter_map(|p| if let PlotEntry::Panels(names) = p { Some(names) } else { None });
    names.any(|names| names.contains(&e.name.key))
}

/// The folders that must be created for `folder` to exist, innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let named = folder.ancestors().filter(|f| !f.as_os_str().is_empty());
    named.take_while(|f| !f.exists()).map(Path::to_path_buf).collect()
}

pub(super) fn cannot_write(e: &FileError) -> Diagnostic {
    Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())
}

fn no_folder(error: LockError, dir: &Path) -> Diagnostic {
    match error {
        LockError::File(e) => cannot_write(&e),
        LockError::InUse(pid) => {
            let owner = pid.map_or_else(|| "another process".to_string(), |pid| format!("process {pid}"));
            Diagnostic::nowhere(Code::FolderInUse, format!("{owner} writes into `{}`", dir.display()))
                .help("wait until it has ended, or choose another folder with `--out DIR`")
        }
    }
}
