//! How to talk to an HTTP server: credentials, TLS, proxy, redirects; the part that scrapes, discovery and remote endpoints share.
//!
//! These fields stand directly in the section that uses them, beside that section's own. `with_http_client`
//! writes such a section as one flat struct, so that an unknown field is an error with the full list of known ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::values::{Secret, nullable};
use super::{ConfigError, at_most_one};

/// Everything about the way to a server, gathered from a section's fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpClientConfig {
    /// User name and password.
    pub basic_auth: Option<BasicAuth>,
    /// An `Authorization` header, `Bearer` unless it says otherwise.
    pub authorization: Option<Authorization>,
    /// A token fetched with client credentials.
    pub oauth2: Option<OAuth2>,
    /// Certificates and names.
    pub tls: TlsConfig,
    /// The way through a proxy.
    pub proxy: ProxyConfig,
    /// Whether to go where a redirect points.
    pub follow_redirects: bool,
    /// Whether HTTP/2 may be used where TLS negotiates it.
    pub enable_http2: bool,
    /// Headers to add.
    pub http_headers: BTreeMap<String, Header>,
}

impl HttpClientConfig {
    /// Every file that a request needs.
    pub fn files(&self) -> Vec<&Path> {
        fn of_tls(tls: &TlsConfig) -> [&Option<PathBuf>; 3] {
            [&tls.ca_file, &tls.cert_file, &tls.key_file]
        }
        let basic = self.basic_auth.iter().flat_map(|basic| [&basic.username_file, &basic.password_file]);
        let authorization = self.authorization.iter().map(|authorization| &authorization.credentials_file);
        let oauth2 = self
            .oauth2
            .iter()
            .flat_map(|oauth2| [&oauth2.client_secret_file].into_iter().chain(of_tls(&oauth2.tls_config)));
        let single = basic.chain(authorization).chain(oauth2).chain(of_tls(&self.tls));
        let headers = self.http_headers.values().flat_map(|header| &header.files);
        single.flatten().chain(headers).map(PathBuf::as_path).collect()
    }
}

/// User name and password, given or read from a file at every request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicAuth {
    /// The user name.
    #[serde(default, deserialize_with = "nullable")]
    pub username: String,
    /// A file that holds it.
    pub username_file: Option<PathBuf>,
    /// The password.
    pub password: Option<Secret>,
    /// A file that holds it.
    pub password_file: Option<PathBuf>,
}

/// The `Authorization` header.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    /// The scheme; `Bearer` when absent.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// What follows the scheme.
    pub credentials: Option<Secret>,
    /// A file that holds it.
    pub credentials_file: Option<PathBuf>,
}

/// The client-credentials grant of OAuth 2.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// Who asks.
    #[serde(default, deserialize_with = "nullable")]
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Option<Secret>,
    /// A file that holds it.
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for.
    #[serde(default, deserialize_with = "nullable")]
    pub scopes: Vec<String>,
    /// Where tokens are given out.
    #[serde(default, deserialize_with = "nullable")]
    pub token_url: String,
    /// Further parameters of the token request.
    #[serde(default, deserialize_with = "nullable")]
    pub endpoint_params: BTreeMap<String, String>,
    /// TLS to the token server.
    #[serde(default, deserialize_with = "nullable")]
    pub tls_config: TlsConfig,
    /// Proxy to the token server.
    pub proxy_url: Option<String>,
    /// Hosts that are reached without the proxy.
    pub no_proxy: Option<String>,
    /// Whether the usual environment variables name the proxy.
    #[serde(default, deserialize_with = "nullable")]
    pub proxy_from_environment: bool,
    /// Headers for the proxy's `CONNECT`.
    #[serde(default, deserialize_with = "nullable")]
    pub proxy_connect_header: BTreeMap<String, Vec<Secret>>,
}

impl OAuth2 {
    /// The proxy to the token server.
    pub fn proxy(&self) -> ProxyConfig {
        ProxyConfig {
            url: self.proxy_url.clone(),
            no_proxy: self.no_proxy.clone(),
            from_environment: self.proxy_from_environment,
            connect_header: self.proxy_connect_header.clone(),
        }
    }
}

