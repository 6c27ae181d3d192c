//! Chunks of histograms, all of one layout.
//!
//! ```text
//! flags   := reset:2 0:6                     1 is a reset before the chunk, 2 none, 3 gauge
//! layout  := zero threshold, schema, positive spans, negative spans [ bounds, for custom buckets ]
//! zero threshold := 0:8 | exponent+243:8, for powers of two | 255:8 float:64
//! spans   := count { length offset }*
//! bounds  := count { 0 float:64 | thousandths+1 }*
//! whole   := time count zero_count sum:64 { delta }*                     the first; deltas from bucket to bucket
//!            step { change }* float { change }*                          the second: changes against the first
//!            { change of change }*                                       the others
//! float   := time count:64 zero_count:64 sum:64 { bucket:64 }*
//!            step { float }*
//! ```
//! Numbers without a size are small numbers. A staleness marker is told by its sum and has no buckets.

use std::sync::Arc;

use model::histogram::CUSTOM_BUCKETS_SCHEMA;
use model::{CounterReset, FloatHistogram, Histogram, Sample, Span, Value, is_stale_nan};

use super::bits::{Reader, Writer, Xor};
use super::starts::Starts;
use super::{ChunkError, split_count};
use crate::histogram::{BUCKETS_MAX, deltas_of};

/// Whether `next` may stand behind `previous` in the same chunk.
pub(super) fn belongs_after(previous: &Value, next: &Value) -> bool {
    match (previous, next) {
        (Value::Float(_), Value::Float(_)) => true,
        (Value::Histogram(previous), Value::Histogram(next)) => {
            Layout::of(previous) == Layout::of(next)
                && is_stale_nan(previous.sum) == is_stale_nan(next.sum)
                && goes_on(&previous.to_float(), &next.to_float())
        }
        (Value::FloatHistogram(previous), Value::FloatHistogram(next)) => {
            Layout::of_float(previous) == Layout::of_float(next)
                && is_stale_nan(previous.sum) == is_stale_nan(next.sum)
                && goes_on(previous, next)
        }
        _ => false,
    }
}

/// Whether the count goes on: gauges always do, counters unless they were reset.
fn goes_on(previous: &FloatHistogram, next: &FloatHistogram) -> bool {
    match (previous.counter_reset, next.counter_reset) {
        (CounterReset::Gauge, CounterReset::Gauge) => true,
        (CounterReset::Gauge, _) | (_, CounterReset::Gauge | CounterReset::Yes) => false,
        _ => !next.is_reset_after(previous),
    }
}

/// What all histograms of a chunk share.
#[derive(Clone, Debug, Default)]
struct Layout {
    schema: i8,
    zero_threshold: f64,
    positive: Vec<Span>,
    negative: Vec<Span>,
    custom_values: Arc<[f64]>,
}

impl PartialEq for Layout {
    fn eq(&self, other: &Layout) -> bool {
        self.schema == other.schema
            && self.zero_threshold.to_bits() == other.zero_threshold.to_bits()
            && self.positive == other.positive
            && self.negative == other.negative
            && self.custom_values == other.custom_values
    }
}

fn buckets_of(spans: &[Span]) -> usize {
    spans.iter().map(|span| span.length as usize).sum()
}

impl Layout {
    fn of(histogram: &Histogram) -> Layout {
        if is_stale_nan(histogram.sum) {
            return Layout::default();
        }
        Layout {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            positive: histogram.positive_spans.clone(),
            negative: histogram.negative_spans.clone(),
            custom_values: histogram.custom_values.clone(),
        }
    }

    fn of_float(histogram: &FloatHistogram) -> Layout {
        if is_stale_nan(histogram.sum) {
            return Layout::default();
        }
        Layout {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            positive: histogram.positive_spans.clone(),
            negative: histogram.negative_spans.clone(),
            custom_values: histogram.custom_values.clone(),
        }
    }

