//! Native histograms as both versions of remote write and remote read carry them.
//!
//! ```text
//! histogram := 1 count | 2 fractional count, 3 sum, 4 schema, 5 zero threshold, 6 zero count | 7 fractional,
//!              8 negative spans, 9 deltas, 10 counts, 11 positive spans, 12 deltas, 13 counts, 14 reset hint,
//!              15 time in ms, 16 custom bounds, 17 start in ms
//! ```

use model::{CounterReset, Sample, Timestamp, Value};

use crate::histogram::{Parts, read_deltas, read_doubles, read_span, write_deltas, write_spans};
use crate::protobuf::{Field, Malformed, Message};

/// A histogram that may turn out to be none.
pub(crate) struct Read {
    pub(crate) time: Timestamp,
    pub(crate) start: Timestamp,
    pub(crate) parts: Parts,
}

impl Read {
    pub(crate) fn finish(self) -> Result<Sample, String> {
        let start = Some(self.start).filter(|&start| start != 0);
        Ok(Sample { time: self.time, start, value: self.parts.finish()? })
    }
}

pub(crate) fn read(field: Field<'_>) -> Result<Read, Malformed> {
    let (mut parts, mut time, mut start) = (Parts::default(), 0, 0);
    let mut fields = field.message()?;
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => parts.count = field.uint()?,
            2 => parts.count_float = Some(field.double()?),
            3 => parts.sum = field.double()?,
            4 => parts.schema = field.sint32()?,
            5 => parts.zero_threshold = field.double()?,
            6 => parts.zero_count = field.uint()?,
            7 => parts.zero_count_float = Some(field.double()?),
            8 => read_span(field, &mut parts.negative_spans)?,
            9 => read_deltas(field, &mut parts.negative_deltas)?,
            10 => read_doubles(field, &mut parts.negative_counts)?,
            11 => read_span(field, &mut parts.positive_spans)?,
            12 => read_deltas(field, &mut parts.positive_deltas)?,
            13 => read_doubles(field, &mut parts.positive_counts)?,
            14 => parts.counter_reset = reset_of(field.uint()?),
            15 => time = field.int()?,
            16 => read_doubles(field, &mut parts.custom_values)?,
            17 => start = field.int()?,
            _ => {}
        }
    }
    Ok(Read { time, start, parts })
}

/// Writes a sample that holds a histogram; nothing for a float. Starts are only known to remote write 2.0.
pub(crate) fn write(message: &mut Message, sample: &Sample, with_start: bool) {
    match &sample.value {
        Value::Float(_) => return,
        Value::Histogram(histogram) => {
            message.uint_always(1, histogram.count);
            message.double(3, histogram.sum);
            message.sint(4, i64::from(histogram.schema));
            message.double(5, histogram.zero_threshold);
            message.uint_always(6, histogram.zero_count);
            write_spans(message, 8, &histogram.negative_spans);
            write_deltas(message, 9, &histogram.negative);
            write_spans(message, 11, &histogram.positive_spans);
            write_deltas(message, 12, &histogram.positive);
            message.uint(14, number_of(histogram.counter_reset));
            message.int(15, sample.time);
            message.packed_doubles(16, &histogram.custom_values);
        }
        Value::FloatHistogram(histogram) => {
            message.double_always(2, histogram.count);
            message.double(3, histogram.sum);
            message.sint(4, i64::from(histogram.schema));
            message.double(5, histogram.zero_threshold);
            message.double_always(7, histogram.zero_count);
            write_spans(message, 8, &histogram.negative_spans);
            message.packed_doubles(10, &histogram.negative);
            write_spans(message, 11, &histogram.positive_spans);
            message.packed_doubles(13, &histogram.positive);
            message.uint(14, number_of(histogram.counter_reset));
            message.int(15, sample.time);
            message.packed_doubles(16, &histogram.custom_values);
        }
    }
    if with_start {
        message.int(17, sample.start.unwrap_or(0));
    }
}

fn reset_of(number: u64) -> CounterReset {
    match number {
        1 => CounterReset::Yes,
        2 => CounterReset::No,
        3 => CounterReset::Gauge,
        _ => CounterReset::Unknown,
    }
}

fn number_of(reset: CounterReset) -> u64 {
    match reset {
        CounterReset::Unknown => 0,
        CounterReset::Yes => 1,
        CounterReset::No => 2,
        CounterReset::Gauge => 3,
    }
}
