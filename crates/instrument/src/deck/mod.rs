//! A service and everything it says about itself: the one value an application keeps.

mod environment;
mod identity;
#[cfg(feature = "logs")]
mod logs;
mod process;
mod routes;

use std::sync::Arc;

use axum::http::request::Parts;
#[cfg(feature = "logs")]
pub use logs::Logs;

use self::environment::Wishes;
use self::identity::{Identity, Told};
use crate::Error;
use crate::correlate::Propagation;
use crate::health::{Check, Checks, Details, Outcome, Probe, Report};
use crate::http::{DeckLayer, ExternalApi, HttpNames, HttpOptions};
use crate::metrics::{Naming, Native, Registry};
#[cfg(feature = "otlp")]
use crate::otlp::{Exporter, OtlpOptions, Resource};
#[cfg(feature = "logs")]
use crate::redact::Paths;

/// How long the end of a service waits for what is left to be exported.
#[cfg(feature = "otlp")]
const SHUTDOWN_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

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
    #[cfg(feature = "logs")]
    secrets: Vec<String>,
    #[cfg(feature = "logs")]
    paths: Paths,
    names: HttpNames,
    propagation: Propagation,
    #[cfg(feature = "otlp")]
    exporter: Option<Exporter>,
    #[cfg(feature = "otlp")]
    sample_ratio: f64,
}

type DetailsFor = Arc<dyn Fn(&Parts) -> Details + Send + Sync>;

/// Says what is not as usual before a [`Flightdeck`] is made.
#[must_use = "a builder does nothing until it builds"]
pub struct Builder {
    service: String,
    told: Told,
    naming: Naming,
    http: HttpOptions,
    sample_ratio: Option<f64>,
    propagation: Option<Propagation>,
    allowed: DetailsFor,
    process: bool,
    #[cfg(feature = "logs")]
    secrets: Vec<String>,
    #[cfg(feature = "logs")]
    paths: Paths,
    #[cfg(feature = "otlp")]
    otlp: Option<OtlpOptions>,
    #[cfg(feature = "otlp")]
    traces: Vec<ChangeTraces>,
}

/// What the service wants otherwise of its spans.
#[cfg(feature = "otlp")]
type ChangeTraces = Box<dyn FnOnce(crate::http::Traces) -> crate::http::Traces>;

impl Flightdeck {
    /// A service of that name, unless `OTEL_SERVICE_NAME` has another. Its version, instance and environment are taken
    /// from `SERVICE_VERSION`, `SERVICE_INSTANCE` and `SERVICE_ENVIRONMENT`, else from `OTEL_RESOURCE_ATTRIBUTES`, else the
    /// instance is the host's name; or they are set with [`Flightdeck::builder`].
    ///
    /// Other variables of OpenTelemetry's are heeded where the builder is told nothing:
    ///
    /// | variable | |
    /// |---|---|
    /// | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` | `always_on`, `always_off`, `traceidratio`, and these with `parentbased_` in front; with `…always_off` no span is kept because its request failed or was slow |
    /// | `OTEL_PROPAGATORS` | `tracecontext`, `baggage` or `none`; by default `tracecontext` alone, for baggage is for everybody to read |
    /// | `OTEL_METRICS_EXEMPLAR_FILTER` | `trace_based`; there is no other |
    /// | `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | methods that are labels, instead of those that are standard |
    /// | `OTEL_SDK_DISABLED` | `true` for no export, whatever the builder was told |
    /// | those of the export | see `otlp::OtlpOptions::from_env` |
    ///
    /// Any other variable that begins with `OTEL_` has no effect, which is said on stderr; those for programs in other
    /// languages are passed over.
    pub fn new(service: &str) -> Flightdeck {
        Flightdeck::builder(service).build()
    }

    /// A service of that name, about which more is to be said.
    pub fn builder(service: &str) -> Builder {
        Builder {
            service: service.to_owned(),
            told: Told::default(),
            naming: Naming::default(),
            http: HttpOptions::default(),
            sample_ratio: None,
            propagation: None,
            allowed: Arc::new(|_| Details::default()),
            process: true,
            #[cfg(feature = "logs")]
            secrets: Vec::new(),
            #[cfg(feature = "logs")]
            paths: Paths::default(),
            #[cfg(feature = "otlp")]
            otlp: None,
            #[cfg(feature = "otlp")]
            traces: Vec::new(),
        }
    }

    /// The registry for metrics of your own.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The layer that measures requests. `Router::layer` puts it around every route; what is added to the router
    /// later, such as [`Flightdeck::routes`], is not measured. Around the router as a whole, as `ServiceBuilder` puts it, it
    /// cannot know the route; put it inside too, and the inner one tells the outer, which alone counts.
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

