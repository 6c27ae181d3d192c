//! What came back for one request, whichever HTTP brought it.

use std::ops::Range;

use http::StatusCode;

use super::buffers::Buffer;
use super::{FetchError, decode};

/// A response with its body, read to the end.
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) content_type: Option<String>,
    /// In lower case; `None` where the body is as it is.
    pub(super) content_encoding: Option<String>,
    pub(super) location: Option<String>,
    /// The body, or why it could not be read: the status says something even then.
    pub(super) body: Result<Body, FetchError>,
}

/// A body within what came over the connection.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) buffer: Buffer,
    pub(super) range: Range<usize>,
}

/// An answer; whoever drops it gives its buffer back.
#[derive(Debug)]
pub struct Answer {
    content_type: Option<String>,
    body: Body,
    /// How many bytes of the body came over the wire.
    pub body_bytes_received: u64,
}

impl Answer {
    /// Uncompresses the body of a response.
    pub(super) async fn new(response: Response, body_bytes_max: u64) -> Result<Answer, FetchError> {
        let received = response.body?;
        let body_bytes_received = received.range.len() as u64;
        let body = match &response.content_encoding {
            None => received,
            Some(encoding) => {
                let mut buffer = Buffer::lend();
                decode::decode(encoding.as_bytes(), received.bytes(), body_bytes_max, &mut buffer).await?;
                let range = 0..buffer.len();
                Body { buffer, range }
            }
        };
        Ok(Answer { content_type: response.content_type, body, body_bytes_received })
    }

    /// The `Content-Type`, as text.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The body, uncompressed.
    pub fn body(&self) -> &[u8] {
        self.body.bytes()
    }
}

impl Body {
    fn bytes(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }
}
