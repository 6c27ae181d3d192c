//! The records of the log: what each kind says, as bytes and back.
//!
//! The log is divided into chapters. A chapter needs nothing from before it: it defines every point and stripe it
//! speaks of and tells every value at least once, so that the log can be cut between any two.
//!
//! ```text
//! record    := tag and one of these                            tag: 4 bytes, the same within a chapter and in no other
//! chapter   := nothing
//! points    := { id len(labels) labels }*                      labels as `Labels::packed`
//! stripe    := stripe sequence len(target) target first { point }*      the columns from `first` on
//! stamp     := stripe sequence*2+has_starts
//! row       := stamp time shape values
//!   shape   := 0 count { column }*  |  words told[words] flag [absent[words]]
//! late      := stamp time { column value }*
//! histogram := stamp column time value                         value as `histogram::put_value`
//! starts    := stamp time in_order { column start }*
//! exemplar  := stripe column time value len(labels) labels
//! metadata  := { family type unit help }*
//! ```
//! Numbers are LEB128 (times and starts zigzag), values and bitmap words 8 bytes, little endian. The sequence counts the
//! stripe's stamped records within the chapter: after a gap, what a record does not tell is unknown until the stripe is
//! defined anew from its first column, after which everything is told again.
//!
//! Starts in order hold for their columns until others are told; the starts of a late time hold for that time alone, and
//! a column that they do not name has none.

use model::{Exemplar, Labels, Metadata, MetricType, Timestamp, Value};

use crate::bits;
use crate::bytes::{Reader, put_bytes, put_signed, put_u64, put_varint};
use crate::histogram;
use crate::page::WORDS_MAX;
use crate::registry::PointId;
use crate::stripe::COLUMNS_MAX;

/// Kinds of records. A kind keeps its number for as long as the log's version.
pub(crate) mod kind {
    pub(crate) const CHAPTER: u8 = 1;
    pub(crate) const POINTS: u8 = 2;
    pub(crate) const STRIPE: u8 = 3;
    pub(crate) const ROW: u8 = 4;
    pub(crate) const LATE: u8 = 5;
    pub(crate) const HISTOGRAM: u8 = 6;
    pub(crate) const STARTS: u8 = 7;
    pub(crate) const EXEMPLAR: u8 = 8;
    pub(crate) const METADATA: u8 = 9;
}

/// A record as replay reads it.
pub(crate) enum Record {
    Chapter,
    Points(Vec<(PointId, Labels)>),
    Stripe { stripe: u32, sequence: u64, target: Labels, first: usize, points: Vec<PointId> },
    Row { stamp: Stamp, row: Row },
    Late { stamp: Stamp, time: Timestamp, values: Vec<(u16, u64)> },
    Histogram { stamp: Stamp, column: u16, time: Timestamp, value: Value },
    Starts { stamp: Stamp, time: Timestamp, in_order: bool, starts: Vec<(u16, Timestamp)> },
    Exemplar { stripe: u32, column: u16, exemplar: Exemplar },
    Metadata(Vec<(String, Metadata)>),
}

/// What a record about a stripe's samples begins with.
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) stripe: u32,
    pub(crate) sequence: u64,
    /// Whether columns of the stripe may have starts.
    pub(crate) has_starts: bool,
}

impl Stamp {
    fn put(self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.stripe));
        put_varint(out, self.sequence << 1 | u64::from(self.has_starts));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Stamp> {
        let (stripe, both) = (reader.u32()?, reader.varint()?);
        Some(Stamp { stripe, sequence: both >> 1, has_starts: both & 1 == 1 })
    }
}

/// A row of floats. Columns that are present and not told have the value they had before.
pub(crate) struct Row {
    pub(crate) time: Timestamp,
    pub(crate) present: Vec<u64>,
    pub(crate) told: Vec<u64>,
    /// The told values, in the order of their columns.
    pub(crate) values: Vec<u64>,
}

/// Writes a row of which `told` says what has to be told; sparse when that is shorter. `values` is by column.
pub(crate) fn put_row(
    out: &mut Vec<u8>,
    stamp: Stamp,
    time: Timestamp,
    (present, told, columns): (&[u64], &[u64], usize),
    values: &[u64],
) {
    stamp.put(out);
    put_signed(out, time);
    let words = present.len();
    let count = bits::count(present);
    let told_count = bits::count(told);
    let has_absent = count < columns;
    let dense_bytes = words * 8 * (1 + usize::from(has_absent)) + told_count * 8;
    // A sparse row tells all it has, so that it needs no second list.
    let is_sparse = count * 10 < dense_bytes;
    let told = if is_sparse { present } else { told };
    if is_sparse {
        out.push(0);
        put_varint(out, count as u64);
        for column in bits::ones(present) {
            put_varint(out, column as u64);
        }
    } else {
        out.push(words as u8);
        told.iter().for_each(|&word| put_u64(out, word));
        out.push(u8::from(has_absent));
        if has_absent {
            present.iter().for_each(|&word| put_u64(out, !word));
        }
    }
    bits::ones(told).for_each(|column| put_u64(out, values[column]));
    // A dense row says how many columns it is about by its last bits; they are cut on the way back.
    put_varint(out, columns as u64);
}

