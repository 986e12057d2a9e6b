//! Names of a script as labels: `C12` becomes `$C_{12}$`, with an italic letter and a subscript.

use super::markup::greek;

/// Typesets an expression of a script, such as `ω2/ω1`, as a label.
#[must_use]
pub fn typeset(source: &str) -> String {
    let mut out = String::from("$");
    let mut left = source.chars().filter(|c| *c != '$').collect::<Vec<_>>().into_iter().peekable();
    while let Some(c) = left.next() {
        if c.is_alphabetic() || c == '_' {
            let mut name = c.to_string();
            while let Some(next) = left.next_if(|c| c.is_alphanumeric() || *c == '_' || subscript(*c).is_some()) {
                name.push(next);
            }
            let index = element(&mut left);
            out += &name_label(&name, index.as_deref());
        } else if c == '^' {
            let mut power = String::new();
            while let Some(next) = left.next_if(|c| c.is_alphanumeric() || (*c == '-' && power.is_empty())) {
                power.push(next);
            }
            out += &format!("^{{{power}}}");
        } else if "\\{}".contains(c) {
            out.push('\\');
            out.push(c);
        } else {
            out.push(if c == '*' { '·' } else { c });
        }
    }
    out + "$"
}

/// The number in brackets that follows a name, as in `z[3]`; consumed only if it is a whole number.
fn element(left: &mut std::iter::Peekable<std::vec::IntoIter<char>>) -> Option<String> {
    let ahead: String = left.clone().take_while(|c| *c != ']').collect();
    let index = ahead.strip_prefix('[')?;
    let whole = !index.is_empty() && index.chars().all(|c| c.is_ascii_digit()) && left.clone().any(|c| c == ']');
    whole.then(|| {
        (0..=ahead.chars().count()).for_each(|_| _ = left.next());
        index.to_owned()
    })
}

/// The digit that a subscript stands for.
fn subscript(c: char) -> Option<char> {
    ('₀'..='₉').contains(&c).then(|| char::from_u32(u32::from(c) - 0x2080 + 0x30)).flatten()
}

/// A name as mathematics. A single letter is a variable; what follows it, digits or the part after `_`, is its
/// subscript, and so is a Latin letter after a Greek one, or a small one after a capital. A longer word is upright.
fn name_label(name: &str, index: Option<&str>) -> String {
    let name: String = name.chars().map(|c| subscript(c).unwrap_or(c)).collect();
    let (stem, after) = name.split_once('_').map_or((name.as_str(), ""), |(stem, after)| (stem, after));
    let letters = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &stem[letters.len()..];
    let mut base: Vec<char> = letters.chars().collect();
    if let Some(letter) = greek(letters) {
        base = vec![letter];
    }
    let (base, mut parts) = match base[..] {
        [one] => (one.to_string(), vec![digits.to_owned()]),
        [one @ ('δ' | 'Δ'), other] => (format!("{one}{other}"), vec![digits.to_owned()]),
        [one, other] if one.is_ascii_uppercase() && other.is_ascii_lowercase() && digits.is_empty() => {
            (one.to_string(), vec![other.to_string()])
        }
        [one, other] if is_greek(one) && other.is_ascii_alphabetic() => {
            (one.to_string(), vec![format!("{other}{digits}")])
        }
        _ => (String::new(), Vec::new()),
    };
    if base.is_empty() {
        let word = name.replace('_', "\\_");
        return match index {
            Some(index) => format!("\\mathrm{{{word}}}_{{{index}}}"),
            None => format!("\\mathrm{{{word}}}"),
        };
    }
    let words = after.split('_').map(|word| match word.chars().count() {
        0 | 1 => word.to_owned(),
        _ => greek(word).map_or_else(|| format!("\\mathrm{{{word}}}"), String::from),
    });
    parts.extend(words);
    parts.extend(index.map(str::to_owned));
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() { base } else { format!("{base}_{{{}}}", parts.join(",")) }
}

fn is_greek(c: char) -> bool {
    ('α'..='ω').contains(&c) || ('Α'..='Ω').contains(&c)
}

/// Numbers as short as possible: at most four significant digits, or as many as distinguish them.
#[must_use]
pub fn short_numbers(values: &[f64]) -> Vec<String> {
    let rounded =
        |digits: usize| -> Vec<f64> { values.iter().map(|v| format!("{v:.digits$e}").parse().unwrap_or(*v)).collect() };
    let distinct = |a: &[f64]| {
        let pairs = |(i, v): (usize, &f64)| {
            values.iter().zip(a).take(i).all(|(other, short)| short != v || other.to_bits() == values[i].to_bits())
        };
        a.iter().enumerate().all(pairs)
    };
    let shown = (3..17).map(rounded).find(|a| distinct(a)).unwrap_or_else(|| values.to_vec());
    shown.into_iter().map(short).collect()
}

fn short(v: f64) -> String {
    let text = if v != 0.0 && !(1e-3..1e5).contains(&v.abs()) && v.is_finite() {
        format!("{v:e}")
    } else {
        crate::output::format_number(v)
    };
    let text = text.replace('-', "−");
    match text.split_once('e') {
        Some(("1", power)) => format!("$10^{{{power}}}$"),
        Some((digits, power)) => format!("{digits}×$10^{{{power}}}$"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables_with_subscripts() {
        for (source, expected) in [
            ("C12", "$C_{12}$"),
            ("ω2/ω1", "$ω_{2}/ω_{1}$"),
            ("omega₁ - γ", "$ω_{1} - γ$"),
            ("δt", "$δt$"),
            ("σx", "$σ_{x}$"),
            ("Qh - in", "$Q_{h} - \\mathrm{in}$"),
            ("r_x", "$r_{x}$"),
            ("E_max", "$E_{\\mathrm{max}}$"),
            ("mean_p in up", "$\\mathrm{mean\\_p} \\mathrm{in} \\mathrm{up}$"),
            ("p[4]", "$p_{4}$"),
            ("x^2", "$x^{2}$"),
            ("pearson(x1, y)", "$\\mathrm{pearson}(x_{1}, y)$"),
            ("z[k]", "$z[k]$"),
            ("z[3", "$z[3$"),
            ("_", "$\\mathrm{\\_}$"),
        ] {
            assert_eq!(typeset(source), expected, "{source}");
        }
    }

    #[test]
    fn numbers_are_short_but_distinct() {
        assert_eq!(short_numbers(&[1.0 / 11.0, 0.5, 1.0]), ["0.09091", "0.5", "1"]);
        assert_eq!(short_numbers(&[1.000_01, 1.000_02, 1.000_01]), ["1.00001", "1.00002", "1.00001"]);
        assert_eq!(short_numbers(&[-2e-7, 1e9]), ["−2×$10^{−7}$", "$10^{9}$"]);
        assert_eq!(short_numbers(&[f64::NAN, f64::INFINITY, 0.0]), ["", "inf", "0"]);
    }
}
