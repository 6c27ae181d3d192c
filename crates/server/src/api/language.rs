//! `/api/v1/format_query` and `/api/v1/parse_query`: the language without data.

use axum::response::Response;
use serde_json::value::RawValue;

use super::envelope::{ApiError, success};
use super::params::Params;

/// The query on as many lines as it takes.
pub async fn format_query(params: Params) -> Result<Response, ApiError> {
    Ok(success(promql::print::pretty(&parsed(&params)?)))
}

/// The query as a tree.
pub async fn parse_query(params: Params) -> Result<Response, ApiError> {
    let tree = promql::print::json(&parsed(&params)?);
    let tree = RawValue::from_string(tree).map_err(|error| ApiError::bad(format!("the tree: {error}")))?;
    Ok(success(tree))
}

fn parsed(params: &Params) -> Result<promql::syntax::Expr, ApiError> {
    let text = params.get("query").unwrap_or("");
    promql::parse::parse(text).map_err(|error| ApiError::bad_parameter("query", error))
}
