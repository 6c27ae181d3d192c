//! All metrics of a service, or of a part of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use super::bank::Bank;
use super::collector::Samples;
use super::counter::Counter;
use super::family::{AnyFamily, Bounds, Cardinality, DynamicFamily, Family, FamilyCore};
use super::gauge::{Gauge, Level};
use super::histogram::{Histogram, Native};
use super::info::{Info, StateSet};
use super::labels::NamedLabels;
use super::metric::{Description, Encode, Metric};
use super::naming::{self, Naming};
use super::summary::Summary;
use super::time::now_ms;
use super::{failures, guarded, refusals};
use crate::expose::escape::{Scheme, metric_name};
use crate::{Error, lock};

/// Warnings a registry keeps.
const WARNINGS_MAX: usize = 1_000;

/// Metrics by name. A clone is another handle to the same ones.
///
/// ```
/// let registry = flightdeck::Registry::new();
/// let orders = registry.counter("orders_created", "Orders taken.").labels(["payment_method"])?;
/// orders.get(&["card"]).inc();
/// assert!(registry.text().contains("orders_created_total{payment_method=\"card\"} 1.0"));
/// # Ok::<(), flightdeck::Error>(())
/// ```
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
    prefix: String,
    common: CommonLabels,
}

struct Shared {
    bank: Arc<Bank>,
    naming: Naming,
    families: RwLock<Families>,
    collectors: Mutex<Vec<Collector>>,
    warnings: Mutex<Vec<String>>,
}

/// Labels that all metrics of a part of a service have.
type CommonLabels = Arc<[(String, String)]>;

/// What is called at a scrape, and for which part of a service.
#[derive(Clone)]
struct Collector {
    prefix: String,
    common: CommonLabels,
    collect: Arc<dyn Fn(&mut Samples) + Send + Sync>,
}

#[derive(Default)]
struct Families {
    /// In the order in which they were registered.
    groups: Vec<Group>,
    /// Which group says something under a name, as the oldest scraper sees it, so that no two are one to it.
    claims: HashMap<String, usize>,
}

/// Families of one name: one for each set of common labels.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) description: Description,
    families: Vec<(CommonLabels, Arc<dyn AnyFamily>)>,
}

impl Default for Registry {
    fn default() -> Registry {
        Registry::new()
    }
}

impl Registry {
    /// An empty one that warns of names the field advises against.
    pub fn new() -> Registry {
        Registry::with_naming(Naming::Warn)
    }

    /// An empty one with another opinion on names.
    pub fn with_naming(naming: Naming) -> Registry {
        let shared = Shared {
            bank: Bank::new(),
            naming,
            families: RwLock::default(),
            collectors: Mutex::default(),
            warnings: Mutex::default(),
        };
        Registry { shared: Arc::new(shared), prefix: String::new(), common: Arc::from([]) }
    }

    /// The same registry under a prefix: names registered through it begin with `prefix` and an underscore.
    pub fn prefixed(&self, prefix: &str) -> Registry {
        Registry { prefix: format!("{}{prefix}_", self.prefix), ..self.clone() }
    }

    /// The same registry for a part of the service: what is registered through it also has this label.
    pub fn labelled(&self, name: &str, value: &str) -> Registry {
        let mut common = self.common.to_vec();
        common.retain(|(other, _)| other != name);
        common.push((name.to_owned(), value.to_owned()));
        Registry { common: common.into(), ..self.clone() }
    }

    /// A number that only grows.
    pub fn counter(&self, name: &str, help: &str) -> Definition<Counter> {
        Definition::new(self, name, help, ())
    }

    /// A number that can be set.
    pub fn gauge(&self, name: &str, help: &str) -> Definition<Gauge> {
        Definition::new(self, name, help, ())
    }

    /// A gauge that only moves by steps, such as requests in flight.
    pub fn level(&self, name: &str, help: &str) -> Definition<Level> {
        Definition::new(self, name, help, ())
    }

    /// Observations in buckets; those of request latency unless told otherwise.
    pub fn histogram(&self, name: &str, help: &str) -> Definition<Histogram> {
        Definition::new(self, name, help, Default::default())
    }

