//! What stands before and after every request: cross-site checks, CORS, security headers, compression's absence.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// Methods and headers that scripts of an allowed origin may use.
const CORS_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const CORS_HEADERS: HeaderValue = HeaderValue::from_static("Accept, Authorization, Content-Type, Origin");
const CORS_EXPOSED: HeaderValue = HeaderValue::from_static("Date");
/// The page is self-contained: nothing is loaded from elsewhere, and nobody may frame it.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
);

/// Wraps every request of the main listener.
pub async fn protect(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed =
        origin.filter(|origin| origin.to_str().is_ok_and(|origin| app.options.cors_origin.is_match(origin)));
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else if changes_state(&request) && from_another_site(request.headers()) {
        (StatusCode::FORBIDDEN, "a page of another site may not change the state of this server\n")
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
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
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
    request.method() != Method::GET
        && ["/-/", "/api/v1/admin/", "/api/v1/write", "/api/v1/otlp/", "/api/v1/import/"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
}

/// Browsers say by themselves where a request comes from, and no script can forge it.
fn from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
