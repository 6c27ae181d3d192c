//! The payment service, which is somebody else's: its calls are timed, and carry the trace and the request's id.

use anyhow::{Result, bail};
use bytes::Bytes;
use flightdeck::Flightdeck;
use flightdeck::http::MeasuredClient;
use http_body_util::Full;
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;
use tracing::Instrument;

/// A client of the payment service.
#[derive(Clone)]
pub(crate) struct Payment {
    client: MeasuredClient<Client<HttpConnector, Full<Bytes>>>,
    address: String,
}

impl Payment {
    pub(crate) fn new(address: &str, deck: &Flightdeck) -> Result<Payment, flightdeck::Error> {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Payment { client: deck.external_api()?.measure(client), address: address.to_owned() })
    }

    /// Charges a customer.
    pub(crate) async fn charge(&self, dollars: f64) -> Result<()> {
        self.send("POST", dollars.to_string()).instrument(tracing::info_span!("charge", dollars)).await
    }

    /// Whether it answers.
    pub(crate) async fn ping(self) -> Result<()> {
        self.send("GET", String::new()).await
    }

    async fn send(&self, method: &str, body: String) -> Result<()> {
        let request = Request::builder().method(method).uri(format!("http://{}/payment", self.address));
        let response = self.client.clone().call(request.body(Full::from(body))?).await?;
        if !response.status().is_success() {
            bail!("the payment service answered {}", response.status());
        }
        Ok(())
    }
}
