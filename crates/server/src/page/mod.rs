//! The page: what `ui/dist` holds, embedded in the binary; needs nothing from elsewhere. A browser that goes to a path
//! that is none gets the page, too, which says where else to look; programs get a line of JSON.

mod assets;
mod document;
mod title;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::api::envelope;
use crate::app::App;

/// Where the page lives. It finds its way by itself from there on, so every path has the same document.
const PATHS: &[&str] = &[
    "/",
    "/service/{name}",
    "/hosts",
    "/hosts/{name}",
    "/dashboards",
    "/dashboards/{id}",
    "/explore",
    "/graph",
    "/catalog",
    "/catalog/{metric}",
    "/targets",
    "/system",
];

/// The routes of the page.
pub fn router() -> Router<Arc<App>> {
    let router = PATHS.iter().fold(Router::new(), |router, path| router.route(path, get(document::document)));
    router.route("/assets/{file}", get(assets::asset)).route("/favicon.svg", get(assets::icon))
}

/// Paths below these are for programs, whoever asks.
const FOR_PROGRAMS: &[&str] = &["/api", "/assets", "/-"];

/// The answer to a path that is nothing.
pub async fn missing(State(app): State<Arc<App>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !navigates(&method, uri.path(), &headers) {
        return envelope::no_such_endpoint().into_response();
    }
    let path = uri.path().trim_end_matches('/');
    if path.len() < uri.path().len() && is_page(path) {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Redirect::permanent(&format!("{}{path}{query}", app.door.prefix())).into_response();
    }
    let mut response = document::document(State(app), uri).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Whether a person goes there: browsers ask for HTML by name only then.
fn navigates(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let below =
        |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    let mut kinds =
        accepted.flat_map(|accept| accept.split(',')).map(|kind| kind.split(';').next().unwrap_or("").trim());
    matches!(*method, Method::GET | Method::HEAD)
        && !FOR_PROGRAMS.iter().any(|root| below(root))
        && kinds.any(|kind| kind.eq_ignore_ascii_case("text/html"))
}

/// Whether the page lives at a path.
fn is_page(path: &str) -> bool {
    let same = |known: &str, asked: &str| known == asked || (known.starts_with('{') && !asked.is_empty());
    PATHS.iter().any(|known| {
        let as_long = known.split('/').count() == path.split('/').count();
        as_long && known.split('/').zip(path.split('/')).all(|(known, asked)| same(known, asked))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_that_goes_somewhere_is_told_from_a_program() {
        let check = |method: Method, path: &str, accept: &'static str, want: bool| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(navigates(&method, path, &headers), want, "{method} {path} {accept}");
        };
        check(Method::GET, "/nowhere", "text/html,application/xhtml+xml,*/*;q=0.8", true);
        check(Method::HEAD, "/nowhere", "text/html;q=0.9", true);
        check(Method::GET, "/nowhere", "*/*", false);
        check(Method::GET, "/nowhere", "application/json", false);
        check(Method::POST, "/nowhere", "text/html", false);
        check(Method::GET, "/api/v1/nowhere", "text/html", false);
        check(Method::GET, "/assets/old.js", "text/html", false);
        check(Method::GET, "/apiary", "text/html", true);
        assert!(!navigates(&Method::GET, "/nowhere", &HeaderMap::new()));
    }

    #[test]
    fn the_paths_of_the_page_are_known() {
        let check = |path: &str, want: bool| assert_eq!(is_page(path), want, "{path}");
        check("/hosts", true);
        check("/hosts/10.0.0.1:9100", true);
        check("/hosts/", false);
        check("/service", false);
        check("/system/more", false);
        check("/nowhere", false);
        check("", false);
    }
}