pub(crate) fn put_stripe(
    out: &mut Vec<u8>,
    (stripe, sequence): (u32, u64),
    target: &Labels,
    first: usize,
    points: &[PointId],
) {
    put_varint(out, u64::from(stripe));
    put_varint(out, sequence);
    put_bytes(out, target.packed());
    put_varint(out, first as u64);
    points.iter().for_each(|&point| put_varint(out, u64::from(point)));
}

pub(crate) fn put_point(out: &mut Vec<u8>, point: PointId, labels: &Labels) {
    put_varint(out, u64::from(point));
    put_bytes(out, labels.packed());
}

pub(crate) fn put_late(out: &mut Vec<u8>, stamp: Stamp, time: Timestamp, values: &[(u16, u64)]) {
    stamp.put(out);
    put_signed(out, time);
    for &(column, value) in values {
        put_varint(out, u64::from(column));
        put_u64(out, value);
    }
}

pub(crate) fn put_histogram(out: &mut Vec<u8>, stamp: Stamp, column: u16, time: Timestamp, value: &Value) {
    stamp.put(out);
    put_varint(out, u64::from(column));
    put_signed(out, time);
    histogram::put_value(out, value);
}

pub(crate) fn put_starts(
    out: &mut Vec<u8>,
    stamp: Stamp,
    time: Timestamp,
    in_order: bool,
    starts: &[(u16, Timestamp)],
) {
    stamp.put(out);
    put_signed(out, time);
    out.push(u8::from(in_order));
    for &(column, start) in starts {
        put_varint(out, u64::from(column));
        put_signed(out, start);
    }
}

pub(crate) fn put_exemplar(
    out: &mut Vec<u8>,
    stripe: u32,
    column: u16,
    time: Timestamp,
    exemplar: &Exemplar,
) {
    put_varint(out, u64::from(stripe));
    put_varint(out, u64::from(column));
    put_signed(out, time);
    put_u64(out, exemplar.value.to_bits());
    put_bytes(out, exemplar.labels.packed());
}

pub(crate) fn put_metadata(out: &mut Vec<u8>, family: &str, metadata: &Metadata) {
    for text in [family, metadata.kind.name(), &metadata.unit, &metadata.help] {
        put_bytes(out, text.as_bytes());
    }
}

/// The stripe that a record about samples speaks of.
pub(crate) fn stripe_of(payload: &[u8]) -> Option<u32> {
    Reader::new(payload).u32()
}

/// The stripe that a record of that kind defines, and whose it is.
pub(crate) fn target_of(payload: &[u8]) -> Option<(u32, Labels)> {
    let mut reader = Reader::new(payload);
    let (stripe, _) = (reader.u32()?, reader.varint()?);
    Some((stripe, reader.labels()?))
}

impl Record {
    /// Reads a record; `None` when the bytes are not one.
    pub(crate) fn read(kind: u8, payload: &[u8]) -> Option<Record> {
        let mut reader = Reader::new(payload);
        let record = match kind {
            kind::CHAPTER => Record::Chapter,
            kind::POINTS => {
                let mut points = Vec::new();
                while !reader.is_empty() {
                    points.push((reader.u32()?, reader.labels()?));
                }
                Record::Points(points)
            }
            kind::STRIPE => {
                let (stripe, sequence) = (reader.u32()?, reader.varint()?);
                let (target, first) = (reader.labels()?, column(&mut reader)? as usize);
                let mut points = Vec::new();
                while !reader.is_empty() {
                    points.push(reader.u32()?);
                }
                (first + points.len() <= COLUMNS_MAX).then_some(())?;
                Record::Stripe { stripe, sequence, target, first, points }
            }
            kind::ROW => Record::Row { stamp: Stamp::read(&mut reader)?, row: read_row(&mut reader)? },
            kind::LATE => {
                let (stamp, time) = (Stamp::read(&mut reader)?, reader.signed()?);
                let mut values = Vec::new();
                while !reader.is_empty() {
                    values.push((column(&mut reader)?, reader.u64()?));
                }
                Record::Late { stamp, time, values }
            }
            kind::HISTOGRAM => Record::Histogram {
                stamp: Stamp::read(&mut reader)?,
                column: column(&mut reader)?,
                time: reader.signed()?,
                value: histogram::read_value(&mut reader)?,
            },
            kind::STARTS => {
                let (stamp, time) = (Stamp::read(&mut reader)?, reader.signed()?);
                let in_order = reader.byte()? != 0;
                let mut starts = Vec::new();
                while !reader.is_empty() {
                    starts.push((column(&mut reader)?, reader.signed()?));
                }
                Record::Starts { stamp, time, in_order, starts }
            }
            kind::EXEMPLAR => {
                let (stripe, column) = (reader.u32()?, column(&mut reader)?);
                let time = Some(reader.signed()?);
                let value = f64::from_bits(reader.u64()?);
                Record::Exemplar {
                    stripe,
                    column,
                    exemplar: Exemplar { labels: reader.labels()?, value, time },
                }
            }
            kind::METADATA => {
                let mut entries = Vec::new();
                while !reader.is_empty() {
                    entries.push(read_metadata(&mut reader)?);
                }
                Record::Metadata(entries)
            }
            _ => return None,
        };
        reader.is_empty().then_some(record)
    }
}

