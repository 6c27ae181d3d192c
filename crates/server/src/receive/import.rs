//! `POST /api/v1/import/prometheus`: text or OpenMetrics, pushed. Every `extra_label=name=value` of the query string
//! is set on every series; `timestamp` (milliseconds) is the time of samples that have none.
//!
//! Samples of any age are taken that the retention keeps. A push of samples older than those in memory costs a file for
//! each day it touches, so a history is best pushed in pages of many lines.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{Exemplar, Labels, Metadata, MetricType, Sample, Series, Timestamp, Value};
use tsdb::Store;
use wire::remote::{Batch, Refused};
use wire::{Dumped, Format};

use super::body::{self, Rejected};
use super::intake::Taken;
use crate::app::{App, now_millis};

/// How many bad lines of a push are named; further ones are counted.
const BAD_LINES_NAMED_MAX: usize = 16;

/// How many samples one push may bring: a short line takes many times its length once it is read.
const SAMPLES_MAX: usize = 1_000_000;

/// What the query string says.
#[derive(Debug, Default)]
struct Arguments {
    extra: Vec<(String, String)>,
    time: Option<Timestamp>,
}

/// Takes a page.
pub async fn prometheus(
    State(app): State<Arc<App>>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    request: Body,
) -> Response {
    match take(&app, pairs, &headers, request).await {
        Ok(taken) if taken.message().is_empty() => StatusCode::NO_CONTENT.into_response(),
        Ok(taken) if taken.refused == 0 => (StatusCode::OK, taken.message()).into_response(),
        Ok(taken) => Rejected::bad(taken.message()).into_response(),
        Err(rejected) => rejected.into_response(),
    }
}

async fn take(
    app: &Arc<App>,
    pairs: Vec<(String, String)>,
    headers: &HeaderMap,
    request: Body,
) -> Result<Taken, Rejected> {
    let arguments = arguments(pairs)?;
    let format = match body::media_type(headers).as_str() {
        "application/openmetrics-text" => Format::OpenMetrics,
        "application/vnd.google.protobuf" => {
            let reason = "protobuf is not pushed here; send text or OpenMetrics";
            return Err(Rejected::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
        }
        _ => Format::Text,
    };
    let packed = body::encoding(headers);
    let body = body::read(request, app.options.read_timeout).await?;
    let decode = move |_: &App| decode(&body::unpack(body, &packed)?, format, &arguments, now_millis());
    app.intake.take(app, "import", Store::import, decode).await
}

fn arguments(pairs: Vec<(String, String)>) -> Result<Arguments, Rejected> {
    let mut arguments = Arguments::default();
    for (name, value) in pairs {
        match name.as_str() {
            "extra_label" => match value.split_once('=') {
                Some((label, value)) if !label.is_empty() => {
                    arguments.extra.push((label.to_owned(), value.to_owned()));
                }
                _ => return Err(Rejected::bad(format!("extra_label={value} is not name=value"))),
            },
            "timestamp" => {
                let time = value.parse().map_err(|_| {
                    Rejected::bad(format!(
                        "timestamp={value} is not a number of milliseconds since the epoch"
                    ))
                })?;
                arguments.time = Some(time);
            }
            other => {
                let reason = format!("the parameter {other:?} is not known; expected extra_label, timestamp");
                return Err(Rejected::bad(reason));
            }
        }
    }
    Ok(arguments)
}

/// A line that cannot be read costs that line alone, and is named.
fn decode(body: &Bytes, format: Format, arguments: &Arguments, now: Timestamp) -> Result<Batch, Rejected> {
    let mut batch = Batch::default();
    let default_time = arguments.time.unwrap_or(now);
    let mut lines = wire::dump(body, format);
    for line in &mut lines {
        match line {
            Ok(_) if batch.series.len() >= SAMPLES_MAX => {
                let reason = format!("the page has more than {SAMPLES_MAX} samples; send smaller ones");
                return Err(Rejected::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
            }
            Ok(dumped) => batch.series.push(series(dumped, &arguments.extra, default_time)),
            Err(error) => {
                batch.refused += 1;
                if batch.refusals.len() < BAD_LINES_NAMED_MAX {
                    let series = format!("line {}", error.line);
                    let reason = format!("column {}: {}: {:?}", error.column, error.message, error.text);
                    batch.refusals.push(Refused { series, reason });
                }
            }
        }
    }
    batch.metadata.extend(lines.into_families());
    Ok(batch)
}

fn series(dumped: Dumped, extra: &[(String, String)], default_time: Timestamp) -> Series {
    let time = dumped.time.unwrap_or(default_time);
    let exemplar =
        dumped.exemplar.map(|exemplar| Exemplar { time: exemplar.time.or(Some(time)), ..exemplar });
    let known = dumped.kind != MetricType::Unknown;
    Series {
        labels: with_extra(dumped.labels, extra),
        samples: vec![Sample { time, start: None, value: Value::Float(dumped.value) }],
        exemplars: exemplar.into_iter().collect(),
        metadata: known.then(|| Metadata { kind: dumped.kind, ..Metadata::default() }),
    }
}

fn with_extra(labels: Labels, extra: &[(String, String)]) -> Labels {
    if extra.is_empty() {
        return labels;
    }
    let mut builder = labels.to_builder();
    for (name, value) in extra {
        builder.set(name, value);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_lines_are_named_and_the_others_are_kept() {
        let body = Bytes::from("a 1\nb nope\nc 3 1000\nd{ 4\ne 5\n");
        let arguments = arguments(vec![("extra_label".to_owned(), "job=push".to_owned())]).expect("are good");
        let batch = decode(&body, Format::Text, &arguments, 7).expect("is not too large");
        let shown = |series: &Series| format!("{} @{}", series.labels, series.samples[0].time);
        let kept: Vec<String> = batch.series.iter().map(shown).collect();
        assert_eq!(kept, ["a{job=\"push\"} @7", "c{job=\"push\"} @1000", "e{job=\"push\"} @7"]);
        let named: Vec<&str> = batch.refusals.iter().map(|refused| refused.series.as_str()).collect();
        assert_eq!((batch.refused, named), (2, vec!["line 2", "line 4"]));
    }

    #[test]
    fn a_page_of_too_many_samples_is_refused() {
        let body = Bytes::from("a 1\n".repeat(SAMPLES_MAX + 1));
        let refused = decode(&body, Format::Text, &Arguments::default(), 7).expect_err("is too large");
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn only_known_parameters_are_taken() {
        let check = |name: &str, value: &str, good: bool| {
            assert_eq!(arguments(vec![(name.to_owned(), value.to_owned())]).is_ok(), good, "{name}={value}");
        };
        check("extra_label", "a=b", true);
        check("extra_label", "a", false);
        check("timestamp", "1000", true);
        check("timestamp", "now", false);
        check("extra_lable", "a=b", false);
    }
}
