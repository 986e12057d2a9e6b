//! The accuracy to which two computations of the same measure agree.

/// Largest accepted difference for measures with roots of eigenvalues: the concurrence, and the fidelity with a mixed
/// state. Where ρ lacks full rank they are continuous but not differentiable: an eigenvalue of d·ε = 1e-15 instead of 0
/// contributes its root, 3e-8.
pub(crate) const ROOT: f64 = 1e-7;

/// Largest accepted difference of other measures after a few hundred operations on matrices with entries up to 1. It
/// suffices for entropies: a zero eigenvalue with a rounding error ε of 1e-16 adds ε ln(1/ε), which is 4e-15.
pub(crate) const ROUNDING: f64 = 1e-12;

/// As [`ROUNDING`], after a post-selection: a level that is never selected, but has a rounding error, can grow by a factor
/// of 4 in each collision relative to the selected ones.
const SELECTED: f64 = 1e-10;

/// The largest accepted difference of the values of a column, and whether they contain roots.
pub(crate) fn accepted(text: &str, column: &str) -> (f64, bool) {
    let root = is_root_of(text, column);
    let selected = if text.contains("postselect") { SELECTED } else { ROUNDING };
    (if root { ROOT } else { selected }, root)
}

/// Whether a measure contains roots of eigenvalues of the state.
fn is_root(measure: &str) -> bool {
    let mixed = ["><", "mixed", "thermal"].iter().any(|word| measure.contains(word));
    measure.contains("concurrence") || (measure.contains("fidelity") && (mixed || !measure.contains('>')))
}

/// Whether the values of a column contain roots of eigenvalues, from its own measure or from a record that it uses.
pub(crate) fn is_root_of(text: &str, column: &str) -> bool {
    let measure = measure_of(text, column);
    let mut names = measure.split(|c: char| !c.is_alphanumeric() && c != '_');
    is_root(measure) || names.any(|name| name != column && is_root_of(text, name))
}

/// The measure of a column, from `observe NAME = MEASURE` or `record NAME = MEASURE`. The columns of a measure with
/// several values have suffixes.
pub(crate) fn measure_of<'t>(text: &'t str, column: &str) -> &'t str {
    let mut definitions = text.split(['\n', ';', '{', '}']).filter_map(|statement| {
        let rest = statement.trim().strip_prefix("observe ").or_else(|| statement.trim().strip_prefix("record "))?;
        rest.split_once('=').map(|(name, measure)| (name.trim(), measure.trim()))
    });
    let column = column.split(" in ").next().unwrap_or(column);
    let stem = |name: &str| column == name || column.strip_prefix(name).is_some_and(|suffix| suffix.starts_with('_'));
    definitions.rfind(|(name, _)| stem(name)).map_or("", |(_, measure)| measure)
}
