//! Errors of file operations, with a remedy.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::regular::NotRegular;

/// A path that could not be written or read, and the reason. [`Display`](fmt::Display) shows both, and
/// [`remedy`](Self::remedy) says what to do.
#[derive(Debug)]
pub struct FileError {
    /// The file or folder, by its final name.
    pub path: PathBuf,
    /// The reason from the operating system.
    pub source: io::Error,
}

impl FileError {
    /// The error `source` at `path`.
    pub fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }

    /// A remedy, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        if self.source.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<NotRegular>) {
            return "move it away, or choose another name";
        }
        match self.source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                "free some space, or write to another disk with `--out`"
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "choose a folder that you may write to with `--out`"
            }
            ErrorKind::IsADirectory => "a folder has this name: move it away, or choose another name",
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                "a file has the name of the folder: move it away, or choose another folder with `--out`"
            }
            ErrorKind::InvalidInput | ErrorKind::InvalidFilename => "choose a plain, shorter file name without folders",
            _ => "choose another folder with `--out`",
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
