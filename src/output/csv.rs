//! Series as CSV: a row a collision, the numbers as [`format_number`] writes them.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::number::format_number;
use crate::analysis::Series;
use crate::storage::{FileError, open_regular, write_file};

/// Writes `dir/file_name` with column `n` (the collision), then a column a series, and returns its path. A missing
/// value is an empty field; lines end with `\n`. The series have the same index (anything else is a mistake of the
/// caller, and panics).
///
/// # Errors
/// `file_name` is not the plain name of a file (it would leave `dir`), or the file cannot be written.
pub fn write_series(dir: &Path, file_name: &str, columns: &[(String, &Series)]) -> Result<PathBuf, FileError> {
    let path = plain_path(dir, file_name)?;
    write_file(&path, |w| write_columns(w, columns).map_err(system_error))?;
    Ok(path)
}

/// Writes `dir/file_name` with the header and the rows as they are, and returns its path.
///
/// # Errors
/// As [`write_series`].
pub fn write_rows(
    dir: &Path,
    file_name: &str,
    header: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<PathBuf, FileError> {
    let path = plain_path(dir, file_name)?;
    write_file(&path, |w| {
        let mut csv = csv::Writer::from_writer(w);
        csv.write_record(header).map_err(system_error)?;
        for row in rows {
            csv.write_record(row).map_err(system_error)?;
        }
        csv.flush()
    })?;
    Ok(path)
}

/// Reads a CSV file back: its header and its rows, as text.
///
/// # Errors
/// It cannot be read, is not a regular file, or is not CSV.
pub fn read_rows(path: &Path) -> Result<(Vec<String>, Vec<Vec<String>>), FileError> {
    let read = || -> csv::Result<_> {
        let mut csv = csv::Reader::from_reader(open_regular(path)?);
        let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = texts(csv.headers()?);
        let rows = csv.records().map(|r| r.map(|r| texts(&r))).collect::<csv::Result<Vec<_>>>()?;
        Ok((header, rows))
    };
    read().map_err(|e| FileError::new(path, system_error(e)))
}

fn plain_path(dir: &Path, file_name: &str) -> Result<PathBuf, FileError> {
    let path = dir.join(file_name);
    let mut parts = Path::new(file_name).components();
    if !matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == file_name) {
        let reason = io::Error::new(io::ErrorKind::InvalidInput, "not the plain name of a file");
        return Err(FileError::new(&path, reason));
    }
    Ok(path)
}

fn write_columns(w: impl Write, columns: &[(String, &Series)]) -> csv::Result<()> {
    let mut csv = csv::Writer::from_writer(w);
    csv.write_field("n")?;
    csv.write_record(columns.iter().map(|(name, _)| name))?;
    if let Some((_, first)) = columns.first() {
        assert!(columns.iter().all(|(_, x)| x.index == first.index), "the columns of a table have one index");
        for i in 0..first.values.len() {
            csv.write_field(first.index.at(i).to_string())?;
            csv.write_record(columns.iter().map(|(_, x)| format_number(x.values[i])))?;
        }
    }
    csv.flush()?;
    Ok(())
}

/// What the system said: the csv crate would hide its kind.
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
    use crate::analysis::Index;

    fn text(columns: &[(String, &Series)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = write_series(folder.path(), "series.csv", columns).unwrap();
        assert_eq!(path, folder.path().join("series.csv"));
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_table_has_a_row_a_collision() {
        let x = Series::of_run(vec![1.0, -0.0, 1e-17], 1.0);
        let y = Series::of_run(vec![f64::NAN, 0.1, 2.5], 1.0);
        let columns = [("x1".to_owned(), &x), ("⟨σx⟩, \"2\"".to_owned(), &y)];
        assert_eq!(text(&columns), "n,x1,\"⟨σx⟩, \"\"2\"\"\"\n0,1,\n1,0,0.1\n2,1e-17,2.5\n");
        let c = Series { index: Index { start: 1, stride: 15, len: 2 }, values: vec![f64::NAN, -1.0], scale: 1.0 };
        assert_eq!(text(&[("C12".to_owned(), &c)]), "n,C12\n1,\n16,-1\n");
        assert_eq!(text(&[]), "n\n");
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../a.csv", "/a.csv", "a/b.csv", "a.csv/", "./a.csv", "..", ""] {
            let error = write_series(folder.path(), name, &[]).unwrap_err();
            assert_eq!(error.source.kind(), io::ErrorKind::InvalidInput, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let x = Series::of_run(vec![0.1; 20_000], 1.0);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = write_columns(full, &[("x".to_owned(), &x)]).map_err(system_error).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        // Also when only the last flush meets it.
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert!(write_columns(full, &[]).is_err());
    }

    proptest! {
        #![proptest_config(crate::seed::config(32))]
        #[test]
        fn numbers_come_back_bit_by_bit(values in prop::collection::vec(any::<f64>(), 1..50)) {
            let x = Series::of_run(values, 1.0);
            let written = text(&[("x".to_owned(), &x)]);
            for (n, (line, value)) in written.lines().skip(1).zip(&x.values).enumerate() {
                let (left, right) = line.split_once(',').unwrap();
                prop_assert_eq!(left.parse::<usize>().unwrap(), n);
                let read = if right.is_empty() { f64::NAN } else { right.parse().unwrap() };
                prop_assert!(read == *value || (read.is_nan() && value.is_nan()), "{} {}", read, value);
            }
        }
    }
}
