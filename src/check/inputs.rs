//! Reads the inputs of a program: columns of CSV files in the folder of a script, or among the data of shipped protocols.

use std::path::Path;

use super::collect::Collected;
use super::load::is_inside;
use super::program::{ExprKind, Input, InputId};
use super::resolve::Resolver;
use super::suggest::nearest;
use crate::ast::{Argument, InputDecl, Name};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{Column, ColumnError, column_of, read_column};
use crate::shipped::data;

/// Reads the column of every input. An input that cannot be read has no values.
pub(super) fn read(c: &Collected<'_>, errors: &mut Vec<Diagnostic>) -> Vec<Input> {
    let one = |(def, folder): &(super::collect::Def<'_, InputDecl>, Option<&Path>)| {
        let decl = def.value;
        let Column { values, sha256 } = column(decl, *folder).unwrap_or_else(|d| {
            errors.push(*d);
            Column { values: Vec::new(), sha256: String::new() }
        });
        Input {
            name: def.name.clone(),
            file: decl.file.clone(),
            column: decl.column.clone(),
            span: decl.file_span,
            values: values.into(),
            sha256,
        }
    };
    c.inputs.iter().map(one).collect()
}

fn column(decl: &InputDecl, folder: Option<&Path>) -> Result<Column, Box<Diagnostic>> {
    let shown = decl.file.escape_debug();
    let fail = |code: Code, message: String, label: &str| Diagnostic::new(code, message, decl.file_span, label);
    // As with `use`, a file in the folder takes precedence over shipped data.
    let beside = folder.is_some_and(|folder| folder.join(&decl.file).exists());
    if let Some(data) = data(&decl.file).filter(|_| !beside) {
        return column_of(data.text.as_bytes(), &decl.column).map_err(|e| Box::new(refused(decl, Path::new(""), &e)));
    }
    let Some(folder) = folder else {
        let message = format!("`{shown}` cannot be found: this script has no folder");
        return Err(Box::new(
            fail(Code::CannotRead, message, "relative to which folder?")
                .help("an input is read from the folder of the script: save the script to a file, next to its data"),
        ));
    };
    let relative = Path::new(&decl.file);
    let path = folder.join(relative);
    let plain = relative.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if !plain || decl.file.is_empty() || path.exists() && !is_inside(folder, &path) {
        let message = format!("`{shown}` is not a file in the folder of the script");
        return Err(Box::new(
            fail(Code::InputOutside, message, "outside the folder")
                .help("copy the data into the script's folder, and write its name, as in \"drive.csv\""),
        ));
    }
    read_column(&path, &decl.column).map_err(|e| Box::new(refused(decl, folder, &e)))
}

/// The error for a column that cannot be read.
fn refused(decl: &InputDecl, folder: &Path, e: &ColumnError) -> Diagnostic {
    let shown = decl.file.escape_debug();
    let at_file = |code: Code, message: String, label: &str| Diagnostic::new(code, message, decl.file_span, label);
    match e {
        ColumnError::File(error) => {
            let d = at_file(Code::CannotRead, format!("cannot read `{shown}`: {error}"), "not read");
            let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let names: Vec<String> = files.filter_map(|f| f.file_name().into_string().ok()).collect();
            let tables = names.iter().map(String::as_str).filter(|name| name.ends_with(".csv"));
            match nearest(&decl.file, tables).filter(|_| error.kind() == std::io::ErrorKind::NotFound) {
                Some(near) => d.help(format!("did you mean \"{near}\"?")),
                None => d.help("an input is a CSV file in the folder of the script, with a header line"),
            }
        }
        ColumnError::TooLarge => at_file(Code::InputTooLarge, format!("`{shown}` is too large: {e}"), "too large")
            .help("keep one value for each collision, and only the columns that the script reads"),
        ColumnError::NoColumn { heads } => {
            let message = format!("`{shown}` has no column \"{}\": {e}", decl.column.escape_debug());
            let d = Diagnostic::new(Code::InputColumn, message, decl.column_span, "not in the first line");
            match nearest(&decl.column, heads.iter().map(String::as_str)).or(heads.first().map(String::as_str)) {
                Some(near) if !near.is_empty() => d.help(format!("write column \"{}\"", near.escape_debug())),
                _ => d.help("the first line of the file names its columns: `t,amplitude`"),
            }
        }
        ColumnError::Twice => {
            let message = format!("`{shown}` has several columns \"{}\"", decl.column.escape_debug());
            let d = Diagnostic::new(Code::InputColumn, message, decl.column_span, "more than one");
            d.help("give each column a name of its own in the first line of the file")
        }
        ColumnError::NotANumber { .. } | ColumnError::Malformed(_) | ColumnError::Empty => {
            let message = format!("`{shown}` is not a column of numbers: {e}");
            at_file(Code::InputNotNumbers, message, "not numbers")
                .help("each line after the first holds one finite number in this column, as in `0.25` or `1e-3`")
        }
    }
}

impl Resolver<'_> {
    /// `u(n)`
    pub(super) fn input(&mut self, id: InputId, name: &Name, groups: &[Vec<Argument>]) -> ExprKind {
        if let [arguments] = groups
            && let [Argument { name: None, value }] = arguments.as_slice()
        {
            return ExprKind::Input { id, at: Box::new(self.expr(value)) };
        }
        let message = format!("`{}` is a column of numbers, of which the index selects one", name.text);
        let d = Diagnostic::new(Code::WrongArguments, message, name.span, "which value?");
        self.errors.push(
            d.help(format!("write `{0}(n)` for the value of this collision, or `{0}(1)` for the first", name.text)),
        );
        ExprKind::Error
    }
}
