//! The global section, a scrape section as it is typed, and the [`ScrapeJob`] it means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::relabel::RelabelConfig;
use super::values::{ByteSize, Protocol, Span, nullable};
use super::{
    ConfigError, DnsSdConfig, FileSdConfig, HttpClientConfig, HttpSdConfig, InactiveDiscovery, StaticConfig,
    TlsVersion, inactive,
};
use crate::relabel::Rule;
use wire::ScrapeProtocol;

/// The `global` section.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalConfig {
    /// How often to scrape; 1m when absent.
    pub scrape_interval: Option<Span>,
    /// How long a scrape may take; 10s, or the interval where that is shorter, when absent.
    pub scrape_timeout: Option<Span>,
    /// Which formats to ask for, in order of preference.
    pub scrape_protocols: Option<Vec<Protocol>>,
    /// How often rules are evaluated; 1m when absent.
    pub evaluation_interval: Option<Span>,
    /// How far rules look back from now.
    pub rule_query_offset: Option<Span>,
    /// Where queries are logged.
    pub query_log_file: Option<PathBuf>,
    /// Where failed scrapes are logged.
    pub scrape_failure_log_file: Option<PathBuf>,
    /// Labels added to what leaves this server.
    #[serde(default, deserialize_with = "nullable")]
    pub external_labels: BTreeMap<String, String>,
    /// See [`ScrapeLimits`].
    pub body_size_limit: Option<ByteSize>,
    /// See [`ScrapeLimits`].
    pub sample_limit: Option<u64>,
    /// See [`ScrapeLimits`].
    pub target_limit: Option<u64>,
    /// See [`ScrapeLimits`].
    pub label_limit: Option<u64>,
    /// See [`ScrapeLimits`].
    pub label_name_length_limit: Option<u64>,
    /// See [`ScrapeLimits`].
    pub label_value_length_limit: Option<u64>,
    /// How many targets that relabelling dropped are kept for display per job.
    pub keep_dropped_targets: Option<u64>,
    /// Which names are valid; `utf8` when absent.
    pub metric_name_validation_scheme: Option<NameScheme>,
    /// How names are asked to be escaped.
    pub metric_name_escaping_scheme: Option<EscapingScheme>,
    /// Whether native histograms are scraped.
    pub scrape_native_histograms: Option<bool>,
    /// Whether classic histograms become native ones with custom buckets.
    pub convert_classic_histograms_to_nhcb: Option<bool>,
    /// Whether classic histograms are kept beside native ones.
    pub always_scrape_classic_histograms: Option<bool>,
    /// Whether each scrape also reports its timeout, its limit and its size.
    pub extra_scrape_metrics: Option<bool>,
}

