//! Native histograms as bytes: one for the log, and runs of them for pages and parts.
//!
//! Histograms of one series mostly have the same shape (schema, zero threshold, spans, bounds) for hours. A block
//! holds runs of equal shape: the shape once, then each number of each histogram as a column of its own.
//!
//! ```text
//! value   := shape reset count zero_count sum { bucket }*
//! shape   := form schema zero_threshold spans(positive) spans(negative) len { bound }*      form: 0 whole, 1 float
//! spans   := len { offset length }*
//! block   := runs { samples shape }* columns
//! columns := times, sums, then per run resets, counts, zero counts and each bucket, each as len(bytes) bytes
//! ```

use std::sync::Arc;

use model::histogram::Span;
use model::{CounterReset, FloatHistogram, Histogram, Timestamp, Value};

use crate::bytes::{Reader, put_bytes, put_signed, put_u64, put_varint};
use crate::columnar;

/// How many buckets a histogram may have on each side.
pub(crate) const BUCKETS_MAX: usize = 1 << 16;

/// What histograms of one series have in common for long.
#[derive(Clone, PartialEq)]
struct Shape {
    is_float: bool,
    schema: i8,
    zero_threshold: u64,
    positive_spans: Vec<Span>,
    negative_spans: Vec<Span>,
    custom_values: Vec<u64>,
}

/// The numbers of one histogram, whole counts or the bits of fractional ones.
struct Numbers {
    reset: u64,
    sum: u64,
    /// The count, the zero bucket's count, then the positive and the negative buckets.
    counts: Vec<u64>,
}

/// Whether the histogram's lists fit each other. Others cannot be stored.
pub(crate) fn is_well_formed(value: &Value) -> bool {
    let fits = |spans: &[Span], buckets: usize| {
        let total: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
        total == buckets as u64 && buckets <= BUCKETS_MAX && spans.len() <= BUCKETS_MAX
    };
    match value {
        Value::Float(_) => true,
        Value::Histogram(h) => {
            fits(&h.positive_spans, h.positive.len()) && fits(&h.negative_spans, h.negative.len())
        }
        Value::FloatHistogram(h) => {
            fits(&h.positive_spans, h.positive.len()) && fits(&h.negative_spans, h.negative.len())
        }
    }
}

/// Whether two values are the same, bit for bit.
pub(crate) fn same_bits(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => left.to_bits() == right.to_bits(),
        (Value::Float(_), _) | (_, Value::Float(_)) => false,
        _ => {
            let ((left_shape, left), (right_shape, right)) = (split(left), split(right));
            left_shape == right_shape
                && (left.reset, left.sum, left.counts) == (right.reset, right.sum, right.counts)
        }
    }
}

/// Appends one histogram.
pub(crate) fn put_value(out: &mut Vec<u8>, value: &Value) {
    let (shape, numbers) = split(value);
    shape.put(out);
    put_varint(out, numbers.reset);
    put_u64(out, numbers.sum);
    for &count in &numbers.counts {
        if shape.is_float { put_u64(out, count) } else { put_varint(out, count) }
    }
}

/// Reads what `put_value` wrote.
pub(crate) fn read_value(reader: &mut Reader<'_>) -> Option<Value> {
    let shape = Shape::read(reader)?;
    let (reset, sum) = (reader.varint()?, reader.u64()?);
    let number = |reader: &mut Reader<'_>| if shape.is_float { reader.u64() } else { reader.varint() };
    let counts = (0..shape.numbers()?).map(|_| number(reader)).collect::<Option<Vec<_>>>()?;
    join(&shape, Numbers { reset, sum, counts })
}

/// Appends histograms, ascending in time.
pub(crate) fn put_block(out: &mut Vec<u8>, samples: &[(Timestamp, Value)]) {
    let mut runs: Vec<(Shape, Vec<Numbers>)> = Vec::new();
    for (_, value) in samples {
        let (shape, numbers) = split(value);
        match runs.last_mut() {
            Some((last, run)) if *last == shape => run.push(numbers),
            _ => runs.push((shape, vec![numbers])),
        }
    }
    put_varint(out, runs.len() as u64);
    for (shape, run) in &runs {
        put_varint(out, run.len() as u64);
        shape.put(out);
    }
    let times: Vec<i64> = samples.iter().map(|(time, _)| *time).collect();
    put_column(out, |bytes| columnar::encode_ints(&times, bytes));
    let sums: Vec<u64> = runs.iter().flat_map(|(_, run)| run.iter().map(|numbers| numbers.sum)).collect();
    put_column(out, |bytes| columnar::encode_values(&sums, bytes));
    for (shape, run) in &runs {
        let resets: Vec<i64> = run.iter().map(|numbers| numbers.reset as i64).collect();
        put_column(out, |bytes| columnar::encode_ints(&resets, bytes));
        for index in 0..run[0].counts.len() {
            let column: Vec<u64> = run.iter().map(|numbers| numbers.counts[index]).collect();
            put_column(out, |bytes| match shape.is_float {
                true => columnar::encode_values(&column, bytes),
                false => {
                    columnar::encode_ints(
                        &column.iter().map(|&count| count as i64).collect::<Vec<_>>(),
                        bytes,
                    );
                }
            });
        }
    }
}

