//! Which series there are: a log that every worker adds to and nobody changes.
//!
//! It is chunks of records. A record is a word with its length in bytes and its type, a word for its state, and the payload
//! up to a multiple of eight bytes. A word of zero sends to the next chunk. Whatever is behind `LogEnd` was never said.
//!
//! | type | payload |
//! |---|---|
//! | family | registry, kind, name, mode, label names, bounds, states; then what may change: help, unit |
//! | series | family, first cell, numbers, when it was created, label values |

use std::collections::HashMap;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::layout::{CHUNK_BYTES, CHUNK_WORDS};
use super::map::Words;
use crate::buckets::{SCHEMA_MAX, SCHEMA_MIN};
use crate::shape::Shape;

/// Longer records are refused; a chunk holds several of them.
pub(super) const RECORD_BYTES_MAX: usize = CHUNK_BYTES / 4;

pub(super) const FAMILY: u64 = 1;
pub(super) const SERIES: u64 = 2;
const HEAD_WORDS: usize = 2;

/// A metric with its labels, as all workers agree on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Family {
    /// Which of the program's registries it is in.
    pub(crate) registry: String,
    /// As in the text format.
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Of gauges, how the workers' values become one.
    pub(crate) mode: String,
    pub(crate) label_names: Vec<String>,
    pub(crate) bounds: Vec<f64>,
    /// Of enums.
    pub(crate) states: Vec<String>,
    pub(crate) help: String,
    pub(crate) unit: String,
    /// What its numbers are, which the others say.
    pub(crate) shape: Shape,
}

/// One series, of which every worker has its own numbers.
pub(crate) struct Series {
    pub(crate) family: usize,
    pub(crate) values: Vec<String>,
    pub(crate) created: f64,
    /// Its first cell in the chunks of a worker, which is a version, and how many numbers follow.
    pub(super) cell: usize,
    pub(super) numbers: usize,
    /// 1: somebody removed it.
    state: &'static std::sync::atomic::AtomicU64,
}

impl Series {
    pub(super) fn is_removed(&self) -> bool {
        self.state.load(Acquire) == 1
    }

    pub(super) fn set_removed(&self, removed: bool) {
        self.state.store(u64::from(removed), Release);
    }
}

/// What this process has read of the log.
#[derive(Default)]
pub(super) struct Log {
    pub(super) families: Vec<Family>,
    pub(super) series: Vec<Series>,
    by_family: HashMap<Vec<u8>, usize>,
    by_series: HashMap<(usize, Vec<String>), usize>,
    pub(super) read_to: u64,
}

impl Log {
    pub(super) fn family_of(&self, family: &Family) -> Option<usize> {
        self.by_family.get(&family.identity()).copied()
    }

    pub(super) fn series_of(&self, family: usize, values: &[String]) -> Option<usize> {
        self.by_series.get(&(family, values.to_vec())).copied()
    }

    /// Reads on up to `end`; `None` where it makes no sense.
    pub(super) fn read(&mut self, end: u64, mut chunk: impl FnMut(usize) -> Option<Words>) -> Option<()> {
        while self.read_to < end {
            let at = self.read_to as usize;
            let words = chunk(at / CHUNK_BYTES)?.get(at % CHUNK_BYTES / 8..)?;
            let head = words.first()?.load(Acquire);
            if head == 0 {
                self.read_to = (at / CHUNK_BYTES + 1) as u64 * CHUNK_BYTES as u64;
                continue;
            }
            let bytes = (head & 0xffff_ffff) as usize;
            let payload = words.get(HEAD_WORDS..HEAD_WORDS + bytes.div_ceil(8))?;
            let payload: Vec<u8> = payload.iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect();
            let mut payload = Reader { rest: payload.get(..bytes)? };
            match head >> 32 {
                FAMILY => self.add_family(&mut payload)?,
                SERIES => self.add_series(&mut payload, words.get(1)?)?,
                _ => return None,
            }
            self.read_to += record_bytes(bytes) as u64;
        }
        Some(())
    }

    fn add_family(&mut self, payload: &mut Reader<'_>) -> Option<()> {
        let family = Family {
            registry: payload.text()?,
            kind: payload.text()?,
            name: payload.text()?,
            mode: payload.text()?,
            label_names: payload.texts()?,
            bounds: payload.numbers()?,
            states: payload.texts()?,
            help: payload.text()?,
            unit: payload.text()?,
            shape: Shape::default(),
        }
        .shaped();
        self.by_family.insert(family.identity(), self.families.len());
        self.families.push(family);
        Some(())
    }

    fn add_series(
        &mut self,
        payload: &mut Reader<'_>,
        state: &'static std::sync::atomic::AtomicU64,
    ) -> Option<()> {
        let series = Series {
            family: payload.integer()? as usize,
            cell: payload.integer()? as usize,
            numbers: payload.integer()? as usize,
            created: f64::from_bits(payload.integer()?),
            values: payload.texts()?,
            state,
        };
        let family = self.families.get(series.family)?;
        let fits = series.numbers > 0 && series.cell % CHUNK_WORDS + 1 + series.numbers <= CHUNK_WORDS;
        let known = family.kind == "info" || series.values.len() == family.label_names.len();
        let plain = match family.kind.as_str() {
            "histogram" => family.bounds.len() + 1,
            "summary" => 2,
            _ => series.numbers,
        };
        let counted = series.numbers == family.shape.numbers(plain);
        (fits && known && counted).then_some(())?;
        self.by_series.insert((series.family, series.values.clone()), self.series.len());
        self.series.push(series);
        Some(())
    }
}

