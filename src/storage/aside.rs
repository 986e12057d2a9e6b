//! Renames an old file so that a new one can take its name.

use std::fs;
use std::path::{Path, PathBuf};

use super::FileError;

/// Renames a file to `<name>.old.1`, or to the first such name with a higher number that is free, and returns the new path.
/// The caller must hold the lock of the folder, so that no other process takes the same number.
///
/// # Errors
/// The file cannot be renamed; it keeps its name.
pub fn set_aside(path: &Path) -> Result<PathBuf, FileError> {
    let numbered = |n: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".old.{n}"));
        PathBuf::from(name)
    };
    let free = (1..).map(numbered).find(|p| fs::symlink_metadata(p).is_err()).expect("some number is free");
    fs::rename(path, &free).map_err(|e| FileError::new(path, e))?;
    Ok(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_set_aside_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        for (n, text) in ["first", "second", "third"].iter().enumerate() {
            fs::write(&path, text).unwrap();
            let aside = set_aside(&path).unwrap();
            assert!(aside.ends_with(format!("a.journal.old.{}", n + 1)) && !path.exists());
        }
        for (n, text) in ["first", "second", "third"].iter().enumerate() {
            assert_eq!(&fs::read_to_string(folder.path().join(format!("a.journal.old.{}", n + 1))).unwrap(), text);
        }
        assert!(set_aside(&path).is_err());
    }
}
