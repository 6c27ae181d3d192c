//! The metrics of calls to other services, under the names of Prometheus's world, of OpenTelemetry's, or both.

use std::time::Duration;

use crate::Error;
use crate::http::families::{HttpNames, observe, status_text};
use crate::http::grpc;
use crate::http::host::{Hosts, split_port};
use crate::metrics::{
    Counter, Family, Histogram, LATENCY_BUCKETS, Level, Registry, SIZE_BUCKETS, SpanReference, Tracked,
};

type Labelled<const COUNT: usize, M> = Family<[&'static str; COUNT], M>;

/// All metrics of calls.
pub(super) struct Families {
    pub(super) hosts: Hosts,
    prometheus: Option<Prometheus>,
    open_telemetry: Option<OpenTelemetry>,
    incomplete: Labelled<3, Counter>,
    grpc_duration: Labelled<2, Histogram>,
}

struct Prometheus {
    requests: Labelled<3, Counter>,
    duration: Labelled<3, Histogram>,
    first_byte: Labelled<3, Histogram>,
    in_progress: Labelled<2, Level>,
    request_size: Labelled<2, Histogram>,
    response_size: Labelled<2, Histogram>,
}

struct OpenTelemetry {
    duration: Labelled<7, Histogram>,
    active: Labelled<4, Level>,
    request_size: Labelled<7, Histogram>,
    response_size: Labelled<7, Histogram>,
}

/// What is known of a call when it begins.
pub(super) struct Asked {
    pub(super) method: &'static str,
    /// The label of its host, with the port if one was named.
    pub(super) host: Box<str>,
    pub(super) scheme: &'static str,
}

/// The head of an answer.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) version: &'static str,
    pub(super) first_byte: Duration,
}

/// What is known of a call when it is over.
pub(super) struct Outcome {
    pub(super) answer: Option<Answer>,
    pub(super) failure: Failure,
    pub(super) duration: Duration,
    pub(super) request_bytes: Option<u64>,
    pub(super) response_bytes: Option<u64>,
    /// The code of a gRPC call.
    pub(super) grpc: Option<u8>,
}

/// Why a call failed beyond the status of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    None,
    /// There was no answer.
    Connection,
    /// Nobody waited for the answer.
    Cancelled,
    /// The body of the answer broke off.
    Body,
    /// Nobody read the body of the answer to its end.
    Dropped,
}

impl Outcome {
    /// As OpenTelemetry's `error.type`, if the call failed: to a client, what the server blames on it is an error too.
    pub(super) fn error_type<'a>(&self, digits: &'a mut [u8; 3]) -> Option<&'a str> {
        match (self.failure, self.answer) {
            (Failure::Connection, _) => Some("connection_error"),
            (Failure::Cancelled, _) => Some("cancelled"),
            (Failure::Body, _) => Some("body_error"),
            (_, Some(answer)) if answer.status >= 400 => Some(status_text(answer.status, digits)),
            _ => self.grpc.filter(|code| *code != 0).map(grpc::name),
        }
    }

    fn status<'a>(&self, digits: &'a mut [u8; 3]) -> &'a str {
        match self.answer {
            Some(answer) => status_text(answer.status, digits),
            None if self.failure == Failure::Cancelled => "cancelled",
            None => "error",
        }
    }
}

impl Families {
    pub(super) fn register(registry: &Registry, names: HttpNames) -> Result<Families, Error> {
        Ok(Families {
            hosts: Hosts::default(),
            prometheus: match names {
                HttpNames::OpenTelemetry => None,
                _ => Some(Prometheus::register(registry)?),
            },
            open_telemetry: match names {
                HttpNames::Prometheus => None,
                _ => Some(OpenTelemetry::register(registry)?),
            },
            incomplete: registry
                .counter(
                    "external_api_responses_incomplete",
                    "Answers whose body broke off (error), or was not read to its end (dropped).",
                )
                .labels(["host", "method", "reason"])?,
            grpc_duration: registry
                .histogram("external_api_grpc_duration_seconds", "Time until the last byte of gRPC calls.")
                .buckets(&LATENCY_BUCKETS)
                .labels(["host", "code"])?,
        })
    }

    /// Counts a call as being in progress, until the guards are dropped.
    pub(super) fn begin(&self, asked: &Asked) -> [Option<Tracked>; 2] {
        [
            self.prometheus
                .as_ref()
                .map(|families| families.in_progress.get(&[&asked.host, asked.method]).track()),
            self.open_telemetry.as_ref().map(|families| {
                let (address, port) = asked.server();
                families.active.get(&[asked.method, address, &port, asked.scheme]).track()
            }),
        ]
    }

