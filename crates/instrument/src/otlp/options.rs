//! Where to export, what, and how much of it at once.

use std::time::Duration;

use crate::Error;
use crate::redact::unescaped;

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Protobuf over HTTP/1.1, by convention at port 4318.
    #[default]
    Http,
    /// gRPC, by convention at port 4317.
    Grpc,
}

/// What can be said about an export.
#[derive(Clone, Debug)]
pub struct OtlpOptions {
    /// The collector, such as `http://collector:4318`; `https` with the feature `otlp-tls`.
    pub endpoint: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Sent along with every request, such as a token.
    pub headers: Vec<(String, String)>,
    /// Whether requests are compressed; with the feature `gzip`.
    pub gzip: bool,
    /// Whether metrics are exported.
    pub metrics: bool,
    /// Whether spans are.
    pub traces: bool,
    /// Whether log lines are.
    pub logs: bool,
    /// How often metrics are.
    pub metrics_every: Duration,
    /// How long a span or line may wait for others to go with it.
    pub batch_delay: Duration,
    /// How many spans or lines go together.
    pub batch_items_max: usize,
    /// How many spans, and how many lines, may wait; what is beyond is dropped and counted.
    pub queue_items_max: usize,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How long a batch is tried again before it is dropped.
    pub retry_for: Duration,
}

impl OtlpOptions {
    /// Everything, by HTTP, to a collector.
    pub fn to(endpoint: &str) -> OtlpOptions {
        OtlpOptions {
            endpoint: endpoint.to_owned(),
            protocol: Protocol::Http,
            headers: Vec::new(),
            gzip: false,
            metrics: true,
            traces: true,
            logs: true,
            metrics_every: Duration::from_secs(15),
            batch_delay: Duration::from_secs(1),
            batch_items_max: 512,
            queue_items_max: 4_096,
            request_timeout: Duration::from_secs(10),
            retry_for: Duration::from_secs(60),
        }
    }

    /// What the environment says, as OpenTelemetry names it: `OTEL_EXPORTER_OTLP_ENDPOINT`, without which there is no
    /// export, `…_PROTOCOL` (`http/protobuf` or `grpc`), `…_HEADERS`, `…_COMPRESSION` and `…_TIMEOUT`;
    /// `OTEL_METRICS_EXPORTER`, `OTEL_TRACES_EXPORTER` and `OTEL_LOGS_EXPORTER`, each of which may be `none`;
    /// `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_SDK_DISABLED`.
    pub fn from_env() -> Result<Option<OtlpOptions>, Error> {
        OtlpOptions::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Option<OtlpOptions>, Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let Some(endpoint) = variable("OTEL_EXPORTER_OTLP_ENDPOINT").filter(|_| !disabled) else {
            return Ok(None);
        };
        let refuse = |name: &str, value: &str, want: &str| Error::Delivery {
            reason: format!("cannot export: {name} is `{value}`, and must be {want}"),
        };
        let mut options = OtlpOptions::to(&endpoint);
        let name = "OTEL_EXPORTER_OTLP_PROTOCOL";
        options.protocol = match variable(name).as_deref() {
            None | Some("http/protobuf") => Protocol::Http,
            Some("grpc") => Protocol::Grpc,
            Some(other) => return Err(refuse(name, other, "http/protobuf or grpc")),
        };
        let name = "OTEL_EXPORTER_OTLP_COMPRESSION";
        options.gzip = match variable(name).as_deref() {
            None | Some("none") => false,
            Some("gzip") => true,
            Some(other) => return Err(refuse(name, other, "gzip or none")),
        };
        for pair in variable("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default().split(',') {
            if let Some((name, value)) = pair.split_once('=') {
                options.headers.push((name.trim().to_ascii_lowercase(), unescaped(value.trim())));
            }
        }
        for (name, wanted) in [
            ("OTEL_METRICS_EXPORTER", &mut options.metrics),
            ("OTEL_TRACES_EXPORTER", &mut options.traces),
            ("OTEL_LOGS_EXPORTER", &mut options.logs),
        ] {
            *wanted = variable(name).is_none_or(|value| value.split(',').any(|word| word.trim() == "otlp"));
        }
        for (name, duration) in [
            ("OTEL_EXPORTER_OTLP_TIMEOUT", &mut options.request_timeout),
            ("OTEL_METRIC_EXPORT_INTERVAL", &mut options.metrics_every),
        ] {
            if let Some(value) = variable(name) {
                let ms = value.parse().ok().filter(|ms| *ms > 0);
                let ms = ms.ok_or_else(|| refuse(name, &value, "a number of milliseconds"))?;
                *duration = Duration::from_millis(ms);
            }
        }
        Ok(Some(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], want: impl FnOnce(Option<OtlpOptions>) -> bool) {
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        assert!(want(OtlpOptions::from_variables(find).unwrap()), "{variables:?}");
    }

    #[test]
    fn the_environment_says_where_to_and_what() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317");
        check(&[], |options| options.is_none());
        check(&[endpoint, ("OTEL_SDK_DISABLED", "True")], |options| options.is_none());
        check(
            &[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_LOGS_EXPORTER", "none")],
            |options| {
                options.is_some_and(|options| {
                    options.protocol == Protocol::Grpc && options.traces && !options.logs
                })
            },
        );
        check(
            &[endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20x,tenant = a ")],
            |options| {
                options.is_some_and(|options| {
                    options.headers
                        == [("authorization".into(), "Bearer x".into()), ("tenant".into(), "a".into())]
                })
            },
        );
        check(&[endpoint, ("OTEL_METRIC_EXPORT_INTERVAL", "500")], |options| {
            options.is_some_and(|options| options.metrics_every == Duration::from_millis(500))
        });
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (name, value) in
            [("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")]
        {
            let find = |asked: &str| match asked {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://collector:4318".to_owned()),
                _ => Some(value.to_owned()).filter(|_| asked == name),
            };
            let error = OtlpOptions::from_variables(find).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
    }
}
