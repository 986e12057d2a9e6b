//! `plot`: draws series in the terminal, or writes them to a file.

use std::borrow::Cow;
use std::path::Path;

use super::evaluate::series;
use super::run::Run;
use super::state::State;
use super::{Failure, Reply, files, refuse};
use crate::analysis::{Role, Series, Table, TableColumn, TableKind};
use crate::check::Experiment;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::figures::figures;
use crate::output::figure::{Content, Curve, Figure, Format, Panel, sketch, typeset, write_figure};
use crate::output::{Tone, tone, write_csv};

/// Height of a plot in the terminal, in lines.
const ROWS: usize = 18;

/// `plot [SERIES…] [> FILE]`
pub(super) fn plot(state: &State, arguments: &str, width: usize) -> Result<Reply, Failure> {
    let (what, file) = target(arguments);
    if let Some(file) = file.filter(|f| Path::new(f).extension().is_some_and(|e| e == "csv")) {
        return table(state, what, file);
    }
    let figure = match what {
        "" => whole(state)?,
        name if state.runs.values().any(|run| run.experiment.name.text == name) => of_experiment(state, name)?,
        what => {
            let curves = named_series(state, what)?.iter().map(|(text, s)| curve(text, s)).collect();
            let title = state.last.as_ref().and_then(|run| run.experiment.title.clone());
            of_curves(curves, title)
        }
    };
    shown(&figure, file, width)
}

fn named_series<'t>(state: &State, what: &'t str) -> Result<Vec<(&'t str, Series)>, Failure> {
    expressions(what).into_iter().map(|text| Ok((text, series(state, text)?))).collect()
}

/// Writes series to a CSV file. If no series is named, writes the table that `carom run` would write.
fn table(state: &State, what: &str, file: &str) -> Result<Reply, Failure> {
    let path = files::path(file)?;
    let named = named_series(state, what)?;
    let run = state.last.as_ref().filter(|run| run.is_single());
    let table = match (named.first(), run.and_then(|run| run.outcome.tables.first())) {
        (Some((first, s)), _) => {
            if let Some((other, t)) = named.iter().find(|(_, t)| t.index != s.index) {
                let message = format!("`{first}` is recorded at {}, but `{other}` at {}", s.index, t.index);
                return Err(refuse(message, "write them to two files"));
            }
            let column = |(text, s): &(&str, Series)| TableColumn::of_series((*text).into(), Role::Computed, s);
            let columns = named.iter().map(column).collect();
            Table::of_series("series".into(), TableKind::Series, s.index.clone(), columns)
        }
        (None, Some(table)) if table.kind == TableKind::Series => table.clone(),
        _ => {
            return Err(refuse(
                "there are no series to write",
                "run an experiment that is not a sweep, or name series: `plot x1 > x1.csv`",
            ));
        }
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    write_csv(folder, &stem, &[&table]).map_err(|e| files::cannot_write(&e))?;
    Ok(Reply::said(tone(Tone::Faint, &format!("→ {}", path.display()))))
}

/// Draws a figure in the terminal, or to an SVG, PDF or PNG file, chosen by the file extension.
pub(super) fn shown(figure: &Figure, file: Option<&str>, width: usize) -> Result<Reply, Failure> {
    let Some(file) = file else { return Ok(Reply::said(sketch(figure, width, ROWS))) };
    let path = files::path(file)?;
    let Some(format) = Format::of(&path) else {
        return Err(refuse(
            format!("`{file}` is neither .svg nor .pdf nor .png nor .csv"),
            "write `plot x1 > x1.svg`, or `plot x1 > x1.csv` for the numbers",
        ));
    };
    write_figure(figure, format, &path).map_err(|e| files::cannot_write(&e))?;
    Ok(Reply::said(tone(Tone::Faint, &format!("→ {}", path.display()))))
}

/// Splits the arguments into what to draw and the file name after the last `>`, if there is one.
pub(super) fn target(arguments: &str) -> (&str, Option<&str>) {
    let arguments = arguments.trim();
    let split = arguments.rsplit_once('>').filter(|(_, file)| {
        let file = file.trim();
        // The `>` that ends `<Z(s)>` and the comparison `x > 0.5` are not followed by a file name.
        Path::new(file).extension().is_some_and(|e| e.to_str().is_some_and(|e| e.chars().all(char::is_alphabetic)))
    });
    match split {
        Some((what, file)) => (what.trim(), Some(file.trim())),
        None => (arguments, None),
    }
}

/// Splits a text into expressions. `x1 x2` and `x1 - x2, abs(x1)` are two each; `x1 - x2` is one.
fn expressions(text: &str) -> Vec<&str> {
    let name = |w: &str| w.chars().all(|c| c.is_alphanumeric() || c == '_');
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.iter().all(|w| name(w)) {
        return words;
    }
    let (mut depth, mut start, mut out) = (0i32, 0, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                out.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(text[start..].trim());
    out.retain(|t| !t.is_empty());
    out
}

/// A series as a curve against the collision number.
pub(super) fn curve(label: &str, series: &Series) -> Curve {
    let (x, y) = (series.index.clone().into(), series.values.clone());
    Curve { label: typeset(label), x, y, ..Curve::default() }
}

/// A figure with one panel of curves against the collision number.
pub(super) fn of_curves(curves: Vec<Curve>, title: Option<String>) -> Figure {
    let panel = Panel { x_label: Some(typeset("n")), content: Content::Curves(curves), ..Panel::default() };
    Figure { title, panels: vec![panel], size: None }
}

/// The figure of the last run, as its experiment draws it.
fn whole(state: &State) -> Result<Figure, Failure> {
    let Some(run) = &state.last else {
        return Err(refuse(
            "there is nothing to plot yet",
            "run an experiment or the model first, for example `run 500`",
        ));
    };
    drawn(state, run)
}

fn of_experiment(state: &State, name: &str) -> Result<Figure, Failure> {
    let run = state.runs.values().find(|run| run.experiment.name.text == name).expect("just found");
    drawn(state, run)
}

/// The first figure of an experiment, from the tables of its run.
fn drawn(state: &State, run: &Run) -> Result<Figure, Failure> {
    let tables = |other: &Experiment| match other.name.key == run.experiment.name.key {
        true => Ok(Cow::Borrowed(&*run.outcome.tables)),
        false => match state.runs.get(&other.name.key) {
            Some(run) => Ok(Cow::Borrowed(&*run.outcome.tables)),
            None => {
                let name = &other.name;
                let message = format!("`{}` has not been run yet", name.text);
                let d = Diagnostic::new(Code::CannotRead, message, name.span, "this panel shows its figure");
                Err(Box::new(d.help(format!("run it first: `run {}`", name.text))))
            }
        },
    };
    let figures = figures(&run.checked.program, &run.experiment, &[], &run.checked.sources, &tables);
    let first = figures.map_err(|d| run.checked.failure(d))?.into_iter().next();
    first.map(|d| d.figure).ok_or_else(|| refuse("this experiment has nothing to draw", "name series: `plot x1`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_name_follows_the_last_arrow() {
        assert_eq!(target("x1 x2 > a.svg"), ("x1 x2", Some("a.svg")));
        assert_eq!(target("x1 > 0.5"), ("x1 > 0.5", None));
        assert_eq!(target("<Z(s)>"), ("<Z(s)>", None));
        assert_eq!(target(""), ("", None));
    }

    #[test]
    fn names_separated_by_spaces_are_several_expressions() {
        assert_eq!(expressions("x1 x2"), ["x1", "x2"]);
        assert_eq!(expressions("x1 - x2, f(a, b)"), ["x1 - x2", "f(a, b)"]);
    }
}
