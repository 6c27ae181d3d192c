//! From what discovery found to what is scraped: special labels, relabelling, the address, and the moment of each scrape.

use std::fmt;
use std::sync::Arc;

use model::{Labels, LabelsBuilder, METRIC_NAME};

use crate::config::{ScrapeJob, Span, check_target_address};
use crate::relabel;

/// The label that holds the address to scrape.
pub const ADDRESS: &str = "__address__";
/// The label that holds the scheme.
pub const SCHEME: &str = "__scheme__";
/// The label that holds the path.
pub const METRICS_PATH: &str = "__metrics_path__";
/// The label that holds the interval.
pub const SCRAPE_INTERVAL: &str = "__scrape_interval__";
/// The label that holds the timeout.
pub const SCRAPE_TIMEOUT: &str = "__scrape_timeout__";
/// The label that holds the path of a unix socket to connect to.
pub const UNIX_SOCKET: &str = "__unix_socket__";
/// The label that says whether native histograms are scraped.
pub const NATIVE_HISTOGRAMS: &str = "__scrape_native_histograms__";
/// The label that says whether classic histograms are converted.
pub const CONVERT_CLASSIC: &str = "__convert_classic_histograms_to_nhcb__";
/// The label that says whether classic histograms are kept beside native ones.
pub const ALWAYS_CLASSIC: &str = "__always_scrape_classic_histograms__";
/// What the labels of request parameters start with.
pub const PARAM_PREFIX: &str = "__param_";
/// What labels start with that only relabelling sees.
pub const META_PREFIX: &str = "__meta_";
/// What labels start with that no series carries.
pub const RESERVED_PREFIX: &str = "__";

/// At how many moments of an interval targets are scraped, at least.
const MOMENTS_MIN: i64 = 40;
/// How far apart these moments are, at most.
const MOMENT_MILLIS_MAX: i64 = 250;

/// Something to scrape.
#[derive(Clone, Debug)]
pub struct Target {
    /// The section it belongs to.
    pub job: Arc<ScrapeJob>,
    /// What discovery said, with the section's defaults, before relabelling.
    pub discovered: Labels,
    /// What all its series carry.
    pub labels: Labels,
    /// Where it answers.
    pub address: Address,
    /// How often it is scraped.
    pub interval: Span,
    /// How long a scrape may take.
    pub timeout: Span,
    /// Whether native histograms are scraped.
    pub native_histograms: bool,
    /// Whether classic histograms become native ones with custom buckets.
    pub convert_classic_histograms: bool,
    /// Whether classic histograms are kept beside native ones.
    pub classic_histograms: bool,
}

/// Where a target answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// `http` or `https`.
    pub scheme: String,
    /// Host and, where one was given, port.
    pub host_port: String,
    /// Path and query.
    pub path_and_query: String,
    /// The unix socket to connect to instead of the host.
    pub unix_socket: Option<String>,
}

/// What became of one discovered address.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is to be scraped.
    Target(Box<Target>),
    /// Relabelling dropped it. These are its labels before.
    Dropped(Labels),
    /// It cannot be scraped.
    Invalid {
        /// Its labels before relabelling.
        discovered: Labels,
        /// Why not.
        reason: String,
    },
}

/// The labels relabelling starts from: what discovery said and the section's defaults, where discovery did not say.
pub fn discovered_labels(job: &ScrapeJob, group: &Labels, own: &Labels) -> Labels {
    let mut labels = group.union(own).to_builder();
    let on_off = |on: bool| if on { "true" } else { "false" };
    let (interval, timeout) = (job.interval.to_string(), job.timeout.to_string());
    let defaults = [
        ("job", job.name.as_str()),
        (SCRAPE_INTERVAL, &interval),
        (SCRAPE_TIMEOUT, &timeout),
        (METRICS_PATH, &job.metrics_path),
        (SCHEME, &job.scheme),
        (NATIVE_HISTOGRAMS, on_off(job.native_histograms)),
        (CONVERT_CLASSIC, on_off(job.convert_classic_histograms)),
        (ALWAYS_CLASSIC, on_off(job.classic_histograms)),
    ];
    for (name, value) in defaults {
        set_default(&mut labels, name, value);
    }
    for (name, values) in &job.params {
        if let Some(first) = values.first() {
            labels.set(&format!("{PARAM_PREFIX}{name}"), first);
        }
    }
    labels.build()
}

/// Makes a target of `discovered`, as [`discovered_labels`] gave it.
pub fn resolve(job: &Arc<ScrapeJob>, discovered: Labels) -> Outcome {
    let mut labels = discovered.to_builder();
    if !relabel::apply(&job.relabel, &mut labels) {
        return Outcome::Dropped(discovered);
    }
    match build(job, &discovered, labels) {
        Ok(target) => Outcome::Target(Box::new(target)),
        Err(reason) => Outcome::Invalid { discovered, reason },
    }
}

