//! Refuses a run whose peak would not fit, before anything is allocated.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::check::{Analysis, Experiment, Expr, ExprKind, PlotEntry, Type, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Cost;
use crate::source::Span;

/// Half of the memory that was available when it was asked: what a run may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget(u128);

impl Budget {
    /// Asks the system, within the limit of a container if there is one.
    pub(super) fn now() -> Self {
        let ram = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        // Where the system does not tell, nothing is refused on its account.
        let Ok(system) = System::new_with_specifics(ram) else { return Self(u128::MAX) };
        let free = system.available_memory();
        let limited =
            system.cgroup_limits().map_or(free, |c| if c.total_memory > 0 { free.min(c.free_memory) } else { free });
        Self(u128::from(limited) / 2)
    }

    /// Whether a run with so many values of each series fits.
    pub(super) fn holds(self, series: &HeldSeries, values: u64) -> bool {
        series.bytes(values) <= self.0
    }

    /// # Errors
    /// E603 with the sizes, if the series of all points of a sweep do not fit: what they keep, and the points on their way
    /// from the threads to the journal.
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
            "{points} points with {} series of {collisions} collisions each need {}, and half of the available memory is {}",
            series.kept,
            bytes(need),
            bytes(self.0)
        );
        let d = Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts");
        Err(vec![
            d.help("keep numbers instead of series: `collect NAME = last(…)`; or take fewer points or collisions"),
        ])
    }

    /// Bytes that a run may use.
    pub(super) fn bytes(self) -> u128 {
        self.0
    }

    /// What is left for the series beside the states: `worst` is the costliest step, as the plan of a run counts it.
    ///
    /// # Errors
    /// E603 with the sizes, if the state of the costliest step does not fit.
    pub(super) fn beside_states(self, worst: &Cost, span: Span) -> Result<Self, Vec<Diagnostic>> {
        if worst.peak_bytes <= self.0 {
            return Ok(Self(self.0 - worst.peak_bytes));
        }
        let message = format!(
            "the state does not fit: at its peak {} subsystems of total dimension {} need {}, and half of the available memory is {}",
            worst.peak_slots,
            worst.peak_dim,
            bytes(worst.peak_bytes),
            bytes(self.0)
        );
        Err(vec![Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts").help(
            "`carom explain` shows who is alive when; discard units earlier, keep fewer, or truncate bosons lower",
        )])
    }

    /// E603 with the sizes, of series that do not fit.
    pub(super) fn too_long(self, series: &HeldSeries, collisions: u64, span: Span) -> Vec<Diagnostic> {
        let message = format!(
            "{} series of {collisions} collisions need {}, and {} of half of the available memory are left for them",
            series.kept + series.copies,
            bytes(series.bytes(collisions + 1)),
            bytes(self.0)
        );
        vec![
            Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts")
                .help("run fewer collisions, observe less, or read a late window of it only: `expect last(…) < …`"),
        ]
    }
}

/// What the program takes without any series: its code, fonts, and the pixels of a figure. Measured as 30 MB on Linux.
const PROGRAM: u128 = 32_000_000;

/// Points of a sweep that are computed and not yet in its tables, at most: the queue to the journal, and the threads.
const UNDER_WAY: usize = 64 + 16;

/// Series functions that take a Fourier transform of their argument.
const TRANSFORMS: [&str; 2] = ["frequency", "spectrum"];

/// How many series of a run are in memory at once. Tables, analysis and figures share the numbers of a series; files and
/// figures read them one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldSeries {
    /// Observed, recorded, and those of `let`s.
    kept: usize,
    /// What expressions make: those that a figure draws, and the intermediate ones of the expression that needs most.
    copies: usize,
}

impl HeldSeries {
    /// Of an experiment with so many observed and recorded series.
    pub(super) fn new(experiment: &Experiment, columns: usize) -> Self {
        let lets = experiment.analysis.iter().filter(|a| matches!(a, Analysis::Let { ty: Type::Series, .. })).count();
        let drawn = if experiment.has_table() { 0 } else { experiment.plots.iter().flatten().map(drawn).sum() };
        let analysed = experiment.analysis.iter().map(|a| match a {
            Analysis::Let { value: e, .. } | Analysis::Collect { value: e, .. } => intermediate(e),
            Analysis::Expect { condition, .. } => intermediate(condition),
        });
        Self { kept: columns + lets, copies: drawn + analysed.max().unwrap_or(0) }
    }

    /// Of a run without an experiment: what it observes and records.
    pub(super) fn of_columns(columns: usize) -> Self {
        Self { kept: columns, copies: 0 }
    }

    /// Bytes of a run with so many values of each.
    pub(super) fn bytes(&self, values: u64) -> u128 {
        PROGRAM + (self.kept + self.copies) as u128 * 8 * u128::from(values)
    }
}

/// The series that a line of a plot makes: an expression that is not the name of one makes its own.
fn drawn(entry: &PlotEntry) -> usize {
    match entry {
        PlotEntry::Curves { values, .. } => values.iter().filter(|e| !is_name(e)).count(),
        PlotEntry::Inset(inner) => inner.iter().map(drawn).sum(),
        _ => 0,
    }
}

fn is_name(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Series(_))
}

/// The most series that are in memory while an expression is evaluated, beside those that have names: the results of its
/// parts, its own, and what a series function needs meanwhile.
fn intermediate(e: &Expr) -> usize {
    /// A function reads its argument, writes its result, and has one more for sums or sorted values.
    const OF_FUNCTION: usize = 2;
    /// A Fourier transform has complex numbers and as many to work with (measured).
    const OF_TRANSFORM: usize = 6;
    let (mut held, mut most) = (0, 0);
    children(e, &mut |c| {
        most = most.max(held + intermediate(c));
        held += usize::from(!is_name(c) && names_series(c));
    });
    let own = match &e.kind {
        ExprKind::Function { series: Some(row), .. } if TRANSFORMS.contains(&row.name) => OF_TRANSFORM,
        ExprKind::Function { series: Some(_), .. } => OF_FUNCTION,
        _ => 1,
    };
    if is_name(e) || !names_series(e) { 0 } else { most.max(held + own) }
}

fn names_series(e: &Expr) -> bool {
    let mut found = is_name(e);
    children(e, &mut |c| found |= names_series(c));
    found
}

/// A size that a person can read.
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
    fn sizes_read_well() {
        let cases = [(16, "16 B"), (4096, "4.1 kB"), (4_294_967_296, "4.3 GB"), (u128::MAX, "3.4e20 EB")];
        for (n, text) in cases {
            assert_eq!(super::bytes(n), text);
        }
    }
}
