//! A shop that is measured: routes in `app`, what they need in `store`, `catalog` and `payment`, what can be made to fail in
//! `faults`.

pub mod app;
mod catalog;
mod faults;
mod payment;
mod store;
