//! What makes a histogram trustworthy, checked wherever one arrives from outside.

use std::fmt;

use thiserror::Error;

use super::types::{CUSTOM_BUCKETS_SCHEMA, FloatHistogram, Histogram, SCHEMA_MAX, SCHEMA_MIN, Span};

/// The half of a histogram that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The positive buckets, or all custom ones.
    Positive,
    /// The negative buckets.
    Negative,
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Side::Positive => "positive",
            Side::Negative => "negative",
        })
    }
}

/// What is wrong with a histogram, or with a pair of them.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum HistogramError {
    /// The schema is none that is known.
    #[error(
        "schema {0} is not supported: it must be -4 to 8 for exponential buckets, or -53 for custom ones"
    )]
    Schema(i8),
    /// The spans promise other than what there is.
    #[error("the {side} spans call for {spans} buckets, but there are {buckets}")]
    SpansBucketsMismatch {
        /// Which spans.
        side: Side,
        /// How many buckets they call for.
        spans: u64,
        /// How many there are.
        buckets: usize,
    },
    /// A span other than the first, or any where bounds are custom, begins before the one before it ended.
    #[error("{side} span {position} has the negative offset {offset}")]
    NegativeOffset {
        /// Which spans.
        side: Side,
        /// Its place among them, from 0.
        position: usize,
        /// The offset.
        offset: i32,
    },
    /// A bucket's index does not fit into 32 bits.
    #[error("the {0} spans reach beyond the last possible bucket")]
    IndexOutOfRange(Side),
    /// A bucket has a count below zero.
    #[error("{side} bucket {position} has the negative count {count}")]
    NegativeBucketCount {
        /// Which buckets.
        side: Side,
        /// Its place among them, from 0.
        position: usize,
        /// The count.
        count: f64,
    },
    /// The zero bucket has a count below zero.
    #[error("the zero bucket has the negative count {0}")]
    NegativeZeroCount(f64),
    /// The count of observations is below zero.
    #[error("the count of observations is negative: {0}")]
    NegativeCount(f64),
    /// More observations in buckets than in all.
    #[error("the buckets hold {buckets} observations, more than the count of {count}")]
    CountTooSmall {
        /// How many the buckets hold.
        buckets: u64,
        /// The count of the histogram.
        count: u64,
    },
    /// Observations outside of all buckets, though none can have been NaN.
    #[error("the buckets hold {buckets} observations, but the count is {count} and the sum is not NaN")]
    CountMismatch {
        /// How many the buckets hold.
        buckets: u64,
        /// The count of the histogram.
        count: u64,
    },
    /// The zero threshold is no width.
    #[error("the zero threshold {0} is negative or not a number")]
    ZeroThreshold(f64),
    /// Too few bounds for the spans.
    #[error("{bounds} custom bounds are too few for spans that reach over {reach} buckets")]
    CustomBoundsTooFew {
        /// How many bounds.
        bounds: usize,
        /// How many buckets the spans reach over.
        reach: u64,
    },
    /// Bounds that do not ascend.
    #[error("custom bounds must ascend, but {next} follows {previous}")]
    CustomBoundsNotAscending {
        /// A bound.
        previous: f64,
        /// The one after it.
        next: f64,
    },
    /// A bound of +Inf, which is implied.
    #[error("custom bounds must be finite; the last bucket reaches +Inf by itself")]
    CustomBoundsInfinite,
    /// A bound that is no number.
    #[error("custom bounds must not be NaN")]
    CustomBoundsNan,
    /// Custom bounds beside an exponential schema.
    #[error("a histogram with exponential buckets must not have custom bounds")]
    CustomBoundsUnexpected,
    /// Custom buckets beside a zero bucket.
    #[error("a histogram with custom buckets must not have a zero bucket")]
    CustomWithZeroBucket,
    /// Custom buckets beside negative ones.
    #[error("a histogram with custom buckets must not have negative buckets")]
    CustomWithNegativeBuckets,
    /// Arithmetic between custom and exponential buckets.
    #[error("histograms with custom and with exponential buckets cannot be combined")]
    MixedSchemas,
    /// A finer resolution was asked for than there is.
    #[error("the resolution of schema {from} cannot become that of schema {to}")]
    Resolution {
        /// What there is.
        from: i8,
        /// What was asked for.
        to: i8,
    },
}

