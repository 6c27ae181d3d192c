//! `POST /api/v1/read`: Prometheus's remote read, as one answer of samples or as a stream of chunks.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{Labels, MatchOp, Series};
use tsdb::Selection;
use wire::chunk::{self, Chunk};
use wire::remote::read::{
    CHUNKS_CONTENT_TYPE, Query, Request, SAMPLES_CONTENT_TYPE, decode_request, encode_response, write_frame,
};

use super::blocking::blocking;
use super::envelope::ApiError;
use super::pieces::{self, Pieces};
use super::query::{may_go_on, turn};
use super::selectors::{stopped, store_error};
use crate::app::App;
use crate::queries::Running;
use crate::receive::read_body;

/// How many bytes a request unpacks to at most.
const REQUEST_BYTES_MAX: usize = 32 << 20;
/// How many queries one request may have.
const QUERIES_MAX: usize = 1_000;
/// How many bytes of chunks one frame of a stream carries, about.
const FRAME_BYTES: usize = 1 << 20;
/// How many samples an answer that is not a stream may have: it is built in memory.
const SAMPLES_MAX: usize = 5_000_000;

/// What a read is called among the queries that run.
const SHOWN_AS: &str = "remote read";

/// One request being answered.
struct Reading {
    app: Arc<App>,
    running: Arc<Running>,
    /// Labels that the world outside sees on every series.
    external: BTreeMap<String, String>,
}

/// Answers a request.
pub async fn read(State(app): State<Arc<App>>, body: Body) -> Response {
    let packed = match read_body(body, app.options.read_timeout).await {
        Ok(packed) => packed,
        Err(rejected) => return rejected.into_response(),
    };
    answer(&app, packed).await.unwrap_or_else(IntoResponse::into_response)
}

/// A request that is unpacked takes memory, so it has its turn before that.
async fn answer(app: &Arc<App>, packed: Bytes) -> Result<Response, ApiError> {
    let (ticket, running) = turn(app, SHOWN_AS, app.options.query.timeout).await?;
    let request = blocking(move || decode(&packed)).await??;
    let external = app.config.get().global.external_labels.clone();
    let reading = Reading { app: app.clone(), running, external };
    let queries = request.queries;
    if request.takes_chunks {
        return pieces::answer(CHUNKS_CONTENT_TYPE, ticket, move |pieces| {
            let mut queries = queries.iter().enumerate();
            queries.try_for_each(|(index, query)| reading.stream(index, query, pieces))
        })
        .await;
    }
    let body = blocking(move || {
        let mut left = SAMPLES_MAX;
        let results = queries.iter().map(|query| reading.samples(query, &mut left));
        let results = results.collect::<Result<Vec<_>, _>>()?;
        encode_response(&results).map_err(|error| ApiError::bad(error.to_string()))
    })
    .await??;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SAMPLES_CONTENT_TYPE));
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("snappy"));
    Ok(response)
}

fn decode(packed: &[u8]) -> Result<Request, ApiError> {
    let request =
        decode_request(packed, REQUEST_BYTES_MAX).map_err(|error| ApiError::bad(error.to_string()))?;
    if request.queries.len() > QUERIES_MAX {
        return Err(ApiError::bad(format!("the request has more than {QUERIES_MAX} queries")));
    }
    Ok(request)
}

impl Reading {
    /// Writes the series of a query as frames, each at most about `FRAME_BYTES` long.
    fn stream(&self, index: usize, query: &Query, pieces: &mut Pieces) -> Result<(), ApiError> {
        let selection = self.select(query)?;
        for series in 0..selection.len() {
            may_go_on(&self.running)?;
            let chunks = chunk::encode(&selection.read_raw(series).map_err(store_error)?);
            let labels = self.seen_outside(&selection.labels(series));
            for group in frames(&chunks) {
                let mut frame = Vec::new();
                write_frame(&mut frame, index, &labels, group);
                pieces.write_all(&frame)?;
            }
        }
        Ok(())
    }

    /// The series of a query, unless they have more samples than are left.
    fn samples(&self, query: &Query, left: &mut usize) -> Result<Vec<Series>, ApiError> {
        let selection = self.select(query)?;
        let mut found = Vec::new();
        for index in 0..selection.len() {
            may_go_on(&self.running)?;
            let samples = selection.read_raw(index).map_err(store_error)?;
            *left = left
                .checked_sub(samples.len())
                .ok_or_else(|| ApiError::bad(format!("exceeded sample limit ({SAMPLES_MAX})")))?;
            if !samples.is_empty() {
                let labels = self.seen_outside(&selection.labels(index));
                found.push(Series { labels, samples, ..Series::default() });
            }
        }
        Ok(found)
    }

    /// A matcher on an external label is about this server, not about its series.
    fn select(&self, query: &Query) -> Result<Selection, ApiError> {
        let mut matchers = query.matchers.clone();
        matchers.retain(|matcher| {
            matcher.op != MatchOp::Equal || self.external.get(&matcher.name) != Some(&matcher.value)
        });
        let goes_on = || may_go_on(&self.running).is_ok();
        let selection = self.app.store.select_while(&matchers, query.start..=query.end, &goes_on);
        selection.map_err(|error| stopped(&self.running, error))
    }

    /// A series with the external labels it does not have itself.
    fn seen_outside(&self, labels: &Labels) -> Labels {
        if self.external.is_empty() {
            return labels.clone();
        }
        Labels::from_pairs(&self.external).union(labels)
    }
}

/// Groups of chunks that fit a frame.
fn frames(chunks: &[Chunk]) -> impl Iterator<Item = &[Chunk]> {
    let mut bytes = 0;
    chunks.chunk_by(move |left, _| {
        bytes += left.bytes.len();
        let fits = bytes < FRAME_BYTES;
        if !fits {
            bytes = 0;
        }
        fits
    })
}
