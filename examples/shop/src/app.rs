//! The routes of the shop, and everything that is measured about them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use flightdeck::health::{Check, Details};
use flightdeck::{Counter, Family, Flightdeck, Histogram, LabelValue, Labels, Level};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::faults::{Faults, Switches};
use crate::payment::Payment;
use crate::store::Store;

/// What the shop needs to open.
pub struct Options {
    /// The URL of the database.
    pub database: String,
    /// The URL of a Redis that keeps prices; without one they are kept in memory.
    pub cache: Option<String>,
    /// Host and port of the payment service; the shop has one of its own at `/payment`.
    pub payment: String,
}

/// How a customer pays.
#[derive(Clone, Copy, Debug, Deserialize, LabelValue)]
#[serde(rename_all = "snake_case")]
enum Method {
    Card,
    BankTransfer,
    Invoice,
}

#[derive(Labels)]
struct Paid {
    payment_method: Method,
}

/// What a handler can reach.
#[derive(Clone)]
struct Shop {
    store: Store,
    catalog: Catalog,
    payment: Payment,
    faults: Arc<Faults>,
    orders: Family<Paid, Counter>,
    totals: Histogram,
    users: Level,
}

#[derive(Deserialize)]
struct NewOrder {
    product: i64,
    payment_method: Method,
}

#[derive(Serialize)]
struct Order {
    id: i64,
    dollars: f64,
}

/// What the shop says about itself. Where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector, that is told too.
pub fn deck() -> Flightdeck {
    Flightdeck::builder("shop")
        .health_details(|_| Details::Everything)
        .log_level_header("x-log-level")
        .redact(&["iban"])
        .build()
}

/// The shop, with its tables made.
pub async fn build(options: Options, deck: &Flightdeck) -> Result<Router> {
    let registry = deck.registry();
    let faults = Arc::new(Faults::default());
    let store = Store::open(&options.database, registry).await?;
    let catalog = Catalog::open(options.cache.as_deref(), registry).await?;
    let payment = Payment::new(&options.payment, deck)?;
    let shop = Shop {
        catalog: catalog.clone(),
        orders: registry.counter("orders_created_total", "Orders that were paid.").family::<Paid>()?,
        totals: registry
            .histogram("order_total_dollars", "What orders cost.")
            .buckets(&[5.0, 10.0, 25.0, 50.0, 100.0, 250.0])
            .register()?,
        users: registry.level("active_users", "Customers whose request is being served.").register()?,
        store: store.clone(),
        payment: payment.clone(),
        faults,
    };
    deck.add_check(
        Check::new("database", move || store.clone().ping()).cached_for(Duration::from_millis(500)),
    );
    deck.add_check(Check::new("cache", move || catalog.clone().ping()).degraded());
    deck.add_check(Check::new("payment", move || payment.clone().ping()).degraded());
    let app = Router::new()
        .route("/products/{id}", get(product))
        .route("/orders", post(create_order))
        .route("/orders/{id}", get(order))
        .route("/faults", post(switch))
        .route("/payment", post(pay).get(|| async { "open" }))
        .with_state(shop)
        .layer(deck.layer());
    Ok(app.merge(deck.routes()))
}

async fn product(State(shop): State<Shop>, Path(id): Path<i64>) -> Result<Json<f64>, Failure> {
    let _user = shop.users.track();
    shop.faults.maybe_fail()?;
    Ok(Json(shop.price(id).await?))
}

async fn create_order(
    State(shop): State<Shop>,
    Json(new): Json<NewOrder>,
) -> Result<(StatusCode, Json<Order>), Failure> {
    let _user = shop.users.track();
    shop.faults.maybe_fail()?;
    let dollars = shop.price(new.product).await?;
    shop.payment.charge(dollars).await?;
    let id = shop.store.insert_order(new.product, dollars).await?;
    shop.orders.get(&Paid { payment_method: new.payment_method }).inc();
    shop.totals.observe(dollars);
    tracing::debug!(id, dollars, "an order was paid");
    Ok((StatusCode::CREATED, Json(Order { id, dollars })))
}

async fn order(State(shop): State<Shop>, Path(id): Path<i64>) -> Result<Response, Failure> {
    let _user = shop.users.track();
    shop.faults.maybe_fail()?;
    Ok(match shop.store.order(id, shop.faults.slow_query()).await? {
        Some(dollars) => Json(Order { id, dollars }).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

/// Makes things fail, or stop failing.
async fn switch(State(shop): State<Shop>, Json(switches): Json<Switches>) -> StatusCode {
    shop.store.hold_connections(switches.held_connections);
    shop.faults.set(switches);
    StatusCode::NO_CONTENT
}

/// The payment service: it takes a moment.
async fn pay() -> &'static str {
    tokio::time::sleep(Duration::from_millis(2)).await;
    "paid"
}

impl Shop {
    /// From the cache, else from the database.
    async fn price(&self, product: i64) -> Result<f64> {
        if let Some(price) = self.catalog.get(product).await {
            return Ok(price);
        }
        let price = self.store.price(product, self.faults.slow_query()).await?;
        self.catalog.put(product, price).await;
        Ok(price)
    }
}

/// Whatever went wrong, as an answer.
struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(error = format!("{:#}", self.0), "the request failed");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
