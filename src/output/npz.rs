//! Series and tables as NumPy archives: `numpy.load` reads them.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use num_complex::Complex64;

use crate::analysis::Series;
use crate::storage::FileError;
use crate::storage::write_file;

/// Numbers of one array.
#[derive(Debug, Clone)]
pub enum ArrayData {
    /// Whole numbers: collisions (int64).
    Whole(Vec<i64>),
    /// Real numbers (float64); NaN is missing.
    Real(Vec<f64>),
    /// Complex numbers (complex128).
    Complex(Vec<Complex64>),
}

/// An array of an archive, in row-major order.
#[derive(Debug, Clone)]
pub struct Array {
    /// By which it is found.
    pub name: String,
    /// The length of each axis.
    pub shape: Vec<u64>,
    /// Its numbers.
    pub data: ArrayData,
}

/// Series of one index as arrays: `n`, then one a series. The real and imaginary parts of an entry of a state, NAME_re and
/// NAME_im, are one complex array NAME.
#[must_use]
pub fn series_arrays(columns: &[(String, &Series)]) -> Vec<Array> {
    let Some((_, first)) = columns.first() else { return Vec::new() };
    let len = first.values.len();
    let shape = vec![len as u64];
    let whole = |i| i64::try_from(first.index.at(i)).expect("collisions are below 10^12");
    let mut out =
        vec![Array { name: "n".into(), shape: shape.clone(), data: ArrayData::Whole((0..len).map(whole).collect()) }];
    for (name, s) in columns {
        let part = |suffix: &str| name.strip_suffix(suffix);
        let imaginary = part("_re").and_then(|stem| columns.iter().find(|(n, _)| *n == format!("{stem}_im")));
        let has_real = part("_im").is_some_and(|stem| columns.iter().any(|(n, _)| *n == format!("{stem}_re")));
        match (imaginary, part("_re")) {
            (Some((_, im)), Some(stem)) => {
                let values = s.values.iter().zip(&im.values).map(|(re, im)| Complex64::new(*re, *im)).collect();
                out.push(Array { name: stem.to_string(), shape: shape.clone(), data: ArrayData::Complex(values) });
            }
            _ if has_real => {}
            _ => out.push(Array { name: name.clone(), shape: shape.clone(), data: ArrayData::Real(s.values.clone()) }),
        }
    }
    out
}

/// Writes `dir/file_name` with the arrays and returns its path.
///
/// # Errors
/// The file cannot be written.
pub fn write_npz(dir: &Path, file_name: &str, arrays: &[Array]) -> Result<PathBuf, FileError> {
    let path = dir.join(file_name);
    // The archive's directory stands at its end and its writer wants to seek: it is made in memory and written in one go.
    let bytes = archive(arrays).map_err(|e| FileError::new(&path, e))?;
    write_file(&path, |w| w.write_all(&bytes))?;
    Ok(path)
}

fn archive(arrays: &[Array]) -> io::Result<Vec<u8>> {
    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    for a in arrays {
        match &a.data {
            ArrayData::Whole(v) => put(&mut npz, a, v)?,
            ArrayData::Real(v) => put(&mut npz, a, v)?,
            ArrayData::Complex(v) => put(&mut npz, a, v)?,
        }
    }
    Ok(npz.zip_writer().finish().map_err(io::Error::other)?.into_inner())
}

fn put<T: npyz::AutoSerialize + Copy>(npz: &mut NpzWriter<Cursor<Vec<u8>>>, a: &Array, values: &[T]) -> io::Result<()> {
    let mut writer = npz.array::<T>(&a.name, Default::default())?.default_dtype().shape(&a.shape).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use npyz::npz::NpzArchive;

    #[test]
    fn arrays_are_read_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let x = Series::of_run(vec![1.0, 0.1, f64::NAN], 1.0);
        let y = Series::of_run(vec![0.5, -0.25, 0.0], 1.0);
        let columns =
            [("x".to_string(), &x), ("rho_0_1_re".into(), &x), ("rho_0_1_im".into(), &y), ("z_im".into(), &y)];
        let path = write_npz(folder.path(), "series.npz", &series_arrays(&columns)).unwrap();
        let mut npz = NpzArchive::open(&path).unwrap();
        let mut names: Vec<String> = npz.array_names().map(str::to_string).collect();
        names.sort();
        assert_eq!(names, ["n", "rho_0_1", "x", "z_im"]);
        let back: Vec<f64> = npz.by_name("x").unwrap().unwrap().into_vec().unwrap();
        assert!(back.iter().zip(&x.values).all(|(a, b)| a.to_bits() == b.to_bits()));
        let n: Vec<i64> = npz.by_name("n").unwrap().unwrap().into_vec().unwrap();
        assert_eq!(n, [0, 1, 2]);
        let rho: Vec<Complex64> = npz.by_name("rho_0_1").unwrap().unwrap().into_vec().unwrap();
        assert_eq!((rho[1], rho[0].im), (Complex64::new(0.1, -0.25), 0.5));
    }

    #[test]
    fn a_table_keeps_the_shape_of_its_grid() {
        let folder = tempfile::tempdir().unwrap();
        let table =
            Array { name: "C".into(), shape: vec![2, 3], data: ArrayData::Real((0..6).map(f64::from).collect()) };
        let path = write_npz(folder.path(), "map.npz", &[table]).unwrap();
        let mut npz = NpzArchive::open(&path).unwrap();
        assert_eq!(npz.by_name("C").unwrap().unwrap().shape(), [2, 3]);
    }
}
