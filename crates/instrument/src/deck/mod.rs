//! A service and everything it says about itself: the one value an application keeps.

mod process;
mod routes;

use std::sync::Arc;

use axum::http::request::Parts;

use crate::health::{Check, Checks, Details, Outcome, Probe, Report};
use crate::http::{DeckLayer, HttpNames, HttpOptions, Session};
use crate::metrics::{Naming, Registry};

/// How many scrapes are answered at once; the others wait.
const SCRAPES_AT_ONCE: usize = 2;

/// One service: its metrics, its health checks, and the layer that measures its requests. A clone is another handle.
#[derive(Clone)]
pub struct Flightdeck {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    checks: Checks,
    layer: DeckLayer,
    service: String,
    version: String,
    allowed: DetailsFor,
    scrapes: tokio::sync::Semaphore,
}

type DetailsFor = Arc<dyn Fn(&Parts) -> Details + Send + Sync>;

/// Says what is not as usual before a [`Flightdeck`] is made.
#[must_use = "a builder does nothing until it builds"]
pub struct Builder {
    service: String,
    version: Option<String>,
    instance: Option<String>,
    environment: Option<String>,
    naming: Naming,
    http: HttpOptions,
    allowed: DetailsFor,
    process: bool,
}

impl Flightdeck {
    /// A service of that name. Its version, instance and environment are taken from `SERVICE_VERSION`,
    /// `SERVICE_INSTANCE` (else the host's name) and `SERVICE_ENVIRONMENT`, or set with [`Flightdeck::builder`].
    pub fn new(service: &str) -> Flightdeck {
        Flightdeck::builder(service).build()
    }

    /// A service of that name, about which more is to be said.
    pub fn builder(service: &str) -> Builder {
        Builder {
            service: service.to_owned(),
            version: None,
            instance: None,
            environment: None,
            naming: Naming::default(),
            http: HttpOptions::default(),
            allowed: Arc::new(|_| Details::default()),
            process: true,
        }
    }

    /// The registry for metrics of your own.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The layer that measures requests. `Router::layer` puts it around every route; what is added to the router
    /// later, such as [`Flightdeck::routes`], is not measured.
    pub fn layer(&self) -> DeckLayer {
        self.inner.layer.clone()
    }

    /// Adds a critical check of readiness. [`Flightdeck::add_check`] adds others.
    pub fn check<F, Fut>(&self, name: &str, ask: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        self.add_check(Check::new(name, ask));
    }

    /// Adds a check; one of the same name takes its place.
    pub fn add_check(&self, check: Check) {
        self.inner.checks.add(check);
    }

    /// Asks the checks that answer a probe, or all of them.
    pub async fn health(&self, probe: Option<Probe>) -> Report {
        self.inner.checks.report(probe).await
    }

    /// Counts a WebSocket as open until what this returns is dropped: hold it while the socket is.
    pub fn websocket_session(&self, route: &str) -> Session {
        self.inner.layer.session("websocket", route)
    }
}

impl Builder {
    /// The version, instead of `SERVICE_VERSION`.
    pub fn version(mut self, version: &str) -> Builder {
        self.version = Some(version.to_owned());
        self
    }

    /// What tells this process from others of the service, instead of `SERVICE_INSTANCE` or the host's name.
    pub fn instance(mut self, instance: &str) -> Builder {
        self.instance = Some(instance.to_owned());
        self
    }

    /// Where it runs, such as `production`, instead of `SERVICE_ENVIRONMENT`.
    pub fn environment(mut self, environment: &str) -> Builder {
        self.environment = Some(environment.to_owned());
        self
    }

    /// What to do about metrics whose names break the conventions.
    pub fn naming(mut self, naming: Naming) -> Builder {
        self.naming = naming;
        self
    }

    /// Which names the metrics of requests have.
    pub fn http_names(mut self, names: HttpNames) -> Builder {
        self.http.names = names;
        self
    }

    /// The share of traces that begin here which is sampled; callers that sent a decision are obeyed.
    pub fn sample_ratio(mut self, sample_ratio: f64) -> Builder {
        self.http.sample_ratio = sample_ratio;
        self
    }

    /// A path prefix under which another service is mounted that has no routes the layer could ask for, such as a
    /// directory of files. Its requests have the route `prefix/*`.
    pub fn mount(mut self, prefix: &str) -> Builder {
        self.http.mounts.push(prefix.to_owned());
        self
    }

    /// How much `/health` tells, by request.
    pub fn health_details(mut self, allowed: impl Fn(&Parts) -> Details + Send + Sync + 'static) -> Builder {
        self.allowed = Arc::new(allowed);
        self
    }

    /// Leaves out the metrics of the process.
    pub fn without_process_metrics(mut self) -> Builder {
        self.process = false;
        self
    }

    /// The service.
    pub fn build(self) -> Flightdeck {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let version = self.version.or_else(|| variable("SERVICE_VERSION")).unwrap_or_default();
        let instance =
            self.instance.or_else(|| variable("SERVICE_INSTANCE")).or_else(|| variable("HOSTNAME"));
        let environment = self.environment.or_else(|| variable("SERVICE_ENVIRONMENT")).unwrap_or_default();
        let registry = Registry::with_naming(self.naming);
        // A new registry has none of these names, so that none can be refused.
        let layer = DeckLayer::register(&registry, self.http).expect("the names of the layer are free");
        let checks = Checks::register(&registry).expect("the names of the checks are free");
        let target =
            registry.info("target", "What is running.").register().expect("the name of the target is free");
        target.set(&[
            ("service_name", &self.service),
            ("service_version", &version),
            ("service_instance_id", &instance.unwrap_or_default()),
            ("deployment_environment_name", &environment),
        ]);
        registry.report_itself();
        if self.process {
            process::register(&registry);
        }
        let inner = Inner {
            registry,
            checks,
            layer,
            service: self.service,
            version,
            allowed: self.allowed,
            scrapes: tokio::sync::Semaphore::new(SCRAPES_AT_ONCE),
        };
        Flightdeck { inner: Arc::new(inner) }
    }
}
