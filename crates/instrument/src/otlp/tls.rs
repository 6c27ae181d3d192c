//! TLS to a collector: whom to trust, and as whom to appear.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::options::{Certificates, OtlpTarget, Protocol};

/// How to speak TLS to one host.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub(super) fn new(host: &str, target: &OtlpTarget) -> Result<Tls, String> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| "its host is no name that a certificate could have".to_owned())?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots(&target.certificates)?);
        let mut config = match &target.certificates.own {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let cannot = |error| format!("the key {} cannot be read: {error}", key.display());
                let own = PrivateKeyDer::from_pem_file(key).map_err(cannot)?;
                config.with_client_auth_cert(certificates(certificate)?, own).map_err(|error| {
                    format!("{} and {} do not go together: {error}", certificate.display(), key.display())
                })?
            }
        };
        config.alpn_protocols = match target.protocol {
            Protocol::Http => vec![b"http/1.1".to_vec()],
            Protocol::Grpc => vec![b"h2".to_vec()],
        };
        Ok(Tls { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub(super) async fn connect(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, String> {
        self.connector.connect(self.name.clone(), stream).await.map_err(|error| error.to_string())
    }
}

/// Whom to trust: those that were named, or else those that the operating system trusts.
fn roots(wanted: &Certificates) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match &wanted.trusted {
        Some(path) => {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| format!("{} is of no use: {error}", path.display()))?;
            }
        }
        None => {
            // A certificate that cannot be read is one that nobody needs, as long as there are others.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err("the operating system trusts no certificate".to_owned());
            }
        }
    }
    Ok(roots)
}

/// The certificates of a file, of which there must be one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|error| format!("the certificate {} cannot be read: {error}", path.display()))?;
    if read.is_empty() {
        return Err(format!("there is no certificate in {}", path.display()));
    }
    Ok(read)
}