/// Reads what `put_metadata` wrote.
pub(crate) fn read_metadata(reader: &mut Reader<'_>) -> Option<(String, Metadata)> {
    let family = reader.text()?.to_owned();
    let kind: MetricType = reader.text()?.parse().ok()?;
    Some((family, Metadata { kind, unit: reader.text()?.to_owned(), help: reader.text()?.to_owned() }))
}

fn column(reader: &mut Reader<'_>) -> Option<u16> {
    let column = reader.varint()?;
    (column < COLUMNS_MAX as u64).then_some(column as u16)
}

fn read_row(reader: &mut Reader<'_>) -> Option<Row> {
    let time = reader.signed()?;
    let words = reader.byte()? as usize;
    let (mut present, told);
    if words == 0 {
        let count = reader.count()?;
        let mut set = bits::Bits::default();
        for _ in 0..count {
            set.insert(column(reader)? as usize);
        }
        present = set.words().to_vec();
        told = present.clone();
    } else {
        (words <= WORDS_MAX).then_some(())?;
        told = (0..words).map(|_| reader.u64()).collect::<Option<Vec<_>>>()?;
        present = vec![u64::MAX; words];
        if reader.byte()? != 0 {
            for word in &mut present {
                *word = !reader.u64()?;
            }
        }
    }
    let values = (0..bits::count(&told)).map(|_| reader.u64()).collect::<Option<Vec<_>>>()?;
    let columns = reader.varint()?;
    (columns <= COLUMNS_MAX as u64).then_some(())?;
    for (index, word) in present.iter_mut().enumerate() {
        *word &= mask_below(columns as usize, index);
    }
    let is_subset = told.iter().zip(&present).all(|(told, present)| told & !present == 0);
    is_subset.then_some(Row { time, present, told, values })
}

/// The bits of word `index` that stand for numbers below `count`.
pub(crate) fn mask_below(count: usize, index: usize) -> u64 {
    match count.saturating_sub(index * 64) {
        0 => 0,
        rest if rest >= 64 => u64::MAX,
        rest => (1 << rest) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_come_back() {
        let check = |present: &[usize], told: &[usize], columns: usize| {
            let words = columns.div_ceil(64);
            let bitmap = |numbers: &[usize]| {
                let mut bits = bits::Bits::default();
                bits.words_mut(words);
                numbers.iter().for_each(|&number| bits.insert(number));
                bits.words().to_vec()
            };
            let values: Vec<u64> = (0..columns as u64).map(|column| column * 7).collect();
            let mut bytes = Vec::new();
            let stamp = Stamp { stripe: 3, sequence: 9, has_starts: true };
            put_row(&mut bytes, stamp, -5, (&bitmap(present), &bitmap(told), columns), &values);
            let Some(Record::Row { stamp, row }) = Record::read(kind::ROW, &bytes) else {
                panic!("not read back: {bytes:?}");
            };
            assert_eq!((stamp.stripe, stamp.sequence, stamp.has_starts), (3, 9, true));
            assert_eq!(row.time, -5);
            assert_eq!(bits::ones(&row.present).collect::<Vec<_>>(), present);
            assert!(told.iter().all(|&column| bits::contains(&row.told, column)));
            assert_eq!(row.values, bits::ones(&row.told).map(|column| column as u64 * 7).collect::<Vec<_>>());
        };
        check(&[0, 1, 2], &[0, 1, 2], 3);
        check(&[0, 1, 2], &[1], 3);
        check(&[0, 2], &[2], 3);
        check(&[900], &[900], 1_000);
        check(&(0..70).collect::<Vec<_>>(), &[3, 69], 70);
        check(&[], &[], 5);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(kind in 0u8..12, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::read(kind, &bytes);
        }
    }
}
