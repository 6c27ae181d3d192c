//! The random data and the grammar of the engine's own differential test.

#[path = "../../../promql/tests/reference/data.rs"]
pub(crate) mod data;
#[path = "../../../promql/tests/reference/generate.rs"]
pub(crate) mod generate;
