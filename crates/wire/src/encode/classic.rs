//! Histograms with custom bounds as the classic ones that say the same, for formats that know no bounds of their own.

use std::borrow::Cow;

use model::{FloatHistogram, Value};

use super::{Encoder, Row};
use crate::float;
use crate::format::Format;
use crate::protobuf::Message;

impl Encoder {
    /// Writes a sample, a histogram with custom bounds as a classic one where the format has no other: its family is one
    /// of histograms.
    pub fn row_or_classic(&mut self, row: Row<'_>) {
        match custom(row.value).filter(|_| self.format != Format::Protobuf) {
            Some(histogram) => self.classic_rows(row, &histogram),
            None => self.row(row),
        }
    }

    /// Whether there is something to write a value with, as `row_or_classic` does.
    pub fn has_form_for(&self, value: &Value) -> bool {
        self.format == Format::Protobuf || matches!(value, Value::Float(_)) || custom(value).is_some()
    }

    fn classic_rows(&mut self, row: Row<'_>, histogram: &FloatHistogram) {
        // The suffix is no part of the name that is escaped, or it would lead to another family.
        let family = self.escaping.escape(row.labels.metric_name());
        let mut write = |suffix: &str, bound: Option<f64>, value: f64| {
            let mut labels = row.labels.to_builder();
            if let Some(bound) = bound {
                let mut text = String::new();
                match self.format {
                    Format::OpenMetrics => float::write_openmetrics(&mut text, bound),
                    _ => float::write_go(&mut text, bound),
                }
                labels.set("le", &text);
            }
            let row = Row { labels: &labels.build(), exemplar: None, ..row };
            self.text_line(row, &format!("{family}{suffix}"), value);
        };
        for (bound, below) in buckets(histogram) {
            write("_bucket", Some(bound), below);
        }
        write("_bucket", Some(f64::INFINITY), histogram.count);
        write("_sum", None, histogram.sum);
        write("_count", None, histogram.count);
    }
}

/// Writes a histogram into its message of the protobuf that scrapes speak.
pub(super) fn write_protobuf(message: &mut Message, histogram: &FloatHistogram) {
    message.double(2, histogram.sum);
    message.double_always(4, histogram.count);
    for (bound, below) in buckets(histogram) {
        message.message(3, |bucket| {
            bucket.double_always(2, bound);
            bucket.double_always(4, below);
        });
    }
}

/// The histogram that a value is, where its bounds are custom.
pub(super) fn custom(value: &Value) -> Option<Cow<'_, FloatHistogram>> {
    match value {
        Value::Histogram(histogram) if histogram.has_custom_buckets() => {
            Some(Cow::Owned(histogram.to_float()))
        }
        Value::FloatHistogram(histogram) if histogram.has_custom_buckets() => Some(Cow::Borrowed(histogram)),
        _ => None,
    }
}

/// Each finite bound, and how many observations lie at it or below. All of them lie below infinity.
fn buckets(histogram: &FloatHistogram) -> impl Iterator<Item = (f64, f64)> {
    let mut filled = histogram.positive_buckets().peekable();
    let mut below = 0.0;
    (0..).zip(histogram.custom_values.iter()).map(move |(index, bound)| {
        while let Some(bucket) = filled.next_if(|bucket| bucket.index <= index) {
            below += bucket.count;
        }
        (*bound, below)
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use model::{Labels, Metadata, MetricType};

    use super::*;
    use crate::escaping::Escaping;
    use crate::page::Options;
    use crate::reader::Reader;

    #[test]
    fn custom_bounds_become_classic_buckets() {
        let noted = model::histogram::parse_notation(
            "{{schema:-53 sum:9.5 count:7 custom_values:[0.5 1 2.5] buckets:[1 0 4 2]}}",
        );
        let value = Value::FloatHistogram(std::sync::Arc::new(noted.expect("a histogram").histogram));
        let labels = Labels::from_pairs([("__name__", "latency.s"), ("job", "api")]);
        let written = |format| {
            let mut encoder = Encoder::new(format, Escaping::Dots);
            assert!(encoder.has_form_for(&value));
            encoder.family("latency.s", &Metadata { kind: MetricType::Histogram, ..Metadata::default() });
            let time = Some(1_500);
            encoder.row_or_classic(Row {
                labels: &labels,
                empty_labels: &[],
                value: &value,
                time,
                exemplar: None,
            });
            encoder.finish()
        };
        let check = |format, want: Expect| want.assert_eq(&String::from_utf8(written(format)).unwrap());
        check(
            Format::Text,
            expect![[r##"
            # TYPE latency_dot_s histogram
            latency_dot_s_bucket{job="api",le="0.5"} 1 1500
            latency_dot_s_bucket{job="api",le="1"} 1 1500
            latency_dot_s_bucket{job="api",le="2.5"} 5 1500
            latency_dot_s_bucket{job="api",le="+Inf"} 7 1500
            latency_dot_s_sum{job="api"} 9.5 1500
            latency_dot_s_count{job="api"} 7 1500
        "##]],
        );
        check(
            Format::OpenMetrics,
            expect![[r##"
            # TYPE latency_dot_s histogram
            latency_dot_s_bucket{job="api",le="0.5"} 1 1.500
            latency_dot_s_bucket{job="api",le="1.0"} 1 1.500
            latency_dot_s_bucket{job="api",le="2.5"} 5 1.500
            latency_dot_s_bucket{job="api",le="+Inf"} 7 1.500
            latency_dot_s_sum{job="api"} 9.5 1.500
            latency_dot_s_count{job="api"} 7 1.500
            # EOF
        "##]],
        );
        let page =
            Reader::new().read(&written(Format::Protobuf), Format::Protobuf, &Options::default()).unwrap();
        let read: Vec<String> = (0..page.values.len())
            .map(|column| format!("{} {}", page.shape.series[column], page.values[column]))
            .collect();
        assert!(page.histograms.is_empty(), "{read:?}");
        for want in [
            r#"latency_dot_s_bucket{job="api", le="0.5"} 1"#,
            r#"latency_dot_s_bucket{job="api", le="1.0"} 1"#,
            r#"latency_dot_s_bucket{job="api", le="2.5"} 5"#,
            r#"latency_dot_s_bucket{job="api", le="+Inf"} 7"#,
            r#"latency_dot_s_sum{job="api"} 9.5"#,
            r#"latency_dot_s_count{job="api"} 7"#,
        ] {
            assert!(read.iter().any(|line| line == want), "{want} in {read:?}");
        }
    }
}
