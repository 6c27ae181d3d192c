//! What stands before and after every request: cross-site checks, CORS, security headers, compression's absence.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// What changes something when it is asked for with anything but GET.
const CHANGING_PATHS: [&str; 10] = [
    "/-/",
    "/api/v1/admin/",
    "/api/v1/annotations",
    "/api/v1/dashboards",
    "/api/v1/import/",
    "/api/v1/otlp/",
    "/api/v1/queries/",
    "/api/v1/snapshots",
    "/api/v1/write",
    "/v1/metrics",
];
/// What is for our own page: no script of another origin reads it, whatever --cors-origin says.
const OWN_PATHS: [&str; 5] =
    ["/api/v1/annotations", "/api/v1/dashboards", "/api/v1/deck", "/api/v1/snapshots", "/api/v1/usage"];
/// Methods and headers that scripts of an allowed origin may use.
const CORS_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const CORS_HEADERS: HeaderValue = HeaderValue::from_static("Accept, Authorization, Content-Type, Origin");
const CORS_EXPOSED: HeaderValue = HeaderValue::from_static("Date");
/// The page is self-contained: nothing is loaded from elsewhere, and nobody may frame it.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
);

/// Wraps every request of the main listener.
pub async fn protect(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).filter(|_| !is_own(request.uri().path())).cloned();
    let allowed =
        origin.filter(|origin| origin.to_str().is_ok_and(|origin| app.options.cors_origin.is_match(origin)));
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else if changes_state(&request) && from_another_site(&request) {
        (StatusCode::FORBIDDEN, "a page of another site may not change the state of this server\n")
            .into_response()
    } else if changes_state(&request) && is_browser(&request) && !is_own_name(&app, &request) {
        (StatusCode::FORBIDDEN, "this server is not known under that name; --external-url tells it\n")
            .into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, CORS_METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, CORS_HEADERS);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, CORS_EXPOSED);
    }
    // Of an answer to somebody without an origin too: a cache must not hand it to one who has.
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    secure(headers);
    response
}

fn secure(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    set(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
}

/// Queries may be posted too; what changes something is the lifecycle, the admin API and the receivers.
fn changes_state(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() != Method::GET && CHANGING_PATHS.iter().any(|prefix| path.starts_with(prefix))
}

fn is_own(path: &str) -> bool {
    OWN_PATHS.iter().any(|prefix| path.starts_with(prefix))
}

/// Browsers say by themselves where a request comes from, and no script can forge it. Over plain HTTP, and from anywhere
/// but this machine, they only say the origin; clients that are no browsers say neither.
fn from_another_site(request: &Request) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    // HTTP/2 has no Host; there the URI names it.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| Some(request.uri().authority()?.as_str()));
    !origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

fn is_browser(request: &Request) -> bool {
    request.headers().contains_key("sec-fetch-site") || request.headers().contains_key(header::ORIGIN)
}

/// A server that listens on this machine only is reached by a name of this machine or through a proxy. Under any other
/// name a page of another site may stand, whose name was made to point here once the page was loaded.
fn is_own_name(app: &App, request: &Request) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| Some(request.uri().authority()?.as_str())).unwrap_or("");
    !app.options.listen.ip().is_loopback() || is_known(host, app.options.external_host.as_deref())
}

fn is_known(host: &str, external: Option<&str>) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().to_ascii_lowercase();
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    is_address
        || name == "localhost"
        || name.ends_with(".localhost")
        || external.is_some_and(|external| external.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known() {
        let check =
            |host: &str, want: bool| assert_eq!(is_known(host, Some("metrics.example")), want, "{host}");
        check("127.0.0.1:9090", true);
        check("[::1]:9090", true);
        check("localhost:9090", true);
        check("LOCALHOST", true);
        check("deck.localhost:9090", true);
        check("metrics.example", true);
        check("evil.example:9090", false);
        check("127.0.0.1.evil.example", false);
        check("", false);
    }

    #[test]
    fn what_is_ours_is_not_for_other_origins() {
        let check = |path: &str, want: bool| assert_eq!(is_own(path), want, "{path}");
        check("/api/v1/dashboards/shop", true);
        check("/api/v1/snapshots", true);
        check("/api/v1/deck/live", true);
        check("/api/v1/query", false);
        check("/api/v1/status/config", false);
    }

    #[test]
    fn requests_of_other_sites_are_told_apart() {
        let check = |pairs: &[(&str, &str)], want: bool| {
            let request = Request::post("http://h2.example/-/reload");
            let request = pairs.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let request = request.body(axum::body::Body::empty()).expect("a request");
            assert_eq!(from_another_site(&request), want, "{pairs:?}");
        };
        check(&[], false);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "http://x")], false);
        check(&[("sec-fetch-site", "none")], false);
        check(&[("sec-fetch-site", "same-site")], true);
        check(&[("sec-fetch-site", "cross-site")], true);
        check(&[("origin", "http://a:9090"), ("host", "A:9090")], false);
        check(&[("origin", "http://evil.example"), ("host", "a:9090")], true);
        check(&[("origin", "http://a:9091"), ("host", "a:9090")], true);
        check(&[("origin", "null"), ("host", "a:9090")], true);
        check(&[("origin", "https://h2.example")], false);
        check(&[("origin", "https://evil.example")], true);
    }
}
