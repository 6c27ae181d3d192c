//! The web-config file: TLS, users and headers of the HTTP server, in the format Prometheus and its exporters share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use collect::config::{Secret, nullable};
use serde::Deserialize;
use tokio_rustls::TlsAcceptor;

use super::tls::{TlsSection, Wrong, wrong};
use super::users::Users;
use crate::config::{Problem, read_file};

/// A web-config file that was read and found good.
#[derive(Clone)]
pub struct WebConfig {
    /// TLS, when there is a certificate.
    pub tls: Option<TlsAcceptor>,
    /// Who may ask; nobody listed means everybody.
    pub users: Arc<Users>,
    /// Headers of every response.
    pub headers: HeaderMap,
    /// Whether HTTP/2 is spoken.
    pub http2: bool,
    /// The file itself and those it names, as they were when they were read.
    pub files: Vec<Seen>,
}

/// A file, and what tells whether it was written since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    path: PathBuf,
    stamp: Option<(SystemTime, u64)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tls_server_config: Option<TlsSection>,
    #[serde(default, deserialize_with = "nullable")]
    http_server_config: HttpSection,
    #[serde(default, deserialize_with = "nullable")]
    basic_auth_users: BTreeMap<String, Secret>,
    #[serde(default, deserialize_with = "nullable")]
    auth_excluded_paths: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpSection {
    http2: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    headers: BTreeMap<String, String>,
}

/// The headers that a web-config file may set.
const HEADERS: [&str; 5] = [
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "X-XSS-Protection",
    "Strict-Transport-Security",
];

impl Default for WebConfig {
    fn default() -> WebConfig {
        WebConfig {
            tls: None,
            users: Arc::default(),
            headers: HeaderMap::new(),
            http2: true,
            files: Vec::new(),
        }
    }
}

impl WebConfig {
    /// Reads and checks a file, and the certificates and keys it names.
    pub fn load(path: &Path) -> Result<WebConfig, Problem> {
        let (node, file) = read_file::<File>(path)?;
        let at = |field: &str, message: String| {
            Problem::at(path, node.locate(field), format!("{field}: {message}"))
        };
        let directory = path.parent().unwrap_or(Path::new(""));
        // Looked at before they are read: one that is written meanwhile is read once more, not overlooked.
        let named =
            file.tls_server_config.iter().flat_map(TlsSection::files).map(|file| directory.join(file));
        let files = std::iter::once(path.to_owned()).chain(named).map(Seen::new).collect();
        let tls = file
            .tls_server_config
            .map(|section| section.acceptor(directory, file.http_server_config.http2.unwrap_or(true)))
            .transpose()
            .map_err(|(field, message)| at(&format!("tls_server_config.{field}"), message))?;
        let users = Users::new(file.basic_auth_users, file.auth_excluded_paths)
            .map_err(|(user, message)| at(&format!("basic_auth_users.{user}"), message))?;
        let headers = headers(&file.http_server_config.headers)
            .map_err(|(name, message)| at(&format!("http_server_config.headers.{name}"), message))?;
        let http2 = file.http_server_config.http2.unwrap_or(true);
        Ok(WebConfig { tls, users: Arc::new(users), headers, http2, files })
    }
}

impl Seen {
    /// The file as it is now.
    pub fn new(path: PathBuf) -> Seen {
        let metadata = std::fs::metadata(&path);
        let stamp = metadata.and_then(|metadata| Ok((metadata.modified()?, metadata.len()))).ok();
        Seen { path, stamp }
    }

    /// The same file as it is now.
    pub fn again(&self) -> Seen {
        Seen::new(self.path.clone())
    }
}

fn headers(section: &BTreeMap<String, String>) -> Result<HeaderMap, Wrong> {
    let mut headers = HeaderMap::new();
    for (name, value) in section {
        if !HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(wrong(
                name,
                format!("this header cannot be set here; expected one of {}", HEADERS.join(", ")),
            ));
        }
        let header = HeaderName::try_from(name.as_str()).map_err(|error| wrong(name, error.to_string()))?;
        let value = HeaderValue::try_from(value.as_str()).map_err(|error| wrong(name, error.to_string()))?;
        headers.insert(header, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        let path = std::env::temp_dir().join(format!("flightdeck-web-config-{}.yml", std::process::id()));
        std::fs::write(&path, text).expect("the temporary directory takes a file");
        let outcome = WebConfig::load(&path).map(drop).map_err(|problem| problem.to_string());
        std::fs::remove_file(&path).expect("the file is there");
        match outcome {
            Ok(()) => assert_eq!(want, "", "{text}"),
            Err(problem) => assert!(!want.is_empty() && problem.contains(want), "{text}: {problem}"),
        }
    }

    #[test]
    fn web_configurations_are_checked() {
        check("", "");
        check("http_server_config: {http2: false, headers: {X-Frame-Options: deny}}\n", "");
        check(
            "http_server_config: {headers: {X-Other: a}}\n",
            "1:32: http_server_config.headers.X-Other: this header",
        );
        check("basic_auth_users: {me: hunter2}\n", "1:20: basic_auth_users.me: not a bcrypt hash");
        check(
            "basic_auth_user: {}\n",
            "1:1: unknown field \"basic_auth_user\"; did you mean basic_auth_users?",
        );
        check(
            "tls_server_config: {cert_file: missing.pem, key_file: k}\n",
            "1:21: tls_server_config.cert_file: reading",
        );
        check("tls_server_config: {cert_file: a, cert: b}\n", "stands beside cert");
        check("tls_server_config: {min_version: TLS9}\n", "\"TLS9\" is not known here");
        let with_certificate = |rest: &str| {
            let certificate = "tls_server_config:\n  cert: |\n    -----BEGIN CERTIFICATE-----\n    AA==\n    -----END CERTIFICATE-----\n";
            format!(
                "{certificate}  key: |\n    -----BEGIN PRIVATE KEY-----\n    AA==\n    -----END PRIVATE KEY-----\n  {rest}\n"
            )
        };
        check(
            &with_certificate("cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]"),
            "cipher_suites: TLS_RSA_WITH_RC4_128_SHA is not offered here; expected some of",
        );
        check(
            &with_certificate("curve_preferences: [CurveP521]"),
            "curve_preferences: CurveP521 is not offered here; expected some of X25519, CurveP256, CurveP384",
        );
        check(&with_certificate("client_allowed_sans: [me]"), "without a client_auth_type that uses them");
    }
}
