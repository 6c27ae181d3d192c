//! `/api/v1/labels`, `/api/v1/label/{name}/values` and `/api/v1/series`: which series there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use model::{Labels, Matcher};
use tsdb::{Selection, Store};

use super::envelope::{ApiError, JSON, write_success_of};
use super::json::push_labels;
use super::params::Params;
use super::pieces::{self, Pieces};
use super::query::{may_go_on, turn};
use super::result;
use super::selectors::{SMALL_LABEL_SETS_MAX, Scope, TRUNCATED, limited, look_up, stopped};
use crate::app::App;
use crate::queries::Running;

/// How many series are written as an answer on the thread that read the question.
const SOON_SERIES_MAX: usize = 1_000;
/// After how many series it is looked whether anybody still wants them.
const CHECK_EVERY: usize = 1024;

/// The names of the labels.
pub async fn names(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let Scope { selectors, range, limit } = Scope::read(&params)?;
    let work =
        move |store: &Store, go_on: &dyn Fn() -> bool| store.label_names_while(&selectors, range, go_on);
    Ok(limited(look_up(&app, "label names", work).await?, limit))
}

/// The values of one label.
pub async fn values(
    State(app): State<Arc<App>>,
    name: Result<Path<String>, PathRejection>,
    params: Params,
) -> Result<Response, ApiError> {
    // Of what a path may hold, only what is no UTF-8 is refused.
    let Ok(Path(name)) = name else {
        return Err(ApiError::bad("invalid label name: it is no UTF-8"));
    };
    let name = model::names::unescape_values(&name).into_owned();
    if name.is_empty() {
        return Err(ApiError::bad(format!("invalid label name: {}", model::names::quote(&name))));
    }
    let Scope { selectors, range, limit } = Scope::read(&params)?;
    let work = move |store: &Store, go_on: &dyn Fn() -> bool| {
        store.label_values_while(&name, &selectors, range, go_on)
    };
    Ok(limited(look_up(&app, "label values", work).await?, limit))
}

/// The label sets of the series that match any selector, written out as they are found again in their order.
pub async fn series(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let scope = Scope::read_selective(&params)?;
    let (ticket, running) = turn(&app, "series", app.options.query.timeout).await?;
    // The labels of one series are written sooner than another thread would wake up for them.
    if app.store.label_sets() <= SMALL_LABEL_SETS_MAX
        && let Some(found) = pieces::in_place(|| Found::select(&app, &scope, &running)).transpose()?
    {
        let limit = scope.limit;
        if found.len() <= SOON_SERIES_MAX {
            return pieces::whole(JSON, |pieces| write_found(pieces, &found, limit));
        }
        return pieces::answer(JSON, ticket, move |pieces| write_found(pieces, &found, limit)).await;
    }
    pieces::answer(JSON, ticket, move |pieces| {
        let found = Found::select(&app, &scope, &running)?;
        write_found(pieces, &found, scope.limit)
    })
    .await
}

fn write_found(pieces: &mut Pieces, found: &Found, limit: Option<usize>) -> Result<(), ApiError> {
    let is_cut = limit.is_some_and(|limit| found.len() > limit);
    let warnings = if is_cut { vec![TRUNCATED.to_owned()] } else { Vec::new() };
    let write = |pieces: &mut Pieces| {
        let wanted: Vec<usize> = (0..found.len().min(limit.unwrap_or(usize::MAX))).collect();
        result::list_in_blocks(
            pieces,
            &wanted,
            |_| result::LABELS_VALUES,
            |pieces, index| {
                push_labels(pieces.buffer(), &found.labels(*index));
                pieces.pass_on()
            },
        )
    };
    write_success_of(pieces, write, &warnings, &[])
}

/// The series that several selectors found, each once, sorted.
enum Found {
    /// What one selector finds is sorted already.
    One(Box<Selection>),
    Several(Vec<Labels>),
}

impl Found {
    fn select(app: &App, scope: &Scope, running: &Running) -> Result<Found, ApiError> {
        let select = |matchers: &Vec<Matcher>| {
            let goes_on = || may_go_on(running).is_ok();
            let selection = app.store.select_while(matchers, scope.range.clone(), &goes_on);
            selection.map_err(|error| stopped(running, error))
        };
        if let [matchers] = &scope.selectors[..] {
            return select(matchers).map(Box::new).map(Found::One);
        }
        let mut found = BTreeSet::new();
        for matchers in &scope.selectors {
            let selection = select(matchers)?;
            for index in 0..selection.len() {
                if index % CHECK_EVERY == 0 {
                    may_go_on(running)?;
                }
                found.insert(selection.labels(index));
            }
        }
        Ok(Found::Several(found.into_iter().collect()))
    }

    fn len(&self) -> usize {
        match self {
            Found::One(selection) => selection.len(),
            Found::Several(found) => found.len(),
        }
    }

    fn labels(&self, index: usize) -> Labels {
        match self {
            Found::One(selection) => selection.labels(index),
            Found::Several(found) => found[index].clone(),
        }
    }
}

/// A label set as the API writes it.
pub fn as_map(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}
