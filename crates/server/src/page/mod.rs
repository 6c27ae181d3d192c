//! The page: what `ui/dist` holds, embedded in the binary; needs nothing from elsewhere.

mod assets;
mod document;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

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
