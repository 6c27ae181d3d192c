//! Bytes to rows and rows to bytes, as pure functions. Knows no socket, no clock, no store.
//!
//! `Reader` turns the bodies of one target's scrapes into `Page`s and remembers the last one, so that what did
//! not change is not parsed again.

mod budget;
pub mod check;
pub mod chunk;
mod custom;
pub mod dump;
pub mod encode;
pub mod error;
pub mod escaping;
mod family;
pub mod float;
pub mod format;
mod histogram;
pub mod otlp;
pub mod page;
pub mod protobuf;
pub mod reader;
pub mod remote;
#[cfg(test)]
mod testing;
pub mod text;

pub use check::check;
pub use dump::{Dump, Dumped, dump};
pub use encode::Encoder;
pub use error::ParseError;
pub use escaping::Escaping;
pub use format::{Format, ScrapeProtocol};
pub use page::{Options, Page, Shape};
pub use reader::Reader;