    fn write(&self, bits: &mut Writer) {
        write_zero_threshold(bits, self.zero_threshold);
        bits.small_int(i64::from(self.schema));
        for spans in [&self.positive, &self.negative] {
            bits.small_uint(spans.len() as u64);
            for span in spans {
                bits.small_uint(u64::from(span.length));
                bits.small_int(i64::from(span.offset));
            }
        }
        if self.schema == CUSTOM_BUCKETS_SCHEMA {
            bits.small_uint(self.custom_values.len() as u64);
            self.custom_values.iter().for_each(|&bound| write_bound(bits, bound));
        }
    }

    fn read(bits: &mut Reader<'_>) -> Result<Layout, ChunkError> {
        let zero_threshold = read_zero_threshold(bits)?;
        let schema = i8::try_from(bits.small_int()?).map_err(|_| ChunkError("an unknown schema"))?;
        let (positive, negative) = (read_spans(bits)?, read_spans(bits)?);
        let mut custom_values = Vec::new();
        if schema == CUSTOM_BUCKETS_SCHEMA {
            let count = bits.small_uint()?;
            if count > BUCKETS_MAX as u64 {
                return Err(ChunkError("too many bounds"));
            }
            for _ in 0..count {
                custom_values.push(match bits.small_uint()? {
                    0 => bits.float()?,
                    thousandths => (thousandths - 1) as f64 / 1000.0,
                });
            }
        }
        Ok(Layout { schema, zero_threshold, positive, negative, custom_values: custom_values.into() })
    }
}

fn write_zero_threshold(bits: &mut Writer, threshold: f64) {
    let exponent = (threshold.to_bits() >> 52) as i64 - 1022;
    let is_power_of_two = threshold > 0.0 && threshold.to_bits() << 12 == 0;
    if threshold.to_bits() == 0 {
        bits.byte(0);
    } else if is_power_of_two && (-242..=11).contains(&exponent) {
        bits.byte((exponent + 243) as u8);
    } else {
        bits.byte(255);
        bits.bits(threshold.to_bits(), 64);
    }
}

fn read_zero_threshold(bits: &mut Reader<'_>) -> Result<f64, ChunkError> {
    Ok(match bits.bits(8)? {
        0 => 0.0,
        255 => bits.float()?,
        // Half of two to the exponent, the exponent between -242 and 11.
        byte => 0.5 * 2f64.powi(byte as i32 - 243),
    })
}

fn read_spans(bits: &mut Reader<'_>) -> Result<Vec<Span>, ChunkError> {
    let count = bits.small_uint()?;
    let (mut spans, mut buckets) = (Vec::new(), 0u64);
    if count > BUCKETS_MAX as u64 {
        return Err(ChunkError("too many spans"));
    }
    for _ in 0..count {
        let length = u32::try_from(bits.small_uint()?).map_err(|_| ChunkError("a span is too long"))?;
        let offset = i32::try_from(bits.small_int()?).map_err(|_| ChunkError("a span is too far away"))?;
        buckets += u64::from(length);
        if buckets > BUCKETS_MAX as u64 {
            return Err(ChunkError("too many buckets"));
        }
        spans.push(Span { offset, length });
    }
    Ok(spans)
}

fn write_bound(bits: &mut Writer, bound: f64) {
    let thousandths = (bound * 1000.0).round();
    let is_exact = (0.0..=33_554_430.0).contains(&(bound * 1000.0)) && thousandths / 1000.0 == bound;
    if is_exact && bound.to_bits() != (-0.0f64).to_bits() {
        bits.small_uint(thousandths as u64 + 1);
    } else {
        bits.bit(false);
        bits.bits(bound.to_bits(), 64);
    }
}

fn flags_of(reset: CounterReset) -> u8 {
    match reset {
        CounterReset::Unknown => 0,
        CounterReset::Yes => 0x80,
        CounterReset::No => 0x40,
        CounterReset::Gauge => 0xc0,
    }
}

