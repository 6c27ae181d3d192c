//! The kinds of discovery that are active, as they are typed: static, file, HTTP and DNS.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::values::{Span, nullable};
use super::{ConfigError, check_url};

/// Targets written down, with labels they share.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a static config section with targets")]
pub struct StaticConfig {
    /// Addresses, `host:port`.
    #[serde(default, deserialize_with = "nullable")]
    pub targets: Vec<String>,
    /// Labels of all of them.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: BTreeMap<String, String>,
}

impl StaticConfig {
    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (index, address) in self.targets.iter().enumerate() {
            check_target_address(address)
                .map_err(|message| ConfigError::new(format!("targets[{index}]"), message))?;
        }
        match self.labels.keys().find(|name| name.is_empty()) {
            Some(_) => Err(ConfigError::new("labels", "a label name is empty")),
            None => Ok(()),
        }
    }
}

/// Says why `address` cannot be a target's address.
pub fn check_target_address(address: &str) -> Result<(), String> {
    if address.contains('/') {
        return Err(format!(
            "{} is not a valid hostname: a target is host:port, without scheme and path",
            model::names::quote(address)
        ));
    }
    Ok(())
}

/// Targets from files that change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSdConfig {
    /// Files or patterns whose last path element may hold a `*`.
    #[serde(default, deserialize_with = "nullable")]
    pub files: Vec<PathBuf>,
    /// How often to read them again even if no change was seen; 5m when absent.
    pub refresh_interval: Option<Span>,
}

impl FileSdConfig {
    /// How often to read the files again.
    pub fn refresh(&self) -> Span {
        self.refresh_interval.unwrap_or(Span::from_secs(300))
    }

    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.files.is_empty() {
            return Err(ConfigError::new("files", "file discovery needs at least one file"));
        }
        check_refresh(self.refresh_interval)?;
        for (index, file) in self.files.iter().enumerate() {
            let field = format!("files[{index}]");
            let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or("");
            if !matches!(extension.to_ascii_lowercase().as_str(), "json" | "yml" | "yaml") {
                let message =
                    format!("path name {:?} must end in .json, .yml or .yaml", file.display().to_string());
                return Err(ConfigError::new(field, message));
            }
            let parent =
                file.parent().map(|parent| parent.to_string_lossy().into_owned()).unwrap_or_default();
            if parent.contains(['*', '?', '[']) {
                let message = "only the last element of the path may be a pattern";
                return Err(ConfigError::new(field, message));
            }
        }
        Ok(())
    }
}

crate::with_http_client! {
    /// Targets from a web server that answers JSON.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct HttpSdConfig {
        /// Where to ask.
        #[serde(default, deserialize_with = "nullable")]
        pub url: String,
        /// How often to ask; 1m when absent.
        pub refresh_interval: Option<Span>,
    }
}

impl HttpSdConfig {
    /// How often to ask.
    pub fn refresh(&self) -> Span {
        self.refresh_interval.unwrap_or(Span::from_secs(60))
    }

    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.url.is_empty() {
            return Err(ConfigError::new("url", "URL is missing"));
        }
        check_url("url", &self.url)?;
        check_refresh(self.refresh_interval)?;
        self.http_client(std::path::Path::new("")).map(drop)
    }
}

/// The kind of record that DNS discovery asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DnsRecord {
    /// Services: host and port.
    #[default]
    Srv,
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Mail servers.
    Mx,
    /// Name servers.
    Ns,
}

/// Targets from DNS records.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsSdConfig {
    /// The names to look up.
    #[serde(default, deserialize_with = "nullable")]
    pub names: Vec<String>,
    /// How often; 30s when absent.
    pub refresh_interval: Option<Span>,
    /// `SRV`, `A`, `AAAA`, `MX` or `NS`; `SRV` when absent.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The port of targets, for every kind but SRV.
    pub port: Option<u32>,
}

impl DnsSdConfig {
    /// How often to look up.
    pub fn refresh(&self) -> Span {
        self.refresh_interval.unwrap_or(Span::from_secs(30))
    }

    /// What to ask for.
    pub fn record(&self) -> Result<DnsRecord, ConfigError> {
        let kind = self.kind.as_deref().unwrap_or("SRV");
        Ok(match kind.to_ascii_uppercase().as_str() {
            "SRV" => DnsRecord::Srv,
            "A" => DnsRecord::A,
            "AAAA" => DnsRecord::Aaaa,
            "MX" => DnsRecord::Mx,
            "NS" => DnsRecord::Ns,
            _ => {
                let message = format!("{kind:?} is not a record type; expected SRV, A, AAAA, MX or NS");
                return Err(ConfigError::new("type", message));
            }
        })
    }

    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.names.is_empty() {
            return Err(ConfigError::new("names", "DNS discovery needs at least one name"));
        }
        check_refresh(self.refresh_interval)?;
        if self.record()? != DnsRecord::Srv && self.port.unwrap_or(0) == 0 {
            return Err(ConfigError::new(
                "port",
                "a port is required in DNS discovery of every type but SRV",
            ));
        }
        match self.port {
            Some(port) if port > 65_535 => Err(ConfigError::new("port", format!("{port} is not a port"))),
            _ => Ok(()),
        }
    }
}

fn check_refresh(interval: Option<Span>) -> Result<(), ConfigError> {
    match interval {
        Some(interval) if interval.millis <= 0 => {
            Err(ConfigError::new("refresh_interval", "must be longer than 0s"))
        }
        _ => Ok(()),
    }
}
