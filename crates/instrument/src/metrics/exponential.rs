//! Buckets whose bounds are powers of 2^(2^-schema): how native histograms and summaries count.
//!
//! A window is a header and a fixed number of counters in cells of one thread. It keeps the finest schema that holds
//! everything it has seen: an index outside it first moves the window, and when that is not enough, halves the
//! resolution by adding neighbours together. Windows of different threads may be at different schemas; a `Sketch`
//! brings them together at the coarser one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::sync::{AtomicU64, Ordering};

/// The finest schema: 256 buckets between a number and its double.
pub const SCHEMA_MAX: i8 = 8;
/// The coarsest: a bucket spans a factor of 65,536.
pub const SCHEMA_MIN: i8 = -4;

/// Cells of a window beyond its counters.
pub(crate) const HEADER_CELLS: u32 = 1;

/// Set in a header that describes something.
const USED: u64 = 1 << 63;

/// Upper bounds of the buckets between 1 and 2 at the finest schema, and where a search among them begins.
struct Bounds {
    upper: [f64; 256],
    /// By the first nine bits of the mantissa: at most one bound lies between two entries.
    start: [u8; 512],
}

static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let upper: [f64; 256] = std::array::from_fn(|index| (index as f64 / 256.0).exp2());
    let start = std::array::from_fn(|part| {
        let at = 1.0 + part as f64 / 512.0;
        // The table has 256 entries and its last is below 2, so the count fits once it is capped.
        upper.iter().filter(|bound| **bound < at).count().min(255) as u8
    });
    Bounds { upper, start }
});

/// The bucket a positive number falls in: bucket `i` holds what is above 2^((i-1)/2^schema) and at most 2^(i/2^schema).
pub fn index(value: f64, schema: i8) -> i32 {
    if value.is_infinite() {
        return index(f64::MAX, schema) + 1;
    }
    let (fraction, exponent) = split(value);
    let finest = {
        let bounds = &*BOUNDS;
        let part = (fraction.to_bits() >> 43) & 511;
        let mut position = usize::from(bounds.start[part as usize]);
        while position < 256 && bounds.upper[position] < fraction {
            position += 1;
        }
        exponent * 256 + position as i32
    };
    coarsen(finest, (SCHEMA_MAX - schema) as u32)
}

/// A number as one between 1 (included) and 2, and a power of two. Subnormals are scaled first.
fn split(value: f64) -> (f64, i32) {
    let (value, scale) = if value < f64::MIN_POSITIVE { (value * 2f64.powi(54), -54) } else { (value, 0) };
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
    (f64::from_bits(bits & !(0x7ff << 52) | 1023 << 52), exponent + scale)
}

/// The index of the same bucket `steps` schemas below.
fn coarsen(index: i32, steps: u32) -> i32 {
    // Rounded up: buckets include their upper bound.
    (index + ((1 << steps) - 1)) >> steps
}

/// The upper bound of a bucket.
pub(crate) fn upper_bound(index: i32, schema: i8) -> f64 {
    (f64::from(index) * (-f64::from(schema)).exp2()).exp2()
}

/// What the header of a window says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    schema: i8,
    /// The index that the first counter counts.
    first: i32,
}

impl Header {
    fn read(cell: &AtomicU64) -> Option<Header> {
        let bits = cell.load(Ordering::Relaxed);
        (bits & USED != 0).then_some(Header { schema: (bits >> 32) as u8 as i8, first: bits as u32 as i32 })
    }

    fn write(self, cell: &AtomicU64) {
        let bits = USED | u64::from(self.schema as u8) << 32 | u64::from(self.first as u32);
        cell.store(bits, Ordering::Relaxed);
    }
}