fn build(job: &Arc<ScrapeJob>, discovered: &Labels, mut labels: LabelsBuilder) -> Result<Target, String> {
    let host_port = labels.value(ADDRESS).to_owned();
    if host_port.is_empty() {
        return Err("no address: the label __address__ is empty after relabelling".to_owned());
    }
    check_target_address(&host_port)?;
    let scheme = labels.value(SCHEME).to_owned();
    if !matches!(scheme.as_str(), "http" | "https") {
        return Err(format!("invalid scheme {scheme:?} in the label __scheme__; expected http or https"));
    }
    let interval = positive_span(&labels, SCRAPE_INTERVAL)?;
    let timeout = positive_span(&labels, SCRAPE_TIMEOUT)?;
    if timeout > interval {
        return Err(format!("scrape timeout {timeout} is greater than the scrape interval {interval}"));
    }
    let unix_socket = Some(labels.value(UNIX_SOCKET).to_owned()).filter(|path| !path.is_empty());
    let path_and_query = path_and_query(job, &labels);
    let address = Address { scheme, host_port, path_and_query, unix_socket };
    address
        .uri()
        .parse::<http::Uri>()
        .map_err(|error| format!("invalid address {}: {error}", address.uri()))?;
    let is_on = |name: &str, default: bool| match labels.value(name) {
        "" => default,
        text => text == "true",
    };
    let native_histograms = is_on(NATIVE_HISTOGRAMS, job.native_histograms);
    let convert_classic_histograms = is_on(CONVERT_CLASSIC, job.convert_classic_histograms);
    let classic_histograms = is_on(ALWAYS_CLASSIC, job.classic_histograms);
    labels.retain(|name, _| !name.starts_with(RESERVED_PREFIX) || name == METRIC_NAME);
    labels.remove(METRIC_NAME);
    set_default(&mut labels, "instance", &address.host_port);
    Ok(Target {
        job: job.clone(),
        discovered: discovered.clone(),
        labels: labels.build(),
        address,
        interval,
        timeout,
        native_histograms,
        convert_classic_histograms,
        classic_histograms,
    })
}

fn set_default(labels: &mut LabelsBuilder, name: &str, value: &str) {
    if labels.value(name).is_empty() {
        labels.set(name, value);
    }
}

fn positive_span(labels: &LabelsBuilder, name: &str) -> Result<Span, String> {
    let span: Span = labels.value(name).parse().map_err(|error| format!("label {name}: {error}"))?;
    if span.millis <= 0 {
        return Err(format!("label {name}: must be longer than 0s"));
    }
    Ok(span)
}

/// The path with the section's parameters, of which a label `__param_x` replaces the first value of `x`.
fn path_and_query(job: &ScrapeJob, labels: &LabelsBuilder) -> String {
    let mut params = job.params.clone();
    for (name, value) in labels.iter() {
        if let Some(param) = name.strip_prefix(PARAM_PREFIX) {
            let values = params.entry(param.to_owned()).or_default();
            match values.first_mut() {
                Some(first) => value.clone_into(first),
                None => values.push(value.to_owned()),
            }
        }
    }
    let path = labels.value(METRICS_PATH);
    let mut text = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut separator = if text.contains('?') { '&' } else { '?' };
    for (name, values) in &params {
        for value in values {
            text.push(separator);
            text.push_str(&encode(name));
            text.push('=');
            text.push_str(&encode(value));
            separator = '&';
        }
    }
    text
}

/// `text` as a query parameter writes it.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte as char),
            b' ' => encoded.push('+'),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

impl Target {
    /// What tells one target from another across reloads: the same key means the same scrape.
    pub fn key(&self) -> u64 {
        use std::hash::{BuildHasher, Hash, Hasher};
        let mut hasher = foldhash::quality::FixedState::with_seed(0).build_hasher();
        self.job.name.hash(&mut hasher);
        self.labels.hash(&mut hasher);
        self.address.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether a loop that scrapes this target scrapes `other`, which has the same key, as it should be.
    pub(crate) fn is_scraped_as(&self, other: &Target) -> bool {
        *self.job == *other.job
            && self.interval == other.interval
            && self.timeout == other.timeout
            && self.native_histograms == other.native_histograms
            && self.convert_classic_histograms == other.convert_classic_histograms
            && self.classic_histograms == other.classic_histograms
    }

    /// The full URL that is scraped.
    pub fn uri(&self) -> String {
        self.address.uri()
    }

    /// How far into each interval this target is scraped. It depends on the target alone, so targets spread evenly
    /// over the interval and stay where they are across restarts.
    ///
    /// They spread over moments that are a quarter of a second apart, or less where the interval is short: what is due
    /// at the same moment costs one wake-up, and finds the code that the one before it needed at hand.
    pub fn offset_millis(&self) -> i64 {
        let interval = self.interval.millis.max(1);
        let moment = (interval / MOMENTS_MIN).clamp(1, MOMENT_MILLIS_MAX);
        let moments = (interval / moment).max(1);
        (self.key() % moments.unsigned_abs()) as i64 * moment
    }

    /// The first scheduled time at or after `now`, both in milliseconds since the epoch.
    pub fn next_time(&self, now_millis: i64) -> i64 {
        next_time(self.interval, self.offset_millis(), now_millis)
    }
}

/// The first time at or after `now_millis` that lies `offset_millis` into an interval.
pub(crate) fn next_time(interval: Span, offset_millis: i64, now_millis: i64) -> i64 {
    now_millis + (offset_millis - now_millis).rem_euclid(interval.millis.max(1))
}

impl Address {
    /// The full URL.
    pub fn uri(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host_port, self.path_and_query)
    }