/// What is known of resets before the histogram at `index` of a chunk.
fn reset_of(flags: u8, index: usize) -> CounterReset {
    match (flags & 0xc0, index) {
        (0xc0, _) => CounterReset::Gauge,
        (0x80, 0) => CounterReset::Yes,
        (0x40, 0) => CounterReset::No,
        (_, 0) => CounterReset::Unknown,
        // Within a chunk there are none.
        _ => CounterReset::No,
    }
}

/// Packs histograms of one layout.
pub(super) fn encode(samples: &[Sample]) -> Vec<u8> {
    let mut bits = Writer::default();
    bits.bits(samples.len() as u64, 16);
    let (layout, reset) = match samples.first().map(|first| &first.value) {
        Some(Value::Histogram(first)) => (Layout::of(first), first.counter_reset),
        Some(Value::FloatHistogram(first)) => (Layout::of_float(first), first.counter_reset),
        _ => (Layout::default(), CounterReset::Unknown),
    };
    bits.byte(flags_of(reset));
    layout.write(&mut bits);
    let mut times = Times::default();
    let (mut whole, mut float) = (Whole::default(), Float::default());
    for (index, sample) in samples.iter().enumerate() {
        match &sample.value {
            Value::Float(_) => continue,
            Value::Histogram(histogram) => {
                times.write(&mut bits, index, sample.time);
                whole.write(&mut bits, index, histogram);
            }
            Value::FloatHistogram(histogram) => {
                times.write(&mut bits, index, sample.time);
                float.write(&mut bits, index, histogram);
            }
        }
    }
    bits.into_bytes()
}

#[derive(Default)]
struct Times {
    time: i64,
    step: i64,
}

impl Times {
    fn write(&mut self, bits: &mut Writer, index: usize, time: i64) {
        let step = time.wrapping_sub(self.time);
        match index {
            0 => bits.small_int(time),
            1 => bits.small_uint(step as u64),
            _ => bits.small_int(step.wrapping_sub(self.step)),
        }
        (self.time, self.step) = (time, step);
    }

    fn read(&mut self, bits: &mut Reader<'_>, index: usize) -> Result<i64, ChunkError> {
        match index {
            0 => self.time = bits.small_int()?,
            1 => self.step = bits.small_uint()? as i64,
            _ => self.step = self.step.wrapping_add(bits.small_int()?),
        }
        if index > 0 {
            self.time = self.time.wrapping_add(self.step);
        }
        Ok(self.time)
    }
}

/// A whole number that is told again and again: the last one, and how it changed.
#[derive(Clone, Copy, Default)]
struct Number {
    value: i64,
    change: i64,
}

impl Number {
    fn write(&mut self, bits: &mut Writer, index: usize, value: i64) {
        let change = value.wrapping_sub(self.value);
        match index {
            0 => {}
            1 => bits.small_int(change),
            _ => bits.small_int(change.wrapping_sub(self.change)),
        }
        *self = Number { value, change: if index == 0 { 0 } else { change } };
    }

    fn read(&mut self, bits: &mut Reader<'_>) -> Result<i64, ChunkError> {
        // The first change is told like a change against none.
        self.change = self.change.wrapping_add(bits.small_int()?);
        self.value = self.value.wrapping_add(self.change);
        Ok(self.value)
    }
}

/// The state of packing histograms of whole counts.
#[derive(Default)]
struct Whole {
    count: Number,
    zero_count: Number,
    sum: Xor,
    /// Positive ones, then negative ones; each bucket's difference from the one before it.
    deltas: Vec<Number>,
}

impl Whole {
    fn write(&mut self, bits: &mut Writer, index: usize, histogram: &Histogram) {
        let is_stale = is_stale_nan(histogram.sum);
        let (count, zero_count) =
            if is_stale { (0, 0) } else { (histogram.count as i64, histogram.zero_count as i64) };
        if index == 0 {
            bits.small_uint(count as u64);
            bits.small_uint(zero_count as u64);
            bits.bits(histogram.sum.to_bits(), 64);
            self.sum = Xor::new(histogram.sum);
        }
        self.count.write(bits, index, count);
        self.zero_count.write(bits, index, zero_count);
        if index > 0 {
            self.sum.write(bits, histogram.sum);
        }
        if is_stale {
            return;
        }
        let deltas: Vec<i64> = deltas_of(&histogram.positive).chain(deltas_of(&histogram.negative)).collect();
        self.deltas.resize(deltas.len(), Number::default());
        for (number, delta) in self.deltas.iter_mut().zip(deltas) {
            if index == 0 {
                bits.small_int(delta);
            }
            number.write(bits, index, delta);
        }
    }

