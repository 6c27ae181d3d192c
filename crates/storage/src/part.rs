//! A part: blocks of bytes in one file that never changes once it has its name.
//!
//! ```text
//! header   8 "FDPART\0\n", 4 version, 4 CRC32C over the 12 bytes before; all 16 bytes twice
//! blocks   each: its bytes, then 4 CRC32C over them
//! index    sections: count u16, then for each: name (u8 length, bytes), count of blocks u32, then for each block
//!          offset in the file u64, length u32; the whole index twice
//! trailer  8 "FDPARTIX", 8 offset of the first index, 8 length of one index, 4 CRC32C over one index,
//!          4 CRC32C over the 28 bytes before; all 32 bytes twice
//! ```
//! Little endian. What locates blocks stands twice, so that damage costs the block it is in and nothing else.

mod read;
mod write;

pub use read::PartReader;
pub use write::PartWriter;

/// What a part's file name ends with.
pub(crate) const PART_SUFFIX: &str = ".part";
/// What the name of a file that is not finished ends with.
pub(crate) const TEMPORARY_SUFFIX: &str = ".tmp";

/// How many bytes a block may have.
pub(crate) const BLOCK_BYTES_MAX: usize = 256 << 20;
/// How many sections a part may have.
pub(crate) const SECTIONS_MAX: usize = 64;

const MAGIC: &[u8; 8] = b"FDPART\0\n";
const INDEX_MAGIC: &[u8; 8] = b"FDPARTIX";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 16;
const TRAILER_BYTES: usize = 32;
const CRC_BYTES: usize = 4;

#[cfg(test)]
mod tests;
