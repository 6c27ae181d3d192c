//! `POST /api/v1/read`: Prometheus's remote read, as one answer of samples or as a stream of chunks.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{Labels, MatchOp, Series};
use tsdb::{Selection, Store};
use wire::chunk::{self, Chunk};
use wire::remote::read::{
    CHUNKS_CONTENT_TYPE, Query, SAMPLES_CONTENT_TYPE, decode_request, encode_response, write_frame,
};

use super::envelope::ApiError;
use super::pieces::{self, Pieces};
use super::selectors::{ask, store_error};
use crate::app::App;
use crate::receive::read_body;

/// How many bytes a request unpacks to at most.
const REQUEST_BYTES_MAX: usize = 32 << 20;
/// How many queries one request may have.
const QUERIES_MAX: usize = 1_000;
/// How many bytes of chunks one frame of a stream carries, about.
const FRAME_BYTES: usize = 1 << 20;
/// How many samples an answer that is not a stream may have: it is built in memory.
const SAMPLES_MAX: usize = 5_000_000;

/// Labels that the world outside sees on every series.
type External = BTreeMap<String, String>;

/// Answers a request.
pub async fn read(State(app): State<Arc<App>>, body: Body) -> Response {
    let packed = match read_body(body, app.options.read_timeout).await {
        Ok(packed) => packed,
        Err(rejected) => return rejected.into_response(),
    };
    answer(&app, &packed).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(app: &Arc<App>, packed: &[u8]) -> Result<Response, ApiError> {
    let request =
        decode_request(packed, REQUEST_BYTES_MAX).map_err(|error| ApiError::bad(error.to_string()))?;
    if request.queries.len() > QUERIES_MAX {
        return Err(ApiError::bad(format!("the request has more than {QUERIES_MAX} queries")));
    }
    let external = app.config.get().global.external_labels.clone();
    let queries = request.queries;
    if request.takes_chunks {
        let app = app.clone();
        return pieces::answer(CHUNKS_CONTENT_TYPE, (), move |pieces| {
            let mut queries = queries.iter().enumerate();
            queries.try_for_each(|(index, query)| stream(&app.store, index, query, &external, pieces))
        })
        .await;
    }
    let results = ask(app, move |store| {
        let mut left = SAMPLES_MAX;
        queries.iter().map(|query| samples(store, query, &external, &mut left)).collect()
    });
    let results: Vec<Option<Vec<Series>>> = results.await?;
    let Some(results) = results.into_iter().collect::<Option<Vec<_>>>() else {
        return Err(ApiError::bad(format!("exceeded sample limit ({SAMPLES_MAX})")));
    };
    let body = encode_response(&results).map_err(|error| ApiError::bad(error.to_string()))?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SAMPLES_CONTENT_TYPE));
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("snappy"));
    Ok(response)
}

/// Writes the series of a query as frames, each at most about `FRAME_BYTES` long.
fn stream(
    store: &Store,
    index: usize,
    query: &Query,
    external: &External,
    pieces: &mut Pieces,
) -> Result<(), ApiError> {
    let selection = select(store, query, external).map_err(store_error)?;
    for series in 0..selection.len() {
        let chunks = chunk::encode(&selection.read_raw(series).map_err(store_error)?);
        let labels = seen_outside(&selection.labels(series), external);
        for group in frames(&chunks) {
            let mut frame = Vec::new();
            write_frame(&mut frame, index, &labels, group);
            pieces.write_all(&frame)?;
        }
    }
    Ok(())
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

/// The series of a query, unless they have more samples than are left.
fn samples(
    store: &Store,
    query: &Query,
    external: &External,
    left: &mut usize,
) -> Result<Option<Vec<Series>>, tsdb::StoreError> {
    let selection = select(store, query, external)?;
    let mut found = Vec::with_capacity(selection.len());
    for index in 0..selection.len() {
        let samples = selection.read_raw(index)?;
        if samples.len() > *left {
            return Ok(None);
        }
        *left -= samples.len();
        if !samples.is_empty() {
            let labels = seen_outside(&selection.labels(index), external);
            found.push(Series { labels, samples, ..Series::default() });
        }
    }
    Ok(Some(found))
}

/// A matcher on an external label is about this server, not about its series.
fn select(store: &Store, query: &Query, external: &External) -> Result<Selection, tsdb::StoreError> {
    let mut matchers = query.matchers.clone();
    matchers.retain(|matcher| {
        matcher.op != MatchOp::Equal || external.get(&matcher.name) != Some(&matcher.value)
    });
    store.select(&matchers, query.start..=query.end)
}

/// A series with the external labels it does not have itself.
fn seen_outside(labels: &Labels, external: &External) -> Labels {
    if external.is_empty() { labels.clone() } else { Labels::from_pairs(external).union(labels) }
}
