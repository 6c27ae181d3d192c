//! `/api/v1/targets` and what belongs to it: what is scraped, how that went, and how relabelling got there.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use collect::TargetStatus;
use collect::config::ScrapeJob;
use collect::relabel::Rule;
use collect::target::Address;
use model::{Labels, METRIC_NAME, Matcher};
use serde::Serialize;
use tsdb::{Store, StoreError};

use super::envelope::{ApiError, ErrorType, success};
use super::labels::as_map;
use super::params::Params;
use super::selectors::ask;
use super::status::{date, hostname};
use crate::app::{App, now_millis};

/// How many metadata entries one answer may have.
const METADATA_MAX: usize = 1_000_000;

type Map<'a> = BTreeMap<&'a str, &'a str>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active<'a> {
    discovered_labels: Map<'a>,
    labels: Map<'a>,
    scrape_pool: &'a str,
    scrape_url: String,
    global_url: String,
    last_error: String,
    last_scrape: String,
    last_scrape_duration: f64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    size: Option<Size>,
    health: &'static str,
    scrape_interval: String,
    scrape_timeout: String,
}

/// How large the last scrape was. Prometheus does not tell, so it is told to those who ask only.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Size {
    last_scrape_samples: usize,
    last_scrape_bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dropped<'a> {
    discovered_labels: Map<'a>,
    scrape_pool: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Discovery<'a> {
    active_targets: Vec<Active<'a>>,
    dropped_targets: Vec<Dropped<'a>>,
    dropped_target_counts: BTreeMap<&'a str, u64>,
}

/// Active and dropped targets.
pub async fn targets(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let sized = params.flag("sizes")?.unwrap_or(false);
    let state = params.get("state").unwrap_or("any").to_ascii_lowercase();
    let (pools, wanted) = (app.collecting.status(), params.get("scrapePool"));
    let (active, dropped) = (matches!(&*state, "any" | "active"), matches!(&*state, "any" | "dropped"));
    let reached = app.options.external_host.clone().unwrap_or_else(hostname);
    let mut discovery = Discovery {
        active_targets: Vec::new(),
        dropped_targets: Vec::new(),
        dropped_target_counts: BTreeMap::new(),
    };
    for pool in &pools {
        let name = pool.job.name.as_str();
        let count = pool.dropped_count + pool.invalid.len();
        discovery.dropped_target_counts.insert(name, count as u64);
        if wanted.is_some_and(|wanted| wanted != name) {
            continue;
        }
        if active {
            let targets = pool.targets.iter();
            discovery.active_targets.extend(targets.map(|status| shown(status, &reached, sized)));
        }
        if dropped {
            let labels = pool.dropped.iter().chain(pool.invalid.iter().map(|(labels, _)| labels));
            let shown = |labels| Dropped { discovered_labels: as_map(labels), scrape_pool: name };
            discovery.dropped_targets.extend(labels.map(shown));
        }
    }
    Ok(success(discovery))
}

/// What metrics of each target say about themselves.
pub async fn metadata(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let limit = params.exact_limit("limit")?.unwrap_or(METADATA_MAX).min(METADATA_MAX);
    let metric = params.get("metric").map(str::to_owned);
    let matchers = match params.get("match_target") {
        None => Vec::new(),
        Some(text) => promql::parse::parse_selector(text)
            .map_err(|error| ApiError::bad_parameter("match_target", error))?,
    };
    #[derive(Serialize)]
    struct Entry {
        target: BTreeMap<String, String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        metric: Option<String>,
        #[serde(rename = "type")]
        kind: &'static str,
        help: String,
        unit: String,
    }
    let pools = app.collecting.status();
    let targets: Vec<Labels> = pools
        .iter()
        .flat_map(|pool| &pool.targets)
        .map(|status| status.target.labels.clone())
        .filter(|labels| matchers.iter().all(|matcher| matcher.matches(labels.value(&matcher.name))))
        .collect();
    let entries = ask(&app, move |store| {
        let known: BTreeMap<String, model::Metadata> = store.metadata().into_iter().collect();
        let mut entries = Vec::new();
        for labels in targets {
            for family in families(store, &labels, metric.as_deref(), &known)? {
                let Some(metadata) = known.get(&family) else { continue };
                if entries.len() >= limit {
                    return Ok(entries);
                }
                entries.push(Entry {
                    target: labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
                    metric: metric.is_none().then_some(family),
                    kind: metadata.kind.name(),
                    help: metadata.help.clone(),
                    unit: metadata.unit.clone(),
                });
            }
        }
        Ok(entries)
    })
    .await?;
    Ok(success(entries))
}

/// The names of the jobs.
pub async fn scrape_pools(State(app): State<Arc<App>>) -> Response {
    let pools = app.collecting.status();
    let mut names: Vec<&str> = pools.iter().map(|pool| pool.job.name.as_str()).collect();
    names.sort_unstable();
    success(serde_json::json!({ "scrapePools": names }))
}

/// The section of a job as it stands in the configuration, without secrets.
pub async fn scrape_pool_config(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let Some(name) = params.get("scrapePool") else {
        return Err(ApiError::bad("no scrapePool parameter provided"));
    };
    match app.config.get().shown_jobs.get(name) {
        Some(yaml) => Ok(success(serde_json::json!({ "yaml": yaml }))),
        None => {
            let message = format!("scrape pool {} not found", model::names::quote(name));
            Err(ApiError::new(ErrorType::NotFound, message))
        }
    }
}

