//! Limits on lowering one step. If each of several nested sequences calls the next one twice, the number of statements
//! doubles with each level, and the counts of nested `repeat`s multiply. A step of a few lines can therefore stand for
//! more operations than memory or time allow.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Largest number of statements in one step, where each call of a sequence counts all of its statements. With this
/// many, the passes take about a second.
const MAX_STATEMENTS: u64 = 50_000;
/// Largest size of all matrices of one step, in bytes.
const MAX_BYTES: u64 = 1 << 30;
/// Largest number of repetitions of one statement in a step. With more, a phase whose error is 1e-16 per repetition has
/// fewer than four correct digits.
const MAX_REPETITIONS: u64 = 1_000_000_000_000;

/// Counts the statements, matrices and repetitions of a step.
#[derive(Debug)]
pub(super) struct Budget {
    statements: u64,
    bytes: u64,
    /// Number of times that the current statement runs in a step: the product of the counts of the enclosing `repeat`s.
    repetitions: u64,
    /// The error that stopped lowering; `None` while the step is within the limits.
    exceeded: Option<Diagnostic>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { statements: 0, bytes: 0, repetitions: 1, exceeded: None }
    }

    /// Whether the step is too large. If so, no further statements are lowered.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.is_some()
    }

    /// The error, if the step is too large.
    pub(super) fn into_error(self) -> Option<Diagnostic> {
        self.exceeded
    }

    /// Charges a statement, and returns whether it may be lowered.
    pub(super) fn statement(&mut self, span: Span) -> bool {
        self.statements += 1;
        if self.statements > MAX_STATEMENTS {
            let message = format!(
                "the step has more than {MAX_STATEMENTS} statements, including those of the sequences it calls"
            );
            self.exceed(
                message,
                span,
                "the limit is exceeded here",
                "nested sequences that call another one twice double the number: use `repeat k { … }` for repeated calls",
            );
        }
        !self.is_exceeded()
    }

    /// Charges the matrices of a statement.
    pub(super) fn matrices(&mut self, bytes: u64, span: Span) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            let message = format!(
                "the matrices of the first {} statements of the step need more than {} MiB",
                self.statements,
                MAX_BYTES >> 20
            );
            self.exceed(
                message,
                span,
                "the limit is exceeded here",
                "use `repeat k { … }` instead of repeated statements, and gates on fewer subsystems",
            );
        }
    }

    /// Enters a block that runs `count` times. Returns the number of repetitions outside the block, to be passed to
    /// [`leave`](Self::leave).
    pub(super) fn enter(&mut self, count: u64, span: Span) -> u64 {
        let outside = self.repetitions;
        self.repetitions = outside.saturating_mul(count.max(1));
        if self.repetitions > MAX_REPETITIONS {
            let message = format!(
                "with the enclosing `repeat`s, this would run {:.1e} times in a step; the limit is {MAX_REPETITIONS:e}",
                outside as f64 * count as f64
            );
            self.exceed(
                message,
                span,
                "too many repetitions",
                "use smaller counts; to repeat a rotation by φ k times, write one rotation by k*φ",
            );
        }
        outside
    }

    /// Leaves a block. `outside` is the result of [`enter`](Self::enter).
    pub(super) fn leave(&mut self, outside: u64) {
        self.repetitions = outside;
    }

    fn exceed(&mut self, message: String, span: Span, label: &str, help: &str) {
        if self.exceeded.is_none() {
            self.exceeded = Some(Diagnostic::new(Code::StepTooLarge, message, span, label).help(help));
        }
    }
}
