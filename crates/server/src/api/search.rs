//! `/api/v1/search/*`: names and values that answer a search, best first if wanted, streamed as lines of JSON.

use std::collections::HashMap;
use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use model::{METRIC_NAME, Matcher, Metadata, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::envelope::ApiError;
use super::fuzzy::{Algorithm, Term};
use super::params::Params;
use super::pieces;
use super::query::{may_go_on, turn};
use super::selectors::{selectors, stopped};
use super::value::number;
use crate::app::{App, now_millis};

/// The media type of lines of JSON.
const NDJSON: &str = "application/x-ndjson; charset=utf-8";
/// How many results are given where nothing else is said.
const LIMIT: usize = 100;
/// How far back is searched where nothing else is said.
const RANGE_MILLIS: i64 = 3_600_000;
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
    selectors: Vec<Vec<Matcher>>,
    range: RangeInclusive<Timestamp>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<serde_json::Number>,
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
        return Err(ApiError::bad("missing required parameter \"label\""));
    };
    let label = Among::LabelValues(label.to_owned());
    answer(app, &params, label).await
}

impl Search {
    fn read(params: &Params) -> Result<Search, ApiError> {
        let flag = |name: &str| {
            params.flag(name).map_err(|_| invalid(name, params.get(name).unwrap_or(""), "boolean"))
        };
        let case_sensitive = flag("case_sensitive")?.unwrap_or(true);
        let terms: Vec<Term> = params
            .all("search[]")
            .filter(|term| !term.is_empty())
            .map(|term| Term::new(term, case_sensitive))
            .collect();
        if terms.len() > TERMS_MAX {
            let message = format!("too many search[] terms: got {}, maximum is {TERMS_MAX}", terms.len());
            return Err(ApiError::bad(message));
        }
        let now = now_millis();
        let start = params.time("start")?.unwrap_or(now - RANGE_MILLIS);
        let end = params.time("end")?.unwrap_or(now);
        if end < start {
            return Err(ApiError::bad("end timestamp must not be before start timestamp"));
        }
        Ok(Search {
            selectors: selectors(params).map_err(ApiError::bad)?,
            range: start..=end,
            sort: sort(params, terms.is_empty())?,
            terms,
            algorithm: match params.get("fuzz_alg").unwrap_or("subsequence") {
                "subsequence" => Algorithm::Subsequence,
                "jarowinkler" => Algorithm::JaroWinkler,
                other => {
                    let quoted = model::names::quote(other);
                    let message =
                        format!("unsupported fuzz_alg {quoted}: must be one of [subsequence jarowinkler]");
                    return Err(ApiError::bad(message));
                }
            },
            threshold: threshold(params)?,
            include_score: flag("include_score")?.unwrap_or(false),
            include_metadata: flag("include_metadata")?.unwrap_or(false),
            limit: positive(params, "limit")?.unwrap_or(LIMIT),
            batch: positive(params, "batch_size")?.unwrap_or(BATCH),
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
        (text, score): &'a (String, f64),
        among: &Among,
        metadata: &'a HashMap<String, Metadata>,
    ) -> Found<'a> {
        let known = metadata.get(text);
        let is_value = matches!(among, Among::LabelValues(_));
        Found {
            name: (!is_value).then_some(text),
            value: is_value.then_some(text),
            score: self.include_score.then(|| number(*score)),
            kind: known.map(|known| known.kind.name()),
            help: known.map(|known| known.help.as_str()),
            unit: known.map(|known| known.unit.as_str()).filter(|unit| !unit.is_empty()),
        }
    }
}

async fn answer(app: Arc<App>, params: &Params, among: Among) -> Result<Response, ApiError> {
    let search = Search::read(params)?;
    let (ticket, running) = turn(&app, "search", app.options.query.timeout).await?;
    pieces::answer(NDJSON, ticket, move |pieces| {
        let (selectors, range) = (&search.selectors, search.range.clone());
        let go_on = || may_go_on(&running).is_ok();
        let names = match &among {
            Among::MetricNames => app.store.label_values_while(METRIC_NAME, selectors, range, &go_on),
            Among::LabelNames => app.store.label_names_while(selectors, range, &go_on),
            Among::LabelValues(label) => app.store.label_values_while(label, selectors, range, &go_on),
        };
        let (chosen, has_more) = search.choose(names.map_err(|error| stopped(&running, error))?);
        let with_metadata = search.include_metadata && matches!(among, Among::MetricNames);
        let metadata: HashMap<String, Metadata> =
            if with_metadata { app.store.metadata().into_iter().collect() } else { HashMap::new() };
        // An empty answer has its line of results, too.
        let nothing: &[(String, f64)] = &[];
        for batch in chosen.chunks(search.batch).chain(chosen.is_empty().then_some(nothing)) {
            let results: Vec<Found<'_>> =
                batch.iter().map(|found| search.show(found, &among, &metadata)).collect();
            writeln!(pieces, "{}", json!({ "results": results }))?;
        }
        writeln!(pieces, "{}", json!({ "status": "success", "has_more": has_more }))?;
        Ok(())
    })
    .await
}

fn threshold(params: &Params) -> Result<f64, ApiError> {
    let Some(text) = params.get("fuzz_threshold") else { return Ok(0.0) };
    match text.parse::<u32>() {
        Ok(percent @ 0..=100) => Ok(f64::from(percent) / 100.0),
        _ => Err(invalid("fuzz_threshold", text, "0-100")),
    }
}

fn positive(params: &Params, name: &str) -> Result<Option<usize>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    match text.parse::<usize>() {
        Ok(number @ 1..) => Ok(Some(number)),
        _ => Err(invalid(name, text, "a positive integer")),
    }
}

fn sort(params: &Params, is_everything: bool) -> Result<Sort, ApiError> {
    let (by, direction) = (params.get("sort_by"), params.get("sort_dir"));
    match (by, direction) {
        (None, Some(_)) => Err(ApiError::bad("sort_dir is only valid when sort_by is set")),
        (Some("score"), Some(_)) => Err(ApiError::bad("sort_dir is not supported for sort_by=score")),
        (Some("score"), None) if is_everything => {
            Err(ApiError::bad("sort_by=score requires search[] to be set"))
        }
        (Some("score"), None) => Ok(Sort::Score),
        (None | Some("alpha"), None | Some("asc")) => Ok(Sort::Ascending),
        (Some("alpha"), Some("dsc")) => Ok(Sort::Descending),
        (Some("alpha"), Some(other)) => Err(invalid("sort_dir", other, "\"asc\" or \"dsc\"")),
        (Some(other), _) => Err(invalid("sort_by", other, "\"alpha\" or \"score\"")),
    }
}

fn invalid(name: &str, text: &str, wanted: &str) -> ApiError {
    ApiError::bad(format!("invalid {name} {}: must be {wanted}", model::names::quote(text)))
}
