//! `/api/v1/format_query`, `/api/v1/parse_query` and `/api/v1/check_query`: the language without data.

use axum::response::Response;
use promql::syntax::Span;
use serde_json::json;
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

/// What is wrong with the query and where, in bytes. To whoever asks for that a query that is wrong is no bad question.
pub async fn check_query(params: Params) -> Result<Response, ApiError> {
    let Some(text) = params.get("query") else {
        return Err(ApiError::bad_parameter("query", "there is no query to check"));
    };
    Ok(success(match promql::parse::parse(text) {
        Ok(query) => json!({ "mistakes": [], "type": query.value_type().as_str() }),
        Err(error) => {
            let (message, Span { start, end }) = (error.to_string(), error.span);
            json!({ "mistakes": [{ "message": message, "start": start, "end": end }] })
        }
    }))
}

fn parsed(params: &Params) -> Result<promql::syntax::Expr, ApiError> {
    let text = params.get("query").unwrap_or("");
    promql::parse::parse(text).map_err(|error| ApiError::bad_parameter("query", error))
}
