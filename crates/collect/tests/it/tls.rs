//! The HTTP client over TLS: names, certificates of both sides, HTTP/2, and the way through a proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{client, fetch, header, page, serve, serve_http2};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// An authority and what it signed: a server named `metrics.example` and a client.
struct Certificates {
    authority: rcgen::Certificate,
    server: (rcgen::Certificate, rcgen::KeyPair),
    client: (rcgen::Certificate, rcgen::KeyPair),
}

impl Certificates {
    fn new() -> Certificates {
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec![]).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = parameters.self_signed(&authority_key).unwrap();
        let issuer = rcgen::Issuer::new(parameters, authority_key);
        let signed = |name: &str| {
            let key = rcgen::KeyPair::generate().unwrap();
            let parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
            (parameters.signed_by(&key, &issuer).unwrap(), key)
        };
        Certificates { server: signed("metrics.example"), client: signed("collector"), authority }
    }

    /// A server's side that asks for the client's certificate where it is told to, and speaks HTTP/2 where asked.
    fn acceptor(&self, asks_client: bool, is_http2: bool) -> tokio_rustls::TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from(self.authority.der().to_vec())).unwrap();
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match asks_client {
            true => {
                let roots = Arc::new(roots);
                let verifier =
                    rustls::server::WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                builder.with_client_cert_verifier(verifier.unwrap())
            }
            false => builder.with_no_client_auth(),
        };
        let key = PrivateKeyDer::try_from(self.server.1.serialize_der()).unwrap();
        let chain = vec![CertificateDer::from(self.server.0.der().to_vec())];
        let mut config = builder.with_single_cert(chain, key).unwrap();
        if is_http2 {
            config.alpn_protocols = vec![b"h2".to_vec()];
        }
        tokio_rustls::TlsAcceptor::from(Arc::new(config))
    }

    /// The `tls_config` of a client that trusts the authority, with some fields changed or, where null, removed.
    fn section(&self, change: serde_json::Value) -> serde_json::Value {
        let mut tls = json!({
            "ca": self.authority.pem(), "cert": self.client.0.pem(), "key": self.client.1.serialize_pem(),
            "server_name": "metrics.example",
        });
        for (name, value) in change.as_object().unwrap() {
            match value.is_null() {
                true => drop(tls.as_object_mut().unwrap().remove(name)),
                false => tls[name] = value.clone(),
            }
        }
        tls
    }
}

#[tokio::test]
async fn tls_checks_names_and_shows_client_certificates() {
    let certificates = Certificates::new();
    let acceptor = certificates.acceptor(true, false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, |_| page("safe")).await;
                }
            });
        }
    });
    let tls = |change| client(json!({"tls_config": certificates.section(change)}));
    assert_eq!(fetch(&mut tls(json!({})), &url).await, "safe");
    assert_eq!(fetch(&mut tls(json!({"max_version": "TLS12"})), &url).await, "safe");
    assert!(
        fetch(&mut tls(json!({"server_name": "wrong.example"})), &url).await.starts_with("TLS: handshake")
    );
    assert!(fetch(&mut tls(json!({"ca": null})), &url).await.starts_with("TLS: handshake"));
    let trusting = json!({"ca": null, "server_name": "wrong.example", "insecure_skip_verify": true});
    assert_eq!(fetch(&mut tls(trusting), &url).await, "safe");
    let anonymous = fetch(&mut tls(json!({"cert": null, "key": null})), &url).await;
    assert!(anonymous.starts_with("HTTP: ") || anonymous.starts_with("TLS: "), "{anonymous}");
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_offers_it() {
    let certificates = Certificates::new();
    let acceptor = certificates.acceptor(false, true);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/metrics?a=1", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve_http2(stream, |request| {
                        page(format!(
                            "{:?} {} {}",
                            request.version(),
                            request.uri().path_and_query().unwrap(),
                            header(request, "authorization")
                        ))
                    })
                    .await;
                }
            });
        }
    });
    let section = json!({
        "tls_config": certificates.section(json!({})), "authorization": {"credentials": "t"},
    });
    let mut client = client(section);
    for _ in 0..3 {
        assert_eq!(fetch(&mut client, &url).await, "HTTP/2.0 /metrics?a=1 Bearer t");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    let refused = crate::support::fetch_within(&mut client, &url, 5).await;
    assert_eq!(refused, "body size limit exceeded: more than 5 bytes");
}

#[tokio::test]
async fn a_proxy_that_grants_a_tunnel_sees_nothing_of_what_goes_through() {
    let certificates = Certificates::new();
    let acceptor = certificates.acceptor(false, false);
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind = server.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = server.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(serve(stream, |request| page(header(request, "proxy-authorization"))));
            }
        }
    });
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://u:p@{}", proxy.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = proxy.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(
            head.starts_with("CONNECT metrics.example:443 HTTP/1.1\r\nHost: metrics.example:443\r\n"),
            "{head}"
        );
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic dtpw\r\n"), "{head}");
        let mut there = TcpStream::connect(behind).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: me\r\n\r\n").await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut there).await;
    });
    let mut client = client(json!({
        "proxy_url": proxy_url, "tls_config": certificates.section(json!({"server_name": null})),
    }));
    for _ in 0..2 {
        assert_eq!(
            fetch(&mut client, "https://metrics.example/").await,
            "",
            "what is for the proxy stays there"
        );
    }
}
