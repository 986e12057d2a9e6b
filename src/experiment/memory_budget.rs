//! Refuses a run whose peak memory would not fit, before anything is allocated.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::check::{Analysis, Experiment, Expr, ExprKind, PlotEntry, Type, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Cost;
use crate::source::Span;

/// Bytes that a run may use: half of the memory that was available when the budget was created.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget(u128);

impl Budget {
    /// The budget from the memory that is available now, within the limit of a container if there is one.
    pub(super) fn now() -> Self {
        let ram = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        // If the system does not report its memory, no run is refused.
        let Ok(system) = System::new_with_specifics(ram) else { return Self(u128::MAX) };
        let free = system.available_memory();
        let limited =
            system.cgroup_limits().map_or(free, |c| if c.total_memory > 0 { free.min(c.free_memory) } else { free });
        Self(u128::from(limited) / 2)
    }

    /// Whether a run with `values` values in each series fits.
    pub(super) fn holds(self, series: &HeldSeries, values: u64) -> bool {
        series.bytes(values) <= self.0
    }

    /// # Errors
    /// E603 with the sizes, if the series of all points of a sweep do not fit: those kept in its tables and those on
    /// their way from the threads to the journal.
    pub(super) fn check_points(
        self,
        series: &HeldSeries,
        points: usize,
        collisions: u64,
        span: Span,
    ) -> Result<(), Vec<Diagnostic>> {
        let held = points.saturating_add(points.min(UNDER_WAY)) as u128;
        let need = PROGRAM + held * 8 * series.kept as u128 * (u128::from(collisions) + 1);
        if need <= self.0 {
            return Ok(());
        }
        let message = format!(
            "{points} points with {} series of {collisions} collisions each need {}; the limit is half of the available memory, {}",
            series.kept,
            bytes(need),
            bytes(self.0)
        );
        let d = Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts");
        Err(vec![d.help("keep numbers instead of series: `collect NAME = last(…)`; or use fewer points or collisions")])
    }

    /// # Errors
    /// E603 with the sizes, if the moments over trajectories and the kept series do not fit: `series` of them, each of
    /// `rows` values.
    pub(super) fn check_trajectories(
        self,
        trajectories: u64,
        (series, rows): (u128, usize),
        span: Span,
    ) -> Result<(), Vec<Diagnostic>> {
        let need = PROGRAM + series.saturating_mul(8 * rows as u128);
        if need <= self.0 {
            return Ok(());
        }
        let message = format!(
            "the means over {trajectories} trajectories of {rows} values in each series need {}; the limit is half of the available memory, {}",
            bytes(need),
            bytes(self.0)
        );
        let d = Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts");
        Err(vec![d.help("run fewer collisions, observe less, and save fewer single trajectories")])
    }

    /// Bytes that a run may use.
    pub(super) fn bytes(self) -> u128 {
        self.0
    }

    /// The budget that remains for the series after the states. `worst` is the costliest step, as the plan of a run
    /// counts it.
    ///
    /// # Errors
    /// E603 with the sizes, if the state of the costliest step does not fit.
    pub(super) fn beside_states(self, worst: &Cost, span: Span) -> Result<Self, Box<Diagnostic>> {
        if worst.peak_bytes <= self.0 {
            return Ok(Self(self.0 - worst.peak_bytes));
        }
        let message = format!(
            "the state does not fit into memory: at the peak, {} subsystems of total dimension {} need {}; the limit is half of the available memory, {}",
            worst.peak_slots,
            worst.peak_dim,
            bytes(worst.peak_bytes),
            bytes(self.0)
        );
        let d = Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts");
        Err(Box::new(d.help(
            "`carom explain` shows the lifetime of each subsystem; discard units earlier, keep fewer, or truncate bosons at a lower level",
        )))
    }

    /// E603 with the sizes, for series that do not fit.
    pub(super) fn too_long(self, series: &HeldSeries, collisions: u64, span: Span) -> Vec<Diagnostic> {
        let message = format!(
            "{} series of {collisions} collisions need {}; {} remain for them, out of half of the available memory",
            series.kept + series.copies,
            bytes(series.bytes(collisions + 1)),
            bytes(self.0)
        );
        vec![
            Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts").help(
                "run fewer collisions, observe less, or read only a late part of the series: `expect last(…) < …`",
            ),
        ]
    }
}

/// Bytes that the program uses without any series: code, fonts, and the pixels of a figure. Measured as 30 MB on Linux.
const PROGRAM: u128 = 32_000_000;

