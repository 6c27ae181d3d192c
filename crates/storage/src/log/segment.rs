//! A segment file's name and header.
//!
//! ```text
//! offset size
//!      0    8  "FDLOG\0\0\n"
//!      8    4  version
//!     12    4  CRC32C over the 24 bytes that follow
//!     16    8  position of the first record
//!     24    8  position where the records of the segment before ended
//!     32    8  salt
//!     40   40  the same once more: one flipped bit must not cost a segment
//! ```

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::fs::Fs;

/// How many bytes stand before the first record.
pub(super) const HEADER_BYTES: usize = 80;

const COPY_BYTES: usize = 40;
const MAGIC: &[u8; 8] = b"FDLOG\0\0\n";
const VERSION: u32 = 1;

/// A segment found in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) start: u64,
    pub(super) file_bytes: u64,
}

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) start: u64,
    pub(super) previous_end: u64,
    pub(super) salt: u64,
}

impl Found {
    pub(super) fn path(&self, dir: &Path) -> PathBuf {
        dir.join(name(self.start))
    }
}

/// The file name of the segment that starts at `start`.
pub(super) fn name(start: u64) -> String {
    format!("{start:016x}.log")
}

/// The segments in a directory, in order. Other files are none of the log's business.
pub(super) fn list(fs: &Fs, dir: &Path) -> Result<Vec<Found>> {
    let found = fs.list(dir)?.into_iter().filter_map(|entry| {
        let digits = entry.name.strip_suffix(".log").filter(|digits| digits.len() == 16)?;
        let start = u64::from_str_radix(digits, 16).ok()?;
        (!entry.is_dir).then_some(Found { start, file_bytes: entry.bytes })
    });
    let mut found: Vec<Found> = found.collect();
    found.sort();
    Ok(found)
}

impl Header {
    pub(super) fn write(&self) -> [u8; HEADER_BYTES] {
        let mut copy = [0; COPY_BYTES];
        copy[..8].copy_from_slice(MAGIC);
        copy[8..12].copy_from_slice(&VERSION.to_le_bytes());
        copy[16..24].copy_from_slice(&self.start.to_le_bytes());
        copy[24..32].copy_from_slice(&self.previous_end.to_le_bytes());
        copy[32..].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c::crc32c(&copy[16..]);
        copy[12..16].copy_from_slice(&crc.to_le_bytes());
        let mut header = [0; HEADER_BYTES];
        header[..COPY_BYTES].copy_from_slice(&copy);
        header[COPY_BYTES..].copy_from_slice(&copy);
        header
    }

    /// Reads the better of the two copies.
    pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Header> {
        let mut unknown = None;
        for copy in bytes.chunks_exact(COPY_BYTES).take(2) {
            let field = |at: usize| u64::from_le_bytes(copy[at..at + 8].try_into().expect("eight bytes"));
            let word = |at: usize| u32::from_le_bytes(copy[at..at + 4].try_into().expect("four bytes"));
            if &copy[..8] != MAGIC {
                continue;
            }
            if word(8) != VERSION {
                unknown.get_or_insert(word(8));
            } else if word(12) == crc32c::crc32c(&copy[16..]) {
                return Ok(Header { start: field(16), previous_end: field(24), salt: field(32) });
            }
        }
        Err(match unknown {
            Some(found) => {
                Error::UnknownVersion { path: path.to_owned(), format: "log", found, known: VERSION }
            }
            None => Error::corrupt(path, "header", 0, "it is no log segment or its header is damaged"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { start: 4096, previous_end: 4000, salt: 0x1234_5678_9abc_def0 };

    #[test]
    fn either_copy_is_enough() {
        for at in 0..HEADER_BYTES {
            let mut bytes = HEADER.write();
            bytes[at] ^= 0x10;
            assert_eq!(Header::read(Path::new("x"), &bytes).unwrap(), HEADER, "byte {at}");
        }
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let mut bytes = HEADER.write();
        bytes[8] = 9;
        bytes[COPY_BYTES + 8] = 9;
        let error = Header::read(Path::new("dir/a.log"), &bytes).unwrap_err().to_string();
        assert_eq!(
            error,
            "dir/a.log has format log version 9, this program reads version 1: use the program that wrote it"
        );
        assert!(matches!(Header::read(Path::new("x"), &[0; 10]), Err(Error::Corrupt(_))));
    }
}
