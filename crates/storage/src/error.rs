//! What can go wrong with bytes on disk, said so that a person knows which file it is and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an operation of this crate failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted, as a verb: "read", "rename".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no room, or less than the floor that is kept free. Nothing that was accepted is lost.
    #[error("no space left to write {}: free some, and writing resumes by itself", path.display())]
    DiskFull {
        /// The file or directory that could not grow.
        path: PathBuf,
    },
    /// A sync of the log failed earlier, so what the disk holds is unknown until it is read back.
    #[error("{} refuses writes because an earlier sync failed ({cause}): restart to read back what is stored", path.display())]
    Poisoned {
        /// The log's directory.
        path: PathBuf,
        /// What the failed sync said.
        cause: String,
    },
    /// Bytes are not what was written.
    #[error("{0}")]
    Corrupt(Corruption),
    /// The file was written by another version.
    #[error("{} has format {format} version {found}, this program reads version {known}: use the program that wrote it", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// Which format: "log", "part", "manifest".
        format: &'static str,
        /// The version in the file.
        found: u32,
        /// The version this program knows.
        known: u32,
    },
    /// Another process uses the directory.
    #[error("{} is used by another process (pid {pid}): stop it, or choose another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Who holds it, "unknown" when the lock file does not say.
        pid: String,
    },
    /// Something is larger than its limit.
    #[error("{what} of {actual} exceeds the limit {limit}")]
    Limit {
        /// What, with its unit: "record bytes".
        what: &'static str,
        /// How much there was.
        actual: u64,
        /// How much is allowed.
        limit: u64,
    },
}

/// Where stored bytes are not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    /// The file.
    pub path: PathBuf,
    /// The part of the file: a section's name, "header", "record".
    pub section: String,
    /// Where in the file.
    pub offset: u64,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Corruption { path, section, offset, reason } = self;
        write!(f, "{} is damaged in {section} at byte {offset}: {reason}", path.display())
    }
}

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of the system, a full disk told apart from the others.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Error {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Error::DiskFull { path: path.to_owned() }
            }
            _ => Error::Io { action, path: path.to_owned(), source },
        }
    }

    /// Damage at a place.
    pub(crate) fn corrupt(path: &Path, section: &str, offset: u64, reason: impl Into<String>) -> Error {
        Error::Corrupt(Corruption {
            path: path.to_owned(),
            section: section.to_owned(),
            offset,
            reason: reason.into(),
        })
    }

    /// Whether the file or directory is simply not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
