//! Styled text. Code that writes text marks its tone (strong, faint, good, bad); code that prints it decides on
//! colours.

/// The mark that begins the first [`Tone`]; the others follow in order. Marks are Unicode noncharacters, which do not
/// occur in text. Printing replaces them by colours or removes them.
const TONES: u32 = 0xFDD1;
/// The mark that ends a tone.
const END: char = '\u{FDD0}';
/// The mark that begins a painted character. It is followed by the colours of the character and of its background, the
/// character, and the one that replaces it without colours.
const PAINTED: char = '\u{FDE0}';
/// The character, for private use, that means no colour in [`painted`]; the 256 colours follow in order.
const NO_COLOUR: u32 = 0xE000;

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

/// Marks a character with its colour and that of its background, by their numbers among the 256 colours of terminals;
/// without colours, `plain` is printed in its place.
#[must_use]
pub(super) fn painted(glyph: char, plain: char, ink: (Option<u8>, Option<u8>)) -> String {
    if ink == (None, None) && glyph == plain {
        return glyph.to_string();
    }
    let code = |c: Option<u8>| char::from_u32(NO_COLOUR + c.map_or(0, |c| 1 + u32::from(c))).expect("for private use");
    [PAINTED, code(ink.0), code(ink.1), glyph, plain].iter().collect()
}

/// Appends the characters after a mark [`PAINTED`]; `last` is the escape sequence in force.
fn paint(out: &mut String, text: &mut std::str::Chars<'_>, last: &mut String, colour: bool) {
    let mut next = || text.next().unwrap_or_default();
    let (front, back, glyph, plain) = (next(), next(), next(), next());
    if !colour {
        out.push(plain);
        return;
    }
    let code = |c: char, which: &str| match u32::from(c).wrapping_sub(NO_COLOUR) {
        n @ 1..=256 => format!("\u{1b}[{which};5;{}m", n - 1),
        _ => String::new(),
    };
    let codes = code(front, "38") + &code(back, "48");
    if codes != *last {
        if !last.is_empty() {
            *out += "\u{1b}[0m";
        }
        *out += &codes;
        *last = codes;
    }
    out.push(glyph);
}

/// Replaces the marks of tones in `text` by ANSI colours, or removes them if `colour` is false.
#[must_use]
pub fn coloured(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut painting = String::new();
    let mut left = text.chars();
    while let Some(c) = left.next() {
        if c == PAINTED {
            paint(&mut out, &mut left, &mut painting, colour);
            continue;
        }
        if !std::mem::take(&mut painting).is_empty() {
            out += "\u{1b}[0m";
        }
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
    if !painting.is_empty() {
        out += "\u{1b}[0m";
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
        let text = [('▀', '░', (Some(3), Some(0))), ('▀', '█', (Some(3), Some(0))), ('a', 'a', (None, None))]
            .map(|(glyph, plain, ink)| painted(glyph, plain, ink))
            .concat();
        assert_eq!(coloured(&text, true), "\u{1b}[38;5;3m\u{1b}[48;5;0m▀▀\u{1b}[0ma");
        assert_eq!(coloured(&text, false), "░█a");
    }
}