    /// Quantiles over a sliding window: of the last ten minutes unless told otherwise.
    pub fn summary(&self, name: &str, help: &str) -> Definition<Summary> {
        Definition::new(self, name, help, Default::default())
    }

    /// Labels that describe something.
    pub fn info(&self, name: &str, help: &str) -> Definition<Info> {
        Definition::new(self, name, help, ())
    }

    /// Which of `states` holds; at first the first.
    pub fn state_set(&self, name: &str, help: &str, states: &[&str]) -> Definition<StateSet> {
        let states = states.iter().map(|state| (*state).to_owned()).collect();
        Definition::new(self, name, help, states)
    }

    /// Calls `collect` at every scrape and exposes what it computes, under the prefix and with the labels of this part of
    /// the service. It must not wait for anything. When it panics, the scrape goes on without what it had left to say.
    pub fn collect_with(&self, collect: impl Fn(&mut Samples) + Send + Sync + 'static) {
        let (prefix, common) = (self.prefix.clone(), self.common.clone());
        lock(&self.shared.collectors).push(Collector { prefix, common, collect: Arc::new(collect) });
    }

    /// Exposes what the instrumentation has to say about itself: refused updates, failures kept from the service, and
    /// which label made a family overflow.
    pub fn report_itself(&self) {
        let registry = Arc::downgrade(&self.shared);
        self.collect_with(move |samples| {
            samples.counter(
                "flightdeck_refused_updates",
                "Updates that would have spoilt a metric: no number, a negative amount, a name that cannot be.",
                &[],
                refusals() as f64,
            );
            samples.counter(
                "flightdeck_instrumentation_errors",
                "Failures inside the instrumentation that were kept from the service.",
                &[],
                failures() as f64,
            );
            let Some(shared) = registry.upgrade() else { return };
            for family in shared.all().iter().filter(|family| family.overflowed() > 0) {
                let report = family.cardinality();
                let label = report.labels.first().map_or("", |(label, _)| label);
                samples.counter(
                    "flightdeck_series_overflowed",
                    "Look-ups that found no room in their family; `label` is the one with the most values.",
                    &[("metric", &report.metric), ("label", label)],
                    report.overflowed as f64,
                );
            }
        });
    }

    /// How many series each family has and which label makes them many, the largest family first.
    pub fn cardinality(&self) -> Vec<Cardinality> {
        let mut reports: Vec<_> = self.shared.all().iter().map(|family| family.cardinality()).collect();
        reports.sort_by(|left, right| {
            right.series.cmp(&left.series).then_with(|| left.metric.cmp(&right.metric))
        });
        reports
    }

    /// What the conventions of the field have to say about what was registered.
    pub fn warnings(&self) -> Vec<String> {
        lock(&self.shared.warnings).clone()
    }

    /// Forgets a metric by its name; whether there was one. Handles to it go on working unseen.
    pub fn unregister(&self, name: &str) -> bool {
        let mut families = self.shared.families.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = format!("{}{name}", self.prefix);
        let matches = |group: &Group| {
            let base = &group.description.name;
            *base == name || name.strip_suffix(group.description.kind.suffix()) == Some(base)
        };
        let before = families.groups.len();
        families.groups.retain(|group| !matches(group));
        families.claims.clear();
        for at in 0..families.groups.len() {
            families.claim(at);
        }
        families.groups.len() < before
    }

    /// Memory that the numbers of all metrics take, without their names.
    pub fn bytes(&self) -> usize {
        self.shared.bank.bytes()
    }

    /// Writes everything `wanted` to an exposition.
    pub(crate) fn encode(&self, wanted: &dyn Fn(&Description) -> bool, out: &mut dyn Encode) {
        let now_ms = now_ms();
        let groups = self.shared.groups();
        for group in groups.iter().filter(|group| wanted(&group.description)) {
            out.family(&group.description);
            for (_, family) in &group.families {
                family.expire(now_ms);
                family.encode(out);
            }
        }
        let collectors = lock(&self.shared.collectors).clone();
        let mut samples = Samples::default();
        for Collector { prefix, common, collect } in collectors {
            samples.begin(&prefix, &common);
            guarded(|| collect(&mut samples));
        }
        samples.encode(&groups, wanted, out);
    }
}