/// The discovery sections of a scrape or alerting section, and the client's fields: see [`crate::with_http_client`].
macro_rules! with_discovery {
    (inactive: [$($inactive:ident)*] $(#[$meta:meta])* pub struct $name:ident { $($fields:tt)* }) => {
        crate::with_http_client! {
            $(#[$meta])*
            pub struct $name {
                $($fields)*
                /// Targets written down.
                #[serde(default, deserialize_with = "nullable")]
                pub static_configs: Vec<StaticConfig>,
                /// Targets from files.
                #[serde(default, deserialize_with = "nullable")]
                pub file_sd_configs: Vec<FileSdConfig>,
                /// Targets from a web server.
                #[serde(default, deserialize_with = "nullable")]
                pub http_sd_configs: Vec<HttpSdConfig>,
                /// Targets from DNS.
                #[serde(default, deserialize_with = "nullable")]
                pub dns_sd_configs: Vec<DnsSdConfig>,
                $(
                    /// Checked, but not active yet.
                    #[serde(default, deserialize_with = "nullable")]
                    pub $inactive: Vec<Value>,
                )*
            }
        }

        impl $name {
            /// The discovery sections that are accepted but yield no targets yet.
            pub fn inactive_discovery(&self) -> Vec<InactiveDiscovery> {
                let all = [$((stringify!($inactive), self.$inactive.len()),)*];
                all.into_iter()
                    .filter(|(_, entries)| *entries > 0)
                    .map(|(field, entries)| InactiveDiscovery { field, entries })
                    .collect()
            }

            fn validate_discovery(&self) -> Result<(), ConfigError> {
                let at = |field: &'static str, index: usize| {
                    move |error: ConfigError| error.within(format!("{field}[{index}]"))
                };
                for (index, config) in self.static_configs.iter().enumerate() {
                    config.validate().map_err(at("static_configs", index))?;
                }
                for (index, config) in self.file_sd_configs.iter().enumerate() {
                    config.validate().map_err(at("file_sd_configs", index))?;
                }
                for (index, config) in self.http_sd_configs.iter().enumerate() {
                    config.validate().map_err(at("http_sd_configs", index))?;
                }
                for (index, config) in self.dns_sd_configs.iter().enumerate() {
                    config.validate().map_err(at("dns_sd_configs", index))?;
                }
                $(inactive::validate(stringify!($inactive), &self.$inactive)?;)*
                Ok(())
            }
        }
    };
}

with_discovery! {
    inactive: [
        aws_sd_configs azure_sd_configs consul_sd_configs digitalocean_sd_configs docker_sd_configs
        dockerswarm_sd_configs ec2_sd_configs ecs_sd_configs elasticache_sd_configs eureka_sd_configs gce_sd_configs
        hetzner_sd_configs ionos_sd_configs kubernetes_sd_configs kuma_sd_configs lightsail_sd_configs
        linode_sd_configs marathon_sd_configs msk_sd_configs nerve_sd_configs nomad_sd_configs oci_sd_configs
        openstack_sd_configs outscale_sd_configs ovhcloud_sd_configs puppetdb_sd_configs rds_sd_configs
        scaleway_sd_configs serverset_sd_configs stackit_sd_configs triton_sd_configs uyuni_sd_configs
        vultr_sd_configs
    ]
    /// One entry of `scrape_configs`, as typed. A field that is absent falls back to the global section or a default.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a scrape config section with at least a job_name")]
    pub struct ScrapeConfig {
        /// The value of the `job` label; unique.
        pub job_name: Option<String>,
        /// Whether labels of the exposition win over the target's; else they are kept as `exported_...`.
        pub honor_labels: Option<bool>,
        /// Whether timestamps of the exposition are taken; true when absent.
        pub honor_timestamps: Option<bool>,
        /// Whether series with timestamps of their own end with a staleness marker.
        pub track_timestamps_staleness: Option<bool>,
        /// Parameters of the request.
        pub params: Option<BTreeMap<String, Vec<String>>>,
        /// How often to scrape.
        pub scrape_interval: Option<Span>,
        /// How long a scrape may take.
        pub scrape_timeout: Option<Span>,
        /// Which formats to ask for, in order of preference.
        pub scrape_protocols: Option<Vec<Protocol>>,
        /// The format of an answer that does not say its own.
        pub fallback_scrape_protocol: Option<Protocol>,
        /// Whether native histograms are scraped.
        pub scrape_native_histograms: Option<bool>,
        /// Whether classic histograms are kept beside native ones.
        pub always_scrape_classic_histograms: Option<bool>,
        /// Whether classic histograms become native ones with custom buckets.
        pub convert_classic_histograms_to_nhcb: Option<bool>,
        /// Where failed scrapes are logged.
        pub scrape_failure_log_file: Option<PathBuf>,
        /// The path of the request; `/metrics` when absent.
        pub metrics_path: Option<String>,
        /// `http` or `https`; `http` when absent.
        pub scheme: Option<String>,
        /// Whether a compressed answer is asked for; true when absent.
        pub enable_compression: Option<bool>,
        /// See [`ScrapeLimits`].
        pub body_size_limit: Option<ByteSize>,
        /// See [`ScrapeLimits`].
        pub sample_limit: Option<u64>,
        /// See [`ScrapeLimits`].
        pub target_limit: Option<u64>,
        /// See [`ScrapeLimits`].
        pub label_limit: Option<u64>,
        /// See [`ScrapeLimits`].
        pub label_name_length_limit: Option<u64>,
        /// See [`ScrapeLimits`].
        pub label_value_length_limit: Option<u64>,
        /// See [`ScrapeLimits`].
        pub native_histogram_bucket_limit: Option<u64>,
        /// See [`ScrapeLimits`].
        pub native_histogram_min_bucket_factor: Option<f64>,
        /// How many targets that relabelling dropped are kept for display.
        pub keep_dropped_targets: Option<u64>,
        /// Which names are valid.
        pub metric_name_validation_scheme: Option<NameScheme>,
        /// How names are asked to be escaped.
        pub metric_name_escaping_scheme: Option<EscapingScheme>,
        /// Whether each scrape also reports its timeout, its limit and its size.
        pub extra_scrape_metrics: Option<bool>,
        /// What happens to targets before they are scraped.
        #[serde(default, deserialize_with = "nullable")]
        pub relabel_configs: Vec<RelabelConfig>,
        /// What happens to series before they are kept.
        #[serde(default, deserialize_with = "nullable")]
        pub metric_relabel_configs: Vec<RelabelConfig>,
    }
}

/// Which names of metrics and labels are valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameScheme {
    /// Every text.
    #[default]
    Utf8,
    /// Letters, digits, underscores and, in metric names, colons.
    Legacy,
}

