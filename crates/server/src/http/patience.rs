//! A connection that must say something: which version of HTTP it speaks within a time, and must take what it is sent.
//!
//! hyper bounds the head of a request, but only once it knows the version; until then a silent peer would keep its
//! slot for ever. And nothing else bounds how long a peer may leave an answer unread.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// What opens a connection of HTTP/2. As long as all bytes are the beginning of this, the version is open.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream with limits on its silence.
pub struct Patient<S> {
    stream: S,
    /// How many bytes of the preface came; `None` once the version is known.
    preface: Option<usize>,
    version_known_by: Pin<Box<Sleep>>,
    write_timeout: Duration,
    /// Set while the peer takes nothing.
    stalled_until: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// Waits so long for the version, and so long for the peer to take some more bytes.
    pub fn new(stream: S, version_timeout: Duration, write_timeout: Duration) -> Patient<S> {
        let version_known_by = Box::pin(tokio::time::sleep(version_timeout));
        Patient { stream, preface: Some(0), version_known_by, write_timeout, stalled_until: None }
    }

    fn note_read(&mut self, bytes: &[u8]) {
        let Some(seen) = self.preface else { return };
        let is_open = PREFACE[seen..].starts_with(bytes) && seen + bytes.len() < PREFACE.len();
        self.preface = is_open.then_some(seen + bytes.len());
    }

    fn bound_write<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled_until = None;
            return written;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled_until.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer takes nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(outcome) => {
                self.note_read(&buffer.filled()[before..]);
                Poll::Ready(outcome)
            }
            Poll::Pending if self.preface.is_some() => {
                ready!(self.version_known_by.as_mut().poll(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no version of HTTP was spoken")))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bound_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.bound_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.bound_write(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.bound_write(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn silence_before_the_version_ends_the_connection() {
        let check = async |opening: &[u8], is_ended: bool| {
            let (mut peer, own) = duplex(1024);
            let mut own = Patient::new(own, TIMEOUT, TIMEOUT);
            peer.write_all(opening).await.expect("the pipe has room");
            let mut bytes = vec![0; opening.len()];
            own.read_exact(&mut bytes).await.expect("the bytes are there");
            let more = tokio::time::timeout(TIMEOUT * 4, own.read_u8()).await;
            assert_eq!(more.is_ok(), is_ended, "{opening:?}");
        };
        check(b"", true).await;
        check(&PREFACE[..10], true).await;
        check(PREFACE, false).await;
        check(b"POST /", false).await;
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (mut peer, own) = duplex(16);
        let mut own = Patient::new(own, TIMEOUT, TIMEOUT);
        let error = own.write_all(&[0; 64]).await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let mut bytes = [0; 16];
        peer.read_exact(&mut bytes).await.expect("what went out is there");
        own.write_all(&[0; 8]).await.expect("there is room again");
    }
}
