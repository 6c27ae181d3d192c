//! `/federate`: the newest sample of every matching series, as an exposition another server scrapes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Labels, Matcher, Metadata, MetricType, Sample, Value};
use tsdb::{Store, StoreError};
use wire::encode::Row;
use wire::{Encoder, Escaping, Format};

use super::params::Params;
use super::selectors::{any_selectors, work_through};
use crate::app::{App, now_millis};

/// How many bytes an exposition may have: it is built in memory.
const BODY_BYTES_MAX: usize = 512 << 20;

/// Answers a scrape.
pub async fn federate(State(app): State<Arc<App>>, params: Params) -> Response {
    // Whoever federates may ask for everything, and for its newest alone.
    let selectors = match any_selectors(&params) {
        Ok(selectors) => selectors,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let (format, escaping, content_type) = negotiate(&params.headers);
    let now = now_millis();
    let lookback = app.options.query.lookback_millis;
    let external = Labels::from_pairs(&app.config.get().global.external_labels);
    let written = work_through(&app, "federate", move |store, go_on| {
        let mut encoder = Encoder::new(format, escaping);
        let newest = newest(store, &selectors, now - lookback..=now, go_on)?;
        let complete = write(&mut encoder, &newest, &external);
        Ok(complete.then(|| encoder.finish()))
    });
    match written.await {
        Ok(Some(body)) => ([(header::CONTENT_TYPE, content_type)], body).into_response(),
        Ok(None) => {
            let message = format!("the answer has more than {BODY_BYTES_MAX} bytes; match fewer series\n");
            (StatusCode::UNPROCESSABLE_ENTITY, message).into_response()
        }
        Err(error) => (error.status(), format!("{}\n", error.message())).into_response(),
    }
}

/// After how many series it is asked whether anybody still wants them.
const CHECK_EVERY: usize = 256;

/// The newest sample of every series that any selector matches, by metric name; series that have ended are left out.
fn newest(
    store: &Store,
    selectors: &[Vec<Matcher>],
    lookback: RangeInclusive<i64>,
    go_on: &dyn Fn() -> bool,
) -> Result<BTreeMap<(String, Labels), Sample>, StoreError> {
    let mut newest = BTreeMap::new();
    for matchers in selectors {
        // Both ends of the store's ranges belong to them; a lookback's left end does not.
        let selection = store.select_while(matchers, lookback.start() + 1..=*lookback.end(), go_on)?;
        for index in 0..selection.len() {
            if index % CHECK_EVERY == 0 && !go_on() {
                return Err(StoreError::Stopped);
            }
            let labels = selection.labels(index);
            let last = selection.read_raw(index)?.pop().filter(|sample| !sample.value.is_stale());
            if let (Some(sample), false) = (last, labels.metric_name().is_empty()) {
                newest.insert((labels.metric_name().to_owned(), labels), sample);
            }
        }
    }
    Ok(newest)
}

/// Writes them; false where they are too many.
fn write(encoder: &mut Encoder, newest: &BTreeMap<(String, Labels), Sample>, external: &Labels) -> bool {
    let mut family = ("", MetricType::Unknown);
    // Histograms with exponential buckets have no form in any text.
    let writable: Vec<_> = newest.iter().filter(|(_, sample)| encoder.has_form_for(&sample.value)).collect();
    for ((name, labels), sample) in writable {
        if encoder.len() > BODY_BYTES_MAX {
            return false;
        }
        // What else its own server knew of the metric is not known here.
        let kind = match sample.value {
            Value::Float(_) => MetricType::Unknown,
            Value::Histogram(_) | Value::FloatHistogram(_) => MetricType::Histogram,
        };
        if (name.as_str(), kind) != family {
            encoder.family(name, &Metadata { kind, ..Metadata::default() });
            family = (name, kind);
        }
        let labels = external.union(labels);
        // As in Prometheus: with `honor_labels` the scraper would put its own instance where there is none.
        let empty_labels: &[&str] = if labels.get("instance").is_none() { &["instance"] } else { &[] };
        let (value, time) = (&sample.value, Some(sample.time));
        encoder.row_or_classic(Row { labels: &labels, empty_labels, value, time, exemplar: None });
    }
    true
}

/// What the scraper prefers, of what can be written.
fn negotiate(headers: &HeaderMap) -> (Format, Escaping, String) {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let mut offers: Vec<(f64, &str)> =
        accept.split(',').map(|offer| (quality(offer), offer.trim())).collect();
    offers.sort_by(|left, right| right.0.total_cmp(&left.0));
    let chosen = offers.iter().find_map(|(quality, offer)| {
        let format = format_of(offer).filter(|_| *quality > 0.0)?;
        Some((format, *offer))
    });
    let (format, offer) = chosen.unwrap_or((Format::Text, ""));
    let escaping = Escaping::from_header(offer).unwrap_or(Escaping::Underscores);
    let name = escaping.name();
    let content_type = match format {
        Format::Protobuf => format!(
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping={name}"
        ),
        Format::OpenMetrics => {
            format!("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping={name}")
        }
        Format::Text => {
            // Version 1.0.0 is the one that knows quoted names.
            let version = if escaping == Escaping::AllowUtf8 { "1.0.0" } else { "0.0.4" };
            format!("text/plain; version={version}; charset=utf-8; escaping={name}")
        }
    };
    (format, escaping, content_type)
}

fn format_of(offer: &str) -> Option<Format> {
    let mut parts = offer.split(';').map(str::trim);
    match parts.next()? {
        "application/vnd.google.protobuf" => {
            let delimited =
                parts.clone().all(|part| !part.starts_with("encoding=") || part == "encoding=delimited");
            delimited.then_some(Format::Protobuf)
        }
        "application/openmetrics-text" => Some(Format::OpenMetrics),
        "text/plain" | "text/*" | "*/*" => Some(Format::Text),
        _ => None,
    }
}

fn quality(offer: &str) -> f64 {
    let parameter = |part: &str| part.trim().strip_prefix("q=").and_then(|text| text.parse().ok());
    offer.split(';').skip(1).find_map(parameter).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn scrapers_get_what_they_prefer() {
        let check = |accept: &'static str, format: Format, escaping: Escaping| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            let (found, found_escaping, _) = negotiate(&headers);
            assert_eq!((found, found_escaping), (format, escaping), "{accept}");
        };
        check("", Format::Text, Escaping::Underscores);
        check("*/*", Format::Text, Escaping::Underscores);
        check("image/png", Format::Text, Escaping::Underscores);
        check(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3",
            Format::OpenMetrics,
            Escaping::AllowUtf8,
        );
        check(
            "text/plain;q=0.3,application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6",
            Format::Protobuf,
            Escaping::Underscores,
        );
        check(
            "application/openmetrics-text;q=0,text/plain;escaping=dots;q=0.1",
            Format::Text,
            Escaping::Dots,
        );
    }
}
