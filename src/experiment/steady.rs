//! `steady`: the numbers of an experiment in the fixed point of its step.
//!
//! The fixed point of a linear step is found by solving. A step that is not linear, or whose map is too large, is run
//! until its numbers no longer move.

use super::planning::{Simulated, no_step_map, planned};
use super::remarks::Remark;
use super::simulate::{Done, Ends, Simulation, Task, described};
use super::truncation::Peaks;
use super::{Control, Prepared, Ran, Scratch};
use crate::backend::{
    Backend, Conserved, Form, NoSteady, Plan, Refusal, Refused, Request, Several, Steady, Watch, Why, Work,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Layout;
use crate::lower::{Column, Model};
use crate::source::Span;

/// The most basis elements of a map whose fixed point is solved for: the time grows with the third power of their
/// number.
const MOST_ELEMENTS: usize = 1024;

/// The most collisions of a run to the steady state.
pub(super) const MOST_COLLISIONS: u64 = 100_000;

/// A run has reached the steady state when no series has moved by more than this fraction of its largest possible value
/// over [`WINDOW`] collisions.
const STILL: f64 = 1e-12;

/// The number of collisions over which the values of a run are compared.
pub(super) const WINDOW: usize = 100;

/// How the steady state of an experiment was computed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SteadyRun {
    /// For a solved fixed point r = S r, the largest coefficient of S r − r; for a run, the largest change of a series
    /// over its last collisions.
    pub residual: f64,
    /// The number of collisions of a run to the steady state; `None` if the fixed point was solved for.
    pub collisions: Option<u64>,
}

impl SteadyRun {
    /// The larger residual and number of collisions of two steady states.
    pub(super) fn worse(self, other: Self) -> Self {
        let collisions = self.collisions.into_iter().chain(other.collisions).max();
        Self { residual: self.residual.max(other.residual), collisions }
    }
}

/// What a computation of a fixed point gave.
enum Solved {
    Found(Box<Steady>),
    /// It was interrupted, or a number could not be computed.
    Ended(Box<Done>),
    /// The step has no map of an accepted size.
    NoMap,
}

impl<'p> Prepared<'p> {
    /// Computes the steady state.
    ///
    /// # Errors
    /// The fixed point is not unique, or a step map was requested and there is none.
    pub(super) fn settle(
        &mut self,
        place: Span,
        control: &Control<'_>,
        scratch: &mut Scratch,
    ) -> Result<Simulated, Vec<Diagnostic>> {
        let Self { model, columns, request, .. } = self;
        // The last column is the gap, which no engine computes.
        let read = &columns[..columns.len() - 1];
        let mut undamped = Vec::new();
        let solved = solve(request, model, read, place, (control, &mut *scratch));
        let run = solved.and_then(|solved| match solved {
            Solved::Found(steady) => {
                let done = numbers(&steady, read.len());
                let run = SteadyRun { residual: steady.residual, collisions: None };
                let plan = solved_plan(&steady);
                undamped = steady.undamped;
                Ok((plan, done, run))
            }
            Solved::Ended(done) => Ok((unsolved_plan(), *done, SteadyRun::default())),
            Solved::NoMap => iterate(request.clone(), model, read, place, (control, &mut *scratch)),
        });
        let (plan, mut done, run) = run?;
        done.values.resize(columns.len(), vec![f64::NAN]);
        let mut remarks = self.foreseen();
        remarks.extend(done.peaks.remarks(&self.model));
        remarks.extend(oscillates(&undamped, place).map(Remark::from));
        Ok(Simulated { ran: Ran { plan, rounding: None }, done, remarks, steady: Some(run) })
    }

    /// The plan of the computation.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    pub(super) fn steady_plan(self, place: Span, control: &Control<'_>) -> Result<Plan, Vec<Diagnostic>> {
        let mut scratch = Scratch::default();
        match solve(&self.request, &self.model, &self.columns, place, (control, &mut scratch))? {
            Solved::Found(steady) => Ok(solved_plan(&steady)),
            Solved::Ended(_) => Ok(unsolved_plan()),
            Solved::NoMap => planned(self.request, &self.model, control, &mut scratch).map(|planned| planned.plan),
        }
    }
}

/// The numbers of a solved fixed point: those of the `read` columns, then the gap.
fn numbers(steady: &Steady, read: usize) -> Done {
    let mut peaks = Peaks::default();
    peaks.see(0, &steady.numbers[read..]);
    let values = steady.numbers[..read].iter().chain([&steady.gap]).map(|x| vec![*x]).collect();
    Done { values, peaks, trace: 1.0, ..Done::default() }
}

