//! A Pushgateway, over plain HTTP: it stands in the same network as what pushes to it.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::Error;
use crate::metrics::Registry;

/// How long connecting, sending and the answer may each take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is read of an answer.
const ANSWER_BYTES_MAX: u64 = 4_096;

/// Where a job leaves its metrics.
///
/// ```no_run
/// let registry = flightdeck::Registry::new();
/// let gateway = flightdeck::deliver::Pushgateway::new("http://pushgateway:9091", "nightly_export")?.grouped("shard", "7");
/// gateway.replace(&registry)?;
/// # Ok::<(), flightdeck::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pushgateway {
    /// Host and port.
    address: String,
    path: String,
}

impl Pushgateway {
    /// A gateway at an `http://` address, for a job of that name.
    pub fn new(url: &str, job: &str) -> Result<Pushgateway, Error> {
        let refuse = |why: &str| Error::Delivery { reason: format!("cannot push to `{url}`: {why}") };
        let rest = url.strip_prefix("http://").ok_or_else(|| refuse("the address begins with http://"))?;
        let (address, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if address.is_empty() || url.chars().any(|character| character.is_control() || character == ' ') {
            return Err(refuse("it names no host"));
        }
        let address = if address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            address.to_owned()
        } else {
            format!("{address}:80")
        };
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        Ok(Pushgateway { address, path: format!("{prefix}/metrics{}", segment("job", job)) })
    }

    /// Adds a label to the group: pushes of one group replace each other.
    pub fn grouped(mut self, name: &str, value: &str) -> Pushgateway {
        self.path.push_str(&segment(name, value));
        self
    }

    /// Replaces everything of the group.
    pub fn replace(&self, registry: &Registry) -> Result<(), Error> {
        self.send("PUT", &registry.text())
    }

    /// Replaces what has the same names and leaves the rest of the group.
    pub fn add(&self, registry: &Registry) -> Result<(), Error> {
        self.send("POST", &registry.text())
    }

    /// Removes the group.
    pub fn delete(&self) -> Result<(), Error> {
        self.send("DELETE", "")
    }

    fn send(&self, method: &str, body: &str) -> Result<(), Error> {
        let failed = |why: String| Error::Delivery {
            reason: format!("cannot {method} http://{}{}: {why}", self.address, self.path),
        };
        let answer = self.exchange(method, body).map_err(|error| failed(error.to_string()))?;
        let status: Option<u16> = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        match status {
            Some(200..=299) => Ok(()),
            Some(status) => {
                Err(failed(format!("status {status}: {}", answer.lines().last().unwrap_or_default())))
            }
            None => Err(failed("the answer is not HTTP".to_owned())),
        }
    }

    /// A connection to the first of the host's addresses that takes one.
    fn connect(&self) -> std::io::Result<TcpStream> {
        let mut outcome = Err(std::io::Error::other("the host has no address"));
        for address in self.address.to_socket_addrs()? {
            outcome = TcpStream::connect_timeout(&address, TIMEOUT);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn exchange(&self, method: &str, body: &str) -> std::io::Result<String> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        write!(
            stream,
            "{method} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: text/plain; version=0.0.4\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.path,
            self.address,
            body.len()
        )?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A label in the path. Values that a path cannot carry are base64, as the gateway wants them.
fn segment(name: &str, value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) && value != "." && value != ".." {
        return format!("/{name}/{value}");
    }
    let encoded = if value.is_empty() { "=".to_owned() } else { base64_url(value.as_bytes()) };
    format!("/{name}@base64/{encoded}")
}

/// Base64 in the alphabet of URLs, without padding.
fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn labels_go_into_the_path() {
        let check = |url: &str, job: &str, want: Option<&str>| {
            let gateway = Pushgateway::new(url, job).ok().map(|gateway| gateway.grouped("shard", "a/b"));
            assert_eq!(
                gateway.map(|gateway| gateway.address + &gateway.path).as_deref(),
                want,
                "{url} {job}"
            );
        };
        check("http://gateway:9091", "export", Some("gateway:9091/metrics/job/export/shard@base64/YS9i"));
        check("http://gateway/push/", "", Some("gateway:80/push/metrics/job@base64/=/shard@base64/YS9i"));
        check("https://gateway", "export", None);
        check("http://", "export", None);
        check("http://x\r\nevil: 1", "export", None);
        assert_eq!(base64_url("längere".as_bytes()), "bMOkbmdlcmU");
    }

    /// What a gateway was sent that answers `status`, and how that was taken.
    fn push(status: &'static str) -> (String, Result<(), Error>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gateway = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4_096];
            while !seen.ends_with(b"queue_length 3.0\n") {
                let read = stream.read(&mut buffer).unwrap();
                assert!(read > 0, "the request ended early");
                seen.extend_from_slice(&buffer[..read]);
            }
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\nbad").unwrap();
            String::from_utf8(seen).unwrap()
        });
        let registry = Registry::new();
        registry.gauge("queue_length", "Waiting.").register().unwrap().set(3.0);
        let outcome = Pushgateway::new(&url, "export").unwrap().replace(&registry);
        (gateway.join().unwrap(), outcome)
    }

    #[test]
    fn a_gateway_gets_everything_and_its_refusal_is_told() {
        let (seen, outcome) = push("202 Accepted");
        assert!(seen.starts_with("PUT /metrics/job/export HTTP/1.1\r\n"), "{seen}");
        assert_eq!(outcome, Ok(()));
        let error = push("400 Bad Request").1.unwrap_err().to_string();
        assert!(error.contains("status 400") && error.ends_with("bad"), "{error}");
    }
}
