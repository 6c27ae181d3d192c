//! Credentials of a request: read anew each time where a file holds them, fetched from a token server for OAuth 2.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::{Client, FetchError, Shared, address_of, post_form};
use crate::config::{HttpClientConfig, OAuth2};

/// How long before its end a token counts as spent, so that it does not end on its way.
const TOKEN_MARGIN: Duration = Duration::from_secs(10);
/// How large a file with credentials may be.
const CREDENTIALS_BYTES_MAX: u64 = 1 << 20;

/// A token and when it ends.
pub(super) struct Token {
    header: HeaderValue,
    ends: Option<Instant>,
}

/// Adds the configured headers and the `Authorization` that needs no token server.
pub(super) async fn add_configured(
    config: &HttpClientConfig,
    headers: &mut HeaderMap,
) -> Result<(), FetchError> {
    for (name, header) in &config.http_headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| bad_header(name, &error))?;
        let mut values: Vec<String> = header.values.clone();
        values.extend(header.secrets.iter().map(|secret| secret.reveal().to_owned()));
        for file in &header.files {
            values.push(read(file).await?);
        }
        for value in values {
            headers.append(name.clone(), secret_header(&value)?);
        }
    }
    if let Some(basic) = &config.basic_auth {
        let username = match &basic.username_file {
            Some(file) => read(file).await?,
            None => basic.username.clone(),
        };
        let password = match (&basic.password, &basic.password_file) {
            (None, Some(file)) => read(file).await?,
            (password, _) => password.as_ref().map_or(String::new(), |password| password.reveal().to_owned()),
        };
        headers.insert(AUTHORIZATION, basic_header(&username, &password)?);
    }
    if let Some(authorization) = &config.authorization {
        let credentials = match (&authorization.credentials, &authorization.credentials_file) {
            (None, Some(file)) => read(file).await?,
            (given, _) => given.as_ref().map_or(String::new(), |given| given.reveal().to_owned()),
        };
        let kind =
            authorization.kind.as_deref().map(str::trim).filter(|kind| !kind.is_empty()).unwrap_or("Bearer");
        headers.insert(AUTHORIZATION, secret_header(&format!("{kind} {credentials}"))?);
    }
    Ok(())
}

/// The `Authorization` header of a token, fetched where there is none or it has ended.
pub(super) async fn token(oauth2: &OAuth2, kept: &mut Option<Token>) -> Result<HeaderValue, FetchError> {
    if let Some(token) = kept.as_ref().filter(|token| token.ends.is_none_or(|ends| Instant::now() < ends)) {
        return Ok(token.header.clone());
    }
    let failed = |message: String| FetchError::Token(oauth2.token_url.clone(), message);
    let client = HttpClientConfig {
        tls: oauth2.tls_config.clone(),
        proxy: oauth2.proxy(),
        enable_http2: true,
        ..HttpClientConfig::default()
    };
    let shared = Shared::new(&client).map_err(|error| failed(error.to_string()))?;
    let mut client = Client::new(shared);
    let secret = match (&oauth2.client_secret, &oauth2.client_secret_file) {
        (None, Some(file)) => read(file).await?,
        (given, _) => given.as_ref().map_or(String::new(), |given| given.reveal().to_owned()),
    };
    let scopes = oauth2.scopes.join(" ");
    let mut form: Vec<(&str, &str)> = vec![("grant_type", "client_credentials")];
    if !scopes.is_empty() {
        form.push(("scope", &scopes));
    }
    form.extend(oauth2.endpoint_params.iter().map(|(name, value)| (name.as_str(), value.as_str())));

    let address = address_of(&oauth2.token_url)?;
    let basic = basic_header(&crate::target::encode(&oauth2.client_id), &crate::target::encode(&secret))?;
    let (mut status, mut body) = post_form(&mut client, &address, Some(basic), &form).await?;
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST) {
        // Some servers want the client's id and secret in the form instead.
        form.extend([("client_id", oauth2.client_id.as_str()), ("client_secret", secret.as_str())]);
        (status, body) = post_form(&mut client, &address, None, &form).await?;
    }
    if !status.is_success() {
        return Err(failed(format!("server returned HTTP status {status}")));
    }
    let token = parse_token(&body).map_err(failed)?;
    let header = token.header.clone();
    *kept = Some(token);
    Ok(header)
}

fn parse_token(body: &[u8]) -> Result<Token, String> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        token_type: Option<String>,
        expires_in: Option<f64>,
    }
    let answer: Answer =
        serde_json::from_slice(body).map_err(|error| format!("the answer is no token: {error}"))?;
    let kind = match answer.token_type.as_deref() {
        None | Some("") => "Bearer",
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => "Bearer",
        Some(kind) => kind,
    };
    let header =
        secret_header(&format!("{kind} {}", answer.access_token)).map_err(|error| error.to_string())?;
    let seconds = answer.expires_in.filter(|seconds| *seconds > 0.0 && *seconds < 1e9);
    let ends =
        seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds).saturating_sub(TOKEN_MARGIN));
    Ok(Token { header, ends })
}

pub(super) fn basic_header(username: &str, password: &str) -> Result<HeaderValue, FetchError> {
    secret_header(&format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
}

fn secret_header(text: &str) -> Result<HeaderValue, FetchError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        FetchError::Credentials("configuration".to_owned(), "not valid in a header".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn bad_header(name: &str, error: &dyn std::fmt::Display) -> FetchError {
    FetchError::Credentials(format!("header {name}"), error.to_string())
}

/// The text of a small file without the line break at its end.
async fn read(path: &Path) -> Result<String, FetchError> {
    let failed = |error: &dyn std::fmt::Display| {
        FetchError::Credentials(path.display().to_string(), error.to_string())
    };
    let size = tokio::fs::metadata(path).await.map_err(|error| failed(&error))?.len();
    if size > CREDENTIALS_BYTES_MAX {
        return Err(failed(&format!("larger than {CREDENTIALS_BYTES_MAX} bytes")));
    }
    let text = tokio::fs::read_to_string(path).await.map_err(|error| failed(&error))?;
    Ok(text.trim().to_owned())
}
