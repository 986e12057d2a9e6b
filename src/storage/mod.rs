//! Files and folders that survive a crash, a full disk and a second process.
//!
//! Contract: a file appears under its final name only when it is complete, and an error names the path and the reason.
//! Two processes never write to one output folder at the same time. This module does not know what the files contain.

mod aside;
mod atomic;
mod error;
mod fingerprint;
mod lock;
mod regular;

pub use aside::set_aside;
pub use atomic::{AtomicFile, ensure_dir, temporary_folder, write_file};
pub use error::FileError;
pub use fingerprint::{fingerprint, fingerprint_of};
pub use lock::{FolderLock, LockError};
pub use regular::{open_regular, read_regular};
