//! Files that appear complete or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::error::FileError;
use super::regular::check_replaceable;

/// A file that gets its name only when it is complete. It is written as a hidden file in the same folder;
/// [`commit`](Self::commit) flushes, syncs and renames it, replacing any earlier file of that name. If it is dropped before
/// that, nothing remains; a process that is killed leaves at most the hidden file.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    writer: BufWriter<File>,
    temporary: TempPath,
}

impl AtomicFile {
    /// Begins the file that will be `path`. Its folder must exist.
    ///
    /// # Errors
    /// No file can be created in the folder, or `path` is a folder, a pipe or a device.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let fail = |e| FileError::new(path, e);
        check_replaceable(path).map_err(fail)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".carom-").suffix(".tmp");
        // A temporary file is private to its owner by default; a result is as readable as any other new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // Only the kind of the error is kept, because its text names the hidden file.
        let hidden = builder.tempfile_in(folder_of(path)).map_err(|e| fail(e.kind().into()))?;
        let (file, temporary) = hidden.into_parts();
        Ok(Self { path: path.to_owned(), writer: BufWriter::new(file), temporary })
    }

    /// Gives the file its name. The bytes are on disk before the name appears, and the name is on disk on return.
    ///
    /// # Errors
    /// The last bytes cannot be written, or the file cannot be renamed; then an earlier file of that name stays unchanged.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { path, writer, temporary } = self;
        let finish = || {
            let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            temporary.persist(&path).map_err(|e| e.error)?;
            sync_folder(folder_of(&path));
            Ok(())
        };
        finish().map_err(|e| FileError::new(&path, e))
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the names in a folder to the disk: without this, a power cut after a rename may bring the old name back,
/// while the removal of another file (a journal whose results have just been written) persists.
fn sync_folder(folder: &Path) {
    // Systems on which a folder cannot be opened or synced (Windows, some network disks) order renames themselves.
    #[cfg(unix)]
    drop(File::open(folder).and_then(|f| f.sync_all()));
    #[cfg(not(unix))]
    let _ = folder;
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Needed for archives, whose sizes are filled in after their contents.
impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer.seek(to)
    }
}

/// Creates the file `path` from what `content` writes; if that fails, `path` is unchanged.
///
/// # Errors
/// The file cannot be created, written or renamed, or `content` fails.
pub fn write_file(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
    let mut file = AtomicFile::create(path)?;
    content(&mut file).map_err(|e| FileError::new(path, e))?;
    file.commit()
}

/// A temporary folder, which is removed when the value is dropped.
///
/// # Errors
/// The folder cannot be created, because nothing can be written in `TMPDIR`.
pub fn temporary_folder() -> io::Result<tempfile::TempDir> {
    tempfile::tempdir()
}

/// Creates the folder `path` and its parents, unless they exist.
///
/// # Errors
/// A file has this name, or permission is missing.
pub fn ensure_dir(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(|e| FileError::new(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_at_once_and_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        for _ in 0..10_000 {
            file.write_all(b"0123456789").unwrap();
        }
        file.flush().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"0123456789".repeat(10_000));
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(&folder.path().join("a.txt")).unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        assert!(names(folder.path())[0].starts_with(".carom-"));
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let error = write_file(&path, |w| {
            w.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert!(error.to_string().contains("a.txt") && error.remedy().contains("space"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn an_error_names_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let error = AtomicFile::create(folder.path()).unwrap_err();
        assert!(error.remedy().contains("folder has this name"), "{error}");
        let error = AtomicFile::create(&folder.path().join("none/a.txt")).unwrap_err();
        assert_eq!((error.source.kind(), error.path.ends_with("none/a.txt")), (io::ErrorKind::NotFound, true));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(ensure_dir(&folder.path().join("file")).unwrap_err().remedy().contains("name of the folder"));
        assert!(ensure_dir(&folder.path().join("file/below")).unwrap_err().remedy().contains("name of the folder"));
        ensure_dir(&folder.path().join("a/b")).unwrap();
        ensure_dir(&folder.path().join("a/b")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_result_is_as_readable_as_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        write_file(&folder.path().join("ours"), |w| w.write_all(b"x")).unwrap();
        fs::write(folder.path().join("plain"), "x").unwrap();
        assert_eq!(mode("ours"), mode("plain"));
    }
}
