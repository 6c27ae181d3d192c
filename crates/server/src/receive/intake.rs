//! The one way into the store for what is pushed: decode on a blocking thread, append, wait for the disk.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use model::{Sample, Series, Value};
use tokio::sync::Semaphore;
use tsdb::{Appended, Refusal, RefusalReason, Store, StoreError};
use wire::remote::Batch;

use super::body::Rejected;
use crate::app::App;

/// How many pushes are decoded at once. Each may take `UNPACKED_BYTES_MAX` and a multiple of it in samples.
const DECODING_MAX: usize = 8;
/// How long a push waits for its turn to be decoded.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a series and a reason is told; the middle is left out where there is more.
const NAMED_BYTES_MAX: usize = 1_000;
/// How many refusals an answer names.
const NAMED_MAX: usize = 16;

/// How samples go into the store: within the out-of-order window, or however old they are.
pub type Way = fn(&Store, &[Series]) -> Result<Appended, StoreError>;

/// The turns in which pushes are decoded.
pub struct Intake {
    turns: Arc<Semaphore>,
}

/// What became of a push that could be read.
#[derive(Debug, Default)]
pub struct Taken {
    /// Floats that were stored.
    pub floats: u64,
    /// Histograms that were stored.
    pub histograms: u64,
    /// Exemplars that were stored.
    pub exemplars: u64,
    /// Samples that were refused.
    pub refused: u64,
    /// The first of them: series and reason.
    pub named: Vec<String>,
    /// Exemplars that were refused; that is no reason to send anything again.
    pub exemplars_refused: u64,
    /// The first of them: series and reason.
    pub exemplars_named: Vec<String>,
    /// The limit that was reached, when one was: such a sample may be sent again later.
    pub limit: Option<RefusalReason>,
}

impl Taken {
    /// The refusals in one text, or nothing.
    pub fn message(&self) -> String {
        let samples = told(self.refused, "samples", &self.named);
        let exemplars = told(self.exemplars_refused, "exemplars", &self.exemplars_named);
        [samples, exemplars].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// So many refusals of one kind with the first of them by name.
fn told(refused: u64, what: &str, named: &[String]) -> Option<String> {
    let more = refused.saturating_sub(named.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (refused > 0).then(|| format!("refused {refused} {what}: {}{more}", named.join("; ")))
}

/// Adds a refusal to those that are named, its middle left out if it is long.
fn name(named: &mut Vec<String>, mut refused: String) {
    if named.len() < NAMED_MAX {
        if refused.len() > NAMED_BYTES_MAX {
            let kept = refused.len() - refused.floor_char_boundary(refused.len() - NAMED_BYTES_MAX / 2);
            let tail = refused[refused.len() - kept..].to_owned();
            refused.truncate(refused.floor_char_boundary(NAMED_BYTES_MAX / 2));
            refused.push('…');
            refused.push_str(&tail);
        }
        named.push(refused);
    }
}

impl Intake {
    /// With all turns free.
    pub fn new() -> Intake {
        Intake { turns: Arc::new(Semaphore::new(DECODING_MAX)) }
    }

    /// Decodes and stores a push, and returns once it is durable. `source` is its name in the metrics, `way` the
    /// store's door for it.
    pub async fn take(
        &self,
        app: &Arc<App>,
        source: &'static str,
        way: Way,
        decode: impl FnOnce(&App) -> Result<Batch, Rejected> + Send + 'static,
    ) -> Result<Taken, Rejected> {
        let outcome = self.append(way, app, source, decode).await;
        let durable = match outcome {
            Ok(taken) => app.keeper.durable().await.map(|()| taken).map_err(|reason| {
                Rejected::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    format!("the samples could not be made durable: {reason}"),
                )
            }),
            Err(rejected) => Err(rejected),
        };
        if durable.is_err() {
            app.metrics.batches_failed.add(&[source], 1);
        }
        durable
    }

    async fn append(
        &self,
        way: Way,
        app: &Arc<App>,
        source: &'static str,
        decode: impl FnOnce(&App) -> Result<Batch, Rejected> + Send + 'static,
    ) -> Result<Taken, Rejected> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Rejected::new(StatusCode::SERVICE_UNAVAILABLE, "too many pushes at once; try again"));
        };
        let app = app.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let batch = decode(&app)?;
            store(&app, way, source, batch)
        });
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, source, "taking a push failed");
            Err(Rejected::new(StatusCode::INTERNAL_SERVER_ERROR, "taking the push failed; the log says more"))
        })
    }
}

