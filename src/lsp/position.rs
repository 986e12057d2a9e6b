//! Conversion between bytes of a text and positions of the protocol.

use lsp_types::{Position, Range};

/// The unit in which positions count characters of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// UTF-16 units, which every editor understands.
    #[default]
    Utf16,
    /// Bytes, if the editor supports them.
    Utf8,
}

/// A text with its lines.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends = |i: &usize| bytes[*i] == b'\n' || (bytes[*i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|i| i + 1)).collect();
        Self { text, starts, encoding }
    }

    /// The position of a byte.
    pub(super) fn position(&self, byte: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= byte) - 1;
        Position { line: narrow(line), character: narrow(self.length(&self.text[self.starts[line]..byte])) }
    }

    /// The range of some bytes.
    pub(super) fn range(&self, bytes: std::ops::Range<usize>) -> Range {
        Range { start: self.position(bytes.start), end: self.position(bytes.end) }
    }

    /// The byte of a position; if the position is inside a character or past the end of its line, the nearest byte
    /// before it.
    pub(super) fn byte(&self, position: Position) -> usize {
        let Some(&start) = usize::try_from(position.line).ok().and_then(|line| self.starts.get(line)) else {
            return self.text.len();
        };
        let mut left = position.character as usize;
        for (i, c) in self.text[start..].char_indices() {
            let width = self.length(c.encode_utf8(&mut [0; 4]));
            if width > left || matches!(c, '\n' | '\r') {
                return start + i;
            }
            left -= width;
        }
        self.text.len()
    }

    /// The length of a piece of a line in the units of the encoding.
    pub(super) fn length(&self, piece: &str) -> usize {
        match self.encoding {
            Encoding::Utf8 => piece.len(),
            Encoding::Utf16 => piece.encode_utf16().count(),
        }
    }
}

/// A number as the protocol's `u32`; every text is far shorter than that.
pub(super) fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greek_letters_and_line_ends() {
        let text = "γ = 𝛿\r\nω\rx";
        for (encoding, character) in [(Encoding::Utf16, 6), (Encoding::Utf8, 9)] {
            let lines = Lines::new(text, encoding);
            let end = text.find('\r').expect("a line's end");
            assert_eq!(lines.position(end), Position { line: 0, character });
            for byte in (0..text.len()).filter(|b| text.is_char_boundary(*b) && text.as_bytes()[*b] != b'\n') {
                assert_eq!(lines.byte(lines.position(byte)), byte);
            }
            assert_eq!(lines.byte(Position { line: 0, character: 99 }), end);
            assert_eq!(lines.byte(Position { line: 9, character: 0 }), text.len());
        }
        assert_eq!(Lines::new(text, Encoding::Utf16).byte(Position { line: 0, character: 5 }), 5);
    }
}
