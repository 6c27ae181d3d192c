//! What the environment says about the export, under the names and by the rules of OpenTelemetry's specification: what
//! cannot be read is told and taken for absent, a variable of one signal stands over that of all.

use std::time::Duration;

use super::Signal;
use super::options::{Batch, Batches, Certificates, Elsewhere, OtlpOptions, OtlpTarget, Protocol};
use crate::escapes::pairs;

/// More items than that nobody wants to have in memory; room for them is made at once.
const ITEMS_MAX: usize = 1_000_000;

/// Reads variables and gathers what there is to complain of.
struct Reader<'a> {
    find: &'a dyn Fn(&str) -> Option<String>,
    complaints: Vec<String>,
}

/// The options, if anything is to be exported, and what was wrong.
pub(super) fn read(find: &dyn Fn(&str) -> Option<String>) -> (Option<OtlpOptions>, Vec<String>) {
    let mut reader = Reader { find, complaints: Vec::new() };
    let options = reader.options();
    (options, reader.complaints)
}

/// What the variables of one signal, or of all, end in.
const OPTIONS: [&str; 9] = [
    "ENDPOINT",
    "PROTOCOL",
    "HEADERS",
    "COMPRESSION",
    "TIMEOUT",
    "CERTIFICATE",
    "CLIENT_CERTIFICATE",
    "CLIENT_KEY",
    "INSECURE",
];

/// What the variables of batches end in.
#[cfg(feature = "axum")]
const BATCH_OPTIONS: [&str; 4] =
    ["SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"];

/// Variables of which one value only has a meaning here.
const FIXED: [(&str, &str); 2] = [
    ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative"),
    ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram"),
];

