//! What the records of a Prometheus's write-ahead log say.
//!
//! ```text
//! record     := kind:u8 and as many of its entries as there are bytes for
//!  1 series     series:u64 labels                          labels := count { name value }, each text behind its length
//!  2 samples    series:u64 time:i64 { dseries dtime value:f64 }*            against the first, itself included
//!  3 deleted    series:u64 from to
//!  4 exemplars  as samples, labels behind each value
//!  6 metadata   series:uvarint type:u8 count { name value }
//!  7 9          as samples, with a whole histogram for a value; 8 10 with one of fractional counts
//! 11            series time start value:f64 { dseries dtime start value }*  series against the one before
//!               start := 0:u8 | 1:u8, the one before's | 2:u8 and its distance from the first
//! 12 13         as 11, with histograms
//! ```
//! Numbers are varints where nothing else is said. Other kinds speak of the memory of the Prometheus that wrote them.

use std::sync::Arc;

use anyhow::Context;
use model::{
    CounterReset, Exemplar, FloatHistogram, Histogram, Labels, Metadata, MetricType, Sample, Span, Timestamp,
    Value, histogram::CUSTOM_BUCKETS_SCHEMA,
};

use super::cursor::Cursor;

/// One thing that a record says.
#[derive(Debug, PartialEq)]
pub enum Entry {
    /// A number stands for these labels from now on.
    Series {
        series: u64,
        labels: Labels,
    },
    /// A float or a histogram.
    Sample {
        series: u64,
        sample: Sample,
    },
    Exemplar {
        series: u64,
        exemplar: Exemplar,
    },
    Metadata {
        series: u64,
        metadata: Metadata,
    },
    /// What came before and lies in the range is deleted.
    Deleted {
        series: u64,
        from: Timestamp,
        to: Timestamp,
    },
}

/// What a sample's value is in a record of its kind.
#[derive(Clone, Copy)]
enum Kind {
    Float,
    Whole,
    Fractional,
}

/// Reads a record; what was read before an error stands.
pub fn read(record: &[u8], found: &mut dyn FnMut(Entry)) -> anyhow::Result<()> {
    let mut cursor = Cursor::new(record);
    let kind = cursor.take(1).context("it is empty")?[0];
    let read = match kind {
        1 => series(&mut cursor, found),
        2 => samples(&mut cursor, Kind::Float, found),
        3 => deleted(&mut cursor, found),
        4 => exemplars(&mut cursor, found),
        6 => metadata(&mut cursor, found),
        7 | 9 => samples(&mut cursor, Kind::Whole, found),
        8 | 10 => samples(&mut cursor, Kind::Fractional, found),
        11 => samples_with_starts(&mut cursor, Kind::Float, found),
        12 => samples_with_starts(&mut cursor, Kind::Whole, found),
        13 => samples_with_starts(&mut cursor, Kind::Fractional, found),
        _ => Some(()),
    };
    read.with_context(|| format!("a record of kind {kind} is not as it should be"))
}

fn series(cursor: &mut Cursor<'_>, found: &mut dyn FnMut(Entry)) -> Option<()> {
    while cursor.left() > 0 {
        found(Entry::Series { series: cursor.u64()?, labels: labels(cursor)? });
    }
    Some(())
}

fn samples(cursor: &mut Cursor<'_>, kind: Kind, found: &mut dyn FnMut(Entry)) -> Option<()> {
    if cursor.left() == 0 {
        return Some(());
    }
    let (first, base) = (cursor.u64()?, cursor.u64()? as i64);
    while cursor.left() > 0 {
        let series = first.wrapping_add(cursor.varint()? as u64);
        let time = base.wrapping_add(cursor.varint()?);
        let sample = Sample { time, start: None, value: value(cursor, kind)? };
        found(Entry::Sample { series, sample });
    }
    Some(())
}

fn samples_with_starts(cursor: &mut Cursor<'_>, kind: Kind, found: &mut dyn FnMut(Entry)) -> Option<()> {
    if cursor.left() == 0 {
        return Some(());
    }
    let mut series = cursor.varint()?;
    let (base, first_start) = (cursor.varint()?, cursor.varint()?);
    let (mut time, mut start) = (base, first_start);
    loop {
        let sample =
            Sample { time, start: Some(start).filter(|&start| start != 0), value: value(cursor, kind)? };
        found(Entry::Sample { series: series as u64, sample });
        if cursor.left() == 0 {
            return Some(());
        }
        series = series.wrapping_add(cursor.varint()?);
        time = base.wrapping_add(cursor.varint()?);
        start = match cursor.take(1)?[0] {
            0 => 0,
            1 => start,
            _ => first_start.wrapping_add(cursor.varint()?),
        };
    }
}

