//! TLS as a section configures it; certificates are read again when their files change.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::FetchError;
use crate::config::{TlsConfig, TlsVersion};

/// Makes TLS connections for one section.
pub(super) struct TlsSource {
    config: TlsConfig,
    enable_http2: bool,
    made: Mutex<Option<Made>>,
}

#[derive(Clone)]
struct Made {
    stamp: Vec<Option<SystemTime>>,
    /// Offers HTTP/2 where the section allows it.
    any: Arc<ClientConfig>,
    http1: Arc<ClientConfig>,
}

impl TlsSource {
    pub(super) fn new(config: TlsConfig, enable_http2: bool) -> TlsSource {
        TlsSource { config, enable_http2, made: Mutex::new(None) }
    }

    /// Speaks TLS over `stream`; says whether HTTP/2 was agreed on.
    pub(super) async fn wrap<S>(&self, host: &str, stream: S) -> Result<(TlsStream<S>, bool), FetchError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.handshake(self.made()?.any, host, stream).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((stream, is_http2))
    }

    /// As `wrap`, with HTTP/1 only.
    pub(super) async fn wrap_http1<S>(&self, host: &str, stream: S) -> Result<TlsStream<S>, FetchError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.handshake(self.made()?.http1, host, stream).await
    }

    async fn handshake<S>(
        &self,
        config: Arc<ClientConfig>,
        host: &str,
        stream: S,
    ) -> Result<TlsStream<S>, FetchError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = self.config.server_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(host);
        let server = ServerName::try_from(name.to_owned())
            .map_err(|_| FetchError::Tls(format!("{name:?} is not a server name")))?;
        let stream = TlsConnector::from(config).connect(server, stream).await;
        stream.map_err(|error| FetchError::Tls(format!("handshake with {name}: {error}")))
    }

    fn made(&self) -> Result<Made, FetchError> {
        let stamp = self.stamp();
        let mut made = self.made.lock();
        match &*made {
            Some(made) if made.stamp == stamp => Ok(made.clone()),
            _ => {
                let http1 = client_config(&self.config)?;
                let mut any = http1.clone();
                if self.enable_http2 {
                    any.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
                }
                let new = Made { stamp, any: Arc::new(any), http1: Arc::new(http1) };
                *made = Some(new.clone());
                Ok(new)
            }
        }
    }

    /// When each of the files was last written.
    fn stamp(&self) -> Vec<Option<SystemTime>> {
        let files = [&self.config.ca_file, &self.config.cert_file, &self.config.key_file];
        let written = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        files.into_iter().flatten().map(|path| written(path)).collect()
    }
}

fn client_config(config: &TlsConfig) -> Result<ClientConfig, FetchError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = versions(config);
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions)
        .map_err(|error| FetchError::Tls(error.to_string()))?;
    let builder = match config.insecure_skip_verify {
        true => builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustAnyone(provider))),
        false => builder.with_root_certificates(roots(config)?),
    };
    let text = |inline: Option<&str>, file: Option<&Path>| read_pem(inline, file);
    let certificate = text(config.cert.as_deref(), config.cert_file.as_deref())?;
    let key = text(config.key.as_ref().map(|key| key.reveal()), config.key_file.as_deref())?;
    let (Some(certificate), Some(key)) = (certificate, key) else { return Ok(builder.with_no_client_auth()) };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate).collect();
    let certificates =
        certificates.map_err(|error| FetchError::Tls(format!("client certificate: {error}")))?;
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|error| FetchError::Tls(format!("client key: {error}")))?;
    builder
        .with_client_auth_cert(certificates, key)
        .map_err(|error| FetchError::Tls(format!("client certificate: {error}")))
}

/// The versions between the section's bounds. Nothing older than 1.2 is ever spoken.
fn versions(config: &TlsConfig) -> Vec<&'static SupportedProtocolVersion> {
    let min = config.min_version.unwrap_or(TlsVersion::Tls12).max(TlsVersion::Tls12);
    let max = config.max_version.unwrap_or(TlsVersion::Tls13).max(TlsVersion::Tls12);
    let known = [(TlsVersion::Tls12, &rustls::version::TLS12), (TlsVersion::Tls13, &rustls::version::TLS13)];
    known
        .into_iter()
        .filter(|(version, _)| (min..=max).contains(version))
        .map(|(_, version)| version)
        .collect()
}

fn roots(config: &TlsConfig) -> Result<RootCertStore, FetchError> {
    let mut roots = RootCertStore::empty();
    match read_pem(config.ca.as_deref(), config.ca_file.as_deref())? {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| FetchError::Tls(format!("CA: {error}")))?;
                roots.add(certificate).map_err(|error| FetchError::Tls(format!("CA: {error}")))?;
            }
            if roots.is_empty() {
                return Err(FetchError::Tls("the CA holds no certificate".to_owned()));
            }
        }
        None => {
            // A system store may hold certificates that nobody can use any more; the others are good all the same.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

fn read_pem(inline: Option<&str>, file: Option<&Path>) -> Result<Option<Vec<u8>>, FetchError> {
    match (inline, file) {
        (Some(text), _) => Ok(Some(text.as_bytes().to_vec())),
        (None, Some(path)) => std::fs::read(path)
            .map(Some)
            .map_err(|error| FetchError::Tls(format!("cannot read {}: {error}", path.display()))),
        (None, None) => Ok(None),
    }
}

/// Takes any certificate, as `insecure_skip_verify` asks; signatures are still checked.
#[derive(Debug)]
struct TrustAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
