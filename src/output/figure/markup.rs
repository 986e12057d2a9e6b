//! Labels: text with mathematics between dollar signs, as in `$⟨σ_x⟩$`.
//!
//! Contract: every text is a label. Mathematics that is not understood is reported by [`unknown_commands`] and drawn as
//! it is written.

/// A piece of a label in one style.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Run {
    /// The characters.
    pub(super) text: String,
    /// Whether it is slanted, as variables are.
    pub(super) italic: bool,
    /// −1 for a subscript, 1 for a superscript, 0 on the line.
    pub(super) shift: i8,
}

/// Commands that put a mark above a letter, and the combining character.
const ACCENTS: [(&str, char); 6] = [
    ("hat", '\u{302}'),
    ("bar", '\u{304}'),
    ("tilde", '\u{303}'),
    ("dot", '\u{307}'),
    ("ddot", '\u{308}'),
    ("check", '\u{30c}'),
];

/// Commands that stand for a character.
const SYMBOLS: [(&str, char); 31] = [
    ("langle", '⟨'),
    ("rangle", '⟩'),
    ("times", '×'),
    ("cdot", '·'),
    ("pm", '±'),
    ("mp", '∓'),
    ("infty", '∞'),
    ("hbar", 'ħ'),
    ("ell", 'ℓ'),
    ("dagger", '†'),
    ("otimes", '⊗'),
    ("oplus", '⊕'),
    ("to", '→'),
    ("rightarrow", '→'),
    ("leftarrow", '←'),
    ("uparrow", '↑'),
    ("downarrow", '↓'),
    ("approx", '≈'),
    ("simeq", '≃'),
    ("equiv", '≡'),
    ("neq", '≠'),
    ("le", '≤'),
    ("leq", '≤'),
    ("ge", '≥'),
    ("geq", '≥'),
    ("propto", '∝'),
    ("partial", '∂'),
    ("nabla", '∇'),
    ("sqrt", '√'),
    ("sum", '∑'),
    ("int", '∫'),
];

/// Commands of one character that stand for themselves or for a space.
const ESCAPED: &str = "_^{}$&%#";

/// Splits a label into runs. A dollar sign without a partner is text.
pub(super) fn runs(label: &str) -> Vec<Run> {
    let mut out = Vec::new();
    let mut rest = label;
    while let Some((before, formula, after)) = formula(rest) {
        add(&mut out, before, Style::default());
        Reader { left: formula.chars().collect::<Vec<_>>().into_iter().peekable(), out: &mut out, unknown: Vec::new() }
            .group(Style::MATHS);
        rest = after;
    }
    add(&mut out, rest, Style::default());
    out
}

/// The commands of a label that have no meaning here, such as `\frac`.
pub(super) fn unknown_commands(label: &str) -> Vec<String> {
    let (mut out, mut unknown) = (Vec::new(), Vec::new());
    let mut rest = label;
    while let Some((_, formula, after)) = formula(rest) {
        let mut reader = Reader {
            left: formula.chars().collect::<Vec<_>>().into_iter().peekable(),
            out: &mut out,
            unknown: Vec::new(),
        };
        reader.group(Style::MATHS);
        unknown.append(&mut reader.unknown);
        rest = after;
    }
    unknown
}

/// The label without styles, for terminals and file names: `$C_{12}$` is `C12`, and `$10^{-3}$` is `10⁻³`.
pub(super) fn flat(label: &str) -> String {
    let plain = |run: &Run| match run.shift {
        1 if run.text.chars().all(|c| raised(c).is_some()) => run.text.chars().filter_map(raised).collect(),
        1 => format!("^{}", run.text),
        _ => run.text.clone(),
    };
    runs(label).iter().map(plain).collect()
}

fn raised(c: char) -> Option<char> {
    Some(match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4'..='9' => char::from_u32(0x2070 + c.to_digit(10)?)?,
        '−' | '-' => '⁻',
        '+' => '⁺',
        '†' | '′' => c,
        _ => return None,
    })
}

/// The text before the first formula, the formula without its dollar signs, and the text after it.
fn formula(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('$')?;
    let (formula, after) = rest.split_once('$')?;
    Some((before, formula, after))
}

#[derive(Clone, Copy, Default)]
struct Style {
    /// Whether letters are variables.
    maths: bool,
    shift: i8,
}

impl Style {
    const MATHS: Self = Self { maths: true, shift: 0 };
}

/// Appends text to the runs, joining what has the same style.
fn add(out: &mut Vec<Run>, text: &str, style: Style) {
    for c in text.chars() {
        let italic = style.maths && is_variable(c);
        match out.last_mut() {
            // A mark above a letter belongs to it.
            Some(last) if ('\u{300}'..='\u{36f}').contains(&c) => last.text.push(c),
            Some(last) if last.italic == italic && last.shift == style.shift => last.text.push(c),
            _ => out.push(Run { text: c.to_string(), italic, shift: style.shift }),
        }
    }
}