impl NameScheme {
    /// Whether `name` is a valid label name.
    pub fn is_label_name(self, name: &str) -> bool {
        match self {
            NameScheme::Utf8 => !name.is_empty(),
            NameScheme::Legacy => model::names::is_legacy_label_name(name),
        }
    }

    /// Whether `name` is a valid metric name.
    pub fn is_metric_name(self, name: &str) -> bool {
        match self {
            NameScheme::Utf8 => !name.is_empty(),
            NameScheme::Legacy => model::names::is_legacy_metric_name(name),
        }
    }
}

/// How a target is asked to write names that older readers could not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EscapingScheme {
    /// Not at all.
    #[serde(rename = "allow-utf-8")]
    AllowUtf8,
    /// Other characters become underscores.
    Underscores,
    /// Dots become `_dot_`, underscores are doubled.
    Dots,
    /// A `U__` in front, and characters by their numbers.
    Values,
}

impl EscapingScheme {
    /// The name that configuration and content types use.
    pub fn name(self) -> &'static str {
        match self {
            EscapingScheme::AllowUtf8 => "allow-utf-8",
            EscapingScheme::Underscores => "underscores",
            EscapingScheme::Dots => "dots",
            EscapingScheme::Values => "values",
        }
    }
}

/// What one scrape may bring. A scrape that brings more fails as a whole. 0 means no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScrapeLimits {
    /// The body, uncompressed.
    pub body_bytes_max: u64,
    /// Samples left after relabelling.
    pub samples_max: u64,
    /// Targets of the job left after relabelling.
    pub targets_max: u64,
    /// Labels of one series.
    pub labels_max: u64,
    /// The length of a label's name.
    pub label_name_bytes_max: u64,
    /// The length of a label's value.
    pub label_value_bytes_max: u64,
    /// Buckets of one native histogram; a finer one is made coarser before it is refused.
    pub histogram_buckets_max: u64,
    /// The least growth from one bucket to the next; a finer native histogram is made coarser.
    pub histogram_bucket_factor_min: f64,
}

