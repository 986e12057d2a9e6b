//! `diff`: compares the script with the loaded file, and the last run with the previous run of the same experiment.

use similar::TextDiff;

use super::Reply;
use super::definitions::changed_names;
use super::run::Run;
use super::state::State;
use crate::analysis::Table;
use crate::check::{Analysis, Experiment, ExprKind};
use crate::experiment::Outcome;
use crate::output::{Tone, tone};
use crate::report::short;

/// Relative change below which two numbers count as equal; absolute for numbers smaller than 1.
const SAME: f64 = 1e-9;

/// The absolute Pearson coefficient above which two signals count as synchronized, as in the shipped protocols.
const LOCKED: f64 = 0.9;

/// `diff`
pub(super) fn diff(state: &State) -> Reply {
    let (old, new) = (&state.base.text, &state.checked.script.text);
    let mut reply = Reply::default();
    if old == new {
        reply.line(&tone(Tone::Faint, &format!("the script is {} as it was loaded", state.base.protocol)));
    } else {
        let text = TextDiff::from_lines(old.as_str(), new.as_str());
        let name = &state.base.name;
        let unified = text.unified_diff().context_radius(2).header(name, "session").to_string();
        for line in unified.lines() {
            let shade = match line.as_bytes().first() {
                Some(b'+') => Tone::Good,
                Some(b'-') => Tone::Bad,
                Some(b'@') => Tone::Faint,
                _ => {
                    reply.line(line);
                    continue;
                }
            };
            reply.line(&tone(shade, line));
        }
    }
    if let (Some(before), Some(last)) = (&state.before, &state.last) {
        let moved = moved(before, last);
        let name = &last.experiment.name.text;
        if moved.is_empty() {
            reply.line(&tone(Tone::Faint, &format!("{name}: same results as in the previous run")));
        } else {
            reply.line(&tone(Tone::Strong, &format!("{name}: changes since the previous run")));
            moved.iter().for_each(|line| reply.line(&format!("  {line}")));
        }
    }
    reply
}

/// The message of `undo` or `redo`: `undone` or `redone`, and the definitions that changed.
pub(super) fn change_message(word: &str, left: &State, now: &State) -> String {
    let names = changed_names(&left.checked.script.text, &now.checked.script.text);
    let what = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    tone(Tone::Faint, &format!("{word}{what}"))
}

/// The differences between two runs of an experiment, one per line.
pub(super) fn moved(before: &Run, after: &Run) -> Vec<String> {
    let (old, new) = (&before.outcome, &after.outcome);
    match (before.is_single(), after.is_single()) {
        (true, true) => single(old, new, &after.experiment),
        (false, false) => {
            let mut out = parameters(&old.parameters, &new.parameters);
            for column in new.points().into_iter().flat_map(Table::data) {
                let both = (old.collected(&column.name), new.collected(&column.name));
                let (Some(a), Some(b)) = both else { continue };
                let (a, b) = (range(a), range(b));
                if a != b {
                    out.push(format!("{}  from {a} to {b}", column.name));
                }
            }
            out
        }
        _ => Vec::new(),
    }
}

fn range(values: &[f64]) -> String {
    let known = values.iter().copied().filter(|x| x.is_finite());
    let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    if low > high { "nothing".into() } else { format!("[{}, {}]", short(low), short(high)) }
}

fn parameters(old: &[(String, String)], new: &[(String, String)]) -> Vec<String> {
    let changed = new.iter().filter_map(|(name, value)| {
        let (_, before) = old.iter().find(|(n, _)| n == name)?;
        (before != value).then(|| tone(Tone::Faint, &format!("{name}  {} → {}", digits(before), digits(value))))
    });
    changed.collect()
}

/// A parameter's value, rounded to the digits that `short` prints.
fn digits(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_string(), short)
}

fn single(old: &Outcome, new: &Outcome, experiment: &Experiment) -> Vec<String> {
    let mut out = parameters(&old.parameters, &new.parameters);
    if old.collisions != new.collisions {
        out.push(tone(Tone::Faint, &format!("collisions  {} → {}", old.collisions, new.collisions)));
    }
    let old_last: Vec<(&str, f64)> = old.last_numbers().collect();
    for (name, b) in new.last_numbers() {
        let Some((_, a)) = old_last.iter().find(|(n, _)| *n == name) else { continue };
        let same = (a.is_nan() && b.is_nan()) || (a - b).abs() <= SAME * a.abs().max(1.0);
        if !same {
            out.push(format!("last {name}  {} → {}", short(*a), short(b)));
        }
    }
    for a in &experiment.analysis {
        let Analysis::Let { name, value, .. } = a else { continue };
        let is_pearson = matches!(&value.kind, ExprKind::Function { series: Some(row), .. } if row.name == "pearson");
        let both = (lock(old, &name.text), lock(new, &name.text));
        if let (true, (Some(a), Some(b))) = (is_pearson, both)
            && a != b
        {
            out.push(format!("{}  {a} → {b}", name.text));
        }
    }
    for claim in &new.claims {
        if let Some(before) = old.claims.iter().find(|c| c.text == claim.text && c.holds != claim.holds) {
            let word = |holds: bool| if holds { tone(Tone::Good, "holds") } else { tone(Tone::Bad, "fails") };
            out.push(format!("{}  {} → {}", claim.text, word(before.holds), word(claim.holds)));
        }
    }
    out
}

/// The collision after which a Pearson series stays beyond ±0.9: `in anti-phase from n = 1204`, or `never locked`.
fn lock(outcome: &Outcome, name: &str) -> Option<String> {
    let s = outcome.find_series(name)?;
    let beyond = |sign: f64| {
        // A missing value counts as not locked.
        let free = s.analysed().rev().find(|(_, x)| x.is_nan() || sign * x <= LOCKED).map(|(n, _)| n);
        s.analysed().find(|(n, x)| free.is_none_or(|f| *n > f) && x.is_finite()).map(|(n, _)| n)
    };
    Some(match (beyond(-1.0), beyond(1.0)) {
        (Some(n), _) => format!("in anti-phase from n = {n}"),
        (_, Some(n)) => format!("in phase from n = {n}"),
        _ => "never locked".to_string(),
    })
}
