//! Targets from a web server that answers a JSON list; an answer that cannot be used leaves the last list as it is.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::{Publisher, TargetGroup, parse_groups};
use crate::config::{BasicAuth, HttpClientConfig, HttpSdConfig, Secret};
use crate::fetch::{Ask, Client, FetchError, Shared, address_of, percent_decoded};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How large an answer may be.
const BODY_BYTES_MAX: u64 = 64 << 20;

pub(super) async fn run(config: HttpSdConfig, mut client: HttpClientConfig, publisher: Publisher) {
    let (url, user) = split_user(&config.url);
    let has_credentials =
        client.basic_auth.is_some() || client.authorization.is_some() || client.oauth2.is_some();
    if !has_credentials {
        client.basic_auth = user;
    }
    let shared = match Shared::new(&client) {
        Ok(shared) => shared,
        Err(error) => return publisher.fail(format!("http_sd {url}: {error}")),
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
        match refresh(&url, &mut client, &ask).await {
            Ok(groups) => publisher.publish(groups).await,
            Err(error) => publisher.fail(format!("http_sd {url}: {error}")),
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

/// A URL apart from the user it names, so that neither errors nor labels tell the password.
fn split_user(url: &str) -> (String, Option<BasicAuth>) {
    let authority = url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (user, _) = rest[..end].rsplit_once('@')?;
        Some((scheme, user, &rest[user.len() + 1..]))
    });
    let Some((scheme, user, rest)) = authority else { return (url.to_owned(), None) };
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let password = Some(Secret::new(percent_decoded(password)));
    let user = BasicAuth { username: percent_decoded(username), password, ..BasicAuth::default() };
    (format!("{scheme}://{rest}"), Some(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_of_a_url_becomes_credentials_and_is_not_shown() {
        let check = |url: &str, want: &str, user: Option<(&str, &str)>| {
            let (shown, auth) = split_user(url);
            assert_eq!(shown, want);
            let auth = auth.map(|auth| (auth.username, auth.password.unwrap().reveal().to_owned()));
            assert_eq!(auth.as_ref().map(|(name, password)| (name.as_str(), password.as_str())), user);
        };
        check("http://us:p%40w:d@h:1/x?a=@b", "http://h:1/x?a=@b", Some(("us", "p@w:d")));
        check("https://us@h", "https://h", Some(("us", "")));
        check("http://h/a@b", "http://h/a@b", None);
        check("http://%zz%4:@h", "http://h", Some(("%zz%4", "")));
    }
}