    /// Measures calls to other services: a layer for clients. [`Builder::http_names`] holds for these too.
    pub fn external_api(&self) -> Result<ExternalApi, Error> {
        let api = ExternalApi::with_names(&self.inner.registry, self.inner.names)?;
        let api = api.propagating(self.inner.propagation);
        #[cfg(feature = "otlp")]
        if let Some(exporter) = &self.inner.exporter {
            return Ok(api.exported_by(exporter, &self.inner.secrets).paths(self.inner.paths));
        }
        Ok(api)
    }

    /// Log lines as JSON, in one call: `deck.logs().init()`.
    #[cfg(feature = "logs")]
    pub fn logs(&self) -> Logs {
        Logs::new(self)
    }

    /// What exports over OTLP, if anything does.
    #[cfg(feature = "otlp")]
    pub fn exporter(&self) -> Option<&Exporter> {
        self.inner.exporter.as_ref()
    }

    /// Exports what is left, for at most five seconds; whether all of it was. The last thing that a service does.
    #[cfg(feature = "otlp")]
    pub async fn shutdown(&self) -> bool {
        let Some(exporter) = self.inner.exporter.clone() else { return true };
        tokio::task::spawn_blocking(move || exporter.flush(SHUTDOWN_PATIENCE)).await.unwrap_or(false)
    }
}

impl Builder {
    /// The version, instead of `SERVICE_VERSION`.
    pub fn version(mut self, version: &str) -> Builder {
        self.told.version = Some(version.to_owned());
        self
    }

    /// What tells this process from others of the service, instead of `SERVICE_INSTANCE` or the host's name.
    pub fn instance(mut self, instance: &str) -> Builder {
        self.told.instance = Some(instance.to_owned());
        self
    }

    /// Where it runs, such as `production`, instead of `SERVICE_ENVIRONMENT`.
    pub fn environment(mut self, environment: &str) -> Builder {
        self.told.environment = Some(environment.to_owned());
        self
    }

    /// What to do about metrics whose names break the conventions.
    pub fn naming(mut self, naming: Naming) -> Builder {
        self.naming = naming;
        self
    }

    /// Which names the metrics of requests have, and those of calls to other services.
    pub fn http_names(mut self, names: HttpNames) -> Builder {
        self.http.names = names;
        self
    }

    /// Bounds of the buckets that the durations of requests fall into, in seconds.
    pub fn latency_buckets(mut self, bounds: &[f64]) -> Builder {
        self.http.latency_buckets = bounds.to_vec();
        self
    }

    /// Durations of requests in native buckets, too.
    pub fn native_latency(mut self, native: Native) -> Builder {
        self.http.native = Some(native);
        self
    }

    /// The share of traces that begin here which is sampled, instead of what `OTEL_TRACES_SAMPLER` says. Callers that
    /// sent a decision are obeyed.
    pub fn sample_ratio(mut self, sample_ratio: f64) -> Builder {
        self.sample_ratio = Some(sample_ratio);
        self
    }

