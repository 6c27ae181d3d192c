//! Bytes to rows and rows to bytes, as pure functions. Knows no socket, no clock, no store.
