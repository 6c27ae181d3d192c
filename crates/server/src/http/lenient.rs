//! Request lines as people type them: `"`, `<` and `>` in a URL become `%22`, `%3C` and `%3E` before hyper sees them.
//!
//! A quote belongs into an escape, but `curl -g '…/api/v1/query?query=up{job="api"}'` sends it as it is, and manuals
//! show such commands. hyper's parser refuses it with an answer that says nothing. So the lines of requests are mended as
//! they come in, for as long as it is certain which bytes are such a line: up to the first request that may have a body,
//! speaks another protocol or is HTTP/2. From there on all bytes pass as they are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes of a header's name are looked at, to tell whether a body follows.
const NAME_BYTES_MAX: usize = 20;
/// The headers after which no byte is certain to be a request line.
const OPAQUE: [&[u8]; 3] = [b"content-length", b"transfer-encoding", b"upgrade"];
/// What a request line of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI ";

/// A stream whose request lines are mended.
pub struct Lenient<S> {
    stream: S,
    lines: Lines,
    /// What was read and mended, and did not fit into the reader's buffer.
    waiting: Vec<u8>,
}

/// Where in the requests of a connection the next byte lies.
#[derive(Debug, PartialEq, Eq)]
enum Lines {
    /// In a request line, of which so many bytes came, the first of them these.
    Request { bytes: usize, start: [u8; PREFACE.len()] },
    /// In a header, of which so many bytes came; its name in lower case, as far as it is looked at.
    Header { bytes: usize, name: [u8; NAME_BYTES_MAX] },
    /// Somewhere.
    Unknown,
}

const REQUEST: Lines = Lines::Request { bytes: 0, start: [0; PREFACE.len()] };
const HEADER: Lines = Lines::Header { bytes: 0, name: [0; NAME_BYTES_MAX] };

impl Lines {
    /// Takes the next byte, and returns what stands for it where it may not stay.
    fn next(&mut self, byte: u8) -> Option<&'static [u8]> {
        match self {
            Lines::Request { bytes, start } => {
                match byte {
                    b'"' => return Some(b"%22"),
                    b'<' => return Some(b"%3C"),
                    b'>' => return Some(b"%3E"),
                    // Empty lines before a request are skipped by every server.
                    b'\n' if *bytes == 0 => {}
                    b'\n' => *self = HEADER,
                    b'\r' => {}
                    other => {
                        if let Some(place) = start.get_mut(*bytes) {
                            *place = other;
                        }
                        *bytes += 1;
                        if *bytes == PREFACE.len() && start == PREFACE {
                            *self = Lines::Unknown;
                        }
                    }
                }
            }
            Lines::Header { bytes, name } => match byte {
                b'\n' if *bytes == 0 => *self = REQUEST,
                b'\n' if OPAQUE.iter().any(|opaque| name.starts_with(opaque)) => *self = Lines::Unknown,
                b'\n' => *self = HEADER,
                b'\r' => {}
                other => {
                    if let Some(place) = name.get_mut(*bytes) {
                        *place = other.to_ascii_lowercase();
                    }
                    *bytes += 1;
                }
            },
            Lines::Unknown => {}
        }
        None
    }

    /// The bytes as hyper takes them; `None` where they may stay as they are.
    fn mend(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut mended: Option<Vec<u8>> = None;
        for (at, &byte) in bytes.iter().enumerate() {
            if *self == Lines::Unknown {
                if let Some(mended) = &mut mended {
                    mended.extend_from_slice(&bytes[at..]);
                }
                break;
            }
            match self.next(byte) {
                Some(escaped) => {
                    mended.get_or_insert_with(|| bytes[..at].to_vec()).extend_from_slice(escaped);
                }
                None => {
                    if let Some(mended) = &mut mended {
                        mended.push(byte);
                    }
                }
            }
        }
        mended
    }
}

impl<S> Lenient<S> {
    /// Of a new connection.
    pub fn new(stream: S) -> Lenient<S> {
        Lenient { stream, lines: REQUEST, waiting: Vec::new() }
    }

    /// Hands out what waits, as much as fits.
    fn hand_out(&mut self, buffer: &mut ReadBuf<'_>) {
        let bytes = self.waiting.len().min(buffer.remaining());
        buffer.put_slice(&self.waiting[..bytes]);
        self.waiting.drain(..bytes);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.waiting.is_empty() {
            self.hand_out(buffer);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if let Some(mended) = self.lines.mend(&buffer.filled()[before..]) {
            buffer.set_filled(before);
            self.waiting = mended;
            self.hand_out(buffer);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn quotes_in_urls_are_escaped_and_nothing_else_is_touched() {
        let check = async |sent: &str, want: &str| {
            // Whatever the pieces are in which it comes and is read.
            for piece in [1, 7, 4096] {
                let (mut peer, own) = duplex(piece);
                let mut own = Lenient::new(own);
                let sending = sent.as_bytes().to_vec();
                let sender = tokio::spawn(async move { peer.write_all(&sending).await });
                let mut read = Vec::new();
                let mut buffer = vec![0; piece];
                loop {
                    match own.read(&mut buffer).await.expect("reads") {
                        0 => break,
                        bytes => read.extend_from_slice(&buffer[..bytes]),
                    }
                }
                sender.await.expect("ends").expect("is taken");
                assert_eq!(String::from_utf8_lossy(&read), want, "in pieces of {piece}");
            }
        };
        let plain = "GET /api/v1/query?query=up HTTP/1.1\r\nHost: \"x\"\r\n\r\n";
        check(plain, plain).await;
        let quoted = "GET /q?query=up{a=\"b\"}>1<2 HTTP/1.1\r\nHost: \"x\"\r\n\r\n";
        let escaped = "GET /q?query=up{a=%22b%22}%3E1%3C2 HTTP/1.1\r\nHost: \"x\"\r\n\r\n";
        check(quoted, escaped).await;
        check(&[quoted, "\r\n", quoted].concat(), &[escaped, "\r\n", escaped].concat()).await;
        check(&quoted.replace("\r\n", "\n"), &escaped.replace("\r\n", "\n")).await;
        // What follows a head that announces a body may be one, whatever it looks like.
        for header in ["Content-Length: 99", "transfer-ENCODING : chunked", "Upgrade: websocket"] {
            let head = "POST /q?a=\"b\" HTTP/1.1\r\nHost: x\r\n";
            let sent = format!("{head}{header}\r\nAccept: \"*\"\r\n\r\n{quoted}");
            check(&sent, &sent.replacen("\"b\"", "%22b%22", 1)).await;
        }
        let http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\"<>\"";
        check(http2, http2).await;
    }
}
