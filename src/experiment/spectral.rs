//! The spectral view of an experiment: the modes of its step map, and the late Pearson values that they predict.
//!
//! A step that is one linear map decomposes into modes, each with a decay rate and a frequency. Late in a run, the
//! slowest mode that an observable depends on dominates. The late value of `pearson(x, y, …)`, and the collision from
//! which it holds, can therefore be predicted without running. There is no prediction if a sector that one of the two
//! series depends on is not diagonalisable.

use super::needed_range::NeededRange;
use super::planning;
use super::simulate::Control;
use crate::analysis::{
    Cells, LatePearson, Oscillation, Role, Series, Table, TableColumn, TableKind, Unsettled, Value, late_pearson,
    pearson,
};
use crate::backend::{Backend, Mode, Refusal, Spectrum, States, Tables, WIDEST, Watch, Work};
use crate::check::{Analysis, Argument, Experiment, Expr, ExprKind, Program, Setting, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::{Column, Model, no_step};
use crate::source::{SourceMap, Span};

/// The most basis elements that are decomposed: the time grows with the third power of their number.
const MOST_ELEMENTS: usize = 1024;

/// The largest peak dimension of a step that is run to find the state before the first settled collision.
const MOST_DIMENSIONS: u128 = 4096;

/// Relative amplitude below which a mode counts as rounding, as a fraction of the observable's largest possible value.
pub const VISIBLE: f64 = 1e-10;

/// The spectrum of a step map, and its predictions.
#[derive(Debug, Clone)]
pub struct SpectralView {
    /// The modes by sector; readouts are indexed as in `seen`.
    pub spectrum: Spectrum,
    /// The readouts: observed and recorded series, in the order of a run's columns.
    pub seen: Vec<ObservedSeries>,
    /// The first collision that the map describes; amplitudes and phases refer to it.
    pub first: u64,
    /// A prediction for each Pearson series of the experiment.
    pub predictions: Vec<Prediction>,
}

/// Name and scale of an observed or recorded series.
#[derive(Debug, Clone)]
pub struct ObservedSeries {
    /// Name in the script; components of `bloch` have a suffix.
    pub name: String,
    /// Largest possible absolute value of the series.
    pub scale: f64,
}

/// The prediction for a Pearson series.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// The name of its `let`, or else the call as written in the script.
    pub name: String,
    /// Indices of the two series in `seen`.
    pub of: [usize; 2],
    /// Width of a window, in collisions.
    pub width: usize,
    /// Overlap of successive windows, in collisions.
    pub overlap: usize,
    /// The predicted late value, or the reason why there is none.
    pub prediction: Result<LateValue, String>,
    /// The last window of the run: its first collision, its simulated value (NaN if missing), and its predicted value.
    pub simulated: Option<(u64, f64, Option<f64>)>,
}

/// A predicted late Pearson value.
#[derive(Debug, Clone, Copy)]
pub struct LateValue {
    /// The range of the late value, and its variation from window to window.
    pub late: LatePearson,
    /// First collision of the first window for which the prediction holds.
    pub from: u64,
}

/// The spectrum at the parameters of an experiment (at the defaults, if `experiment` is `None`), without running it.
///
/// # Errors
/// Every mistake in the model, or the reason why its step has no spectrum.
pub fn spectrum(
    program: &Program,
    experiment: Option<&Experiment>,
    settings: &[Setting],
    sources: &SourceMap,
) -> Result<SpectralView, Vec<Diagnostic>> {
    let program = experiment.map_or(program, |e| program.of(e));
    let mut model = Model::new(program, experiment, settings)?;
    let place = experiment.and_then(|e| e.spectrum);
    if program.step.is_none() {
        return Err(vec![no_step(place)]);
    }
    let columns = model.columns()?;
    let view = of_model(&mut model, &columns, place, &Control::none())?;
    let mut view = view.expect("this control never interrupts");
    if let Some(experiment) = experiment {
        view.predict(&model, &columns, experiment, sources);
    }
    Ok(view)
}