fn exemplars(cursor: &mut Cursor<'_>, found: &mut dyn FnMut(Entry)) -> Option<()> {
    if cursor.left() == 0 {
        return Some(());
    }
    let (first, base) = (cursor.u64()?, cursor.u64()? as i64);
    while cursor.left() > 0 {
        let series = first.wrapping_add(cursor.varint()? as u64);
        let time = Some(base.wrapping_add(cursor.varint()?));
        let value = float(cursor)?;
        found(Entry::Exemplar { series, exemplar: Exemplar { labels: labels(cursor)?, value, time } });
    }
    Some(())
}

fn metadata(cursor: &mut Cursor<'_>, found: &mut dyn FnMut(Entry)) -> Option<()> {
    while cursor.left() > 0 {
        let series = cursor.uvarint()?;
        let kind = match cursor.take(1)?[0] {
            1 => MetricType::Counter,
            2 => MetricType::Gauge,
            3 => MetricType::Histogram,
            4 => MetricType::GaugeHistogram,
            5 => MetricType::Summary,
            6 => MetricType::Info,
            7 => MetricType::StateSet,
            _ => MetricType::Unknown,
        };
        let mut metadata = Metadata { kind, ..Metadata::default() };
        for _ in 0..cursor.uvarint()? {
            let (name, text) = (text(cursor)?, text(cursor)?);
            match name {
                "UNIT" => metadata.unit = text.to_owned(),
                "HELP" => metadata.help = text.to_owned(),
                _ => {}
            }
        }
        found(Entry::Metadata { series, metadata });
    }
    Some(())
}

fn deleted(cursor: &mut Cursor<'_>, found: &mut dyn FnMut(Entry)) -> Option<()> {
    while cursor.left() > 0 {
        found(Entry::Deleted { series: cursor.u64()?, from: cursor.varint()?, to: cursor.varint()? });
    }
    Some(())
}

fn labels(cursor: &mut Cursor<'_>) -> Option<Labels> {
    let mut pairs = Vec::new();
    for _ in 0..cursor.uvarint()? {
        pairs.push((text(cursor)?, text(cursor)?));
    }
    Some(Labels::from_pairs(pairs))
}

fn text<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let length = usize::try_from(cursor.uvarint()?).ok()?;
    std::str::from_utf8(cursor.take(length)?).ok()
}

fn float(cursor: &mut Cursor<'_>) -> Option<f64> {
    cursor.u64().map(f64::from_bits)
}

fn value(cursor: &mut Cursor<'_>, kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Float => Value::Float(float(cursor)?),
        Kind::Whole => Value::Histogram(Arc::new(whole(cursor)?)),
        Kind::Fractional => Value::FloatHistogram(Arc::new(fractional(cursor)?)),
    })
}

fn whole(cursor: &mut Cursor<'_>) -> Option<Histogram> {
    let (counter_reset, schema, zero_threshold) = layout(cursor)?;
    let (zero_count, count, sum) = (cursor.uvarint()?, cursor.uvarint()?, float(cursor)?);
    let (positive_spans, negative_spans) = (spans(cursor)?, spans(cursor)?);
    let (positive, negative) = (counts(cursor)?, counts(cursor)?);
    let custom_values = bounds(cursor, schema)?;
    Some(Histogram {
        schema,
        counter_reset,
        zero_threshold,
        zero_count,
        count,
        sum,
        positive_spans,
        negative_spans,
        positive,
        negative,
        custom_values,
    })
}

fn fractional(cursor: &mut Cursor<'_>) -> Option<FloatHistogram> {
    let (counter_reset, schema, zero_threshold) = layout(cursor)?;
    let (zero_count, count, sum) = (float(cursor)?, float(cursor)?, float(cursor)?);
    let (positive_spans, negative_spans) = (spans(cursor)?, spans(cursor)?);
    let (positive, negative) = (floats(cursor)?, floats(cursor)?);
    let custom_values = bounds(cursor, schema)?;
    Some(FloatHistogram {
        schema,
        counter_reset,
        zero_threshold,
        zero_count,
        count,
        sum,
        positive_spans,
        negative_spans,
        positive,
        negative,
        custom_values,
    })
}

fn layout(cursor: &mut Cursor<'_>) -> Option<(CounterReset, i8, f64)> {
    let counter_reset = match cursor.take(1)?[0] {
        1 => CounterReset::Yes,
        2 => CounterReset::No,
        3 => CounterReset::Gauge,
        _ => CounterReset::Unknown,
    };
    Some((counter_reset, i8::try_from(cursor.varint()?).ok()?, float(cursor)?))
}