/// Counts one positive number. Only one thread at a time may do so.
pub(crate) fn record(window: &[AtomicU64], value: f64, finest: i8) {
    let (head, counters) = window.split_first().expect("a window has a header");
    let length = counters.len() as i32;
    let mut header = Header::read(head).unwrap_or_else(|| {
        // The first number is in the middle: what follows may be smaller or larger.
        let new = Header { schema: finest, first: index(value, finest) - length / 2 };
        new.write(head);
        new
    });
    let mut position = index(value, header.schema) - header.first;
    if !(0..length).contains(&position) {
        header = fit(head, counters, header, value);
        position = index(value, header.schema) - header.first;
    }
    let counter = &counters[position as usize];
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// Moves or coarsens a window until it has room for `value`.
#[cold]
fn fit(head: &AtomicU64, counters: &[AtomicU64], mut header: Header, value: f64) -> Header {
    let length = counters.len() as i32;
    let counts: Vec<u64> = counters.iter().map(|counter| counter.load(Ordering::Relaxed)).collect();
    let occupied = |header: Header| {
        let low = counts.iter().position(|count| *count > 0).map(|at| at as i32 + header.first);
        let high = counts.iter().rposition(|count| *count > 0).map(|at| at as i32 + header.first);
        low.zip(high)
    };
    let wanted = index(value, header.schema);
    let (low, high) =
        occupied(header).map_or((wanted, wanted), |(low, high)| (low.min(wanted), high.max(wanted)));
    let mut steps = 0;
    while coarsen(high, steps) - coarsen(low, steps) >= length && header.schema - (steps as i8) > SCHEMA_MIN {
        steps += 1;
    }
    let (low, high) = (coarsen(low, steps), coarsen(high, steps));
    let first = low - (length - (high - low + 1)) / 2;
    counters.iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
    for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let counter = &counters[(coarsen(at as i32 + header.first, steps) - first) as usize];
        counter.store(counter.load(Ordering::Relaxed) + count, Ordering::Relaxed);
    }
    header = Header { schema: header.schema - steps as i8, first };
    header.write(head);
    header
}

/// Exponential buckets brought together from any number of windows; can be merged and asked for quantiles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    pub(crate) schema: Option<i8>,
    pub(crate) zero: u64,
    pub(crate) positive: BTreeMap<i32, u64>,
    pub(crate) negative: BTreeMap<i32, u64>,
}

impl Sketch {
    /// The resolution: 2^schema buckets between a number and its double. `None` while it has seen nothing but zeros.
    pub fn schema(&self) -> Option<i8> {
        self.schema
    }

    /// How many zeros it has seen.
    pub fn zeros(&self) -> u64 {
        self.zero
    }

    /// Buckets of positive numbers: bucket `i` holds what is above 2^((i-1)/2^schema) and at most 2^(i/2^schema).
    pub fn positive(&self) -> &BTreeMap<i32, u64> {
        &self.positive
    }

    /// Buckets of negative numbers, by their amount.
    pub fn negative(&self) -> &BTreeMap<i32, u64> {
        &self.negative
    }

    /// How many numbers it has seen.
    pub fn count(&self) -> u64 {
        self.zero + self.positive.values().sum::<u64>() + self.negative.values().sum::<u64>()
    }

    /// Adds what another one has seen, at the coarser of the two resolutions.
    pub fn merge(&mut self, other: &Sketch) {
        self.zero += other.zero;
        let Some(schema) = other.schema else { return };
        let steps = self.adopt(schema);
        for (index, count) in &other.positive {
            *self.positive.entry(coarsen(*index, steps)).or_default() += count;
        }
        for (index, count) in &other.negative {
            *self.negative.entry(coarsen(*index, steps)).or_default() += count;
        }
    }

