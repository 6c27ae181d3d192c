//! The files of the built page. Their names carry a hash of their content, so they are kept for ever; each is compressed
//! once, when it is first asked for.

use std::io::Write;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::api::compress::{self, Encoding};

/// Name below `ui/dist` and content.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A page is compressed once and sent often.
const ZSTD_LEVEL: i32 = 15;

#[derive(Default)]
struct Compressed {
    zstd: OnceLock<Vec<u8>>,
    gzip: OnceLock<Vec<u8>>,
}

/// The content of a file.
pub fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, content)| *content)
}

/// Answers with a script, a style or an image of the page.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("assets/{name}");
    let Some(at) = FILES.iter().position(|(known, _)| *known == path) else {
        return (StatusCode::NOT_FOUND, "there is no such file; a newer version may run: reload the page\n")
            .into_response();
    };
    answer(at, &headers, "public, max-age=31536000, immutable")
}

/// Answers with the icon, for those who ask before the page sets one.
pub async fn icon(headers: HeaderMap) -> Response {
    match FILES.iter().position(|(known, _)| *known == "favicon.svg") {
        Some(at) => answer(at, &headers, "no-cache"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(at: usize, headers: &HeaderMap, cache: &'static str) -> Response {
    static COMPRESSED: OnceLock<Vec<Compressed>> = OnceLock::new();
    let (name, content) = FILES[at];
    let all = COMPRESSED.get_or_init(|| FILES.iter().map(|_| Compressed::default()).collect());
    let encoding = compress::chosen(headers);
    let body: &'static [u8] = match encoding {
        Some(Encoding::Zstd) => all[at].zstd.get_or_init(|| zstd(content)),
        Some(Encoding::Gzip) => all[at].gzip.get_or_init(|| gzip(content)),
        None => content,
    };
    let mut response =
        ([(header::CONTENT_TYPE, kind(name)), (header::CACHE_CONTROL, cache)], body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    response
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(content, ZSTD_LEVEL).expect("compressing into memory cannot fail")
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    written.expect("compressing into memory cannot fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_answered_as_what_it_is() {
        for (at, (name, content)) in FILES.iter().enumerate() {
            let check = |accepted: &'static str, want: Option<&str>| {
                let headers =
                    HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
                let response = answer(at, &headers, "no-cache");
                let encoding = response.headers().get(header::CONTENT_ENCODING);
                assert_eq!(encoding.and_then(|encoding| encoding.to_str().ok()), want, "{name}");
            };
            check("gzip, deflate, br, zstd", Some("zstd"));
            check("gzip;q=1.0", Some("gzip"));
            check("gzip;q=0", None);
            check("zstd;q=0.1, gzip", Some("gzip"));
            check("", None);
            assert_ne!(kind(name), "application/octet-stream", "{name}");
            assert_eq!(zstd::bulk::decompress(&zstd(content), content.len()).ok().as_deref(), Some(*content));
        }
    }
}
