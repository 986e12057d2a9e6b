//! Kets by other names.

/// Symbols that stand for a basis state, with the level.
const LEVELS: &[(char, char)] = &[('↑', '0'), ('↓', '1'), ('⇑', '0'), ('⇓', '1'), ('–', '-'), ('−', '-'), ('⊕', '+')];

/// Words for states of a qubit, with the label of the ket.
const WORDS: &[(&str, &str)] = &[
    ("up", "0"),
    ("down", "1"),
    ("g", "0"),
    ("e", "1"),
    ("G", "0"),
    ("E", "1"),
    ("ground", "0"),
    ("excited", "1"),
    ("u", "0"),
    ("d", "1"),
    ("vac", "0"),
    ("gg", "00"),
    ("ee", "11"),
    ("ge", "01"),
    ("eg", "10"),
];

/// What to write instead of a malformed ket, and why.
pub(in crate::syntax) fn instead(written: &str) -> Option<(String, &'static str)> {
    let label = written.trim_matches(['|', '>', '⟩']).trim();
    let level = |c: char| LEVELS.iter().find(|(symbol, _)| *symbol == c).map_or(c, |(_, level)| *level);
    let levels: String = label.chars().map(level).collect();
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, '0'..='9' | '+' | '-'));
    if plain(&levels) && levels != label {
        return Some((format!("|{levels}>"), "levels are numbered from 0; |0> is the +1 eigenstate of Z, spin up"));
    }
    if let Some((_, label)) = WORDS.iter().find(|(word, _)| *word == label) {
        let help =
            "levels are numbered from 0; |0> is the +1 eigenstate of Z, and the ground state of H = -ω/2*Z with ω > 0";
        return Some((format!("|{label}>"), help));
    }
    let name = crate::syntax::is_name(label);
    name.then(|| (label.to_owned(), "a state that is defined with `def` is written by its name, without `|` and `>`"))
}