/// Latin letters and small Greek letters are variables; π is a number.
fn is_variable(c: char) -> bool {
    (c.is_ascii_alphabetic() || ('α'..='ω').contains(&c) || matches!(c, 'ϑ' | 'ϕ' | 'ϵ')) && c != 'π'
}

/// Reads a formula.
struct Reader<'o> {
    left: std::iter::Peekable<std::vec::IntoIter<char>>,
    out: &'o mut Vec<Run>,
    unknown: Vec<String>,
}

impl Reader<'_> {
    /// Reads to the end of a group or of the formula.
    fn group(&mut self, style: Style) {
        while let Some(c) = self.left.next() {
            match c {
                '}' => return,
                '_' => self.argument(Style { shift: -1, ..style }),
                '^' => self.argument(Style { shift: 1, ..style }),
                c => self.one(c, style),
            }
        }
    }

    /// Reads what a subscript, a superscript or a command applies to: a group, a command or a character.
    fn argument(&mut self, style: Style) {
        while self.left.peek() == Some(&' ') {
            self.left.next();
        }
        if let Some(c) = self.left.next() {
            self.one(c, style);
        }
    }

    fn one(&mut self, c: char, style: Style) {
        match c {
            '{' => self.group(style),
            '\\' => self.command(style),
            '-' => add(self.out, "−", style),
            '\'' => add(self.out, "′", style),
            c => add(self.out, c.encode_utf8(&mut [0; 4]), style),
        }
    }

    fn command(&mut self, style: Style) {
        let mut name = String::new();
        while let Some(c) = self.left.next_if(char::is_ascii_alphabetic) {
            name.push(c);
        }
        if let Some((_, symbol)) = SYMBOLS.iter().find(|(n, _)| *n == name) {
            return add(self.out, symbol.encode_utf8(&mut [0; 4]), style);
        }
        if let Some((_, mark)) = ACCENTS.iter().find(|(n, _)| *n == name) {
            self.argument(style);
            return add(self.out, mark.encode_utf8(&mut [0; 4]), style);
        }
        match name.as_str() {
            "" => match self.left.next() {
                Some(c) if ESCAPED.contains(c) => add(self.out, c.encode_utf8(&mut [0; 4]), style),
                Some(',' | ';' | ':' | ' ') | None => add(self.out, " ", style),
                Some(c) => self.leave(&c.to_string(), style),
            },
            "mathrm" | "text" | "rm" => self.argument(Style { maths: false, ..style }),
            "left" | "right" => {}
            name => match greek(name) {
                Some(letter) => add(self.out, letter.encode_utf8(&mut [0; 4]), style),
                None => self.leave(name, style),
            },
        }
    }

    /// Writes a command as it stands.
    fn leave(&mut self, name: &str, style: Style) {
        let command = format!("\\{name}");
        add(self.out, &command, Style { maths: false, ..style });
        self.unknown.push(command);
    }
}

/// The Greek letter with this English name.
pub(super) fn greek(name: &str) -> Option<char> {
    let name = match name {
        "varphi" => "phi",
        "vartheta" => "theta",
        "varepsilon" => "epsilon",
        name => name,
    };
    ('α'..='ω').chain('Α'..='Ω').find(|c| crate::syntax::canonical(c.encode_utf8(&mut [0; 4])) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runs in short: italics between slashes, `_` and `^` for the shifts.
    fn shown(label: &str) -> String {
        let one = |run: &Run| {
            let text = if run.italic { format!("/{}/", run.text) } else { run.text.clone() };
            match run.shift {
                -1 => format!("_{text}"),
                1 => format!("^{text}"),
                _ => text,
            }
        };
        runs(label).iter().map(one).collect()
    }

    #[test]
    fn mathematics_has_styles() {
        for (label, expected) in [
            ("plain C12", "plain C12"),
            ("costs 5 $", "costs 5 $"),
            ("$C_{12}$", "/C/_12"),
            ("$ω_2/ω_1$ of $\\Omega_c$", "/ω/_2//ω/_1 of Ω_/c/"),
            ("$\\langle \\hat{σ}_x^2 \\rangle$", "⟨ /σ\u{302}/_/x/^2 ⟩"),
            ("$10^{-3}$", "10^−3"),
            ("$E_\\mathrm{max} - 2π$", "/E/_max − 2π"),
            ("$a\\_b$", "/a/_/b/"),
            ("$}{_$", ""),
        ] {
            assert_eq!(shown(label), expected, "{label}");
        }
    }

    #[test]
    fn labels_are_flat_in_a_terminal() {
        for (label, expected) in
            [("$C_{12}$, kept", "C12, kept"), ("×$10^{-3}$", "×10⁻³"), ("$e^{ax}$", "e^ax"), ("$ω_2/ω_1$", "ω2/ω1")]
        {
            assert_eq!(flat(label), expected);
        }
    }

    #[test]
    fn unknown_commands_are_named() {
        assert_eq!(unknown_commands("$\\frac{a}{b} \\alpha$ \\no"), ["\\frac"]);
        assert_eq!(shown("$\\frac12$"), "\\frac12");
    }
}
