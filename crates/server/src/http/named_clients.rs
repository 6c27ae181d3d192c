//! Clients that are known by name: the certificate must be signed by whom we trust, and name one of those allowed.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use webpki::EndEntityCert;

use super::tls::{Wrong, wrong};

/// Verifies as another does, and then looks at the certificate's alternative names.
#[derive(Debug)]
pub(super) struct NamedClients {
    verifier: Arc<dyn ClientCertVerifier>,
    allowed: Vec<Name>,
}

/// A name as a certificate has it.
#[derive(Debug)]
enum Name {
    Ip(IpAddr),
    /// Host names and URIs are compared as they are written; a wildcard stands for itself alone.
    Text(String),
}

impl NamedClients {
    /// Lets those pass whom `verifier` lets pass and who have one of the names.
    pub(super) fn new(
        verifier: Arc<dyn ClientCertVerifier>,
        allowed: &[String],
    ) -> Result<NamedClients, Wrong> {
        let allowed = allowed.iter().map(|name| match name.parse() {
            Ok(address) => Ok(Name::Ip(address)),
            Err(_) if name.contains('@') && !name.contains("://") => {
                let message =
                    format!("{name} is an address of mail; host names, addresses and URIs are compared here");
                Err(wrong("client_allowed_sans", message))
            }
            Err(_) => Ok(Name::Text(name.clone())),
        });
        Ok(NamedClients { verifier, allowed: allowed.collect::<Result<_, _>>()? })
    }

    fn is_allowed(&self, certificate: &EndEntityCert<'_>) -> bool {
        self.allowed.iter().any(|name| match name {
            Name::Ip(address) => {
                let address = ServerName::IpAddress((*address).into());
                certificate.verify_is_valid_for_subject_name(&address).is_ok()
            }
            Name::Text(name) => {
                certificate.valid_dns_names().chain(certificate.valid_uri_names()).any(|other| other == name)
            }
        })
    }
}

impl ClientCertVerifier for NamedClients {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.verifier.verify_client_cert(end_entity, intermediates, now)?;
        let certificate = EndEntityCert::try_from(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        match self.is_allowed(&certificate) {
            true => Ok(verified),
            false => Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)),
        }
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.verifier.client_auth_mandatory()
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
