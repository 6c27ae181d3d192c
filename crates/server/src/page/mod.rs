//! The page at `/`: embedded in the binary, needs nothing from elsewhere.

use axum::http::header;
use axum::response::{Html, IntoResponse};

/// The page.
pub async fn index() -> Html<&'static str> {
    Html(include_str!("index.html"))
}

/// Its script.
pub async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("page.js"))
}
