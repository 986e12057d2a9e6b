//! The last lines of a command that runs several experiments: how many ran, and which expectations failed where.

use super::{Finished, Product};
use crate::cli::Exit;
use crate::cli::console::Console;
use crate::output::{Tone, tone};
use crate::report::claim_line;

/// The results of several experiments, counted.
#[derive(Default)]
pub(super) struct Verdict {
    /// Number of experiments that ran to their end.
    run: usize,
    /// Number of expectations that hold.
    held: usize,
    /// Each expectation that failed, with its experiment.
    failed: Vec<String>,
    /// Each experiment that has no complete result, with the reason.
    incomplete: Vec<String>,
}

impl Verdict {
    /// Counts an experiment. An arrangement of other experiments' figures counts only if it failed.
    pub(super) fn add(&mut self, name: &str, finished: &Finished) {
        match &finished.product {
            Product::Outcome(outcome) if finished.complete() => {
                self.run += 1;
                let (held, failed): (Vec<_>, Vec<_>) = outcome.claims.iter().partition(|c| c.holds);
                self.held += held.len();
                self.failed.extend(failed.iter().map(|c| format!("{name}: {}", claim_line(c))));
            }
            Product::Arrangement(_) if finished.complete() => {}
            _ => {
                let why = match finished.errors.first() {
                    Some(d) => format!("failed with {}", d.code.row().id),
                    None if finished.exit == Exit::Interrupted => "interrupted".into(),
                    None => "no result".into(),
                };
                self.incomplete.push(format!("{name}: {why}"));
            }
        }
    }

    pub(super) fn print(&self, console: &mut Console) {
        let claims = self.held + self.failed.len();
        let all_well = self.failed.is_empty() && self.incomplete.is_empty();
        let held = match claims {
            0 => String::new(),
            _ => format!("; {} of {claims} expectation{} hold", self.held, if claims == 1 { "" } else { "s" }),
        };
        let line = format!("{} experiment{} run{held}", self.run, if self.run == 1 { "" } else { "s" });
        console.line(&tone(if all_well { Tone::Good } else { Tone::Bad }, &line));
        for line in self.failed.iter().chain(&self.incomplete) {
            console.line(&format!("  {line}"));
        }
    }
}
