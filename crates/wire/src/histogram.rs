//! Native histograms as messages carry them: counts as differences, spans that must fit them.

use std::sync::Arc;

use model::{CounterReset, FloatHistogram, Histogram, Span, Value};

use crate::protobuf::{Field, Malformed, Message, unzigzag, zigzag};

/// How many buckets a histogram may have on one side; more are refused.
pub(crate) const BUCKETS_MAX: usize = 100_000;

/// A native histogram while its fields come in. Client messages and remote messages number the fields
/// differently and mean the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) schema: i32,
    pub(crate) zero_threshold: f64,
    pub(crate) zero_count: u64,
    pub(crate) zero_count_float: Option<f64>,
    pub(crate) count: u64,
    pub(crate) count_float: Option<f64>,
    pub(crate) sum: f64,
    pub(crate) positive_spans: Vec<Span>,
    pub(crate) negative_spans: Vec<Span>,
    /// Differences from bucket to bucket; used where counts are whole.
    pub(crate) positive_deltas: Vec<i64>,
    pub(crate) negative_deltas: Vec<i64>,
    /// Counts; used where they are fractional.
    pub(crate) positive_counts: Vec<f64>,
    pub(crate) negative_counts: Vec<f64>,
    pub(crate) custom_values: Vec<f64>,
    pub(crate) counter_reset: CounterReset,
}

impl Parts {
    /// The histogram, or what is wrong with it.
    pub(crate) fn finish(self) -> Result<Value, String> {
        let schema = i8::try_from(self.schema).map_err(|_| format!("schema {} is unknown", self.schema))?;
        let custom_values: Arc<[f64]> = self.custom_values.into();
        if self.count_float.is_some() || self.zero_count_float.is_some() {
            let histogram = FloatHistogram {
                schema,
                counter_reset: self.counter_reset,
                zero_threshold: self.zero_threshold,
                zero_count: self.zero_count_float.unwrap_or(self.zero_count as f64),
                count: self.count_float.unwrap_or(self.count as f64),
                sum: self.sum,
                positive: self.positive_counts,
                negative: self.negative_counts,
                positive_spans: self.positive_spans,
                negative_spans: self.negative_spans,
                custom_values,
            };
            histogram.validate().map_err(|error| error.to_string())?;
            return Ok(Value::FloatHistogram(Arc::new(histogram)));
        }
        let histogram = Histogram {
            schema,
            counter_reset: self.counter_reset,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            count: self.count,
            sum: self.sum,
            positive: counts_of(&self.positive_deltas)?,
            negative: counts_of(&self.negative_deltas)?,
            positive_spans: self.positive_spans,
            negative_spans: self.negative_spans,
            custom_values,
        };
        histogram.validate().map_err(|error| error.to_string())?;
        Ok(Value::Histogram(Arc::new(histogram)))
    }
}

/// Counts from their differences.
pub(crate) fn counts_of(deltas: &[i64]) -> Result<Vec<u64>, String> {
    let mut count = 0i64;
    let add = |delta: &i64| {
        count = count.checked_add(*delta)?;
        u64::try_from(count).ok()
    };
    let counts: Option<Vec<u64>> = deltas.iter().map(add).collect();
    counts.ok_or_else(|| "a bucket has a negative count".to_owned())
}

/// Differences between counts.
pub(crate) fn deltas_of(counts: &[u64]) -> impl Iterator<Item = i64> + '_ {
    let mut previous = 0i64;
    counts.iter().map(move |&count| {
        let delta = (count as i64).wrapping_sub(previous);
        previous = count as i64;
        delta
    })
}

/// A span's message: 1 offset, 2 length.
pub(crate) fn read_span(field: Field<'_>, into: &mut Vec<Span>) -> Result<(), Malformed> {
    let mut span = Span::default();
    let mut fields = field.message()?;
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => span.offset = field.sint32()?,
            2 => span.length = field.uint32()?,
            _ => {}
        }
    }
    into.push(span);
    if into.len() > BUCKETS_MAX { Err(Malformed("a histogram has too many spans")) } else { Ok(()) }
}

pub(crate) fn read_deltas(field: Field<'_>, into: &mut Vec<i64>) -> Result<(), Malformed> {
    field.each_varint(|value| into.push(unzigzag(value)))
}

pub(crate) fn read_doubles(field: Field<'_>, into: &mut Vec<f64>) -> Result<(), Malformed> {
    field.each_fixed64(|bits| into.push(f64::from_bits(bits)))
}

pub(crate) fn write_spans(message: &mut Message, number: u32, spans: &[Span]) {
    for span in spans {
        message.message(number, |message| {
            message.sint(1, i64::from(span.offset));
            message.uint(2, u64::from(span.length));
        });
    }
}

pub(crate) fn write_deltas(message: &mut Message, number: u32, counts: &[u64]) {
    message.packed_varints(number, deltas_of(counts).map(zigzag));
}
