//! Sizes, looked at before the grammar sees a text, so that no input can exhaust the stack or the time.
//!
//! Contract: takes any text. A text that passes has at most [`MAX_BYTES`] bytes and [`MAX_TERMS`] names, numbers, kets
//! and texts, and its parse recurses at most a few times [`MAX_DEPTH`] deep.

use super::Place;
use super::scan::{Kind, Token, scan};
use crate::diagnostic::{Code, Diagnostic};

/// Most bytes of a script.
pub const MAX_BYTES: usize = 1 << 20;
/// Most levels of nesting: brackets, blocks, expectation values, runs of prefix operators and of powers.
pub const MAX_DEPTH: usize = 128;
/// Most names, numbers, kets and texts of a script.
pub const MAX_TERMS: usize = 10_000;
/// Most levels of an expression's tree: a chain of 256 operators whose terms are nested as deep as [`MAX_DEPTH`] allows. A
/// sum of k terms has k − 1 levels, because `a + b + c` is `(a + b) + c`;
/// what walks the tree recurses that deep.
pub const MAX_TREE_DEPTH: usize = 3 * MAX_DEPTH;

/// The first size that is exceeded.
pub(super) fn check(place: &Place, text: &str) -> Option<Diagnostic> {
    if text.len() > MAX_BYTES {
        return Some(too_many_bytes("the script", text.len()));
    }
    let mut nesting = Nesting::new();
    let mut terms = 0;
    for token in scan(text) {
        terms += usize::from(matches!(token.kind, Kind::Word | Kind::Number | Kind::Ket | Kind::Bra | Kind::Text));
        if terms > MAX_TERMS {
            let message = format!("the script has more than {MAX_TERMS} names, numbers, kets and texts");
            return Some(
                Diagnostic::new(
                    Code::TooLarge,
                    message,
                    place.span(token.start, token.end()),
                    "the first one too many",
                )
                .help("write a repeated pattern with `repeat` or a `sequence`"),
            );
        }
        if nesting.depth_after(token) > MAX_DEPTH {
            let message = format!("brackets, blocks and operators are nested more than {MAX_DEPTH} deep");
            return Some(
                Diagnostic::new(Code::TooLarge, message, place.span(token.start, token.end()), "one level too many")
                    .help("give an inner part a name with `def`, `hamiltonian` or `gate`, and use the name"),
            );
        }
    }
    None
}

/// The message for a text of that many bytes.
pub(super) fn too_many_bytes(name: &str, bytes: usize) -> Diagnostic {
    Diagnostic::nowhere(Code::TooLarge, format!("{name} has {bytes} bytes; at most {MAX_BYTES} (1 MiB) can be read"))
        .help("write a repeated pattern with `repeat` or a `sequence`, or split the script with `use`")
}

/// How deep a token stands.
struct Nesting<'t> {
    levels: Vec<Level>,
    depth: usize,
    last: Option<Token<'t>>,
}

/// What is pending between two brackets.
#[derive(Default)]
struct Level {
    /// Whether a newline is space here.
    round: bool,
    /// Expectation values that are open.
    angles: usize,
    /// Prefix operators and powers that wait for their operand.
    pending: usize,
}

impl<'t> Nesting<'t> {
    fn new() -> Self {
        Self { levels: vec![Level::default()], depth: 0, last: None }
    }

    fn depth_after(&mut self, token: Token<'t>) -> usize {
        let infix = self.last.is_some_and(|t| t.ends_operand());
        match token.kind {
            Kind::Comment => return self.depth,
            Kind::Open => {
                self.levels.push(Level { round: token.text != "{", ..Level::default() });
                self.depth += 1;
            }
            Kind::Close => self.close(),
            Kind::Newline if infix && !self.level().round => self.clear(),
            Kind::Newline => return self.depth,
            Kind::Word if token.text == "not" => self.wait(1),
            Kind::Symbol => self.symbol(token.text, infix),
            _ => {}
        }
        self.last = Some(token);
        self.depth
    }

    fn symbol(&mut self, symbol: &str, infix: bool) {
        match symbol {
            "^" | "√" => self.wait(1),
            "-" | "−" if !infix => self.wait(1),
            "--" if !infix => self.wait(2),
            "--" | "+-" => {
                self.settle();
                self.wait(1);
            }
            "<" | "⟨" if !infix => {
                self.level().angles += 1;
                self.depth += 1;
            }
            ">" | "⟩" if self.level().angles > 0 => {
                self.level().angles -= 1;
                self.depth -= 1;
            }
            "†" | "'" | "’" | "′" => {}
            ";" => self.clear(),
            _ => self.settle(),
        }
    }

    fn level(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the outermost level is never closed")
    }

    /// One more operator waits for its operand.
    fn wait(&mut self, operators: usize) {
        self.level().pending += operators;
        self.depth += operators;
    }

    /// An infix operator: those before it have their operands.
    fn settle(&mut self) {
        self.depth -= std::mem::take(&mut self.level().pending);
    }

    /// The end of a statement.
    fn clear(&mut self) {
        self.settle();
        self.depth -= std::mem::take(&mut self.level().angles);
    }

    fn close(&mut self) {
        if self.levels.len() > 1 {
            self.clear();
            self.levels.pop();
            self.depth -= 1;
        }
    }
}
