//! Draws the figures of an experiment and writes them to files.

use std::path::{Path, PathBuf};

use super::cannot_write;
use crate::check::{Experiment, Setting};
use crate::cli::console::Console;
use crate::cli::script::Opened;
use crate::diagnostic::Diagnostic;
use crate::experiment::figures::{Tables, figures};
use crate::output::figure::{Format, sketch, write_figure};

/// Height of a sketch, in lines.
const ROWS: usize = 16;

/// The figures of an experiment.
pub(in crate::cli) struct Figures {
    /// Paths of the SVG, PDF and PNG files.
    pub(in crate::cli) files: Vec<PathBuf>,
    /// The first figure as text for a terminal.
    pub(in crate::cli) sketch: Option<String>,
}

/// Draws the figures of an experiment into its folder `dir`, from the data that `tables` returns.
pub(in crate::cli) fn draw<'t>(
    opened: &Opened,
    experiment: &Experiment,
    settings: &[Setting],
    dir: &Path,
    tables: &dyn Fn(&Experiment) -> Tables<'t>,
) -> Result<Figures, Vec<Diagnostic>> {
    let drawn = figures(&opened.program, experiment, settings, &opened.sources, tables)?;
    let mut files = Vec::new();
    for d in &drawn {
        for format in Format::ALL {
            let path = dir.join(format!("{}.{}", d.stem, format.extension()));
            write_figure(&d.figure, format, &path).map_err(|e| vec![cannot_write(&e)])?;
            files.push(path);
        }
    }
    Ok(Figures { files, sketch: drawn.first().map(|d| sketch(&d.figure, Console::width(), ROWS)) })
}
