//! How scripts ask: with the engine's settings that the files of Prometheus expect.

use tsdb::Store;

use crate::annotation::Level;
use crate::engine::{Engine, QueryOptions, Settings};
use crate::error::QueryError;
use crate::script::command::When;
use crate::value::Value;

/// An answer with its annotations as texts.
pub(crate) struct Answer {
    pub(crate) value: Value,
    pub(crate) warnings: Vec<String>,
    pub(crate) infos: Vec<String>,
}

/// Asks one query.
pub(crate) fn ask(store: &Store, query: &str, when: When) -> Result<Answer, QueryError> {
    let settings = Settings { delayed_name_removal: true, start_timestamps: true, ..Settings::default() };
    let (engine, options) = (Engine::new(settings), QueryOptions::default());
    let answer = match when {
        When::At(time) => engine.instant(store, query, time, &options)?,
        When::Range { start, end, step } => engine.range(store, query, start, end, step, &options)?,
    };
    let annotations = |level| answer.annotations.all(level, query);
    let (warnings, infos) = (annotations(Level::Warning), annotations(Level::Info));
    Ok(Answer { value: answer.value, warnings, infos })
}