    /// Host without brackets and port; the scheme's default port where none was given.
    pub fn host_and_port(&self) -> (String, u16) {
        split_host_port(&self.host_port, if self.scheme == "https" { 443 } else { 80 })
    }

    /// Whether the address is this machine's own loopback.
    pub fn is_loopback(&self) -> bool {
        let (host, _) = self.host_and_port();
        self.unix_socket.is_some()
            || host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri())
    }
}

/// Splits `host:port`, `[v6]:port` and forms without a port.
pub(crate) fn split_host_port(text: &str, default_port: u16) -> (String, u16) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
        return (host.to_owned(), port.unwrap_or(default_port));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host.to_owned(), port.parse().unwrap_or(default_port)),
        _ => (text.to_owned(), default_port),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::config::{GlobalConfig, ScrapeConfig};

    fn outcome(section: serde_json::Value, own: &[(&str, &str)]) -> Outcome {
        let mut section = section;
        section["job_name"] = "shop".into();
        let section: ScrapeConfig = serde_json::from_value(section).unwrap();
        let job = Arc::new(section.resolve(&GlobalConfig::default(), Path::new("/")).unwrap());
        let own = Labels::from_pairs(own.iter().copied());
        resolve(&job, discovered_labels(&job, &Labels::empty(), &own))
    }

    fn check(section: serde_json::Value, own: &[(&str, &str)], want: &str) {
        let got = match outcome(section, own) {
            Outcome::Target(target) => {
                format!("{} {} {}/{}", target.labels, target.address, target.timeout, target.interval)
            }
            Outcome::Dropped(_) => "dropped".to_owned(),
            Outcome::Invalid { reason, .. } => reason,
        };
        assert_eq!(got, want);
    }

    #[test]
    fn special_labels_become_the_request() {
        check(
            json!({}),
            &[(ADDRESS, "h:1"), ("__meta_zone", "a"), ("env", "prod")],
            r#"{env="prod", instance="h:1", job="shop"} http://h:1/metrics 10s/1m"#,
        );
        check(
            json!({"params": {"module": ["http 2xx", "b"]}, "scheme": "https", "metrics_path": "/probe"}),
            &[(ADDRESS, "h"), ("__param_target", "x/y"), ("__scrape_timeout__", "5s"), ("instance", "i")],
            r#"{instance="i", job="shop"} https://h/probe?module=http+2xx&module=b&target=x%2Fy 5s/1m"#,
        );
        check(
            json!({"relabel_configs": [
                {"source_labels": ["__address__"], "target_label": "__param_target"},
                {"target_label": "__address__", "replacement": "exporter:9115"},
                {"source_labels": ["__param_target"], "target_label": "instance"},
            ]}),
            &[(ADDRESS, "web")],
            r#"{instance="web", job="shop"} http://exporter:9115/metrics?target=web 10s/1m"#,
        );
    }

    #[test]
    fn what_cannot_be_scraped_says_why() {
        check(json!({}), &[("a", "b")], "no address: the label __address__ is empty after relabelling");
        check(
            json!({}),
            &[(ADDRESS, "http://x")],
            "\"http://x\" is not a valid hostname: a target is host:port, without scheme and path",
        );
        check(
            json!({}),
            &[(ADDRESS, "x"), (SCRAPE_INTERVAL, "1s")],
            "scrape timeout 10s is greater than the scrape interval 1s",
        );
        check(
            json!({"relabel_configs": [{"action": "drop", "regex": "x", "source_labels": ["__address__"]}]}),
            &[(ADDRESS, "x")],
            "dropped",
        );
    }

    #[test]
    fn scrapes_spread_over_the_interval_and_keep_their_place() {
        let Outcome::Target(target) = outcome(json!({}), &[(ADDRESS, "h:1")]) else { panic!("no target") };
        let first = target.next_time(1_700_000_000_000);
        assert!((1_700_000_000_000..1_700_000_060_000).contains(&first));
        assert_eq!(target.next_time(first), first);
        assert_eq!(target.next_time(first + 1), first + 60_000);
        let mut tenths: Vec<i64> = (0..200)
            .map(|n| {
                let Outcome::Target(target) = outcome(json!({}), &[(ADDRESS, &format!("h:{n}"))]) else {
                    panic!("no target")
                };
                target.offset_millis() / 6_000
            })
            .collect();
        tenths.sort_unstable();
        tenths.dedup();
        assert_eq!(tenths.len(), 10);
    }

    #[test]
    fn hosts_and_ports_are_told_apart() {
        let check = |text: &str, host: &str, port: u16| {
            assert_eq!(split_host_port(text, 80), (host.to_owned(), port), "{text}");
        };
        check("a:1", "a", 1);
        check("a", "a", 80);
        check("[::1]:9", "::1", 9);
        check("[::1]", "::1", 80);
        check("::1", "::1", 80);
    }
}
