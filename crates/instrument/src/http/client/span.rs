//! The span of a call, under the stable names of OpenTelemetry's conventions.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Method, Uri};

use super::families::{Asked, Failure, Outcome};
use crate::correlate::Context;
use crate::http::{host, method};
use crate::otlp::{Exporter, Span, SpanKind, SpanStatus};
use crate::redact::{Paths, redact_url_as};
use crate::value::Value;

/// Where spans go, and what they must not say.
#[derive(Clone)]
pub(super) struct Outlet {
    pub(super) exporter: Exporter,
    pub(super) secrets: Arc<[String]>,
    pub(super) paths: Paths,
}

/// What is remembered of a call for its span.
pub(super) struct Client {
    outlet: Outlet,
    start: SystemTime,
    uri: Uri,
    /// The method, where it is none that anybody defined.
    word: Option<Method>,
}

impl Client {
    pub(super) fn new(outlet: Outlet, method: &Method, uri: &Uri) -> Client {
        let word = (method::label(method) == method::OTHER).then(|| method.clone());
        Client { outlet, start: SystemTime::now(), uri: uri.clone(), word }
    }

    pub(super) fn finish(self, context: &Context, asked: &Asked, outcome: &Outcome, elapsed: Duration) {
        let sampled = context.trace().sampled;
        if !sampled && context.pending().is_none() {
            return;
        }
        let span = self.span(context, asked, outcome, elapsed);
        match context.pending() {
            Some(pending) if !sampled => pending.offer(span, &self.outlet.exporter),
            _ => self.outlet.exporter.span(span),
        }
    }

    fn span(&self, context: &Context, asked: &Asked, outcome: &Outcome, elapsed: Duration) -> Span {
        let mut attributes = Vec::new();
        let mut put = |name: &'static str, value: Value| attributes.push((Cow::Borrowed(name), value));
        put("http.request.method", asked.method.into());
        if let Some(word) = &self.word {
            put("http.request.method_original", word.as_str().to_owned().into());
        }
        let url = redact_url_as(&self.uri.to_string(), &self.outlet.secrets, self.outlet.paths).into_owned();
        put("url.full", url.into());
        // The label may be that of all hosts beyond the first hundred.
        if let Some(authority) = self.uri.authority() {
            let (address, port) = host::split_port(host::without_user(authority.as_str()));
            put("server.address", address.to_owned().into());
            let default = if asked.scheme == "https" { 443 } else { 80 };
            put("server.port", Value::Integer(port.unwrap_or(default).into()));
        }
        put("request_id", context.request_id().to_owned().into());
        if let Some(answer) = outcome.answer {
            put("http.response.status_code", Value::Integer(answer.status.into()));
            if !answer.version.is_empty() {
                put("network.protocol.version", answer.version.into());
            }
        }
        if let Some(bytes) = outcome.request_bytes {
            put("http.request.body.size", Value::Integer(bytes as i64));
        }
        if let Some(bytes) = outcome.response_bytes {
            put("http.response.body.size", Value::Integer(bytes as i64));
        }
        if outcome.failure == Failure::Dropped {
            put("flightdeck.response.incomplete", "dropped".into());
        }
        if let Some(code) = outcome.grpc {
            put("rpc.system", "grpc".into());
            put("rpc.grpc.status_code", Value::Integer(code.into()));
        }
        let mut digits = [0; 3];
        let error = outcome.error_type(&mut digits).map(str::to_owned);
        let status = match error {
            Some(_) => SpanStatus::Error(Cow::Borrowed("")),
            None => SpanStatus::Unset,
        };
        if let Some(error) = error {
            put("error.type", error.into());
        }
        Span {
            trace: context.trace().clone(),
            name: Cow::Borrowed(if asked.method == method::OTHER { "HTTP" } else { asked.method }),
            kind: SpanKind::Client,
            start: self.start,
            end: self.start + elapsed,
            attributes,
            status,
        }
    }
}
