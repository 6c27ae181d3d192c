//! Writes expositions: what this server says of itself, federation, dumps.
//!
//! An `Encoder` takes samples one after the other. Those of one metric must come together, as every format wants it;
//! in front of the first one goes what is known of the family.

mod classic;

use std::fmt::Write;

use model::{CounterReset, Exemplar, Histogram, Labels, METRIC_NAME, Metadata, MetricType, Timestamp, Value};

use crate::escaping::Escaping;
use crate::float;
use crate::format::Format;
use crate::histogram::{write_deltas, write_spans};
use crate::protobuf::{Message, push_varint};

/// One sample to be written.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The full label set.
    pub labels: &'a Labels,
    /// Names of labels to tell as empty: a label set has no place for them, but a scraper that honours labels must see
    /// them, or it puts its own in their place.
    pub empty_labels: &'a [&'a str],
    /// What it says. Text formats have no native histograms.
    pub value: &'a Value,
    /// Its own time, if it is to be told.
    pub time: Option<Timestamp>,
    /// Text format has no exemplars.
    pub exemplar: Option<&'a Exemplar>,
}

/// An exposition under construction.
pub struct Encoder {
    format: Format,
    escaping: Escaping,
    text: String,
    bytes: Vec<u8>,
    /// The protobuf family under construction, with the name of its samples.
    family: Option<(String, Message)>,
    kind: MetricType,
    metadata: Option<(String, Metadata)>,
    omitted: u64,
}

impl Encoder {
    /// An empty exposition.
    pub fn new(format: Format, escaping: Escaping) -> Encoder {
        Encoder {
            format,
            escaping,
            text: String::new(),
            bytes: Vec::new(),
            family: None,
            kind: MetricType::Unknown,
            metadata: None,
            omitted: 0,
        }
    }

