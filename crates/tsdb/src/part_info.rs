//! What the manifest tells of a part without opening it: its times, its size, how many series and samples.

use std::ops::RangeInclusive;

use model::Timestamp;

use crate::bytes::{Reader, put_signed, put_varint};

/// A part as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartInfo {
    /// The part's number; a higher one was written later.
    pub number: u64,
    /// The oldest sample or exemplar.
    pub min_time: Timestamp,
    /// The newest sample or exemplar.
    pub max_time: Timestamp,
    /// How many series have samples in it.
    pub series: u64,
    /// How many samples it has.
    pub samples: u64,
    /// How large its file is.
    pub bytes: u64,
}

impl PartInfo {
    /// A part without samples.
    pub(crate) fn empty(number: u64) -> PartInfo {
        PartInfo {
            number,
            min_time: Timestamp::MAX,
            max_time: Timestamp::MIN,
            series: 0,
            samples: 0,
            bytes: 0,
        }
    }

    /// Widens the times.
    pub(crate) fn cover(&mut self, (first, last): (Timestamp, Timestamp)) {
        self.min_time = self.min_time.min(first);
        self.max_time = self.max_time.max(last);
    }

    /// The note for the manifest; the file's size is the manifest's own.
    pub(crate) fn to_note(&self) -> Vec<u8> {
        let mut note = Vec::new();
        put_varint(&mut note, self.number);
        put_signed(&mut note, self.min_time);
        put_signed(&mut note, self.max_time);
        put_varint(&mut note, self.series);
        put_varint(&mut note, self.samples);
        note
    }

    /// Reads a note.
    pub(crate) fn from_note(note: &[u8], bytes: u64) -> Option<PartInfo> {
        let mut reader = Reader::new(note);
        let info = PartInfo {
            number: reader.varint()?,
            min_time: reader.signed()?,
            max_time: reader.signed()?,
            series: reader.varint()?,
            samples: reader.varint()?,
            bytes,
        };
        reader.is_empty().then_some(info)
    }

    /// Whether any sample may lie within the range, both ends included.
    pub(crate) fn overlaps(&self, range: &RangeInclusive<Timestamp>) -> bool {
        self.min_time <= *range.end() && self.max_time >= *range.start()
    }

    /// How much time lies between the first and the last sample.
    pub fn span_ms(&self) -> i64 {
        self.max_time.saturating_sub(self.min_time)
    }
}
