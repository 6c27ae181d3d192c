//! The PromQL language: parse, plan, evaluate. Knows no clock and no IO of its own.

pub mod parse;
pub mod print;
pub mod syntax;
