//! The index file of a Prometheus block: which series there are and where their chunks lie.
//!
//! ```text
//! file    := 0xBAAAD700:u32 version:u8 symbols series ... toc
//! symbols := len:u32 count:u32 { len:uvarint bytes }* crc32c:u32
//! series  := { pad to 16; len:uvarint entry crc32c:u32 }*
//! entry   := labels:uvarint { name:uvarint value:uvarint }*
//!            chunks:uvarint { min:varint length:uvarint ref:uvarint }    the first chunk
//!                           { gap:uvarint length:uvarint ref:varint }*   each further one, relative to the last
//! toc     := symbols:u64 series:u64 label_indices:u64 label_offsets:u64 postings:u64 postings_table:u64 crc32c:u32
//! ```

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use model::Labels;

use super::cursor::Cursor;

const MAGIC: u32 = 0xBAAA_D700;
const TOC_BYTES: u64 = 52;
/// How large the sections that are read at once may be.
const SYMBOLS_BYTES_MAX: u64 = 4 << 30;
/// How large one series entry may be.
const ENTRY_BYTES_MAX: usize = 64 << 20;
/// How much of the series section is read at once.
const WINDOW_BYTES: usize = 1 << 20;

/// An index, open.
pub struct Index {
    file: File,
    symbols: Symbols,
    /// Series references count in these units.
    unit: u64,
    series_from: u64,
    series_to: u64,
}

/// One series as the index knows it.
pub struct IndexedSeries {
    /// Its number, as tombstones refer to it.
    pub reference: u64,
    /// Its labels.
    pub labels: Labels,
    /// Its chunks, ascending in time.
    pub chunks: Vec<ChunkPlace>,
}

/// Where a chunk lies.
#[derive(Clone, Copy, Debug)]
pub struct ChunkPlace {
    /// The file, counted from 0.
    pub segment: u32,
    /// The byte in the file.
    pub offset: u32,
}

struct Symbols {
    texts: Vec<Box<str>>,
    /// In the first version symbols are referred to by the byte they begin at.
    by_offset: Option<HashMap<u64, u32>>,
}

impl Index {
    /// Opens an index and reads its symbols.
    pub fn open(path: &Path) -> anyhow::Result<Index> {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let length = file.metadata()?.len();
        ensure!(length > 5 + TOC_BYTES, "the index is too short");
        let head = read_at(&file, 0, 5)?;
        let mut cursor = Cursor::new(&head);
        ensure!(cursor.u32() == Some(MAGIC), "the index does not begin as one");
        let version = head[4];
        ensure!(matches!(version, 1 | 2), "version {version} of the index is not known; expected 1 or 2");
        let toc = read_at(&file, length - TOC_BYTES, TOC_BYTES as usize)?;
        check_crc(&toc[..48], &toc[48..]).context("table of contents")?;
        let mut cursor = Cursor::new(&toc);
        let mut next = || cursor.u64().context("the table of contents is cut off");
        let (symbols, series_from, label_indices, _label_offsets, postings) =
            (next()?, next()?, next()?, next()?, next()?);
        let series_to = [label_indices, postings, length].into_iter().filter(|end| *end > series_from).min();
        let symbols = Symbols::read(&file, symbols, length, version).context("symbols")?;
        let unit = if version == 1 { 1 } else { 16 };
        Ok(Index { file, symbols, unit, series_from, series_to: series_to.unwrap_or(length) })
    }

    /// Calls `visit` for every series.
    pub fn series(&self, mut visit: impl FnMut(IndexedSeries) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut at = self.series_from;
        let (mut window, mut window_at) = (Vec::new(), 0u64);
        loop {
            at = at.next_multiple_of(16);
            if at + 6 > self.series_to {
                return Ok(());
            }
            let within = |window: &[u8], window_at: u64, bytes: u64| {
                at >= window_at && at + bytes <= window_at + window.len() as u64
            };
            if !within(&window, window_at, 10.min(self.series_to - at)) {
                (window, window_at) = (self.window(at, WINDOW_BYTES)?, at);
            }
            let mut cursor = Cursor::new(&window[(at - window_at) as usize..]);
            let before = cursor.left();
            let length =
                cursor.uvarint().and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
            ensure!(length <= ENTRY_BYTES_MAX, "the series at byte {at} is said to have {length} bytes");
            if length == 0 {
                // Padding up to the next section.
                return Ok(());
            }
            let prefix = before - cursor.left();
            let whole = prefix + length + 4;
            if !within(&window, window_at, whole as u64) {
                (window, window_at) = (self.window(at, whole.max(WINDOW_BYTES))?, at);
            }
            let from = (at - window_at) as usize + prefix;
            let Some(entry) = window.get(from..from + length + 4) else {
                bail!("the series at byte {at} is cut off")
            };
            let (entry, crc) = entry.split_at(length);
            check_crc(entry, crc).with_context(|| format!("series at byte {at}"))?;
            let series = self.entry(at / self.unit, entry);
            visit(series.with_context(|| format!("series at byte {at}"))?)?;
            at += whole as u64;
        }
    }

