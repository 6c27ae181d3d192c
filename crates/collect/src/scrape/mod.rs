//! The scrape of one target, again and again: wait for its moment, fetch, read, dress, hand over.

mod estate;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{HeaderName, HeaderValue};
use model::{Frame, Timestamp};
use tokio::sync::{Semaphore, watch};
use wire::{Format, Page, Reader};

use crate::config::Span;
use crate::dress::{Counts, Dresser, Refusal, Report};
use crate::fetch::{Answer, Ask, Client, FetchError, Shared};
use crate::target::{Target, next_time};
pub(crate) use estate::Estate;
pub use state::{Health, ScrapeState, SharedState};

/// How far a scrape may start from its scheduled moment and still carry that moment's time: evenly spaced
/// times take no room in the store.
const ALIGN_MILLIS_MAX: i64 = 20;
/// How large a page may be that is read where the other scrapes wait for it: that takes a few milliseconds.
const READ_IN_PLACE_BYTES_MAX: usize = 4 << 20;

/// Where frames go. Called on the runtime's threads, so it must not wait for long.
pub type Sink = Arc<dyn Fn(&[Frame]) + Send + Sync>;

/// What a scrape loop is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Scrape.
    Run,
    /// The target is gone: end its series once its next scrape would have been due.
    Gone,
    /// Another loop takes over, or the process stops: end nothing.
    Stop,
}

