//! `/api/v1/search/*`: names and values that answer a search, best first if wanted, streamed as lines of JSON.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use model::{METRIC_NAME, Metadata};
use serde::Serialize;
use serde_json::json;

use super::envelope::ApiError;
use super::fuzzy::{Algorithm, Term};
use super::params::Params;
use super::pieces;
use super::selectors::{Scope, store_error};
use crate::app::App;

/// The media type of lines of JSON.
const NDJSON: &str = "application/x-ndjson; charset=utf-8";
/// How many results are given where nothing else is said.
const LIMIT: usize = 100;
/// How many results one line has where nothing else is said.
const BATCH: usize = 100;
/// How many search terms one request may have.
const TERMS_MAX: usize = 32;

/// What is searched.
enum Among {
    MetricNames,
    LabelNames,
    LabelValues(String),
}

struct Search {
    scope: Scope,
    terms: Vec<Term>,
    algorithm: Algorithm,
    threshold: f64,
    sort: Sort,
    include_score: bool,
    include_metadata: bool,
    limit: usize,
    batch: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Ascending,
    Descending,
    Score,
}

#[derive(Serialize)]
struct Found<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
}

/// Searches the names of metrics.
pub async fn metric_names(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    answer(app, &params, Among::MetricNames).await
}

/// Searches the names of labels.
pub async fn label_names(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    answer(app, &params, Among::LabelNames).await
}

/// Searches the values of one label.
pub async fn label_values(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let Some(label) = params.get("label") else {
        return Err(ApiError::bad_parameter("label", "must be given"));
    };
    let label = Among::LabelValues(label.to_owned());
    answer(app, &params, label).await
}

impl Search {
    fn read(params: &Params) -> Result<Search, ApiError> {
        let case_sensitive = flag(params, "case_sensitive", true)?;
        let terms: Vec<Term> = params
            .all("search[]")
            .filter(|term| !term.is_empty())
            .map(|term| Term::new(term, case_sensitive))
            .collect();
        if terms.len() > TERMS_MAX {
            return Err(ApiError::bad_parameter("search[]", format!("more than {TERMS_MAX} terms")));
        }
        let scope = Scope::read(params)?;
        let limit = scope.limit.unwrap_or(LIMIT);
        Ok(Search {
            scope,
            terms,
            algorithm: match params.get("fuzz_alg").unwrap_or("subsequence") {
                "subsequence" => Algorithm::Subsequence,
                "jarowinkler" => Algorithm::JaroWinkler,
                _ => {
                    return Err(ApiError::bad_parameter("fuzz_alg", "must be subsequence or jarowinkler"));
                }
            },
            threshold: threshold(params)?,
            sort: sort(params)?,
            include_score: flag(params, "include_score", false)?,
            include_metadata: flag(params, "include_metadata", false)?,
            limit,
            batch: params.limit("batch_size")?.unwrap_or(BATCH),
        })
    }

    /// The names that answer any term, in order, and whether there are more.
    fn choose(&self, names: Vec<String>) -> (Vec<(String, f64)>, bool) {
        let score = |name: &str| {
            let scores =
                self.terms.iter().filter_map(|term| term.score(name, self.algorithm, self.threshold));
            if self.terms.is_empty() { Some(1.0) } else { scores.max_by(f64::total_cmp) }
        };
        let mut chosen: Vec<(String, f64)> =
            names.into_iter().filter_map(|name| score(&name).map(|score| (name, score))).collect();
        match self.sort {
            Sort::Ascending => {}
            Sort::Descending => chosen.reverse(),
            // The sort is stable, so equals stay in the order of their names.
            Sort::Score => chosen.sort_by(|left, right| right.1.total_cmp(&left.1)),
        }
        let more = chosen.len() > self.limit;
        chosen.truncate(self.limit);
        (chosen, more)
    }

    fn show<'a>(
        &self,
        (name, score): &'a (String, f64),
        metadata: &'a HashMap<String, Metadata>,
    ) -> Found<'a> {
        let known = if self.include_metadata { metadata.get(name) } else { None };
        Found {
            name,
            score: self.include_score.then_some(*score),
            kind: known.map(|known| known.kind.name()),
            help: known.map(|known| known.help.as_str()),
            unit: known.map(|known| known.unit.as_str()).filter(|unit| !unit.is_empty()),
        }
    }
}

async fn answer(app: Arc<App>, params: &Params, among: Among) -> Result<Response, ApiError> {
    let search = Search::read(params)?;
    pieces::answer(NDJSON, (), move |pieces| {
        let (selectors, range) = (&search.scope.selectors, search.scope.range.clone());
        let names = match &among {
            Among::MetricNames => app.store.label_values(METRIC_NAME, selectors, range),
            Among::LabelNames => app.store.label_names(selectors, range),
            Among::LabelValues(label) => app.store.label_values(label, selectors, range),
        };
        let (chosen, has_more) = search.choose(names.map_err(store_error)?);
        let with_metadata = search.include_metadata && matches!(among, Among::MetricNames);
        let metadata: HashMap<String, Metadata> =
            if with_metadata { app.store.metadata().into_iter().collect() } else { HashMap::new() };
        for batch in chosen.chunks(search.batch) {
            let results: Vec<Found<'_>> = batch.iter().map(|found| search.show(found, &metadata)).collect();
            writeln!(pieces, "{}", json!({ "results": results }))?;
        }
        writeln!(pieces, "{}", json!({ "status": "success", "has_more": has_more }))?;
        Ok(())
    })
    .await
}

fn flag(params: &Params, name: &str, default: bool) -> Result<bool, ApiError> {
    match params.get(name) {
        None => Ok(default),
        Some("true" | "1" | "t" | "T" | "TRUE" | "True") => Ok(true),
        Some("false" | "0" | "f" | "F" | "FALSE" | "False") => Ok(false),
        Some(_) => Err(ApiError::bad_parameter(name, "must be true or false")),
    }
}

fn threshold(params: &Params) -> Result<f64, ApiError> {
    let Some(text) = params.get("fuzz_threshold") else { return Ok(0.0) };
    match text.parse::<u32>() {
        Ok(percent @ 0..=100) => Ok(f64::from(percent) / 100.0),
        _ => Err(ApiError::bad_parameter("fuzz_threshold", "must be between 0 and 100")),
    }
}

fn sort(params: &Params) -> Result<Sort, ApiError> {
    let direction = params.get("sort_dir");
    match (params.get("sort_by").unwrap_or("alpha"), direction) {
        ("alpha", None | Some("asc")) => Ok(Sort::Ascending),
        ("alpha", Some("dsc")) => Ok(Sort::Descending),
        ("alpha", Some(_)) => Err(ApiError::bad_parameter("sort_dir", "must be asc or dsc")),
        ("score", None) => Ok(Sort::Score),
        ("score", Some(_)) => Err(ApiError::bad_parameter("sort_dir", "only goes with sort_by=alpha")),
        _ => Err(ApiError::bad_parameter("sort_by", "must be alpha or score")),
    }
}