/// Reads what `put_block` wrote; `None` when the bytes are something else.
pub(crate) fn read_block(bytes: &[u8]) -> Option<Vec<(Timestamp, Value)>> {
    let mut reader = Reader::new(bytes);
    let run_count = reader.count()?;
    let mut runs = Vec::new();
    let mut total = 0usize;
    for _ in 0..run_count {
        let samples = usize::try_from(reader.varint()?).ok().filter(|&samples| samples <= SAMPLES_MAX)?;
        total = total.checked_add(samples).filter(|&total| total <= SAMPLES_MAX)?;
        let shape = Shape::read(&mut reader)?;
        runs.push((shape, samples));
    }
    let times = columnar::decode_ints(reader.bytes()?, total)?;
    let mut sums = Vec::new();
    columnar::decode_values(reader.bytes()?, total, &mut sums)?;
    let mut stamped = times.into_iter().zip(sums);
    let mut samples = Vec::with_capacity(total);
    for (shape, run_samples) in &runs {
        let resets = columnar::decode_ints(reader.bytes()?, *run_samples)?;
        let mut columns = Vec::new();
        for _ in 0..shape.numbers()? {
            columns.push(read_counts(shape, reader.bytes()?, *run_samples)?);
        }
        for (index, &reset) in resets.iter().enumerate() {
            let (time, sum) = stamped.next()?;
            let counts = columns.iter().map(|column| column[index]).collect();
            samples.push((time, join(shape, Numbers { reset: reset as u64, sum, counts })?));
        }
    }
    (samples.len() == total && reader.is_empty()).then_some(samples)
}

/// How many histograms a block may hold.
const SAMPLES_MAX: usize = 1 << 16;

fn read_counts(shape: &Shape, bytes: &[u8], samples: usize) -> Option<Vec<u64>> {
    if !shape.is_float {
        return Some(columnar::decode_ints(bytes, samples)?.into_iter().map(|count| count as u64).collect());
    }
    let mut column = Vec::new();
    columnar::decode_values(bytes, samples, &mut column)?;
    Some(column)
}

fn put_column(out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    encode(&mut bytes);
    put_bytes(out, &bytes);
}

impl Shape {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_float));
        out.push(self.schema as u8);
        put_u64(out, self.zero_threshold);
        for spans in [&self.positive_spans, &self.negative_spans] {
            put_varint(out, spans.len() as u64);
            for span in spans {
                put_signed(out, i64::from(span.offset));
                put_varint(out, u64::from(span.length));
            }
        }
        put_varint(out, self.custom_values.len() as u64);
        self.custom_values.iter().for_each(|&bound| put_u64(out, bound));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Shape> {
        let is_float = match reader.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let (schema, zero_threshold) = (reader.byte()? as i8, reader.u64()?);
        let spans = |reader: &mut Reader<'_>| {
            let count = reader.count()?;
            let span = |reader: &mut Reader<'_>| {
                let offset = i32::try_from(reader.signed()?).ok()?;
                Some(Span { offset, length: reader.u32()? })
            };
            (0..count).map(|_| span(reader)).collect::<Option<Vec<_>>>()
        };
        let (positive_spans, negative_spans) = (spans(reader)?, spans(reader)?);
        let bounds = reader.count()?;
        let custom_values = (0..bounds).map(|_| reader.u64()).collect::<Option<Vec<_>>>()?;
        let shape = Shape { is_float, schema, zero_threshold, positive_spans, negative_spans, custom_values };
        shape.numbers().map(|_| shape)
    }

    /// How many counts a histogram of this shape has; `None` when there are too many.
    fn numbers(&self) -> Option<usize> {
        let (positive, negative) = (buckets(&self.positive_spans)?, buckets(&self.negative_spans)?);
        Some(2 + positive + negative)
    }
}

fn buckets(spans: &[Span]) -> Option<usize> {
    let total: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
    usize::try_from(total).ok().filter(|&total| total <= BUCKETS_MAX)
}

