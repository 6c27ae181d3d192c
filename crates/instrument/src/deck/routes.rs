//! What a service answers about itself: `/metrics` and `/health`.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, Response, StatusCode};
use axum::routing::get;

use super::Flightdeck;
use crate::escapes::unescaped;
use crate::expose::{Accepted, Compression};
use crate::health::Probe;
use crate::json::Writer;
use crate::metrics::Cardinality;

/// Names a scraper may ask for at once.
const NAMES_MAX: usize = 1_000;

impl Flightdeck {
    /// `/metrics`, `/metrics/cardinality`, `/health`, `/health/live`, `/health/ready` and `/health/startup`, to be
    /// merged into the service's router.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        // Merging takes this router's answer to paths that nobody has, so that one is measured; these routes are not.
        let mut router = Router::new().layer(self.layer());
        let deck = self.clone();
        router =
            router.route("/metrics", get(move |request: Request| async move { deck.scrape(request).await }));
        let deck = self.clone();
        router = router.route("/metrics/cardinality", get(move || async move { deck.explain().await }));
        let probes = Probe::ALL.into_iter().map(|probe| (format!("/health/{}", probe.name()), Some(probe)));
        for (path, probe) in std::iter::once(("/health".to_owned(), None)).chain(probes) {
            let deck = self.clone();
            let answer = move |request: Request| async move { deck.answer_health(request, probe).await };
            router = router.route(&path, get(answer));
        }
        router
    }

    /// Renders on a thread that may block, few at once, so that no scrape holds up the service.
    async fn scrape(self, request: Request) -> Response<Body> {
        let accepted = Accepted::from_header(&joined(request.headers(), ACCEPT));
        let compression = Compression::from_header(&joined(request.headers(), ACCEPT_ENCODING));
        let query = request.uri().query().unwrap_or_default();
        let names: Vec<String> = names(query).take(NAMES_MAX).collect();
        let _permit = self.inner.scrapes.acquire().await;
        let registry = self.inner.registry.clone();
        let rendered = tokio::task::spawn_blocking(move || {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let plain = registry.expose_some(accepted, &names);
            match compression
                .and_then(|compression| Some((compression.coding(), compression.compress(&plain)?)))
            {
                Some((coding, compressed)) => (compressed, Some(coding)),
                None => (plain, None),
            }
        });
        let rendered = rendered.await;
        // Checks are metrics too, whether or not anybody probes. What they find now is in the next scrape: this one waits
        // for nothing outside, and does not show the asking.
        let deck = self.clone();
        tokio::spawn(async move { deck.health(None).await });
        let Ok((bytes, coding)) = rendered else {
            return answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                "the metrics could not be rendered\n".into(),
            );
        };
        let mut response = answer(StatusCode::OK, &accepted.content_type(), bytes.into());
        response.headers_mut().insert(VARY, "Accept, Accept-Encoding".parse().expect("it is a header"));
        if let Some(coding) = coding {
            response.headers_mut().insert(CONTENT_ENCODING, coding.parse().expect("it is a header"));
        }
        response
    }

    /// Which label makes a metric large. Every label value is looked at, so this is done where scrapes are.
    async fn explain(self) -> Response<Body> {
        let _permit = self.inner.scrapes.acquire().await;
        let registry = self.inner.registry.clone();
        let written = tokio::task::spawn_blocking(move || {
            let mut json = Writer::new();
            json.object(|json| {
                json.key("metrics");
                json.array(&registry.cardinality(), write_cardinality);
            });
            json.finish()
        });
        let Ok(json) = written.await else {
            return answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "the report failed\n".into());
        };
        answer(StatusCode::OK, "application/json", json.into())
    }

    async fn answer_health(self, request: Request, probe: Option<Probe>) -> Response<Body> {
        let wants_draft = joined(request.headers(), ACCEPT).contains("application/health+json");
        let (head, _) = request.into_parts();
        let details = (self.inner.allowed)(&head);
        let report = self.health(probe).await;
        let (service, version) = (&self.inner.service, &self.inner.version);
        let (media, body) = if wants_draft {
            ("application/health+json", report.to_health_json(service, version, details))
        } else {
            ("application/json", report.to_json(service, version, details))
        };
        let code = StatusCode::from_u16(report.status.code()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        answer(code, media, body.into())
    }
}

fn write_cardinality(json: &mut Writer, report: &Cardinality) {
    json.object(|json| {
        json.text("metric", &report.metric);
        json.number("series", report.series as f64);
        json.number("series_max", report.series_max as f64);
        json.number("overflowed", report.overflowed as f64);
        json.key("labels");
        json.object(|json| {
            report.labels.iter().for_each(|(label, values)| json.number(label, *values as f64))
        });
    });
}

fn answer(status: StatusCode, media: &str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if let Ok(media) = media.parse() {
        response.headers_mut().insert(CONTENT_TYPE, media);
    }
    response.headers_mut().insert(CACHE_CONTROL, "no-store".parse().expect("it is a header"));
    response
}

/// A header that may come in several lines.
fn joined(headers: &HeaderMap, name: HeaderName) -> String {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    lines.join(",")
}

/// The values of `name[]`: colons are escaped by many, brackets by most.
fn names(query: &str) -> impl Iterator<Item = String> {
    let name = |pair: &str| unescaped(&pair.replace('+', " ")).strip_prefix("name[]=").map(str::to_owned);
    query.split('&').filter_map(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_queries() {
        let check =
            |query: &str, want: &[&str]| assert_eq!(names(query).collect::<Vec<_>>(), want, "{query}");
        check("", &[]);
        check("name[]=up&name%5B%5D=orders&other=x&name%5b]=a%3Ab", &["up", "orders", "a:b"]);
        check("name[]=a+b%2Bc&name=up", &["a b+c"]);
    }
}
