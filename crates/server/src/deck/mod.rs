//! The deck: whether anything is broken, what, since when and for whom. Computed here every few seconds, so that a page
//! shows it without asking anything.

pub mod ask;
mod back;
mod conditions;
mod conventions;
mod judge;
mod libraries;
mod live;
mod look;
mod measures;
mod memory;
mod reasons;
mod resources;
mod routes;
mod say;
mod seen;
mod state;
mod trace;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::api::events::Listeners;
use crate::app::{App, now_millis};
use memory::Memory;
use state::{Deck, State};

pub use routes::router;

/// How often everything is looked at while a page is open.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// How often while none is: looking was the larger part of what a server used that nobody watched.
const UNWATCHED_INTERVAL: Duration = Duration::from_secs(15);
/// How long at most between two looks, however long one takes: a machine that stood still must not be forgotten.
const LOOK_INTERVAL_MAX: Duration = Duration::from_secs(30);
/// How often it is looked at while nothing is there yet.
const FIRST_INTERVAL: Duration = Duration::from_secs(1);
/// How often all bars may be filled anew.
const REFILL_INTERVAL_MS: i64 = 30_000;
/// At most this part of the time is spent looking.
const BUSY_SHARE_MAX: u32 = 10;

/// The latest deck, and those who wait for the next.
pub struct Decks {
    latest: watch::Sender<Arc<Told>>,
    listeners: Listeners,
    /// How many questions of the present look found no time to be answered.
    unanswered: AtomicU32,
}

/// A deck with its JSON, which is written once for all readers.
pub struct Told {
    /// The deck.
    pub deck: Deck,
    /// The same as JSON.
    pub json: String,
}

impl Default for Decks {
    fn default() -> Decks {
        let nothing =
            judge::judge(&mut seen::Services::new(), &mut Memory::default(), now_millis(), &|_, _, now| now);
        // Whether there are metrics is not known before one looked.
        let deck = Deck { title: "Taking the first look".to_owned(), ..nothing };
        Decks {
            latest: watch::Sender::new(Arc::new(told(deck))),
            listeners: Listeners::default(),
            unanswered: AtomicU32::new(0),
        }
    }
}

impl Decks {
    /// The deck as it was computed last.
    pub fn latest(&self) -> Arc<Told> {
        self.latest.borrow().clone()
    }

    /// Computes it from now on, on a thread of its own, until the process stops.
    pub fn start(app: &Arc<App>) -> anyhow::Result<()> {
        let app = app.clone();
        std::thread::Builder::new().name("deck".to_owned()).spawn(move || keep_looking(&app))?;
        Ok(())
    }

    /// How long from the begin of a look that took `took` to the next.
    fn interval(&self, waiting: bool, took: Duration) -> Duration {
        let interval = match waiting {
            true => FIRST_INTERVAL,
            false if self.listeners.is_empty() => UNWATCHED_INTERVAL,
            false => LOOK_INTERVAL,
        };
        interval.max(took * BUSY_SHARE_MAX).min(LOOK_INTERVAL_MAX)
    }
}

fn keep_looking(app: &App) {
    let mut memory = Memory::default();
    while !app.health.is_stopping() {
        let began = Instant::now();
        app.decks.unanswered.store(0, Ordering::Relaxed);
        let deck = look(app, &mut memory);
        let waiting = deck.state.is_none();
        // What was asked in vain would look like silence: better the deck of before.
        match app.decks.unanswered.load(Ordering::Relaxed) {
            0 => drop(app.decks.latest.send_replace(Arc::new(told(deck)))),
            unanswered => tracing::warn!(unanswered, "the deck is not up to date: questions took too long"),
        }
        let took = began.elapsed();
        // A page that opens meanwhile does not wait for what was meant for nobody.
        while began.elapsed() < app.decks.interval(waiting, took) && !app.health.is_stopping() {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn look(app: &App, memory: &mut Memory) -> Deck {
    let now = now_millis();
    let names = look::known_names(app);
    let mut services = look::look(app, &names, now);
    // All bars are filled anew for a service that is new here, though not at every look.
    if memory.has_strangers(&services) && now - memory.refilled > REFILL_INTERVAL_MS {
        memory.filled_to = None;
        memory.refilled = now;
    }
    // Bars begin with the first service: before, there would be nothing in them.
    if !services.is_empty()
        && let Some((first, last)) = memory.missing(now)
    {
        memory.fill(first, last, &back::look_back(app, &names, first, last));
    }
    let begin =
        |seen: &seen::Seen, condition: &conditions::Condition, now| trace::begin(app, seen, condition, now);
    let mut deck = judge::judge(&mut services, memory, now, &begin);
    trace::explain(app, &names, &services, &mut deck);
    deck
}

fn told(deck: Deck) -> Told {
    let json = serde_json::to_string(&deck).unwrap_or_else(|error| {
        tracing::error!(%error, "the deck could not be written as JSON");
        "null".to_owned()
    });
    Told { deck, json }
}

/// The verdict as one line.
pub fn verdict_line(deck: &Deck) -> String {
    let headlines = deck.headlines.join(", ");
    if headlines.is_empty() { deck.title.clone() } else { format!("{}: {headlines}", deck.title) }
}

/// The verdict as a tab begins with it: the state first, as tabs are narrow.
pub fn tab_title(deck: &Deck) -> String {
    let mark = match deck.state {
        Some(State::Critical) => "✖ ",
        Some(State::Warning) => "▲ ",
        Some(State::Silent) => "? ",
        Some(State::Ok) | None => "",
    };
    format!("{mark}{}", deck.title)
}
