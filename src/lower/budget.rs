//! What lowering one step may use. A sequence that calls another twice, and so on, doubles with each level, and nested
//! `repeat`s multiply: a step of a few lines can stand for more operations than there is memory or time for.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Statements of one step, each call of a sequence with all of its own. The passes over that many take about a second.
const MAX_STATEMENTS: u64 = 50_000;
/// Bytes of the matrices of one step.
const MAX_BYTES: u64 = 1 << 30;
/// How often one statement may be repeated in a step. Beyond it a phase that is right to 1e-16 has fewer than four
/// digits.
const MAX_REPETITIONS: u64 = 1_000_000_000_000;

/// Counts what a step uses.
#[derive(Debug)]
pub(super) struct Budget {
    statements: u64,
    bytes: u64,
    /// How often the present statement runs in a step: the product of the counts around it.
    repetitions: u64,
    /// Why lowering was given up, once it was.
    exceeded: Option<Diagnostic>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { statements: 0, bytes: 0, repetitions: 1, exceeded: None }
    }

    /// Whether the step is too large, so that nothing more of it is lowered.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.is_some()
    }

    /// The error of a step that is too large.
    pub(super) fn into_error(self) -> Option<Diagnostic> {
        self.exceeded
    }

    /// Charges a statement. Whether it may be lowered.
    pub(super) fn statement(&mut self, span: Span) -> bool {
        self.statements += 1;
        if self.statements > MAX_STATEMENTS {
            let message =
                format!("the step is more than {MAX_STATEMENTS} statements long, counted through its sequences");
            self.exceed(
                message,
                span,
                "given up here",
                "sequences that call others twice double with each level: write `repeat k { … }` for what is repeated",
            );
        }
        !self.is_exceeded()
    }

    /// Charges the matrices of a statement.
    pub(super) fn matrices(&mut self, bytes: u64, span: Span) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            let message = format!(
                "the matrices of the step need more than {} MiB after {} statements",
                MAX_BYTES >> 20,
                self.statements
            );
            self.exceed(
                message,
                span,
                "given up here",
                "write `repeat k { … }` for what is repeated, and gates on fewer subsystems",
            );
        }
    }

    /// Enters a block that runs `count` times, and says how often what is around it runs: for [`leave`](Self::leave).
    pub(super) fn enter(&mut self, count: u64, span: Span) -> u64 {
        let outside = self.repetitions;
        self.repetitions = outside.saturating_mul(count.max(1));
        if self.repetitions > MAX_REPETITIONS {
            let message = format!(
                "with the `repeat`s around it, this would run {:.1e} times in a step; the most is {MAX_REPETITIONS:e}",
                outside as f64 * count as f64
            );
            self.exceed(
                message,
                span,
                "repeated too often",
                "lower the counts; of a gate U that turns by φ, the power k turns by kφ: write that angle",
            );
        }
        outside
    }

    /// Leaves a block.
    pub(super) fn leave(&mut self, outside: u64) {
        self.repetitions = outside;
    }

    fn exceed(&mut self, message: String, span: Span, label: &str, help: &str) {
        if self.exceeded.is_none() {
            self.exceeded = Some(Diagnostic::new(Code::StepTooLarge, message, span, label).help(help));
        }
    }
}