/// Certificates, names and versions. `ca`, `cert` and `key` hold PEM text, the `_file` forms name files of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Authorities to trust instead of the system's.
    pub ca: Option<String>,
    /// A file of them.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate.
    pub cert: Option<String>,
    /// A file of it.
    pub cert_file: Option<PathBuf>,
    /// Our own key.
    pub key: Option<Secret>,
    /// A file of it.
    pub key_file: Option<PathBuf>,
    /// The name the server must prove instead of the one in its address.
    pub server_name: Option<String>,
    /// Whether any certificate will do.
    #[serde(default, deserialize_with = "nullable")]
    pub insecure_skip_verify: bool,
    /// The oldest version to speak.
    pub min_version: Option<TlsVersion>,
    /// The newest version to speak.
    pub max_version: Option<TlsVersion>,
}

/// A version of TLS. The first two are accepted in files and mean 1.2, the oldest that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum TlsVersion {
    /// 1.0
    #[serde(rename = "TLS10")]
    Tls10,
    /// 1.1
    #[serde(rename = "TLS11")]
    Tls11,
    /// 1.2
    #[serde(rename = "TLS12")]
    Tls12,
    /// 1.3
    #[serde(rename = "TLS13")]
    Tls13,
}

/// The way through a proxy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProxyConfig {
    /// `http://` or `https://` and the proxy's address.
    pub url: Option<String>,
    /// Hosts that are reached without it.
    pub no_proxy: Option<String>,
    /// Whether the usual environment variables name it.
    pub from_environment: bool,
    /// Headers for its `CONNECT`.
    pub connect_header: BTreeMap<String, Vec<Secret>>,
}

/// A header to add, from up to three sources.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Values.
    #[serde(default, deserialize_with = "nullable")]
    pub values: Vec<String>,
    /// Values that are not shown.
    #[serde(default, deserialize_with = "nullable")]
    pub secrets: Vec<Secret>,
    /// Files that hold values.
    #[serde(default, deserialize_with = "nullable")]
    pub files: Vec<PathBuf>,
}

/// Writes a configuration section that has the fields of an HTTP client among its own.
#[macro_export]
macro_rules! with_http_client {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// User name and password.
            pub basic_auth: Option<$crate::config::BasicAuth>,
            /// An `Authorization` header.
            pub authorization: Option<$crate::config::Authorization>,
            /// A token fetched with client credentials.
            pub oauth2: Option<$crate::config::OAuth2>,
            /// The older way to write `authorization`.
            pub bearer_token: Option<$crate::config::Secret>,
            /// The older way to write `authorization` with a file.
            pub bearer_token_file: Option<std::path::PathBuf>,
            /// Certificates and names.
            pub tls_config: Option<$crate::config::TlsConfig>,
            /// The proxy.
            pub proxy_url: Option<String>,
            /// Hosts that are reached without the proxy.
            pub no_proxy: Option<String>,
            /// Whether the usual environment variables name the proxy.
            pub proxy_from_environment: Option<bool>,
            /// Headers for the proxy's `CONNECT`.
            pub proxy_connect_header: Option<std::collections::BTreeMap<String, Vec<$crate::config::Secret>>>,
            /// Whether to go where a redirect points; true when absent.
            pub follow_redirects: Option<bool>,
            /// Whether HTTP/2 may be used; true when absent.
            pub enable_http2: Option<bool>,
            /// Headers to add.
            pub http_headers: Option<std::collections::BTreeMap<String, $crate::config::Header>>,
        }

        impl $name {
            /// The HTTP client this section describes, checked, with relative paths taken from `directory`.
            pub fn http_client(
                &self,
                directory: &std::path::Path,
            ) -> Result<$crate::config::HttpClientConfig, $crate::config::ConfigError> {
                $crate::config::check_bearer(
                    self.bearer_token.is_some(),
                    self.bearer_token_file.is_some(),
                    self.basic_auth.is_some(),
                    self.authorization.is_some(),
                    self.oauth2.is_some(),
                )?;
                let bearer = (self.bearer_token.is_some() || self.bearer_token_file.is_some()).then(|| {
                    $crate::config::Authorization {
                        kind: None,
                        credentials: self.bearer_token.clone(),
                        credentials_file: self.bearer_token_file.clone(),
                    }
                });
                let mut client = $crate::config::HttpClientConfig {
                    basic_auth: self.basic_auth.clone(),
                    authorization: self.authorization.clone().or(bearer),
                    oauth2: self.oauth2.clone(),
                    tls: self.tls_config.clone().unwrap_or_default(),
                    proxy: $crate::config::ProxyConfig {
                        url: self.proxy_url.clone(),
                        no_proxy: self.no_proxy.clone(),
                        from_environment: self.proxy_from_environment.unwrap_or(false),
                        connect_header: self.proxy_connect_header.clone().unwrap_or_default(),
                    },
                    follow_redirects: self.follow_redirects.unwrap_or(true),
                    enable_http2: self.enable_http2.unwrap_or(true),
                    http_headers: self.http_headers.clone().unwrap_or_default(),
                };
                client.validate()?;
                client.set_directory(directory);
                Ok(client)
            }
        }
    };
}

