//! `POST /api/v1/write`: Prometheus's remote write, 1.0 and 2.0.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tsdb::{RefusalReason, Store};
use wire::remote::{Batch, RemoteError, write1, write2};

use super::body::{self, Rejected, UNPACKED_BYTES_MAX};
use super::intake::Taken;
use crate::app::App;

/// The headers by which a receiver of 2.0 says how much it wrote.
const WRITTEN: [&str; 3] = [
    "x-prometheus-remote-write-samples-written",
    "x-prometheus-remote-write-histograms-written",
    "x-prometheus-remote-write-exemplars-written",
];

/// Which message a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Takes a request.
pub async fn write(State(app): State<Arc<App>>, headers: HeaderMap, request: Body) -> Response {
    let version = match version(&headers) {
        Ok(version) => version,
        Err(rejected) => return rejected.into_response(),
    };
    let (mut response, taken) = match take(&app, version, &headers, request).await {
        Ok(taken) => (answer(&taken), taken),
        Err(rejected) => (rejected.into_response(), Taken::default()),
    };
    if version == Version::Two {
        for (name, count) in WRITTEN.into_iter().zip([taken.floats, taken.histograms, taken.exemplars]) {
            response.headers_mut().insert(name, HeaderValue::from(count));
        }
    }
    response
}

async fn take(
    app: &Arc<App>,
    version: Version,
    headers: &HeaderMap,
    request: Body,
) -> Result<Taken, Rejected> {
    let encoding = body::encoding(headers);
    if !matches!(encoding.as_str(), "" | "snappy") {
        let reason = format!("content encoding {encoding:?} is not remote write's; send snappy");
        return Err(Rejected::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    }
    let packed = body::read(request, app.options.read_timeout).await?;
    app.intake.take(app, "remote_write", Store::append_series, move |_| decode(version, &packed)).await
}

fn decode(version: Version, packed: &[u8]) -> Result<Batch, Rejected> {
    let decoded = match version {
        Version::One => write1::decode(packed, UNPACKED_BYTES_MAX),
        Version::Two => write2::decode(packed, UNPACKED_BYTES_MAX),
    };
    decoded.map_err(|error| match error {
        RemoteError::TooLarge { .. } => Rejected::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
        _ => Rejected::bad(error.to_string()),
    })
}

/// What a sender may send again is told by the status: 400 never, 429 and 503 later.
fn answer(taken: &Taken) -> Response {
    let status = match taken.limit {
        _ if taken.refused == 0 && taken.exemplars_refused == 0 => {
            return StatusCode::NO_CONTENT.into_response();
        }
        // Senders repeat what is answered with an error, and these exemplars will find no more room.
        _ if taken.refused == 0 => return (StatusCode::OK, taken.message()).into_response(),
        Some(RefusalReason::MemoryLimit) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::TOO_MANY_REQUESTS,
        None => StatusCode::BAD_REQUEST,
    };
    Rejected::new(status, taken.message()).into_response()
}

/// The content type says which message follows; without a `proto` it is that of 1.0.
fn version(headers: &HeaderMap) -> Result<Version, Rejected> {
    let unsupported = |reason: String| Err(Rejected::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(Version::One) };
    let kind = kind.to_str().unwrap_or("");
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next().unwrap_or("").eq_ignore_ascii_case("application/x-protobuf") {
        return unsupported(format!(
            "content type {kind:?} is not remote write's; send application/x-protobuf"
        ));
    }
    let proto = parts.find_map(|part| part.split_once('=').filter(|(name, _)| name.trim() == "proto"));
    match proto.map(|(_, value)| value.trim().trim_matches('"')) {
        None | Some("prometheus.WriteRequest") => Ok(Version::One),
        Some("io.prometheus.write.v2.Request") => Ok(Version::Two),
        Some(other) => unsupported(format!(
            "the message {other:?} is not known; send prometheus.WriteRequest or io.prometheus.write.v2.Request"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_tells_the_version() {
        let check = |kind: &str, want: Result<Version, StatusCode>| {
            let headers = HeaderMap::from_iter([(
                header::CONTENT_TYPE,
                HeaderValue::from_str(kind).expect("a header"),
            )]);
            assert_eq!(version(&headers).map_err(|rejected| rejected.status), want, "{kind}");
        };
        check("application/x-protobuf", Ok(Version::One));
        check("application/x-protobuf;proto=prometheus.WriteRequest", Ok(Version::One));
        check("application/x-protobuf; proto=io.prometheus.write.v2.Request", Ok(Version::Two));
        check(
            "application/x-protobuf;proto=io.prometheus.write.v3.Request",
            Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        );
        check("application/json", Err(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        assert_eq!(version(&HeaderMap::new()).ok(), Some(Version::One));
    }

    #[test]
    fn the_status_tells_whether_to_send_again() {
        let check = |refused: u64, limit, want: StatusCode| {
            let taken = Taken { refused, limit, ..Taken::default() };
            assert_eq!(answer(&taken).status(), want);
        };
        check(0, None, StatusCode::NO_CONTENT);
        check(1, None, StatusCode::BAD_REQUEST);
        let taken = Taken { exemplars_refused: 1, ..Taken::default() };
        assert_eq!(answer(&taken).status(), StatusCode::OK);
        check(1, Some(RefusalReason::SeriesLimit), StatusCode::TOO_MANY_REQUESTS);
        check(1, Some(RefusalReason::MemoryLimit), StatusCode::SERVICE_UNAVAILABLE);
    }
}