impl Family {
    /// Works out its shape: a histogram's mode may be `native:SCHEMA`, a summary's `quantiles:SECONDS` with their shares as bounds.
    pub(crate) fn shaped(mut self) -> Family {
        let (bounds, (mode, number)) = (self.bounds.clone(), self.mode.split_once(':').unwrap_or_default());
        self.shape = match (self.kind.as_str(), mode) {
            ("summary", "quantiles") => {
                let window_seconds = number.parse().unwrap_or_default();
                Shape { quantiles: bounds, window_seconds, ..Shape::default() }
            }
            ("histogram", "native") => {
                let schema = number.parse().ok().filter(|schema| (SCHEMA_MIN..=SCHEMA_MAX).contains(schema));
                Shape { bounds, native_schema: schema, ..Shape::default() }
            }
            ("histogram", _) => Shape { bounds, ..Shape::default() },
            _ => Shape::default(),
        };
        self
    }

    pub(super) fn payload(&self) -> Vec<u8> {
        let mut payload = self.identity();
        put_text(&mut payload, &self.help);
        put_text(&mut payload, &self.unit);
        payload
    }

    /// What makes two families the same one.
    fn identity(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for text in [&self.registry, &self.kind, &self.name, &self.mode] {
            put_text(&mut payload, text);
        }
        put_texts(&mut payload, &self.label_names);
        put_integer(&mut payload, self.bounds.len() as u64);
        self.bounds.iter().for_each(|bound| put_integer(&mut payload, bound.to_bits()));
        put_texts(&mut payload, &self.states);
        payload
    }
}

/// The payload of a series that has no place in the log yet.
pub(super) fn series_payload(
    family: usize,
    cell: usize,
    numbers: usize,
    created: f64,
    values: &[String],
) -> Vec<u8> {
    let mut payload = Vec::new();
    for integer in [family as u64, cell as u64, numbers as u64, created.to_bits()] {
        put_integer(&mut payload, integer);
    }
    put_texts(&mut payload, values);
    payload
}

/// How much of the log a record with such a payload takes.
pub(super) fn record_bytes(payload: usize) -> usize {
    HEAD_WORDS * 8 + payload.next_multiple_of(8)
}

/// Writes a record where nobody reads yet.
pub(super) fn write(words: &[std::sync::atomic::AtomicU64], kind: u64, payload: &[u8]) {
    for (word, bytes) in words[HEAD_WORDS..].iter().zip(payload.chunks(8)) {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        word.store(u64::from_le_bytes(padded), Relaxed);
    }
    words[1].store(0, Relaxed);
    words[0].store(kind << 32 | payload.len() as u64, Release);
}

fn put_integer(payload: &mut Vec<u8>, integer: u64) {
    payload.extend_from_slice(&integer.to_le_bytes());
}

fn put_text(payload: &mut Vec<u8>, text: &str) {
    put_integer(payload, text.len() as u64);
    payload.extend_from_slice(text.as_bytes());
}

fn put_texts(payload: &mut Vec<u8>, texts: &[String]) {
    put_integer(payload, texts.len() as u64);
    texts.iter().for_each(|text| put_text(payload, text));
}

/// A payload as it is read; `None` where it is too short.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn integer(&mut self) -> Option<u64> {
        let (integer, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*integer))
    }

    fn text(&mut self) -> Option<String> {
        let bytes = usize::try_from(self.integer()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        (0..self.integer()?).map(|_| self.text()).collect()
    }

    fn numbers(&mut self) -> Option<Vec<f64>> {
        (0..self.integer()?).map(|_| self.integer().map(f64::from_bits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    fn chunk() -> Words {
        Box::leak((0..CHUNK_WORDS).map(|_| AtomicU64::new(0)).collect::<Box<[_]>>())
    }

    #[test]
    fn what_was_written_is_read_and_garbage_is_refused() {
        let words = chunk();
        let family = Family {
            kind: "counter".to_owned(),
            name: "orders".to_owned(),
            label_names: vec!["method".to_owned()],
            ..Family::default()
        };
        write(words, FAMILY, &family.payload());
        let second = record_bytes(family.payload().len());
        let payload = series_payload(0, 7, 1, 1.5, &["card".to_owned()]);
        write(&words[second / 8..], SERIES, &payload);
        let end = (second + record_bytes(payload.len())) as u64;
        let mut log = Log::default();
        assert!(log.read(end, |_| Some(words)).is_some());
        assert_eq!(log.family_of(&family), Some(0));
        assert_eq!(log.series_of(0, &["card".to_owned()]), Some(0));
        assert_eq!((log.series[0].cell, log.series[0].numbers, log.series[0].created), (7, 1, 1.5));
        for at in 0..end as usize / 8 {
            let word = words[at].swap(u64::MAX / 3, Relaxed);
            // Whatever it makes of it, it comes back.
            let _ = Log::default().read(end, |_| Some(words));
            words[at].store(word, Relaxed);
        }
    }
}
