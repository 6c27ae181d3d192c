//! Reads a metric family into rows.
//!
//! ```text
//! family    := 1 name, 2 help, 3 type, 4 metric*, 5 unit
//! metric    := 1 label*, 2 gauge, 3 counter, 4 summary, 5 untyped, 6 time in ms, 7 histogram
//! label     := 1 name, 2 value
//! counter   := 1 value, 2 exemplar, 3 start
//! gauge, untyped := 1 value
//! summary   := 1 count, 2 sum, 3 quantile* (1 quantile, 2 value), 4 start
//! histogram := 1 count, 2 sum, 3 bucket*, 4 fractional count, 5 schema, 6 zero threshold, 7 zero count,
//!              8 fractional zero count, 9 negative spans, 10 deltas, 11 counts, 12 positive spans, 13 deltas,
//!              14 counts, 15 start, 16 exemplar*
//! bucket    := 1 cumulative count, 2 upper bound, 3 exemplar, 4 fractional cumulative count
//! exemplar  := 1 label*, 2 value, 3 time
//! time      := 1 seconds, 2 nanoseconds
//! ```

use std::borrow::Cow;

use model::sample::NORMAL_NAN;
use model::{CounterReset, Exemplar, Labels, METRIC_NAME, Metadata, MetricType, Timestamp, Value};

use crate::float;
use crate::histogram::{Parts, read_deltas, read_doubles, read_span};
use crate::page::Options;
use crate::protobuf::{Field, Malformed, fields};

/// What one series of a family says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) labels: Labels,
    pub(crate) value: Value,
    pub(crate) time: Option<Timestamp>,
    /// 0 where nobody said.
    pub(crate) start: Timestamp,
    pub(crate) exemplars: Vec<Exemplar>,
}

/// The head of a family.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) metadata: Metadata,
}

/// Reads a family: its rows are appended to `rows`.
pub(crate) fn family(bytes: &[u8], options: &Options, rows: &mut Vec<Row>) -> Result<Head, String> {
    let mut head = Head::default();
    let mut metrics = Vec::new();
    read_head(bytes, &mut head, &mut metrics).map_err(|error| error.to_string())?;
    if head.name.is_empty() {
        return Err("a metric family has no name".to_owned());
    }
    for metric in metrics {
        let context = |error: String| format!("metric family {}: {error}", head.name);
        let metric = Metric::read(metric).map_err(|error| context(error.to_string()))?;
        metric.rows(&head, options, rows).map_err(context)?;
    }
    Ok(head)
}

fn read_head<'a>(bytes: &'a [u8], head: &mut Head, metrics: &mut Vec<&'a [u8]>) -> Result<(), Malformed> {
    let mut fields = fields(bytes);
    // The type is COUNTER where the message does not say.
    head.metadata.kind = MetricType::Counter;
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => head.name = field.text()?.to_owned(),
            2 => head.metadata.help = field.text()?.to_owned(),
            3 => {
                head.metadata.kind = match field.uint()? {
                    0 => MetricType::Counter,
                    1 => MetricType::Gauge,
                    2 => MetricType::Summary,
                    4 => MetricType::Histogram,
                    5 => MetricType::GaugeHistogram,
                    _ => MetricType::Unknown,
                }
            }
            4 => metrics.push(field.bytes()?),
            5 => head.metadata.unit = field.text()?.to_owned(),
            _ => {}
        }
    }
    Ok(())
}

#[derive(Default)]
struct Metric<'a> {
    labels: Vec<(&'a str, &'a str)>,
    time: Option<Timestamp>,
    start: Timestamp,
    value: f64,
    exemplars: Vec<Exemplar>,
    /// Quantiles of a summary.
    quantiles: Vec<(f64, f64)>,
    /// Cumulative counts of a classic histogram, with what stands for them.
    buckets: Vec<Bucket>,
    native: Parts,
    has_summary: bool,
    has_histogram: bool,
}

#[derive(Default)]
struct Bucket {
    count: f64,
    bound: f64,
    exemplar: Option<Exemplar>,
}

impl<'a> Metric<'a> {
    fn read(bytes: &'a [u8]) -> Result<Metric<'a>, Malformed> {
        let mut metric = Metric::default();
        let mut fields = fields(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => metric.labels.push(label(field)?),
                2 | 5 => metric.read_number(field)?,
                3 => metric.read_counter(field)?,
                4 => metric.read_summary(field)?,
                6 => metric.time = Some(field.int()?),
                7 => metric.read_histogram(field)?,
                _ => {}
            }
        }
        Ok(metric)
    }