fn spans(cursor: &mut Cursor<'_>) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    for _ in 0..cursor.uvarint()? {
        let offset = i32::try_from(cursor.varint()?).ok()?;
        spans.push(Span { offset, length: u32::try_from(cursor.uvarint()?).ok()? });
    }
    Some(spans)
}

/// Counts that are told by what each exceeds the one before by.
fn counts(cursor: &mut Cursor<'_>) -> Option<Vec<u64>> {
    let (mut counts, mut count) = (Vec::new(), 0i64);
    for _ in 0..cursor.uvarint()? {
        count = count.checked_add(cursor.varint()?)?;
        counts.push(u64::try_from(count).ok()?);
    }
    Some(counts)
}

fn floats(cursor: &mut Cursor<'_>) -> Option<Vec<f64>> {
    let mut floats = Vec::new();
    for _ in 0..cursor.uvarint()? {
        floats.push(float(cursor)?);
    }
    Some(floats)
}

fn bounds(cursor: &mut Cursor<'_>, schema: i8) -> Option<Arc<[f64]>> {
    if schema == CUSTOM_BUCKETS_SCHEMA { Some(floats(cursor)?.into()) } else { Some(Arc::new([])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(record: &[&[u8]], want: &[Entry]) {
        let record = record.concat();
        let mut found = Vec::new();
        read(&record, &mut |entry| found.push(entry)).expect("the record is whole");
        assert_eq!(found, want);
        for end in 0..record.len() {
            // Cut off anywhere it is refused, or ends between two entries.
            let _ = read(&record[..end], &mut |_| ());
        }
    }

    fn floats(series: u64, time: Timestamp, start: Option<Timestamp>, value: f64) -> Entry {
        Entry::Sample { series, sample: Sample { time, start, value: Value::Float(value) } }
    }

    #[test]
    fn records_say_what_their_format_says() {
        let (one, seven) = (1u64.to_be_bytes(), 7u64.to_be_bytes());
        let half = 0.5f64.to_be_bytes();
        let labels = Labels::from_pairs([("__name__", "up"), ("job", "a")]);
        let packed = b"\x02\x08__name__\x02up\x03job\x01a";
        check(&[&[1], &seven, packed], &[Entry::Series { series: 7, labels }]);
        let base = 1_000i64.to_be_bytes();
        let two = [floats(1, 1_000, None, 0.5), floats(2, 999, None, 0.5)];
        check(&[&[2], &one, &base, &[0, 0], &half, &[2, 1], &half], &two);
        let exemplar = Exemplar { labels: Labels::from_pairs([("t", "x")]), value: 0.5, time: Some(1_001) };
        check(
            &[&[4], &one, &base, &[12, 2], &half, b"\x01\x01t\x01x"],
            &[Entry::Exemplar { series: 7, exemplar }],
        );
        check(&[&[3], &seven, &[2, 8]], &[Entry::Deleted { series: 7, from: 1, to: 4 }]);
        let metadata = Metadata { kind: MetricType::Counter, unit: "s".into(), help: "h i".into() };
        check(&[&[6, 7, 1, 2], b"\x04UNIT\x01s\x04HELP\x03h i"], &[Entry::Metadata { series: 7, metadata }]);
        let starts = [
            floats(3, 100, Some(50), 0.5),
            floats(4, 101, Some(50), 0.5),
            floats(5, 101, None, 0.5),
            floats(6, 101, Some(52), 0.5),
        ];
        check(
            &[&[11, 6, 0xc8, 1, 100], &half, &[2, 2, 1], &half, &[2, 2, 0], &half, &[2, 2, 2, 4], &half],
            &starts,
        );
    }

    #[test]
    fn histograms_come_with_counts_and_not_with_differences() {
        let half = 0.5f64.to_be_bytes();
        let record = [
            &[7][..],
            &1u64.to_be_bytes(),
            &1_000i64.to_be_bytes(),
            &[0, 0, 3, 6],
            &half,
            &[2, 9],
            &half,
            &[1, 1, 3, 0, 3, 4, 0, 3, 0],
        ];
        let mut found = Vec::new();
        read(&record.concat(), &mut |entry| found.push(entry)).expect("the record is whole");
        let [Entry::Sample { series: 1, sample }] = &found[..] else { panic!("{found:?}") };
        let Value::Histogram(histogram) = &sample.value else { panic!("a histogram") };
        assert_eq!((histogram.schema, histogram.zero_count, histogram.count), (3, 2, 9));
        assert_eq!(histogram.positive_spans, [Span { offset: -1, length: 3 }]);
        assert_eq!(histogram.positive, [2, 2, 0], "2, then as much, then 2 less");
        assert_eq!(histogram.counter_reset, CounterReset::Gauge);
    }
}
