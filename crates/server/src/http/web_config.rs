//! The web-config file: TLS, users and headers of the HTTP server, in the format Prometheus and its exporters share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use collect::config::{Secret, nullable};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use serde::Deserialize;
use tokio_rustls::TlsAcceptor;

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
struct TlsSection {
    cert_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    cert: Option<String>,
    key: Option<Secret>,
    client_auth_type: Option<ClientAuth>,
    client_ca_file: Option<PathBuf>,
    client_ca: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    client_allowed_sans: Vec<String>,
    min_version: Option<TlsVersion>,
    max_version: Option<TlsVersion>,
    #[serde(default, deserialize_with = "nullable")]
    cipher_suites: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    curve_preferences: Vec<String>,
    #[serde(rename = "prefer_server_cipher_suites")]
    _prefer_server_cipher_suites: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
enum ClientAuth {
    #[default]
    NoClientCert,
    RequestClientCert,
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum TlsVersion {
    #[serde(rename = "TLS10")]
    Tls10,
    #[serde(rename = "TLS11")]
    Tls11,
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
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
        WebConfig { tls: None, users: Arc::default(), headers: HeaderMap::new(), http2: true }
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
        Ok(WebConfig { tls, users: Arc::new(users), headers, http2 })
    }
}

/// What is wrong, and in which field.
type Wrong = (String, String);

fn wrong(field: &str, message: impl Into<String>) -> Wrong {
    (field.to_owned(), message.into())
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

impl TlsSection {
    fn acceptor(&self, directory: &Path, http2: bool) -> Result<TlsAcceptor, Wrong> {
        let chain = pem(directory, "cert", self.cert.as_deref(), self.cert_file.as_deref())?;
        let chain = CertificateDer::pem_slice_iter(&chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| wrong("cert_file", format!("not a PEM certificate: {error}")))?;
        if chain.is_empty() {
            return Err(wrong("cert_file", "holds no certificate"));
        }
        let key = pem(directory, "key", self.key.as_ref().map(Secret::reveal), self.key_file.as_deref())?;
        let key = PrivateKeyDer::from_pem_slice(&key)
            .map_err(|error| wrong("key_file", format!("not a PEM private key: {error}")))?;
        let builder = ServerConfig::builder_with_protocol_versions(&self.versions()?);
        let builder = match self.client_verifier(directory)? {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(verifier),
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(|error| wrong("cert_file", format!("does not go with the key: {error}")))?;
        config.alpn_protocols = if http2 { vec![b"h2".to_vec()] } else { Vec::new() };
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, Wrong> {
        if !self.cipher_suites.is_empty() || !self.curve_preferences.is_empty() {
            let field = if self.cipher_suites.is_empty() { "curve_preferences" } else { "cipher_suites" };
            return Err(wrong(
                field,
                "cannot be chosen here: only suites and curves without known weakness are offered",
            ));
        }
        let least = self.min_version.unwrap_or(TlsVersion::Tls12);
        let most = self.max_version.unwrap_or(TlsVersion::Tls13);
        let versions: Vec<_> =
            [(TlsVersion::Tls12, &rustls::version::TLS12), (TlsVersion::Tls13, &rustls::version::TLS13)]
                .into_iter()
                .filter(|(version, _)| (least..=most).contains(version))
                .map(|(_, version)| version)
                .collect();
        if versions.is_empty() {
            return Err(wrong("max_version", "leaves no version; TLS12 and TLS13 are spoken here"));
        }
        Ok(versions)
    }

    fn client_verifier(
        &self,
        directory: &Path,
    ) -> Result<Option<Arc<dyn rustls::server::danger::ClientCertVerifier>>, Wrong> {
        let auth = self.client_auth_type.unwrap_or_default();
        let has_ca = self.client_ca.is_some() || self.client_ca_file.is_some();
        if !self.client_allowed_sans.is_empty() {
            return Err(wrong("client_allowed_sans", "names of clients cannot be checked yet; leave it out"));
        }
        match auth {
            ClientAuth::NoClientCert if has_ca => {
                return Err(wrong(
                    "client_ca_file",
                    "client CAs are configured without a client_auth_type that uses them",
                ));
            }
            ClientAuth::NoClientCert => return Ok(None),
            ClientAuth::RequestClientCert | ClientAuth::RequireAnyClientCert => {
                let message = "a certificate that nobody verifies proves nothing; use VerifyClientCertIfGiven or \
                               RequireAndVerifyClientCert";
                return Err(wrong("client_auth_type", message));
            }
            ClientAuth::VerifyClientCertIfGiven | ClientAuth::RequireAndVerifyClientCert => {}
        }
        let authorities =
            pem(directory, "client_ca", self.client_ca.as_deref(), self.client_ca_file.as_deref())?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&authorities) {
            let certificate = certificate
                .map_err(|error| wrong("client_ca_file", format!("not a PEM certificate: {error}")))?;
            roots.add(certificate).map_err(|error| wrong("client_ca_file", error.to_string()))?;
        }
        let builder = WebPkiClientVerifier::builder(Arc::new(roots));
        let builder = if auth == ClientAuth::VerifyClientCertIfGiven {
            builder.allow_unauthenticated()
        } else {
            builder
        };
        builder.build().map(Some).map_err(|error| wrong("client_ca_file", error.to_string()))
    }
}

/// A text in PEM, given in the file itself or by the name of another.
fn pem(directory: &Path, name: &str, inline: Option<&str>, file: Option<&Path>) -> Result<Vec<u8>, Wrong> {
    let field = format!("{name}_file");
    match (inline, file) {
        (Some(_), Some(_)) => Err(wrong(&field, format!("stands beside {name}, and only one of them may"))),
        (Some(text), None) => Ok(text.as_bytes().to_vec()),
        (None, Some(file)) => {
            let path = directory.join(file);
            std::fs::read(&path)
                .map_err(|error| wrong(&field, format!("reading {}: {error}", path.display())))
        }
        (None, None) => Err(wrong(&field, "is missing")),
    }
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
    }
}
