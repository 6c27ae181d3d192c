//! HTTP/1.1 over one kept connection: as much of it as asking for pages takes.
//!
//! A scrape is one small write, a read or two, and no task, channel or buffer of its own: with hyper's client, which serves
//! every use of HTTP, a scrape of a page whose lines are known spent more time on HTTP than on the page.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Poll, ready};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::FetchError;
use super::buffers::Buffer;
use super::chunked::{Chunked, Fault};
use super::connect::Stream;
use super::head::{Framing, Head, end_of_head};
use super::response::{Body, Response};

/// How long the head of a response may be.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// How much room is made at least before more is read.
const READ_BYTES_MIN: usize = 32 << 10;

/// A connection over which one request follows the other.
pub(super) struct Http1 {
    stream: Box<dyn Stream>,
    /// Whether the last response was read to its end, so that the next one begins where the next bytes do.
    is_usable: bool,
}

impl Http1 {
    pub(super) fn new(stream: Box<dyn Stream>) -> Http1 {
        Http1 { stream, is_usable: true }
    }

    /// Whether another request can be sent. The other side may have closed it nevertheless.
    pub(super) fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// Sends a request, whole as it goes over the wire, and reads the response. `limit` says how long the body of a
    /// response may be.
    pub(super) async fn exchange(
        &mut self,
        request: &[u8],
        limit: impl Fn(http::StatusCode) -> u64,
    ) -> Result<Response, FetchError> {
        // Who is stopped on the way leaves a connection behind that may say anything.
        self.is_usable = false;
        self.send(request).await.map_err(closed)?;
        let mut buffer = first_bytes(&mut self.stream).await.map_err(closed)?;
        if buffer.is_empty() {
            return Err(FetchError::Closed);
        }
        let (head, start) = loop {
            let end = self.head_end(&mut buffer).await?;
            let head = Head::parse(&buffer[..end]).map_err(FetchError::Http)?;
            if !head.status.is_informational() {
                break (head, end);
            }
            if head.status == http::StatusCode::SWITCHING_PROTOCOLS {
                return Err(FetchError::Http("the server switches to another protocol".to_owned()));
            }
            // Another head follows one that only informs.
            buffer.drain(..end);
        };
        let body = self.body(&mut buffer, &head, start, limit(head.status)).await;
        if let Ok(end) = body {
            self.is_usable = head.keeps_alive && buffer.len() == end;
        }
        Ok(Response {
            status: head.status,
            content_type: head.content_type,
            content_encoding: head.content_encoding,
            location: head.location,
            body: body.map(|end| Body { buffer, range: start..end }),
        })
    }

    async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await
    }

    /// Reads on until the head is there, and says where it ends.
    async fn head_end(&mut self, buffer: &mut Buffer) -> Result<usize, FetchError> {
        const BEGINNING: &[u8] = b"HTTP/1.";
        let mut searched = 0;
        loop {
            let known = buffer.len().min(BEGINNING.len());
            if buffer[..known] != BEGINNING[..known] {
                let said = String::from_utf8_lossy(&buffer[..buffer.len().min(40)]).into_owned();
                return Err(FetchError::Http(format!("the answer is not HTTP/1: {said:?}")));
            }
            if let Some(end) = end_of_head(buffer, searched) {
                return Ok(end);
            }
            searched = buffer.len();
            if searched > HEAD_BYTES_MAX {
                return Err(FetchError::Http(format!("the head is longer than {HEAD_BYTES_MAX} bytes")));
            }
            if !self.read_more(buffer).await? {
                return Err(cut_off());
            }
        }
    }

    /// Reads the body, which begins at `start`, and says where it ends.
    async fn body(
        &mut self,
        buffer: &mut Buffer,
        head: &Head,
        start: usize,
        body_bytes_max: u64,
    ) -> Result<usize, FetchError> {
        let too_long = || FetchError::BodySize(body_bytes_max);
        match head.framing {
            Framing::Length(length) if length > body_bytes_max => Err(too_long()),
            Framing::Length(length) => {
                // It is within the limit, and so can be addressed.
                let end = start + length as usize;
                while buffer.len() < end {
                    if !self.read_more(buffer).await? {
                        return Err(cut_off());
                    }
                }
                Ok(end)
            }
            Framing::Chunked => {
                let mut chunked = Chunked::new(start);
                loop {
                    match chunked.advance(buffer, body_bytes_max) {
                        Ok(true) => return Ok(chunked.end()),
                        Ok(false) if self.read_more(buffer).await? => {}
                        Ok(false) => return Err(cut_off()),
                        Err(Fault::TooLong) => return Err(too_long()),
                        Err(Fault::Malformed(message)) => return Err(FetchError::Http(message.to_owned())),
                    }
                }
            }
            Framing::UntilClose => loop {
                if (buffer.len() - start) as u64 > body_bytes_max {
                    return Err(too_long());
                }
                if !self.read_more(buffer).await? {
                    return Ok(buffer.len());
                }
            },
        }
    }

    /// Reads what is there, or waits until something is; `false` at the end.
    async fn read_more(&mut self, buffer: &mut Buffer) -> Result<bool, FetchError> {
        buffer.grow(READ_BYTES_MIN)?;
        let read = self.stream.read_buf(&mut **buffer).await;
        read.map(|bytes| bytes > 0).map_err(|error| FetchError::Http(error.to_string()))
    }
}

/// The first bytes of a response. Only once they are there is a buffer taken: while a thousand slow servers think about
/// their answers, none is.
async fn first_bytes(stream: &mut Box<dyn Stream>) -> io::Result<Buffer> {
    poll_fn(|context| {
        let mut buffer = Buffer::lend();
        buffer.reserve(READ_BYTES_MIN);
        let read = pin!(stream.read_buf(&mut *buffer)).poll(context);
        ready!(read)?;
        Poll::Ready(Ok(buffer))
    })
    .await
}

/// Why a connection brought nothing. With TLS 1.3 a server says only now that it does not take the client's certificate.
fn closed(error: io::Error) -> FetchError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => FetchError::Tls(error.to_string()),
        None => FetchError::Closed,
    }
}

fn cut_off() -> FetchError {
    FetchError::Http("the connection was closed in the middle of the answer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tls_says_at_the_end_is_told() {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired);
        let told = closed(io::Error::new(io::ErrorKind::InvalidData, alert)).to_string();
        assert_eq!(told, "TLS: received fatal alert: CertificateRequired");
        let told = closed(io::ErrorKind::ConnectionReset.into()).to_string();
        assert_eq!(told, "HTTP: the connection was closed before an answer came");
    }
}
