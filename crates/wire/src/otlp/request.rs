//! A request as both encodings say it, nothing translated yet.

use std::borrow::Cow;

/// Attributes, their values as text.
pub(crate) type Attributes<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// A decoded export request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request<'a> {
    pub(crate) resources: Vec<Resource<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Resource<'a> {
    pub(crate) attributes: Attributes<'a>,
    pub(crate) scopes: Vec<Scope<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scope<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) version: Cow<'a, str>,
    pub(crate) schema_url: Cow<'a, str>,
    pub(crate) attributes: Attributes<'a>,
    pub(crate) metrics: Vec<Metric<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Metric<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) description: Cow<'a, str>,
    pub(crate) unit: Cow<'a, str>,
    pub(crate) kind: Kind,
    pub(crate) temporality: u64,
    pub(crate) is_monotonic: bool,
    pub(crate) points: Vec<Point<'a>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The metric has no data, or data of a kind unknown here.
    #[default]
    None,
    Gauge,
    Sum,
    Histogram,
    ExponentialHistogram,
    Summary,
}

/// `temporality` of what is sent as differences.
pub(crate) const DELTA: u64 = 1;
/// `temporality` of running totals.
pub(crate) const CUMULATIVE: u64 = 2;

/// A data point of any kind; what its kind lacks stays at its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Point<'a> {
    pub(crate) attributes: Attributes<'a>,
    pub(crate) start_nanos: u64,
    pub(crate) time_nanos: u64,
    /// Of a gauge or a sum.
    pub(crate) value: Option<f64>,
    pub(crate) exemplars: Vec<Exemplar<'a>>,
    pub(crate) flags: u64,
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) bucket_counts: Vec<u64>,
    pub(crate) bounds: Vec<f64>,
    pub(crate) scale: i32,
    pub(crate) zero_count: u64,
    pub(crate) zero_threshold: f64,
    pub(crate) positive: Buckets,
    pub(crate) negative: Buckets,
    pub(crate) quantiles: Vec<(f64, f64)>,
}

impl Point<'_> {
    /// Whether the point says that there is no value any more.
    pub(crate) fn is_stale(&self) -> bool {
        self.flags & 1 != 0
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Buckets {
    pub(crate) offset: i32,
    pub(crate) counts: Vec<u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Exemplar<'a> {
    pub(crate) attributes: Attributes<'a>,
    pub(crate) time_nanos: u64,
    pub(crate) value: f64,
    /// In hexadecimal.
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

/// The text of a number that an attribute holds.
pub(crate) fn number_text(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) && value.is_finite() {
        return format!("{value:e}");
    }
    format!("{value}")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let sextet = (group >> (18 - 6 * position) & 63) as usize;
            text.push(if position <= chunk.len() { ALPHABET[sextet] as char } else { '=' });
        }
    }
    text
}
