//! Draws an experiment's figures from its files.

use std::path::{Path, PathBuf};

use super::cannot_write;
use crate::check::{Experiment, Setting};
use crate::cli::console::Console;
use crate::cli::script::Opened;
use crate::diagnostic::Diagnostic;
use crate::experiment::figures::figures;
use crate::output::figure::{sketch, write_png, write_svg};

/// Rows of a sketch.
const ROWS: usize = 16;

/// Draws the figures of an experiment below `folder` and returns their files, and a sketch of the first.
pub(in crate::cli) fn draw(
    opened: &Opened,
    experiment: &Experiment,
    settings: &[Setting],
    folder: &Path,
) -> Result<(Vec<PathBuf>, Option<String>), Vec<Diagnostic>> {
    let drawn = figures(&opened.program, experiment, settings, folder, &opened.sources)?;
    let dir = folder.join(&experiment.name.text);
    let mut files = Vec::new();
    for d in &drawn {
        let (svg, png) = (dir.join(format!("{}.svg", d.stem)), dir.join(format!("{}.png", d.stem)));
        write_svg(&d.figure, &svg).and_then(|()| write_png(&d.figure, &png)).map_err(|e| vec![cannot_write(&e)])?;
        files.extend([svg, png]);
    }
    Ok((files, drawn.first().map(|d| sketch(&d.figure, Console::width(), ROWS))))
}