with_http_client! {
    /// The fields of an HTTP client and nothing else.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct HttpClientSection {
    }
}

/// Headers that the client itself is responsible for.
const RESERVED_HEADERS: [&str; 17] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "user-agent",
    "www-authenticate",
    "x-prometheus-remote-write-version",
    "x-prometheus-scrape-timeout-seconds",
];

impl HttpClientConfig {
    /// A client without credentials that follows redirects.
    pub fn plain() -> HttpClientConfig {
        HttpClientConfig { follow_redirects: true, enable_http2: true, ..HttpClientConfig::default() }
    }

    /// Says what contradicts itself.
    pub fn validate(&self) -> Result<(), ConfigError> {
        at_most_one(&[
            ("basic_auth", self.basic_auth.is_some()),
            ("authorization", self.authorization.is_some()),
            ("oauth2", self.oauth2.is_some()),
        ])?;
        if let Some(basic) = &self.basic_auth {
            at_most_one(&[
                ("username", !basic.username.is_empty()),
                ("username_file", basic.username_file.is_some()),
            ])
            .and(at_most_one(&[
                ("password", basic.password.is_some()),
                ("password_file", basic.password_file.is_some()),
            ]))
            .map_err(|error| error.within("basic_auth"))?;
        }
        if let Some(authorization) = &self.authorization {
            authorization.validate().map_err(|error| error.within("authorization"))?;
        }
        if let Some(oauth2) = &self.oauth2 {
            oauth2.validate().map_err(|error| error.within("oauth2"))?;
        }
        self.tls.validate().map_err(|error| error.within("tls_config"))?;
        self.proxy.validate()?;
        for (name, header) in &self.http_headers {
            let field = format!("http_headers.{name}");
            if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(ConfigError::new(
                    field,
                    "this header is set by the client itself and cannot be added",
                ));
            }
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(ConfigError::new(field, "not a valid header name"));
            }
            if header.values.iter().any(|value| http::HeaderValue::from_str(value).is_err()) {
                return Err(ConfigError::new(field, "a value holds characters that no header may have"));
            }
        }
        Ok(())
    }

    /// Takes relative paths from `directory`.
    pub fn set_directory(&mut self, directory: &Path) {
        if let Some(basic) = &mut self.basic_auth {
            join(directory, &mut basic.username_file);
            join(directory, &mut basic.password_file);
        }
        if let Some(authorization) = &mut self.authorization {
            join(directory, &mut authorization.credentials_file);
        }
        if let Some(oauth2) = &mut self.oauth2 {
            join(directory, &mut oauth2.client_secret_file);
            oauth2.tls_config.set_directory(directory);
        }
        self.tls.set_directory(directory);
        for file in self.http_headers.values_mut().flat_map(|header| &mut header.files) {
            *file = directory.join(&file);
        }
    }
}

