//! "Did you mean": the nearest known name.

use strsim::{damerau_levenshtein, normalized_damerau_levenshtein};

/// The longest name, in bytes, that is compared. The cost of a comparison is proportional to the product of both
/// lengths.
const MAX_NAME: usize = 200;

/// The candidate nearest to a misspelt name, or `None` if none is similar enough.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let lower = name.to_lowercase();
    candidates
        .filter(|c| *c != name && c.len() <= MAX_NAME)
        .map(|c| (damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= 1 || normalized_damerau_levenshtein(&lower, &c.to_lowercase()) > 0.6)
        .filter(|(distance, c)| *distance < c.chars().count().max(lower.chars().count()))
        .min_by_key(|(distance, c)| (*distance, c.len()))
        .map(|(_, c)| c)
}

/// The Damerau–Levenshtein distance between two names, ignoring case.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    damerau_levenshtein(&a.to_lowercase(), &b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        let names = ["concurrence", "pearson", "λ"];
        assert_eq!(nearest("concurence", names.into_iter()), Some("concurrence"));
        assert_eq!(nearest("person", names.into_iter()), Some("pearson"));
        assert_eq!(nearest("zzz", names.into_iter()), None);
        assert_eq!(nearest(&"γ".repeat(1 << 19), names.into_iter()), None);
    }
}