/// A scrape section with everything decided.
#[derive(Clone, Debug, PartialEq)]
pub struct ScrapeJob {
    /// The value of the `job` label.
    pub name: String,
    /// How often to scrape.
    pub interval: Span,
    /// How long a scrape may take.
    pub timeout: Span,
    /// Which formats to ask for, in order of preference.
    pub protocols: Vec<ScrapeProtocol>,
    /// The format of an answer that does not say its own.
    pub fallback_protocol: Option<ScrapeProtocol>,
    /// Whether labels of the exposition win over the target's.
    pub honor_labels: bool,
    /// Whether timestamps of the exposition are taken.
    pub honor_timestamps: bool,
    /// Whether series with timestamps of their own end with a staleness marker.
    pub track_timestamps_staleness: bool,
    /// Parameters of the request.
    pub params: BTreeMap<String, Vec<String>>,
    /// The path of the request.
    pub metrics_path: String,
    /// `http` or `https`.
    pub scheme: String,
    /// Whether a compressed answer is asked for.
    pub enable_compression: bool,
    /// What one scrape may bring.
    pub limits: ScrapeLimits,
    /// How many targets that relabelling dropped are kept for display; 0 keeps all.
    pub dropped_targets_kept_max: u64,
    /// Which names are valid.
    pub name_scheme: NameScheme,
    /// How names are asked to be escaped.
    pub escaping: EscapingScheme,
    /// Whether native histograms are scraped.
    pub native_histograms: bool,
    /// Whether classic histograms are kept beside native ones.
    pub classic_histograms: bool,
    /// Whether classic histograms become native ones with custom buckets.
    pub convert_classic_histograms: bool,
    /// Whether each scrape also reports its timeout, its limit and its size.
    pub extra_metrics: bool,
    /// Where failed scrapes are logged.
    pub failure_log_file: Option<PathBuf>,
    /// The way to the targets.
    pub client: HttpClientConfig,
    /// What happens to targets before they are scraped.
    pub relabel: Vec<Rule>,
    /// What happens to series before they are kept.
    pub metric_relabel: Vec<Rule>,
    /// Targets written down.
    pub static_configs: Vec<StaticConfig>,
    /// Targets from files.
    pub file_sd_configs: Vec<FileSdConfig>,
    /// Targets from web servers, each with the client to ask them.
    pub http_sd_configs: Vec<(HttpSdConfig, HttpClientConfig)>,
    /// Targets from DNS.
    pub dns_sd_configs: Vec<DnsSdConfig>,
    /// Discovery that was accepted and yields nothing yet.
    pub inactive: Vec<InactiveDiscovery>,
}

impl ScrapeJob {
    /// What the section asks for that is accepted and not done as written: the field, and what is done instead.
    pub fn remarks(&self) -> Vec<(&'static str, &'static str)> {
        let tls = &self.client.tls;
        let bounds =
            [("tls_config.min_version", tls.min_version), ("tls_config.max_version", tls.max_version)];
        let is_old = |version: Option<TlsVersion>| version.is_some_and(|version| version < TlsVersion::Tls12);
        let old = bounds.into_iter().filter(|(_, version)| is_old(*version));
        old.map(|(field, _)| (field, "TLS 1.2 is the oldest version that is spoken, and is used instead"))
            .collect()
    }
}

impl GlobalConfig {
    /// How often to scrape.
    pub fn interval(&self) -> Span {
        self.scrape_interval.filter(|interval| interval.millis > 0).unwrap_or(Span::from_secs(60))
    }

    /// How long a scrape may take.
    pub fn timeout(&self) -> Span {
        let given = self.scrape_timeout.filter(|timeout| timeout.millis > 0);
        given.unwrap_or_else(|| Span::from_secs(10).min(self.interval()))
    }

    /// How often rules are evaluated.
    pub fn evaluation_interval(&self) -> Span {
        self.evaluation_interval.filter(|interval| interval.millis > 0).unwrap_or(Span::from_secs(60))
    }

    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.timeout() > self.interval() {
            let message = "global scrape timeout is greater than the scrape interval";
            return Err(ConfigError::new("scrape_timeout", message));
        }
        if let Some(protocols) = &self.scrape_protocols {
            check_protocols(protocols)?;
        }
        resolve_escaping(
            self.metric_name_validation_scheme.unwrap_or_default(),
            self.metric_name_escaping_scheme,
            None,
        )?;
        let scheme = NameScheme::Utf8;
        match self.external_labels.keys().find(|name| !scheme.is_label_name(name)) {
            Some(name) => {
                Err(ConfigError::new("external_labels", format!("{name:?} is not a valid label name")))
            }
            None => Ok(()),
        }
    }
}

