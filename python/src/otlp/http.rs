//! One request to a collector. A connection serves one batch: there is about one a second, and none has to be kept alive.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const CONNECT_WAIT: Duration = Duration::from_secs(2);
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// What is read of an answer.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;
/// A collector may say when it wants to hear again, but not for longer than this.
const LATER_SECONDS_MAX: u64 = 60;

/// Where requests go.
pub(super) struct Collector {
    /// Host and port, as the header has them and as they are looked up.
    authority: String,
    path: String,
    headers: String,
}

/// What a collector says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    Refused,
    /// Nobody is there, or it asks to be left alone for a while.
    Later(Option<Duration>),
}

impl Collector {
    pub(super) fn new(endpoint: &str, headers: Vec<(String, String)>) -> Result<Collector, String> {
        let refuse = |why: &str| format!("cannot export to {endpoint}: {why}");
        let rest = match endpoint.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => {
                return Err(refuse("https is not spoken here; a collector on this host can pass it on"));
            }
            _ => return Err(refuse("the address begins with http://")),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() || !is_one_line(rest) || rest.contains([' ', '@']) {
            return Err(refuse("it names no host"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:4318") };
        let mut written = String::new();
        for (name, value) in headers {
            if name.is_empty() || name.contains([':', ' ']) || !is_one_line(&name) || !is_one_line(&value) {
                return Err(refuse("a header cannot be sent"));
            }
            written.push_str(&format!("{name}: {value}\r\n"));
        }
        Ok(Collector { authority, path: path.trim_end_matches('/').to_owned(), headers: written })
    }

    /// Whether it is a Flightdeck: what else listens there must not be sent anything.
    pub(super) fn is_flightdeck(&self) -> bool {
        let answer = self.exchange("GET", "/-/healthy", &[]).unwrap_or_default();
        String::from_utf8_lossy(&answer).contains("Flightdeck")
    }

    /// Sends a message; whatever goes wrong, it comes back.
    pub(super) fn send(&self, path: &str, body: &[u8]) -> Verdict {
        match self.exchange("POST", path, body) {
            Ok(answer) => verdict(&answer),
            Err(_) => Verdict::Later(None),
        }
    }

    fn exchange(&self, method: &str, path: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut last = std::io::Error::from(ErrorKind::AddrNotAvailable);
        for address in self.authority.to_socket_addrs()? {
            let mut stream = match TcpStream::connect_timeout(&address, CONNECT_WAIT) {
                Ok(stream) => stream,
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            stream.set_read_timeout(Some(ANSWER_WAIT))?;
            stream.set_write_timeout(Some(ANSWER_WAIT))?;
            let (authority, before) = (&self.authority, &self.path);
            let head = format!(
                "{method} {before}{path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/x-protobuf\r\n\
                 user-agent: flightdeck-python/{}\r\ncontent-length: {}\r\nconnection: close\r\n{}\r\n",
                env!("CARGO_PKG_VERSION"),
                body.len(),
                self.headers,
            );
            stream.write_all(head.as_bytes())?;
            stream.write_all(body)?;
            return read_answer(stream);
        }
        Err(last)
    }
}

/// Reads what there is until the connection is closed, which was asked for, or as much as an answer may have.
fn read_answer(stream: TcpStream) -> std::io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    match stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer) {
        // One that is not closed in time has said what matters.
        Err(error) if answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

fn verdict(answer: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(answer);
    let mut lines = text.split("\r\n");
    let status =
        lines.next().unwrap_or_default().split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    match status {
        Some(200..=299) => Verdict::Taken,
        Some(429 | 502 | 503 | 504) => {
            let after = lines.find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("retry-after").then(|| value.trim().parse::<u64>().ok())?
            });
            Verdict::Later(after.map(|seconds| Duration::from_secs(seconds.min(LATER_SECONDS_MAX))))
        }
        Some(_) => Verdict::Refused,
        None => Verdict::Later(None),
    }
}

fn is_one_line(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_make_no_sense_are_refused() {
        let check = |endpoint: &str, want: Option<(&str, &str)>| {
            let made = Collector::new(endpoint, Vec::new()).ok();
            assert_eq!(
                made.as_ref().map(|made| (made.authority.as_str(), made.path.as_str())),
                want,
                "{endpoint}"
            );
        };
        check("http://collector", Some(("collector:4318", "")));
        check("http://127.0.0.1:9090/otlp/", Some(("127.0.0.1:9090", "/otlp")));
        check("http://[::1]:4318", Some(("[::1]:4318", "")));
        check("https://collector", None);
        check("collector:4318", None);
        check("http://", None);
        check("http://a b", None);
        check("http://a/\r\nx: y", None);
        assert!(Collector::new("http://a", vec![("x".to_owned(), "a\r\nb".to_owned())]).is_err());
    }

    #[test]
    fn answers_say_what_becomes_of_a_batch() {
        let check = |answer: &[u8], want| assert_eq!(verdict(answer), want);
        check(b"HTTP/1.1 200 OK\r\n\r\n", Verdict::Taken);
        check(b"HTTP/1.1 404 Not Found\r\n\r\n", Verdict::Refused);
        check(b"HTTP/1.1 503 Later\r\nRetry-After: 7\r\n\r\n", Verdict::Later(Some(Duration::from_secs(7))));
        check(
            b"HTTP/1.1 429 Later\r\nretry-after: 99999999\r\n\r\n",
            Verdict::Later(Some(Duration::from_secs(LATER_SECONDS_MAX))),
        );
        check(b"garbage", Verdict::Later(None));
        check(b"", Verdict::Later(None));
    }
}
