//! The payment service, which is somebody else's: its calls are timed, and carry the trace and the request's id.

use anyhow::{Result, bail};
use bytes::Bytes;
use flightdeck::Registry;
use flightdeck::correlate;
use flightdeck::dependency::Calls;
use http_body_util::Full;
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A client of the payment service.
#[derive(Clone)]
pub(crate) struct Payment {
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
    calls: Calls,
}

impl Payment {
    pub(crate) fn new(address: &str, registry: &Registry) -> Result<Payment, flightdeck::Error> {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Payment { client, address: address.to_owned(), calls: Calls::register(registry, "external_api")? })
    }

    /// Charges a customer.
    pub(crate) async fn charge(&self, dollars: f64) -> Result<()> {
        self.calls.timed("charge", self.send("POST", dollars.to_string())).await
    }

    /// Whether it answers.
    pub(crate) async fn ping(self) -> Result<()> {
        self.send("GET", String::new()).await
    }

    async fn send(&self, method: &str, body: String) -> Result<()> {
        let mut request = Request::builder().method(method).uri(format!("http://{}/payment", self.address));
        if let Some(context) = correlate::current() {
            let child = context.child();
            request = request
                .header("x-request-id", child.request_id())
                .header("traceparent", child.trace().traceparent());
        }
        let response = self.client.request(request.body(Full::from(body))?).await?;
        if !response.status().is_success() {
            bail!("the payment service answered {}", response.status());
        }
        Ok(())
    }
}
