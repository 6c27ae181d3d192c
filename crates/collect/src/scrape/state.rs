//! What a target's last scrape was like, for people to look at.

use std::sync::Arc;

use model::{Layout, Timestamp};
use parking_lot::Mutex;

use crate::dress::{Counts, Report};

/// Whether a target answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// It has not been asked yet.
    #[default]
    Unknown,
    /// Its last scrape succeeded.
    Up,
    /// Its last scrape failed.
    Down,
}

/// The last scrape of a target.
#[derive(Clone, Debug, Default)]
pub struct ScrapeState {
    /// Whether it succeeded.
    pub health: Health,
    /// What went wrong, in words.
    pub last_error: Option<String>,
    /// When it was; `None` before the first.
    pub last_scrape: Option<Timestamp>,
    /// How long it took and how large it was.
    pub report: Report,
    /// How many samples it brought.
    pub counts: Counts,
    /// The target's own series and their metadata, as of the last scrape that succeeded.
    pub layout: Option<Arc<Layout>>,
    /// How many scrapes there were.
    pub scrapes: u64,
    /// How many of them failed.
    pub failures: u64,
}

/// A scrape's state between the loop that writes it and those who look.
pub type SharedState = Arc<Mutex<ScrapeState>>;

impl ScrapeState {
    pub(super) fn record(
        &mut self,
        time: Timestamp,
        report: Report,
        counts: Counts,
        error: Option<String>,
        layout: Option<Arc<Layout>>,
    ) {
        self.health = if error.is_none() { Health::Up } else { Health::Down };
        self.scrapes += 1;
        self.failures += u64::from(error.is_some());
        self.last_error = error;
        self.last_scrape = Some(time);
        (self.report, self.counts) = (report, counts);
        if layout.is_some() {
            self.layout = layout;
        }
    }
}

impl Health {
    /// The word of the API.
    pub fn name(self) -> &'static str {
        match self {
            Health::Unknown => "unknown",
            Health::Up => "up",
            Health::Down => "down",
        }
    }
}
