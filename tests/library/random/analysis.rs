//! The experiment of a random script: the length of its run and the analysis of its series.
//!
//! Contract: thresholds are values that no measure is likely to take, so that rounding does not decide a comparison.

use super::choices::Tape;

/// Conditions that end a run early. `@` stands for a series.
static UNTIL: &[&str] = &[
    "settled(0.1717)",
    "settled(0.3917, 2) or n == 3",
    "n == 2",
    "@ > -9.37",
    "@ > 0.2917",
    "@ < 0.4131 and n > 1",
    "not (@ > 0.6219 or n < 2)",
    "@ > 0.7313 or n == 3",
];

/// Values to compute. `@` and `$` stand for series.
static LETS: &[&str] = &[
    "mean(@)",
    "max(@) - min($)",
    "@ - 2*$",
    "diff(@)",
    "cumsum(@)",
    "last(diff(@)) + at(cumsum($), 1)",
    "at(@, 0)",
    "@^2 + $^2",
    "rms(@ - $)",
    "first_above(@, 0.2917)",
    "stays_below(@, 0.6219)",
    "count(@ > 0.2917)",
    "fraction(@ > 0.2917 or $ < 0.1733)",
    "mean(where(@, $ > 0.2917))",
];

/// Expectations. Many of these claims fail.
static EXPECTED: &[&str] = &[
    "mean(@) > 0.1733",
    "last(@) ≈ last(@) + 3e-9",
    "last(@) ≈ last(@) - 3e-10",
    "at(@, 1) ≈ at($, 1) ± 0.0817",
    "last(@) ≈ last(@) + 0.03 ± 0.01",
    "fraction(abs(@) < 0.6219) == 1",
    "not (last(@) > 0.2917 and last($) < 0.6219)",
    "at(@, 0) < 0.6219 or last($) > 0.1733",
];

/// An experiment and the features that it uses.
pub(crate) fn experiment(collisions: usize, series: &[String], tape: &mut Tape<'_>) -> (String, Vec<String>) {
    let mut used = Vec::new();
    let mut text = format!("run {collisions}");
    if series.is_empty() {
        return (format!("experiment random {{ {text} }}\n"), used);
    }
    let of = |templates: &[&str], tape: &mut Tape<'_>| {
        let (template, x, y) = (tape.pick(templates), tape.pick(series), tape.pick(series));
        template.replace('@', &x).replace('$', &y)
    };
    if tape.one_in(4) {
        used.push("until".to_string());
        text += &format!(" until {}", of(UNTIL, tape));
    }
    for at in 0..tape.below(3) {
        used.push("let of a series".to_string());
        text += &format!("; let v{at} = {}", of(LETS, tape));
    }
    for _ in 0..tape.below(3) {
        used.push("expect".to_string());
        text += &format!("; expect {}", of(EXPECTED, tape));
    }
    (format!("experiment random {{ {text} }}\n"), used)
}
