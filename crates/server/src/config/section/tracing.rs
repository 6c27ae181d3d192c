//! `tracing`: where the spans of this process would go.

use std::collections::BTreeMap;

use collect::config::{ConfigError, Span, TlsConfig};
use serde::Deserialize;

use super::check_headers;

/// The `tracing` section.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TracingSection {
    client_type: Option<ClientType>,
    endpoint: Option<String>,
    #[serde(rename = "sampling_fraction")]
    _sampling_fraction: Option<f64>,
    #[serde(rename = "insecure")]
    _insecure: Option<bool>,
    #[serde(rename = "tls_config")]
    _tls_config: Option<TlsConfig>,
    headers: Option<BTreeMap<String, String>>,
    compression: Option<String>,
    #[serde(rename = "timeout")]
    _timeout: Option<Span>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum ClientType {
    Grpc,
    Http,
}

impl TracingSection {
    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let _either_is_fine: Option<ClientType> = self.client_type;
        if self.endpoint.as_deref().unwrap_or("").is_empty() {
            return Err(ConfigError::new("endpoint", "is missing, and spans have nowhere to go without it"));
        }
        match self.compression.as_deref() {
            None | Some("" | "gzip") => {}
            Some(other) => {
                let message = format!("{other:?} is not a compression of OTLP; expected gzip");
                return Err(ConfigError::new("compression", message));
            }
        }
        check_headers(self.headers.iter().flat_map(BTreeMap::keys))
    }
}