/// Solves for the fixed point of the step, if it has a map of an accepted size and no other engine was requested.
///
/// # Errors
/// The fixed point is not unique, or a step map was requested and there is none.
fn solve(
    request: &Request,
    model: &Model<'_>,
    columns: &[Column],
    place: Span,
    (control, scratch): (&Control<'_>, &mut Scratch),
) -> Result<Solved, Vec<Diagnostic>> {
    if matches!(request.backend, Backend::Density | Backend::Reference | Backend::Pure) {
        return Ok(Solved::NoMap);
    }
    let watch = Watch::new(control.interrupted);
    let mut work = Work { tables: &mut scratch.tables, watch: &watch };
    let ended = |done: Done| Ok(Solved::Ended(Box::new(done)));
    let limits = (MOST_ELEMENTS, model.watched().len());
    match Steady::of_settled(&request.start, &request.steps.first, limits, &mut work) {
        Ok(steady) => Ok(Solved::Found(Box::new(steady))),
        Err(NoSteady::Refused(Refusal::Stopped)) => ended(Done { interrupted: true, ..Done::default() }),
        Err(NoSteady::Fault(fault)) => {
            let fault = described(&fault, model, columns, "in the steady state");
            ended(Done { fault: Some(fault), ..Done::default() })
        }
        Err(NoSteady::Several(several)) => Err(vec![not_unique(&several, &model.layout(), place)]),
        Err(NoSteady::Refused(refusal)) if request.backend == Backend::StepMap => {
            Err(vec![no_step_map(&Refused::NoMap(refusal))])
        }
        Err(NoSteady::Refused(_)) => Ok(Solved::NoMap),
    }
}

/// Runs until no number moves any more.
///
/// # Errors
/// A step map was requested, and there is none.
fn iterate(
    request: Request,
    model: &mut Model<'_>,
    columns: &[Column],
    place: Span,
    (control, scratch): (&Control<'_>, &mut Scratch),
) -> Result<(Plan, Done, SteadyRun), Vec<Diagnostic>> {
    let mut planned = planned(request, model, control, scratch)?;
    let task = Task {
        columns,
        ends: Ends::Still,
        requested: MOST_COLLISIONS,
        reads: 0..=0,
        values: vec![Vec::with_capacity(WINDOW + 2); columns.len()],
        peaks: Peaks::default(),
        keep: false,
    };
    let mut done = Simulation::new(model, task, control).run(&mut *planned.engine);
    let run = SteadyRun {
        residual: done.values.iter().map(|v| change(v)).fold(0.0, f64::max),
        collisions: Some(done.unselected.as_ref().map_or(done.collisions, |unselected| unselected.after)),
    };
    if let Some(unselected) = done.unselected.take() {
        done.fault = Some(unselected.no_steady_state(place));
    } else if !done.stopped_early && !done.interrupted && done.fault.is_none() {
        done.fault = Some(not_settled(&done, columns, place));
    }
    (done.stopped_early, done.collisions) = (false, 0);
    for values in &mut done.values {
        *values = vec![values.last().copied().unwrap_or(f64::NAN)];
    }
    Ok((planned.plan, done, run))
}

/// The largest value minus the smallest; 0 if all are missing.
fn change(values: &[f64]) -> f64 {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
    if low > high { 0.0 } else { high - low }
}

/// Whether the latest values of every column, up to [`WINDOW`] + 1 of them, no longer move. Columns without any value
/// are left out.
pub(super) fn is_still(columns: &[Column], values: &[Vec<f64>]) -> bool {
    columns.iter().zip(values).all(|(column, values)| {
        let missing = values.iter().filter(|x| x.is_nan()).count();
        let scale = if column.scale.is_finite() { column.scale } else { 1.0 };
        missing == values.len() || values.len() > WINDOW && missing == 0 && change(values) <= STILL * scale.max(1.0)
    })
}

fn solved_plan(steady: &Steady) -> Plan {
    let (cost, size) = (Steady::cost(&steady.size), steady.size.clone());
    let elements: u128 = size.blocks.iter().map(|m| *m as u128).sum();
    let memory = 8 * 3 * elements * elements;
    Plan {
        engine: Backend::StepMap,
        form: Some(Form::Linear { size, period: 1, skipped: 0 }),
        cost,
        memory,
        why: Why::FixedPoint,
    }
}

fn unsolved_plan() -> Plan {
    Plan { engine: Backend::StepMap, form: None, cost: 0, memory: 0, why: Why::FixedPoint }
}

/// The warning about modes that oscillate without damping.
fn oscillates(undamped: &[f64], place: Span) -> Option<Diagnostic> {
    let first = undamped.first()?;
    let modes = match undamped.len() {
        1 => format!("a mode turns by {first:.4} rad in each collision"),
        many => format!("{many} modes turn, the slowest by {first:.4} rad in each collision,"),
    };
    let message = format!("a run need not converge to this steady state: {modes} without damping (|λ| = 1)");
    let d = Diagnostic::new(Code::UndampedSteady, message, place, "the only fixed point, but not a limit");
    Some(d.help("the fixed point is the average over a long run: `run 1000` and `mean(x)`"))
}

/// The error for a step with several fixed points.
fn not_unique(several: &Several, layout: &Layout, place: Span) -> Diagnostic {
    let mut shown: Vec<String> = several.conserved.iter().map(|c| quantity(c, layout)).collect();
    shown.dedup();
    shown.truncate(3);
    let more = several.conserved.len() - shown.len();
    let more = if more > 0 { format!(" and {more} other{}", if more == 1 { "" } else { "s" }) } else { String::new() };
    let message = format!(
        "the steady state is not unique: the step conserves {}{more}, so it has {} independent fixed points",
        shown.join(", "),
        several.count
    );
    Diagnostic::new(Code::SeveralSteady, message, place, "depends on the initial state").help(
        "run from the initial state instead: `run 100000 until settled(1e-12, 100)`; or add what breaks the conservation",
    )
}

/// A conserved quantity as text: `⟨Z(a)*Z(b)⟩`, or the subsystems that it belongs to.
fn quantity(conserved: &Conserved, layout: &Layout) -> String {
    /// Basis elements of a qubit after the identity.
    const PAULI: [&str; 3] = ["X", "Y", "Z"];
    const MOST_TERMS: usize = 4;
    let is_qubits = conserved.iter().flat_map(|(factors, _)| factors).all(|(slot, _)| layout.dim(*slot) == 2);
    if is_qubits && conserved.len() <= MOST_TERMS {
        let term = |(factors, x): &(Vec<(crate::ir::Slot, usize)>, f64)| {
            let factors: Vec<String> =
                factors.iter().map(|(slot, at)| format!("{}({})", PAULI[at - 1], layout.label(*slot))).collect();
            let product = if factors.is_empty() { "1".into() } else { factors.join("*") };
            match *x {
                x if (x - 1.0).abs() < 1e-6 => format!("+ {product}"),
                x if (x + 1.0).abs() < 1e-6 => format!("- {product}"),
                x if x < 0.0 => format!("- {:.4}*{product}", -x),
                x => format!("+ {x:.4}*{product}"),
            }
        };
        let terms: Vec<String> = conserved.iter().map(term).collect();
        return format!("⟨{}⟩", terms.join(" ").trim_start_matches("+ "));
    }
    let mut names: Vec<&str> =
        conserved.iter().flat_map(|(factors, _)| factors).map(|(slot, _)| layout.label(*slot)).collect();
    names.sort_unstable();
    names.dedup();
    format!("a quantity of {}", names.join(", "))
}

/// The error for a run that does not come to rest.
fn not_settled(done: &Done, columns: &[Column], place: Span) -> Diagnostic {
    let moving = columns.iter().zip(&done.values).max_by(|a, b| change(a.1).total_cmp(&change(b.1)));
    let (name, by) = moving.map_or(("a series", 0.0), |(column, values)| (column.name.as_str(), change(values)));
    let message = format!(
        "no steady state is reached within {MOST_COLLISIONS} collisions: `{name}` still moves by {by:.1e} over the last {WINDOW}"
    );
    Diagnostic::new(Code::NotSettled, message, place, "run to the steady state")
        .help("look at the series, which may oscillate or decay slowly: `run 10000`; its average is `mean(x)`")
}

/// The error for a step whose collisions differ.
pub(super) fn depends_on_collision(place: Span) -> Diagnostic {
    let message = "`n` occurs in the step, so its collisions differ, and no state is the same after each of them";
    Diagnostic::new(Code::ChangingSteady, message, place, "no steady state")
        .help("write the step without `n`, or run it: `run 1000`")
}

/// The error for a command that continues a run.
pub(super) fn not_a_run(place: Span) -> Diagnostic {
    let message = "`steady` computes numbers in the fixed point, not a run that could be continued";
    Diagnostic::new(Code::NeedsARun, message, place, "no collisions")
        .help("run to the steady state: `run 100000 until settled(1e-12, 100)`")
}
