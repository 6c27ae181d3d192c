//! The body of a push: read within a size and a time, and unpacked within a size.

use std::io::Read;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many bytes a body may have as it comes.
pub const BODY_BYTES_MAX: usize = 32 << 20;
/// How many bytes a body may have once it is unpacked.
pub const UNPACKED_BYTES_MAX: usize = 128 << 20;

/// How many bytes of bodies are held at once, of all pushes together; what comes beyond that is told to come back.
const HELD_BYTES_MAX: usize = 512 << 20;

/// The room for bodies, a permit for each byte.
static ROOM: Semaphore = Semaphore::const_new(HELD_BYTES_MAX);

/// A body and the room it takes, which is free again when nobody needs the bytes any more.
struct Held {
    bytes: Vec<u8>,
    room: Option<SemaphorePermit<'static>>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

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
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let late = |_| Rejected::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time");
    tokio::time::timeout(timeout, collect(Limited::new(body, BODY_BYTES_MAX), &ROOM)).await.map_err(late)?
}

fn too_large() -> Rejected {
    let reason = format!("the body has more than {BODY_BYTES_MAX} bytes; send smaller batches");
    Rejected::new(StatusCode::PAYLOAD_TOO_LARGE, reason)
}

/// Gathers a body as far as there is room.
async fn collect(mut body: Limited<Body>, room: &'static Semaphore) -> Result<Bytes, Rejected> {
    let mut held = Held { bytes: Vec::new(), room: None };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if !error.is::<LengthLimitError>() {
                return Rejected::bad(format!("reading the body: {error}"));
            }
            too_large()
        })?;
        let Some(data) = frame.data_ref() else { continue };
        // A frame is within the body's limit, so its length fits.
        let taken = room.try_acquire_many(data.len() as u32).map_err(|_| {
            Rejected::new(StatusCode::SERVICE_UNAVAILABLE, "too many bodies arrive at once; try again")
        })?;
        match &mut held.room {
            Some(room) => room.merge(taken),
            none => *none = Some(taken),
        }
        held.bytes.extend_from_slice(data);
    }
    Ok(Bytes::from_owner(held))
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

    #[tokio::test]
    async fn a_body_takes_room_until_it_is_dropped() {
        static ROOM: Semaphore = Semaphore::const_new(10);
        let collect = |length: usize| collect(Limited::new(Body::from(vec![7; length]), 100), &ROOM);
        let first = collect(8).await.expect("there is room");
        assert_eq!((first.len(), ROOM.available_permits()), (8, 2));
        let refused = collect(3).await.expect_err("there is no room");
        assert_eq!((refused.status, ROOM.available_permits()), (StatusCode::SERVICE_UNAVAILABLE, 2));
        drop(first);
        assert_eq!(collect(10).await.expect("there is room again").len(), 10);
        let refused = collect(101).await.expect_err("is too long");
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    }

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