    fn read(
        &mut self,
        bits: &mut Reader<'_>,
        index: usize,
        layout: &Layout,
    ) -> Result<Histogram, ChunkError> {
        if index == 0 {
            self.count.value = bits.small_uint()? as i64;
            self.zero_count.value = bits.small_uint()? as i64;
            self.sum = Xor::new(bits.float()?);
            for _ in 0..buckets_of(&layout.positive) + buckets_of(&layout.negative) {
                self.deltas.push(Number { value: bits.small_int()?, change: 0 });
            }
        } else {
            self.count.read(bits)?;
            self.zero_count.read(bits)?;
            self.sum.read(bits)?;
            if !is_stale_nan(self.sum.value) {
                for number in &mut self.deltas {
                    number.read(bits)?;
                }
            }
        }
        let (positive, negative) = self.deltas.split_at(buckets_of(&layout.positive));
        let is_stale = is_stale_nan(self.sum.value);
        Ok(Histogram {
            schema: layout.schema,
            counter_reset: CounterReset::Unknown,
            zero_threshold: layout.zero_threshold,
            zero_count: self.zero_count.value as u64,
            count: self.count.value as u64,
            sum: self.sum.value,
            positive_spans: if is_stale { Vec::new() } else { layout.positive.clone() },
            negative_spans: if is_stale { Vec::new() } else { layout.negative.clone() },
            positive: if is_stale { Vec::new() } else { counts(positive)? },
            negative: if is_stale { Vec::new() } else { counts(negative)? },
            custom_values: layout.custom_values.clone(),
        })
    }
}

fn counts(deltas: &[Number]) -> Result<Vec<u64>, ChunkError> {
    let mut count = 0i64;
    let add = |number: &Number| {
        count = count.checked_add(number.value)?;
        u64::try_from(count).ok()
    };
    deltas.iter().map(add).collect::<Option<_>>().ok_or(ChunkError("a bucket has a negative count"))
}

/// The state of packing histograms of fractional counts.
#[derive(Default)]
struct Float {
    count: Xor,
    zero_count: Xor,
    sum: Xor,
    /// Positive ones, then negative ones.
    buckets: Vec<Xor>,
}

impl Float {
    fn write(&mut self, bits: &mut Writer, index: usize, histogram: &FloatHistogram) {
        let is_stale = is_stale_nan(histogram.sum);
        let (count, zero_count) = if is_stale { (0.0, 0.0) } else { (histogram.count, histogram.zero_count) };
        let write = |bits: &mut Writer, xor: &mut Xor, value: f64| {
            if index == 0 {
                bits.bits(value.to_bits(), 64);
                *xor = Xor::new(value);
            } else {
                xor.write(bits, value);
            }
        };
        write(bits, &mut self.count, count);
        write(bits, &mut self.zero_count, zero_count);
        write(bits, &mut self.sum, histogram.sum);
        if is_stale {
            return;
        }
        self.buckets.resize(histogram.positive.len() + histogram.negative.len(), Xor::default());
        let buckets = histogram.positive.iter().chain(&histogram.negative);
        for (xor, &bucket) in self.buckets.iter_mut().zip(buckets) {
            write(bits, xor, bucket);
        }
    }

