//! The span of a request, under the stable names of OpenTelemetry's conventions.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use super::families::{Arrival, Failure, Outcome};
use super::host::split_port;
use super::method;
use crate::correlate::Context;
use crate::otlp::{Exporter, Pending, Span, SpanKind, SpanStatus};
use crate::redact::{Paths, REDACTED, is_secret, redact_path, redact_text, redact_url};
use crate::value::Value;

/// Lines of one header that a span may have.
const HEADER_LINES_MAX: usize = 16;

/// Which requests leave a span, and what it says.
#[derive(Clone, Debug)]
pub struct Traces {
    exporter: Exporter,
    keep_errors: bool,
    keep_slower_than: Option<Duration>,
    headers: Vec<HeaderName>,
    secrets: Vec<String>,
    paths: Paths,
}

impl Traces {
    /// Spans of requests that were sampled, of those that failed, and of those that took more than a second.
    pub fn new(exporter: &Exporter) -> Traces {
        Traces {
            exporter: exporter.clone(),
            keep_errors: true,
            keep_slower_than: Some(Duration::from_secs(1)),
            headers: Vec::new(),
            secrets: Vec::new(),
            paths: Paths::default(),
        }
    }

    /// Whether requests that failed leave a span although they were not sampled.
    pub fn keep_errors(mut self, keep: bool) -> Traces {
        self.keep_errors = keep;
        self
    }

    /// From which duration on requests leave a span although they were not sampled; `None` is never.
    pub fn keep_slower_than(mut self, limit: Option<Duration>) -> Traces {
        self.keep_slower_than = limit;
        self
    }

    /// A request header that spans have as attribute. What looks like a secret is redacted; what cannot be a header is
    /// left out.
    pub fn header(mut self, name: &str) -> Traces {
        self.headers.extend(name.parse::<HeaderName>().ok());
        self
    }

    /// Further names of headers and query parameters that are secret, in lower case with underscores.
    pub fn redacting(mut self, secrets: &[String]) -> Traces {
        self.secrets.extend_from_slice(secrets);
        self
    }

    /// What `url.path` tells.
    pub fn paths(mut self, paths: Paths) -> Traces {
        self.paths = paths;
        self
    }

    /// What the span of a request will need. Nothing is copied that the request does not share.
    pub(super) fn see<B>(&self, request: &Request<B>) -> Option<Seen> {
        self.exporter.wants_spans().then(|| Seen {
            start: SystemTime::now(),
            uri: request.uri().clone(),
            word: (method::label(request.method()) == method::OTHER).then(|| request.method().clone()),
            host: request.headers().get(HOST).cloned(),
            user_agent: request.headers().get(USER_AGENT).cloned(),
            headers: self.headers.iter().filter_map(|name| self.captured(request.headers(), name)).collect(),
        })
    }

    fn captured(&self, headers: &HeaderMap, name: &HeaderName) -> Option<(Cow<'static, str>, Value)> {
        let lines = headers.get_all(name).iter().take(HEADER_LINES_MAX);
        let secret = is_secret(name.as_str(), &self.secrets);
        let lines: Vec<String> =
            lines.map(|line| if secret { REDACTED.to_owned() } else { self.redacted(line) }).collect();
        (!lines.is_empty()).then(|| (format!("http.request.header.{name}").into(), Value::Texts(lines)))
    }

    /// A header that is not secret itself, and may have a URL in it that has something secret.
    fn redacted(&self, line: &HeaderValue) -> String {
        redact_text(&lossy(line), &self.secrets, self.paths).into_owned()
    }

    /// A place for spans of a request that is not sampled, if it may be kept all the same.
    pub(super) fn pending(&self) -> Option<Pending> {
        let may_keep = self.exporter.wants_spans() && (self.keep_errors || self.keep_slower_than.is_some());
        may_keep.then(Pending::default)
    }

