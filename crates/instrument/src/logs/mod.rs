//! Log lines as JSON, one object a line, that say which request they belong to.
//!
//! A [`JsonLayer`] writes what `tracing` is told, under names that stay the same: `time`, `level`, `target`, `message`, `service`,
//! `request_id`, `trace_id`, `span_id`, and the fields of the event and of the spans around it. Fields that look like
//! secrets are not written, in URLs neither are the parameters that do nor the segments of paths ([`Paths`]). A place in the program that writes the same line
//! over and over is cut short, and says how much was left out.
//!
//! ```
//! use tracing_subscriber::prelude::*;
//!
//! let registry = flightdeck::Registry::new();
//! let layer = flightdeck::logs::JsonLayer::register(&registry, "orders", Default::default(), std::io::stdout)?;
//! let subscriber = tracing_subscriber::registry().with(layer);
//! # let _ = subscriber;
//! # Ok::<(), flightdeck::Error>(())
//! ```

pub(crate) mod fields;
mod layer;
mod repeats;

pub use crate::redact::{Paths, REDACTED, redact_url};
pub use layer::{JsonLayer, LogOptions, REQUEST_TARGET};