fn store(app: &App, way: Way, source: &'static str, batch: Batch) -> Result<Taken, Rejected> {
    let mut taken = Taken { refused: batch.refused, ..Taken::default() };
    for refused in &batch.refusals {
        name(&mut taken.named, format!("{}: {}", refused.series, refused.reason));
    }
    if batch.refused > 0 {
        app.metrics.samples_refused.add(&[source, "unreadable"], batch.refused);
    }
    let (floats, histograms) = by_kind(batch.series);
    for (kind, series) in [(&mut Kind::Floats, floats), (&mut Kind::Histograms, histograms)] {
        if series.is_empty() {
            continue;
        }
        let appended = way(&app.store, &series).map_err(store_failed)?;
        app.metrics.count(source, &appended);
        note(&mut taken, kind, &appended);
    }
    if !batch.metadata.is_empty() {
        app.store.note_metadata(&batch.metadata).map_err(store_failed)?;
    }
    Ok(taken)
}

enum Kind {
    Floats,
    Histograms,
}

fn note(taken: &mut Taken, kind: &Kind, appended: &Appended) {
    match kind {
        Kind::Floats => taken.floats += appended.samples,
        Kind::Histograms => taken.histograms += appended.samples,
    }
    taken.exemplars += appended.exemplars;
    taken.exemplars_refused += appended.exemplars_refused;
    for refusal in &appended.exemplar_refusals {
        name(&mut taken.exemplars_named, in_words(refusal));
    }
    taken.refused += appended.refused;
    for refusal in &appended.refusals {
        name(&mut taken.named, in_words(refusal));
        if matches!(refusal.reason, RefusalReason::SeriesLimit | RefusalReason::MemoryLimit) {
            taken.limit = Some(refusal.reason);
        }
    }
}

fn in_words(refusal: &Refusal) -> String {
    format!("{} at {}: {}", refusal.series, refusal.time, explain(refusal.reason))
}

/// The reason of a refusal in words.
fn explain(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::DuplicateTimestamp => "duplicate sample for timestamp: another value is there already",
        RefusalReason::TooOld => "out of bounds: older than the out-of-order window or the retention admits",
        RefusalReason::SeriesLimit => "the limit of series is reached",
        RefusalReason::MemoryLimit => "the memory limit is near, so no new series is taken",
        RefusalReason::BadLabels => "the labels have no metric name, an empty name, or are too large",
        RefusalReason::BadHistogram => "the histogram contradicts itself",
        RefusalReason::TooFarAhead => "out of bounds: too far ahead of this machine's clock",
        RefusalReason::Deleted => "the series was deleted at this time",
        RefusalReason::ExemplarLimit => {
            "as many exemplars as are kept in memory wait to be written to a part"
        }
    }
}

fn store_failed(error: StoreError) -> Rejected {
    Rejected::new(StatusCode::SERVICE_UNAVAILABLE, format!("the store takes nothing: {error}"))
}

/// Floats and histograms apart, so that the answer can say how many of each were written.
fn by_kind(series: Vec<Series>) -> (Vec<Series>, Vec<Series>) {
    let (mut floats, mut histograms) = (Vec::with_capacity(series.len()), Vec::new());
    for mut series in series {
        let is_float = |sample: &Sample| matches!(sample.value, Value::Float(_));
        if series.samples.iter().all(is_float) {
            floats.push(series);
        } else if series.samples.iter().any(is_float) {
            let (own, others) = std::mem::take(&mut series.samples).into_iter().partition(is_float);
            histograms.push(Series { labels: series.labels.clone(), samples: others, ..Series::default() });
            floats.push(Series { samples: own, ..series });
        } else {
            histograms.push(series);
        }
    }
    (floats, histograms)
}