/// Whether a variable is one of those that are read here.
#[cfg(feature = "axum")]
pub(crate) fn is_read(name: &str) -> bool {
    const SINGLE: [&str; 3] =
        ["OTEL_SDK_DISABLED", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT"];
    let signals = [Signal::Metrics, Signal::Traces, Signal::Logs];
    let of_signals = || std::iter::once(None).chain(signals.map(Some));
    SINGLE.contains(&name)
        || FIXED.iter().any(|(fixed, _)| *fixed == name)
        || signals.into_iter().any(|signal| exporter(signal) == name)
        || OPTIONS.iter().any(|option| of_signals().any(|signal| variable(signal, option) == name))
        || ["OTEL_BSP_", "OTEL_BLRP_"]
            .into_iter()
            .any(|prefix| name.strip_prefix(prefix).is_some_and(|option| BATCH_OPTIONS.contains(&option)))
}

impl Reader<'_> {
    /// A variable that is set to something.
    fn get(&self, name: &str) -> Option<String> {
        (self.find)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn complain(&mut self, name: &str, value: &str, want: &str) {
        self.complaints.push(format!("{name} is `{value}`, which is not {want}, and is left out of account"));
    }

    fn truth(&mut self, name: &str) -> Option<bool> {
        let value = self.get(name)?;
        let truth = value.eq_ignore_ascii_case("true");
        if !truth && !value.eq_ignore_ascii_case("false") {
            self.complain(name, &value, "true or false");
        }
        Some(truth)
    }

    fn milliseconds(&mut self, name: &str) -> Option<Duration> {
        let value = self.get(name)?;
        let ms = value.parse().ok().filter(|ms| *ms > 0);
        if ms.is_none() {
            self.complain(name, &value, "a number of milliseconds");
        }
        ms.map(Duration::from_millis)
    }

    fn one_of<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let value = self.get(name)?;
        let found = words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.complain(name, &value, &words.join(" or "));
        }
        found
    }

    fn headers(&mut self, name: &str) -> Option<Vec<(String, String)>> {
        let value = self.get(name)?;
        let headers = pairs(&value).map(|headers| {
            headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
        });
        if headers.is_none() {
            // Its value may be a secret.
            self.complain(name, "…", "a list of name=value");
        }
        headers
    }

    fn options(&mut self) -> Option<OtlpOptions> {
        if self.truth("OTEL_SDK_DISABLED") == Some(true) {
            return None;
        }
        let endpoint = self.get("OTEL_EXPORTER_OTLP_ENDPOINT");
        let mut options = OtlpOptions::to("");
        let signals = [Signal::Metrics, Signal::Traces, Signal::Logs];
        let mut wanted = signals.map(|signal| self.is_wanted(signal));
        let has_own = signals.map(|signal| self.get(&variable(Some(signal), "ENDPOINT")).is_some());
        if endpoint.is_none() {
            // Nobody said where to: only what was asked for by name goes to the usual place.
            for ((wanted, has_own), signal) in wanted.iter_mut().zip(has_own).zip(signals) {
                *wanted &= has_own || self.get(&exporter(signal)).is_some();
            }
        }
        [options.metrics, options.traces, options.logs] = wanted;
        if wanted == [false; 3] {
            return None;
        }
        if let Some(every) = self.milliseconds("OTEL_METRIC_EXPORT_INTERVAL") {
            options.metrics_every = every;
        }
        let usual = options.batch(Signal::Traces);
        options.batches =
            Batches { traces: self.batch("OTEL_BSP_", usual), logs: self.batch("OTEL_BLRP_", usual) };
        for (name, only) in FIXED {
            if let Some(value) = self.get(name).filter(|value| !value.eq_ignore_ascii_case(only)) {
                self.complain(name, &value, only);
            }
        }
        let general = self.target(
            None,
            OtlpTarget {
                url: endpoint.unwrap_or_default(),
                protocol: options.protocol,
                headers: Vec::new(),
                gzip: false,
                request_timeout: options.request_timeout,
                retry_for: options.retry_for,
                certificates: Certificates::default(),
            },
        );
        let [metrics, traces, logs] = signals.map(|signal| self.own_target(signal, &general));
        options.elsewhere = Elsewhere { metrics, traces, logs };
        options.endpoint = self.with_scheme(None, &general);
        options.protocol = general.protocol;
        options.headers = general.headers;
        options.gzip = general.gzip;
        options.request_timeout = general.request_timeout;
        options.certificates = general.certificates;
        Some(options)
    }

    /// How a signal is gathered, if any variable of its own is set.
    fn batch(&mut self, prefix: &str, usual: Batch) -> Option<Batch> {
        let delay = format!("{prefix}SCHEDULE_DELAY");
        let delay = match self.get(&delay).as_deref() {
            Some("0") => Some(Duration::ZERO),
            _ => self.milliseconds(&delay),
        };
        let queued = self.count(&format!("{prefix}MAX_QUEUE_SIZE"));
        let together = self.count(&format!("{prefix}MAX_EXPORT_BATCH_SIZE"));
        if (delay, queued, together) == (None, None, None) {
            return None;
        }
        let queue_items_max = queued.unwrap_or(usual.queue_items_max);
        Some(Batch {
            delay: delay.unwrap_or(usual.delay),
            items_max: together.unwrap_or(usual.items_max).min(queue_items_max),
            queue_items_max,
        })
    }

    fn count(&mut self, name: &str) -> Option<usize> {
        let value = self.get(name)?;
        let count = value.parse().ok().filter(|count| (1..=ITEMS_MAX).contains(count));
        if count.is_none() {
            self.complain(name, &value, "a number of items from one to a million");
        }
        count
    }

    fn is_wanted(&mut self, signal: Signal) -> bool {
        let name = exporter(signal);
        let Some(value) = self.get(&name) else { return true };
        let mut wanted = false;
        for word in value.split(',').map(str::trim) {
            match word {
                "otlp" => wanted = true,
                // Metrics are there to be scraped whatever is exported.
                "none" | "prometheus" => {}
                _ => self.complain(&name, word, "otlp or none"),
            }
        }
        wanted
    }

    /// What the variables of a signal, or of all, say over `base`.
    fn target(&mut self, signal: Option<Signal>, base: OtlpTarget) -> OtlpTarget {
        let name = |option| variable(signal, option);
        let protocols = [("http/protobuf", Protocol::Http), ("grpc", Protocol::Grpc)];
        let own = match (self.get(&name("CLIENT_CERTIFICATE")), self.get(&name("CLIENT_KEY"))) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => base.certificates.own,
            _ => {
                let (name, other) = (name("CLIENT_CERTIFICATE"), name("CLIENT_KEY"));
                self.complaints.push(format!("{name} and {other} are of use together only"));
                None
            }
        };
        OtlpTarget {
            url: base.url,
            protocol: self.one_of(&name("PROTOCOL"), &protocols).unwrap_or(base.protocol),
            headers: self.headers(&name("HEADERS")).unwrap_or(base.headers),
            gzip: self.one_of(&name("COMPRESSION"), &[("gzip", true), ("none", false)]).unwrap_or(base.gzip),
            request_timeout: self.milliseconds(&name("TIMEOUT")).unwrap_or(base.request_timeout),
            retry_for: base.retry_for,
            certificates: Certificates {
                trusted: self.get(&name("CERTIFICATE")).map(Into::into).or(base.certificates.trusted),
                own,
            },
        }
    }

    /// Where a signal goes if any variable of its own is set.
    fn own_target(&mut self, signal: Signal, general: &OtlpTarget) -> Option<OtlpTarget> {
        let limit = self.milliseconds(match signal {
            Signal::Metrics => "OTEL_METRIC_EXPORT_TIMEOUT",
            Signal::Traces => "OTEL_BSP_EXPORT_TIMEOUT",
            Signal::Logs => "OTEL_BLRP_EXPORT_TIMEOUT",
        });
        let is_none = |option: &&str| self.get(&variable(Some(signal), option)).is_none();
        if limit.is_none() && OPTIONS.iter().all(is_none) {
            return None;
        }
        let mut target = self.target(Some(signal), general.clone());
        if let Some(limit) = limit {
            target.retry_for = limit;
            target.request_timeout = target.request_timeout.min(limit);
        }
        let own = self.get(&variable(Some(signal), "ENDPOINT"));
        let is_own = own.is_some();
        target.url = own.unwrap_or_else(|| general.url.clone());
        target.url = self.with_scheme(Some(signal), &target);
        if !is_own && target.protocol == Protocol::Http {
            target.url = format!("{}/v1/{}", target.url.trim_end_matches('/'), signal.name());
        }
        Some(target)
    }

    /// An endpoint, the usual one where none is named. That of gRPC may go without a scheme.
    fn with_scheme(&mut self, signal: Option<Signal>, target: &OtlpTarget) -> String {
        match (target.url.as_str(), target.protocol) {
            ("", Protocol::Http) => "http://localhost:4318".to_owned(),
            ("", Protocol::Grpc) => "http://localhost:4317".to_owned(),
            (url, Protocol::Grpc) if !url.contains("://") => {
                let of_signal = signal.and_then(|signal| self.truth(&variable(Some(signal), "INSECURE")));
                let insecure = of_signal.or_else(|| self.truth(&variable(None, "INSECURE")));
                format!("{}://{url}", if insecure == Some(true) { "http" } else { "https" })
            }
            (url, _) => url.to_owned(),
        }
    }
}

