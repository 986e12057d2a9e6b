//! NumPy archives (`.npz`), which `numpy.load` reads. As `numpy.savez` does, they store their arrays uncompressed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use npyz::npz::file_name_from_array_name;
use npyz::{WriteOptions, WriterBuilder};
use num_complex::Complex64;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::storage::{AtomicFile, FileError};

/// The elements of an array, generated while they are written.
pub enum Numbers<'a> {
    /// Integers, such as collision numbers (int64).
    Whole(Box<dyn Iterator<Item = i64> + 'a>),
    /// Real numbers (float64); NaN marks a missing value.
    Real(Box<dyn Iterator<Item = f64> + 'a>),
    /// Complex numbers (complex128).
    Complex(Box<dyn Iterator<Item = Complex64> + 'a>),
}

/// A named array of an archive.
pub struct Array<'a> {
    /// The key in the archive.
    pub name: Arc<str>,
    /// The length of each axis.
    pub shape: Vec<u64>,
    /// The elements in row-major order; their number is the product of `shape`.
    pub numbers: Numbers<'a>,
}

/// Turns series of equal shape into arrays; `values(i)` iterates over the elements of the i-th series.
///
/// The real and imaginary parts of an entry of a state, NAME_re and NAME_im, become one complex array NAME.
pub fn series_arrays<'a>(
    names: &[Arc<str>],
    shape: &[u64],
    values: &dyn Fn(usize) -> Box<dyn Iterator<Item = f64> + 'a>,
) -> Vec<Array<'a>> {
    let find = |stem: &str, suffix: &str| names.iter().position(|n| n.strip_suffix(suffix) == Some(stem));
    let array = |name: Arc<str>, numbers| Array { name, shape: shape.to_vec(), numbers };
    let mut out = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let imaginary = name.strip_suffix("_re").and_then(|stem| Some((stem, find(stem, "_im")?)));
        if let Some((stem, im)) = imaginary {
            let complex = values(i).zip(values(im)).map(|(re, im)| Complex64::new(re, im));
            out.push(array(stem.into(), Numbers::Complex(Box::new(complex))));
        } else if name.strip_suffix("_im").is_none_or(|stem| find(stem, "_re").is_none()) {
            out.push(array(name.clone(), Numbers::Real(values(i))));
        }
    }
    out
}

/// Writes the arrays to `dir/stem.npz`, one after another, and returns the path.
///
/// # Errors
/// The file cannot be written.
pub fn write_npz(dir: &Path, stem: &str, arrays: Vec<Array<'_>>) -> Result<PathBuf, FileError> {
    let path = dir.join(format!("{stem}.npz"));
    let mut npz = ZipWriter::new(AtomicFile::create(&path)?);
    let file = arrays.into_iter().try_for_each(|array| put(&mut npz, array));
    let file = file.and_then(|()| npz.finish().map_err(io::Error::other));
    file.map_err(|e| FileError::new(&path, e))?.commit()?;
    Ok(path)
}

fn put(npz: &mut ZipWriter<AtomicFile>, array: Array<'_>) -> io::Result<()> {
    let Array { name, shape, numbers } = array;
    match numbers {
        Numbers::Whole(v) => put_all(npz, (&name, &shape), v),
        Numbers::Real(v) => put_all(npz, (&name, &shape), v),
        Numbers::Complex(v) => put_all(npz, (&name, &shape), v),
    }
}

fn put_all<T: npyz::AutoSerialize>(
    npz: &mut ZipWriter<AtomicFile>,
    (name, shape): (&str, &[u64]),
    values: impl Iterator<Item = T>,
) -> io::Result<()> {
    // An array may be larger than 4 GiB.
    let options = SimpleFileOptions::default().large_file(true);
    npz.start_file(file_name_from_array_name(name), options)?;
    let mut writer = WriteOptions::<T>::new().default_dtype().shape(shape).writer(npz).begin_nd()?;
    writer.extend(values)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    type Archive = zip::ZipArchive<File>;

    fn open(path: &Path) -> Archive {
        Archive::new(File::open(path).unwrap()).unwrap()
    }

    fn elements<T: npyz::Deserialize>(npz: &mut Archive, file: &str) -> Vec<T> {
        npyz::NpyFile::new(npz.by_name(file).unwrap()).unwrap().into_vec().unwrap()
    }

    fn real(name: &str, shape: &[u64], values: Vec<f64>) -> Array<'static> {
        Array { name: name.into(), shape: shape.to_vec(), numbers: Numbers::Real(Box::new(values.into_iter())) }
    }

    #[test]
    fn arrays_survive_a_round_trip_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let (x, y) = ([1.0, 0.1, f64::NAN], [0.5, -0.25, 0.0]);
        let names = ["x", "rho_0_1_re", "rho_0_1_im", "z_im"].map(Arc::from);
        let column = move |i: usize| if i < 2 { x } else { y };
        let mut arrays = series_arrays(&names, &[3], &|i| Box::new(column(i).into_iter()));
        arrays.push(Array { name: "n".into(), shape: vec![3], numbers: Numbers::Whole(Box::new(0..3)) });
        let path = write_npz(folder.path(), "series", arrays).unwrap();
        let mut npz = open(&path);
        let mut names: Vec<String> = npz.file_names().map(|name| name.unwrap().into_owned()).collect();
        names.sort();
        assert_eq!(names, ["n.npy", "rho_0_1.npy", "x.npy", "z_im.npy"]);
        let back: Vec<f64> = elements(&mut npz, "x.npy");
        assert!(back.iter().zip(&x).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert_eq!(elements::<i64>(&mut npz, "n.npy"), [0, 1, 2]);
        let rho: Vec<Complex64> = elements(&mut npz, "rho_0_1.npy");
        assert_eq!((rho[1], rho[0].im), (Complex64::new(0.1, -0.25), 0.5));
    }

    #[test]
    fn a_table_keeps_the_shape_of_its_grid() {
        let folder = tempfile::tempdir().unwrap();
        let table = real("C", &[2, 3], (0..6).map(f64::from).collect());
        let path = write_npz(folder.path(), "map", vec![table]).unwrap();
        let mut npz = open(&path);
        assert_eq!(npyz::NpyFile::new(npz.by_name("C.npy").unwrap()).unwrap().shape(), [2, 3]);
    }
}