impl Shared {
    fn groups(&self) -> Vec<Group> {
        self.families.read().unwrap_or_else(std::sync::PoisonError::into_inner).groups.clone()
    }

    fn all(&self) -> Vec<Arc<dyn AnyFamily>> {
        self.groups().into_iter().flat_map(|group| group.families).map(|(_, family)| family).collect()
    }
}

/// A metric that is being defined. [`Definition::register`] ends it, or one of the three that give it labels.
#[must_use = "a definition does nothing until it is registered"]
pub struct Definition<M: Metric> {
    registry: Registry,
    name: String,
    help: String,
    unit: String,
    settings: M::Settings,
    bounds: Bounds,
}

impl<M: Metric> Definition<M> {
    fn new(registry: &Registry, name: &str, help: &str, settings: M::Settings) -> Definition<M> {
        Definition {
            registry: registry.clone(),
            name: format!("{}{name}", registry.prefix),
            help: help.to_owned(),
            unit: String::new(),
            settings,
            bounds: Bounds::default(),
        }
    }

    /// What it is measured in, such as `seconds` or `bytes`. The name ends in it, by itself if need be.
    pub fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// How many series it may have, [`super::SERIES_MAX`] unless said otherwise. What is beyond goes into one series.
    pub fn series_max(mut self, series_max: usize) -> Self {
        self.bounds.series_max = series_max;
        self
    }

    /// Forgets series that were not used for so long and that nobody holds a handle to. Never, unless said.
    pub fn idle_ttl(mut self, idle_ttl: Duration) -> Self {
        self.bounds.idle_ttl = Some(idle_ttl);
        self
    }

    /// Registers it without labels. What is registered already with the same definition is given back.
    pub fn register(self) -> Result<M, Error> {
        Ok(self.core(&[])?.only())
    }

    /// Registers it with the labels of a struct that derives `Labels`.
    pub fn family<L: NamedLabels>(self) -> Result<Family<L::Static, M>, Error> {
        Ok(Family::new(self.core(L::NAMES)?))
    }

    /// Registers it with labels that are looked up as an array of strings.
    pub fn labels<const N: usize>(self, names: [&str; N]) -> Result<Family<[&'static str; N], M>, Error> {
        Ok(Family::new(self.core(&names)?))
    }

    /// Registers it with labels of which not even the number is known to the compiler.
    pub fn dynamic(self, names: &[&str]) -> Result<DynamicFamily<M>, Error> {
        Ok(DynamicFamily::new(self.core(names)?))
    }

    fn core(self, names: &[&str]) -> Result<Arc<FamilyCore<M>>, Error> {
        let Definition { registry, name, help, unit, settings, bounds } = self;
        let kind = M::kind(&settings);
        let base = naming::base_name(&name, &help, &unit, kind)?;
        let all: Vec<&str> =
            registry.common.iter().map(|(name, _)| name.as_str()).chain(names.iter().copied()).collect();
        naming::check_labels(&base, &all, kind)?;
        registry.advise(&base, naming::advice(&base, kind, &all))?;
        let description = Description { name: base, help, unit, kind };
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let (common, bank) = (registry.common.clone(), registry.shared.bank.clone());
        registry
            .shared
            .insert(&registry.common, FamilyCore::new(description, names, common, settings, bounds, bank))
    }
}

