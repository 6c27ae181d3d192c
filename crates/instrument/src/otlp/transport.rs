//! A connection to a collector: opened when it is needed, kept, and opened anew when it broke.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, TE, USER_AGENT};
use http::{HeaderName, HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::Signal;
use super::answer::{self, Verdict};
use super::options::{OtlpTarget, Protocol};
use crate::Error;

/// What is read of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A collector, and the connection to it while there is one.
pub(super) struct Transport {
    collector: Collector,
    connection: Option<Connection>,
}

/// Where requests go and what they carry.
#[derive(Clone)]
pub(super) struct Collector {
    host: String,
    port: u16,
    #[cfg(feature = "otlp-tls")]
    tls: Option<super::tls::Tls>,
    uri: Uri,
    path: String,
    protocol: Protocol,
    headers: Vec<(HeaderName, HeaderValue)>,
    gzip: bool,
}

enum Connection {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Collector {
    /// What a target names for a signal.
    pub(super) fn new(target: &OtlpTarget, signal: Signal) -> Result<Collector, Error> {
        let refuse = |why: &str| Error::Delivery {
            reason: format!("cannot export to `{}`: {why}", shown(&target.url)),
        };
        let uri: Uri = target.url.parse().map_err(|_| refuse("it is no address"))?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") if cfg!(feature = "otlp-tls") => true,
            Some("https") => return Err(refuse("https needs the feature `otlp-tls`")),
            _ => return Err(refuse("the address begins with http:// or https://")),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| refuse("it names no host"))?;
        let default = match target.protocol {
            _ if secure => 443,
            Protocol::Http => 4318,
            Protocol::Grpc => 4317,
        };
        if target.gzip && !cfg!(feature = "gzip") {
            return Err(refuse("compression needs the feature `gzip`"));
        }
        let path = match target.protocol {
            Protocol::Http => uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            Protocol::Grpc => signal.grpc_path().to_owned(),
        };
        let mut headers = Vec::new();
        for (name, value) in &target.headers {
            let name = name.parse().map_err(|_| refuse(&format!("`{name}` cannot be a header")))?;
            let mut value: HeaderValue =
                value.parse().map_err(|_| refuse(&format!("the value of {name} cannot be sent")))?;
            value.set_sensitive(true);
            headers.push((name, value));
        }
        Ok(Collector {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(default),
            #[cfg(feature = "otlp-tls")]
            tls: secure
                .then(|| super::tls::Tls::new(host, target))
                .transpose()
                .map_err(|why| refuse(&why))?,
            uri,
            path,
            protocol: target.protocol,
            headers,
            gzip: target.gzip,
        })
    }

    /// A message as the body of a request: compressed if wanted, framed for gRPC.
    pub(super) fn body(&self, message: Vec<u8>) -> Bytes {
        #[cfg(feature = "gzip")]
        let message = match self.gzip {
            // A library that fails leaves it as it was, which `Content-Encoding` must not deny.
            true => crate::expose::Compression::Gzip.compress(&message).unwrap_or(message),
            false => message,
        };
        if self.protocol == Protocol::Http {
            return message.into();
        }
        let mut framed = Vec::with_capacity(message.len() + 5);
        framed.push(u8::from(self.is_gzip(&message)));
        framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
        framed.extend_from_slice(&message);
        framed.into()
    }

    fn is_gzip(&self, message: &[u8]) -> bool {
        self.gzip && message.starts_with(&[0x1f, 0x8b])
    }

    fn request(&self, body: &Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
        let user_agent = concat!("flightdeck/", env!("CARGO_PKG_VERSION"));
        let mut request = Request::post(&self.path).header(USER_AGENT, user_agent);
        match self.protocol {
            Protocol::Http => {
                let authority = self.uri.authority().map_or("", |authority| authority.as_str());
                // A name and password in the address are not part of the host.
                let host = authority.rsplit('@').next().unwrap_or_default();
                request = request.header(HOST, host).header(CONTENT_TYPE, "application/x-protobuf");
                if self.is_gzip(body) {
                    request = request.header(CONTENT_ENCODING, "gzip");
                }
            }
            Protocol::Grpc => {
                let scheme = self.uri.scheme_str().unwrap_or("http");
                let authority = self.uri.authority().map_or("", |authority| authority.as_str());
                request = request
                    .uri(format!("{scheme}://{authority}{}", self.path))
                    .header(CONTENT_TYPE, "application/grpc")
                    .header(TE, "trailers");
                if self.gzip {
                    request = request.header("grpc-encoding", "gzip");
                }
            }
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(body.clone()))
    }

    async fn connect(&self) -> Result<Connection, String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(text)?;
        // Requests are written whole.
        stream.set_nodelay(true).map_err(text)?;
        #[cfg(feature = "otlp-tls")]
        if let Some(tls) = &self.tls {
            return self.shake_hands(tls.connect(stream).await?).await;
        }
        self.shake_hands(stream).await
    }

    async fn shake_hands<S>(&self, stream: S) -> Result<Connection, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stream = TokioIo::new(stream);
        match self.protocol {
            Protocol::Http => {
                let (sender, connection) = http1::handshake(stream).await.map_err(text)?;
                // What goes wrong with a connection, the request on it is told.
                tokio::spawn(async move { connection.await.ok() });
                Ok(Connection::Http1(sender))
            }
            Protocol::Grpc => {
                let mut builder = http2::Builder::new(TokioExecutor::new());
                let (sender, connection) =
                    builder.timer(TokioTimer::new()).handshake(stream).await.map_err(text)?;
                tokio::spawn(async move { connection.await.ok() });
                Ok(Connection::Http2(sender))
            }
        }
    }
}

