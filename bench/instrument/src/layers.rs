//! What watching a request adds to answering it, through an axum router without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tower::ServiceExt;

use crate::measure::{Table, time};

const REQUESTS: u32 = 200;

fn router() -> Router {
    Router::new().route("/orders/{id}", get(|| async { "an order" }))
}

/// The time of one request, its body read to the end as a server does.
fn request(runtime: &tokio::runtime::Runtime, router: &Router) -> f64 {
    time(REQUESTS, || {
        runtime.block_on(async {
            let request = Request::get("/orders/17").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        });
    })
}

pub fn run(table: &mut Table) -> PrometheusHandle {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let bare = request(&runtime, &router());
    let deck = flightdeck::Flightdeck::new("bench");
    let ours = request(&runtime, &router().layer(deck.layer()));
    table.add("layer, added to a request", "flightdeck", ours - bare);
    // Its upkeep is a task, which needs a runtime to be spawned on.
    let entered = runtime.enter();
    let (layer, handle) = axum_prometheus::PrometheusMetricLayer::pair();
    drop(entered);
    let theirs = request(&runtime, &router().layer(layer));
    table.add("layer, added to a request", "axum-prometheus", theirs - bare);
    handle
}