    /// Records a call that is over; its duration with `span` as exemplar.
    pub(super) fn finish(&self, asked: &Asked, outcome: &Outcome, span: Option<SpanReference>) {
        if let Some(families) = &self.prometheus {
            families.finish(asked, outcome, span);
        }
        if let Some(families) = &self.open_telemetry {
            families.finish(asked, outcome, span);
        }
        if let Some(code) = outcome.grpc {
            let labels = [&*asked.host, grpc::name(code)];
            self.grpc_duration.with(&labels, |histogram| observe(histogram, outcome.duration, span));
        }
        let reason = match outcome.failure {
            Failure::Body => "error",
            Failure::Dropped => "dropped",
            Failure::None | Failure::Connection | Failure::Cancelled => return,
        };
        self.incomplete.with(&[&*asked.host, asked.method, reason], Counter::inc);
    }
}

impl Asked {
    /// Host and port apart, as OpenTelemetry wants them.
    pub(super) fn server(&self) -> (&str, String) {
        let (address, port) = split_port(&self.host);
        let port = port.unwrap_or(if self.scheme == "https" { 443 } else { 80 });
        (address, port.to_string())
    }
}

impl Prometheus {
    fn register(registry: &Registry) -> Result<Prometheus, Error> {
        let (by_host, by_status) = (["host", "method"], ["host", "method", "status"]);
        let latency = |name: &str, help: &str| registry.histogram(name, help).buckets(&LATENCY_BUCKETS);
        let size = |name: &str, help: &str| registry.histogram(name, help).buckets(&SIZE_BUCKETS);
        Ok(Prometheus {
            requests: registry
                .counter("external_api_requests", "Calls to other services that ended.")
                .labels(by_status)?,
            duration: latency(
                "external_api_request_duration_seconds",
                "Time until the last byte of the answer was read; of event streams, until the head.",
            )
            .labels(by_status)?,
            first_byte: latency(
                "external_api_response_first_byte_seconds",
                "Time until the head of the answer.",
            )
            .labels(by_status)?,
            in_progress: registry
                .level("external_api_requests_in_progress", "Calls whose answer is not read to the end yet.")
                .labels(by_host)?,
            request_size: size(
                "external_api_request_size_bytes",
                "Bodies of calls that were answered, as far as their size is known.",
            )
            .labels(by_host)?,
            response_size: size(
                "external_api_response_size_bytes",
                "Bodies of answers, as far as they were read.",
            )
            .labels(by_host)?,
        })
    }

    fn finish(&self, asked: &Asked, outcome: &Outcome, span: Option<SpanReference>) {
        let mut digits = [0; 3];
        let by_host = [&*asked.host, asked.method];
        let by_status = [&*asked.host, asked.method, outcome.status(&mut digits)];
        self.requests.with(&by_status, Counter::inc);
        self.duration.with(&by_status, |histogram| observe(histogram, outcome.duration, span));
        if let Some(answer) = outcome.answer {
            self.first_byte.with(&by_status, |histogram| histogram.observe_duration(answer.first_byte));
        }
        if let Some(bytes) = outcome.request_bytes {
            self.request_size.with(&by_host, |histogram| histogram.observe(bytes as f64));
        }
        if let Some(bytes) = outcome.response_bytes {
            self.response_size.with(&by_host, |histogram| histogram.observe(bytes as f64));
        }
    }
}

impl OpenTelemetry {
    fn register(registry: &Registry) -> Result<OpenTelemetry, Error> {
        let labels = [
            "http_request_method",
            "server_address",
            "server_port",
            "url_scheme",
            "http_response_status_code",
            "error_type",
            "network_protocol_version",
        ];
        let size =
            |name: &str, help: &str| registry.histogram(name, help).unit("bytes").buckets(&SIZE_BUCKETS);
        Ok(OpenTelemetry {
            duration: registry
                .histogram("http_client_request_duration", "Duration of HTTP client requests.")
                .unit("seconds")
                .buckets(&LATENCY_BUCKETS)
                .labels(labels)?,
            active: registry
                .level("http_client_active_requests", "Number of active HTTP client requests.")
                .labels(["http_request_method", "server_address", "server_port", "url_scheme"])?,
            request_size: size("http_client_request_body_size", "Size of HTTP client request bodies.")
                .labels(labels)?,
            response_size: size("http_client_response_body_size", "Size of HTTP client response bodies.")
                .labels(labels)?,
        })
    }

    fn finish(&self, asked: &Asked, outcome: &Outcome, span: Option<SpanReference>) {
        // What does not apply is empty, and an empty label is none.
        let (mut of_status, mut of_error) = ([0; 3], [0; 3]);
        let status = outcome.answer.map(|answer| status_text(answer.status, &mut of_status));
        let error = outcome.error_type(&mut of_error).unwrap_or_default();
        let version = outcome.answer.map_or("", |answer| answer.version);
        let (address, port) = asked.server();
        let labels = [asked.method, address, &port, asked.scheme, status.unwrap_or_default(), error, version];
        self.duration.with(&labels, |histogram| observe(histogram, outcome.duration, span));
        if let Some(bytes) = outcome.request_bytes {
            self.request_size.with(&labels, |histogram| histogram.observe(bytes as f64));
        }
        if let Some(bytes) = outcome.response_bytes {
            self.response_size.with(&labels, |histogram| histogram.observe(bytes as f64));
        }
    }
}
