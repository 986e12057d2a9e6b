//! Tables as CSV. [`format_number`] writes the numbers; words are escaped so that a spreadsheet reads them as text.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::number::format_number;
use crate::analysis::{Cell, Cells, Table};
use crate::storage::{FileError, open_regular, write_file};

/// Writes `dir/stem.csv`, row by row, and returns its path.
///
/// A missing value is an empty field; lines end with `\n`. The tables of several points of a sweep follow one another,
/// and the values of the swept parameters precede the other columns.
///
/// # Errors
/// `stem` is not a plain file name (it would leave `dir`), or the file cannot be written.
///
/// # Panics
/// If the tables do not have the same columns.
pub fn write_csv(dir: &Path, stem: &str, tables: &[&Table]) -> Result<PathBuf, FileError> {
    let path = plain_path(dir, &format!("{stem}.csv"))?;
    write_file(&path, |w| write_tables(w, tables).map_err(system_error))?;
    Ok(path)
}

fn write_tables(w: impl Write, tables: &[&Table]) -> csv::Result<()> {
    let mut csv = csv::Writer::from_writer(w);
    let Some(first) = tables.first() else { return Ok(csv.flush()?) };
    let header: Vec<&Arc<str>> = names(first).collect();
    csv.write_record(header.iter().map(|h| guarded(h).into_owned()))?;
    for table in tables {
        assert!(names(table).eq(header.iter().copied()), "the tables of one file have the same columns");
        let keys: Vec<String> = table.keys.iter().map(|k| field(&k.value)).collect();
        for i in 0..table.rows() {
            for key in &keys {
                csv.write_field(key)?;
            }
            for column in &table.columns {
                match &column.cells {
                    Cells::Collisions(index) => csv.write_field(index.at(i).to_string())?,
                    Cells::Whole(values) => csv.write_field(values[i].to_string())?,
                    Cells::Real(values) => csv.write_field(format_number(values[i]))?,
                    Cells::Words(words) => csv.write_field(&*guarded(&words[i]))?,
                    Cells::Bools(values) => csv.write_field(values[i].to_string())?,
                }
            }
            csv.write_record(None::<&[u8]>)?;
        }
    }
    csv.flush()?;
    Ok(())
}

fn names(table: &Table) -> impl Iterator<Item = &Arc<str>> {
    table.keys.iter().map(|k| &k.name).chain(table.columns.iter().map(|c| &c.name))
}

/// A cell as a field of a file, with words escaped.
fn field(cell: &Cell) -> String {
    match cell {
        Cell::Number(x) => format_number(*x),
        Cell::Word(word) => guarded(word).into_owned(),
    }
}

/// A cell as text for display, without escaping.
#[must_use]
pub fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Number(x) => format_number(*x),
        Cell::Word(word) => word.to_string(),
    }
}

/// Whether a spreadsheet might evaluate the word as a formula. Leading apostrophes are ignored.
fn is_formula(word: &str) -> bool {
    word.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Prefixes a word that looks like a formula with an apostrophe, as OWASP recommends against CSV injection.
fn guarded(word: &str) -> Cow<'_, str> {
    if is_formula(word) { format!("'{word}").into() } else { word.into() }
}

/// The inverse of [`guarded`].
fn unguarded(field: &str) -> &str {
    field.strip_prefix('\'').filter(|word| is_formula(word)).unwrap_or(field)
}

/// The columns of a file, each with its name, in file order.
pub type ReadColumns = Vec<(String, Cells)>;

/// Reads a CSV file. A column holds words if `is_words` is true for its name, and numbers ([`Cells::Real`]) otherwise.
///
/// # Errors
/// The file cannot be read, is not a regular file, or is not a CSV file with such columns; the message names the line.
pub fn read_csv(path: &Path, is_words: &dyn Fn(&str) -> bool) -> Result<ReadColumns, FileError> {
    columns(path, is_words).map_err(|e| FileError::new(path, e))
}

enum Reading {
    Numbers(Vec<f64>),
    Words(Vec<Arc<str>>),
}

fn columns(path: &Path, is_words: &dyn Fn(&str) -> bool) -> io::Result<ReadColumns> {
    let mut csv = csv::Reader::from_reader(open_regular(path)?);
    let header: Vec<String> = csv.headers().map_err(system_error)?.iter().map(|h| unguarded(h).to_owned()).collect();
    let empty = |h: &String| if is_words(h) { Reading::Words(Vec::new()) } else { Reading::Numbers(Vec::new()) };
    let mut columns: Vec<Reading> = header.iter().map(empty).collect();
    let mut record = csv::StringRecord::new();
    while csv.read_record(&mut record).map_err(system_error)? {
        for ((column, field), name) in columns.iter_mut().zip(&record).zip(&header) {
            match column {
                Reading::Words(words) => words.push(unguarded(field).into()),
                Reading::Numbers(numbers) if field.is_empty() => numbers.push(f64::NAN),
                Reading::Numbers(numbers) => numbers.push(field.parse().map_err(|_| {
                    let line = record.position().map_or(0, csv::Position::line);
                    let what = format!("line {line}: `{}` in column `{name}` is not a number", field.escape_debug());
                    io::Error::new(io::ErrorKind::InvalidData, what)
                })?),
            }
        }
    }
    let cells = |column| match column {
        Reading::Numbers(numbers) => Cells::Real(numbers.into()),
        Reading::Words(words) => Cells::Words(words),
    };
    Ok(header.into_iter().zip(columns.into_iter().map(cells)).collect())
}