/// Why a scrape failed.
#[derive(Debug, thiserror::Error)]
pub enum ScrapeError {
    /// The page could not be fetched.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// The answer is in no known format.
    #[error("{0}")]
    ContentType(#[from] wire::format::ContentTypeError),
    /// The page is not well formed.
    #[error("{0}")]
    Parse(#[from] wire::ParseError),
    /// The page breaks a limit.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The job has more targets than it may.
    #[error("target_limit exceeded: the job has more than {0} targets")]
    TargetLimit(u64),
}

/// Everything one target's scrapes keep between them.
pub(crate) struct Scraper {
    target: Arc<Target>,
    client: Client,
    ask: Ask,
    reader: Reader,
    options: wire::Options,
    estate: Estate,
    state: SharedState,
    /// Set while the job has more targets than it may.
    over_limit: Arc<AtomicBool>,
}

impl Scraper {
    pub(crate) fn new(
        target: Arc<Target>,
        (shared, state, over_limit): (Arc<Shared>, SharedState, Arc<AtomicBool>),
        estate: Estate,
    ) -> Scraper {
        let job = &target.job;
        let options = wire::Options {
            created_as_start: true,
            native_histograms: target.native_histograms,
            keep_classic: target.classic_histograms,
            classic_to_custom: target.convert_classic_histograms,
        };
        let accept = wire::format::accept_header(&job.protocols, job.escaping.name());
        let timeout = (target.timeout.millis as f64 / 1_000.0).to_string();
        let header = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("*/*"));
        let ask = Ask {
            accept: header(&accept),
            // Between two processes of one machine compression costs both and saves nothing.
            compression: job.enable_compression && !target.address.is_loopback(),
            headers: vec![(HeaderName::from_static("x-prometheus-scrape-timeout-seconds"), header(&timeout))],
            body_bytes_max: job.limits.body_bytes_max,
        };
        Scraper {
            client: Client::new(shared),
            ask,
            reader: Reader::new(),
            options,
            estate,
            state,
            over_limit,
            target,
        }
    }

    /// Scrapes until told otherwise. `is_back` says, when the target had gone, whether it is scraped again by now.
    pub(crate) async fn run(
        mut self,
        sink: Sink,
        mut orders: watch::Receiver<Order>,
        is_back: impl Fn() -> bool,
    ) {
        let target = self.target.clone();
        let estate = self.estate.clone();
        let mut dresser = tokio::select! {
            dresser = estate.take(&target) => dresser,
            _ = orders.wait_for(|order| *order == Order::Stop) => return,
        };
        let offset = target.offset_millis();
        let mut due = next_time(target.interval, offset, now_millis());
        loop {
            tokio::select! {
                () = sleep_until(due) => {}
                changed = orders.changed() => {
                    let order = if changed.is_err() { Order::Stop } else { *orders.borrow() };
                    match order {
                        Order::Run => continue,
                        Order::Stop => return,
                        Order::Gone => break,
                    }
                }
            }
            // A target that goes away while it is scraped must not be waited for: a scrape can take minutes.
            tokio::select! {
                frames = self.scrape(due, &mut dresser) => sink(&frames),
                _ = orders.wait_for(|order| *order == Order::Stop) => return,
            }
            due = next_time(target.interval, offset, now_millis().max(due + 1));
        }
        tokio::select! {
            () = sleep_until(due) => {}
            _ = orders.wait_for(|order| *order == Order::Stop) => return,
        }
        if !is_back() {
            sink(&dresser.end(due));
        }
    }

    /// One scrape, from the request to the frames.
    async fn scrape(&mut self, due: Timestamp, dresser: &mut Dresser) -> Vec<Frame> {
        let began = now_millis();
        let tolerance = (self.target.interval.millis / 100).min(ALIGN_MILLIS_MAX);
        let time = if (began - due).abs() <= tolerance { due } else { began };
        let clock = Instant::now();
        let mut report =
            Report { timeout_seconds: self.target.timeout.millis as f64 / 1_000.0, ..Report::default() };
        let fetched = self.fetch().await;
        report.body_bytes = match &fetched {
            Ok((answer, _)) => answer.body().len() as i64,
            Err(ScrapeError::Fetch(FetchError::BodySize(_))) => -1,
            Err(_) => 0,
        };
        let page = match fetched {
            Ok((answer, format)) => self.read(answer, format).await,
            Err(error) => Err(error),
        };
        report.duration_seconds = clock.elapsed().as_secs_f64();
        let dressed = page.and_then(|page| Ok(dresser.dress(page, time, report)?));
        let (frames, counts, error) = match dressed {
            Ok((frames, counts)) => (frames, counts, None),
            Err(error) => {
                let frames = dresser.fail(time, Counts::default(), report);
                (frames, Counts::default(), Some(error.to_string()))
            }
        };
        if let Some(error) = &error {
            tracing::debug!(target = %self.target.address, %error, "scrape failed");
            log_failure(&self.target, time, error).await;
        }
        let layout = frames.first().filter(|_| error.is_none()).map(|frame| frame.layout.clone());
        self.state.lock().record(time, report, counts, error, layout);
        frames
    }

    /// Fetches the page and says what format it is in.
    async fn fetch(&mut self) -> Result<(Answer, Format), ScrapeError> {
        let targets_max = self.target.job.limits.targets_max;
        if self.over_limit.load(Ordering::Relaxed) {
            return Err(ScrapeError::TargetLimit(targets_max));
        }
        let timeout = self.target.timeout;
        let fetch = self.client.fetch(&self.target.address, &self.ask);
        let answer = match tokio::time::timeout(timeout.to_duration(), fetch).await {
            Ok(answer) => answer?,
            Err(_) => {
                // The answer may still come, and would be taken for that of the next request.
                self.client.disconnect();
                return Err(FetchError::Timeout(timeout).into());
            }
        };
        let format = Format::from_content_type(answer.content_type(), self.target.job.fallback_protocol)?;
        Ok((answer, format))
    }

    /// Reads a page. A large one is read on a thread for such, so that the scrapes of others go on meanwhile.
    async fn read(&mut self, answer: Answer, format: Format) -> Result<Page, ScrapeError> {
        // One after the other: what is made of a page may take several times its room.
        static LARGE: Semaphore = Semaphore::const_new(1);
        if answer.body().len() <= READ_IN_PLACE_BYTES_MAX {
            return Ok(self.reader.read(answer.body(), format, &self.options)?);
        }
        let _turn = LARGE.acquire().await.expect("nobody closes it");
        let (mut reader, options) = (std::mem::take(&mut self.reader), self.options.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let page = reader.read(answer.body(), format, &options);
            (reader, page)
        });
        let (reader, page) = reading.await.expect("no page makes the reader panic");
        self.reader = reader;
        Ok(page?)
    }
}

/// Writes a line to the job's log of failed scrapes, where it has one.
async fn log_failure(target: &Target, time: Timestamp, error: &str) {
    use tokio::io::AsyncWriteExt;
    let Some(path) = &target.job.failure_log_file else { return };
    let line = serde_json::json!({
        "time": time, "job": target.job.name, "target": target.uri(), "error": error,
    });
    let file = tokio::fs::OpenOptions::new().create(true).append(true).open(path).await;
    let written = match file {
        Ok(mut file) => match file.write_all(format!("{line}\n").as_bytes()).await {
            Ok(()) => file.flush().await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        tracing::warn!(file = %path.display(), %error, "cannot write the log of failed scrapes");
    }
}

/// Milliseconds since the epoch.
pub(crate) fn now_millis() -> Timestamp {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Waits for a moment of the wall clock. A long wait is cut into pieces, so that a clock that was set is noticed.
pub(crate) async fn sleep_until(due: Timestamp) {
    const PIECE: Duration = Duration::from_secs(60);
    loop {
        let wait = Span::from_millis(due - now_millis()).to_duration();
        if wait.is_zero() {
            return;
        }
        tokio::time::sleep(wait.min(PIECE)).await;
    }
}
