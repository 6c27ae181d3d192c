//! Answers that are part of the binary: they change only with it, so callers keep them and ask whether they still hold.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::tags;

/// Answers with a text, or with the news that what the caller has is still the text.
pub fn answer(headers: &HeaderMap, content_type: &'static str, text: &'static str) -> Response {
    let tag = tags::tag(text.as_bytes());
    let known = tags::named(headers, header::IF_NONE_MATCH).is_some_and(|known| known.contains(&tag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], text).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_text_is_not_sent_again() {
        let check = |asked: &str, want: StatusCode| {
            let asked = HeaderValue::from_str(asked).expect("a header");
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, asked)]);
            assert_eq!(answer(&headers, "text/plain", "hello").status(), want);
        };
        check("", StatusCode::OK);
        check("\"0\"", StatusCode::OK);
        check(&format!("\"{}\"", tags::tag(b"hello")), StatusCode::NOT_MODIFIED);
        check(&format!("\"0\", W/\"{}\"", tags::tag(b"hello")), StatusCode::NOT_MODIFIED);
    }
}