    /// Exports the span of a request that is over, if it is wanted; whether it is. `elapsed` is how long it was open.
    pub(super) fn finish(
        &self,
        seen: Seen,
        context: &Context,
        arrival: &Arrival,
        outcome: &Outcome,
        elapsed: Duration,
    ) -> bool {
        let failed = outcome.status >= 500
            || outcome.grpc.is_some_and(super::grpc::is_failure)
            || matches!(outcome.failure, Failure::Panic | Failure::Service | Failure::Body);
        let slow = self.keep_slower_than.is_some_and(|limit| outcome.duration >= limit);
        let keep = context.trace().sampled || (self.keep_errors && failed) || slow;
        if let Some(pending) = context.pending() {
            pending.decide(keep, &self.exporter);
        }
        if keep {
            self.exporter.span(self.span(seen, context, arrival, outcome, elapsed));
        }
        keep
    }

    fn span(
        &self,
        seen: Seen,
        context: &Context,
        arrival: &Arrival,
        outcome: &Outcome,
        elapsed: Duration,
    ) -> Span {
        let Seen { start, uri, word, host, user_agent, headers } = seen;
        let verb = if arrival.method == method::OTHER { "HTTP" } else { arrival.method };
        let name = match &arrival.route {
            Some(route) => Cow::Owned(format!("{verb} {route}")),
            None => Cow::Borrowed(verb),
        };
        let mut attributes = headers;
        let mut put = |name: &'static str, value: Value| attributes.push((Cow::Borrowed(name), value));
        put("http.request.method", arrival.method.into());
        if let Some(word) = word {
            put("http.request.method_original", word.as_str().to_owned().into());
        }
        put("url.scheme", arrival.scheme.into());
        match (self.paths, &arrival.route) {
            (Paths::Raw, _) => put("url.path", uri.path().to_owned().into()),
            (Paths::Redacted, route) => {
                put("url.path", redact_path(uri.path(), route.as_deref(), &self.secrets).into_owned().into());
            }
            (Paths::Template, Some(route)) => put("url.path", route.to_string().into()),
            (Paths::Template, None) => {}
        }
        if let Some(query) = uri.query() {
            put("url.query", redact_url(&format!("?{query}"), &self.secrets)[1..].to_owned().into());
        }
        if let Some(route) = &arrival.route {
            put("http.route", route.to_string().into());
        }
        put("network.protocol.version", arrival.version.into());
        let host = host
            .as_ref()
            .map(lossy)
            .or_else(|| uri.authority().map(|authority| authority.as_str().to_owned()));
        if let Some(host) = host {
            let (address, port) = split_port(&host);
            put("server.address", address.to_owned().into());
            if let Some(port) = port {
                put("server.port", Value::Integer(port.into()));
            }
        }
        if let Some(user_agent) = user_agent {
            put("user_agent.original", lossy(&user_agent).into());
        }
        put("request_id", context.request_id().to_owned().into());
        if matches!(outcome.failure, Failure::None | Failure::Body) {
            put("http.response.status_code", Value::Integer(outcome.status.into()));
        }
        if let Some(bytes) = outcome.request_bytes {
            put("http.request.body.size", Value::Integer(bytes as i64));
        }
        if let Some(bytes) = outcome.response_bytes {
            put("http.response.body.size", Value::Integer(bytes as i64));
        }
        if let Some(code) = outcome.grpc {
            put("rpc.system", "grpc".into());
            put("rpc.grpc.status_code", Value::Integer(code.into()));
        }
        let grpc = outcome.grpc.filter(|code| super::grpc::is_failure(*code)).map(super::grpc::name);
        let error = match outcome.failure {
            Failure::None if outcome.status >= 500 => Some(outcome.status.to_string().into()),
            Failure::None if grpc.is_some() => grpc.map(Value::from),
            failure => failure.error_type().map(Value::from),
        };
        let status = match outcome.failure {
            // That a client went away is not the server's error.
            Failure::Cancelled => SpanStatus::Unset,
            _ if error.is_some() => SpanStatus::Error(Cow::Borrowed("")),
            _ => SpanStatus::Unset,
        };
        if let Some(error) = error {
            put("error.type", error);
        }
        Span {
            trace: context.trace().clone(),
            name,
            kind: SpanKind::Server,
            start,
            end: start + elapsed,
            attributes,
            status,
        }
    }
}

/// What is remembered of a request for its span.
pub(super) struct Seen {
    start: SystemTime,
    uri: Uri,
    /// The method, where it is none that anybody defined.
    word: Option<http::Method>,
    host: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    headers: Vec<(Cow<'static, str>, Value)>,
}

fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
