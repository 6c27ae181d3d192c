//! The `flightdeck` binary: one process that collects, stores, queries and shows metrics.
//!
//! `main` reads aloud: what was typed becomes what is meant, and what is meant is run. `serve` opens, serves and
//! stops in reverse. It must never know a wire format or a file format by itself; those live in the crates below.

mod allocator;
mod annotations;
mod api;
mod app;
mod collecting;
mod commands;
mod config;
mod dashboards;
mod deck;
mod demo;
mod files;
mod flags;
mod health;
mod http;
mod keeper;
mod logs;
mod memory;
mod metrics;
mod opening;
mod page;
mod queries;
mod receive;
mod reload;
mod serve;
mod signals;
mod usage;

use std::process::ExitCode;

use commands::out::complain;
use flags::Meant;

fn main() -> ExitCode {
    let meant = match flags::parse() {
        Ok(meant) => meant,
        Err(refused) => return refused.tell(),
    };
    let outcome = match meant {
        Meant::Serve(options) => serve::run(*options),
        Meant::Check(what) => commands::check::run(what),
        Meant::Query(what) => commands::query::run(what),
        Meant::Test(what) => commands::test::run(what),
        Meant::Tsdb(what) => commands::tsdb::run(what),
        Meant::Demo(options, only) => demo::run(*options, only),
        Meant::Dashboards(what) => commands::dashboards::run(what),
        Meant::Version(format) => commands::version::run(format),
    };
    outcome.unwrap_or_else(|error| {
        complain!("flightdeck: {}", commands::out::in_one_line(&error));
        ExitCode::FAILURE
    })
}