/// Resolves every section, and fails where two have one name. `directory` is where relative paths start.
pub fn resolve_jobs(
    sections: &[ScrapeConfig],
    global: &GlobalConfig,
    directory: &Path,
) -> Result<Vec<ScrapeJob>, ConfigError> {
    let mut names = BTreeSet::new();
    let mut jobs = Vec::with_capacity(sections.len());
    for (index, section) in sections.iter().enumerate() {
        let at = |error: ConfigError| error.within(format!("scrape_configs[{index}]"));
        let job = section.resolve(global, directory).map_err(at)?;
        if !names.insert(job.name.clone()) {
            let message =
                format!("found multiple scrape configs with job name {}", model::names::quote(&job.name));
            return Err(at(ConfigError::new("job_name", message)));
        }
        jobs.push(job);
    }
    Ok(jobs)
}

impl ScrapeConfig {
    /// Checks the section and fills in what it leaves open. `directory` is where relative paths start.
    pub fn resolve(&self, global: &GlobalConfig, directory: &Path) -> Result<ScrapeJob, ConfigError> {
        self.validate_discovery()?;
        let name = self.job_name.clone().unwrap_or_default();
        if name.is_empty() {
            return Err(ConfigError::new("job_name", "is empty, and every scrape config needs one"));
        }
        let (interval, timeout) = self.resolve_times(global)?;
        let name_scheme =
            self.metric_name_validation_scheme.or(global.metric_name_validation_scheme).unwrap_or_default();
        let escaping = resolve_escaping(
            name_scheme,
            self.metric_name_escaping_scheme,
            global.metric_name_escaping_scheme,
        )?;
        let native_histograms =
            self.scrape_native_histograms.or(global.scrape_native_histograms).unwrap_or(false);
        let scheme =
            self.scheme.clone().filter(|scheme| !scheme.is_empty()).unwrap_or_else(|| "http".to_owned());
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(ConfigError::new(
                "scheme",
                format!("{scheme:?} is not a scheme; expected http or https"),
            ));
        }
        let failure_log_file =
            self.scrape_failure_log_file.as_ref().or(global.scrape_failure_log_file.as_ref());
        let http_sd_configs = self
            .http_sd_configs
            .iter()
            .map(|config| config.http_client(directory).map(|client| (config.clone(), client)));
        Ok(ScrapeJob {
            name,
            interval,
            timeout,
            protocols: self.resolve_protocols(global, native_histograms)?,
            fallback_protocol: self.fallback_scrape_protocol.map(|protocol| protocol.0),
            honor_labels: self.honor_labels.unwrap_or(false),
            honor_timestamps: self.honor_timestamps.unwrap_or(true),
            track_timestamps_staleness: self.track_timestamps_staleness.unwrap_or(false),
            params: self.params.clone().unwrap_or_default(),
            metrics_path: self
                .metrics_path
                .clone()
                .filter(|path| !path.is_empty())
                .unwrap_or_else(|| "/metrics".to_owned()),
            scheme,
            enable_compression: self.enable_compression.unwrap_or(true),
            limits: self.resolve_limits(global),
            dropped_targets_kept_max: non_zero(self.keep_dropped_targets, global.keep_dropped_targets),
            name_scheme,
            escaping,
            native_histograms,
            classic_histograms: self
                .always_scrape_classic_histograms
                .or(global.always_scrape_classic_histograms)
                .unwrap_or(false),
            convert_classic_histograms: self
                .convert_classic_histograms_to_nhcb
                .or(global.convert_classic_histograms_to_nhcb)
                .unwrap_or(false),
            extra_metrics: self.extra_scrape_metrics.or(global.extra_scrape_metrics).unwrap_or(false),
            failure_log_file: failure_log_file.map(|file| directory.join(file)),
            client: self.http_client(directory)?,
            relabel: compile(&self.relabel_configs, "relabel_configs", name_scheme)?,
            metric_relabel: compile(&self.metric_relabel_configs, "metric_relabel_configs", name_scheme)?,
            static_configs: self.static_configs.clone(),
            file_sd_configs: self
                .file_sd_configs
                .iter()
                .map(|config| FileSdConfig {
                    files: config.files.iter().map(|file| directory.join(file)).collect(),
                    ..config.clone()
                })
                .collect(),
            http_sd_configs: http_sd_configs.collect::<Result<_, _>>()?,
            dns_sd_configs: self.dns_sd_configs.clone(),
            inactive: self.inactive_discovery(),
        })
    }

    fn resolve_times(&self, global: &GlobalConfig) -> Result<(Span, Span), ConfigError> {
        let given = |span: Option<Span>| span.filter(|span| span.millis > 0);
        let interval = given(self.scrape_interval).unwrap_or(global.interval());
        let timeout = given(self.scrape_timeout).unwrap_or(global.timeout().min(interval));
        if timeout > interval {
            let message = format!("scrape timeout {timeout} is greater than the scrape interval {interval}");
            return Err(ConfigError::new("scrape_timeout", message));
        }
        Ok((interval, timeout))
    }

    /// Native histograms only travel as protobuf, so asking for them puts it first.
    fn resolve_protocols(
        &self,
        global: &GlobalConfig,
        native_histograms: bool,
    ) -> Result<Vec<ScrapeProtocol>, ConfigError> {
        if let Some(protocols) = &self.scrape_protocols {
            check_protocols(protocols)?;
        }
        if let Some(protocols) = self.scrape_protocols.as_ref().or(global.scrape_protocols.as_ref()) {
            return Ok(protocols.iter().map(|protocol| protocol.0).collect());
        }
        Ok(match native_histograms {
            true => wire::format::DEFAULT_NATIVE_PROTOCOLS.to_vec(),
            false => wire::format::DEFAULT_PROTOCOLS.to_vec(),
        })
    }

    fn resolve_limits(&self, global: &GlobalConfig) -> ScrapeLimits {
        ScrapeLimits {
            body_bytes_max: non_zero(
                self.body_size_limit.map(|size| size.bytes),
                global.body_size_limit.map(|size| size.bytes),
            ),
            samples_max: non_zero(self.sample_limit, global.sample_limit),
            targets_max: non_zero(self.target_limit, global.target_limit),
            labels_max: non_zero(self.label_limit, global.label_limit),
            label_name_bytes_max: non_zero(self.label_name_length_limit, global.label_name_length_limit),
            label_value_bytes_max: non_zero(self.label_value_length_limit, global.label_value_length_limit),
            histogram_buckets_max: self.native_histogram_bucket_limit.unwrap_or(0),
            histogram_bucket_factor_min: self.native_histogram_min_bucket_factor.unwrap_or(0.0),
        }
    }
}

