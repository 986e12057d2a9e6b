//! The list of all codes: one row each, read by messages, the reference page and the tests.

/// What a code means.
#[derive(Debug)]
pub struct CodeRow {
    /// `E101`; errors begin with E, warnings with W. Never reused for another meaning.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What it means, why it is so, and what to do.
    pub explanation: &'static str,
}

macro_rules! codes {
    ($( $variant:ident, $id:literal, $title:literal, $explanation:literal; )*) => {
        /// A stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $( #[doc = $title] $variant, )* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// Its row.
            #[must_use]
            pub fn row(self) -> &'static CodeRow {
                match self { $( Self::$variant => &CodeRow { id: $id, title: $title, explanation: $explanation }, )* }
            }
        }
    };
}

codes! {
    // E1xx: reading the text
    UnexpectedText, "E101", "unexpected text",
        "The text does not continue a statement of the language here. The message lists what could stand at this place.";
    UnclosedBracket, "E102", "bracket without partner",
        "A bracket is opened and never closed, or closed and never opened. Inside ( ) and [ ] a newline is space, so a forgotten bracket swallows the lines that follow.";
    UnclosedText, "E103", "text without closing quote",
        "A text begins with a double quote and ends with one on the same line.";
    TooLarge, "E104", "script too large",
        "A script is at most 1 MiB of text, 128 levels of nesting and 10,000 terms. A repeated pattern is written with `repeat` or a `sequence`.";
    BadNumber, "E105", "number out of range",
        "Numbers are finite double-precision numbers, at most about 1.8e308. Infinity is written `inf`.";
    NotUtf8, "E106", "not UTF-8 text",
        "A script is UTF-8 text.";
    BadKet, "E107", "malformed ket",
        "Between | and > stand digits, +, -, +i or -i, one a subsystem; levels above 9 are separated by commas: |10,3>.";
}