impl Histogram {
    /// Checks that it makes sense; each error names the first thing that does not.
    pub fn validate(&self) -> Result<(), HistogramError> {
        check_layout(&Layout {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            has_zero_count: self.zero_count != 0,
            positive_spans: &self.positive_spans,
            positive_buckets: self.positive.len(),
            negative_spans: &self.negative_spans,
            negative_buckets: self.negative.len(),
            custom_values: &self.custom_values,
        })?;
        let buckets = self
            .positive
            .iter()
            .chain(&self.negative)
            .fold(self.zero_count, |total, &count| total.saturating_add(count));
        if buckets > self.count {
            return Err(HistogramError::CountTooSmall { buckets, count: self.count });
        }
        // Observations of NaN are in no bucket, and make the sum NaN.
        if buckets != self.count && !self.sum.is_nan() {
            return Err(HistogramError::CountMismatch { buckets, count: self.count });
        }
        Ok(())
    }
}

impl FloatHistogram {
    /// Checks that it makes sense; each error names the first thing that does not.
    ///
    /// The count is not compared with the buckets: after arithmetic, rounding lets them differ.
    pub fn validate(&self) -> Result<(), HistogramError> {
        check_layout(&Layout {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            has_zero_count: self.zero_count != 0.0,
            positive_spans: &self.positive_spans,
            positive_buckets: self.positive.len(),
            negative_spans: &self.negative_spans,
            negative_buckets: self.negative.len(),
            custom_values: &self.custom_values,
        })?;
        check_counts(Side::Negative, &self.negative)?;
        check_counts(Side::Positive, &self.positive)?;
        if self.zero_count < 0.0 {
            return Err(HistogramError::NegativeZeroCount(self.zero_count));
        }
        if self.count < 0.0 {
            return Err(HistogramError::NegativeCount(self.count));
        }
        Ok(())
    }
}

/// What the two kinds of histogram have in common.
struct Layout<'a> {
    schema: i8,
    zero_threshold: f64,
    has_zero_count: bool,
    positive_spans: &'a [Span],
    positive_buckets: usize,
    negative_spans: &'a [Span],
    negative_buckets: usize,
    custom_values: &'a [f64],
}

fn check_layout(layout: &Layout<'_>) -> Result<(), HistogramError> {
    match layout.schema {
        CUSTOM_BUCKETS_SCHEMA => check_custom_layout(layout),
        SCHEMA_MIN..=SCHEMA_MAX => {
            check_spans(Side::Positive, layout.positive_spans, layout.positive_buckets)?;
            check_spans(Side::Negative, layout.negative_spans, layout.negative_buckets)?;
            if layout.zero_threshold < 0.0 || layout.zero_threshold.is_nan() {
                return Err(HistogramError::ZeroThreshold(layout.zero_threshold));
            }
            if !layout.custom_values.is_empty() {
                return Err(HistogramError::CustomBoundsUnexpected);
            }
            Ok(())
        }
        schema => Err(HistogramError::Schema(schema)),
    }
}

fn check_custom_layout(layout: &Layout<'_>) -> Result<(), HistogramError> {
    let bounds = layout.custom_values;
    if bounds.iter().any(|bound| bound.is_nan()) {
        return Err(HistogramError::CustomBoundsNan);
    }
    if let Some(pair) = bounds.windows(2).find(|pair| pair[1] <= pair[0]) {
        return Err(HistogramError::CustomBoundsNotAscending { previous: pair[0], next: pair[1] });
    }
    if bounds.last() == Some(&f64::INFINITY) {
        return Err(HistogramError::CustomBoundsInfinite);
    }
    if let Some(Span { offset, .. }) = layout.positive_spans.first()
        && *offset < 0
    {
        return Err(HistogramError::NegativeOffset { side: Side::Positive, position: 0, offset: *offset });
    }
    let reach = check_spans(Side::Positive, layout.positive_spans, layout.positive_buckets)?;
    if reach > bounds.len() as u64 + 1 {
        return Err(HistogramError::CustomBoundsTooFew { bounds: bounds.len(), reach });
    }
    if layout.has_zero_count || layout.zero_threshold != 0.0 {
        return Err(HistogramError::CustomWithZeroBucket);
    }
    if !layout.negative_spans.is_empty() || layout.negative_buckets > 0 {
        return Err(HistogramError::CustomWithNegativeBuckets);
    }
    Ok(())
}

/// Checks the spans of one side and returns how many indexes they reach over, counted from 0 when positive.
fn check_spans(side: Side, spans: &[Span], buckets: usize) -> Result<u64, HistogramError> {
    let mut promised = 0u64;
    let mut end = 0i64;
    for (position, span) in spans.iter().enumerate() {
        if position > 0 && span.offset < 0 {
            return Err(HistogramError::NegativeOffset { side, position, offset: span.offset });
        }
        promised += u64::from(span.length);
        end += i64::from(span.offset) + i64::from(span.length);
        if end > i64::from(i32::MAX) {
            return Err(HistogramError::IndexOutOfRange(side));
        }
    }
    if promised != buckets as u64 {
        return Err(HistogramError::SpansBucketsMismatch { side, spans: promised, buckets });
    }
    Ok(end.max(0) as u64)
}

