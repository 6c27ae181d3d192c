//! The payment service, which is somebody else's: its calls are timed, and carry the trace and the request's id.

use std::time::Duration;

use anyhow::{Result, bail};
use flightdeck::Flightdeck;
use flightdeck::http::ExternalApi;
use reqwest::{Client, Method};
use tracing::Instrument;

/// How long it is waited for.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A client of the payment service.
#[derive(Clone)]
pub(crate) struct Payment {
    client: Client,
    measured: ExternalApi,
    address: String,
}

impl Payment {
    pub(crate) fn new(address: &str, deck: &Flightdeck) -> Result<Payment> {
        let client = Client::builder().timeout(TIMEOUT).build()?;
        Ok(Payment { client, measured: deck.external_api()?, address: address.to_owned() })
    }

    /// Charges a customer.
    pub(crate) async fn charge(&self, dollars: f64) -> Result<()> {
        self.send(Method::POST, dollars.to_string()).instrument(tracing::info_span!("charge", dollars)).await
    }

    /// Whether it answers.
    pub(crate) async fn ping(self) -> Result<()> {
        self.send(Method::GET, String::new()).await
    }

    async fn send(&self, method: Method, body: String) -> Result<()> {
        let url = format!("http://{}/payment", self.address);
        let request = self.client.request(method, url).body(body).build()?;
        let response = self.measured.execute(&self.client, request).await?;
        let status = response.status();
        // Only an answer that was read leaves its connection for the next call.
        let answer = response.text().await?;
        if !status.is_success() {
            bail!("the payment service answered {status}: {answer}");
        }
        Ok(())
    }
}
