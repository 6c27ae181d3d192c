//! A client that keeps its connection: HTTP/1.1, bodies by length or in chunks, read and counted but not kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const TIMEOUT: Duration = Duration::from_secs(120);
/// How much of an error is shown.
const SHOWN_BYTES: usize = 300;

/// A connection to a server, made when first asked and again when it was closed.
pub(super) struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
    body: Vec<u8>,
}

/// What is told of an answer.
pub(super) struct Answer {
    /// How many series it has.
    pub(super) series: usize,
    /// How long its body is.
    pub(super) bytes: usize,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Client {
        Client { address, stream: None, body: Vec::new() }
    }

    /// The answer to a question, which must be a success.
    pub(super) fn get(&mut self, path: &str) -> Result<Answer> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.exchange(head.as_bytes(), &[])?;
        let series = memchr::memmem::find_iter(&self.body, b"\"metric\":").count();
        Ok(Answer { series, bytes: self.body.len() })
    }

    /// Has the body of a remote write taken.
    pub(super) fn write(&mut self, body: &[u8]) -> Result<()> {
        let head = format!(
            "POST /api/v1/write HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n\
             X-Prometheus-Remote-Write-Version: 0.1.0\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        self.exchange(head.as_bytes(), body)
    }

    /// Asks, and once more where the connection was closed while others were asked.
    fn exchange(&mut self, head: &[u8], body: &[u8]) -> Result<()> {
        let kept = self.stream.is_some();
        match self.try_exchange(head, body) {
            Err(_) if kept && self.stream.is_none() => self.try_exchange(head, body),
            outcome => outcome,
        }
    }

    fn try_exchange(&mut self, head: &[u8], body: &[u8]) -> Result<()> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::with_capacity(1 << 16, self.connect()?),
        };
        stream.get_mut().write_all(head)?;
        stream.get_mut().write_all(body)?;
        self.body.clear();
        let status = read_answer(&mut stream, &mut self.body)?;
        self.stream = Some(stream);
        if !(200..300).contains(&status) {
            let shown = &self.body[..self.body.len().min(SHOWN_BYTES)];
            bail!("it answered {status}: {}", String::from_utf8_lossy(shown));
        }
        Ok(())
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Reads one answer and returns its status.
fn read_answer(stream: &mut impl BufRead, body: &mut Vec<u8>) -> Result<u16> {
    let status = line(stream)?;
    let status = status.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let status = status.context("the answer has no status")?;
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(stream)?.to_ascii_lowercase();
        match header.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = value.trim().parse()?,
            Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
            Some(_) => {}
        }
    }
    if !chunked {
        stream.take(length).read_to_end(body)?;
        return Ok(status);
    }
    loop {
        let size = u64::from_str_radix(line(stream)?.trim(), 16).context("a chunk has no size")?;
        stream.by_ref().take(size).read_to_end(body)?;
        line(stream)?;
        if size == 0 {
            return Ok(status);
        }
    }
}

fn line(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        bail!("the connection was closed");
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_end_where_they_say() {
        let check = |answer: &str, want: &str| {
            let mut body = Vec::new();
            let status = read_answer(&mut answer.as_bytes(), &mut body).expect(answer);
            assert_eq!((status, String::from_utf8_lossy(&body).as_ref()), (200, want));
        };
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", "ab");
        check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc");
    }
}
