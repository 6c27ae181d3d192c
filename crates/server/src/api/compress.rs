//! Compressed answers: zstd or gzip, as the caller prefers, piece by piece as the answer is written.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::write::GzEncoder;
use hyper::body::{Body as HttpBody, Frame};

/// Answers shorter than this are sent as they are.
const BYTES_MIN: u64 = 1024;
/// Fast ones: an answer is read once.
const ZSTD_LEVEL: i32 = 1;

/// The encodings spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Zstandard, RFC 8878.
    Zstd,
    /// The older one that everybody knows.
    Gzip,
}

/// Wraps every request of the main listener.
pub async fn compress(request: Request, next: Next) -> Response {
    let encoding = chosen(request.headers());
    let is_head = request.method() == Method::HEAD;
    let mut response = next.run(request).await;
    if is_head || !is_worth_it(&response) {
        return response;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let Some(encoding) = encoding else { return response };
    let encoder = match Encoder::new(encoding) {
        Ok(encoder) => encoder,
        Err(error) => {
            tracing::warn!(%error, "answering uncompressed");
            return response;
        }
    };
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    // A body in another encoding is another body; its tag is only weakly the same.
    if let Some(tag) = parts.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        parts.headers.insert(header::ETAG, weak);
    }
    Response::from_parts(parts, Body::new(Compressed { body, encoder: Some(encoder) }))
}

fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    // Events are read as they come; the chunks of a remote read are compressed already.
    let streamed = kind.starts_with("text/event-stream") || kind.starts_with("application/x-streamed");
    response.status() != StatusCode::NO_CONTENT
        && response.status() != StatusCode::NOT_MODIFIED
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !streamed
        && response.body().size_hint().exact().is_none_or(|bytes| bytes >= BYTES_MIN)
}

/// The encoding the caller likes best; zstd where it likes both the same.
pub fn chosen(headers: &HeaderMap) -> Option<Encoding> {
    let mut best: Option<(f64, Encoding)> = None;
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for offer in accepted.flat_map(|value| value.split(',')) {
        let mut parts = offer.split(';').map(str::trim);
        let encoding = match parts.next().unwrap_or("").to_ascii_lowercase().as_str() {
            "zstd" => Encoding::Zstd,
            "gzip" | "x-gzip" | "*" => Encoding::Gzip,
            _ => continue,
        };
        let quality =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |text| text.parse().unwrap_or(0.0));
        let better =
            best.is_none_or(|(other, _)| quality > other || quality == other && encoding == Encoding::Zstd);
        if quality > 0.0 && better {
            best = Some((quality, encoding));
        }
    }
    best.map(|(_, encoding)| encoding)
}

impl Encoding {
    /// As the header says it.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Zstd => "zstd",
            Encoding::Gzip => "gzip",
        }
    }
}

enum Encoder {
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Encoder {
    fn new(encoding: Encoding) -> io::Result<Encoder> {
        Ok(match encoding {
            Encoding::Zstd => Encoder::Zstd(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
            Encoding::Gzip => Encoder::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::fast())),
        })
    }

    /// Takes bytes and gives back what is ready to go.
    fn push(&mut self, bytes: &[u8]) -> io::Result<Bytes> {
        let ready = match self {
            Encoder::Zstd(encoder) => {
                encoder.write_all(bytes)?;
                std::mem::take(encoder.get_mut())
            }
            Encoder::Gzip(encoder) => {
                encoder.write_all(bytes)?;
                std::mem::take(encoder.get_mut())
            }
        };
        Ok(ready.into())
    }

    fn finish(self) -> io::Result<Bytes> {
        match self {
            Encoder::Zstd(encoder) => encoder.finish().map(Bytes::from),
            Encoder::Gzip(encoder) => encoder.finish().map(Bytes::from),
        }
    }
}

struct Compressed {
    body: Body,
    /// Taken when the end was written.
    encoder: Option<Encoder>,
}

impl HttpBody for Compressed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            if self.encoder.is_none() {
                return Poll::Ready(None);
            }
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            let ready = match frame {
                Some(Ok(frame)) => match (frame.into_data(), &mut self.encoder) {
                    (Ok(data), Some(encoder)) => encoder.push(&data),
                    // Trailers are not used by any handler.
                    _ => continue,
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => match self.encoder.take() {
                    Some(encoder) => encoder.finish(),
                    None => return Poll::Ready(None),
                },
            };
            match ready {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Err(error) => return Poll::Ready(Some(Err(axum::Error::new(error)))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn the_caller_chooses() {
        let check = |accept: &'static str, want: Option<Encoding>| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            assert_eq!(chosen(&headers), want, "{accept}");
        };
        check("", None);
        check("identity", None);
        check("br, gzip;q=0", None);
        check("gzip, deflate", Some(Encoding::Gzip));
        check("gzip, deflate, br, zstd", Some(Encoding::Zstd));
        check("zstd;q=0.1, gzip;q=0.5", Some(Encoding::Gzip));
        check("*", Some(Encoding::Gzip));
    }

    #[tokio::test]
    async fn what_is_packed_unpacks() {
        let text: String = (0..10_000).map(|number| format!("line {number}\n")).collect();
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            let encoder = Encoder::new(encoding).expect("an encoder is made");
            let body = Compressed { body: Body::from(text.clone()), encoder: Some(encoder) };
            let packed = body.collect().await.expect("it ends").to_bytes();
            let mut unpacked = String::new();
            let read = match encoding {
                Encoding::Gzip => flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut unpacked),
                Encoding::Zstd => zstd::stream::read::Decoder::new(&packed[..])
                    .and_then(|mut packed| packed.read_to_string(&mut unpacked)),
            };
            assert!(read.is_ok() && unpacked == text && packed.len() < text.len() / 2, "{encoding:?}");
        }
    }
}