fn split(value: &Value) -> (Shape, Numbers) {
    match value {
        Value::Float(_) => unreachable!("floats are stored in rows"),
        Value::Histogram(h) => {
            let shape = Shape {
                is_float: false,
                schema: h.schema,
                zero_threshold: h.zero_threshold.to_bits(),
                positive_spans: h.positive_spans.clone(),
                negative_spans: h.negative_spans.clone(),
                custom_values: h.custom_values.iter().map(|bound| bound.to_bits()).collect(),
            };
            let counts =
                [h.count, h.zero_count].iter().chain(&h.positive).chain(&h.negative).copied().collect();
            (shape, Numbers { reset: reset_number(h.counter_reset), sum: h.sum.to_bits(), counts })
        }
        Value::FloatHistogram(h) => {
            let shape = Shape {
                is_float: true,
                schema: h.schema,
                zero_threshold: h.zero_threshold.to_bits(),
                positive_spans: h.positive_spans.clone(),
                negative_spans: h.negative_spans.clone(),
                custom_values: h.custom_values.iter().map(|bound| bound.to_bits()).collect(),
            };
            let head = [h.count, h.zero_count];
            let counts =
                head.iter().chain(&h.positive).chain(&h.negative).map(|count| count.to_bits()).collect();
            (shape, Numbers { reset: reset_number(h.counter_reset), sum: h.sum.to_bits(), counts })
        }
    }
}

fn join(shape: &Shape, numbers: Numbers) -> Option<Value> {
    let counter_reset = match numbers.reset {
        0 => CounterReset::Unknown,
        1 => CounterReset::Yes,
        2 => CounterReset::No,
        3 => CounterReset::Gauge,
        _ => return None,
    };
    let positive = buckets(&shape.positive_spans)?;
    let [count, zero_count, buckets @ ..] = &numbers.counts[..] else { return None };
    let (positive, negative) = buckets.split_at_checked(positive)?;
    let schema = shape.schema;
    let zero_threshold = f64::from_bits(shape.zero_threshold);
    let sum = f64::from_bits(numbers.sum);
    let (positive_spans, negative_spans) = (shape.positive_spans.clone(), shape.negative_spans.clone());
    let custom_values: Arc<[f64]> = shape.custom_values.iter().map(|&bits| f64::from_bits(bits)).collect();
    let floats = |counts: &[u64]| counts.iter().map(|&bits| f64::from_bits(bits)).collect();
    Some(match shape.is_float {
        false => Value::Histogram(Arc::new(Histogram {
            schema,
            counter_reset,
            zero_threshold,
            zero_count: *zero_count,
            count: *count,
            sum,
            positive_spans,
            negative_spans,
            positive: positive.to_vec(),
            negative: negative.to_vec(),
            custom_values,
        })),
        true => Value::FloatHistogram(Arc::new(FloatHistogram {
            schema,
            counter_reset,
            zero_threshold,
            zero_count: f64::from_bits(*zero_count),
            count: f64::from_bits(*count),
            sum,
            positive_spans,
            negative_spans,
            positive: floats(positive),
            negative: floats(negative),
            custom_values,
        })),
    })
}

fn reset_number(reset: CounterReset) -> u64 {
    match reset {
        CounterReset::Unknown => 0,
        CounterReset::Yes => 1,
        CounterReset::No => 2,
        CounterReset::Gauge => 3,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn any_histogram() -> impl Strategy<Value = Value> {
        let spans = proptest::collection::vec((-3i32..9, 0u32..5), 0..4);
        let custom = proptest::collection::vec(any::<u64>(), 0..3);
        let numbers = (any::<bool>(), 0u64..4, any::<u64>(), any::<u64>(), -53i8..9);
        (numbers, spans.clone(), spans, custom, any::<u64>()).prop_map(
            |((is_float, reset, sum, zero_threshold, schema), positive, negative, custom_values, seed)| {
                let spans = |list: Vec<(i32, u32)>| {
                    list.into_iter().map(|(offset, length)| Span { offset, length }).collect::<Vec<_>>()
                };
                let (positive_spans, negative_spans) = (spans(positive), spans(negative));
                let shape =
                    Shape { is_float, schema, zero_threshold, positive_spans, negative_spans, custom_values };
                let mut rng = storage::Rng::from_seed(seed);
                let counts = (0..shape.numbers().unwrap()).map(|_| rng.next_u64() >> rng.below(64)).collect();
                join(&shape, Numbers { reset, sum, counts }).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn one_histogram_comes_back_bit_for_bit(value in any_histogram()) {
            let mut bytes = Vec::new();
            put_value(&mut bytes, &value);
            let mut reader = Reader::new(&bytes);
            let back = read_value(&mut reader).unwrap();
            prop_assert!(same_bits(&back, &value) && reader.is_empty());
        }

        #[test]
        fn a_block_of_any_histograms_comes_back_bit_for_bit(
            values in proptest::collection::vec((any_histogram(), 1usize..4), 1..6),
        ) {
            let values = values.into_iter().flat_map(|(value, count)| vec![value; count]);
            let samples: Vec<(Timestamp, Value)> = values.enumerate().map(|(time, v)| (time as i64 * 7, v)).collect();
            let mut bytes = Vec::new();
            put_block(&mut bytes, &samples);
            let back = read_block(&bytes).unwrap();
            prop_assert_eq!(back.len(), samples.len());
            for ((time, value), (want_time, want)) in back.iter().zip(&samples) {
                prop_assert!(time == want_time && same_bits(value, want));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = read_block(&bytes);
            let _ = read_value(&mut Reader::new(&bytes));
        }
    }
}
