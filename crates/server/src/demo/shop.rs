//! The services of the shop, over HTTP like any other, measured by the library that everybody can use.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{MethodFilter, on};
use flightdeck_instrument::Flightdeck;
use flightdeck_instrument::dependency::{Calls, PoolState, watch_pool};
use parking_lot::Mutex;
use tokio::runtime::Runtime;

use super::fault::Schedule;
use super::plan::{CALL_SHARE, Chance, Endpoint, SERVICES, Service};
use crate::app::now_millis;

/// How long an answer takes at most.
const ANSWER_MAX: Duration = Duration::from_secs(9);

/// The shop, for as long as the value lives.
pub struct Shop {
    _runtime: Runtime,
}

/// Opens every service on its listener, measured by its library.
pub fn open(listeners: Vec<TcpListener>, decks: Vec<Flightdeck>, schedule: Schedule) -> anyhow::Result<Shop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("shop")
        .enable_all()
        .build()
        .context("starting the shop")?;
    for ((service, listener), deck) in SERVICES.iter().zip(listeners).zip(&decks) {
        listener.set_nonblocking(true)?;
        let router = router(service, deck, schedule.clone())?;
        let _within = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        runtime.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, service = service.name, "a service of the shop ended");
            }
        });
    }
    Ok(Shop { _runtime: runtime })
}

fn router(service: &'static Service, deck: &Flightdeck, schedule: Schedule) -> anyhow::Result<Router> {
    let chance = Arc::new(Mutex::new(Chance::new(service.name.len() as u64)));
    let used = Arc::new(AtomicU64::new(0));
    if let Some(most) = service.pool_max {
        let (used, schedule, chance) = (used.clone(), schedule.clone(), chance.clone());
        watch_pool(deck.registry(), "database", move || {
            let planned = service.pool_used(schedule.at(now_millis()), chance.lock().share());
            let size = planned.max(used.load(Ordering::Relaxed)).min(most);
            PoolState { size, idle: 0, size_max: Some(most), waiting: None }
        });
    }
    deck.check("database", async || Ok::<(), std::io::Error>(()));
    let mut router = Router::new();
    for endpoint in service.endpoints {
        let calls = Calls::register(deck.registry(), endpoint.call.prefix)?;
        let (schedule, chance, used) = (schedule.clone(), chance.clone(), used.clone());
        let desk = Desk { service, endpoint, schedule, chance, used, calls };
        let answer = move || desk.clone().answer();
        let filter = if endpoint.method == "POST" { MethodFilter::POST } else { MethodFilter::GET };
        router = router.route(endpoint.route, on(filter, answer));
    }
    Ok(router.layer(deck.layer()).merge(deck.routes()))
}

/// Where one endpoint is answered.
#[derive(Clone)]
struct Desk {
    service: &'static Service,
    endpoint: &'static Endpoint,
    schedule: Schedule,
    chance: Arc<Mutex<Chance>>,
    used: Arc<AtomicU64>,
    calls: Calls,
}

impl Desk {
    /// Takes as long as planned, most of it in its call, and fails as often.
    async fn answer(self) -> StatusCode {
        let behaviour = self.service.behaviour(self.endpoint, self.schedule.at(now_millis()));
        let (seconds, fails) = {
            let mut chance = self.chance.lock();
            (chance.duration(&behaviour), chance.share() < behaviour.failing)
        };
        let whole = Duration::from_secs_f64(seconds).min(ANSWER_MAX);
        self.used.fetch_add(1, Ordering::Relaxed);
        let call = async {
            tokio::time::sleep(whole.mul_f64(CALL_SHARE)).await;
            if fails { Err(()) } else { Ok(()) }
        };
        let outcome = self.calls.timed(self.endpoint.call.operation, call).await;
        tokio::time::sleep(whole.mul_f64(1.0 - CALL_SHARE)).await;
        self.used.fetch_sub(1, Ordering::Relaxed);
        match (outcome, self.endpoint.method) {
            (Err(()), _) => StatusCode::INTERNAL_SERVER_ERROR,
            (Ok(()), "POST") => StatusCode::CREATED,
            (Ok(()), _) => StatusCode::OK,
        }
    }
}
