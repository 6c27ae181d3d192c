//! The HTTP layer: what every request of a service is measured by.
//!
//! `layer` wraps a service, `exchange` is one request from its arrival to the last byte of its answer, `body` watches
//! that answer go out, `families` has the metrics. A failure in here is counted and never reaches a request.

mod body;
mod exchange;
mod families;
mod layer;
mod method;

pub use body::TrackedBody;
pub use families::{HttpNames, Session};
pub use layer::{DeckLayer, Instrumented, ResponseFuture, set_route};

pub(crate) use families::Families;
pub(crate) use layer::Settings;
