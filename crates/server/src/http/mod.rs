//! The HTTP server: accepting connections, TLS, who may ask, and what every response carries.

mod door;
mod guard;
mod idle;
mod lenient;
mod listener;
mod named_clients;
mod patience;
mod switch;
mod tls;
mod unread;
mod users;
mod web_config;

pub use door::Door;
pub use guard::protect;
pub use listener::{Limits, Listening, bind};
pub use switch::{Switch, starting_router};
pub use web_config::WebConfig;
