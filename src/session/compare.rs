//! `compare`: draws two runs that differ in one parameter into one figure, and reports where they diverge.

use super::plot::{curve, of_curves, shown, target};
use super::read::first_word;
use super::run::{Compared, compared};
use super::state::State;
use super::{Failure, Reply, refuse};
use crate::analysis::Series;
use crate::check::{Entity, Type};
use crate::experiment::Control;
use crate::output::{Tone, tone};
use crate::report::short;
use crate::syntax;

/// The default tolerance: absolute differences up to this size are ignored.
const TOLERANCE: f64 = 1e-6;

/// `compare A B SERIES…` or `compare NAME = A, B SERIES…`
struct Request<'t> {
    parameter: String,
    values: [&'t str; 2],
    series: Vec<&'t str>,
    tolerance: f64,
}

pub(super) fn compare(state: &State, arguments: &str, width: usize, control: &Control<'_>) -> Result<Reply, Failure> {
    let (what, file) = target(arguments);
    let request = request(state, what)?;
    let both = request.values.map(|v| compared(state, &request.parameter, v, control));
    let [a, b] = both;
    let (a, b) = (a?, b?);
    if a.outcome.interrupted() || b.outcome.interrupted() {
        let mut reply = Reply::said("interrupted; neither run was kept");
        reply.interrupted = true;
        return Ok(reply);
    }
    let mut reply = Reply::default();
    let title = format!("{}: {} and {}", a.outcome.name, request.values[0], request.values[1]);
    reply.line(&tone(Tone::Strong, &title));
    let mut curves = Vec::new();
    for name in &request.series {
        let (x, y) = (series_of(&a, name)?, series_of(&b, name)?);
        curves.push(curve(&format!("{name} {}", request.values[0]), &x));
        curves.push(curve(&format!("{name} {}", request.values[1]), &y));
        reply.line(&format!("  {name}: {}", parting(&x, &y, request.tolerance)));
    }
    let mut figure = of_curves(curves, None);
    figure.title = file.map(|_| title);
    let drawn = shown(&figure, file, width)?;
    reply.join(drawn);
    reply.sources = a.sources;
    Ok(reply)
}

/// The first collision at which two series differ by more than a tolerance, and their largest difference.
fn parting(x: &Series, y: &Series, tolerance: f64) -> String {
    if x.index != y.index {
        return format!("the two runs record different collisions: {} and {}", x.index, y.index);
    }
    let apart = |(a, b): (&f64, &f64)| if a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() };
    let differences: Vec<f64> = x.values.iter().zip(&y.values).map(apart).collect();
    let first = differences.iter().position(|d| d.is_nan() || *d > tolerance);
    let largest = differences.iter().copied().filter(|d| d.is_finite()).fold(0.0, f64::max);
    let where_largest = differences.iter().position(|d| *d == largest).map_or(0, |i| x.index.at(i));
    let size = format!("largest difference {} at n = {where_largest}", short(largest));
    match first {
        Some(i) => format!("they diverge at n = {} (by more than {}); {size}", x.index.at(i), short(tolerance)),
        None if largest == 0.0 => "identical at every collision".to_string(),
        None => format!("they never differ by more than {}; {size}", short(tolerance)),
    }
}

fn series_of(run: &Compared, name: &str) -> Result<Series, Failure> {
    let key = syntax::canonical(name);
    let column = run.outcome.named().find(|c| syntax::canonical(&c.name) == key);
    column.and_then(|c| run.outcome.find_series(&c.name)).ok_or_else(|| {
        let all: Vec<&str> = run.outcome.series().map(|(n, _)| n).collect();
        refuse(format!("`{}` has no series `{name}`", run.outcome.name), &format!("series: {}", all.join(", ")))
    })
}

fn request<'t>(state: &State, text: &'t str) -> Result<Request<'t>, Failure> {
    let usage = || {
        refuse("`compare` needs two values and a series", "write `compare keep erase x1` or `compare γ = 0, π/2 x1`")
    };
    let (text, tolerance) = match text.rsplit_once("tolerance") {
        Some((before, number)) => {
            let number = number.trim().trim_start_matches('=').trim();
            let tolerance: f64 = number.parse().ok().filter(|t: &f64| t.is_finite() && *t >= 0.0).ok_or_else(|| {
                refuse(format!("`{number}` is not a tolerance"), "write a number, as in `tolerance 1e-3`")
            })?;
            (before.trim(), tolerance)
        }
        None => (text.trim(), TOLERANCE),
    };
    let (word, rest) = first_word(text);
    let is_param = matches!(state.checked.program.names.get(&syntax::canonical(word)), Some(Entity::Param(_)));
    let (parameter, values, names) = match rest.trim_start().strip_prefix('=') {
        Some(rest) if is_param => {
            let (a, rest) = rest.split_once(',').ok_or_else(usage)?;
            let rest = rest.trim_start();
            let (b, names) = rest.split_once(char::is_whitespace).ok_or_else(usage)?;
            (word.to_string(), [a.trim(), b.trim_end_matches(',')], names)
        }
        _ => {
            let mut words = text.split_whitespace();
            let values = [words.next().ok_or_else(usage)?, words.next().ok_or_else(usage)?];
            let begin = values[1].as_ptr() as usize - text.as_ptr() as usize + values[1].len();
            (rule_parameter(state, values)?, values, &text[begin..])
        }
    };
    let series: Vec<&str> = names.split([' ', ',', '\t']).filter(|w| !w.is_empty()).collect();
    if series.is_empty() {
        return Err(usage());
    }
    Ok(Request { parameter, values, series, tolerance })
}

/// The one parameter of type rule, after checking that both values are rules.
fn rule_parameter(state: &State, values: [&str; 2]) -> Result<String, Failure> {
    let program = &state.checked.program;
    for value in values {
        let key = syntax::canonical(value);
        if !program.sequences.iter().any(|s| s.is_rule && s.name.key == key) {
            let help = "name two rules, as in `compare keep erase x1`, or a parameter: `compare γ = 0, π/2 x1`";
            return Err(refuse(format!("`{value}` is not a rule"), help));
        }
    }
    let holders: Vec<&str> =
        program.params.iter().filter(|p| p.ty == Type::Rule).map(|p| p.name.text.as_str()).collect();
    match holders.as_slice() {
        [one] => Ok((*one).to_string()),
        [] => {
            Err(refuse("no parameter holds a rule", "add `param trace_out = keep`, and `trace trace_out` in the step"))
        }
        several => {
            let help = format!("name it: `compare {} = {}, {} …`", several[0], values[0], values[1]);
            Err(refuse(format!("several parameters hold rules: {}", several.join(", ")), &help))
        }
    }
}
