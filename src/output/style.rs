//! Text in tones: what is strong, faint, good or bad is marked where it is written, and coloured or not where it is printed.

/// Marks in a text where a tone begins ([`Tone`] counted from here) and where it ends. They are noncharacters, so that
/// they can be told from text until a line is printed; only then do they become colours, or nothing.
const TONES: u32 = 0xFDD1;
const END: char = '\u{FDD0}';

/// What a piece of text is, so that it can be coloured on a terminal.
#[derive(Debug, Clone, Copy)]
pub enum Tone {
    /// A heading.
    Strong,
    /// Beside the point.
    Faint,
    /// It holds.
    Good,
    /// It does not.
    Bad,
}

/// Text in a tone.
#[must_use]
pub fn tone(tone: Tone, text: &str) -> String {
    let start = char::from_u32(TONES + tone as u32).expect("one of 32 noncharacters");
    format!("{start}{text}{END}")
}

/// The text with its tones as ANSI colours, or without them.
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
    fn tones_are_colours_on_a_terminal_and_nothing_elsewhere() {
        let text = format!("{} {}", tone(Tone::Good, "✓"), tone(Tone::Faint, "0.5"));
        assert_eq!(coloured(&text, true), "\u{1b}[32m✓\u{1b}[0m \u{1b}[2m0.5\u{1b}[0m");
        assert_eq!(coloured(&text, false), "✓ 0.5");
    }
}