impl Transport {
    pub(super) fn new(collector: Collector) -> Transport {
        Transport { collector, connection: None }
    }

    /// The collector it goes to.
    pub(super) fn collector(&self) -> &Collector {
        &self.collector
    }

    /// Sends a body once. The caller limits how long that may take; if it gives up, the connection is not used again.
    pub(super) async fn send(&mut self, body: &Bytes) -> Verdict {
        let connection = self.connection.take();
        match self.exchange(connection, body).await {
            Ok((connection, verdict)) => {
                self.connection = Some(connection);
                verdict
            }
            Err(reason) => Verdict::Later { after: None, reason },
        }
    }

    async fn exchange(
        &self,
        kept: Option<Connection>,
        body: &Bytes,
    ) -> Result<(Connection, Verdict), String> {
        let usable = match kept {
            Some(mut kept) => kept.is_ready().await.then_some(kept),
            None => None,
        };
        let mut connection = match usable {
            Some(usable) => usable,
            None => self.collector.connect().await?,
        };
        let request = self.collector.request(body).map_err(text)?;
        let response = match &mut connection {
            Connection::Http1(sender) => sender.send_request(request).await,
            Connection::Http2(sender) => sender.send_request(request).await,
        };
        let (head, body) = response.map_err(text)?.into_parts();
        let (body, trailers) = match (read(body).await, self.collector.protocol) {
            (Ok(read), _) => read,
            // The status has said what became of it. A body that breaks off, as it does where TLS is not ended properly, is no
            // reason to send everything twice.
            (Err(_), Protocol::Http) => (Bytes::new(), None),
            (Err(reason), Protocol::Grpc) => return Err(reason),
        };
        let verdict = match self.collector.protocol {
            Protocol::Http => answer::over_http(head.status.as_u16(), &head.headers, &body),
            Protocol::Grpc => {
                // Where there is nothing but an end, the head is that end.
                answer::over_grpc(head.status.as_u16(), trailers.as_ref().unwrap_or(&head.headers), &body)
            }
        };
        Ok((connection, verdict))
    }
}

impl Connection {
    async fn is_ready(&mut self) -> bool {
        match self {
            Connection::Http1(sender) => sender.ready().await.is_ok(),
            Connection::Http2(sender) => sender.ready().await.is_ok(),
        }
    }
}

async fn read(body: Incoming) -> Result<(Bytes, Option<http::HeaderMap>), String> {
    let collected =
        Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| error.to_string())?;
    let trailers = collected.trailers().cloned();
    Ok((collected.to_bytes(), trailers))
}

/// An address as it may be told: it may have a password in it.
fn shown(url: &str) -> std::borrow::Cow<'_, str> {
    crate::redact::redact_url(url, &[])
}

/// An error with its causes: hyper's own say little.
fn text(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::OtlpOptions;
    use super::*;

    #[test]
    fn addresses_of_collectors() {
        let check = |endpoint: &str, protocol, want: Result<&str, &str>| {
            let options = OtlpOptions { protocol, ..OtlpOptions::to(endpoint) };
            let got = Collector::new(&options.target(Signal::Traces), Signal::Traces)
                .map(|collector| format!("{} {} {}", collector.host, collector.port, collector.path))
                .map_err(|error| error.to_string());
            match want {
                Ok(want) => assert_eq!(got.as_deref(), Ok(want), "{endpoint}"),
                Err(why) => {
                    assert!(got.as_ref().is_err_and(|error| error.contains(why)), "{endpoint}: {got:?}")
                }
            }
        };
        check("http://collector", Protocol::Http, Ok("collector 4318 /v1/traces"));
        check("http://[::1]:9/otlp/", Protocol::Http, Ok("::1 9 /otlp/v1/traces"));
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        check("http://collector", Protocol::Grpc, Ok(&format!("collector 4317 {path}")));
        check("collector:4317", Protocol::Grpc, Err("begins with http"));
        check("http://", Protocol::Http, Err("address"));
        check("http://a b", Protocol::Http, Err("no address"));
        if !cfg!(feature = "otlp-tls") {
            check("https://collector", Protocol::Http, Err("otlp-tls"));
        }
    }
}
