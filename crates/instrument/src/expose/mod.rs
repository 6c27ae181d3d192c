//! Metrics as bytes: the formats a scraper may ask for, and what it asked for.
//!
//! ```
//! use flightdeck::expose::{Accepted, Format};
//!
//! let registry = flightdeck::Registry::new();
//! registry.gauge("queue_length", "Waiting orders.").register()?.set(3.0);
//! let accepted = Accepted::from_header("application/openmetrics-text; version=1.0.0");
//! assert_eq!(accepted.format, Format::OpenMetrics);
//! assert!(registry.expose(accepted).ends_with(b"# EOF\n"));
//! # Ok::<(), flightdeck::Error>(())
//! ```

mod compress;
pub(crate) mod escape;
mod negotiate;
pub(crate) mod number;
pub(crate) mod parts;
mod protobuf;
mod text;

pub use compress::Compression;
pub use escape::Scheme;
pub use negotiate::{Accepted, Format};

use crate::metrics::Registry;
use crate::metrics::metric::Description;

/// Bytes to begin with; an exposition of a few hundred series fits.
const FIRST_BYTES: usize = 16 * 1024;

impl Registry {
    /// Everything, in Prometheus's text format.
    pub fn text(&self) -> String {
        let text = self.expose(Accepted { format: Format::Text, scheme: Scheme::Underscores });
        // Label values are text, so the exposition is.
        String::from_utf8(text).unwrap_or_default()
    }

    /// Everything, in the format and with the names that a scraper accepts.
    pub fn expose(&self, accepted: Accepted) -> Vec<u8> {
        self.expose_some(accepted, &[])
    }

    /// Only the metrics or samples of these names; everything when there are none.
    pub fn expose_some(&self, accepted: Accepted, names: &[&str]) -> Vec<u8> {
        let wanted = |description: &Description| {
            names.is_empty() || names.iter().any(|name| is_named(description, name))
        };
        let out = Vec::with_capacity(FIRST_BYTES);
        match accepted.format {
            Format::Protobuf => {
                let mut encoder = protobuf::Encoder::new(out, accepted.scheme);
                self.encode(&wanted, &mut encoder);
                encoder.finish()
            }
            Format::Text | Format::Text1 | Format::OpenMetrics => {
                let mut encoder = text::Encoder::new(out, accepted);
                self.encode(&wanted, &mut encoder);
                encoder.finish()
            }
        }
    }
}

/// Whether `name` is that of the metric or of one of its samples.
fn is_named(description: &Description, name: &str) -> bool {
    const SUFFIXES: [&str; 7] = ["", "_total", "_info", "_bucket", "_sum", "_count", "_created"];
    name.strip_prefix(description.name.as_str()).is_some_and(|rest| SUFFIXES.contains(&rest))
}
