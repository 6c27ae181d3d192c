//! Targets from a web server that answers a JSON list; an answer that cannot be used leaves the last list as it is.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::{Publisher, TargetGroup, parse_groups};
use crate::config::{HttpClientConfig, HttpSdConfig};
use crate::fetch::{Ask, Client, FetchError, Shared, address_of};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How large an answer may be.
const BODY_BYTES_MAX: u64 = 64 << 20;

pub(super) async fn run(config: HttpSdConfig, client: HttpClientConfig, publisher: Publisher) {
    let shared = match Shared::new(&client) {
        Ok(shared) => shared,
        Err(error) => return publisher.fail(format!("http_sd {}: {error}", config.url)),
    };
    let mut client = Client::new(shared);
    let interval = config.refresh();
    let seconds = HeaderValue::from_str(&(interval.millis as f64 / 1_000.0).to_string());
    let ask = Ask {
        accept: HeaderValue::from_static("application/json"),
        compression: true,
        headers: seconds
            .map(|seconds| (HeaderName::from_static("x-prometheus-refresh-interval-seconds"), seconds))
            .into_iter()
            .collect(),
        body_bytes_max: BODY_BYTES_MAX,
    };
    let mut ticks = tokio::time::interval(interval.to_duration());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match refresh(&config.url, &mut client, &ask).await {
            Ok(groups) => publisher.publish(groups).await,
            Err(error) => publisher.fail(format!("http_sd {}: {error}", config.url)),
        }
    }
}

async fn refresh(url: &str, client: &mut Client, ask: &Ask) -> Result<Vec<TargetGroup>, String> {
    let address = address_of(url).map_err(|error| error.to_string())?;
    let answer = match tokio::time::timeout(TIMEOUT, client.fetch(&address, ask)).await {
        Ok(answer) => answer.map_err(|error: FetchError| error.to_string())?,
        Err(_) => {
            client.disconnect();
            return Err(format!("no answer within {} s", TIMEOUT.as_secs()));
        }
    };
    let kind = answer.content_type().unwrap_or("");
    let media_type = kind.split(';').next().unwrap_or("").trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(format!("the answer has the Content-Type {kind:?}, expected application/json"));
    }
    parse_groups(answer.body(), &[("__meta_url", url)]).map_err(|error| error.to_string())
}