/// The spectrum that an experiment requests, with its predictions, or `None` if the computation was interrupted.
///
/// # Errors
/// As [`spectrum`].
pub(super) fn of_experiment(
    model: &mut Model<'_>,
    columns: &[Column],
    experiment: &Experiment,
    place: Span,
    (sources, control): (&SourceMap, &Control<'_>),
) -> Result<Option<SpectralView>, Vec<Diagnostic>> {
    if !experiment.sweep.is_empty() {
        let why = "each point of a sweep has its own step map";
        let help = "move `spectrum` to an experiment without a sweep, or run `carom explain --spectrum` with `--set`";
        return Err(vec![no_spectrum(why, help, Some(place))]);
    }
    let mut view = of_model(model, columns, Some(place), control)?;
    if let Some(view) = &mut view {
        view.predict(model, columns, experiment, sources);
    }
    Ok(view)
}

fn of_model(
    model: &mut Model<'_>,
    columns: &[Column],
    place: Option<Span>,
    control: &Control<'_>,
) -> Result<Option<SpectralView>, Vec<Diagnostic>> {
    let no = |why: &str, help: &str| vec![no_spectrum(why, help, place)];
    let (begin, steps) = (planning::start(model, columns)?, planning::collisions(model)?);
    if model.depends_on_collision() {
        let why = "`n` occurs in the step, so its collisions have different maps";
        return Err(no(why, "write the step without `n`"));
    }
    let dimension = States::of(&begin, &steps, Backend::Density).matrix.peak_dim;
    if dimension > MOST_DIMENSIONS {
        let why = format!("the state has dimension {dimension} at its peak, and the limit is {MOST_DIMENSIONS}");
        return Err(no(&why, "discard units earlier, keep fewer, or leave subsystems out"));
    }
    let watch = Watch::new(control.interrupted);
    let mut work = Work { tables: &mut Tables::default(), watch: &watch };
    let first = begin.collisions + steps.first.len() as u64;
    let spectrum = match Spectrum::of_settled(&begin, &steps.first, MOST_ELEMENTS, &mut work) {
        Err(Refusal::Stopped) => return Ok(None),
        spectrum => spectrum.map_err(|refusal| vec![refused(&refusal, place)])?,
    };
    if spectrum.sectors.is_empty() {
        let (why, help) = if spectrum.linear.contains(&true) {
            let why =
                "the observables do not depend on the state before the collision: they have the same values after each";
            (
                why,
                "observe a subsystem that the step carries over, or leave out what replaces its state: a full swap or `reset`",
            )
        } else {
            let why = "no observable is linear in the state";
            (why, "observe an expectation value, such as `observe x = <X(s)>`, a population or `bloch(s)`")
        };
        return Err(no(why, help));
    }
    let seen = columns.iter().map(|c| ObservedSeries { name: c.name.clone(), scale: c.scale }).collect();
    Ok(Some(SpectralView { spectrum, seen, first, predictions: Vec::new() }))
}

fn no_spectrum(why: &str, help: &str, place: Option<Span>) -> Diagnostic {
    let message = format!("the step has no spectrum: {why}");
    let d = match place {
        Some(place) => Diagnostic::new(Code::NoSpectrum, message, place, "requested here"),
        None => Diagnostic::nowhere(Code::NoSpectrum, message),
    };
    d.help(help)
}

fn refused(refusal: &Refusal, place: Option<Span>) -> Diagnostic {
    match refusal {
        Refusal::Nonlinear => {
            let why = "`uncorrelate` makes it nonlinear, and only a linear map has modes";
            no_spectrum(why, "leave `uncorrelate` out, or use a rule without it: `set trace_out = keep`", place)
        }
        Refusal::Postselected => {
            let why = "`postselect` divides the state by a probability, so the modes do not add up to the series";
            no_spectrum(why, "leave `postselect` out", place)
        }
        Refusal::NotSettled => {
            let why = "it does not end with the same subsystems that it begins with";
            no_spectrum(why, "discard or keep units so that each collision ends with as many as it began with", place)
        }
        Refusal::TooWide { dimension } => {
            let why = format!("a gate or measure in it has dimension {dimension}, and the limit is {WIDEST}");
            no_spectrum(
                &why,
                "split a large gate into gates on a few subsystems each, and observe a few subsystems at a time",
                place,
            )
        }
        Refusal::TooLarge { needed, allowed } => {
            let why = format!("its map would have at least {needed} basis elements, and the limit is {allowed}");
            no_spectrum(&why, "observe fewer subsystems, discard units earlier, or leave subsystems out", place)
        }
        Refusal::Linear => unreachable!("only a linear step is decomposed"),
        Refusal::Stopped => unreachable!("an interrupt is handled by the caller"),
    }
}

impl SpectralView {
    /// The steady value of a readout: the sum of its constant parts, or `None` if the readout is not linear in the
    /// state.
    #[must_use]
    pub fn steady_value(&self, readout: usize) -> Option<f64> {
        let steady = self.spectrum.sectors.iter().flat_map(|s| &s.modes).filter(|m| m.is_steady());
        let value: f64 = steady.map(|m| m.coefficients[readout].re).sum();
        let value = if value.abs() < VISIBLE * self.seen[readout].scale { 0.0 } else { value };
        self.spectrum.linear[readout].then_some(value)
    }

    /// Whether the amplitude of a mode in a readout exceeds rounding.
    #[must_use]
    pub fn is_visible(&self, mode: &crate::backend::Mode, readout: usize) -> bool {
        mode.amplitude(readout) > VISIBLE * self.seen[readout].scale
    }

    /// The time-dependent parts of a readout.
    fn oscillations(&self, readout: usize) -> Vec<Oscillation> {
        let modes = self.spectrum.sectors.iter().flat_map(|s| &s.modes);
        let visible = modes.filter(|m| !m.is_steady() && self.is_visible(m, readout));
        let part = |m: &crate::backend::Mode| Oscillation {
            amplitude: m.amplitude(readout),
            phase: m.phase(readout),
            decay: if m.is_undamped() { 0.0 } else { m.decay() },
            frequency: m.frequency(),
        };
        visible.map(part).collect()
    }

    /// Adds a prediction for each Pearson series that the experiment computes.
    fn predict(&mut self, model: &Model<'_>, columns: &[Column], experiment: &Experiment, sources: &SourceMap) {
        let demand = NeededRange::new(model, experiment, 0);
        let number = |e: &Expr| match &e.kind {
            ExprKind::Series(id) => columns.iter().position(|c| c.id == Some(*id)),
            _ => None,
        };
        for a in &experiment.analysis {
            let (name, value) = match a {
                Analysis::Let { name, value, .. } => (Some(name.text.as_str()), value),
                Analysis::Collect { value, .. } => (None, value),
                Analysis::Expect { condition, .. } => (None, condition),
            };
            each_pearson(value, &mut |call, args| {
                let own = name.filter(|_| std::ptr::eq(call, value));
                let text = || sources.text(call.span).split_whitespace().collect::<Vec<_>>().join(" ");
                let Some((width, advance)) = demand.window(args) else { return };
                let (Some(x), Some(y)) = (number(&args[0].value), number(&args[1].value)) else { return };
                let Ok(width) = usize::try_from(width) else { return };
                let overlap = width - usize::try_from(advance).expect("at most the width");
                let known = |p: &Prediction| (p.of, p.width, p.overlap) == ([x, y], width, overlap);
                if width >= 2 && !self.predictions.iter().any(known) {
                    let prediction = self.late_value([x, y], width);
                    let name = own.map_or_else(text, ToString::to_string);
                    self.predictions.push(Prediction { name, of: [x, y], width, overlap, prediction, simulated: None });
                }
            });
        }
    }

    fn late_value(&self, of: [usize; 2], width: usize) -> Result<LateValue, String> {
        let name = |which: usize| &self.seen[of[which]].name;
        if let Some(which) = (0..2).find(|which| !self.spectrum.linear[of[*which]]) {
            return Err(format!("`{}` is not linear in the state", name(which)));
        }
        let mut forgotten = 0;
        for (number, sector) in self.spectrum.sectors.iter().enumerate() {
            if !sector.seen.iter().any(|r| of.contains(r)) {
                continue;
            }
            if sector.defects.iter().any(|d| !d.is_forgotten()) {
                return Err(format!("the modes of sector {} are not separated", number + 1));
            }
            forgotten += sector.defects.iter().map(|d| d.count as u64).sum::<u64>();
        }
        let late = late_pearson(&self.oscillations(of[0]), &self.oscillations(of[1]), width);
        let late = late.map_err(|unsettled| match unsettled {
            Unsettled::Constant(which) => format!("`{}` is constant", name(which)),
            Unsettled::Different => {
                format!(
                    "the slowest modes of `{}` and `{}` differ: they have no lasting phase difference",
                    name(0),
                    name(1)
                )
            }
            Unsettled::Several => "several modes decay equally slowly: none of them is the slowest".to_string(),
        })?;
        // A Jordan block of size k at λ = 0 vanishes after k collisions.
        Ok(LateValue { late, from: self.first + late.from.max(forgotten) })
    }

    /// Adds the simulated values to the predictions, for comparison.
    pub(super) fn compare(&mut self, series: &[Series]) {
        for p in &mut self.predictions {
            let [x, y] = p.of.map(|k| &series[k]);
            let Ok(Value::Series(windows)) = pearson(x, y, p.width, p.overlap).map(|outcome| outcome.value) else {
                continue;
            };
            let Some((start, &value)) = windows.index.last().zip(windows.values.last()) else { continue };
            let later = start.checked_sub(self.first);
            let prediction = p.prediction.as_ref().ok().zip(later).map(|(f, m)| f.late.at(m));
            p.simulated = Some((start, value, prediction));
        }
    }
}

impl SpectralView {
    /// One row per mode (of a conjugate pair, the mode with Im λ > 0), with its amplitude and phase in every series
    /// that is linear in the state; the slowest mode of each sector comes first. At the end of each sector follow the
    /// eigenvalues that have fewer eigenvectors than their multiplicity, without amplitudes.
    #[must_use]
    pub fn table(&self) -> Table {
        let linear: Vec<usize> = (0..self.seen.len()).filter(|r| self.spectrum.linear[*r]).collect();
        let mut counts: [Vec<u64>; 3] = Default::default();
        let mut numbers: [Vec<f64>; 5] = Default::default();
        let mut read = vec![Vec::new(); 2 * linear.len()];
        for (sector, number) in self.spectrum.sectors.iter().zip(1..) {
            let alone = |value, count| Mode { value, count, coefficients: Vec::new() };
            let defects: Vec<Mode> = sector.defects.iter().map(|d| alone(d.value, d.count)).collect();
            let modes = sector.modes.iter().map(|m| (m, m.count, true));
            let short = defects.iter().zip(&sector.defects).map(|(m, d)| (m, d.vectors, false));
            for (mode, eigenvectors, has_amplitudes) in modes.chain(short) {
                let own = [number, mode.count as u64, eigenvectors as u64];
                counts.iter_mut().zip(own).for_each(|(column, x)| column.push(x));
                let own = [mode.value.re, mode.value.im, mode.value.norm(), mode.decay(), mode.frequency()];
                numbers.iter_mut().zip(own).for_each(|(column, x)| column.push(x));
                let pairs = linear.iter().flat_map(|r| match has_amplitudes {
                    true => self.amplitude_and_phase(mode, *r),
                    false => [f64::NAN; 2],
                });
                read.iter_mut().zip(pairs).for_each(|(column, x): (&mut Vec<f64>, f64)| column.push(x));
            }
        }
        let column = |name: &str, cells| TableColumn { name: name.into(), role: Role::Computed, scale: 1.0, cells };
        let real = |values: Vec<f64>| Cells::Real(values.into());
        let [sector, eigenvalues, eigenvectors] = counts.map(Cells::Whole);
        let [re, im, modulus, decay, frequency] = numbers.map(real);
        let mut columns = vec![
            column("sector", sector),
            column("re", re),
            column("im", im),
            column("modulus", modulus),
            column("decay", decay),
            column("frequency", frequency),
            column("eigenvalues", eigenvalues),
            column("eigenvectors", eigenvectors),
        ];
        let names =
            linear.iter().flat_map(|r| ["amplitude", "phase"].map(|what| format!("{}_{what}", self.seen[*r].name)));
        columns.extend(names.zip(read).map(|(name, values)| column(&name, real(values))));
        Table { name: "spectrum".into(), kind: TableKind::Points, keys: Vec::new(), columns }
    }

    /// Amplitude and phase (radians) of a mode in a readout; 0 and NaN if the mode is not visible.
    fn amplitude_and_phase(&self, mode: &Mode, readout: usize) -> [f64; 2] {
        if self.is_visible(mode, readout) { [mode.amplitude(readout), mode.phase(readout)] } else { [0.0, f64::NAN] }
    }
}

/// Calls `f` on every call of `pearson` in an expression, with its arguments.
fn each_pearson(e: &Expr, f: &mut dyn FnMut(&Expr, &[Argument])) {
    if let ExprKind::Function { series: Some(row), args, .. } = &e.kind
        && row.name == "pearson"
    {
        f(e, args);
    }
    children(e, &mut |c| each_pearson(c, f));
}