/// What the relabelling of a job does to labels, rule by rule.
pub async fn relabel_steps(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Step {
        rule: ShownRule,
        output: BTreeMap<String, String>,
        keep: bool,
    }
    let Some(name) = params.get("scrapePool") else {
        return Err(ApiError::bad("no scrapePool parameter provided"));
    };
    let Some(text) = params.get("labels") else {
        return Err(ApiError::bad("no labels parameter provided"));
    };
    let labels: BTreeMap<String, String> = serde_json::from_str(text)
        .map_err(|error| ApiError::bad(format!("error parsing labels: invalid JSON: {error}")))?;
    let job = job(&app, name).ok_or_else(|| {
        let message = format!("scrape pool {} not found", model::names::quote(name));
        ApiError::bad(format!("error retrieving scrape config: {message}"))
    })?;
    let trace = collect::relabel::trace(&job.relabel, &Labels::from_pairs(&labels));
    // As in Prometheus, every rule is told; of labels that one drops nothing is left, there and from there on.
    let kept = trace.iter().map(|step| step.kept.then(|| owned(&step.after)));
    let outputs = kept.chain(std::iter::repeat(None));
    let steps: Vec<Step> = job
        .relabel
        .iter()
        .zip(outputs)
        .map(|(rule, output)| Step {
            rule: ShownRule::new(rule),
            keep: output.is_some(),
            output: output.unwrap_or_default(),
        })
        .collect();
    Ok(success(serde_json::json!({ "steps": steps })))
}

/// The job of that name.
fn job(app: &App, name: &str) -> Option<Arc<ScrapeJob>> {
    app.config.get().jobs.iter().find(|job| job.name == name).cloned()
}

/// A rule as its configuration reads.
#[derive(Serialize)]
struct ShownRule {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_labels: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    separator: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    regex: String,
    #[serde(skip_serializing_if = "is_zero")]
    modulus: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    target_label: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    replacement: String,
    action: &'static str,
}

impl ShownRule {
    fn new(rule: &Rule) -> ShownRule {
        ShownRule {
            source_labels: rule.source_labels.clone(),
            separator: rule.separator.clone(),
            regex: rule.regex.pattern().to_owned(),
            modulus: rule.modulus,
            target_label: rule.target_label.clone(),
            replacement: rule.replacement.clone(),
            action: rule.action.name(),
        }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn owned(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Where others reach a target: for one on this machine, under the name of the machine or of the proxy before it.
fn global_url(address: &Address, reached: &str) -> String {
    let (host, port) = address.host_and_port();
    if !["127.0.0.1", "localhost", "::1"].contains(&host.as_str()) {
        return address.uri();
    }
    let has_port = address.host_port.trim_matches(['[', ']']) != host;
    let port = if has_port { format!(":{port}") } else { String::new() };
    format!("{}://{reached}{port}{}", address.scheme, address.path_and_query)
}

fn shown<'a>(status: &'a TargetStatus, reached: &str, sized: bool) -> Active<'a> {
    let (target, state) = (&status.target, &status.state);
    Active {
        discovered_labels: as_map(&target.discovered),
        labels: as_map(&target.labels),
        scrape_pool: &target.job.name,
        scrape_url: target.address.uri(),
        global_url: global_url(&target.address, reached),
        last_error: state.last_error.clone().unwrap_or_default(),
        last_scrape: state.last_scrape.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), date),
        last_scrape_duration: state.report.duration_seconds,
        size: sized.then(|| Size {
            last_scrape_samples: state.counts.scraped,
            // One that was refused for its size has none.
            last_scrape_bytes: u64::try_from(state.report.body_bytes).unwrap_or(0),
        }),
        health: state.health.name(),
        scrape_interval: target.interval.to_string(),
        scrape_timeout: target.timeout.to_string(),
    }
}

/// The metric families a target has exposed lately and of which something is known.
fn families(
    store: &Store,
    target: &Labels,
    metric: Option<&str>,
    known: &BTreeMap<String, model::Metadata>,
) -> Result<Vec<String>, StoreError> {
    let mut matchers: Vec<Matcher> = target.iter().map(|(name, value)| Matcher::equal(name, value)).collect();
    matchers.push(Matcher::equal(METRIC_NAME, "").inverse());
    let now = now_millis();
    let names = store.label_values(METRIC_NAME, &[matchers], now - 3_600_000..=now)?;
    let mut found: Vec<String> = names.iter().filter_map(|name| family_of(name, known)).collect();
    found.sort();
    found.dedup();
    found.retain(|family| metric.is_none_or(|metric| metric == family));
    Ok(found)
}

/// The family that samples of this name belong to.
fn family_of(name: &str, known: &BTreeMap<String, model::Metadata>) -> Option<String> {
    let stems = ["", "_bucket", "_count", "_sum", "_total", "_info", "_created"];
    stems
        .iter()
        .filter_map(|suffix| name.strip_suffix(suffix))
        .find(|stem| known.contains_key(*stem))
        .map(str::to_owned)
}