impl Registry {
    fn advise(&self, name: &str, advice: Vec<String>) -> Result<(), Error> {
        match self.shared.naming {
            Naming::Allow => {}
            Naming::Refuse => {
                if let Some(advice) = advice.into_iter().next() {
                    return Err(Error::Naming { name: name.to_owned(), advice });
                }
            }
            Naming::Warn => {
                let mut warnings = lock(&self.shared.warnings);
                for advice in advice {
                    let warning = format!("metric `{name}`: {advice}");
                    if warnings.len() < WARNINGS_MAX && !warnings.contains(&warning) {
                        warnings.push(warning);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Shared {
    /// Adds a family, or finds the same one.
    fn insert<M: Metric>(
        &self,
        common: &CommonLabels,
        family: FamilyCore<M>,
    ) -> Result<Arc<FamilyCore<M>>, Error> {
        let description = family.description().clone();
        let conflict = || Error::Conflict { name: description.name.clone() };
        let mut families = self.families.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let owner = names_of(&description).find_map(|name| families.claims.get(&name).copied());
        let Some(at) = owner else {
            let family = Arc::new(family);
            let at = families.groups.len();
            families.groups.push(Group { description, families: vec![(common.clone(), family.clone())] });
            families.claim(at);
            return Ok(family);
        };
        let group = &mut families.groups[at];
        if group.description != description {
            return Err(conflict());
        }
        if let Some((_, known)) = group.families.iter().find(|(other, _)| other == common) {
            let known = known.clone().as_any().downcast::<FamilyCore<M>>().map_err(|_| conflict())?;
            return if known.is_same(&family) { Ok(known) } else { Err(conflict()) };
        }
        let family = Arc::new(family);
        group.families.push((common.clone(), family.clone()));
        Ok(family)
    }
}

impl Families {
    fn claim(&mut self, at: usize) {
        for name in names_of(&self.groups[at].description) {
            self.claims.insert(name, at);
        }
    }
}

/// The names of everything that is said about a metric.
fn names_of(description: &Description) -> impl Iterator<Item = String> {
    let base = metric_name(&description.name, Scheme::Underscores);
    description.kind.suffixes().iter().map(move |suffix| format!("{base}{suffix}"))
}

impl Definition<Histogram> {
    /// Upper bounds of buckets; `+Inf` is always there.
    pub fn buckets(mut self, bounds: &[f64]) -> Self {
        self.settings.set_bounds(bounds);
        self
    }

    /// Also counts in exponential buckets, which scrapers that speak protobuf are given.
    pub fn native(mut self, native: Native) -> Self {
        self.settings.set_native(native);
        self
    }

    /// Counts in exponential buckets alone; scrapers of text see the sum and the count.
    pub fn native_only(self, native: Native) -> Self {
        self.buckets(&[]).native(native)
    }
}

impl Definition<Summary> {
    /// Which quantiles to expose, each from 0 to 1; others are left out.
    pub fn quantiles(mut self, quantiles: &[f64]) -> Self {
        let mut quantiles: Vec<f64> =
            quantiles.iter().copied().filter(|quantile| (0.0..=1.0).contains(quantile)).collect();
        quantiles.sort_by(f64::total_cmp);
        quantiles.dedup();
        self.settings.quantiles = quantiles.into();
        self
    }

    /// How far back quantiles look.
    pub fn window(mut self, window: Duration) -> Self {
        self.settings.window = window;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registering_the_same_again_gives_the_same() {
        let registry = Registry::new();
        let define = || registry.counter("orders_created_total", "Orders taken.");
        let first = define().labels(["method"]).unwrap();
        first.get(&["card"]).inc();
        assert_eq!(define().labels(["method"]).unwrap().get(&["card"]).get(), 1.0);
        assert!(define().labels(["country"]).is_err());
        assert!(define().series_max(5).labels(["method"]).is_err());
        assert!(registry.gauge("orders_created", "Orders taken.").register().is_err());
        assert!(registry.counter("orders_created", "Other help.").register().is_err());
    }

    #[test]
    fn names_that_would_be_one_to_a_scraper_conflict() {
        let check = |first: &str, second: &str, want: bool| {
            let registry = Registry::new();
            registry.histogram(first, "First.").register().unwrap();
            assert_eq!(registry.gauge(second, "Second.").register().is_ok(), want, "{first} {second}");
        };
        check("latency", "latency_count", false);
        check("latency", "latency_max", true);
        check("http.latency", "http_latency", false);
    }

    #[test]
    fn parts_of_a_service_share_names_and_differ_by_label() {
        let registry = Registry::new();
        for shard in ["a", "b"] {
            let part = registry.prefixed("db").labelled("shard", shard);
            part.counter("queries", "Queries.").labels(["op"]).unwrap().get(&["get"]).inc();
        }
        let text = registry.text();
        assert_eq!(text.matches("# TYPE db_queries_total counter").count(), 1);
        assert!(text.contains(
            "db_queries_total{op=\"get\",shard=\"a\"} 1.0\ndb_queries_total{op=\"get\",shard=\"b\"} 1.0\n"
        ));
        assert!(registry.unregister("db_queries_total"));
        assert_eq!(registry.text(), "");
    }

    #[test]
    fn what_a_part_of_a_service_computes_has_its_labels_too() {
        let registry = Registry::new();
        for shard in ["a", "b"] {
            let part = registry.prefixed("db").labelled("shard", shard);
            part.collect_with(|samples| {
                samples.gauge("tables", "Tables.", &[("kind", "hot")], 7.0);
                // A label of one's own cannot stand for that of the part.
                samples.gauge("tables", "Tables.", &[("shard", "x")], 8.0);
            });
        }
        registry.collect_with(|samples| samples.gauge("tables", "Tables.", &[], 1.0));
        let text = registry.text();
        for shard in ["a", "b"] {
            let sample = format!("db_tables{{kind=\"hot\",shard=\"{shard}\"}} 7.0\n");
            assert!(text.contains(&sample), "{text}");
        }
        assert!(text.contains("\ntables 1.0\n") && !text.contains("8.0"), "{text}");
    }

    #[test]
    fn a_family_is_bounded_and_says_which_label_exploded() {
        let registry = Registry::new();
        registry.report_itself();
        let family = registry.counter("hits", "Hits.").series_max(10).labels(["method", "path"]).unwrap();
        for number in 0..100 {
            family.get(&["GET", &format!("/{number}")]).inc();
        }
        family.get(&["GET", "/3"]).inc();
        let text = registry.text();
        assert!(text.contains("hits_total{method=\"__overflow__\",path=\"__overflow__\"} 90.0\n"), "{text}");
        assert!(text.contains("hits_total{method=\"GET\",path=\"/3\"} 2.0\n"), "{text}");
        assert!(
            text.contains("flightdeck_series_overflowed_total{label=\"path\",metric=\"hits\"} 90.0\n"),
            "{text}"
        );
        let report = &registry.cardinality()[0];
        assert_eq!((report.series, report.labels[0].clone()), (10, ("path".to_owned(), 10)));
        assert!(family.remove(&["GET", "/3"]));
        family.get(&["GET", "/new"]).inc();
        assert!(registry.text().contains("/new"));
    }

    #[test]
    fn idle_series_are_forgotten_unless_somebody_holds_them() {
        let registry = Registry::new();
        let family = registry.counter("hits", "Hits.").idle_ttl(Duration::ZERO).labels(["path"]).unwrap();
        let held = family.get(&["/held"]);
        held.inc();
        family.get(&["/idle"]).inc();
        // The first look sees that they changed, the second that they did not.
        registry.text();
        let text = registry.text();
        assert!(text.contains("/held") && !text.contains("/idle"), "{text}");
        held.inc();
        assert!(registry.text().contains("hits_total{path=\"/held\"} 2.0"));
    }

    #[test]
    fn a_collector_that_panics_or_repeats_a_name_harms_nobody() {
        let registry = Registry::new();
        registry.gauge("kept", "Kept.").register().unwrap().set(1.0);
        registry.collect_with(|samples| {
            samples.gauge("temperature_celsius", "Now.", &[("room", "a")], 20.5);
            samples.gauge("temperature_celsius", "Now.", &[("room", "a")], 21.5);
            samples.counter("temperature_celsius", "Now.", &[("room", "b")], 22.5);
            samples.gauge("kept", "Not mine.", &[], 2.0);
            panic!("on purpose");
        });
        let text = registry.text();
        assert!(text.contains("temperature_celsius{room=\"a\"} 20.5\n"), "{text}");
        assert!(!text.contains("21.5") && !text.contains("22.5") && text.contains("kept 1.0\n"), "{text}");
    }

    #[test]
    fn a_strict_registry_refuses_what_others_warn_of() {
        let registry = Registry::new();
        registry.gauge("queueLength", "Waiting.").register().unwrap();
        assert_eq!(registry.warnings().len(), 1);
        let strict = Registry::with_naming(Naming::Refuse);
        assert!(strict.gauge("queueLength", "Waiting.").register().is_err());
    }
}
