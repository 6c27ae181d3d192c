//! A block directory of Prometheus: meta.json, index, chunks, tombstones.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use model::{Sample, Series, Timestamp};
use serde::Deserialize;
use wire::chunk::{self, Encoding};

use super::Batch;
use super::cursor::Cursor;
use super::index::{ChunkPlace, Index, check_crc, read_at};
use super::tombstones::Tombstones;

const CHUNKS_MAGIC: u32 = 0x85BD_40DD;
/// How large one chunk may be.
const CHUNK_BYTES_MAX: u64 = 16 << 20;
/// How much is read at a chunk's place, in the hope that this is all of it.
const GUESS_BYTES: usize = 1024;

/// A block, found but not read.
pub struct Block {
    path: PathBuf,
    /// What it says about itself.
    pub meta: Meta,
    /// How large its files are.
    pub bytes: u64,
}

/// The part of `meta.json` that matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Its name.
    pub ulid: String,
    /// The time of its oldest sample.
    pub min_time: Timestamp,
    /// The time behind its newest sample.
    pub max_time: Timestamp,
    version: u32,
    #[serde(default)]
    compaction: Compaction,
}

/// How a block came to be.
#[derive(Default, Deserialize)]
struct Compaction {
    #[serde(default)]
    hints: Vec<String>,
}

impl Meta {
    /// Whether the block holds only what came out of order: samples of its time that came in order may be elsewhere.
    pub fn is_out_of_order(&self) -> bool {
        self.compaction.hints.iter().any(|hint| hint == "from-out-of-order")
    }
}

/// The chunk files, opened when first needed.
struct Segments {
    directory: PathBuf,
    open: HashMap<u32, (File, u64)>,
}

impl Block {
    /// Reads what a block says about itself.
    pub fn open(path: &Path) -> anyhow::Result<Block> {
        let file = path.join("meta.json");
        let text = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let meta: Meta =
            serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display()))?;
        ensure!(meta.version == 1, "{}: version {} is not known; expected 1", file.display(), meta.version);
        let chunks = std::fs::read_dir(path.join("chunks")).into_iter().flatten().flatten();
        let chunks: u64 =
            chunks.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum();
        let index = std::fs::metadata(path.join("index")).map_or(0, |metadata| metadata.len());
        Ok(Block { path: path.to_owned(), meta, bytes: chunks + index })
    }

    /// Hands every series with its samples to the batch. A damaged chunk costs that chunk, and is named.
    pub(super) fn read(&self, batch: &mut Batch<'_>) -> anyhow::Result<()> {
        let index = Index::open(&self.path.join("index"))?;
        let tombstones = Tombstones::read(&self.path.join("tombstones"))?;
        let mut segments = Segments { directory: self.path.join("chunks"), open: HashMap::new() };
        index.series(|indexed| {
            let mut samples: Vec<Sample> = Vec::new();
            for place in &indexed.chunks {
                match segments.chunk(place) {
                    Ok((chunk, bytes)) => {
                        batch.progress.advance(bytes);
                        samples.extend(chunk);
                    }
                    Err(error) => {
                        let at = format!("{} chunk at {}:{}", self.meta.ulid, place.segment, place.offset);
                        batch.problem(format!("{at} of {} is left out: {error:#}", indexed.labels));
                    }
                }
            }
            samples.retain(|sample| !tombstones.cover(indexed.reference, sample.time));
            // Chunks of out-of-order samples overlap.
            if !samples.is_sorted_by_key(|sample| sample.time) {
                samples.sort_by_key(|sample| sample.time);
            }
            batch.push(Series { labels: indexed.labels, samples, ..Series::default() })
        })
    }
}

impl Segments {
    /// The samples of a chunk, and how many bytes it had.
    fn chunk(&mut self, place: &ChunkPlace) -> anyhow::Result<(Vec<Sample>, u64)> {
        let (file, length) = self.segment(place.segment)?;
        let (at, length) = (u64::from(place.offset), *length);
        ensure!(at < length, "it lies behind the end of its file");
        let mut bytes = read_at(file, at, GUESS_BYTES.min((length - at) as usize))?;
        let mut cursor = Cursor::new(&bytes);
        let data = cursor.uvarint().context("its length is cut off")?;
        ensure!(data <= CHUNK_BYTES_MAX, "it is said to have {data} bytes");
        let prefix = bytes.len() - cursor.left();
        let whole = prefix + 1 + data as usize + 4;
        if bytes.len() < whole {
            bytes = read_at(file, at, whole)?;
        }
        let (content, crc) = bytes[prefix..whole].split_at(1 + data as usize);
        check_crc(content, crc)?;
        let encoding = Encoding::from_number(u64::from(content[0]))
            .with_context(|| format!("its encoding {} is not known here", content[0]))?;
        Ok((chunk::decode(encoding, &content[1..])?, whole as u64))
    }

    fn segment(&mut self, number: u32) -> anyhow::Result<&(File, u64)> {
        use std::collections::hash_map::Entry;
        match self.open.entry(number) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(vacant) => {
                // Files are numbered from 1, references from 0.
                let path = self.directory.join(format!("{:06}", u64::from(number) + 1));
                let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
                let magic = read_at(&file, 0, 4)?;
                ensure!(
                    Cursor::new(&magic).u32() == Some(CHUNKS_MAGIC),
                    "{} holds no chunks",
                    path.display()
                );
                let length = file.metadata()?.len();
                Ok(vacant.insert((file, length)))
            }
        }
    }
}
