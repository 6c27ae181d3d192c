//! `POST /api/v1/import/prometheus`: a page of text or OpenMetrics, pushed. Every `extra_label=name=value` of the
//! query string is set on every series; `timestamp` (milliseconds) is the time of samples that have none.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{Exemplar, Labels, Metadata, Sample, Series, Timestamp, Value};
use wire::remote::{Batch, Refused};
use wire::{Format, Options, Page, ParseError, Reader};

use super::body::{self, Rejected};
use super::intake::Taken;
use crate::app::{App, now_millis};

/// How many bad lines of a push are named and left out. With more than that it is refused as a whole.
const BAD_LINES_MAX: usize = 100;

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
        Ok(taken) if taken.refused == 0 => StatusCode::NO_CONTENT.into_response(),
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
        "application/vnd.google.protobuf" => Format::Protobuf,
        _ => Format::Text,
    };
    let packed = body::encoding(headers);
    let body = body::read(request, app.options.read_timeout).await?;
    let decode = move |_: &App| {
        let body = body::unpack(body, &packed)?;
        decode(body, format, &arguments, now_millis())
    };
    app.intake.take(app, "import", decode).await
}

fn arguments(pairs: Vec<(String, String)>) -> Result<Arguments, Rejected> {
    let mut arguments = Arguments::default();
    for (name, value) in pairs {
        match name.as_str() {
            "extra_label" => match value.split_once('=') {
                Some((label, value)) if !label.is_empty() => {
                    arguments.extra.push((label.to_owned(), value.to_owned()))
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
                return Err(Rejected::bad(format!(
                    "the parameter {other:?} is not known; expected extra_label, timestamp"
                )));
            }
        }
    }
    Ok(arguments)
}

fn decode(body: Bytes, format: Format, arguments: &Arguments, now: Timestamp) -> Result<Batch, Rejected> {
    let mut batch = Batch::default();
    let page = read_page(body, format, &mut batch)?;
    let time = arguments.time.unwrap_or(now);
    let mut times = page.times.iter().copied().peekable();
    let mut histograms = page.histograms.iter().peekable();
    let mut absent = page.absent.iter().peekable();
    let mut exemplars = page.exemplars.iter().peekable();
    for (column, labels) in page.shape.series.iter().enumerate() {
        let column = column as u32;
        let time = times.next_if(|(at, _)| *at == column).map_or(time, |(_, time)| time);
        let histogram = histograms.next_if(|(at, _)| *at == column);
        let mut told = Vec::new();
        while let Some((_, exemplar)) = exemplars.next_if(|(at, _)| *at == column) {
            told.push(Exemplar { time: exemplar.time.or(Some(time)), ..exemplar.clone() });
        }
        if absent.next_if(|at| **at == column).is_some() {
            continue;
        }
        let value = match histogram {
            Some((_, value)) => value.clone(),
            None => Value::Float(page.values[column as usize]),
        };
        let start = page.starts.get(column as usize).copied().filter(|start| *start != 0);
        batch.series.push(Series {
            labels: with_extra(labels, &arguments.extra),
            samples: vec![Sample { time, start, value }],
            exemplars: told,
            metadata: None::<Metadata>,
        });
    }
    batch.metadata.extend(page.shape.metadata.iter().cloned());
    Ok(batch)
}

fn with_extra(labels: &Labels, extra: &[(String, String)]) -> Labels {
    if extra.is_empty() {
        return labels.clone();
    }
    let mut builder = labels.to_builder();
    for (name, value) in extra {
        builder.set(name, value);
    }
    builder.build()
}

/// Reads a page; a line that cannot be read is named, left out, and the rest is read again.
fn read_page(mut body: Bytes, format: Format, batch: &mut Batch) -> Result<Page, Rejected> {
    let mut left_out: Vec<usize> = Vec::new();
    loop {
        let error = match Reader::new().read(&body, format, &Options::default()) {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        let rest = without_line(&body, &error).filter(|_| left_out.len() < BAD_LINES_MAX);
        let Some(rest) = rest else {
            return Err(Rejected::bad(format!("the page cannot be read: {error}")));
        };
        // Lines are counted in what is left, so those already gone before this one are added back.
        let line = left_out.iter().fold(error.line, |line, gone| if *gone <= line { line + 1 } else { line });
        left_out.push(line);
        left_out.sort_unstable();
        batch.refused += 1;
        batch.refusals.push(Refused {
            series: format!("line {line}"),
            reason: format!("column {}: {}: {:?}", error.column, error.message, error.text),
        });
        body = rest;
    }
}

/// The body without the line an error is about; nothing where the format has no lines or the line is not there.
fn without_line(body: &[u8], error: &ParseError) -> Option<Bytes> {
    let mut lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    let index = error.line.checked_sub(1).filter(|index| *index < lines.len())?;
    if lines.remove(index).is_empty() {
        return None;
    }
    Some(lines.join(&b'\n').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_lines_are_named_and_the_others_are_kept() {
        let body = "a 1\nb nope\nc 3 1000\nd{ 4\ne 5\n";
        let arguments = arguments(vec![("extra_label".to_owned(), "job=push".to_owned())]).expect("are good");
        let batch = decode(Bytes::from(body), Format::Text, &arguments, 7).expect("is read");
        let kept: Vec<String> = batch
            .series
            .iter()
            .map(|series| format!("{} @{}", series.labels, series.samples[0].time))
            .collect();
        assert_eq!(kept, ["a{job=\"push\"} @7", "c{job=\"push\"} @1000", "e{job=\"push\"} @7"]);
        let named: Vec<&str> = batch.refusals.iter().map(|refused| refused.series.as_str()).collect();
        assert_eq!((batch.refused, named), (2, vec!["line 2", "line 4"]));
    }

    #[test]
    fn a_page_of_nonsense_is_refused_as_a_whole() {
        let body = "this is no page\n".repeat(BAD_LINES_MAX + 1);
        assert!(decode(Bytes::from(body), Format::Text, &Arguments::default(), 0).is_err());
    }
}