/// The most points of a sweep that are computed but not yet in its tables: 64 in the queue to the journal, and 16 in
/// the threads.
const UNDER_WAY: usize = 64 + 16;

/// Series functions that Fourier-transform their argument.
const TRANSFORMS: [&str; 2] = ["frequency", "spectrum"];

/// The number of series of a run that are in memory at once. Tables, analysis and figures share the values of a series;
/// files and figures read them one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldSeries {
    /// Observed and recorded series, and series of `let`s.
    kept: usize,
    /// Series that expressions create: those that a figure draws, and the intermediate ones of the most expensive
    /// expression.
    copies: usize,
}

impl HeldSeries {
    /// The series of an experiment with `columns` observed and recorded series.
    pub(super) fn new(experiment: &Experiment, columns: usize) -> Self {
        let lets = experiment.analysis.iter().filter(|a| matches!(a, Analysis::Let { ty: Type::Series, .. })).count();
        let drawn = if experiment.has_table() { 0 } else { experiment.plots.iter().flatten().map(drawn).sum() };
        let analysed = experiment.analysis.iter().map(|a| match a {
            Analysis::Let { value: e, .. } | Analysis::Collect { value: e, .. } => Evaluated::of(e).most,
            Analysis::Expect { condition, .. } => Evaluated::of(condition).most,
        });
        Self { kept: columns + lets, copies: drawn + analysed.max().unwrap_or(0) }
    }

    /// The series of a run without an experiment: `columns` observed and recorded series.
    pub(super) fn of_columns(columns: usize) -> Self {
        Self { kept: columns, copies: 0 }
    }

    /// Bytes of a run with `values` values in each series.
    pub(super) fn bytes(&self, values: u64) -> u128 {
        PROGRAM + (self.kept + self.copies) as u128 * 8 * u128::from(values)
    }
}

/// The number of series that an entry of a plot creates: one for each expression that is not just the name of a series.
fn drawn(entry: &PlotEntry) -> usize {
    match entry {
        PlotEntry::Curves { values, against, .. } => values.iter().chain(against).filter(|e| !is_name(e)).count(),
        PlotEntry::Inset(inner) => inner.iter().map(drawn).sum(),
        _ => 0,
    }
}

fn is_name(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Series(_))
}

/// What evaluating an expression holds in memory.
struct Evaluated {
    /// Whether its result is computed from series.
    from_series: bool,
    /// The largest number of unnamed series in memory at once: the results of its operands, its own result, and the
    /// working memory of a series function.
    most: usize,
}

impl Evaluated {
    fn of(e: &Expr) -> Self {
        /// A function writes its result and needs one more series for sums or sorted values.
        const OF_FUNCTION: usize = 2;
        /// A Fourier transform needs complex values and the same amount of working memory (measured).
        const OF_TRANSFORM: usize = 6;
        if is_name(e) {
            return Self { from_series: true, most: 0 };
        }
        let (mut from_series, mut held, mut most) = (false, 0, 0);
        children(e, &mut |operand| {
            let evaluated = Self::of(operand);
            most = most.max(held + evaluated.most);
            held += usize::from(evaluated.from_series && !is_name(operand));
            from_series |= evaluated.from_series;
        });
        let own = match &e.kind {
            ExprKind::Function { series: Some(row), .. } if TRANSFORMS.contains(&row.name) => OF_TRANSFORM,
            ExprKind::Function { series: Some(_), .. } => OF_FUNCTION,
            _ => 1,
        };
        Self { from_series, most: if from_series { most.max(held + own) } else { 0 } }
    }
}

/// A number of bytes with a decimal unit, to two or three digits: `4.1 kB`.
pub(crate) fn bytes(n: u128) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let mut x = n as f64;
    let mut unit = 0;
    while x >= 1000.0 && unit + 1 < UNITS.len() {
        x /= 1000.0;
        unit += 1;
    }
    if x >= 1e4 {
        return format!("{x:.1e} {}", UNITS[unit]);
    }
    if unit == 0 || x >= 100.0 { format!("{x:.0} {}", UNITS[unit]) } else { format!("{x:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_have_readable_units() {
        let cases = [(16, "16 B"), (4096, "4.1 kB"), (4_294_967_296, "4.3 GB"), (u128::MAX, "3.4e20 EB")];
        for (n, text) in cases {
            assert_eq!(super::bytes(n), text);
        }
    }
}