    /// The value below which a share `quantile` (0 to 1) of the numbers lies. `None` when there are none.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || !(0.0..=1.0).contains(&quantile) {
            return None;
        }
        let rank = ((quantile * count as f64).ceil() as u64).clamp(1, count);
        let schema = self.schema.unwrap_or(SCHEMA_MAX);
        let middle = |index: i32| {
            let (low, high) = (upper_bound(index - 1, schema), upper_bound(index, schema));
            // The value whose relative error is the same at both ends.
            if (low + high).is_finite() { 2.0 * low * (high / (low + high)) } else { low }
        };
        let mut seen = 0;
        let negative = self.negative.iter().rev().map(|(index, count)| (-middle(*index), *count));
        let zero = std::iter::once((0.0, self.zero));
        let positive = self.positive.iter().map(|(index, count)| (middle(*index), *count));
        negative.chain(zero).chain(positive).find_map(|(value, count)| {
            seen += count;
            (seen >= rank).then_some(value)
        })
    }

    /// Adds zeros.
    #[doc(hidden)]
    pub fn add_zeros(&mut self, count: u64) {
        self.zero += count;
    }

    /// Adds to a bucket of that schema, of positive or negative numbers.
    #[doc(hidden)]
    pub fn add_bucket(&mut self, schema: i8, index: i32, count: u64, negative: bool) {
        let steps = self.adopt(schema);
        let side = if negative { &mut self.negative } else { &mut self.positive };
        *side.entry(coarsen(index, steps)).or_default() += count;
    }

    /// Becomes coarser by one step.
    #[doc(hidden)]
    pub fn halve(&mut self) {
        if let Some(schema) = self.schema {
            self.adopt(schema - 1);
        }
    }

    pub(crate) fn add_window(&mut self, window: &[AtomicU64], negative: bool) {
        let Some(header) = Header::read(&window[0]) else { return };
        let steps = self.adopt(header.schema);
        let side = if negative { &mut self.negative } else { &mut self.positive };
        for (at, counter) in window[1..].iter().enumerate() {
            let count = counter.load(Ordering::Relaxed);
            if count > 0 {
                *side.entry(coarsen(at as i32 + header.first, steps)).or_default() += count;
            }
        }
    }

    /// Becomes as coarse as `schema`, and says by how many steps whatever has that schema must be coarsened.
    fn adopt(&mut self, schema: i8) -> u32 {
        let own = self.schema.unwrap_or(schema);
        let common = own.min(schema);
        self.schema = Some(common);
        let steps = (own - common) as u32;
        if steps > 0 {
            for side in [&mut self.positive, &mut self.negative] {
                for (index, count) in std::mem::take(side) {
                    *side.entry(coarsen(index, steps)).or_default() += count;
                }
            }
        }
        (schema - common) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(cells: usize) -> Vec<AtomicU64> {
        (0..cells).map(|_| AtomicU64::new(0)).collect()
    }

    fn sketch(values: &[f64], cells: usize) -> Sketch {
        let window = window(cells);
        values.iter().for_each(|value| record(&window, *value, SCHEMA_MAX));
        let mut sketch = Sketch::default();
        sketch.add_window(&window, false);
        sketch
    }

    #[test]
    fn buckets_include_their_upper_bound() {
        let check =
            |value: f64, schema: i8, want: i32| assert_eq!(index(value, schema), want, "{value} at {schema}");
        check(1.0, 0, 0);
        check(1.5, 0, 1);
        check(2.0, 0, 1);
        check(2.000001, 0, 2);
        check(0.5, 3, -8);
        check(4.0, 8, 512);
        check(4.0, -1, 1);
        check(4.1, -1, 2);
        check(16.0, -2, 1);
        check(f64::MAX, 0, 1024);
        check(f64::INFINITY, 0, 1025);
        check(f64::MIN_POSITIVE, 0, -1022);
        check(f64::MIN_POSITIVE / 4.0, 0, -1024);
        check(5e-324, 0, -1074);
    }

    #[test]
    fn a_window_as_small_as_can_be_holds_every_number() {
        let merged = sketch(&[5e-324, 1.0, 1e-9, f64::MAX, 3.0, f64::INFINITY], 161);
        assert_eq!(merged.count(), 6);
        assert!(merged.schema.is_some_and(|schema| schema >= SCHEMA_MIN));
    }

    #[test]
    fn the_empty_sketch_has_no_quantiles() {
        assert_eq!(Sketch::default().quantile(0.5), None);
        assert_eq!(sketch(&[1.0], 32).quantile(1.5), None);
    }

    proptest! {
        #[test]
        fn a_value_lies_within_its_bucket(value in 1e-300f64..1e300, schema in SCHEMA_MIN..=SCHEMA_MAX) {
            let index = index(value, schema);
            let slack = 1.0 + 1e-12;
            prop_assert!(value <= upper_bound(index, schema) * slack);
            prop_assert!(value >= upper_bound(index - 1, schema) / slack);
        }

        #[test]
        fn quantiles_are_within_the_error_of_the_schema(mut values in prop::collection::vec(1e-3f64..1e3, 1..200), quantile in 0.0f64..=1.0) {
            let sketch = sketch(&values, 257);
            values.sort_by(f64::total_cmp);
            let rank = ((quantile * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let (want, got) = (values[rank - 1], sketch.quantile(quantile).unwrap());
            let factor = (-f64::from(sketch.schema.unwrap())).exp2().exp2();
            prop_assert!((got / want).max(want / got) <= factor, "{got} for {want} at {:?}", sketch.schema);
        }

        #[test]
        fn merging_is_as_if_all_had_been_seen_by_one(left in prop::collection::vec(1e-6f64..1e6, 0..100), right in prop::collection::vec(1.0f64..10.0, 0..100)) {
            let mut merged = sketch(&left, 161);
            merged.merge(&sketch(&right, 161));
            let all: Vec<f64> = left.iter().chain(&right).copied().collect();
            let schema = merged.schema.unwrap_or(0);
            let mut want = BTreeMap::<i32, u64>::new();
            all.iter().for_each(|value| *want.entry(index(*value, schema)).or_default() += 1);
            prop_assert_eq!(merged.positive, want);
        }
    }
}