    /// How many samples could not be written, because the format has nothing to write them with.
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// How many bytes were written so far.
    pub fn len(&self) -> usize {
        self.text.len() + self.bytes.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was written since the last call. The text of an exposition may grow too long to be kept whole.
    pub fn take_text(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Begins a metric family: the samples that follow are its own. Counters go by the name of their samples.
    pub fn family(&mut self, name: &str, metadata: &Metadata) {
        self.kind = metadata.kind;
        match self.format {
            Format::Protobuf => self.metadata = Some((name.to_owned(), metadata.clone())),
            Format::Text => self.text_family(name, metadata),
            Format::OpenMetrics => self.openmetrics_family(name, metadata),
        }
    }

    /// Writes a sample.
    pub fn row(&mut self, row: Row<'_>) {
        match (self.format, row.value) {
            (Format::Protobuf, _) => self.protobuf_row(row),
            (_, Value::Float(value)) => self.text_row(row, *value),
            _ => self.omitted += 1,
        }
    }

    /// The finished exposition.
    pub fn finish(mut self) -> Vec<u8> {
        match self.format {
            Format::Protobuf => {
                self.end_family();
                self.bytes
            }
            Format::OpenMetrics => {
                self.text.push_str("# EOF\n");
                self.text.into_bytes()
            }
            Format::Text => self.text.into_bytes(),
        }
    }

    fn text_family(&mut self, name: &str, metadata: &Metadata) {
        let name = self.family_name(name);
        if !metadata.help.is_empty() {
            let help = metadata.help.replace('\\', "\\\\").replace('\n', "\\n");
            let _ = writeln!(self.text, "# HELP {name} {help}");
        }
        let kind = match metadata.kind {
            MetricType::Unknown => "untyped",
            MetricType::Info | MetricType::StateSet => "gauge",
            MetricType::GaugeHistogram => "histogram",
            kind => kind.name(),
        };
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
    }

    fn openmetrics_family(&mut self, name: &str, metadata: &Metadata) {
        let (mut family, mut kind) = (name, metadata.kind);
        if kind == MetricType::Counter {
            // A counter whose samples are not called so is none in this format.
            match name.strip_suffix("_total") {
                Some(stem) => family = stem,
                None => kind = MetricType::Unknown,
            }
        }
        let written = self.family_name(family);
        let _ = writeln!(self.text, "# TYPE {written} {kind}");
        let has_unit = !metadata.unit.is_empty()
            && family.strip_suffix(&metadata.unit).is_some_and(|stem| stem.ends_with('_'))
            && !matches!(kind, MetricType::Info | MetricType::StateSet);
        if has_unit {
            let _ = writeln!(self.text, "# UNIT {written} {}", metadata.unit);
        }
        if !metadata.help.is_empty() {
            let help = escaped_text(&metadata.help);
            let _ = writeln!(self.text, "# HELP {written} {help}");
        }
    }

    fn family_name(&self, name: &str) -> String {
        let name = self.escaping.escape(name);
        if model::names::is_legacy_metric_name(&name) { name } else { format!("\"{}\"", escaped_text(&name)) }
    }

    fn text_row(&mut self, row: Row<'_>, value: f64) {
        let name = self.escaping.escape(row.labels.metric_name());
        self.text_line(row, &name, value);
    }

    /// Writes a sample under a name that is escaped already.
    fn text_line(&mut self, row: Row<'_>, name: &str, value: f64) {
        write_series(&mut self.text, row.labels, row.empty_labels, self.escaping, Some(name));
        self.text.push(' ');
        float::write_go(&mut self.text, value);
        if let Some(time) = row.time {
            self.text.push(' ');
            self.write_time(time);
        }
        if let Some(exemplar) = row.exemplar.filter(|_| self.format == Format::OpenMetrics) {
            self.text.push_str(" # ");
            if exemplar.labels.is_empty() {
                self.text.push_str("{}");
            }
            write_series(&mut self.text, &exemplar.labels, &[], self.escaping, None);
            self.text.push(' ');
            float::write_go(&mut self.text, exemplar.value);
            if let Some(time) = exemplar.time {
                self.text.push(' ');
                self.write_time(time);
            }
        }
        self.text.push('\n');
    }

    fn write_time(&mut self, time: Timestamp) {
        let _ = match self.format {
            Format::OpenMetrics => {
                let sign = if time < 0 { "-" } else { "" };
                let (seconds, millis) = (time.unsigned_abs() / 1000, time.unsigned_abs() % 1000);
                write!(self.text, "{sign}{seconds}.{millis:03}")
            }
            _ => write!(self.text, "{time}"),
        };
    }

    /// A family holds samples of one name and one kind; another name begins another family.
    fn protobuf_row(&mut self, row: Row<'_>) {
        let name = row.labels.metric_name();
        let field = match (row.value, self.kind) {
            (Value::Float(_), MetricType::Counter) => 3,
            (Value::Float(_), MetricType::Gauge) => 2,
            (Value::Float(_), _) => 5,
            _ => 7,
        };
        let key = format!("{field}{name}");
        if self.family.as_ref().is_none_or(|(current, _)| *current != key) {
            self.end_family();
            let message = self.begin_family(name, field, row.value);
            self.family = Some((key, message));
        }
        let escaping = self.escaping;
        let Some((_, family)) = &mut self.family else { return };
        family.message(4, |metric| {
            let own = row.labels.iter().filter(|(name, _)| *name != METRIC_NAME);
            write_pairs(metric, own.chain(row.empty_labels.iter().map(|name| (*name, ""))), escaping);
            metric.message(field, |message| match row.value {
                Value::Float(value) => {
                    message.double_always(1, *value);
                    if let Some(exemplar) = row.exemplar.filter(|_| field == 3) {
                        message.message(2, |message| write_exemplar(message, exemplar));
                    }
                }
                histogram => write_histogram(message, histogram, row.exemplar),
            });
            metric.int(6, row.time.unwrap_or(0));
        });
    }

    fn begin_family(&self, name: &str, field: u32, value: &Value) -> Message {
        let mut message = Message::default();
        message.text(1, &self.escaping.escape(name));
        let metadata = self.metadata.as_ref().filter(|(family, _)| family == name);
        if let Some((_, metadata)) = metadata {
            message.text(2, &metadata.help);
        }
        let is_gauge = match value {
            Value::Float(_) => false,
            Value::Histogram(histogram) => histogram.counter_reset == CounterReset::Gauge,
            Value::FloatHistogram(histogram) => histogram.counter_reset == CounterReset::Gauge,
        };
        let kind = match field {
            3 => 0,
            2 => 1,
            5 => 3,
            _ if is_gauge => 5,
            _ => 4,
        };
        message.uint_always(3, kind);
        if let Some((_, metadata)) = metadata {
            message.text(5, &metadata.unit);
        }
        message
    }

    fn end_family(&mut self) {
        if let Some((_, family)) = self.family.take() {
            let family = family.into_bytes();
            push_varint(&mut self.bytes, family.len() as u64);
            self.bytes.extend(family);
        }
    }
}

/// Writes a label set the way lines begin: the name in front if it is a classic one, else first between the braces.
fn write_series(
    text: &mut String,
    labels: &Labels,
    empty_labels: &[&str],
    escaping: Escaping,
    name: Option<&str>,
) {
    let mut is_open = false;
    let mut open = |text: &mut String| {
        text.push(if std::mem::replace(&mut is_open, true) { ',' } else { '{' });
    };
    match name {
        Some(name) if model::names::is_legacy_metric_name(name) => text.push_str(name),
        Some(name) => {
            open(text);
            let _ = write!(text, "\"{}\"", escaped_text(name));
        }
        None => {}
    }
    let own = labels.iter().filter(|(label, _)| name.is_none() || *label != METRIC_NAME);
    for (name, value) in own.chain(empty_labels.iter().map(|name| (*name, ""))) {
        open(text);
        let name = escaping.escape(name);
        let value = escaped_text(value);
        let _ = if model::names::is_legacy_label_name(&name) {
            write!(text, "{name}=\"{value}\"")
        } else {
            write!(text, "\"{}\"=\"{value}\"", escaped_text(&name))
        };
    }
    if is_open {
        text.push('}');
    }
}

fn escaped_text(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(['\\', '"', '\n']) {
        return text.into();
    }
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").into()
}

fn write_pairs<'a>(
    message: &mut Message,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
    escaping: Escaping,
) {
    for (name, value) in labels {
        message.message(1, |message| {
            message.text(1, &escaping.escape(name));
            message.text(2, value);
        });
    }
}

fn write_exemplar(message: &mut Message, exemplar: &Exemplar) {
    write_pairs(message, exemplar.labels.iter(), Escaping::AllowUtf8);
    message.double(2, exemplar.value);
    if let Some(time) = exemplar.time {
        message.message(3, |message| {
            message.int(1, time.div_euclid(1000));
            message.int(2, time.rem_euclid(1000) * 1_000_000);
        });
    }
}

fn write_histogram(message: &mut Message, value: &Value, exemplar: Option<&Exemplar>) {
    if let Some(histogram) = classic::custom(value) {
        // This protobuf has no place for custom bounds but classic buckets.
        return classic::write_protobuf(message, &histogram);
    }
    match value {
        Value::Float(_) => {}
        Value::Histogram(histogram) => write_whole_histogram(message, histogram),
        Value::FloatHistogram(histogram) => {
            message.double(2, histogram.sum);
            message.double_always(4, histogram.count);
            message.sint(5, i64::from(histogram.schema));
            message.double(6, histogram.zero_threshold);
            message.double_always(8, histogram.zero_count);
            write_spans(message, 9, &histogram.negative_spans);
            message.packed_doubles(11, &histogram.negative);
            write_spans(message, 12, &histogram.positive_spans);
            message.packed_doubles(14, &histogram.positive);
            if histogram.positive_spans.is_empty() && histogram.negative_spans.is_empty() {
                write_spans(message, 12, &[model::Span::default()]);
            }
        }
    }
    if let Some(exemplar) = exemplar {
        message.message(16, |message| write_exemplar(message, exemplar));
    }
}

fn write_whole_histogram(message: &mut Message, histogram: &Histogram) {
    message.uint(1, histogram.count);
    message.double(2, histogram.sum);
    message.sint(5, i64::from(histogram.schema));
    message.double(6, histogram.zero_threshold);
    message.uint(7, histogram.zero_count);
    write_spans(message, 9, &histogram.negative_spans);
    write_deltas(message, 10, &histogram.negative);
    write_spans(message, 12, &histogram.positive_spans);
    write_deltas(message, 13, &histogram.positive);
    // An empty span says that the histogram is native although it has no buckets yet.
    if histogram.positive_spans.is_empty() && histogram.negative_spans.is_empty() {
        write_spans(message, 12, &[model::Span::default()]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;
    use crate::page::Options;
    use crate::reader::Reader;
    use crate::testing;

    fn encode(format: Format, escaping: Escaping) -> Encoder {
        let mut encoder = Encoder::new(format, escaping);
        let series = |pairs: &[(&str, &str)]| Labels::from_pairs(pairs.iter().copied());
        let metadata = |kind, unit: &str, help: &str| Metadata { kind, unit: unit.into(), help: help.into() };
        let exemplar = Exemplar { labels: series(&[("trace_id", "ab")]), value: 0.5, time: Some(1500) };
        encoder.family("http_seconds_total", &metadata(MetricType::Counter, "seconds", "Time\nspent."));
        encoder.row(Row {
            labels: &series(&[("__name__", "http_seconds_total"), ("path", "/\"a\"\\")]),
            empty_labels: &[],
            value: &Value::Float(1e7),
            time: Some(1_700_000_000_123),
            exemplar: Some(&exemplar),
        });
        encoder.family("queue.size", &metadata(MetricType::Gauge, "", ""));
        encoder.row(Row {
            labels: &series(&[("__name__", "queue.size"), ("a.b", "c")]),
            empty_labels: &["instance"],
            value: &Value::Float(f64::INFINITY),
            time: None,
            exemplar: None,
        });
        encoder
    }

    #[test]
    fn text_formats() {
        let check = |format, escaping, want: Expect| {
            want.assert_eq(&String::from_utf8(encode(format, escaping).finish()).unwrap());
        };
        check(
            Format::Text,
            Escaping::Underscores,
            expect![[r##"
            # HELP http_seconds_total Time\nspent.
            # TYPE http_seconds_total counter
            http_seconds_total{path="/\"a\"\\"} 1e+07 1700000000123
            # TYPE queue_size gauge
            queue_size{a_b="c",instance=""} +Inf
        "##]],
        );
        check(
            Format::OpenMetrics,
            Escaping::AllowUtf8,
            expect![[r##"
            # TYPE http_seconds counter
            # UNIT http_seconds seconds
            # HELP http_seconds Time\nspent.
            http_seconds_total{path="/\"a\"\\"} 1e+07 1700000000.123 # {trace_id="ab"} 0.5 1.500
            # TYPE "queue.size" gauge
            {"queue.size","a.b"="c",instance=""} +Inf
            # EOF
        "##]],
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            rows in prop::collection::btree_map(testing::labels(), (testing::value(), prop::option::of(1i64..1 << 41)), 0..8),
            format in prop::sample::select(vec![Format::Text, Format::OpenMetrics, Format::Protobuf]),
        ) {
            let mut encoder = Encoder::new(format, Escaping::AllowUtf8);
            let mut want = BTreeMap::new();
            for (labels, (value, time)) in &rows {
                // Custom bounds are no part of this protobuf, nor are histograms of any text.
                let is_custom = match value {
                    Value::Float(_) => false,
                    Value::Histogram(histogram) => histogram.has_custom_buckets() || format != Format::Protobuf,
                    Value::FloatHistogram(histogram) => histogram.has_custom_buckets() || format != Format::Protobuf,
                };
                if is_custom {
                    continue;
                }
                encoder.row(Row { labels, empty_labels: &[], value, time: *time, exemplar: None });
                want.insert(labels.clone(), (format!("{:?}", without_reset(value)), *time));
            }
            let page = Reader::new().read(&encoder.finish(), format, &Options::default()).unwrap();
            let mut got = BTreeMap::new();
            for (column, labels) in page.shape.series.iter().enumerate() {
                let at = column as u32;
                let histogram = page.histograms.iter().find(|(column, _)| *column == at);
                let value = histogram.map_or(Value::Float(page.values[column]), |(_, histogram)| histogram.clone());
                let time = page.times.iter().find(|(column, _)| *column == at).map(|(_, time)| *time);
                got.insert(labels.clone(), (format!("{:?}", without_reset(&value)), time));
            }
            prop_assert_eq!(got, want);
        }
    }

    fn without_reset(value: &Value) -> Value {
        let mut value = value.clone();
        match &mut value {
            Value::Float(_) => {}
            Value::Histogram(histogram) => {
                std::sync::Arc::make_mut(histogram).counter_reset = CounterReset::Unknown
            }
            Value::FloatHistogram(histogram) => {
                std::sync::Arc::make_mut(histogram).counter_reset = CounterReset::Unknown;
            }
        }
        value
    }
}
