//! How a gRPC call ended: HTTP says 200 of all of them, and the truth comes with the trailers.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The codes in their order.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A call: what became of it, once that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    code: Option<u8>,
}

impl Call {
    /// The call that an answer belongs to, if it is one. An answer without a body has its status in its head.
    pub(super) fn answered(head: &HeaderMap) -> Option<Call> {
        let content_type = head.get(CONTENT_TYPE)?.as_bytes();
        content_type.starts_with(b"application/grpc").then(|| Call { code: code(head) })
    }

    /// The trailers have come.
    pub(super) fn ended(&mut self, trailers: &HeaderMap) {
        self.code = code(trailers).or(self.code);
    }

    /// The code, that of calls which nobody waited for if none was said.
    pub(super) fn code(self, is_cancelled: bool) -> u8 {
        self.code.unwrap_or(if is_cancelled { 1 } else { 2 })
    }
}

/// The name of a code.
pub(super) fn name(code: u8) -> &'static str {
    NAMES.get(usize::from(code)).copied().unwrap_or(NAMES[2])
}

/// Whether a code is the server's fault, by OpenTelemetry's conventions.
#[cfg(feature = "otlp")]
pub(super) fn is_failure(code: u8) -> bool {
    matches!(code, 2 | 4 | 12..=15)
}

fn code(headers: &HeaderMap) -> Option<u8> {
    // What is no number is unknown, and so are numbers that nobody defined.
    let code = headers.get("grpc-status")?.to_str().ok().and_then(|code| code.parse().ok());
    Some(code.filter(|code| usize::from(*code) < NAMES.len()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_end_with_a_code() {
        let headers = |pairs: &[(&'static str, &str)]| -> HeaderMap {
            let pair = |(name, value): &(&'static str, &str)| {
                (http::HeaderName::from_static(name), value.parse().unwrap())
            };
            pairs.iter().map(pair).collect()
        };
        let check = |head: &[(&'static str, &str)], trailers: &[(&'static str, &str)], want: Option<&str>| {
            let call = Call::answered(&headers(head)).map(|mut call| {
                call.ended(&headers(trailers));
                name(call.code(false))
            });
            assert_eq!(call, want, "{head:?} {trailers:?}");
        };
        let grpc = ("content-type", "application/grpc+proto");
        check(&[], &[("grpc-status", "0")], None);
        check(&[("content-type", "text/html")], &[], None);
        check(&[grpc], &[("grpc-status", "0")], Some("OK"));
        check(&[grpc, ("grpc-status", "14")], &[], Some("UNAVAILABLE"));
        check(&[grpc], &[("grpc-status", "99")], Some("UNKNOWN"));
        check(&[grpc], &[("grpc-status", "-1")], Some("UNKNOWN"));
        check(&[grpc], &[], Some("UNKNOWN"));
        assert_eq!(name(Call { code: None }.code(true)), "CANCELLED");
    }
}
