//! Plots of a session: in the terminal and into files.

use std::path::Path;

use super::evaluate::series;
use super::run::{Result as RunResult, Run};
use super::state::State;
use super::{Failure, Reply, files, refuse};
use crate::analysis::Series;
use crate::experiment::figures::figures;
use crate::experiment::files::{series_files, write_run, write_sweep};
use crate::output::figure::{Content, Curve, Figure, Panel, sketch, write_png, write_svg};
use crate::output::{Tone, tone, write_series};
use crate::storage::{ensure_dir, temporary_folder};

/// Lines of a plot in the terminal.
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

/// The numbers of a plot: as `carom run` writes them, if no series is named.
fn table(state: &State, what: &str, file: &str) -> Result<Reply, Failure> {
    let path = files::path(file)?;
    let named = named_series(state, what)?;
    let run = state.last.as_ref().and_then(|run| run.outcome());
    let columns: Vec<(String, &Series)> = match run {
        _ if !named.is_empty() => named.iter().map(|(text, s)| ((*text).to_string(), s)).collect(),
        Some(outcome) => series_files(outcome).into_iter().next().map(|(_, columns)| columns).unwrap_or_default(),
        None => Vec::new(),
    };
    let Some((first, s)) = columns.first() else {
        return Err(refuse("there are no series to write", "run an experiment that is no sweep, or name series"));
    };
    if let Some((other, t)) = columns.iter().find(|(_, t)| t.index != s.index) {
        let message = format!("`{first}` stands at {}, and `{other}` at {}", s.index, t.index);
        return Err(refuse(message, "write them into two files"));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    write_series(folder, &name, &columns).map_err(|e| files::cannot_write(&e))?;
    Ok(Reply::said(tone(Tone::Faint, &format!("→ {}", path.display()))))
}

/// A figure in the terminal, or into a file by its ending.
pub(super) fn shown(figure: &Figure, file: Option<&str>, width: usize) -> Result<Reply, Failure> {
    let Some(file) = file else { return Ok(Reply::said(sketch(figure, width, ROWS))) };
    let path = files::path(file)?;
    match path.extension().and_then(|e| e.to_str()) {
        Some("svg") => write_svg(figure, &path),
        Some("png") => write_png(figure, &path),
        _ => {
            return Err(refuse(
                format!("`{file}` is neither .svg nor .png nor .csv"),
                "write `plot x1 > x1.svg`, or `.csv` for the numbers",
            ));
        }
    }
    .map_err(|e| files::cannot_write(&e))?;
    Ok(Reply::said(tone(Tone::Faint, &format!("→ {}", path.display()))))
}

/// What is drawn, and the file behind the last ` > ` if one stands there.
pub(super) fn target(arguments: &str) -> (&str, Option<&str>) {
    let arguments = arguments.trim();
    let split = arguments.rsplit_once('>').filter(|(_, file)| {
        let file = file.trim();
        // `<Z(s)>` ends with the same character, and `x > 0.5` has a number behind it.
        Path::new(file).extension().is_some_and(|e| e.to_str().is_some_and(|e| e.chars().all(char::is_alphabetic)))
    });
    match split {
        Some((what, file)) => (what.trim(), Some(file.trim())),
        None => (arguments, None),
    }
}

/// `x1 x2` are two, and so are `x1 - x2, abs(x1)`; `x1 - x2` is one.
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

/// A series as a curve over the collisions.
pub(super) fn curve(label: &str, series: &Series) -> Curve {
    let x = (0..series.values.len()).map(|i| series.index.at(i) as f64).collect();
    Curve { label: label.to_string(), x, y: series.values.clone(), ..Curve::default() }
}

/// Curves over the collisions in one panel.
pub(super) fn of_curves(curves: Vec<Curve>, title: Option<String>) -> Figure {
    let panel = Panel { x_label: Some("n".into()), content: Content::Curves(curves), ..Panel::default() };
    Figure { title, panels: vec![panel] }
}

/// The figure of the last run, as its experiment draws it.
fn whole(state: &State) -> Result<Figure, Failure> {
    let Some(run) = &state.last else {
        return Err(refuse("nothing to plot yet", "run something first: `run fig2`, or `run 500`"));
    };
    drawn(run)
}

fn of_experiment(state: &State, name: &str) -> Result<Figure, Failure> {
    let run = state.runs.values().find(|run| run.experiment.name.text == name).expect("just found");
    drawn(run)
}

/// Figures are drawn from the files of a run: these go to a temporary folder.
fn drawn(run: &Run) -> Result<Figure, Failure> {
    let folder = temporary_folder().map_err(|e| files::cannot_keep(&e))?;
    let dir = folder.path().join(&run.experiment.name.text);
    let (program, experiment) = (&run.checked.program, &run.experiment);
    let written = ensure_dir(&dir).and_then(|()| match &run.result {
        RunResult::Single(outcome) => write_run(outcome, &dir),
        RunResult::Sweep(swept) => write_sweep(program, experiment, &[], swept, &dir),
    });
    written.map_err(|e| files::cannot_write(&e))?;
    let figures = figures(program, experiment, &[], folder.path(), &run.checked.sources);
    let first = figures.map_err(|d| run.checked.failure(d))?.into_iter().next();
    first.map(|d| d.figure).ok_or_else(|| refuse("this experiment has nothing to draw", "name series: `plot x1`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_behind_the_last_arrow() {
        assert_eq!(target("x1 x2 > a.svg"), ("x1 x2", Some("a.svg")));
        assert_eq!(target("x1 > 0.5"), ("x1 > 0.5", None));
        assert_eq!(target("<Z(s)>"), ("<Z(s)>", None));
        assert_eq!(target(""), ("", None));
    }

    #[test]
    fn names_side_by_side_are_several() {
        assert_eq!(expressions("x1 x2"), ["x1", "x2"]);
        assert_eq!(expressions("x1 - x2, f(a, b)"), ["x1 - x2", "f(a, b)"]);
    }
}
