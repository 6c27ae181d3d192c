//! `/api/v1/query` and `/api/v1/query_range`.
