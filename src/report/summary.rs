//! The summary of an experiment's results.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Page, spectrum_page};
use crate::analysis::Table;
use crate::experiment::{CaseSettings, Claim, Coverage, Ending, Outcome, Sampled, SteadyRun};
use crate::output::{Tone, format_number, tone};

/// The heading of a summary: `karpat2019 fig2  Local spins and their Pearson coefficient`.
#[must_use]
pub fn head(protocol: &str, name: &str, title: Option<&str>) -> String {
    let head = tone(Tone::Strong, &format!("{protocol} {name}"));
    format!("{head}  {}", title.unwrap_or("")).trim_end().to_string()
}

fn claims(claims: &[Claim], page: &mut Page) {
    for claim in claims {
        page.line(&format!("  {}", claim_line(claim)));
    }
}

/// The cases and their settings: `cases up (ϑ = 0), down (ϑ = 3.14)`.
fn cases(outcome: &Outcome, page: &mut Page) {
    let case = |c: &CaseSettings| {
        let set: Vec<String> = c.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        if set.is_empty() { c.name.clone() } else { format!("{} ({})", c.name, set.join(", ")) }
    };
    if !outcome.cases.is_empty() {
        let all: Vec<String> = outcome.cases.iter().map(case).collect();
        page.line(&tone(Tone::Faint, &format!("  cases {}", all.join(", "))));
    }
}

/// The trajectories: `mean of 1000 trajectories, seed 7; sampled: ω2, random numbers of the step`; in a sweep, those of each
/// point.
fn trajectories(outcome: &Outcome, page: &mut Page) {
    let Some(Sampled { trajectories, done, resumed, seed, what }) = &outcome.sampled else { return };
    let count = if done == trajectories { done.to_string() } else { format!("{done} of {trajectories}") };
    let resumed = if *resumed > 0 { format!(", {resumed} of them from the journal") } else { String::new() };
    let what = if what.is_empty() { "nothing".to_string() } else { what.join(", ") };
    let point = if outcome.coverage.is_some() { "each point: " } else { "" };
    let line = format!("  {point}mean of {count} trajectories{resumed}, seed {seed}; sampled: {what}");
    page.line(&tone(Tone::Faint, &line));
}

/// Summarizes a run or a sweep in a few lines.
#[must_use]
pub fn summary(protocol: &str, outcome: &Outcome) -> String {
    match &outcome.coverage {
        None => run_summary(protocol, outcome),
        Some(coverage) => sweep_summary(protocol, outcome, coverage),
    }
}

/// The number of points of a sweep, the ranges of its collected values, and its claims.
fn sweep_summary(protocol: &str, outcome: &Outcome, coverage: &Coverage) -> String {
    let mut page = Page::default();
    page.line(&head(protocol, &outcome.name, outcome.title.as_deref()));
    let Coverage { grid, done, resumed, reasons, collisions } = coverage;
    let points = grid.len();
    let axes: Vec<String> = grid.axes.iter().map(|a| format!("{} {}", a.values.len(), a.name)).collect();
    let count = if coverage.is_complete() { points.to_string() } else { format!("{done} of {points}") };
    let resumed = if *resumed > 0 { format!(", {resumed} of them from the journal") } else { String::new() };
    let noun = if points == 1 { "point" } else { "points" };
    let line = format!(
        "  {count} {noun} ({}) of {}{resumed}, {}, backend {}",
        axes.join(" × "),
        range(collisions),
        seconds(outcome.wall),
        outcome.ran
    );
    page.line(&tone(Tone::Faint, &line));
    cases(outcome, &mut page);
    trajectories(outcome, &mut page);
    for column in outcome.points().into_iter().flat_map(Table::data) {
        let known = column.cells.real().into_iter().flatten().copied().filter(|x| x.is_finite());
        let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        if low <= high {
            page.line(&format!("  {}: from {} to {}", column.name, short(low), short(high)));
        }
    }
    let failed = reasons.len();
    if !outcome.has_results()
        && let Some(reason) = reasons.values().next()
    {
        page.line(&format!("  no point has a result: {reason}; the reasons are in {}.reasons.csv", outcome.name));
    } else if failed > 0 {
        let have = if failed == 1 { "point has" } else { "points have" };
        page.line(&format!("  {failed} {have} missing values; the reasons are in {}.reasons.csv", outcome.name));
    }
    claims(&outcome.claims, &mut page);
    page.text()
}

