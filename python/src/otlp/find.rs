//! The search for a Flightdeck on the same host: asked now and then, more and more seldom, until it answers that it takes spans or
//! lines; and again once it took none any more.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Shared, Signal};

const CONNECT_WAIT: Duration = Duration::from_secs(2);
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// What is read of an answer.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;
/// Waits between two times of asking whether anybody is there.
const ASK_WAIT: Duration = Duration::from_secs(5);
const ASK_WAIT_MAX: Duration = Duration::from_secs(120);
/// How often it is looked whether anything is lost.
const WATCH_WAIT: Duration = Duration::from_secs(5);

const SIGNALS: [(Signal, &str); 2] = [(Signal::Traces, "/v1/traces"), (Signal::Logs, "/v1/logs")];

/// A search that goes on until it is dropped.
pub(super) struct Search {
    end: Arc<End>,
}

/// Whether it is over.
#[derive(Default)]
struct End {
    is_over: Mutex<bool>,
    told: Condvar,
}

impl End {
    /// Waits; whether it is over.
    fn wait(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        let mut is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        while !*is_over {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            is_over = self.told.wait_timeout(is_over, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *is_over
    }
}

impl Search {
    /// Looks for one, on a thread of its own.
    pub(super) fn start(place: Place, shared: Arc<Shared>) -> Result<Search, String> {
        let end = Arc::new(End::default());
        let theirs = Arc::clone(&end);
        let work = move || while search(&place, &shared, &theirs) && watch(&shared, &theirs) {};
        let spawned = std::thread::Builder::new().name("flightdeck-find".to_owned()).spawn(work);
        spawned.map_err(|error| format!("cannot look for a Flightdeck: {error}"))?;
        Ok(Search { end })
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        *self.end.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.end.told.notify_all();
    }
}

/// Asks until somebody takes something; whether to go on.
fn search(place: &Place, shared: &Shared, end: &End) -> bool {
    let mut wait = ASK_WAIT;
    loop {
        let (mut found, is_there) = (false, place.is_flightdeck());
        for (signal, path) in SIGNALS {
            let is_made = match signal {
                Signal::Traces => shared.options.traces,
                Signal::Logs => shared.options.logs,
            };
            // A request without anything in it is a valid one.
            let takes = is_there && is_made && place.takes(path) && shared.start().is_ok();
            shared.want(signal, takes);
            found |= takes;
        }
        if found {
            return true;
        }
        if end.wait(wait) {
            return false;
        }
        wait = (wait * 2).min(ASK_WAIT_MAX);
    }
}

/// Waits until something that was exported found nobody; whether to go on. Then nothing is wanted until somebody is there again.
fn watch(shared: &Shared, end: &End) -> bool {
    let expired = || -> u64 {
        let outcomes = shared.outcomes();
        outcomes.iter().filter(|(_, outcome, _)| *outcome == "expired").map(|(_, _, items)| items).sum()
    };
    let before = expired();
    while expired() == before {
        if end.wait(WATCH_WAIT) {
            return false;
        }
    }
    SIGNALS.iter().for_each(|(signal, _)| shared.want(*signal, false));
    true
}

/// Where one may be.
pub(super) struct Place {
    authority: String,
    path: String,
}

impl Place {
    /// `http://host:port` and maybe a path.
    pub(super) fn of(address: &str) -> Result<Place, String> {
        let rest = address.strip_prefix("http://").unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_plain = rest.bytes().all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'@');
        if authority.is_empty() || !is_plain {
            return Err(format!("cannot look for a Flightdeck at `{address}`: it names no host"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Place { authority, path: path.trim_end_matches('/').to_owned() })
    }

    /// With its port.
    pub(super) fn address(&self) -> String {
        format!("http://{}{}", self.authority, self.path)
    }

    /// Whether it is a Flightdeck: what else listens there must not be sent anything.
    fn is_flightdeck(&self) -> bool {
        self.exchange("GET", "/-/healthy").is_ok_and(|answer| answer.contains("Flightdeck"))
    }

    /// Whether a signal is taken there.
    fn takes(&self, path: &str) -> bool {
        let status = |answer: String| answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        self.exchange("POST", path).ok().and_then(status).is_some_and(|status| (200..300).contains(&status))
    }

    fn exchange(&self, method: &str, path: &str) -> std::io::Result<String> {
        let mut last = std::io::Error::from(ErrorKind::AddrNotAvailable);
        for address in self.authority.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT_WAIT) {
                Ok(stream) => return self.ask(stream, method, path),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn ask(&self, mut stream: TcpStream, method: &str, path: &str) -> std::io::Result<String> {
        stream.set_read_timeout(Some(ANSWER_WAIT))?;
        stream.set_write_timeout(Some(ANSWER_WAIT))?;
        let (authority, before) = (&self.authority, &self.path);
        let head = format!(
            "{method} {before}{path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/x-protobuf\r\n\
             user-agent: flightdeck-python/{}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            env!("CARGO_PKG_VERSION"),
        );
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        match stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer) {
            // One that is not closed in time has said what matters.
            Err(error) if answer.is_empty() => Err(error),
            _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_make_no_sense_are_refused() {
        let check = |address: &str, want: Option<(&str, &str)>| {
            let made = Place::of(address).ok();
            let got = made.as_ref().map(|made| (made.authority.as_str(), made.path.as_str()));
            assert_eq!(got, want, "{address}");
        };
        check("http://127.0.0.1:9090/deck/", Some(("127.0.0.1:9090", "/deck")));
        check("http://[::1]:9090", Some(("[::1]:9090", "")));
        check("http://deck", Some(("deck:80", "")));
        check("deck:9090", None);
        check("http://", None);
        check("http://a b", None);
        check("http://a/\r\nx: y", None);
    }
}