    fn read_number(&mut self, field: Field<'a>) -> Result<(), Malformed> {
        let mut fields = field.message()?;
        while let Some((number, field)) = fields.next()? {
            if number == 1 {
                self.value = field.double()?;
            }
        }
        Ok(())
    }

    fn read_counter(&mut self, field: Field<'a>) -> Result<(), Malformed> {
        let mut fields = field.message()?;
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => self.value = field.double()?,
                2 => self.exemplars.push(exemplar(field)?),
                3 => self.start = time(field)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_summary(&mut self, field: Field<'a>) -> Result<(), Malformed> {
        self.has_summary = true;
        let mut fields = field.message()?;
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => self.native.count = field.uint()?,
                2 => self.native.sum = field.double()?,
                3 => {
                    let (mut quantile, mut fields) = ((0.0, 0.0), field.message()?);
                    while let Some((number, field)) = fields.next()? {
                        match number {
                            1 => quantile.0 = field.double()?,
                            2 => quantile.1 = field.double()?,
                            _ => {}
                        }
                    }
                    self.quantiles.push(quantile);
                }
                4 => self.start = time(field)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_histogram(&mut self, field: Field<'a>) -> Result<(), Malformed> {
        self.has_histogram = true;
        let native = &mut self.native;
        let mut fields = field.message()?;
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => native.count = field.uint()?,
                2 => native.sum = field.double()?,
                3 => self.buckets.push(bucket(field)?),
                4 => native.count_float = Some(field.double()?).filter(|&count| count > 0.0),
                5 => native.schema = field.sint32()?,
                6 => native.zero_threshold = field.double()?,
                7 => native.zero_count = field.uint()?,
                8 => native.zero_count_float = Some(field.double()?).filter(|&count| count > 0.0),
                9 => read_span(field, &mut native.negative_spans)?,
                10 => read_deltas(field, &mut native.negative_deltas)?,
                11 => read_doubles(field, &mut native.negative_counts)?,
                12 => read_span(field, &mut native.positive_spans)?,
                13 => read_deltas(field, &mut native.positive_deltas)?,
                14 => read_doubles(field, &mut native.positive_counts)?,
                15 => self.start = time(field)?,
                16 => self.exemplars.push(exemplar(field)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn rows(self, head: &Head, options: &Options, rows: &mut Vec<Row>) -> Result<(), String> {
        let mut out = Out { metric: &self, name: &head.name, options, rows };
        match head.metadata.kind {
            MetricType::Summary if self.has_summary => out.summary(),
            MetricType::Histogram | MetricType::GaugeHistogram if self.has_histogram => {
                let is_gauge = head.metadata.kind == MetricType::GaugeHistogram;
                let is_native = options.native_histograms && self.is_native();
                if is_native {
                    out.native(is_gauge)?;
                }
                if !is_native || options.keep_classic {
                    out.classic()?;
                }
                Ok(())
            }
            MetricType::Summary | MetricType::Histogram | MetricType::GaugeHistogram => {
                Err("a metric has another type than its family".to_owned())
            }
            _ => out.row("", None, self.value, self.exemplars.clone()),
        }
    }

    /// Whether a histogram has native buckets. One without observations shows it by an empty span or a zero bucket.
    fn is_native(&self) -> bool {
        let native = &self.native;
        !native.positive_spans.is_empty()
            || !native.negative_spans.is_empty()
            || native.zero_threshold > 0.0
            || native.zero_count > 0
            || native.zero_count_float.is_some()
    }
}

/// Where the rows of one metric go.
struct Out<'a, 'b> {
    metric: &'b Metric<'a>,
    name: &'b str,
    options: &'b Options,
    rows: &'b mut Vec<Row>,
}

impl Out<'_, '_> {
    fn row(
        &mut self,
        suffix: &str,
        bound: Option<(&str, f64)>,
        value: f64,
        exemplars: Vec<Exemplar>,
    ) -> Result<(), String> {
        let value = Value::Float(if value.is_nan() { NORMAL_NAN } else { value });
        self.push(suffix, bound, value, exemplars)
    }

    fn push(
        &mut self,
        suffix: &str,
        bound: Option<(&str, f64)>,
        value: Value,
        exemplars: Vec<Exemplar>,
    ) -> Result<(), String> {
        let name: Cow<'_, str> =
            if suffix.is_empty() { self.name.into() } else { [self.name, suffix].concat().into() };
        let mut bound_text = String::new();
        let mut pairs = Vec::with_capacity(self.metric.labels.len() + 2);
        pairs.push((METRIC_NAME, name.as_ref()));
        if let Some((label, bound)) = bound {
            float::write_openmetrics(&mut bound_text, bound);
            pairs.push((label, bound_text.as_str()));
        }
        pairs.extend_from_slice(&self.metric.labels);
        let labels = labels_of(pairs)?;
        let start = if self.options.created_as_start { self.metric.start } else { 0 };
        self.rows.push(Row { labels, value, time: self.metric.time, start, exemplars });
        Ok(())
    }

    fn summary(&mut self) -> Result<(), String> {
        let native = &self.metric.native;
        self.row("_count", None, native.count as f64, Vec::new())?;
        self.row("_sum", None, native.sum, Vec::new())?;
        for &(quantile, value) in &self.metric.quantiles {
            self.row("", Some(("quantile", quantile)), value, Vec::new())?;
        }
        Ok(())
    }

    fn native(&mut self, is_gauge: bool) -> Result<(), String> {
        let mut parts = self.metric.native.clone();
        if is_gauge {
            parts.counter_reset = CounterReset::Gauge;
        }
        // A span without buckets only says that the histogram is native.
        parts.positive_spans.retain(|span| span.length > 0 || span.offset != 0);
        parts.negative_spans.retain(|span| span.length > 0 || span.offset != 0);
        let mut exemplars = self.metric.exemplars.clone();
        if exemplars.is_empty() {
            exemplars.extend(self.metric.buckets.iter().filter_map(|bucket| bucket.exemplar.clone()));
        }
        // Without a time of its own nobody could tell a new exemplar from one told before.
        exemplars.retain(|exemplar| exemplar.time.is_some());
        let value = parts.finish()?;
        self.push("", None, value, exemplars)
    }

    fn classic(&mut self) -> Result<(), String> {
        let native = &self.metric.native;
        let count = native.count_float.unwrap_or(native.count as f64);
        self.row("_count", None, count, Vec::new())?;
        self.row("_sum", None, native.sum, Vec::new())?;
        for bucket in &self.metric.buckets {
            let exemplars = bucket.exemplar.clone().into_iter().collect();
            self.row("_bucket", Some(("le", bucket.bound)), bucket.count, exemplars)?;
        }
        if self.metric.buckets.iter().all(|bucket| bucket.bound != f64::INFINITY) {
            self.row("_bucket", Some(("le", f64::INFINITY)), count, Vec::new())?;
        }
        Ok(())
    }
}

/// A label set of pairs in any order; a name that is given twice is an error.
pub(crate) fn labels_of(mut pairs: Vec<(&str, &str)>) -> Result<Labels, String> {
    pairs.sort_unstable();
    if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(format!("label {:?} is given twice", twice[0].0));
    }
    pairs.retain(|(_, value)| !value.is_empty());
    if pairs.iter().any(|(name, _)| name.is_empty()) {
        return Err("a label has no name".to_owned());
    }
    Ok(Labels::from_sorted(pairs))
}

fn label<'a>(field: Field<'a>) -> Result<(&'a str, &'a str), Malformed> {
    let (mut pair, mut fields) = (("", ""), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => pair.0 = field.text()?,
            2 => pair.1 = field.text()?,
            _ => {}
        }
    }
    Ok(pair)
}

fn bucket(field: Field<'_>) -> Result<Bucket, Malformed> {
    let (mut bucket, mut fields) = (Bucket::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => bucket.count = field.uint()? as f64,
            2 => bucket.bound = field.double()?,
            3 => bucket.exemplar = Some(exemplar(field)?),
            4 => bucket.count = Some(field.double()?).filter(|&count| count > 0.0).unwrap_or(bucket.count),
            _ => {}
        }
    }
    Ok(bucket)
}

fn exemplar(field: Field<'_>) -> Result<Exemplar, Malformed> {
    let mut pairs = Vec::new();
    let mut exemplar = Exemplar { labels: Labels::empty(), value: 0.0, time: None };
    let mut fields = field.message()?;
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => pairs.push(label(field)?),
            2 => exemplar.value = field.double()?,
            3 => exemplar.time = Some(time(field)?),
            _ => {}
        }
    }
    exemplar.labels = labels_of(pairs).map_err(|_| Malformed("the labels of an exemplar are none"))?;
    Ok(exemplar)
}

fn time(field: Field<'_>) -> Result<Timestamp, Malformed> {
    let (mut seconds, mut nanoseconds, mut fields) = (0i64, 0i64, field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => seconds = field.int()?,
            2 => nanoseconds = field.int()?,
            _ => {}
        }
    }
    Ok(seconds.saturating_mul(1000).saturating_add(nanoseconds / 1_000_000))
}
