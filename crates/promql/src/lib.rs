//! The PromQL language: parse, plan, evaluate. Knows no clock and no IO of its own.

pub mod annotation;
pub mod engine;
pub mod error;
pub mod parse;
pub mod print;
pub mod script;
pub mod syntax;
pub mod value;

mod aggregate;
mod binary;
mod eval;
mod functions;
mod kahan;
mod number;
mod plan;

pub use annotation::Annotations;
pub use engine::{Answer, Engine, Limits, QueryOptions, QueryStats, Settings, Stop};
pub use error::QueryError;
pub use plan::PlanNode;
pub use value::{MatrixSeries, SampleValue, Value, VectorSample};
