//! OTLP metrics over gRPC. One unary method needs no framework: a length before the message, a status after it.
//!
//! ```text
//! message := compressed:u8 length:u32be bytes     headers: grpc-encoding     trailers: grpc-status, grpc-message
//! ```

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::body::Frame;
use wire::otlp;

use super::body::{self, Rejected};
use super::otlp::{Encoding, take};
use crate::app::App;

const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";

/// The statuses of gRPC that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ok = 0,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

/// The routes of the gRPC listener.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", post(export))
        .fallback(unimplemented)
        .with_state(app)
}

async fn export(State(app): State<Arc<App>>, headers: HeaderMap, request: Body) -> Response {
    match exported(&app, &headers, request).await {
        Ok(message) => message_response(&message),
        Err(rejected) => {
            let status = match rejected.status {
                StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => Status::ResourceExhausted,
                StatusCode::REQUEST_TIMEOUT => Status::DeadlineExceeded,
                StatusCode::SERVICE_UNAVAILABLE => Status::Unavailable,
                StatusCode::UNSUPPORTED_MEDIA_TYPE => Status::Unimplemented,
                StatusCode::INTERNAL_SERVER_ERROR => Status::Internal,
                _ => Status::InvalidArgument,
            };
            status_response(status, &rejected.reason)
        }
    }
}

async fn exported(app: &Arc<App>, headers: &HeaderMap, request: Body) -> Result<Vec<u8>, Rejected> {
    let body = body::read(request, app.options.read_timeout).await?;
    let (compressed, message) = unframe(&body)?;
    let encoding = headers.get("grpc-encoding").and_then(|value| value.to_str().ok()).unwrap_or("identity");
    let packed = if compressed && encoding != "identity" { encoding.to_owned() } else { String::new() };
    let taken = take(app, message, packed, Encoding::Protobuf).await?;
    Ok(otlp::response(taken.refused, &taken.message()))
}

async fn unimplemented(request: axum::extract::Request) -> Response {
    let reason = format!("{} is not served here; metrics are", request.uri().path());
    status_response(Status::Unimplemented, &reason)
}

/// The one message of a unary request.
fn unframe(body: &Bytes) -> Result<(bool, Bytes), Rejected> {
    let (Some(&flag), Some(length)) = (body.first(), body.get(1..5)) else {
        return Err(Rejected::bad("the request has no message"));
    };
    let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
    if body.len() != 5 + length {
        let reason = format!("the message is said to have {length} bytes and has {}", body.len() - 5);
        return Err(Rejected::bad(reason));
    }
    Ok((flag == 1, body.slice(5..)))
}

fn message_response(message: &[u8]) -> Response {
    let mut framed = Vec::with_capacity(5 + message.len());
    framed.push(0);
    framed.extend((message.len() as u32).to_be_bytes());
    framed.extend(message);
    let trailers =
        HeaderMap::from_iter([(header::HeaderName::from_static(GRPC_STATUS), HeaderValue::from(0))]);
    let body = Unary { message: Some(framed.into()), trailers: Some(trailers) };
    ([(header::CONTENT_TYPE, "application/grpc")], Body::new(body)).into_response()
}

/// A response that is only a status carries it in its headers.
fn status_response(status: Status, reason: &str) -> Response {
    debug_assert_ne!(status, Status::Ok, "a success has a message");
    let mut response = [(header::CONTENT_TYPE, "application/grpc")].into_response();
    let headers = response.headers_mut();
    headers.insert(GRPC_STATUS, HeaderValue::from(status as u16));
    if let Ok(message) = HeaderValue::from_str(&percent_encode(reason)) {
        headers.insert(GRPC_MESSAGE, message);
    }
    response
}

fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

/// A body of one message and the trailers behind it.
struct Unary {
    message: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl hyper::body::Body for Unary {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let message = self.message.take().map(Frame::data);
        let frame = message.or_else(|| self.trailers.take().map(Frame::trailers));
        Poll::Ready(frame.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_unframed() {
        let check = |body: &[u8], want: Option<(bool, &[u8])>| {
            let unframed = unframe(&Bytes::copy_from_slice(body)).ok();
            assert_eq!(unframed.as_ref().map(|(flag, bytes)| (*flag, &bytes[..])), want, "{body:?}");
        };
        check(&[0, 0, 0, 0, 2, 7, 8], Some((false, &[7, 8])));
        check(&[1, 0, 0, 0, 0], Some((true, &[])));
        check(&[0, 0, 0, 0, 3, 7, 8], None);
        check(&[0, 0, 0], None);
        check(&[], None);
    }

    #[test]
    fn reasons_travel_as_headers() {
        assert_eq!(percent_encode("100% möglich\n"), "100%25 m%C3%B6glich%0A");
    }
}
