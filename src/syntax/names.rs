//! Equivalent spellings of names: Greek letters and their English names, subscripts and plain characters.

use super::words::LOGIC;

/// The look-up key of a name. Each Greek letter becomes its English name, and each subscript becomes its plain
/// character, so that `γ` = `gamma`, `ω₁` = `ω1` = `omega1`, `δt` = `deltat`, `π` = `pi`.
#[must_use]
pub fn canonical(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in name.chars() {
        match (greek(c), subscript(c)) {
            (Some(english), _) => key.push_str(english),
            (None, Some(plain)) => key.push_str(plain),
            (None, None) => key.push(c),
        }
    }
    key
}

/// The English name of a Greek letter, which is also its LaTeX command. Variants share a name (ϵ and ε, ϕ and φ).
pub(super) fn greek(c: char) -> Option<&'static str> {
    Some(match c {
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'ε' | 'ϵ' => "epsilon",
        'ζ' => "zeta",
        'η' => "eta",
        'θ' | 'ϑ' => "theta",
        'ι' => "iota",
        'κ' | 'ϰ' => "kappa",
        'λ' => "lambda",
        'μ' | '\u{b5}' => "mu", // the Greek letter, and the micro sign on keyboards
        'ν' => "nu",
        'ξ' => "xi",
        'ο' => "omicron",
        'π' | 'ϖ' => "pi",
        'ρ' | 'ϱ' => "rho",
        'σ' | 'ς' => "sigma",
        'τ' => "tau",
        'υ' => "upsilon",
        'φ' | 'ϕ' => "phi",
        'χ' => "chi",
        'ψ' => "psi",
        'ω' => "omega",
        'Α' => "Alpha",
        'Β' => "Beta",
        'Γ' => "Gamma",
        'Δ' | '\u{2206}' => "Delta", // the letter, and the increment sign
        'Ε' => "Epsilon",
        'Ζ' => "Zeta",
        'Η' => "Eta",
        'Θ' | 'ϴ' => "Theta",
        'Ι' => "Iota",
        'Κ' => "Kappa",
        'Λ' => "Lambda",
        'Μ' => "Mu",
        'Ν' => "Nu",
        'Ξ' => "Xi",
        'Ο' => "Omicron",
        'Π' => "Pi",
        'Ρ' => "Rho",
        'Σ' => "Sigma",
        'Τ' => "Tau",
        'Υ' => "Upsilon",
        'Φ' => "Phi",
        'Χ' => "Chi",
        'Ψ' => "Psi",
        'Ω' | '\u{2126}' => "Omega", // the letter, and the ohm sign
        _ => return None,
    })
}

/// The Greek letters with their English names, one letter per name.
pub fn greek_letters() -> impl Iterator<Item = (char, &'static str)> {
    let plain = ('Α'..='Ω').chain('α'..='ω').filter(|c| *c != 'ς');
    plain.filter_map(|c| greek(c).map(|english| (c, english)))
}

/// The Greek letter with this English name.
pub(super) fn greek_of(english: &str) -> Option<char> {
    greek_letters().find(|(_, name)| *name == english).map(|(letter, _)| letter)
}

/// Letters of other alphabets that look like a Latin or Greek letter, with that letter.
const LOOK_ALIKES: &[(char, char)] = &[
    ('а', 'a'),
    ('В', 'B'),
    ('с', 'c'),
    ('С', 'C'),
    ('е', 'e'),
    ('Е', 'E'),
    ('Н', 'H'),
    ('і', 'i'),
    ('ј', 'j'),
    ('Ј', 'J'),
    ('К', 'K'),
    ('М', 'M'),
    ('о', 'o'),
    ('О', 'O'),
    ('р', 'p'),
    ('Р', 'P'),
    ('ѕ', 's'),
    ('Ѕ', 'S'),
    ('Т', 'T'),
    ('у', 'y'),
    ('х', 'x'),
    ('Х', 'X'),
    ('ɑ', 'a'),
    ('ɡ', 'g'),
    ('ɩ', 'i'),
    ('ο', 'o'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
    ('ɛ', 'ε'),
    ('ʋ', 'υ'),
    ('ß', 'β'),
    ('ƞ', 'η'),
    ('ɣ', 'γ'),
    ('ɸ', 'φ'),
    ('ø', 'φ'),
    ('ѡ', 'ω'),
];

/// A name in which letters that look alike are the same letter, and the first letter of it that was replaced.
#[must_use]
pub fn lookalike(name: &str) -> (String, Option<char>) {
    let plain = |c: char| LOOK_ALIKES.iter().find(|(other, _)| *other == c).map_or(c, |(_, plain)| *plain);
    let skeleton: String = name.chars().map(plain).collect();
    (canonical(&skeleton), name.chars().find(|c| plain(*c) != *c))
}

/// Whether a text is a valid name for a definition.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_char) && !LOGIC.contains(&text)
}

/// The plain spelling of a subscript digit or letter.
fn subscript(c: char) -> Option<&'static str> {
    Some(match c {
        '₀' => "0",
        '₁' => "1",
        '₂' => "2",
        '₃' => "3",
        '₄' => "4",
        '₅' => "5",
        '₆' => "6",
        '₇' => "7",
        '₈' => "8",
        '₉' => "9",
        'ₐ' => "a",
        'ₑ' => "e",
        'ₕ' => "h",
        'ᵢ' => "i",
        'ⱼ' => "j",
        'ₖ' => "k",
        'ₗ' => "l",
        'ₘ' => "m",
        'ₙ' => "n",
        'ₒ' => "o",
        'ₚ' => "p",
        'ᵣ' => "r",
        'ₛ' => "s",
        'ₜ' => "t",
        'ᵤ' => "u",
        'ᵥ' => "v",
        'ₓ' => "x",
        'ᵦ' => "beta",
        'ᵧ' => "gamma",
        'ᵨ' => "rho",
        'ᵩ' => "phi",
        'ᵪ' => "chi",
        _ => return None,
    })
}

/// Whether a name may begin with this character.
pub(super) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// Whether a name may contain this character after the first one.
pub(super) fn is_name_char(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit() || ('₀'..='₉').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn greek_letters_are_their_english_names() {
        for (written, key) in [
            ("γ", "gamma"),
            ("ω₁", "omega1"),
            ("ω1", "omega1"),
            ("omega1", "omega1"),
            ("δt", "deltat"),
            ("σx", "sigmax"),
            ("σₓ", "sigmax"),
            ("π", "pi"),
            ("Γ", "Gamma"),
            ("ϵ", "epsilon"),
            ("ε", "epsilon"),
            ("ϕ", "phi"),
            ("ϑ", "theta"),
            ("\u{b5}", "mu"),
            ("\u{3bc}", "mu"),
            ("\u{2126}", "Omega"),
            ("Tᵢⱼ", "Tij"),
            ("é_0", "é_0"),
        ] {
            assert_eq!(canonical(written), key, "{written}");
        }
    }

    #[test]
    fn canonical_is_idempotent() {
        for c in '\u{370}'..='\u{3ff}' {
            let key = canonical(&c.to_string());
            assert_eq!(canonical(&key), key);
        }
    }
}
