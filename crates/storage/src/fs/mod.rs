//! The way to files. Everything this crate and the stores above it do to a disk passes here, so that a disk made
//! from a seed can stand in for the real one and do its worst.

mod bytes;
mod os;
mod sim;

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

pub use bytes::FileBytes;
pub use sim::{SimFs, SimOptions};

use crate::error::Result;

/// A cheap, cloneable handle to a file system. Its operations are those of [`FileSystem`].
#[derive(Clone)]
pub struct Fs(Arc<dyn FileSystem>);

/// What a file system does. Paths are joined by the caller. Nothing is durable before it was synced: contents by
/// [`File::sync`], names (created, renamed, removed) by [`FileSystem::sync_dir`] on their directory.
pub trait FileSystem: Send + Sync {
    /// Creates a directory and those above it that are missing, durably: it happens once, when a store is new.
    fn create_dir(&self, dir: &Path) -> Result<()>;
    /// What a directory holds, sorted by name.
    fn list(&self, dir: &Path) -> Result<Vec<Entry>>;
    /// Creates an empty file to append to; an existing one is an error.
    fn create(&self, path: &Path) -> Result<Box<dyn File>>;
    /// Opens an existing file to append to.
    fn open_append(&self, path: &Path) -> Result<Box<dyn File>>;
    /// Fills `buffer` from `offset`; returns how many bytes there were, fewer only at the end of the file.
    fn read_at(&self, path: &Path, offset: u64, buffer: &mut [u8]) -> Result<usize>;
    /// The whole of a file that nobody writes to any more.
    fn map(&self, path: &Path) -> Result<FileBytes>;
    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;
    /// Gives a file a second name (used by snapshots: parts never change).
    fn link(&self, from: &Path, to: &Path) -> Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> Result<()>;
    /// Removes an empty directory.
    fn remove_dir(&self, dir: &Path) -> Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> Result<()>;
    /// How large the disk is where `dir` is, and how much can still be written there.
    fn space(&self, dir: &Path) -> Result<Space>;
    /// Makes this process the only user of an existing directory until the lock is dropped.
    fn lock_dir(&self, dir: &Path) -> Result<DirLock>;
    /// Keeps who wants to change a directory away until the lock is dropped, beside others that only read; writes
    /// nothing. `None` where nobody ever locked the directory: it is a copy.
    fn lock_dir_to_read(&self, dir: &Path) -> Result<Option<DirLock>>;
}

/// A file open for appending.
pub trait File: Send + Sync {
    /// Appends all of `bytes`, or says why not; after an error some of them may be there.
    fn append(&mut self, bytes: &[u8]) -> Result<()>;
    /// Makes the contents durable.
    fn sync(&mut self) -> Result<()>;
    /// Cuts the file to its first `bytes` bytes.
    fn truncate(&mut self, bytes: u64) -> Result<()>;
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name within the directory.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// How large the file is.
    pub bytes: u64,
}

/// What a disk has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// How many bytes can still be written.
    pub free_bytes: u64,
    /// How many bytes it has, written or not.
    pub total_bytes: u64,
}

/// Holds a directory for this process while it lives.
pub struct DirLock {
    _held: Box<dyn Send + Sync>,
}

impl Fs {
    /// The machine's files.
    pub fn os() -> Fs {
        Fs(Arc::new(os::OsFs))
    }

    /// Any other implementation.
    pub fn new(file_system: impl FileSystem + 'static) -> Fs {
        Fs(Arc::new(file_system))
    }
}

impl Deref for Fs {
    type Target = dyn FileSystem;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Fs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fs")
    }
}

impl fmt::Debug for DirLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirLock")
    }
}
