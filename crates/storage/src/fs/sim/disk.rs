//! What a simulated disk holds: for every file and directory what a program sees, and what a crash would leave.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Condvar;

use crate::error::{Error, Result};
use crate::rng::Rng;

/// What a disk loses is lost in units of this many bytes, apart from the one place where a write was torn.
const SECTOR_BYTES: usize = 512;

pub(super) struct Disk {
    pub(super) rng: Rng,
    pub(super) operations: u64,
    pub(super) crash_at: Option<u64>,
    pub(super) crashed: bool,
    pub(super) free_bytes: Option<u64>,
    /// What is told instead of `free_bytes`.
    pub(super) free_bytes_told: Option<u64>,
    pub(super) total_bytes: u64,
    /// How many syncs wait, while syncs are held.
    pub(super) held_syncs: Option<usize>,
    pub(super) syncs_released: Arc<Condvar>,
    pub(super) syncs_to_fail: u64,
    pub(super) files: Vec<Inode>,
    pub(super) directories: BTreeMap<PathBuf, Directory>,
    pub(super) locked: BTreeSet<PathBuf>,
}

/// A file's bytes, wherever its names are.
#[derive(Clone, Default)]
pub(super) struct Inode {
    /// What a reader sees.
    pub(super) data: Vec<u8>,
    /// How much of `data` survives a crash for sure.
    pub(super) synced: usize,
    /// What follows `data[..synced]` on disk as long as an unsynced truncation has not reached it.
    pub(super) cut: Vec<u8>,
    /// Written before a failed sync: no later sync makes these durable.
    pub(super) doomed: Vec<Range<usize>>,
}

#[derive(Clone, Default)]
pub(super) struct Directory {
    pub(super) names: BTreeMap<String, usize>,
    pub(super) durable: BTreeMap<String, usize>,
    /// What was done to `names` since they were last synced.
    pub(super) pending: Vec<Change>,
}

#[derive(Clone)]
pub(super) enum Change {
    Set(String, usize),
    Remove(String),
    Rename(String, String, usize),
}

impl Inode {
    pub(super) fn after_crash(&self, rng: &mut Rng) -> Inode {
        let mut data = self.data[..self.synced].to_vec();
        for range in &self.doomed {
            if rng.one_in(2) {
                let end = range.end.min(data.len());
                data[range.start.min(end)..end].fill(0);
            }
        }
        if !self.cut.is_empty() && rng.one_in(2) {
            data.extend_from_slice(&self.cut);
        } else {
            let unsynced = &self.data[self.synced..];
            let kept = match rng.below(4) {
                0 => 0,
                1 => unsynced.len(),
                _ => rng.below(unsynced.len() as u64 + 1) as usize,
            };
            let start = data.len();
            data.extend_from_slice(&unsynced[..kept]);
            // Sectors reach the disk in any order; one that did not reads as zeroes.
            if rng.one_in(3) {
                for sector in data[start..].chunks_mut(SECTOR_BYTES) {
                    if rng.one_in(4) {
                        sector.fill(0);
                    }
                }
            }
        }
        Inode { synced: data.len(), data, ..Inode::default() }
    }
}

impl Directory {
    fn apply(names: &mut BTreeMap<String, usize>, change: &Change) {
        match change {
            Change::Set(name, inode) => {
                names.insert(name.clone(), *inode);
            }
            Change::Remove(name) => {
                names.remove(name);
            }
            Change::Rename(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        Directory::apply(&mut self.names, &change);
        self.pending.push(change);
    }

    pub(super) fn after_crash(&self, rng: &mut Rng) -> Directory {
        let mut names = self.durable.clone();
        for change in &self.pending {
            if rng.one_in(2) {
                Directory::apply(&mut names, change);
            }
        }
        Directory { durable: names.clone(), names, pending: Vec::new() }
    }
}

impl Disk {
    /// Counts an operation. `Ok(true)` when the power goes in its middle: it may do half of its work, then must fail.
    pub(super) fn begin(&mut self, action: &'static str, path: &Path) -> Result<bool> {
        if self.crashed {
            return Err(power_is_gone(action, path));
        }
        self.operations += 1;
        self.crashed = self.crash_at == Some(self.operations);
        Ok(self.crashed)
    }

    /// As `begin`, for operations that happen wholly or not at all: chance says which.
    pub(super) fn begin_atomic(&mut self, action: &'static str, path: &Path) -> Result<bool> {
        let going = self.begin(action, path)?;
        if going && self.rng.one_in(2) {
            return Err(power_is_gone(action, path));
        }
        Ok(going)
    }

    pub(super) fn find(&self, path: &Path) -> Option<usize> {
        let (dir, name) = split(path);
        self.directories.get(dir)?.names.get(name).copied()
    }

    pub(super) fn existing(&self, action: &'static str, path: &Path) -> Result<usize> {
        self.find(path).ok_or_else(|| failed(action, path, io::ErrorKind::NotFound))
    }

    pub(super) fn directory(&mut self, action: &'static str, path: &Path) -> Result<&mut Directory> {
        let dir = split(path).0;
        self.directories.get_mut(dir).ok_or_else(|| failed(action, path, io::ErrorKind::NotFound))
    }
}

/// The end of an operation: it was done, but if the power went nobody hears of it.
pub(super) fn end(going: bool, action: &'static str, path: &Path) -> Result<()> {
    if going { Err(power_is_gone(action, path)) } else { Ok(()) }
}

pub(super) fn power_is_gone(action: &'static str, path: &Path) -> Error {
    Error::Io { action, path: path.to_owned(), source: io::Error::other("the simulated power is gone") }
}

pub(super) fn failed(action: &'static str, path: &Path, kind: io::ErrorKind) -> Error {
    Error::io(action, path, kind.into())
}

pub(super) fn split(path: &Path) -> (&Path, &str) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    (path.parent().unwrap_or(Path::new("")), name)
}
