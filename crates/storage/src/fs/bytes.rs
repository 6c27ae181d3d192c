//! The bytes of a whole immutable file: a mapping where the file is real, shared memory where it is simulated.
//!
//! Mapping is the one place of this crate that needs `unsafe`: it lets a part of any size be open without
//! memory of its own, and a block be read without a copy.

#![allow(unsafe_code)]

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes that stay readable as long as any clone lives, also after the file was removed.
#[derive(Clone)]
pub struct FileBytes(Kind);

#[derive(Clone)]
enum Kind {
    Mapped(Arc<memmap2::Mmap>),
    Shared(Arc<[u8]>),
}

impl FileBytes {
    /// Maps a file.
    pub(super) fn mapped(file: &std::fs::File) -> std::io::Result<FileBytes> {
        // An empty file cannot be mapped.
        if file.metadata()?.len() == 0 {
            return Ok(FileBytes::shared(Arc::new([])));
        }
        // SAFETY: only files that are never written again are mapped (parts are renamed into place after their last
        // write and then only removed), and the directory lock keeps other processes of ours out.
        let map = unsafe { memmap2::Mmap::map(file)? };
        Ok(FileBytes(Kind::Mapped(Arc::new(map))))
    }

    /// Bytes that are in memory already.
    pub(super) fn shared(bytes: Arc<[u8]>) -> FileBytes {
        FileBytes(Kind::Shared(bytes))
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kind::Mapped(map) => map,
            Kind::Shared(bytes) => bytes,
        }
    }
}

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileBytes({})", self.len())
    }
}
