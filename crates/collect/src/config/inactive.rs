//! The kinds of discovery that are read and checked but not active yet, as one table: fields, what must be there, what must agree.
//!
//! A file that uses one of them loads, its mistakes are errors as they are in Prometheus, and the caller is told
//! that no target will come from it.

use serde_json::{Map, Value};

use super::ConfigError;

/// A discovery section that is accepted and yields nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InactiveDiscovery {
    /// The field it was written under, such as `consul_sd_configs`.
    pub field: &'static str,
    /// How many entries it has.
    pub entries: usize,
}

/// What is known of one kind.
struct Kind {
    field: &'static str,
    /// Its own fields, separated by spaces.
    fields: &'static str,
    /// Whether the fields of an HTTP client stand beside them.
    http: bool,
    rules: &'static [Rule],
}

enum Rule {
    /// The field must be there and not be empty.
    Required(&'static str),
    /// The field, where it is there, must be one of these words.
    OneOf(&'static str, &'static [&'static str]),
    /// Exactly one of the two must be there.
    ExactlyOne(&'static str, &'static str),
    /// At most one of the fields may be there.
    AtMostOne(&'static [&'static str]),
    /// The field, where it is there, must be an `http` or `https` URL.
    Url(&'static str),
    /// Where the first field has this word (or is absent and the word is the default), the second must be there.
    RequiredWhen(&'static str, &'static str, bool, &'static str),
    /// Anything else.
    Check(fn(&Map<String, Value>) -> Result<(), ConfigError>),
}

use Rule::{AtMostOne, Check, ExactlyOne, OneOf, Required, RequiredWhen, Url};

const HTTP_FIELDS: &str = "basic_auth authorization oauth2 bearer_token bearer_token_file tls_config proxy_url no_proxy \
    proxy_from_environment proxy_connect_header follow_redirects enable_http2 http_headers";

const fn kind(field: &'static str, http: bool, fields: &'static str, rules: &'static [Rule]) -> Kind {
    Kind { field, fields, http, rules }
}

const AWS: &str = "region endpoint access_key secret_key profile role_arn external_id refresh_interval port request_concurrency";

static KINDS: &[Kind] = &[
    kind(
        "aws_sd_configs",
        true,
        "role region endpoint access_key secret_key profile role_arn external_id refresh_interval port filters clusters \
         request_concurrency",
        &[Required("role"), OneOf("role", &["ec2", "ecs", "elasticache", "lightsail", "msk", "rds"])],
    ),
    kind(
        "azure_sd_configs",
        true,
        "environment port subscription_id tenant_id client_id client_secret refresh_interval authentication_method \
         resource_group",
        &[
            Required("subscription_id"),
            OneOf("authentication_method", &["OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"]),
            RequiredWhen("authentication_method", "OAuth", true, "tenant_id"),
            RequiredWhen("authentication_method", "OAuth", true, "client_id"),
            RequiredWhen("authentication_method", "OAuth", true, "client_secret"),
        ],
    ),
    kind(
        "consul_sd_configs",
        true,
        "server path_prefix token datacenter namespace partition tag_separator scheme username password allow_stale \
         refresh_interval services tags node_meta filter health_filter",
        &[AtMostOne(&["token", "authorization", "oauth2"]), AtMostOne(&["username", "basic_auth"])],
    ),
    kind(
        "digitalocean_sd_configs",
        true,
        "refresh_interval port role",
        &[OneOf("role", &["droplets", "databases"])],
    ),
    kind(
        "docker_sd_configs",
        true,
        "host port filters host_networking_host refresh_interval match_first_network",
        &[Required("host")],
    ),
    kind(
        "dockerswarm_sd_configs",
        true,
        "host role port filters refresh_interval",
        &[Required("host"), Required("role"), OneOf("role", &["services", "nodes", "tasks"])],
    ),
    kind(
        "ec2_sd_configs",
        true,
        "endpoint region access_key secret_key profile role_arn external_id refresh_interval port filters",
        &[Check(filters_have_values)],
    ),
    kind("ecs_sd_configs", true, AWS_CLUSTERS, &[]),
    kind("elasticache_sd_configs", true, AWS_CLUSTERS, &[]),
    kind("eureka_sd_configs", true, "server refresh_interval", &[Required("server"), Url("server")]),
    kind(
        "gce_sd_configs",
        false,
        "project zone filter refresh_interval port tag_separator",
        &[Required("project"), Required("zone")],
    ),
    kind(
        "hetzner_sd_configs",
        true,
        "refresh_interval port role label_selector",
        &[Required("role"), OneOf("role", &["robot", "hcloud"])],
    ),
    kind("ionos_sd_configs", true, "datacenter_id refresh_interval port", &[Required("datacenter_id")]),
    kind(
        "kubernetes_sd_configs",
        true,
        "api_server role kubeconfig_file namespaces selectors attach_metadata",
        &[
            Required("role"),
            OneOf("role", &["node", "pod", "service", "endpoints", "endpointslice", "ingress"]),
            Check(kubernetes),
        ],
    ),
    kind(
        "kuma_sd_configs",
        true,
        "refresh_interval fetch_timeout server client_id",
        &[Required("server"), Url("server")],
    ),
    kind("lightsail_sd_configs", true, AWS, &[]),
    kind("linode_sd_configs", true, "refresh_interval port tag_separator region", &[]),
    kind(
        "marathon_sd_configs",
        true,
        "servers refresh_interval auth_token auth_token_file",
        &[
            Required("servers"),
            AtMostOne(&["auth_token", "auth_token_file"]),
            AtMostOne(&["auth_token", "basic_auth", "bearer_token", "bearer_token_file", "authorization"]),
            AtMostOne(&[
                "auth_token_file",
                "basic_auth",
                "bearer_token",
                "bearer_token_file",
                "authorization",
            ]),
        ],
    ),
    kind("msk_sd_configs", true, AWS_CLUSTERS, &[]),
    kind("nerve_sd_configs", false, "servers paths timeout", &[Required("servers"), Required("paths")]),
    kind(
        "nomad_sd_configs",
        true,
        "allow_stale namespace refresh_interval region server tag_separator",
        &[Required("server")],
    ),
    kind(
        "oci_sd_configs",
        true,
        "auth tenancy user fingerprint key_file key_passphrase key_passphrase_file region compartments port \
         refresh_interval",
        &[
            OneOf("auth", &["api_key", "instance_principal"]),
            Required("region"),
            AtMostOne(&["key_passphrase", "key_passphrase_file"]),
        ],
    ),
    kind(
        "openstack_sd_configs",
        false,
        "identity_endpoint username userid password project_name project_id domain_name domain_id \
         application_credential_name application_credential_id application_credential_secret role region \
         refresh_interval port all_tenants tls_config availability",
        &[
            OneOf("availability", &["public", "internal", "admin"]),
            Required("role"),
            OneOf("role", &["instance", "hypervisor", "loadbalancer"]),
            Required("region"),
        ],
    ),
    kind(
        "outscale_sd_configs",
        true,
        "endpoint region access_key secret_key secret_key_file refresh_interval port",
        &[Required("region"), Required("access_key"), ExactlyOne("secret_key", "secret_key_file")],
    ),
    kind(
        "ovhcloud_sd_configs",
        false,
        "endpoint application_key application_secret consumer_key refresh_interval service",
        &[
            Required("endpoint"),
            Required("application_key"),
            Required("application_secret"),
            Required("consumer_key"),
            Required("service"),
            OneOf("service", &["dedicated_server", "vps"]),
        ],
    ),
    kind(
        "puppetdb_sd_configs",
        true,
        "refresh_interval url query include_parameters port",
        &[Required("url"), Url("url"), Required("query")],
    ),
    kind(
        "rds_sd_configs",
        true,
        "region endpoint access_key secret_key profile role_arn external_id clusters port refresh_interval filters \
         request_concurrency",
        &[Check(filters_have_values)],
    ),
    kind(
        "scaleway_sd_configs",
        true,
        "project_id api_url zone access_key secret_key secret_key_file name_filter tags_filter refresh_interval port role",
        &[
            Required("role"),
            OneOf("role", &["instance", "baremetal"]),
            Required("project_id"),
            Required("access_key"),
            ExactlyOne("secret_key", "secret_key_file"),
        ],
    ),
    kind("serverset_sd_configs", false, "servers paths timeout", &[Required("servers"), Required("paths")]),
    kind(
        "stackit_sd_configs",
        true,
        "project refresh_interval port region endpoint service_account_key private_key service_account_key_path \
         private_key_path credentials_file_path",
        &[Url("endpoint")],
    ),
    kind(
        "triton_sd_configs",
        false,
        "account role dns_suffix endpoint groups port refresh_interval tls_config version",
        &[
            Required("account"),
            OneOf("role", &["container", "cn"]),
            Required("dns_suffix"),
            Required("endpoint"),
        ],
    ),
    kind(
        "uyuni_sd_configs",
        true,
        "server username password entitlement separator refresh_interval",
        &[Required("server"), Required("username"), Required("password")],
    ),
    kind("vultr_sd_configs", true, "refresh_interval port", &[]),
];

const AWS_CLUSTERS: &str = "region endpoint access_key secret_key profile role_arn external_id clusters port refresh_interval \
    request_concurrency";

/// Checks the entries of one inactive kind.
pub(super) fn validate(field: &str, entries: &[Value]) -> Result<(), ConfigError> {
    let kind = KINDS.iter().find(|kind| kind.field == field).expect("every inactive field is in the table");
    for (index, entry) in entries.iter().enumerate() {
        let at = |error: ConfigError| error.within(format!("{field}[{index}]"));
        let Value::Object(entry) = entry else {
            return Err(at(ConfigError::new("", "the entry is empty or not a mapping of fields")));
        };
        kind.check(entry).map_err(at)?;
    }
    Ok(())
}

impl Kind {
    fn check(&self, entry: &Map<String, Value>) -> Result<(), ConfigError> {
        let known = self.fields.split_whitespace();
        let known: Vec<&str> = match self.http {
            true => known.chain(HTTP_FIELDS.split_whitespace()).collect(),
            false => known.collect(),
        };
        if let Some(unknown) = entry.keys().find(|key| !known.contains(&key.as_str())) {
            let message = format!("unknown field, expected one of {}", known.join(", "));
            return Err(ConfigError::new(unknown, message));
        }
        for rule in self.rules {
            rule.check(entry)?;
        }
        if let Some(refresh) = text(entry, "refresh_interval") {
            refresh
                .parse::<super::Span>()
                .map_err(|error| ConfigError::new("refresh_interval", error.to_string()))?;
        }
        if self.http {
            http_client(entry)?;
        }
        Ok(())
    }
}

impl Rule {
    fn check(&self, entry: &Map<String, Value>) -> Result<(), ConfigError> {
        match self {
            Required(field) if !is_set(entry, field) => Err(ConfigError::new(*field, "is missing or empty")),
            OneOf(field, words) => match text(entry, field) {
                Some(word) if !words.iter().any(|known| known.eq_ignore_ascii_case(&word)) => {
                    Err(ConfigError::new(*field, format!("{word:?} is not one of {}", words.join(", "))))
                }
                _ => Ok(()),
            },
            ExactlyOne(a, b) if is_set(entry, a) == is_set(entry, b) => {
                Err(ConfigError::new(*a, format!("exactly one of {a} and {b} must be configured")))
            }
            AtMostOne(fields) => {
                let fields: Vec<(&str, bool)> =
                    fields.iter().map(|field| (*field, is_set(entry, field))).collect();
                super::at_most_one(&fields)
            }
            Url(field) => match text(entry, field) {
                Some(url) => super::check_url(field, &url).map(drop),
                None => Ok(()),
            },
            RequiredWhen(field, word, is_default, needed) => {
                let applies = text(entry, field).map_or(*is_default, |given| given == *word);
                if applies && !is_set(entry, needed) {
                    return Err(ConfigError::new(
                        *needed,
                        format!("is missing, and {field} {word} needs it"),
                    ));
                }
                Ok(())
            }
            Check(check) => check(entry),
            Required(_) | ExactlyOne(..) => Ok(()),
        }
    }
}

fn is_set(entry: &Map<String, Value>, field: &str) -> bool {
    match entry.get(field) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    }
}

fn text(entry: &Map<String, Value>, field: &str) -> Option<String> {
    match entry.get(field)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The HTTP client's fields of an entry, read strictly and checked.
fn http_client(entry: &Map<String, Value>) -> Result<(), ConfigError> {
    let mut fields: Map<String, Value> = entry
        .iter()
        .filter(|(key, _)| HTTP_FIELDS.split_whitespace().any(|field| field == key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for value in fields.values_mut() {
        scalars_to_text(value);
    }
    let section: super::HttpClientSection = serde_json::from_value(Value::Object(fields))
        .map_err(|error| ConfigError::new("", error.to_string()))?;
    section.http_client(std::path::Path::new("")).map(drop)
}

/// A reader that guesses types makes a number of a token such as `1234`; where it went, text was meant.
fn scalars_to_text(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(scalars_to_text),
        Value::Object(fields) => fields.values_mut().for_each(scalars_to_text),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn filters_have_values(entry: &Map<String, Value>) -> Result<(), ConfigError> {
    let filters = entry.get("filters").and_then(Value::as_array);
    for (index, filter) in filters.into_iter().flatten().enumerate() {
        let has_values = filter.as_object().is_some_and(|filter| is_set(filter, "values"));
        if !has_values {
            return Err(ConfigError::new(
                format!("filters[{index}].values"),
                "filter values cannot be empty",
            ));
        }
    }
    Ok(())
}

fn kubernetes(entry: &Map<String, Value>) -> Result<(), ConfigError> {
    let has_client = HTTP_FIELDS
        .split_whitespace()
        .find(|field| !matches!(*field, "follow_redirects" | "enable_http2") && is_set(entry, field));
    let api_server = is_set(entry, "api_server");
    let kubeconfig = is_set(entry, "kubeconfig_file");
    if kubeconfig && api_server {
        return Err(ConfigError::new("kubeconfig_file", "cannot stand beside api_server"));
    }
    if let Some(field) = has_client.filter(|_| kubeconfig) {
        return Err(ConfigError::new(field, "cannot stand beside kubeconfig_file"));
    }
    if let Some(field) = has_client.filter(|_| !api_server) {
        return Err(ConfigError::new(
            field,
            "needs api_server: a custom HTTP client configuration is for it",
        ));
    }
    if let Some(server) = text(entry, "api_server")
        && server.parse::<http::Uri>().is_err()
    {
        return Err(ConfigError::new("api_server", "not a valid URL"));
    }
    let namespaces = entry.get("namespaces").and_then(Value::as_object);
    if let Some(namespaces) = namespaces {
        if let Some(unknown) =
            namespaces.keys().find(|key| !matches!(key.as_str(), "own_namespace" | "names"))
        {
            let message = "unknown field, expected one of own_namespace, names";
            return Err(ConfigError::new(format!("namespaces.{unknown}"), message));
        }
        let own = namespaces.get("own_namespace") == Some(&Value::Bool(true));
        if own && (api_server || kubeconfig) {
            let message = "cannot stand beside api_server or kubeconfig_file: there is no own namespace then";
            return Err(ConfigError::new("namespaces.own_namespace", message));
        }
    }
    kubernetes_selectors(entry)
}

fn kubernetes_selectors(entry: &Map<String, Value>) -> Result<(), ConfigError> {
    let role = text(entry, "role").unwrap_or_default().to_ascii_lowercase();
    let allowed: &[&str] = match role.as_str() {
        "pod" => &["pod", "node", "namespace"],
        "service" => &["service"],
        "endpoints" => &["pod", "service", "endpoints", "node"],
        "endpointslice" => &["pod", "service", "endpointslice", "node"],
        "node" => &["node"],
        _ => &["ingress"],
    };
    let attach_node = entry
        .get("attach_metadata")
        .and_then(|attach| attach.get("node"))
        .is_some_and(|node| node == &Value::Bool(true));
    let mut seen = Vec::new();
    for (index, selector) in
        entry.get("selectors").and_then(Value::as_array).into_iter().flatten().enumerate()
    {
        let field = |name: &str| format!("selectors[{index}].{name}");
        let Some(selector) = selector.as_object() else {
            return Err(ConfigError::new(format!("selectors[{index}]"), "is not a mapping of fields"));
        };
        let selector_role = text(selector, "role").unwrap_or_default().to_ascii_lowercase();
        if seen.contains(&selector_role) {
            return Err(ConfigError::new(field("role"), format!("duplicated selector role {selector_role}")));
        }
        let needs_attach = selector_role == "node" && role.starts_with("endpoint");
        if !allowed.contains(&selector_role.as_str()) || needs_attach && !attach_node {
            let message = format!("{role} role does not support a selector of role {selector_role:?}");
            return Err(ConfigError::new(field("role"), message));
        }
        let is_expression = |part: &str| part.contains('=') && !part.starts_with('=');
        if let Some(fields) = text(selector, "field")
            && !fields.split(',').all(|part| is_expression(part.trim()))
        {
            let message = format!("{fields:?} is not a field selector such as metadata.name=x");
            return Err(ConfigError::new(field("field"), message));
        }
        seen.push(selector_role);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mistakes_in_inactive_kinds_are_named() {
        let check = |field: &str, entry: Value, want: &str| {
            let got = match validate(field, &[entry]) {
                Ok(()) => String::new(),
                Err(error) => error.to_string(),
            };
            assert_eq!(got, want);
        };
        check("eureka_sd_configs", json!({"server": "http://x/eureka"}), "");
        check(
            "eureka_sd_configs",
            json!({"server": null}),
            "eureka_sd_configs[0].server: is missing or empty",
        );
        check(
            "hetzner_sd_configs",
            json!({"role": "invalid"}),
            r#"hetzner_sd_configs[0].role: "invalid" is not one of robot, hcloud"#,
        );
        check(
            "ec2_sd_configs",
            json!({"region": "x", "bearer_token": 1, "bearer_token_file": "f"}),
            "ec2_sd_configs[0].bearer_token_file: stands beside bearer_token, but at most one of bearer_token, \
             bearer_token_file may be configured",
        );
        check(
            "vultr_sd_configs",
            json!({"ports": 1}),
            "vultr_sd_configs[0].ports: unknown field, expected one of refresh_interval, port, basic_auth, \
             authorization, oauth2, bearer_token, bearer_token_file, tls_config, proxy_url, no_proxy, \
             proxy_from_environment, proxy_connect_header, follow_redirects, enable_http2, http_headers",
        );
        check(
            "kubernetes_sd_configs",
            json!({"role": "endpoints", "selectors": [{"role": "pod", "field": "metadata.status-Running"}]}),
            r#"kubernetes_sd_configs[0].selectors[0].field: "metadata.status-Running" is not a field selector such as metadata.name=x"#,
        );
    }
}
