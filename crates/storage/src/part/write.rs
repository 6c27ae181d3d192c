//! Writing a part: blocks as they come, the index at the end, then the name.

use std::path::{Path, PathBuf};

use super::{
    BLOCK_BYTES_MAX, HEADER_BYTES, INDEX_MAGIC, MAGIC, PART_SUFFIX, SECTIONS_MAX, TEMPORARY_SUFFIX, VERSION,
};
use crate::error::{Error, Result};
use crate::fs::{File, Fs};
use crate::manifest::PartEntry;

/// How much is collected before it is written.
const BUFFER_BYTES: usize = 1 << 20;

/// A part in the making. Dropped before [`PartWriter::finish`] it leaves nothing behind.
pub struct PartWriter {
    fs: Fs,
    dir: PathBuf,
    name: String,
    file: Option<Box<dyn File>>,
    buffer: Vec<u8>,
    /// How many bytes were written or are in the buffer.
    bytes: u64,
    sections: Vec<Section>,
}

struct Section {
    name: String,
    blocks: Vec<(u64, u32)>,
}

impl PartWriter {
    /// Starts the part `{stem}.part` in `dir`. Stems are never used twice.
    pub fn create(fs: &Fs, dir: &Path, stem: &str) -> Result<PartWriter> {
        let name = format!("{stem}{PART_SUFFIX}");
        let temporary = dir.join(format!("{name}{TEMPORARY_SUFFIX}"));
        match fs.remove(&temporary) {
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
        let file = Some(fs.create(&temporary)?);
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
        let buffer = [header.as_slice(), header.as_slice()].concat();
        let bytes = buffer.len() as u64;
        let (fs, dir) = (fs.clone(), dir.to_owned());
        Ok(PartWriter { fs, dir, name, file, buffer, bytes, sections: Vec::new() })
    }

    /// Appends a block to a section, which begins to exist with its first block. Sections may take turns. Returns
    /// the block's number within its section, counted from 0.
    pub fn write(&mut self, section: &str, block: &[u8]) -> Result<u32> {
        if block.len() > BLOCK_BYTES_MAX {
            let (actual, limit) = (block.len() as u64, BLOCK_BYTES_MAX as u64);
            return Err(Error::Limit { what: "block bytes", actual, limit });
        }
        let offset = self.bytes;
        self.put(block)?;
        self.put(&crc32c::crc32c(block).to_le_bytes())?;
        let blocks = &mut self.section(section).blocks;
        blocks.push((offset, block.len() as u32));
        Ok(blocks.len() as u32 - 1)
    }

    /// How many bytes the part has so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the index, makes the file durable and gives it its name. The part is live once a manifest names the
    /// entry that is returned; its note is empty.
    pub fn finish(mut self) -> Result<PartEntry> {
        let index = self.index();
        let mut trailer = Vec::new();
        trailer.extend_from_slice(INDEX_MAGIC);
        trailer.extend_from_slice(&self.bytes.to_le_bytes());
        trailer.extend_from_slice(&(index.len() as u64).to_le_bytes());
        trailer.extend_from_slice(&crc32c::crc32c(&index).to_le_bytes());
        trailer.extend_from_slice(&crc32c::crc32c(&trailer).to_le_bytes());
        for piece in [&index, &index, &trailer, &trailer] {
            self.put(piece)?;
        }
        self.flush()?;
        if let Some(file) = &mut self.file {
            file.sync()?;
        }
        self.fs.rename(&self.temporary(), &self.dir.join(&self.name))?;
        self.file = None;
        self.fs.sync_dir(&self.dir)?;
        Ok(PartEntry { name: self.name.clone(), bytes: self.bytes, note: Vec::new() })
    }

    fn section(&mut self, name: &str) -> &mut Section {
        let found = self.sections.iter().position(|section| section.name == name);
        let index = found.unwrap_or_else(|| {
            assert!(self.sections.len() < SECTIONS_MAX && name.len() <= u8::MAX.into(), "sections are few");
            self.sections.push(Section { name: name.to_owned(), blocks: Vec::new() });
            self.sections.len() - 1
        });
        &mut self.sections[index]
    }

    fn index(&self) -> Vec<u8> {
        let mut index = Vec::new();
        index.extend_from_slice(&(self.sections.len() as u16).to_le_bytes());
        for section in &self.sections {
            index.push(section.name.len() as u8);
            index.extend_from_slice(section.name.as_bytes());
            index.extend_from_slice(&(section.blocks.len() as u32).to_le_bytes());
            for (offset, bytes) in &section.blocks {
                index.extend_from_slice(&offset.to_le_bytes());
                index.extend_from_slice(&bytes.to_le_bytes());
            }
        }
        index
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.bytes += bytes.len() as u64;
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if let Some(file) = &mut self.file {
            file.append(&self.buffer)?;
        }
        self.buffer.clear();
        Ok(())
    }

    fn temporary(&self) -> PathBuf {
        self.dir.join(format!("{}{TEMPORARY_SUFFIX}", self.name))
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What cannot be removed now is an orphan that the next open removes.
            let _ = self.fs.remove(&self.temporary());
        }
    }
}
