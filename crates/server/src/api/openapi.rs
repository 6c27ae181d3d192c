//! `/api/v1/openapi.yaml`: what this API is, for tools. Tests hold it to the routes.

use axum::http::HeaderMap;
use axum::response::Response;

use super::fixed;

/// The document.
pub const DOCUMENT: &str = include_str!("openapi.yaml");

/// Answers with the document.
pub async fn openapi(headers: HeaderMap) -> Response {
    fixed::answer(&headers, "application/yaml; charset=utf-8", DOCUMENT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let sources = [
            include_str!("mod.rs"),
            include_str!("../receive/mod.rs"),
            include_str!("../deck/routes.rs"),
            include_str!("../dashboards/routes.rs"),
            include_str!("../annotations/routes.rs"),
        ];
        let routes: BTreeSet<&str> = sources
            .iter()
            .flat_map(|source| source.split(".route(").skip(1))
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .collect();
        let path = |line: &'static str| line.strip_prefix("  /")?.strip_suffix(':').map(|_| line.trim());
        let described: BTreeSet<&str> =
            DOCUMENT.lines().filter_map(path).map(|path| path.trim_end_matches(':')).collect();
        assert_eq!(routes, described);
    }
}
