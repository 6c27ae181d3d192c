//! `flightdeck demo`: a server with a small shop of three real services beside it, real traffic over HTTP, faults on a
//! schedule, and the two hours before as if it had been running. Nothing leaves this machine, nothing stays on it.

mod counters;
mod fault;
mod history;
mod machine;
mod plan;
mod shop;
mod traffic;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use flightdeck_instrument::Flightdeck;

use crate::annotations::{Annotation, Annotations};
use crate::app::now_millis;
use crate::commands::out::stdout;
use crate::flags::ServeOptions;
use crate::{config, http, opening, serve};
use fault::Schedule;
use history::Place;
use plan::{SERVICES, Service};

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
    // A port that is taken is said at once, not after all that is prepared here.
    let listener = http::bind(options.listen, "--listen")?;
    let schedule = Schedule::new(now_millis(), only);
    let listeners: Vec<TcpListener> = SERVICES
        .iter()
        .map(|_| TcpListener::bind("127.0.0.1:0"))
        .collect::<Result<_, _>>()
        .context("opening ports for the shop")?;
    let place = |(service, listener): (&Service, &TcpListener)| {
        Ok(Place { address: listener.local_addr()?.to_string(), deck: Flightdeck::new(service.name) })
    };
    let places: Vec<Place> = SERVICES.iter().zip(&listeners).map(place).collect::<std::io::Result<_>>()?;
    let dashboards = directory.join("dashboards");
    std::fs::create_dir_all(&dashboards).with_context(|| format!("making {}", dashboards.display()))?;
    std::fs::write(dashboards.join("shop.json"), DASHBOARD).context("writing the shop's dashboard")?;
    let file = directory.join("flightdeck.yml");
    std::fs::write(&file, configuration(&places)).with_context(|| format!("writing {}", file.display()))?;
    options.move_to(file, directory.join("data"));
    // The host is shown as a server without a file shows it.
    options.host_always = true;

    let store = opening::open(options, &config::load(options.config.as_deref())?)?;
    let told_to = now_millis();
    history::write(&store, &schedule, &places, told_to)?;
    drop(store);
    Annotations::open(&options.data).add(Annotation {
        id: 0,
        time: schedule.began() - DEPLOYED_BEFORE_MS,
        time_end: None,
        text: "deploy orders 1.4.2".to_owned(),
        tags: vec!["deploy".to_owned(), "service:orders".to_owned()],
    })?;

    let (addresses, decks) = places.into_iter().map(|place| (place.address, place.deck)).unzip();
    let shop = shop::open(listeners, decks, schedule.clone())?;
    let traffic = traffic::start(addresses, schedule, told_to)?;
    let outcome = serve::run_on(options.clone(), listener, |address| announce(address, only));
    drop((traffic, shop));
    outcome
}

/// Says where to look, and at what.
fn announce(address: SocketAddr, only: Option<Fault>) -> anyhow::Result<()> {
    let services: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
    let faults = match only {
        Some(_) => "The fault stays as long as it runs.",
        None => "Faults come and go by themselves; the first holds already.",
    };
    let services = services.join(", ");
    let said = format!(
        "The demo is at http://{address}/ with the services {services}.\n{faults} Ctrl C ends it, and nothing stays.\n"
    );
    // In one piece, so that whoever reads only where it is does not end it.
    Ok(stdout().write_all(said.as_bytes())?)
}

fn configuration(places: &[Place]) -> String {
    let mut text = String::from(
        "global:\n  scrape_interval: 5s\ndashboards:\n  - path: dashboards\n    folder: Shop\nscrape_configs:\n",
    );
    for (service, Place { address, .. }) in SERVICES.iter().zip(places) {
        text +=
            &format!("  - job_name: {}\n    static_configs: [{{ targets: ['{address}'] }}]\n", service.name);
        // The shop is older than its process: that it started now would be told as what changed.
        text += "    metric_relabel_configs:\n      - { source_labels: [__name__], regex: process_start_time_seconds, action: drop }\n";
    }
    text
}
