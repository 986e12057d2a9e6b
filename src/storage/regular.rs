//! Regular files, as opposed to named pipes and devices, which may block forever or never end.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The reason inside an [`io::Error`] for a path that is neither a file nor a folder.
#[derive(Debug)]
pub(super) struct NotRegular;

impl fmt::Display for NotRegular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is a named pipe, a socket or a device, not a regular file")
    }
}

impl std::error::Error for NotRegular {}

impl From<NotRegular> for io::Error {
    fn from(e: NotRegular) -> Self {
        Self::other(e)
    }
}

/// Opens a regular file, or a symbolic link to one, for reading. A pipe is refused before it is opened, because opening
/// it would wait for a writer.
///
/// # Errors
/// The path is a folder, a pipe, a socket or a device, or it cannot be opened.
pub fn open_regular(path: &Path) -> io::Result<File> {
    check_kind(&fs::metadata(path)?)?;
    File::open(path)
}

/// The bytes of a regular file.
///
/// # Errors
/// As [`open_regular`], or the file cannot be read.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn check_kind(metadata: &fs::Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else if metadata.is_file() {
        Ok(())
    } else {
        Err(NotRegular.into())
    }
}

/// Whether a file may take the name `path`: nothing has it, or a regular file or a symbolic link, which is replaced.
pub(super) fn check_replaceable(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() && !path.is_dir() => Ok(()),
        Ok(metadata) if metadata.is_symlink() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) => check_kind(&metadata),
        // An error of the folder is reported when the file is created.
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_a_folder_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(read_regular(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&path, "x").unwrap();
        assert_eq!(read_regular(&path).unwrap(), b"x");
        assert_eq!(read_regular(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_neither_read_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [&pipe, &link, &"/dev/null".into()] {
            assert!(read_regular(path).unwrap_err().to_string().contains("named pipe"), "{}", path.display());
        }
        assert!(check_replaceable(&pipe).is_err() && check_replaceable(Path::new("/dev/null")).is_err());
        assert!(check_replaceable(&link).is_ok(), "only the link is replaced");
    }
}
