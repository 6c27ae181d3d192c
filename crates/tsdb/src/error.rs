//! What can go wrong in the store, said so that a person knows what to change.

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A limit was reached; the text names it.
    #[error("{0}")]
    Limit(String),
    /// The caller wants the answer no more.
    #[error("it was asked to stop")]
    Stopped,
    /// A file could not be read or written.
    #[error("{0}")]
    Io(String),
    /// The files under the store refused, are damaged or were written by another version.
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// The result of the store's operations.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Whether there is no room on the disk.
    pub(crate) fn is_disk_full(&self) -> bool {
        matches!(self, StoreError::Storage(storage::Error::DiskFull { .. }))
    }

    /// Whether another process has the directory.
    pub fn is_locked(&self) -> bool {
        matches!(self, StoreError::Storage(storage::Error::Locked { .. }))
    }

    /// Whether a file or directory is simply not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, StoreError::Storage(error) if error.is_not_found())
    }

    /// A limit that was reached: `what` with its unit, how much there was, how much is allowed.
    pub(crate) fn limit(what: &str, actual: u64, limit: u64) -> StoreError {
        StoreError::Limit(format!("{what} of {actual} exceeds the limit {limit}"))
    }
}
