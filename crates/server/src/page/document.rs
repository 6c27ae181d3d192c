//! The document at every path of the page, with the deck inside: the verdict is right on the first paint.
//!
//! No script and no style stands in the document itself, so the policy allows only files of our own: a metric's name that
//! looks like markup stays a name.

use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};

use super::assets;
use super::title::{legible, title};
use crate::app::App;
use crate::deck;

/// Only our own files, and pictures that scripts of ours draw.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

/// The built document, cut where the server puts something in.
struct Pieces {
    /// Up to the base of all paths.
    before_base: &'static str,
    /// Up to the title.
    before_title: &'static str,
    /// Up to the verdict.
    before_verdict: &'static str,
    /// Up to the deck.
    before_deck: &'static str,
    /// The rest.
    after: &'static str,
}

/// Answers with the document.
pub async fn document(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let pieces = pieces();
    let told = app.decks.latest();
    let base = format!("{}/", app.door.prefix());
    let verdict = legible(&deck::verdict_line(&told.deck));
    let title = title(&deck::tab_title(&told.deck), uri.path());
    let body = [
        pieces.before_base,
        &escape(&base),
        pieces.before_title,
        &escape(&title),
        pieces.before_verdict,
        &escape(&verdict),
        pieces.before_deck,
        // Inside a block of data only the end tag and comments mean anything.
        &told.json.replace('<', "\\u003c"),
        pieces.after,
    ]
    .concat();
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response();
    let headers = response.headers_mut();
    let fixed = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

fn pieces() -> &'static Pieces {
    static PIECES: OnceLock<Pieces> = OnceLock::new();
    PIECES.get_or_init(|| {
        let text =
            assets::file("index.html").and_then(|content| std::str::from_utf8(content).ok()).unwrap_or("");
        let cut = |text: &'static str, mark: &str| text.split_once(mark).unwrap_or((text, ""));
        let (before_base, rest) = cut(text, "{{base}}");
        let (before_title, rest) = cut(rest, "{{title}}");
        let (before_verdict, rest) = cut(rest, "{{verdict}}");
        let (before_deck, after) = cut(rest, "{{deck}}");
        Pieces { before_base, before_title, before_verdict, before_deck, after }
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_every_place_and_no_script_of_its_own() {
        let text = std::str::from_utf8(assets::file("index.html").expect("it is built")).expect("it is text");
        for mark in ["{{base}}", "{{title}}", "{{verdict}}", "{{deck}}"] {
            assert_eq!(text.matches(mark).count(), 1, "{mark}");
        }
        assert!(!pieces().after.is_empty());
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick="));
        let scripts = text.matches("<script").count();
        let known = text.matches("<script type=\"module\"").count()
            + text.matches("type=\"application/json\"").count();
        assert_eq!(scripts, known, "{text}");
    }

    #[test]
    fn markup_in_names_stays_text() {
        assert_eq!(escape("<script>\"&\""), "&lt;script&gt;&quot;&amp;&quot;");
    }
}
