//! The sections of the file beside scraping, as they are typed, each with its own checks.

mod alerting;
mod dashboards;
mod otlp;
mod remote;
mod storage;
mod tracing;

use collect::config::{ConfigError, GlobalConfig, ScrapeConfig, nullable};
use serde::Deserialize;

pub use alerting::AlertingSection;
pub use dashboards::DashboardsSection;
pub use otlp::{OtlpSection, TranslationStrategy};
pub use remote::{RemoteReadSection, RemoteWriteSection};
pub use storage::StorageSection;
pub use tracing::TracingSection;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSections {
    /// What every job inherits.
    #[serde(default, deserialize_with = "nullable")]
    pub global: GlobalConfig,
    /// Settings of Go's runtime; there is none here.
    pub runtime: Option<RuntimeSection>,
    /// Where alerts go.
    #[serde(default, deserialize_with = "nullable")]
    pub alerting: AlertingSection,
    /// Patterns of rule files.
    #[serde(default, deserialize_with = "nullable")]
    pub rule_files: Vec<String>,
    /// Patterns of files with further scrape sections.
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_config_files: Vec<String>,
    /// What is scraped.
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_configs: Vec<ScrapeConfig>,
    /// How samples are kept.
    #[serde(default, deserialize_with = "nullable")]
    pub storage: StorageSection,
    /// Where this process's own spans go.
    pub tracing: Option<TracingSection>,
    /// Where samples are sent on.
    #[serde(default, deserialize_with = "nullable")]
    pub remote_write: Vec<RemoteWriteSection>,
    /// Where queries find samples beside the store.
    #[serde(default, deserialize_with = "nullable")]
    pub remote_read: Vec<RemoteReadSection>,
    /// How OTLP metrics become series.
    #[serde(default, deserialize_with = "nullable")]
    pub otlp: OtlpSection,
    /// Folders of dashboards. Ours: Prometheus has none.
    #[serde(default, deserialize_with = "nullable")]
    pub dashboards: Vec<DashboardsSection>,
}

/// A file that `scrape_config_files` names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScrapeFile {
    /// What is scraped.
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_configs: Vec<ScrapeConfig>,
}

/// The `runtime` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeSection {
    #[serde(rename = "gogc")]
    _gogc: Option<i64>,
}

/// Only the last element of a path may be a pattern, as Prometheus has it.
pub(super) fn check_file_pattern(field: &str, pattern: &str) -> Result<(), ConfigError> {
    let behind_star = pattern.split_once('*').map_or("", |(_, rest)| rest);
    if behind_star.contains('/') || behind_star.contains('*') {
        let message = format!(
            "{pattern:?} is not a valid file pattern: one * may stand in the last element of the path"
        );
        return Err(ConfigError::new(field, message));
    }
    Ok(())
}

/// Headers that are made by the server itself and cannot be configured.
fn check_headers<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), ConfigError> {
    const RESERVED: [&str; 13] = [
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "user-agent",
        "www-authenticate",
        "x-prometheus-remote-read-version",
        "x-prometheus-remote-write-version",
    ];
    for name in names {
        let field = || format!("headers.{name}");
        if name.eq_ignore_ascii_case("authorization") {
            let message = "authorization is set with basic_auth, authorization or oauth2, not as a header";
            return Err(ConfigError::new(field(), message));
        }
        if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(ConfigError::new(field(), format!("{name} is a reserved header and cannot be set")));
        }
    }
    Ok(())
}