fn plain_path(dir: &Path, file_name: &str) -> Result<PathBuf, FileError> {
    let path = dir.join(file_name);
    let mut parts = Path::new(file_name).components();
    if !matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == file_name) {
        let reason = io::Error::new(io::ErrorKind::InvalidInput, "not a plain file name");
        return Err(FileError::new(&path, reason));
    }
    Ok(path)
}

/// Recovers the I/O error, whose kind the csv crate would hide.
fn system_error(e: csv::Error) -> io::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::analysis::{Index, Key, Role, Series, TableColumn, TableKind};

    fn table(columns: &[(&str, &Series)]) -> Table {
        let index = columns.first().map_or(Index { start: 0, stride: 1, len: 0 }, |(_, s)| s.index.clone());
        let columns = columns.iter().map(|(n, s)| TableColumn::of_series((*n).into(), Role::Observed, s)).collect();
        Table::of_series("series".into(), TableKind::Series, index, columns)
    }

    fn text(tables: &[&Table]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = write_csv(folder.path(), "series", tables).unwrap();
        assert_eq!(path, folder.path().join("series.csv"));
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_table_has_one_row_per_collision() {
        let x = Series::of_run(vec![1.0, -0.0, 1e-17], 1.0);
        let y = Series::of_run(vec![f64::NAN, 0.1, 2.5], 1.0);
        let columns = [("x1", &x), ("⟨σx⟩, \"2\"", &y)];
        assert_eq!(text(&[&table(&columns)]), "n,x1,\"⟨σx⟩, \"\"2\"\"\"\n0,1,\n1,0,0.1\n2,1e-17,2.5\n");
        let index = Index { start: 1, stride: 15, len: 2 };
        let c = Series { index, values: vec![f64::NAN, -1.0].into(), scale: 1.0 };
        assert_eq!(text(&[&table(&[("C12", &c)])]), "n,C12\n1,\n16,-1\n");
        assert_eq!(text(&[&table(&[])]), "n\n");
    }

    #[test]
    fn tables_of_points_follow_one_another() {
        let at = |g: f64, word: &str, values: Vec<f64>| {
            let mut t = table(&[("x", &Series::of_run(values, 1.0))]);
            let key = |name: &str, value| Key { name: name.into(), value };
            t.keys = vec![key("g", Cell::Number(g)), key("rule", Cell::Word(word.into()))];
            t
        };
        let (a, b) = (at(0.5, "keep", vec![1.0, 2.0]), at(1.0, "-1", vec![3.0]));
        assert_eq!(text(&[&a, &b]), "g,rule,n,x\n0.5,keep,0,1\n0.5,keep,1,2\n1,'-1,0,3\n");
    }

    #[test]
    fn words_are_protected_from_evaluation_and_read_back() {
        let words = ["=1+1", "@SUM(1)", "+1", "-1", "\tx", "'=1", "''-1", "'a", "a,b", "\"q\"", "−1", ""];
        let column = TableColumn {
            name: "w".into(),
            role: Role::Computed,
            scale: 1.0,
            cells: Cells::Words(words.iter().map(|w| (*w).into()).collect()),
        };
        let x = Series::of_run(vec![-1.0; words.len()], 1.0);
        let number = TableColumn::of_series("x".into(), Role::Observed, &x);
        let table =
            Table { name: "t".into(), kind: TableKind::Points, keys: Vec::new(), columns: vec![column, number] };
        let folder = tempfile::tempdir().unwrap();
        let path = write_csv(folder.path(), "t", &[&table]).unwrap();
        let written = fs::read_to_string(&path).unwrap();
        for line in written.lines() {
            assert!(!line.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t']), "{line}");
        }
        let back = read_csv(&path, &|name| name == "w").unwrap();
        let Cells::Words(read) = &back[0].1 else { panic!("{back:?}") };
        assert_eq!(read.iter().map(|w| &**w).collect::<Vec<_>>(), words);
        assert!(matches!(&back[1].1, Cells::Real(v) if *v == x.values), "numbers stay numbers");
    }

    #[test]
    fn an_invalid_number_is_reported_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "n,p\n0,1\n1,abc\n").unwrap();
        let error = read_csv(&path, &|_| false).unwrap_err();
        assert_eq!(error.source.to_string(), "line 3: `abc` in column `p` is not a number");
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for stem in ["../a", "/a", "a/b", "./a"] {
            let error = write_csv(folder.path(), stem, &[]).unwrap_err();
            assert_eq!(error.source.kind(), io::ErrorKind::InvalidInput, "{stem}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let x = Series::of_run(vec![0.1; 20_000], 1.0);
        let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = write_tables(full(), &[&table(&[("x", &x)])]).map_err(system_error).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        // The error must not be lost if it occurs only in the final flush.
        assert!(write_tables(full(), &[&table(&[])]).is_err());
    }

    proptest! {
        #![proptest_config(crate::seed::config(32))]
        #[test]
        fn numbers_are_read_back_exactly(values in prop::collection::vec(any::<f64>(), 1..50)) {
            let x = Series::of_run(values, 1.0);
            let written = text(&[&table(&[("x", &x)])]);
            for (n, (line, value)) in written.lines().skip(1).zip(&x.values).enumerate() {
                let (left, right) = line.split_once(',').unwrap();
                prop_assert_eq!(left.parse::<usize>().unwrap(), n);
                let read = if right.is_empty() { f64::NAN } else { right.parse().unwrap() };
                prop_assert!(read == *value || (read.is_nan() && value.is_nan()), "{} {}", read, value);
            }
        }
    }
}
