//! What a collector answers, and what it means for what was sent.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::date;
use crate::protobuf::{Content, Reader};

/// A collector that asks for more patience than this is not to be taken at its word.
const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// What is quoted of an answer.
const REASON_CHARACTERS_MAX: usize = 200;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was taken, but for so many items.
    Taken { refused: u64 },
    /// It may be sent again, after a while if the collector says so.
    Later { after: Option<Duration>, reason: String },
    /// It will never be taken.
    Refused { reason: String },
}

/// Over HTTP.
pub(super) fn over_http(status: u16, headers: &HeaderMap, body: &[u8]) -> Verdict {
    match status {
        200..=299 => Verdict::Taken { refused: refused_items(body) },
        429 | 502..=504 => {
            let after = headers.get("retry-after").and_then(|value| value.to_str().ok());
            let after = after.and_then(|after| retry_after(after, SystemTime::now()));
            Verdict::Later { after, reason: format!("status {status}") }
        }
        _ => {
            // The body is a google.rpc.Status, or whatever a proxy in between had to say.
            let message = Reader::new(body).find(2).unwrap_or(body);
            Verdict::Refused { reason: format!("status {status}: {}", quoted(message)) }
        }
    }
}

/// Over gRPC, where the end of the answer says how it went.
pub(super) fn over_grpc(status: u16, trailers: &HeaderMap, body: &[u8]) -> Verdict {
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
    let Some(code) = text("grpc-status").and_then(|code| code.parse::<u32>().ok()) else {
        let reason = format!("status {status} without a gRPC status");
        return if matches!(status, 429 | 502..=504) {
            Verdict::Later { after: None, reason }
        } else {
            Verdict::Refused { reason }
        };
    };
    let reason =
        || format!("gRPC status {code}: {}", quoted(text("grpc-message").unwrap_or_default().as_bytes()));
    let after = text("grpc-status-details-bin").and_then(|details| retry_delay(&base64(details)?));
    match code {
        0 => Verdict::Taken { refused: refused_items(body.get(5..).unwrap_or_default()) },
        // Exhausted is for good, unless the collector says how long.
        8 if after.is_none() => Verdict::Refused { reason: reason() },
        1 | 4 | 8 | 10 | 11 | 14 | 15 => Verdict::Later { after, reason: reason() },
        _ => Verdict::Refused { reason: reason() },
    }
}

/// A `Retry-After`: seconds, or the time to come back at. A time that is over is now.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        // More seconds than can be counted.
        Err(_) if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => WAIT_MAX,
        Err(_) => date::parse(value)?.duration_since(now).unwrap_or_default(),
    };
    Some(wait.min(WAIT_MAX))
}

/// How many items a partial success left out.
fn refused_items(body: &[u8]) -> u64 {
    let Some(partial) = Reader::new(body).find(1) else { return 0 };
    let count = Reader::new(partial).find_map(|(field, content)| match content {
        Content::Number(number) if field == 1 => Some(number),
        _ => None,
    });
    // It is signed; a negative count is none.
    count.filter(|count| i64::try_from(*count).is_ok()).unwrap_or(0)
}

/// The delay of a `google.rpc.RetryInfo` within a `google.rpc.Status`.
fn retry_delay(status: &[u8]) -> Option<Duration> {
    let details = Reader::new(status).filter_map(|(field, content)| match content {
        Content::Bytes(bytes) if field == 3 => Some(bytes),
        _ => None,
    });
    for any in details {
        if Reader::new(any).find(1)?.ends_with(b"google.rpc.RetryInfo") {
            let delay = Reader::new(Reader::new(any).find(2)?).find(1)?;
            let (mut seconds, mut nanoseconds) = (0, 0);
            for (field, content) in Reader::new(delay) {
                match (field, content) {
                    (1, Content::Number(number)) => seconds = number,
                    (2, Content::Number(number)) => nanoseconds = number,
                    _ => {}
                }
            }
            return Some(Duration::new(seconds, nanoseconds.min(999_999_999) as u32).min(WAIT_MAX));
        }
    }
    None
}

/// Standard base64, with or without its padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|character| !character.is_control()).take(REASON_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn statuses_of_http() {
        let check = |status, pairs: &[(&'static str, &str)], want: &str| {
            let verdict = format!("{:?}", over_http(status, &headers(pairs), b"no\n"));
            assert!(verdict.starts_with(want), "{status}: {verdict}");
        };
        check(200, &[], "Taken { refused: 0 }");
        check(429, &[("retry-after", "7")], "Later { after: Some(7s)");
        check(429, &[("retry-after", "18446744073709551615")], "Later { after: Some(86400s)");
        check(429, &[("retry-after", "99999999999999999999")], "Later { after: Some(86400s)");
        check(503, &[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], "Later { after: Some(0ns)");
        check(503, &[("retry-after", "soon")], "Later { after: None");
        check(503, &[("retry-after", "-1")], "Later { after: None");
        check(500, &[], "Refused { reason: \"status 500: no\" }");
        check(400, &[], "Refused");
    }

    #[test]
    fn a_time_to_come_back_is_a_wait_from_now() {
        let now = date::parse("Sun, 06 Nov 1994 08:49:00 GMT").unwrap();
        let check = |value: &str, want| assert_eq!(retry_after(value, now).map(|wait| wait.as_secs()), want);
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(37));
        check("Sunday, 06-Nov-94 08:50:00 GMT", Some(60));
        check("Sun Nov  6 08:49:01 1994", Some(1));
        check("Sun, 06 Nov 1994 08:48:00 GMT", Some(0));
        check("Sun, 06 Nov 2094 08:48:00 GMT", Some(86_400));
        check("120", Some(120));
        check("", None);
    }

    #[test]
    fn statuses_of_grpc() {
        // A status with RetryInfo of 1.5 s, as a server encodes it.
        let details = "CAgSBGZ1bGwaMgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIGCgQIARAB";
        let check = |pairs: &[(&'static str, &str)], want: &str| {
            let verdict = format!("{:?}", over_grpc(200, &headers(pairs), &[]));
            assert!(verdict.starts_with(want), "{pairs:?}: {verdict}");
        };
        check(&[("grpc-status", "0")], "Taken { refused: 0 }");
        check(
            &[("grpc-status", "14"), ("grpc-message", "down")],
            "Later { after: None, reason: \"gRPC status 14: down\"",
        );
        check(&[("grpc-status", "8")], "Refused");
        check(
            &[("grpc-status", "8"), ("grpc-status-details-bin", details)],
            "Later { after: Some(1.000000001s)",
        );
        check(&[("grpc-status", "3")], "Refused");
        check(&[], "Refused { reason: \"status 200 without a gRPC status\" }");
    }

    #[test]
    fn a_partial_success_says_how_many_were_left_out() {
        assert_eq!(refused_items(&[0x0a, 0x02, 0x08, 0x05]), 5);
        assert_eq!(refused_items(&[0x0a, 0x7f, 0x08]), 0);
        assert_eq!(refused_items(&[0xff; 20]), 0);
    }
}
