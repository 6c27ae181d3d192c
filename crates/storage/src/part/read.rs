//! Reading a part: mapped whole, each block checked when it is first read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use super::{
    BLOCK_BYTES_MAX, CRC_BYTES, HEADER_BYTES, INDEX_MAGIC, MAGIC, SECTIONS_MAX, TRAILER_BYTES, VERSION,
};
use crate::error::{Corruption, Error, Result};
use crate::fs::{FileBytes, Fs};

/// An open part. Shared between threads by reference.
pub struct PartReader {
    path: PathBuf,
    bytes: FileBytes,
    sections: Vec<Section>,
}

struct Section {
    name: String,
    /// Offset and length of each block.
    blocks: Vec<(u64, u32)>,
    /// What is known of each block: one of the states below.
    states: Vec<AtomicU8>,
}

const UNREAD: u8 = 0;
const WHOLE: u8 = 1;
const DAMAGED: u8 = 2;

impl PartReader {
    /// Maps a part and reads its index; blocks are not touched.
    ///
    /// # Errors
    /// [`Error::UnknownVersion`] for a part of another version, [`Error::Corrupt`] when no index is whole.
    pub fn open(fs: &Fs, path: &Path) -> Result<PartReader> {
        let bytes = fs.map(path)?;
        check_header(path, &bytes)?;
        let sections = read_index(path, &bytes)?;
        Ok(PartReader { path: path.to_owned(), bytes, sections })
    }

    /// Where the part is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How large the file is.
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The sections' names in the order they began.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// How many blocks a section has; 0 when there is no such section.
    pub fn blocks(&self, section: &str) -> u32 {
        self.find(section).map_or(0, |section| section.blocks.len() as u32)
    }

    /// A block's bytes, known to be those that were written.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when they are not. The block stays quarantined: later reads fail without reading it.
    pub fn block(&self, section: &str, index: u32) -> Result<&[u8]> {
        let Some(found) = self.find(section).filter(|found| (index as usize) < found.blocks.len()) else {
            let blocks = self.blocks(section);
            let reason = format!("there is no block {index} among {blocks}");
            return Err(Error::corrupt(&self.path, section, 0, reason));
        };
        let (offset, length) = found.blocks[index as usize];
        let block = &self.bytes[offset as usize..][..length as usize];
        let state = &found.states[index as usize];
        // Two threads may both check a block; they come to the same end.
        if state.load(Ordering::Relaxed) == UNREAD {
            let is_whole = crc_follows(&self.bytes, offset as usize, length as usize);
            state.store(if is_whole { WHOLE } else { DAMAGED }, Ordering::Relaxed);
        }
        match state.load(Ordering::Relaxed) {
            WHOLE => Ok(block),
            _ => Err(Error::Corrupt(self.damage(found, index))),
        }
    }

    /// The blocks that were found damaged so far.
    pub fn quarantined(&self) -> Vec<Corruption> {
        let mut damages = Vec::new();
        for section in &self.sections {
            for (index, state) in section.states.iter().enumerate() {
                if state.load(Ordering::Relaxed) == DAMAGED {
                    damages.push(self.damage(section, index as u32));
                }
            }
        }
        damages
    }

    /// Reads every block anew and returns those that are damaged.
    pub fn verify(&self) -> Vec<Corruption> {
        for section in &self.sections {
            for (&(offset, length), state) in section.blocks.iter().zip(&section.states) {
                let is_whole = crc_follows(&self.bytes, offset as usize, length as usize);
                state.store(if is_whole { WHOLE } else { DAMAGED }, Ordering::Relaxed);
            }
        }
        self.quarantined()
    }

    fn find(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    fn damage(&self, section: &Section, index: u32) -> Corruption {
        Corruption {
            path: self.path.clone(),
            section: section.name.clone(),
            offset: section.blocks[index as usize].0,
            reason: format!("block {index} fails its checksum"),
        }
    }
}

fn check_header(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut unknown = None;
    for copy in bytes.chunks_exact(HEADER_BYTES).take(2) {
        let version = u32::from_le_bytes(copy[8..12].try_into().expect("four bytes"));
        if &copy[..8] != MAGIC {
            continue;
        }
        if version == VERSION {
            return Ok(());
        }
        unknown.get_or_insert(version);
    }
    Err(match unknown {
        Some(found) => Error::UnknownVersion { path: path.to_owned(), format: "part", found, known: VERSION },
        None => Error::corrupt(path, "header", 0, "it is no part or its header is damaged"),
    })
}

/// Reads the index by whichever trailer and copy are whole.
fn read_index(path: &Path, bytes: &[u8]) -> Result<Vec<Section>> {
    for trailer in bytes.rchunks_exact(TRAILER_BYTES).take(2) {
        let field = |at: usize| u64::from_le_bytes(trailer[at..at + 8].try_into().expect("eight bytes"));
        let word = |at: usize| u32::from_le_bytes(trailer[at..at + 4].try_into().expect("four bytes"));
        if &trailer[..8] != INDEX_MAGIC || word(28) != crc32c::crc32c(&trailer[..28]) {
            continue;
        }
        for copy in 0..2_u64 {
            let start = field(8).saturating_add(copy.saturating_mul(field(16)));
            let end = start.saturating_add(field(16));
            let Some(index) = bytes.get(start as usize..end as usize) else { continue };
            if crc32c::crc32c(index) == word(24) {
                let sections = parse_index(&mut { index }, field(8) as usize);
                let damaged = || Error::corrupt(path, "index", start, "it does not fit the file");
                return sections.ok_or_else(damaged);
            }
        }
    }
    Err(Error::corrupt(path, "index", bytes.len() as u64, "no copy of it is whole"))
}

/// `None` when a block does not lie before `blocks_end` or the index is not as long as it says.
fn parse_index(index: &mut &[u8], blocks_end: usize) -> Option<Vec<Section>> {
    let count = u16::from_le_bytes(take(index)?);
    if usize::from(count) > SECTIONS_MAX {
        return None;
    }
    let mut sections = Vec::new();
    for _ in 0..count {
        let [name_bytes] = take(index)?;
        let name = String::from_utf8(index.split_off(..usize::from(name_bytes))?.to_vec()).ok()?;
        let count = u32::from_le_bytes(take(index)?) as usize;
        let entries = index.split_off(..count.checked_mul(12)?)?;
        let mut blocks = Vec::with_capacity(count);
        for entry in entries.chunks_exact(12) {
            let mut entry = entry;
            let (offset, length) =
                (u64::from_le_bytes(take(&mut entry)?), u32::from_le_bytes(take(&mut entry)?));
            let end = usize::try_from(offset).ok()?.checked_add(length as usize)?.checked_add(CRC_BYTES)?;
            if end > blocks_end || length as usize > BLOCK_BYTES_MAX {
                return None;
            }
            blocks.push((offset, length));
        }
        let states = blocks.iter().map(|_| AtomicU8::new(UNREAD)).collect();
        sections.push(Section { name, blocks, states });
    }
    index.is_empty().then_some(sections)
}

fn crc_follows(bytes: &[u8], offset: usize, length: usize) -> bool {
    let (block, rest) = bytes[offset..].split_at(length);
    rest.first_chunk().is_some_and(|&crc| u32::from_le_bytes(crc) == crc32c::crc32c(block))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    bytes.split_off(..N)?.try_into().ok()
}
