//! Export over TLS, with an authority of the test's own: handshakes that are real, certificates that are wrong.

#![cfg(all(feature = "axum", feature = "otlp-tls"))]

mod collector;
mod service;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use collector::Collector;
use flightdeck::Flightdeck;
use flightdeck::otlp::{Certificates, OtlpOptions, Protocol};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use service::Service;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// An authority and the directory that everything is written to.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let authority = Authority { issuer, directory: tempfile::tempdir().unwrap() };
        std::fs::write(authority.path(), authority.issuer.pem()).unwrap();
        authority
    }

    /// The file that has its certificate.
    fn path(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }

    /// A certificate for a name, and its key.
    fn certificate(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let path = |end: &str| self.directory.path().join(format!("{name}.{end}"));
        std::fs::write(path("pem"), certificate.pem()).unwrap();
        std::fs::write(path("key"), key.serialize_pem()).unwrap();
        (path("pem"), path("key"))
    }
}

fn certificate_of(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

/// Stands before a collector and speaks TLS, with a certificate for 127.0.0.1.
async fn secured(collector: &Collector, authority: &Authority, asks_who_calls: bool) -> SocketAddr {
    secured_as("127.0.0.1", collector, authority, asks_who_calls).await
}

/// The same with a certificate for another name.
async fn secured_as(
    name: &str,
    collector: &Collector,
    authority: &Authority,
    asks_who_calls: bool,
) -> SocketAddr {
    let (certificate, key) = authority.certificate(name);
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let config = if asks_who_calls {
        let mut roots = RootCertStore::empty();
        roots.add(certificate_of(&authority.path())).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    let mut config = config
        .with_single_cert(vec![certificate_of(&certificate)], PrivateKeyDer::from_pem_file(key).unwrap())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, behind) = (listener.local_addr().unwrap(), collector.address);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut plain = TcpStream::connect(behind).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut plain).await
            });
        }
    });
    address
}

/// A service whose spans go to `address`; what came of the first, once it is known.
async fn export(address: SocketAddr, protocol: Protocol, certificates: Certificates) -> (String, Service) {
    let options = OtlpOptions {
        protocol,
        certificates,
        metrics: false,
        batch_delay: Duration::from_millis(10),
        retry_for: Duration::from_millis(200),
        ..OtlpOptions::to(&format!("https://{address}"))
    };
    let service = Service::with(Flightdeck::builder("shop").otlp(options).try_build().unwrap()).await;
    assert!(service.get("/orders/1").await.starts_with("HTTP/1.1 200"));
    for _ in 0..1_000 {
        for outcome in ["sent", "refused", "expired", "dropped"] {
            let sample = format!("flightdeck_export_items_total{{outcome=\"{outcome}\",signal=\"traces\"}}");
            if service.value(&sample) == Some(1.0) {
                return (outcome.to_owned(), service);
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing came of it: {}", service.deck.registry().text());
}

fn trusting(authority: &Authority) -> Certificates {
    Certificates { trusted: Some(authority.path()), own: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_arrive_over_tls_where_the_authority_is_trusted() {
    let authority = Authority::new();
    for (collector, protocol) in
        [(Collector::http().await, Protocol::Http), (Collector::grpc().await, Protocol::Grpc)]
    {
        let address = secured(&collector, &authority, false).await;
        let (outcome, _service) = export(address, protocol, trusting(&authority)).await;
        assert_eq!(outcome, "sent", "{protocol:?}");
        assert!(collector.span("GET /orders/{id}").is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_told_to_whom_nobody_vouches_for_and_the_service_goes_on() {
    let (authority, other) = (Authority::new(), Authority::new());
    let collector = Collector::http().await;
    let address = secured(&collector, &authority, false).await;
    // Neither another authority nor those of the operating system know that certificate.
    for certificates in [trusting(&other), Certificates::default()] {
        let (outcome, service) = export(address, Protocol::Http, certificates).await;
        assert_eq!(outcome, "expired");
        assert!(
            service
                .value(r#"flightdeck_export_retries_total{signal="traces"}"#)
                .is_none_or(|count| count < 5.0)
        );
        for _ in 0..10 {
            assert!(service.get("/orders/1").await.starts_with("HTTP/1.1 200"));
        }
    }
    // The right authority vouches for somebody else.
    let address = secured_as("127.0.0.9", &collector, &authority, false).await;
    assert_eq!(export(address, Protocol::Http, trusting(&authority)).await.0, "expired");
    assert_eq!(collector.received.lock().unwrap().requests, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_may_want_to_know_who_calls() {
    let authority = Authority::new();
    let own = authority.certificate("shop");
    let collector = Collector::http().await;
    let address = secured(&collector, &authority, true).await;
    let (outcome, _) = export(address, Protocol::Http, trusting(&authority)).await;
    assert_eq!((outcome.as_str(), collector.received.lock().unwrap().requests), ("expired", 0));
    let known = Certificates { own: Some(own), ..trusting(&authority) };
    let (outcome, _) = export(address, Protocol::Http, known).await;
    assert_eq!((outcome.as_str(), collector.received.lock().unwrap().requests), ("sent", 1));
}

#[test]
fn files_that_are_of_no_use_are_told_at_the_start() {
    let authority = Authority::new();
    let (certificate, key) = authority.certificate("shop");
    let (_, other_key) = authority.certificate("till");
    let nothing = authority.directory.path().join("nothing");
    let check = |trusted: &Path, own: Option<(&Path, &Path)>, want: &str| {
        let own = own.map(|(certificate, key)| (certificate.to_owned(), key.to_owned()));
        let certificates = Certificates { trusted: Some(trusted.to_owned()), own };
        let options = OtlpOptions { certificates, ..OtlpOptions::to("https://127.0.0.1:1") };
        let error = Flightdeck::builder("shop").otlp(options).try_build().map(drop).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    };
    check(&nothing, None, "nothing cannot be read");
    check(&key, None, "no certificate in");
    check(&authority.path(), Some((&certificate, &nothing)), "the key");
    check(&authority.path(), Some((&certificate, &other_key)), "do not go together");
}
