//! The tombstones file of a Prometheus block: which samples were deleted and are still in the chunks.
//!
//! ```text
//! file := 0x0130BA30:u32 version:u8 { series:uvarint from:varint to:varint }* crc32c:u32
//! ```

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, ensure};
use model::Timestamp;

use super::cursor::Cursor;
use super::index::check_crc;

const MAGIC: u32 = 0x0130_BA30;

/// Deleted intervals by series, both ends included.
#[derive(Default)]
pub struct Tombstones {
    intervals: HashMap<u64, Vec<(Timestamp, Timestamp)>>,
}

impl Tombstones {
    /// Reads the file; a block without one has nothing deleted.
    pub fn read(path: &Path) -> anyhow::Result<Tombstones> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Tombstones::default()),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        Tombstones::parse(&bytes).with_context(|| path.display().to_string())
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<Tombstones> {
        ensure!(bytes.len() >= 9, "the file is too short");
        let (content, crc) = bytes.split_at(bytes.len() - 4);
        let mut cursor = Cursor::new(content);
        ensure!(cursor.u32() == Some(MAGIC), "the file does not begin as tombstones do");
        ensure!(cursor.take(1) == Some(&[1]), "this version of tombstones is not known; expected 1");
        check_crc(&content[5..], crc)?;
        let mut tombstones = Tombstones::default();
        while cursor.left() > 0 {
            let (Some(series), Some(from), Some(to)) = (cursor.uvarint(), cursor.varint(), cursor.varint())
            else {
                anyhow::bail!("an entry is cut off");
            };
            tombstones.intervals.entry(series).or_default().push((from, to));
        }
        Ok(tombstones)
    }

    /// Whether a sample was deleted.
    pub fn cover(&self, series: u64, time: Timestamp) -> bool {
        let intervals = self.intervals.get(&series);
        intervals.is_some_and(|intervals| intervals.iter().any(|(from, to)| (*from..=*to).contains(&time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_intervals_cover_their_samples() {
        let mut file = vec![0x01, 0x30, 0xBA, 0x30, 1, 7, 20, 40];
        let crc = crc32c::crc32c(&file[5..]);
        file.extend(crc.to_be_bytes());
        let tombstones = Tombstones::parse(&file).expect("is well formed");
        let check =
            |series, time, want| assert_eq!(tombstones.cover(series, time), want, "{series} at {time}");
        check(7, 10, true);
        check(7, 20, true);
        check(7, 21, false);
        check(8, 10, false);
        file[6] ^= 1;
        assert!(Tombstones::parse(&file).is_err());
    }
}
