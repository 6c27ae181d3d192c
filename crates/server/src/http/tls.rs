//! The TLS section of a web-config file: which certificate is shown, who has to show one, and what is spoken.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use collect::config::{Secret, TlsVersion, nullable};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{NamedGroup, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion};
use serde::Deserialize;
use tokio_rustls::TlsAcceptor;

use super::named_clients::NamedClients;

/// `tls_server_config`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsSection {
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

/// What is wrong, and in which field.
pub(super) type Wrong = (String, String);

pub(super) fn wrong(field: &str, message: impl Into<String>) -> Wrong {
    (field.to_owned(), message.into())
}

/// Nothing may be asked for that is not offered: it would be left out without a word.
fn known(field: &str, asked: &[String], offered: Vec<String>) -> Result<(), Wrong> {
    match asked.iter().find(|name| !offered.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let offered = offered.join(", ");
            Err(wrong(field, format!("{name} is not offered here; expected some of {offered}")))
        }
    }
}

impl TlsSection {
    /// The files it names.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.cert_file, &self.key_file, &self.client_ca_file].into_iter().flatten()
    }

    /// What accepts connections as it says.
    pub(super) fn acceptor(&self, directory: &Path, http2: bool) -> Result<TlsAcceptor, Wrong> {
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
        let builder = ServerConfig::builder_with_provider(Arc::new(self.provider()?))
            .with_protocol_versions(&self.versions()?)
            .map_err(|error| wrong("min_version", error.to_string()))?;
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

    /// What is offered, less what was not asked for. Suites of TLS 1.3 cannot be chosen among, as with Go's.
    fn provider(&self) -> Result<CryptoProvider, Wrong> {
        let mut provider = rustls::crypto::ring::default_provider();
        if !self.cipher_suites.is_empty() {
            let name =
                |suite: &SupportedCipherSuite| format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
            let offered = provider.cipher_suites.iter().map(name).collect();
            known("cipher_suites", &self.cipher_suites, offered)?;
            provider
                .cipher_suites
                .retain(|suite| suite.tls13().is_some() || self.cipher_suites.contains(&name(suite)));
        }
        if !self.curve_preferences.is_empty() {
            let name = |curve: &&'static dyn SupportedKxGroup| match curve.name() {
                NamedGroup::secp256r1 => "CurveP256".to_owned(),
                NamedGroup::secp384r1 => "CurveP384".to_owned(),
                other => format!("{other:?}"),
            };
            let offered = provider.kx_groups.iter().map(name).collect();
            known("curve_preferences", &self.curve_preferences, offered)?;
            provider.kx_groups.retain(|curve| self.curve_preferences.contains(&name(curve)));
            provider.kx_groups.sort_by_key(|curve| {
                self.curve_preferences.iter().position(|preferred| *preferred == name(curve))
            });
        }
        Ok(provider)
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, Wrong> {
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

    fn client_verifier(&self, directory: &Path) -> Result<Option<Arc<dyn ClientCertVerifier>>, Wrong> {
        let auth = self.client_auth_type.unwrap_or_default();
        let has_ca = self.client_ca.is_some() || self.client_ca_file.is_some();
        match auth {
            ClientAuth::NoClientCert if has_ca => {
                return Err(wrong(
                    "client_ca_file",
                    "client CAs are configured without a client_auth_type that uses them",
                ));
            }
            ClientAuth::NoClientCert if !self.client_allowed_sans.is_empty() => {
                return Err(wrong(
                    "client_allowed_sans",
                    "names of clients are configured without a client_auth_type that uses them",
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
        let verifier = builder.build().map_err(|error| wrong("client_ca_file", error.to_string()))?;
        Ok(Some(match self.client_allowed_sans.as_slice() {
            [] => verifier,
            allowed => Arc::new(NamedClients::new(verifier, allowed)?),
        }))
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
