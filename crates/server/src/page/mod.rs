//! The page at `/`: embedded in the binary, needs nothing from elsewhere.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::api::fixed;

/// The page.
pub async fn index(headers: HeaderMap) -> Response {
    fixed::answer(&headers, "text/html; charset=utf-8", include_str!("index.html"))
}

/// Its script.
pub async fn script(headers: HeaderMap) -> Response {
    fixed::answer(&headers, "text/javascript; charset=utf-8", include_str!("page.js"))
}

/// Its style.
pub async fn style(headers: HeaderMap) -> Response {
    fixed::answer(&headers, "text/css; charset=utf-8", include_str!("page.css"))
}
