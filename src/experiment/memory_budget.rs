//! Refuses a run whose peak would not fit, before anything is allocated.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

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

    /// Whether this many values of each series fit. A series is held as it grows, for its analysis, and for what is saved
    /// of it.
    pub(super) fn holds(self, columns: usize, values: u64) -> bool {
        series_bytes(columns, values) <= self.0
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
    pub(super) fn too_long(self, columns: usize, collisions: u64, span: Span) -> Vec<Diagnostic> {
        let message = format!(
            "{columns} series of {collisions} collisions need {}, and {} of half of the available memory are left for them",
            bytes(series_bytes(columns, collisions + 1)),
            bytes(self.0)
        );
        vec![
            Diagnostic::new(Code::OutOfMemory, message, span, "refused before it starts")
                .help("run fewer collisions, observe less, or read a late window of it only: `expect last(…) < …`"),
        ]
    }
}

/// Bytes of this many values of each series.
pub(super) fn series_bytes(columns: usize, values: u64) -> u128 {
    columns as u128 * COPIES * 8 * u128::from(values)
}

/// How often a series is in memory at once, at most.
const COPIES: u128 = 4;

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