/// The name of a variable, for one signal or all.
fn variable(signal: Option<Signal>, option: &str) -> String {
    match signal {
        Some(signal) => format!("OTEL_EXPORTER_OTLP_{}_{option}", signal.name().to_ascii_uppercase()),
        None => format!("OTEL_EXPORTER_OTLP_{option}"),
    }
}

fn exporter(signal: Signal) -> String {
    format!("OTEL_{}_EXPORTER", signal.name().to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_pairs(variables: &[(&str, &str)]) -> (Option<OtlpOptions>, Vec<String>) {
        read(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    /// What each signal does: where it goes and how.
    fn check(variables: &[(&str, &str)], want: [&str; 3]) {
        let (options, complaints) = read_pairs(variables);
        assert!(complaints.is_empty(), "{complaints:?}");
        let got = [Signal::Metrics, Signal::Traces, Signal::Logs].map(|signal| {
            let Some(options) = &options else { return String::new() };
            let is_wanted = match signal {
                Signal::Metrics => options.metrics,
                Signal::Traces => options.traces,
                Signal::Logs => options.logs,
            };
            let target = options.target(signal);
            if is_wanted { format!("{:?} {}", target.protocol, target.url) } else { String::new() }
        });
        assert_eq!(got, want, "{variables:?}");
    }

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/otlp/");

    #[test]
    fn endpoints_of_all_signals_and_of_one() {
        let all = [
            "Http http://collector:4318/otlp/v1/metrics",
            "Http http://collector:4318/otlp/v1/traces",
            "Http http://collector:4318/otlp/v1/logs",
        ];
        check(&[], ["", "", ""]);
        check(&[ENDPOINT], all);
        check(&[ENDPOINT, ("OTEL_SDK_DISABLED", "True")], ["", "", ""]);
        check(&[ENDPOINT, ("OTEL_SDK_DISABLED", "false")], all);
        check(&[ENDPOINT, ("OTEL_LOGS_EXPORTER", "none")], [all[0], all[1], ""]);
        check(&[ENDPOINT, ("OTEL_METRICS_EXPORTER", "prometheus")], ["", all[1], all[2]]);
        // The address of one signal is used as it is, and is alone where there is no other.
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://tempo/ingest");
        check(&[own], ["", "Http http://tempo/ingest", ""]);
        check(&[ENDPOINT, own], [all[0], "Http http://tempo/ingest", all[2]]);
        // What was asked for by name goes to the usual place.
        check(&[("OTEL_TRACES_EXPORTER", "otlp")], ["", "Http http://localhost:4318/v1/traces", ""]);
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        check(&[("OTEL_TRACES_EXPORTER", "otlp"), grpc], ["", "Grpc http://localhost:4317", ""]);
    }

    #[test]
    fn protocols_of_all_signals_and_of_one() {
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        let bare = ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317");
        check(&[bare, grpc], ["Grpc https://collector:4317"; 3]);
        let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
        check(&[bare, grpc, insecure], ["Grpc http://collector:4317"; 3]);
        let mixed = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
            grpc,
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"),
        ];
        check(
            &mixed,
            [
                "Http http://collector:4317/v1/metrics",
                "Grpc http://collector:4317",
                "Grpc http://collector:4317",
            ],
        );
    }

    #[test]
    fn what_is_said_of_one_signal_stands_over_what_is_said_of_all() {
        let (options, complaints) = read_pairs(&[
            ENDPOINT,
            ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20x,tenant = a "),
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "tenant=b"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "100"),
            ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/own.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/own.key"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
        ]);
        assert!(complaints.is_empty(), "{complaints:?}");
        let options = options.unwrap();
        assert_eq!(options.metrics_every, Duration::from_millis(500));
        let [metrics, traces, logs] =
            [Signal::Metrics, Signal::Traces, Signal::Logs].map(|signal| options.target(signal));
        let general = [("authorization".to_owned(), "Bearer x".to_owned()), ("tenant".into(), "a".into())];
        assert_eq!((&metrics.headers[..], metrics.gzip), (&general[..], true));
        assert_eq!((&traces.headers[..], traces.gzip), (&general[..], false));
        assert_eq!(logs.headers, [("tenant".to_owned(), "b".to_owned())]);
        let ms = [&metrics, &traces, &logs].map(|target| target.request_timeout.as_millis());
        assert_eq!(ms, [2_500, 100, 2_500]);
        let certificates = Certificates {
            trusted: Some("/ca.pem".into()),
            own: Some(("/own.pem".into(), "/own.key".into())),
        };
        assert!([&metrics, &traces, &logs].iter().all(|target| target.certificates == certificates));
    }

    #[test]
    fn batches_of_spans_and_lines() {
        let (options, complaints) = read_pairs(&[
            ENDPOINT,
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "7"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "3000"),
            ("OTEL_METRIC_EXPORT_TIMEOUT", "20000"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative"),
        ]);
        assert!(complaints.is_empty(), "{complaints:?}");
        let options = options.unwrap();
        let batch = |ms, items_max, queue_items_max| Batch {
            delay: Duration::from_millis(ms),
            items_max,
            queue_items_max,
        };
        assert_eq!(options.batch(Signal::Traces), batch(0, 100, 100));
        assert_eq!(options.batch(Signal::Logs), batch(1_000, 7, 4_096));
        let limits = |signal| {
            let target = options.target(signal);
            (target.request_timeout.as_secs(), target.retry_for.as_secs())
        };
        assert_eq!(limits(Signal::Traces), (3, 3));
        assert_eq!(limits(Signal::Metrics), (10, 20));
        assert_eq!(limits(Signal::Logs), (10, 60));
        assert_eq!(options.target(Signal::Traces).url, "http://collector:4318/otlp/v1/traces");
    }

    #[test]
    fn what_makes_no_sense_is_told_and_taken_for_absent() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
            ("OTEL_SDK_DISABLED", "1"),
            ("OTEL_TRACES_EXPORTER", "otlp,zipkin"),
            ("OTEL_METRIC_EXPORT_TIMEOUT", "x"),
            ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "99999999999"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
        ] {
            let (options, complaints) = read_pairs(&[ENDPOINT, (name, value)]);
            let [complaint] = &complaints[..] else { panic!("{name}: {complaints:?}") };
            let shown = value.rsplit(',').next().unwrap();
            assert!(complaint.contains(name) && complaint.contains(shown), "{complaint}");
            let options = options.unwrap();
            assert_eq!((options.protocol, options.gzip), (Protocol::Http, false));
            assert_eq!(options.target(Signal::Traces).request_timeout, Duration::from_secs(10));
        }
        // Headers may be secret, so that they are not repeated.
        let (options, complaints) = read_pairs(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_HEADERS", "Bearer hunter2")]);
        assert!(options.unwrap().headers.is_empty());
        assert!(complaints.len() == 1 && !complaints[0].contains("hunter2"), "{complaints:?}");
        let (_, complaints) = read_pairs(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/own.key")]);
        assert!(complaints.len() == 1 && complaints[0].contains("together"), "{complaints:?}");
    }
}
