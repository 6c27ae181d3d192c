//! The collector against real servers on this machine, in one binary.

mod collector;
mod fetch;
mod host;
mod http1;
mod limits;
mod support;
mod tls;