/// A limit of 0 leaves the word to the global one, as in Prometheus.
fn non_zero(own: Option<u64>, global: Option<u64>) -> u64 {
    own.filter(|&limit| limit != 0).or(global).unwrap_or(0)
}

fn compile(configs: &[RelabelConfig], field: &str, scheme: NameScheme) -> Result<Vec<Rule>, ConfigError> {
    let compiled = configs.iter().enumerate().map(|(index, config)| {
        config.compile(scheme).map_err(|error| error.within(format!("{field}[{index}]")))
    });
    compiled.collect()
}

fn check_protocols(protocols: &[Protocol]) -> Result<(), ConfigError> {
    if protocols.is_empty() {
        return Err(ConfigError::new("scrape_protocols", "is empty; name at least one or leave it out"));
    }
    let distinct: BTreeSet<_> = protocols.iter().map(|protocol| protocol.0.name()).collect();
    if distinct.len() < protocols.len() {
        return Err(ConfigError::new("scrape_protocols", "names a protocol twice (duplicated protocol)"));
    }
    Ok(())
}

/// What a section leaves open about escaping follows from which names are valid.
fn resolve_escaping(
    scheme: NameScheme,
    own: Option<EscapingScheme>,
    global: Option<EscapingScheme>,
) -> Result<EscapingScheme, ConfigError> {
    match (scheme, own.or(global)) {
        (NameScheme::Utf8, None) => Ok(EscapingScheme::AllowUtf8),
        (NameScheme::Legacy, None) => Ok(EscapingScheme::Underscores),
        (NameScheme::Legacy, Some(EscapingScheme::AllowUtf8)) => Err(ConfigError::new(
            "metric_name_escaping_scheme",
            "allow-utf-8 contradicts metric_name_validation_scheme legacy",
        )),
        (_, Some(escaping)) => Ok(escaping),
    }
}
