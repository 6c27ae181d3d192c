//! The HTTP server: accepting connections, TLS, who may ask, and what every response carries.

mod guard;
mod listener;
mod switch;

pub use guard::protect;
pub use listener::{Limits, Listening, bind};
pub use switch::{Switch, starting_router};