/// A range of numbers of collisions, `20 collisions` or `10 to 40 collisions`; points without collisions are steady
/// states.
fn range(counts: &RangeInclusive<u64>) -> String {
    match (counts.start(), counts.end()) {
        (_, 0) => "the steady state".into(),
        (low, high) if low == high => format!("{low} collisions"),
        (low, high) => format!("{low} to {high} collisions"),
    }
}

/// Formats a wall time: `2.345 s`, or `1 min 40 s` from 100 s on.
#[must_use]
pub fn seconds(wall: Duration) -> String {
    let s = wall.as_secs_f64();
    if s < 100.0 { format!("{s:.3} s") } else { format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0) }
}

/// The number of collisions of a run, its last values, its claims, and its spectrum if requested.
fn run_summary(protocol: &str, outcome: &Outcome) -> String {
    let mut page = Page::default();
    page.line(&head(protocol, &outcome.name, outcome.title.as_deref()));
    let early = match outcome.ending {
        Ending::Condition => ", where the condition of `until` held",
        Ending::Interrupted => ", where it was interrupted",
        Ending::Fault(_) => ", where it failed",
        Ending::Complete => "",
    };
    let count = match &outcome.steady {
        Some(SteadyRun { residual, collisions: None }) => format!("steady state, residual {residual:.0e}"),
        Some(SteadyRun { residual, collisions: Some(n) }) => {
            format!("steady state after {n} collisions, last change {residual:.0e}")
        }
        None if early.is_empty() => format!("{} collisions", outcome.collisions),
        None => format!("{} of {} collisions", outcome.collisions, outcome.requested),
    };
    let run = format!("  {count}{early}, {}, backend {}", seconds(outcome.wall), outcome.ran);
    page.line(&tone(Tone::Faint, &run));
    trajectories(outcome, &mut page);
    cases(outcome, &mut page);
    let last = last_values(outcome);
    if !last.is_empty() {
        let when = if outcome.steady.is_some() { "steady" } else { "last" };
        page.line(&format!("  {when}: {}", last.join(", ")));
    }
    claims(&outcome.claims, &mut page);
    if let Some(view) = &outcome.spectrum {
        spectrum_page(view).lines().for_each(|line| page.line(&format!("  {line}")));
    }
    page.text()
}

/// The line of a claim: `✓ last(C12) < -0.98   last(C12) = -0.9907`.
#[must_use]
pub fn claim_line(claim: &Claim) -> String {
    let mark = if claim.holds { tone(Tone::Good, "✓") } else { tone(Tone::Bad, "✗") };
    let measured =
        if claim.measured.is_empty() { String::new() } else { tone(Tone::Faint, &format!("   {}", claim.measured)) };
    format!("{mark} {}{measured}", claim.text)
}

/// The last value of each series and number, as `x1 = 0.25`, or `x1 = 0.25 ± 0.01` with its standard error; at most
/// twelve.
fn last_values(outcome: &Outcome) -> Vec<String> {
    let numbers: Vec<(&str, f64)> = outcome.last_numbers().collect();
    let error = |name: &str| {
        let of = format!("stderr({name})");
        numbers.iter().find(|(n, _)| outcome.sampled.is_some() && *n == of).map(|(_, x)| *x)
    };
    let is_error = |name: &str| numbers.iter().any(|(n, _)| error(n).is_some() && name == format!("stderr({n})"));
    let shown = |(name, x): &(&str, f64)| match error(name) {
        Some(error) => format!("{name} = {} ± {}", short(*x), short(error)),
        None => format!("{name} = {}", short(*x)),
    };
    let all: Vec<String> = numbers.iter().filter(|(name, _)| !is_error(name)).map(shown).collect();
    // The entries of a `state(…)` would fill the screen; the file has all of them.
    if all.len() > 12 { all.into_iter().take(12).chain(std::iter::once("…".to_string())).collect() } else { all }
}

/// Formats a number with seven significant digits; NaN becomes `missing`.
#[must_use]
pub fn short(x: f64) -> String {
    if x.is_nan() {
        return "missing".into();
    }
    format_number(format!("{x:.6e}").parse().expect("a printed number parses"))
}
