//! OTLP metrics over HTTP, in protobuf or JSON, and what gRPC shares with it: from bytes to a batch.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tsdb::Store;
use wire::otlp::{self, Options, Strategy};
use wire::remote::Batch;

use super::body::{self, Rejected};
use super::intake::Taken;
use crate::app::{App, now_millis};
use crate::config::{OtlpSection, TranslationStrategy};

/// For how long totals of differences are remembered after their series fell silent.
const TOTALS_KEPT_MILLIS: i64 = 60 * 60 * 1000;
/// How many series may send differences.
pub const TOTALS_MAX: usize = 1_000_000;

/// How a request is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Protobuf.
    Protobuf,
    /// JSON.
    Json,
}

/// Takes a request.
pub async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap, request: Body) -> Response {
    let encoding = match body::media_type(&headers).as_str() {
        "application/x-protobuf" | "application/protobuf" => Encoding::Protobuf,
        "application/json" => Encoding::Json,
        other => {
            let reason = format!(
                "content type {other:?} is not OTLP's; send application/x-protobuf or application/json"
            );
            return Rejected::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason).into_response();
        }
    };
    let body = match body::read(request, app.options.read_timeout).await {
        Ok(body) => body,
        Err(rejected) => return rejected.into_response(),
    };
    let packed = body::encoding(&headers);
    match take(&app, body, packed, encoding).await {
        Ok(taken) => answer(&taken, encoding),
        Err(rejected) => rejected.into_response(),
    }
}

/// Stores a request, packed as its content encoding says.
pub async fn take(
    app: &Arc<App>,
    body: Bytes,
    packed: String,
    encoding: Encoding,
) -> Result<Taken, Rejected> {
    let decode = move |app: &App| {
        let body = body::unpack(body, &packed)?;
        decode(app, &body, encoding)
    };
    app.intake.take(app, "otlp", Store::append_series, decode).await
}

fn decode(app: &App, body: &[u8], encoding: Encoding) -> Result<Batch, Rejected> {
    let request = match encoding {
        Encoding::Protobuf => otlp::decode(body),
        Encoding::Json => otlp::decode_json(body),
    };
    let request = request.map_err(|error| Rejected::bad(error.to_string()))?;
    let translated = otlp::translate(&request, &options(&app.config.get().otlp));
    let mut batch = translated.batch;
    if !translated.deltas.is_empty() {
        let mut totals = app.totals.lock();
        if totals.len() >= TOTALS_MAX {
            totals.forget_before(now_millis() - TOTALS_KEPT_MILLIS);
        }
        totals.add(translated.deltas, &mut batch);
    }
    Ok(batch)
}

/// Partial success is a success with a count and a reason.
fn answer(taken: &Taken, encoding: Encoding) -> Response {
    let message = taken.message();
    match encoding {
        Encoding::Protobuf => {
            let body = otlp::response(taken.refused, &message);
            ([(header::CONTENT_TYPE, "application/x-protobuf")], body).into_response()
        }
        Encoding::Json => {
            let body = otlp::response_json(taken.refused, &message);
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
    }
}

fn options(section: &OtlpSection) -> Options {
    Options {
        strategy: match section.translation_strategy {
            TranslationStrategy::UnderscoreEscapingWithSuffixes => Strategy::UnderscoreEscapingWithSuffixes,
            TranslationStrategy::UnderscoreEscapingWithoutSuffixes => {
                Strategy::UnderscoreEscapingWithoutSuffixes
            }
            TranslationStrategy::NoUTF8EscapingWithSuffixes => Strategy::NoUTF8EscapingWithSuffixes,
            TranslationStrategy::NoTranslation => Strategy::NoTranslation,
        },
        promote_all_resource_attributes: section.promote_all_resource_attributes,
        promote_resource_attributes: section.promote_resource_attributes.clone(),
        ignore_resource_attributes: section.ignore_resource_attributes.clone(),
        keep_identifying_resource_attributes: section.keep_identifying_resource_attributes,
        histograms_to_custom: section.convert_histograms_to_nhcb,
        promote_scope_metadata: section.promote_scope_metadata,
    }
}
