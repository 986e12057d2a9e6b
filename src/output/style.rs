//! Styled text. Code that writes text marks its tone (strong, faint, good, bad); code that prints it decides on
//! colours.

/// The mark that begins the first [`Tone`]; the others follow in order. Marks are Unicode noncharacters, which do not
/// occur in text. Printing replaces them by colours or removes them.
const TONES: u32 = 0xFDD1;
/// The mark that ends a tone.
const END: char = '\u{FDD0}';

/// The role of a piece of text, which determines its colour on a terminal.
#[derive(Debug, Clone, Copy)]
pub enum Tone {
    /// A heading.
    Strong,
    /// A secondary detail.
    Faint,
    /// A success, such as a claim that holds.
    Good,
    /// A failure, such as a claim that does not hold.
    Bad,
}

/// Marks `text` with a tone.
#[must_use]
pub fn tone(tone: Tone, text: &str) -> String {
    let start = char::from_u32(TONES + tone as u32).expect("one of 32 noncharacters");
    format!("{start}{text}{END}")
}

/// Replaces the marks of tones in `text` by ANSI colours, or removes them if `colour` is false.
#[must_use]
pub fn coloured(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let code = match u32::from(c).wrapping_sub(TONES) {
            _ if c == END => "0",
            t if t == Tone::Strong as u32 => "1",
            t if t == Tone::Faint as u32 => "2",
            t if t == Tone::Good as u32 => "32",
            t if t == Tone::Bad as u32 => "31",
            _ => {
                out.push(c);
                continue;
            }
        };
        if colour {
            out += &format!("\u{1b}[{code}m");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_colours_or_disappear() {
        let text = format!("{} {}", tone(Tone::Good, "✓"), tone(Tone::Faint, "0.5"));
        assert_eq!(coloured(&text, true), "\u{1b}[32m✓\u{1b}[0m \u{1b}[2m0.5\u{1b}[0m");
        assert_eq!(coloured(&text, false), "✓ 0.5");
    }
}
