//! `flightdeck demo`: a server with a small shop of three real services beside it, real traffic over HTTP, faults on a
//! schedule, and the two hours before as if it had been running. Nothing leaves this machine, nothing stays on it.

mod fault;
mod history;
mod machine;
mod plan;
mod shop;
mod traffic;

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::annotations::{Annotation, Annotations};
use crate::app::now_millis;
use crate::commands::out::stdout;
use crate::flags::ServeOptions;
use crate::{config, opening, serve};
use fault::Schedule;
use plan::SERVICES;

pub use fault::Fault;

/// A dashboard of the shop, as somebody would have made it elsewhere and put into the folder of dashboards.
const DASHBOARD: &str = include_str!("dashboard.json");

/// How long before the first fault its cause was deployed.
const DEPLOYED_BEFORE_MS: i64 = 40_000;

/// Prepares history and shop, then serves until a signal says to stop.
pub fn run(mut options: ServeOptions, only: Option<Fault>) -> anyhow::Result<ExitCode> {
    let directory = std::env::temp_dir().join(format!("flightdeck-demo-{}", std::process::id()));
    std::fs::create_dir_all(&directory).with_context(|| format!("making {}", directory.display()))?;
    let outcome = run_in(&directory, &mut options, only);
    if let Err(error) = std::fs::remove_dir_all(&directory) {
        eprintln!("flightdeck: removing {}: {error}", directory.display());
    }
    outcome
}

fn run_in(directory: &Path, options: &mut ServeOptions, only: Option<Fault>) -> anyhow::Result<ExitCode> {
    let schedule = Schedule::new(now_millis(), only);
    let listeners: Vec<TcpListener> = SERVICES
        .iter()
        .map(|_| TcpListener::bind("127.0.0.1:0"))
        .collect::<Result<_, _>>()
        .context("opening ports for the shop")?;
    let addresses: Vec<String> = listeners
        .iter()
        .map(|listener| Ok(listener.local_addr()?.to_string()))
        .collect::<std::io::Result<_>>()?;
    let dashboards = directory.join("dashboards");
    std::fs::create_dir_all(&dashboards).with_context(|| format!("making {}", dashboards.display()))?;
    std::fs::write(dashboards.join("shop.json"), DASHBOARD).context("writing the shop's dashboard")?;
    let file = directory.join("flightdeck.yml");
    std::fs::write(&file, configuration(&addresses))
        .with_context(|| format!("writing {}", file.display()))?;
    options.data = directory.join("data");
    options.config = Some(file);
    // The host is shown as a server without a file shows it.
    options.host_always = true;

    let store = opening::open(options, &config::load(options.config.as_deref())?)?;
    history::write(&store, &schedule, &addresses, now_millis())?;
    drop(store);
    Annotations::open(&options.data).add(Annotation {
        id: 0,
        time: schedule.began() - DEPLOYED_BEFORE_MS,
        time_end: None,
        text: "deploy orders 1.4.2".to_owned(),
        tags: vec!["deploy".to_owned(), "service:orders".to_owned()],
    })?;

    let shop = shop::open(listeners, schedule.clone())?;
    let traffic = traffic::start(addresses, schedule)?;
    let services: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
    let faults = match only {
        Some(_) => "The fault stays as long as it runs.",
        None => "Faults come and go by themselves; the first holds already.",
    };
    let mut out = stdout();
    writeln!(out, "The demo is at http://{}/ with the services {}.", options.listen, services.join(", "))?;
    writeln!(out, "{faults} Ctrl C ends it, and nothing stays.")?;
    drop(out);
    let outcome = serve::run(options.clone());
    drop((traffic, shop));
    outcome
}

fn configuration(addresses: &[String]) -> String {
    let mut text = String::from(
        "global:\n  scrape_interval: 5s\ndashboards:\n  - path: dashboards\n    folder: Shop\nscrape_configs:\n",
    );
    for (service, address) in SERVICES.iter().zip(addresses) {
        text +=
            &format!("  - job_name: {}\n    static_configs: [{{ targets: ['{address}'] }}]\n", service.name);
    }
    text
}
