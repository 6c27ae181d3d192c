//! `remote_write` and `remote_read`: other servers beside this one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use collect::config::{ConfigError, RelabelConfig, Span, nullable};
use serde::Deserialize;
use serde_json::Value;

use super::alerting::compile;
use super::check_headers;

collect::with_http_client! {
    /// One receiver of samples.
    #[derive(Clone, Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    pub struct RemoteWriteSection {
        /// Where to.
        pub url: Option<String>,
        /// What to call it.
        pub name: Option<String>,
        /// How long one request may take.
        pub remote_timeout: Option<Span>,
        /// Headers to add.
        pub headers: Option<BTreeMap<String, String>>,
        /// What happens to series before they are sent.
        #[serde(default, deserialize_with = "nullable")]
        pub write_relabel_configs: Vec<RelabelConfig>,
        /// Which message to send.
        pub protobuf_message: Option<String>,
        /// Whether exemplars are sent.
        pub send_exemplars: Option<bool>,
        /// Whether native histograms are sent.
        pub send_native_histograms: Option<bool>,
        /// Whether every address of the name is used in turn.
        pub round_robin_dns: Option<bool>,
        /// The queue before it.
        #[serde(default, deserialize_with = "nullable")]
        pub queue_config: QueueSection,
        /// How metadata is sent.
        pub metadata_config: Option<MetadataSection>,
        /// Amazon's signatures.
        pub sigv4: Option<Value>,
        /// Microsoft's tokens.
        pub azuread: Option<Value>,
        /// Google's tokens.
        pub google_iam: Option<Value>,
    }
}

collect::with_http_client! {
    /// One further source of samples.
    #[derive(Clone, Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    pub struct RemoteReadSection {
        /// Where from.
        pub url: Option<String>,
        /// What to call it.
        pub name: Option<String>,
        /// How long one request may take.
        pub remote_timeout: Option<Span>,
        /// Headers to add.
        pub headers: Option<BTreeMap<String, String>>,
        /// Whether it is asked for what the store has itself.
        pub read_recent: Option<bool>,
        /// Which matchers a query must have for it to be asked.
        pub required_matchers: Option<BTreeMap<String, String>>,
        /// Whether external labels are added to the question.
        pub filter_external_labels: Option<bool>,
        /// How many bytes one answer may have.
        pub chunked_read_limit: Option<u64>,
    }
}

/// The queue before a receiver.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct QueueSection {
    capacity: Option<i64>,
    max_shards: Option<i64>,
    min_shards: Option<i64>,
    max_samples_per_send: Option<i64>,
    #[serde(rename = "batch_send_deadline")]
    _batch_send_deadline: Option<Span>,
    min_backoff: Option<Span>,
    max_backoff: Option<Span>,
    #[serde(rename = "retry_on_http_429")]
    _retry_on_http_429: Option<bool>,
    #[serde(rename = "sample_age_limit")]
    _sample_age_limit: Option<Span>,
}

/// How metadata is sent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct MetadataSection {
    #[serde(rename = "send")]
    _send: Option<bool>,
    #[serde(rename = "send_interval")]
    _send_interval: Option<Span>,
    #[serde(rename = "max_samples_per_send")]
    _max_samples_per_send: Option<i64>,
}

impl RemoteWriteSection {
    /// Says what is wrong with any of the sections.
    pub fn validate_all(sections: &[RemoteWriteSection]) -> Result<(), ConfigError> {
        let mut names = BTreeSet::new();
        for (index, section) in sections.iter().enumerate() {
            let at = |error: ConfigError| error.within(format!("remote_write[{index}]"));
            section.validate().map_err(at)?;
            check_name(section.name.as_deref(), &mut names).map_err(at)?;
        }
        Ok(())
    }

    fn validate(&self) -> Result<(), ConfigError> {
        check_url(self.url.as_deref())?;
        check_headers(self.headers.iter().flat_map(BTreeMap::keys))?;
        compile(&self.write_relabel_configs, "write_relabel_configs")?;
        match self.protobuf_message.as_deref() {
            None | Some("prometheus.WriteRequest" | "io.prometheus.write.v2.Request") => {}
            Some(other) => {
                let message = format!(
                    "{other:?} is not a message of remote write; expected prometheus.WriteRequest or \
                     io.prometheus.write.v2.Request"
                );
                return Err(ConfigError::new("protobuf_message", message));
            }
        }
        let further = [("sigv4", &self.sigv4), ("azuread", &self.azuread), ("google_iam", &self.google_iam)];
        let own = self.basic_auth.is_some() || self.authorization.is_some() || self.oauth2.is_some();
        let set: Vec<&str> =
            further.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name).collect();
        if set.len() + usize::from(own) > 1 {
            let message = "at most one of basic_auth, authorization, oauth2, sigv4, azuread and google_iam may be configured";
            return Err(ConfigError::new(set[0], message));
        }
        self.queue_config.validate().map_err(|error| error.within("queue_config"))?;
        self.http_client(Path::new("")).map(drop)
    }
}

impl RemoteReadSection {
    /// Says what is wrong with any of the sections.
    pub fn validate_all(sections: &[RemoteReadSection]) -> Result<(), ConfigError> {
        let mut names = BTreeSet::new();
        for (index, section) in sections.iter().enumerate() {
            let at = |error: ConfigError| error.within(format!("remote_read[{index}]"));
            check_url(section.url.as_deref()).map_err(at)?;
            check_headers(section.headers.iter().flat_map(BTreeMap::keys)).map_err(at)?;
            section.http_client(Path::new("")).map_err(at)?;
            check_name(section.name.as_deref(), &mut names).map_err(at)?;
        }
        Ok(())
    }
}

impl QueueSection {
    fn validate(&self) -> Result<(), ConfigError> {
        let positive = [
            ("capacity", self.capacity),
            ("max_shards", self.max_shards),
            ("min_shards", self.min_shards),
            ("max_samples_per_send", self.max_samples_per_send),
        ];
        for (field, value) in positive {
            if value.is_some_and(|value| value <= 0) {
                return Err(ConfigError::new(field, "must be greater than 0"));
            }
        }
        if self.min_shards.unwrap_or(1) > self.max_shards.unwrap_or(50) {
            return Err(ConfigError::new(
                "min_shards",
                "must not be greater than max_shards (50 by default)",
            ));
        }
        let min_backoff = self.min_backoff.unwrap_or(Span::from_millis(30));
        if min_backoff > self.max_backoff.unwrap_or(Span::from_secs(5)) {
            return Err(ConfigError::new(
                "max_backoff",
                "must not be less than min_backoff (30ms by default)",
            ));
        }
        Ok(())
    }
}

fn check_url(url: Option<&str>) -> Result<(), ConfigError> {
    match url {
        None | Some("") => {
            Err(ConfigError::new("url", "is missing, and there is nowhere to send to without it"))
        }
        Some(_) => Ok(()),
    }
}

fn check_name(name: Option<&str>, names: &mut BTreeSet<String>) -> Result<(), ConfigError> {
    match name {
        Some(name) if !name.is_empty() && !names.insert(name.to_owned()) => {
            Err(ConfigError::new("name", format!("{name:?} is the name of an earlier section already")))
        }
        _ => Ok(()),
    }
}
