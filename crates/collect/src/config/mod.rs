//! What `prometheus.yml` says about collecting, as plain values: each section as it is typed, and what it means once checked.
//!
//! A section is deserialized strictly (an unknown field is an error that lists the known ones), then resolved
//! against the global section into a [`ScrapeJob`], which has every default filled in. Reading files, lines and
//! columns is the caller's; messages here name the field's path within the section.

mod discovery;
mod http_client;
mod inactive;
mod relabel;
mod scrape;
mod values;

use std::fmt;

pub use discovery::{DnsRecord, DnsSdConfig, FileSdConfig, HttpSdConfig, StaticConfig, check_target_address};
pub use http_client::{
    Authorization, BasicAuth, Header, HttpClientConfig, HttpClientSection, OAuth2, ProxyConfig, TlsConfig,
    TlsVersion, check_bearer,
};
pub use inactive::InactiveDiscovery;
pub use relabel::RelabelConfig;
pub use scrape::{
    EscapingScheme, GlobalConfig, NameScheme, ScrapeConfig, ScrapeJob, ScrapeLimits, resolve_jobs,
};
pub use values::{ByteSize, ByteSizeError, Pattern, Protocol, Secret, Span, nullable};

/// What is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The path of the field: `scrape_configs[2].relabel_configs[0].regex`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl ConfigError {
    /// An error about `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> ConfigError {
        ConfigError { field: field.into(), message: message.into() }
    }

    /// The same error seen from one level further out.
    pub fn within(self, outer: impl AsRef<str>) -> ConfigError {
        let outer = outer.as_ref();
        let field = if self.field.is_empty() { outer.to_owned() } else { format!("{outer}.{}", self.field) };
        ConfigError { field, message: self.message }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Fails when more than one of the named fields is set; the error stands at the second.
fn at_most_one(fields: &[(&str, bool)]) -> Result<(), ConfigError> {
    let set: Vec<&str> = fields.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
    match set.as_slice() {
        [first, second, ..] => {
            let all: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
            Err(ConfigError::new(
                *second,
                format!("stands beside {first}, but at most one of {} may be configured", all.join(", ")),
            ))
        }
        _ => Ok(()),
    }
}

/// Fails when `url` is not an `http` or `https` address with a host.
fn check_url(field: &str, url: &str) -> Result<http::Uri, ConfigError> {
    let fail =
        |message: &str| Err(ConfigError::new(field, format!("{message}: {}", model::names::quote(url))));
    let Ok(uri) = url.parse::<http::Uri>() else {
        let has_scheme = url.starts_with("http://") || url.starts_with("https://");
        return fail(if has_scheme { "host is missing or the URL is not valid" } else { "not a valid URL" });
    };
    match uri.scheme_str() {
        Some("http" | "https") => {}
        Some(_) => return fail("URL scheme must be http or https"),
        None => return fail("URL scheme is missing, it must be http or https"),
    }
    if uri.host().is_none_or(str::is_empty) {
        return fail("host is missing in URL");
    }
    Ok(uri)
}
