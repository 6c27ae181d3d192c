//! The body of a push: read within a size and a time, and unpacked within a size.

use std::io::Read;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// How many bytes a body may have as it comes.
pub const BODY_BYTES_MAX: usize = 32 << 20;
/// How many bytes a body may have once it is unpacked.
pub const UNPACKED_BYTES_MAX: usize = 128 << 20;

/// Why a push was turned away as a whole.
#[derive(Debug)]
pub struct Rejected {
    /// The status of the answer.
    pub status: StatusCode,
    /// The reason, for people.
    pub reason: String,
}

impl Rejected {
    /// A rejection.
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Rejected {
        Rejected { status, reason: reason.into() }
    }

    /// The sender's mistake.
    pub fn bad(reason: impl Into<String>) -> Rejected {
        Rejected::new(StatusCode::BAD_REQUEST, reason)
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        let retry = matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        let mut response = (self.status, self.reason + "\n").into_response();
        if retry {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        response
    }
}

/// Reads a body.
pub async fn read(body: Body, timeout: Duration) -> Result<Bytes, Rejected> {
    let collected = tokio::time::timeout(timeout, Limited::new(body, BODY_BYTES_MAX).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let reason = format!("the body has more than {BODY_BYTES_MAX} bytes; send smaller batches");
            Err(Rejected::new(StatusCode::PAYLOAD_TOO_LARGE, reason))
        }
        Ok(Err(error)) => Err(Rejected::bad(format!("reading the body: {error}"))),
        Err(_) => Err(Rejected::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    }
}

/// The content encoding, in lower case; empty for none.
pub fn encoding(headers: &HeaderMap) -> String {
    let encoding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let encoding = encoding.trim().to_ascii_lowercase();
    if encoding == "identity" { String::new() } else { encoding }
}

/// The content type without its parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Undoes a content encoding.
pub fn unpack(body: Bytes, encoding: &str) -> Result<Bytes, Rejected> {
    match encoding {
        "" => Ok(body),
        "gzip" | "x-gzip" => read_limited(flate2::read::MultiGzDecoder::new(&body[..]), "gzip"),
        "deflate" => read_limited(flate2::read::ZlibDecoder::new(&body[..]), "deflate"),
        "zstd" => {
            let decoder = zstd::stream::read::Decoder::new(&body[..])
                .map_err(|error| Rejected::bad(format!("the body is not zstd: {error}")))?;
            read_limited(decoder, "zstd")
        }
        other => Err(Rejected::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("content encoding {other:?} is not known here; send gzip, zstd or none"),
        )),
    }
}

fn read_limited(reader: impl Read, encoding: &str) -> Result<Bytes, Rejected> {
    let mut unpacked = Vec::new();
    let limit = UNPACKED_BYTES_MAX as u64 + 1;
    reader
        .take(limit)
        .read_to_end(&mut unpacked)
        .map_err(|error| Rejected::bad(format!("the body is not {encoding}: {error}")))?;
    if unpacked.len() > UNPACKED_BYTES_MAX {
        let reason =
            format!("the body unpacks to more than {UNPACKED_BYTES_MAX} bytes; send smaller batches");
        return Err(Rejected::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn bodies_are_unpacked_within_limits() {
        let gzip = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect("a Vec takes all bytes");
            Bytes::from(encoder.finish().expect("a Vec takes all bytes"))
        };
        let zstd = |bytes: &[u8]| Bytes::from(zstd::encode_all(bytes, 1).expect("a Vec takes all bytes"));
        assert_eq!(unpack(gzip(b"hello"), "gzip").expect("unpacks"), "hello");
        assert_eq!(unpack(zstd(b"hello"), "zstd").expect("unpacks"), "hello");
        assert_eq!(unpack(Bytes::from_static(b"hello"), "").expect("unpacks"), "hello");
        let bomb = vec![0; UNPACKED_BYTES_MAX + 1];
        let refused = |body, encoding| unpack(body, encoding).expect_err("is refused").status;
        assert_eq!(refused(gzip(&bomb), "gzip"), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(refused(zstd(&bomb), "zstd"), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(refused(Bytes::from_static(b"hello"), "gzip"), StatusCode::BAD_REQUEST);
        assert_eq!(refused(Bytes::from_static(b"hello"), "br"), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
