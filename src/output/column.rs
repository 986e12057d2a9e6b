//! Reads one column of a CSV file.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use crate::storage::{fingerprint_of, open_regular};

/// The largest file, in bytes.
const MAX_FILE: u64 = 1 << 26;
/// The most values of a column.
const MAX_VALUES: usize = 10_000_000;

/// The numbers of a column.
#[derive(Debug, PartialEq)]
pub struct Column {
    /// The numbers, in the order of the rows.
    pub values: Vec<f64>,
    /// SHA-256 of the bytes of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a column cannot be read.
#[derive(Debug)]
pub enum ColumnError {
    /// The file cannot be read.
    File(io::Error),
    /// The file has more than 64 MiB, or the column too many values.
    TooLarge,
    /// The first line has no such head.
    NoColumn {
        /// The heads of the first line.
        heads: Vec<String>,
    },
    /// Several columns have this head.
    Twice,
    /// A field is not a finite number.
    NotANumber {
        /// The line of the file, from 1.
        line: u64,
        /// The text of the field.
        field: String,
    },
    /// The lines of the file have different numbers of fields, or the file is not UTF-8 text.
    Malformed(String),
    /// The column has no values.
    Empty,
}

/// Reads the numbers under a head in the first line of a CSV file. Fields may be surrounded by spaces.
///
/// # Errors
/// [`ColumnError`]
pub fn read_column(path: &Path, head: &str) -> Result<Column, ColumnError> {
    let mut bytes = Vec::new();
    let file = open_regular(path).map_err(ColumnError::File)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(ColumnError::File)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(ColumnError::TooLarge);
    }
    column_of(&bytes, head)
}

/// As [`read_column`], from the bytes of a file.
///
/// # Errors
/// [`ColumnError`]
pub fn column_of(bytes: &[u8], head: &str) -> Result<Column, ColumnError> {
    let values = numbers(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes), head)?;
    Ok(Column { values, sha256: fingerprint_of(bytes) })
}

fn numbers(bytes: &[u8], head: &str) -> Result<Vec<f64>, ColumnError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ColumnError::Empty);
    }
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let heads: Vec<String> = csv.headers().map_err(|e| malformed(&e))?.iter().map(ToString::to_string).collect();
    let Some(at) = heads.iter().position(|h| h == head) else { return Err(ColumnError::NoColumn { heads }) };
    if heads[at + 1..].iter().any(|h| h == head) {
        return Err(ColumnError::Twice);
    }
    let mut values = Vec::new();
    let mut record = csv::StringRecord::new();
    while csv.read_record(&mut record).map_err(|e| malformed(&e))? {
        let field = record.get(at).unwrap_or_default();
        let number = field.parse::<f64>().ok().filter(|x| x.is_finite());
        values.push(number.ok_or_else(|| ColumnError::NotANumber {
            line: record.position().map_or(0, csv::Position::line),
            field: field.chars().take(40).collect(),
        })?);
        if values.len() > MAX_VALUES {
            return Err(ColumnError::TooLarge);
        }
    }
    if values.is_empty() { Err(ColumnError::Empty) } else { Ok(values) }
}

/// What is wrong with a file that is not a table, in words.
fn malformed(e: &csv::Error) -> ColumnError {
    let line = |at: &Option<csv::Position>| at.as_ref().map_or(1, csv::Position::line);
    ColumnError::Malformed(match e.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let s = if *len == 1 { "" } else { "s" };
            format!("line {} has {len} field{s}, but the first line has {expected_len}", line(pos))
        }
        csv::ErrorKind::Utf8 { pos, .. } => format!("line {} is not UTF-8 text", line(pos)),
        _ => e.to_string(),
    })
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(e) => e.fmt(f),
            Self::TooLarge => write!(f, "it has more than {} MiB or {MAX_VALUES} lines", MAX_FILE >> 20),
            Self::NoColumn { heads } => write!(f, "its columns are {}", heads.join(", ")),
            Self::Twice => f.write_str("several columns have this head"),
            Self::NotANumber { line, field } if field.is_empty() => write!(f, "the field in line {line} is empty"),
            Self::NotANumber { line, field } => {
                write!(f, "line {line} has `{}`, which is not a finite number", field.escape_debug())
            }
            Self::Malformed(why) => f.write_str(why),
            Self::Empty => f.write_str("it has no values"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_under_a_head_is_read() {
        let text = b"t, amplitude\n0,0.5\n1, -2e-3 \n";
        assert_eq!(numbers(text, "amplitude").unwrap(), [0.5, -2e-3]);
        assert_eq!(numbers(text, "t").unwrap(), [0.0, 1.0]);
    }

    #[test]
    fn whatever_is_not_a_column_of_numbers_has_a_reason() {
        let why = |text: &[u8]| numbers(text, "u").unwrap_err().to_string();
        assert_eq!(why(b"a,b\n1,2\n"), "its columns are a, b");
        assert_eq!(why(b"u,b\n1,2\nx,2\n"), "line 3 has `x`, which is not a finite number");
        assert_eq!(why(b"u\n1\ninf\n"), "line 3 has `inf`, which is not a finite number");
        assert_eq!(why(b"u,b\n1,2\n,2\n"), "the field in line 3 is empty");
        assert_eq!(why(b"u\n"), "it has no values");
        assert_eq!(why(b" \n"), "it has no values");
        assert_eq!(why(b"u,u\n1,2\n"), "several columns have this head");
        assert_eq!(why(b"u,b\n1\n"), "line 2 has 1 field, but the first line has 2");
        assert_eq!(why(b"u\n\xFF\n"), "line 2 is not UTF-8 text");
    }
}