    fn window(&self, at: u64, bytes: usize) -> anyhow::Result<Vec<u8>> {
        let bytes = usize::try_from(self.series_to - at).map_or(bytes, |left| left.min(bytes));
        read_at(&self.file, at, bytes)
    }

    fn entry(&self, reference: u64, entry: &[u8]) -> anyhow::Result<IndexedSeries> {
        const CUT: &str = "the entry is cut off";
        let mut cursor = Cursor::new(entry);
        let count = cursor.uvarint().context(CUT)?;
        let mut pairs = Vec::new();
        for _ in 0..count {
            let name = self.symbols.get(cursor.uvarint().context(CUT)?)?;
            let value = self.symbols.get(cursor.uvarint().context(CUT)?)?;
            pairs.push((name, value));
        }
        let count = cursor.uvarint().context(CUT)?;
        let mut chunks: Vec<ChunkPlace> = Vec::new();
        let mut place = 0i64;
        for number in 0..count {
            // The chunk's times are in its samples too; the first one is signed, but as long either way.
            let (_min_time, _length) = (cursor.uvarint().context(CUT)?, cursor.uvarint().context(CUT)?);
            place = if number == 0 {
                cursor.uvarint().context(CUT)? as i64
            } else {
                place.wrapping_add(cursor.varint().context(CUT)?)
            };
            chunks.push(ChunkPlace { segment: (place >> 32) as u32, offset: place as u32 });
        }
        Ok(IndexedSeries { reference, labels: Labels::from_pairs(pairs), chunks })
    }
}

impl Symbols {
    fn read(file: &File, at: u64, length: u64, version: u8) -> anyhow::Result<Symbols> {
        let head = read_at(file, at, 4)?;
        let bytes = u64::from(Cursor::new(&head).u32().context("cut off")?);
        ensure!(
            at + 8 + bytes <= length && bytes <= SYMBOLS_BYTES_MAX,
            "they are said to have {bytes} bytes"
        );
        let section = read_at(file, at + 4, bytes as usize + 4)?;
        let (section, crc) = section.split_at(bytes as usize);
        check_crc(section, crc)?;
        let mut cursor = Cursor::new(section);
        let count = cursor.u32().context("cut off")?;
        let mut symbols = Symbols { texts: Vec::new(), by_offset: (version == 1).then(HashMap::new) };
        for number in 0..count {
            let offset = at + 4 + (section.len() - cursor.left()) as u64;
            let length =
                cursor.uvarint().and_then(|length| usize::try_from(length).ok()).context("cut off")?;
            let text = std::str::from_utf8(cursor.take(length).context("cut off")?)
                .context("a symbol is not UTF-8")?;
            symbols.texts.push(text.into());
            if let Some(by_offset) = &mut symbols.by_offset {
                by_offset.insert(offset, number);
            }
        }
        Ok(symbols)
    }

    fn get(&self, reference: u64) -> anyhow::Result<&str> {
        let number = match &self.by_offset {
            Some(by_offset) => by_offset.get(&reference).map(|number| u64::from(*number)),
            None => Some(reference),
        };
        let text = number.and_then(|number| self.texts.get(usize::try_from(number).ok()?));
        text.map(|text| &**text)
            .with_context(|| format!("it refers to symbol {reference}, which is not there"))
    }
}

/// Reads exactly so many bytes.
pub fn read_at(file: &File, at: u64, count: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    file.read_exact_at(&mut bytes, at).with_context(|| format!("reading {count} bytes at byte {at}"))?;
    Ok(bytes)
}

/// Compares a CRC32C.
pub fn check_crc(bytes: &[u8], crc: &[u8]) -> anyhow::Result<()> {
    let want = Cursor::new(crc).u32().context("the checksum is cut off")?;
    ensure!(crc32c::crc32c(bytes) == want, "the checksum does not match: the file is damaged");
    Ok(())
}