    fn read(
        &mut self,
        bits: &mut Reader<'_>,
        index: usize,
        layout: &Layout,
    ) -> Result<FloatHistogram, ChunkError> {
        if index == 0 {
            self.count = Xor::new(bits.float()?);
            self.zero_count = Xor::new(bits.float()?);
            self.sum = Xor::new(bits.float()?);
            for _ in 0..buckets_of(&layout.positive) + buckets_of(&layout.negative) {
                self.buckets.push(Xor::new(bits.float()?));
            }
        } else {
            self.count.read(bits)?;
            self.zero_count.read(bits)?;
            self.sum.read(bits)?;
            if !is_stale_nan(self.sum.value) {
                for bucket in &mut self.buckets {
                    bucket.read(bits)?;
                }
            }
        }
        let (positive, negative) = self.buckets.split_at(buckets_of(&layout.positive));
        let is_stale = is_stale_nan(self.sum.value);
        let values = |buckets: &[Xor]| -> Vec<f64> {
            if is_stale { Vec::new() } else { buckets.iter().map(|bucket| bucket.value).collect() }
        };
        Ok(FloatHistogram {
            schema: layout.schema,
            counter_reset: CounterReset::Unknown,
            zero_threshold: layout.zero_threshold,
            zero_count: self.zero_count.value,
            count: self.count.value,
            sum: self.sum.value,
            positive: values(positive),
            negative: values(negative),
            positive_spans: if is_stale { Vec::new() } else { layout.positive.clone() },
            negative_spans: if is_stale { Vec::new() } else { layout.negative.clone() },
            custom_values: layout.custom_values.clone(),
        })
    }
}

/// How many bytes the samples of one chunk may take once they are unpacked.
const UNPACKED_BYTES_MAX: usize = 64 << 20;

/// Reads a chunk; where it has starts, the flags share their bytes with the count, and the starts' header has theirs.
fn decode<T>(
    bytes: &[u8],
    has_starts: bool,
    mut read: impl FnMut(&mut Reader<'_>, usize, &Layout, CounterReset) -> Result<T, ChunkError>,
    value: impl Fn(T) -> Value,
) -> Result<Vec<Sample>, ChunkError> {
    let (count, bytes) = split_count(bytes)?;
    let (&third, bytes) = bytes.split_first().ok_or(ChunkError("the chunk is cut off"))?;
    let (count, flags) = if has_starts { (count & 0x3fff, (count >> 8) as u8) } else { (count, third) };
    let mut starts = if has_starts { Starts::new(third) } else { Starts::default() };
    let mut bits = Reader::new(bytes);
    let layout = Layout::read(&mut bits)?;
    let spans = layout.positive.len() + layout.negative.len();
    let sample_bytes = 128 + 8 * (buckets_of(&layout.positive) + buckets_of(&layout.negative) + spans);
    if sample_bytes.saturating_mul(count) > UNPACKED_BYTES_MAX {
        return Err(ChunkError("the chunk holds too much"));
    }
    let (mut samples, mut times) = (Vec::new(), Times::default());
    for index in 0..count {
        let time = times.read(&mut bits, index)?;
        let histogram = read(&mut bits, index, &layout, reset_of(flags, index))?;
        let start = starts.read(&mut bits, index, time)?;
        samples.push(Sample { time, start, value: value(histogram) });
    }
    Ok(samples)
}

pub(super) fn decode_whole(bytes: &[u8], has_starts: bool) -> Result<Vec<Sample>, ChunkError> {
    let mut state = Whole::default();
    decode(
        bytes,
        has_starts,
        |bits, index, layout, counter_reset| {
            Ok(Histogram { counter_reset, ..state.read(bits, index, layout)? })
        },
        |histogram| Value::Histogram(Arc::new(histogram)),
    )
}

pub(super) fn decode_float(bytes: &[u8], has_starts: bool) -> Result<Vec<Sample>, ChunkError> {
    let mut state = Float::default();
    decode(
        bytes,
        has_starts,
        |bits, index, layout, counter_reset| {
            Ok(FloatHistogram { counter_reset, ..state.read(bits, index, layout)? })
        },
        |histogram| Value::FloatHistogram(Arc::new(histogram)),
    )
}
