//! Size limits. They are checked before the grammar sees a text, so that no input can overflow the stack or take
//! excessive time.
//!
//! Contract: accepts any text. A text that passes has at most [`MAX_BYTES`] bytes and [`MAX_TERMS`] names, numbers,
//! kets and texts, and its parse recurses at most a few times [`MAX_DEPTH`] deep.

use super::Place;
use super::scan::{Kind, Token, scan};
use crate::diagnostic::{Code, Diagnostic};

/// The maximum number of bytes in a script: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;
/// The maximum nesting depth. Brackets, blocks, expectation values, and each operator in a run of prefix operators or
/// powers count as a level.
pub const MAX_DEPTH: usize = 128;
/// The maximum number of names, numbers, kets and texts in a script.
pub const MAX_TERMS: usize = 10_000;
/// The maximum depth of an expression's tree: a chain of 256 operators whose terms are nested as deep as [`MAX_DEPTH`]
/// allows. A sum of k terms has k − 1 levels, because `a + b + c` is `(a + b) + c`. Functions that walk the tree
/// recurse this deep.
pub const MAX_TREE_DEPTH: usize = 3 * MAX_DEPTH;

/// A diagnostic for the first limit that the text exceeds.
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
                    "the first one over the limit",
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

/// The diagnostic for a text with too many bytes.
pub(super) fn too_many_bytes(name: &str, bytes: usize) -> Diagnostic {
    Diagnostic::nowhere(Code::TooLarge, format!("{name} has {bytes} bytes; at most {MAX_BYTES} (1 MiB) can be read"))
        .help("write a repeated pattern with `repeat` or a `sequence`, or split the script with `use`")
}

/// Tracks the nesting depth from token to token.
struct Nesting<'t> {
    levels: Vec<Level>,
    depth: usize,
    last: Option<Token<'t>>,
}

/// The constructs that are open at one bracket level.
#[derive(Default)]
struct Level {
    /// Whether a newline is white space here, as in ( ) and [ ].
    round: bool,
    /// The number of open expectation values.
    angles: usize,
    /// The number of prefix operators and powers that still need their operand.
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

    /// Adds operators that still need their operand.
    fn wait(&mut self, operators: usize) {
        self.level().pending += operators;
        self.depth += operators;
    }

    /// Handles an infix operator: the pending operators before it now have their operands.
    fn settle(&mut self) {
        self.depth -= std::mem::take(&mut self.level().pending);
    }

    /// Handles the end of a statement.
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
