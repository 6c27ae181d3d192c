//! `alerting`: Alertmanagers and how they are found. An Alertmanager is found and reached as a scraped target is,
//! so its section is read as a scrape section with a few fields of its own.

use collect::config::{ConfigError, GlobalConfig, NameScheme, RelabelConfig, ScrapeConfig, nullable};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The `alerting` section.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertingSection {
    /// What happens to alerts before they are sent.
    #[serde(default, deserialize_with = "nullable")]
    pub alert_relabel_configs: Vec<RelabelConfig>,
    /// Who gets them.
    #[serde(default, deserialize_with = "nullable")]
    pub alertmanagers: Vec<AlertmanagerSection>,
}

/// Alertmanagers that are found the same way.
#[derive(Debug)]
pub struct AlertmanagerSection {
    /// The fields of its own.
    own: OwnFields,
    /// How to find and reach them.
    pub found: ScrapeConfig,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnFields {
    api_version: Option<String>,
    #[serde(rename = "path_prefix")]
    _path_prefix: Option<String>,
    #[serde(rename = "timeout")]
    _timeout: Option<collect::config::Span>,
    #[serde(default, deserialize_with = "nullable")]
    alert_relabel_configs: Vec<RelabelConfig>,
}

const OWN_FIELDS: [&str; 4] = ["api_version", "path_prefix", "timeout", "alert_relabel_configs"];
/// The fields of a scrape section that an Alertmanager has too, beside every kind of discovery.
const SHARED_FIELDS: [&str; 15] = [
    "scheme",
    "relabel_configs",
    "basic_auth",
    "authorization",
    "oauth2",
    "bearer_token",
    "bearer_token_file",
    "tls_config",
    "proxy_url",
    "no_proxy",
    "proxy_from_environment",
    "proxy_connect_header",
    "follow_redirects",
    "enable_http2",
    "http_headers",
];

impl<'de> Deserialize<'de> for AlertmanagerSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AlertmanagerSection, D::Error> {
        let (mut own, mut found) = (Map::new(), Map::new());
        for (name, value) in Map::<String, Value>::deserialize(deserializer)? {
            let discovery = name == "static_configs" || name.ends_with("_sd_configs");
            if discovery || SHARED_FIELDS.contains(&name.as_str()) {
                found.insert(name, value);
            } else if OWN_FIELDS.contains(&name.as_str()) {
                own.insert(name, value);
            } else {
                return Err(D::Error::unknown_field(&name, &OWN_FIELDS));
            }
        }
        found.insert("job_name".to_owned(), "alertmanager".into());
        let own = OwnFields::deserialize(Value::Object(own)).map_err(D::Error::custom)?;
        let found = ScrapeConfig::deserialize(Value::Object(found)).map_err(D::Error::custom)?;
        Ok(AlertmanagerSection { own, found })
    }
}

impl AlertingSection {
    /// Says what is wrong.
    pub fn validate(&self, global: &GlobalConfig) -> Result<(), ConfigError> {
        compile(&self.alert_relabel_configs, "alert_relabel_configs")?;
        for (index, alertmanager) in self.alertmanagers.iter().enumerate() {
            let at = |error: ConfigError| error.within(format!("alertmanagers[{index}]"));
            match alertmanager.own.api_version.as_deref() {
                None | Some("" | "v2") => {}
                Some(other) => {
                    let message =
                        format!("{other:?} is no longer an API version of Alertmanager; expected v2");
                    return Err(at(ConfigError::new("api_version", message)));
                }
            }
            compile(&alertmanager.own.alert_relabel_configs, "alert_relabel_configs").map_err(at)?;
            alertmanager.found.resolve(global, std::path::Path::new("")).map_err(at)?;
        }
        Ok(())
    }
}

/// Checks relabelling steps that are not run yet.
pub(super) fn compile(steps: &[RelabelConfig], field: &str) -> Result<(), ConfigError> {
    for (index, step) in steps.iter().enumerate() {
        step.compile(NameScheme::Utf8).map_err(|error| error.within(format!("{field}[{index}]")))?;
    }
    Ok(())
}
