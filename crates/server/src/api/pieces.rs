//! Answers of any size: small ones go out whole and with their length, large ones in pieces while they are written.
//!
//! The pieces that wait are few, so a slow reader slows the writer instead of filling memory, and a reader that
//! goes away ends the work.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::envelope::{ApiError, ErrorType};

/// How large a piece gets before it goes out.
const PIECE_BYTES: usize = 64 << 10;
/// How many pieces wait for the reader.
const PIECES_WAITING_MAX: usize = 4;
/// How long a reader may take for a whole answer: until it has it, the answer takes memory and a turn.
const READING_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A part of an answer, or why no more comes.
pub type Piece = Result<Bytes, io::Error>;

/// What a large answer is written into.
pub struct Pieces {
    buffer: Vec<u8>,
    start: Option<oneshot::Sender<mpsc::Receiver<Piece>>>,
    out: Option<mpsc::Sender<Piece>>,
    /// Whether nothing goes out before all is written.
    whole: bool,
    began: Instant,
}

/// Answers with what `write` writes, on a thread that may block. An error before the first piece went out becomes the
/// answer; one after it breaks the connection, so that nobody takes a part for the whole. `guard` is dropped when the
/// answer is out or nobody wants it any more.
pub async fn answer<G: Send + Unpin + 'static>(
    content_type: &'static str,
    guard: G,
    write: impl FnOnce(&mut Pieces) -> Result<(), ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let (start, started) = oneshot::channel();
    let work = tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces { start: Some(start), whole: false, ..Pieces::in_memory() };
        let outcome = write(&mut pieces);
        pieces.finish(outcome)
    });
    let body = match started.await {
        Ok(pieces) => body(pieces, guard),
        Err(_) => match work.await {
            Ok(whole) => Body::from(whole?),
            Err(error) => {
                tracing::error!(%error, "answering a request failed");
                return Err(ApiError::new(
                    ErrorType::Internal,
                    "answering the request failed; the log says more",
                ));
            }
        },
    };
    Ok(([(header::CONTENT_TYPE, content_type)], body).into_response())
}

/// Does work on the thread that reads requests: what is soon done is not worth waking another thread for. Where it
/// panics, nothing is returned.
pub fn in_place<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}

/// Answers with what `write` writes, all of it before anything is sent.
pub fn whole(
    content_type: &'static str,
    write: impl FnOnce(&mut Pieces) -> Result<(), ApiError>,
) -> Result<Response, ApiError> {
    let mut pieces = Pieces::in_memory();
    write(&mut pieces)?;
    Ok(([(header::CONTENT_TYPE, content_type)], Body::from(pieces.buffer)).into_response())
}

/// A body of what comes, until the sender is dropped.
pub fn body<G: Send + Unpin + 'static>(pieces: mpsc::Receiver<Piece>, guard: G) -> Body {
    Body::new(Streamed { pieces, _guard: guard })
}

impl Pieces {
    /// Pieces that go nowhere: what is written stays in the buffer.
    pub fn in_memory() -> Pieces {
        Pieces { buffer: Vec::new(), start: None, out: None, whole: true, began: Instant::now() }
    }

    /// Sends what was written so far, for readers that show results as they come.
    pub fn send(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let next = Vec::with_capacity(self.buffer.len() + self.buffer.len() / 8);
        let piece = Bytes::from(std::mem::replace(&mut self.buffer, next));
        self.push(Ok(piece))
    }

    /// What was written and is not out yet, to append to.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Sends what was written so far, if that is enough for a piece.
    pub fn pass_on(&mut self) -> io::Result<()> {
        if self.buffer.len() >= PIECE_BYTES && !self.whole { self.send() } else { Ok(()) }
    }

    fn push(&mut self, piece: Piece) -> io::Result<()> {
        if let Some(start) = self.start.take() {
            let (out, pieces) = mpsc::channel(PIECES_WAITING_MAX);
            start.send(pieces).map_err(|_| gone())?;
            self.out = Some(out);
        }
        let Some(out) = &self.out else { return Err(gone()) };
        let left = READING_TIMEOUT.saturating_sub(self.began.elapsed());
        let sent = Handle::current().block_on(tokio::time::timeout(left, out.send(piece)));
        sent.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the reader is too slow"))?
            .map_err(|_| gone())
    }

    /// The whole answer, where nothing of it went out yet.
    fn finish(mut self, outcome: Result<(), ApiError>) -> Result<Vec<u8>, ApiError> {
        if self.start.is_some() {
            return outcome.map(|()| self.buffer);
        }
        // A reader that has gone away needs neither the last piece nor the reason.
        let _ = match outcome {
            Ok(()) => self.send(),
            Err(error) => self.push(Err(io::Error::other(error.to_string()))),
        };
        Ok(Vec::new())
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        self.pass_on()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "nobody wants the answer any more")
}

struct Streamed<G> {
    pieces: mpsc::Receiver<Piece>,
    _guard: G,
}

impl<G: Unpin> HttpBody for Streamed<G> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.pieces.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn check(bytes: usize, whole: bool) {
        let response = answer("text/plain", (), move |pieces| {
            let line = [b'x'; 100];
            (0..bytes / 100).try_for_each(|_| pieces.write_all(&line))?;
            Ok(())
        });
        let body = response.await.expect("it is answered").into_body();
        assert_eq!(body.size_hint().exact().is_some(), whole, "{bytes}");
        assert_eq!(body.collect().await.expect("it arrives").to_bytes().len(), bytes);
    }

    #[tokio::test]
    async fn small_answers_go_whole_and_large_ones_in_pieces() {
        check(0, true).await;
        check(1_000, true).await;
        check(10_000_000, false).await;
    }

    #[tokio::test]
    async fn an_error_is_the_answer_until_the_first_piece_is_out() {
        let failed = answer("text/plain", (), |_| Err(ApiError::bad("no")));
        assert!(failed.await.is_err());
        let broken = answer("text/plain", (), |pieces| {
            pieces.write_all(&[0; PIECE_BYTES])?;
            Err(ApiError::bad("no"))
        });
        let body = broken.await.expect("it begins").into_body();
        assert!(body.collect().await.is_err());
    }
}