impl Authorization {
    fn validate(&self) -> Result<(), ConfigError> {
        at_most_one(&[
            ("credentials", self.credentials.is_some()),
            ("credentials_file", self.credentials_file.is_some()),
        ])?;
        match self.kind.as_deref().map(str::trim) {
            Some(kind) if kind.eq_ignore_ascii_case("basic") => {
                Err(ConfigError::new("type", r#"cannot be "basic"; use basic_auth instead"#))
            }
            _ => Ok(()),
        }
    }
}

impl OAuth2 {
    fn validate(&self) -> Result<(), ConfigError> {
        if self.client_id.is_empty() {
            return Err(ConfigError::new("client_id", "is empty, and OAuth 2 needs it"));
        }
        if self.token_url.is_empty() {
            return Err(ConfigError::new("token_url", "is empty, and OAuth 2 needs it"));
        }
        super::check_url("token_url", &self.token_url)?;
        at_most_one(&[
            ("client_secret", self.client_secret.is_some()),
            ("client_secret_file", self.client_secret_file.is_some()),
        ])?;
        self.tls_config.validate().map_err(|error| error.within("tls_config"))?;
        self.proxy().validate()
    }
}

impl TlsConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        at_most_one(&[("ca", self.ca.is_some()), ("ca_file", self.ca_file.is_some())])?;
        at_most_one(&[("cert", self.cert.is_some()), ("cert_file", self.cert_file.is_some())])?;
        at_most_one(&[("key", self.key.is_some()), ("key_file", self.key_file.is_some())])?;
        let has_cert = self.cert.is_some() || self.cert_file.is_some();
        let has_key = self.key.is_some() || self.key_file.is_some();
        if has_cert && !has_key {
            return Err(ConfigError::new(
                "key_file",
                "is needed: a client certificate is configured without its key",
            ));
        }
        if has_key && !has_cert {
            return Err(ConfigError::new(
                "cert_file",
                "is needed: a client key is configured without its certificate",
            ));
        }
        match (self.min_version, self.max_version) {
            (Some(min), Some(max)) if min > max => {
                Err(ConfigError::new("max_version", "is older than min_version"))
            }
            _ => Ok(()),
        }
    }

    fn set_directory(&mut self, directory: &Path) {
        join(directory, &mut self.ca_file);
        join(directory, &mut self.cert_file);
        join(directory, &mut self.key_file);
    }
}

impl ProxyConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.url {
            super::check_url("proxy_url", url)?;
        }
        if self.from_environment && self.url.is_some() {
            return Err(ConfigError::new("proxy_url", "cannot stand beside proxy_from_environment"));
        }
        if self.from_environment && self.no_proxy.is_some() {
            return Err(ConfigError::new("no_proxy", "cannot stand beside proxy_from_environment"));
        }
        if self.url.is_none() && self.no_proxy.is_some() {
            return Err(ConfigError::new("no_proxy", "means nothing without proxy_url"));
        }
        if !self.connect_header.is_empty() && self.url.is_none() && !self.from_environment {
            return Err(ConfigError::new(
                "proxy_connect_header",
                "means nothing without proxy_url or proxy_from_environment",
            ));
        }
        Ok(())
    }
}

/// Says whether the older bearer fields contradict themselves or the newer ones.
pub fn check_bearer(
    token: bool,
    token_file: bool,
    basic_auth: bool,
    authorization: bool,
    oauth2: bool,
) -> Result<(), ConfigError> {
    at_most_one(&[("bearer_token", token), ("bearer_token_file", token_file)])?;
    let field = if token { "bearer_token" } else { "bearer_token_file" };
    at_most_one(&[
        (field, token || token_file),
        ("basic_auth", basic_auth),
        ("authorization", authorization),
        ("oauth2", oauth2),
    ])
}

fn join(directory: &Path, file: &mut Option<PathBuf>) {
    if let Some(file) = file {
        *file = directory.join(&file);
    }
}
