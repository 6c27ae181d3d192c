//! OpenTelemetry's metrics protocol: requests in protobuf or JSON become series.
//!
//! `decode` reads either encoding into the same request, `translate` turns that into series by the naming rules asked
//! for, and `Accumulator` makes running totals of what was sent as differences.

mod decode;
mod delta;
mod json;
mod names;
mod request;
mod response;
mod translate;

pub use decode::decode;
pub use delta::Accumulator;
pub use json::decode_json;
pub use names::Strategy;
pub use request::Request;
pub use response::{response, response_json};
pub use translate::{Options, Translated, translate};

/// Why a request could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OtlpError {
    /// The body is no protobuf message of a request.
    #[error(transparent)]
    Malformed(#[from] crate::protobuf::Malformed),
    /// The body is no JSON of a request.
    #[error("malformed OTLP JSON: {0}")]
    Json(String),
}
