//! What goes from caller to called besides the request's id.

/// A longer `baggage` is not passed on.
pub const BAGGAGE_BYTES_MAX: usize = 8_192;

/// What is taken from whoever calls, and sent to whoever is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Propagation {
    /// `traceparent` and `tracestate`.
    pub trace: bool,
    /// `baggage`, as it came. What one service knows of a request all that it calls will know, those of others included,
    /// so that it stays here unless it is wanted.
    pub baggage: bool,
}

impl Default for Propagation {
    fn default() -> Propagation {
        Propagation { trace: true, baggage: false }
    }
}
