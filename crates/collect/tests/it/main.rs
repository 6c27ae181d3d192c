//! The collector against real servers on this machine, in one binary.

mod collector;
mod fetch;
mod support;