fn check_counts(side: Side, counts: &[f64]) -> Result<(), HistogramError> {
    match counts.iter().position(|&count| count < 0.0) {
        Some(position) => {
            Err(HistogramError::NegativeBucketCount { side, position, count: counts[position] })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;
    use super::*;

    fn check(notation: &str, want: &str) {
        let float = parse_notation(notation).unwrap().histogram;
        let got = match float.validate().and_then(|()| match float.to_integer() {
            Some(whole) => whole.validate(),
            None => Ok(()),
        }) {
            Ok(()) => "valid".to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, want, "{notation}");
    }

    #[test]
    fn histograms_that_make_sense_are_valid() {
        check("{{}}", "valid");
        check("{{count:4 sum:5 buckets:[1 2 1]}}", "valid");
        check("{{count:9 sum:5 z_bucket:2 z_bucket_w:0.1 buckets:[1 2 1] n_buckets:[3]}}", "valid");
        check("{{count:5 sum:NaN buckets:[1 2 1]}}", "valid");
        check("{{count:0.5 sum:5 buckets:[1 2 1]}}", "valid");
        check("{{schema:-53 count:4 custom_values:[1 2] buckets:[1 2 1]}}", "valid");
        check("{{schema:-53}}", "valid");
    }

    #[test]
    fn each_fault_has_its_error() {
        check(
            "{{schema:9}}",
            "schema 9 is not supported: it must be -4 to 8 for exponential buckets, or -53 for custom ones",
        );
        check(
            "{{schema:-5}}",
            "schema -5 is not supported: it must be -4 to 8 for exponential buckets, or -53 for custom ones",
        );
        check("{{count:2 buckets:[1 2 1]}}", "the buckets hold 4 observations, more than the count of 2");
        check(
            "{{count:6 buckets:[1 2 1]}}",
            "the buckets hold 4 observations, but the count is 6 and the sum is not NaN",
        );
        check(
            "{{count:2 sum:NaN buckets:[1 2 1]}}",
            "the buckets hold 4 observations, more than the count of 2",
        );
        check("{{buckets:[1 -2]}}", "positive bucket 1 has the negative count -2");
        check("{{n_buckets:[-2]}}", "negative bucket 0 has the negative count -2");
        check("{{z_bucket:-1}}", "the zero bucket has the negative count -1");
        check("{{count:-1}}", "the count of observations is negative: -1");
        check("{{z_bucket_w:-1}}", "the zero threshold -1 is negative or not a number");
        check("{{custom_values:[1]}}", "a histogram with exponential buckets must not have custom bounds");
        check("{{schema:-53 custom_values:[1 1]}}", "custom bounds must ascend, but 1 follows 1");
        check(
            "{{schema:-53 custom_values:[1 Inf]}}",
            "custom bounds must be finite; the last bucket reaches +Inf by itself",
        );
        check("{{schema:-53 custom_values:[NaN 1]}}", "custom bounds must not be NaN");
        check(
            "{{schema:-53 custom_values:[1] buckets:[1 1 1]}}",
            "1 custom bounds are too few for spans that reach over 3 buckets",
        );
        check("{{schema:-53 offset:-1 buckets:[1]}}", "positive span 0 has the negative offset -1");
        check("{{schema:-53 z_bucket:1}}", "a histogram with custom buckets must not have a zero bucket");
        check("{{schema:-53 z_bucket_w:1}}", "a histogram with custom buckets must not have a zero bucket");
        check(
            "{{schema:-53 n_buckets:[1]}}",
            "a histogram with custom buckets must not have negative buckets",
        );
        check(
            "{{offset:2147483647 buckets:[1]}}",
            "the positive spans reach beyond the last possible bucket",
        );
    }

    #[test]
    fn spans_must_fit_the_buckets() {
        let spans =
            |list: &[(i32, u32)]| list.iter().map(|&(offset, length)| Span { offset, length }).collect();
        let fault = |positive_spans, positive| {
            FloatHistogram { positive_spans, positive, ..Default::default() }
                .validate()
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            fault(spans(&[(0, 2)]), vec![1.0]),
            "the positive spans call for 2 buckets, but there are 1"
        );
        assert_eq!(
            fault(spans(&[(0, u32::MAX / 4), (0, u32::MAX / 4)]), vec![]),
            "the positive spans call for 2147483646 buckets, but there are 0"
        );
        assert_eq!(
            fault(spans(&[(0, 1), (-1, 1)]), vec![1.0, 1.0]),
            "positive span 1 has the negative offset -1"
        );
    }
}