    /// What is taken from callers and sent to the called besides the request's id, instead of what `OTEL_PROPAGATORS`
    /// says.
    pub fn propagation(mut self, propagation: Propagation) -> Builder {
        self.propagation = Some(propagation);
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

    /// Further names of fields, headers and query parameters that are secret, in lower case with underscores. They are
    /// redacted in log lines and spans.
    #[cfg(feature = "logs")]
    pub fn redact(mut self, names: &[&str]) -> Builder {
        self.secrets.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// What log lines and spans tell of the paths of requests and calls: they may have keys in them.
    #[cfg(feature = "logs")]
    pub fn paths(mut self, paths: Paths) -> Builder {
        self.paths = paths;
        self
    }

    /// A header in which a request may ask for log lines of another level, such as `debug`; see
    /// [`HttpOptions::level_header`]. What cannot be a header is none.
    #[cfg(feature = "logs")]
    pub fn log_level_header(mut self, name: &str) -> Builder {
        self.http.level_header = name.to_ascii_lowercase().parse().ok();
        self
    }

    /// Exports metrics, spans and log lines, instead of what [`OtlpOptions::from_env`] finds.
    #[cfg(feature = "otlp")]
    pub fn otlp(mut self, options: OtlpOptions) -> Builder {
        self.otlp = Some(options);
        self
    }

    /// What is not as usual about the spans of requests: `.traces(|traces| traces.header("x-tenant"))`.
    #[cfg(feature = "otlp")]
    pub fn traces(
        mut self,
        change: impl FnOnce(crate::http::Traces) -> crate::http::Traces + 'static,
    ) -> Builder {
        self.traces.push(Box::new(change));
        self
    }

    /// Leaves out the metrics of the process and of the tokio runtime that it is built in.
    pub fn without_process_metrics(mut self) -> Builder {
        self.process = false;
        self
    }

    /// The service. What keeps it from exporting is told on stderr, and keeps it from nothing else;
    /// [`Builder::try_build`] is for those who would rather not start.
    pub fn build(self) -> Flightdeck {
        self.finish(|error| {
            eprintln!("flightdeck: {error}");
            Ok(())
        })
        .expect("every error was passed over")
    }

    /// The service, or why it cannot export as it was told.
    pub fn try_build(self) -> Result<Flightdeck, Error> {
        self.finish(Err)
    }

    #[cfg_attr(
        not(feature = "otlp"),
        expect(unused_mut, unused_variables, reason = "only an export can fail")
    )]
    fn finish(mut self, mut fail: impl FnMut(Error) -> Result<(), Error>) -> Result<Flightdeck, Error> {
        let registry = Registry::with_naming(self.naming);
        let told = std::mem::take(&mut self.told);
        let (identity, complaint) = Identity::find(&self.service, told, &|name| std::env::var(name).ok());
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        #[cfg(feature = "otlp")]
        let says_itself = self.otlp.is_some();
        #[cfg(not(feature = "otlp"))]
        let says_itself = false;
        let (wishes, complaints) = Wishes::find(&|name| std::env::var(name).ok(), names, says_itself);
        for complaint in complaint.into_iter().chain(complaints) {
            eprintln!("flightdeck: {complaint}");
        }
        self.heed(&wishes);
        #[cfg(feature = "otlp")]
        let exporter = match self.export(&identity, &registry, &wishes) {
            Ok(exporter) => exporter,
            Err(error) => {
                fail(error)?;
                None
            }
        };
        #[cfg(feature = "otlp")]
        let sample_ratio = self.http.sample_ratio;
        let (names, propagation) = (self.http.names, self.http.propagation);
        // A new registry has none of these names, so that none can be refused.
        let layer = DeckLayer::register(&registry, self.http).expect("the names of the layer are free");
        let checks = Checks::register(&registry).expect("the names of the checks are free");
        let target =
            registry.info("target", "What is running.").register().expect("the name of the target is free");
        target.set(&[
            ("service_name", &identity.service),
            ("service_version", &identity.version),
            ("service_instance_id", &identity.instance),
            ("deployment_environment_name", &identity.environment),
        ]);
        registry.report_itself();
        if self.process {
            process::register(&registry);
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                crate::runtime::watch(&registry, &runtime);
            }
        }
        let inner = Inner {
            registry,
            checks,
            layer,
            service: identity.service,
            version: identity.version,
            allowed: self.allowed,
            scrapes: tokio::sync::Semaphore::new(SCRAPES_AT_ONCE),
            #[cfg(feature = "logs")]
            secrets: self.secrets,
            #[cfg(feature = "logs")]
            paths: self.paths,
            names,
            propagation,
            #[cfg(feature = "otlp")]
            exporter,
            #[cfg(feature = "otlp")]
            sample_ratio,
        };
        Ok(Flightdeck { inner: Arc::new(inner) })
    }

    /// Does what the environment wants where the builder was told nothing.
    fn heed(&mut self, wishes: &Wishes) {
        self.http.propagation = self.propagation.or(wishes.propagation).unwrap_or_default();
        match (self.sample_ratio, wishes.sampler) {
            (Some(ratio), _) => self.http.sample_ratio = ratio,
            (None, Some(sampler)) => {
                self.http.sample_ratio = sampler.ratio;
                self.http.callers_decide = sampler.callers_decide;
            }
            (None, None) => {}
        }
    }

    /// Starts the export, if there is to be one, and gives the layer its spans.
    #[cfg(feature = "otlp")]
    fn export(
        &mut self,
        identity: &Identity,
        registry: &Registry,
        wishes: &Wishes,
    ) -> Result<Option<Exporter>, Error> {
        if wishes.is_disabled {
            return Ok(None);
        }
        let options = match self.otlp.take() {
            Some(options) => Some(options),
            None => OtlpOptions::from_env(),
        };
        let Some(options) = options else { return Ok(None) };
        let resource = identity
            .attributes
            .iter()
            .fold(Resource::new(&identity.service), |resource, (name, value)| resource.with(name, value))
            .with("service.version", &identity.version)
            .with("service.instance.id", &identity.instance)
            .with("deployment.environment.name", &identity.environment);
        let exporter = Exporter::start(options, resource, registry)?;
        let traces = crate::http::Traces::new(&exporter).redacting(&self.secrets).paths(self.paths);
        let may_keep = self.sample_ratio.is_some() || wishes.sampler.is_none_or(|sampler| sampler.may_keep);
        let traces = if may_keep { traces } else { traces.keep_errors(false).keep_slower_than(None) };
        self.http.traces = Some(self.traces.drain(..).fold(traces, |traces, change| change(traces)));
        Ok(Some(exporter))
    }
}
