//! The log lines of a service, in one call.

use tracing::Level;
use tracing_subscriber::prelude::*;

use super::Flightdeck;
use crate::Error;
use crate::logs::{JsonLayer, LogOptions};

/// Says what is not as usual before lines are written: to stdout, at the level that `LOG_LEVEL` names, else INFO.
#[must_use = "no line is written before `init`"]
pub struct Logs {
    deck: Flightdeck,
    options: LogOptions,
}

impl Logs {
    pub(super) fn new(deck: &Flightdeck) -> Logs {
        let level =
            std::env::var("LOG_LEVEL").ok().and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
        let (secrets, paths) = (deck.inner.secrets.clone(), deck.inner.paths);
        let options = LogOptions { level, secrets, paths, ..LogOptions::default() };
        Logs { deck: deck.clone(), options }
    }

    /// The least severe level that is written.
    pub fn level(mut self, level: Level) -> Logs {
        self.options.level = level;
        self
    }

    /// Lines a second from one place in the program; the others are counted.
    pub fn lines_per_second_max(mut self, lines: u32) -> Logs {
        self.options.lines_per_second_max = lines;
        self
    }

    /// Writes from now on whatever `tracing` is told, and exports lines and spans where the service exports. An error
    /// where the program writes its lines otherwise already.
    pub fn init(self) -> Result<(), Error> {
        let subscriber = self.subscriber(std::io::stdout)?;
        tracing::subscriber::set_global_default(subscriber)
            .map_err(|error| Error::Delivery { reason: format!("cannot write log lines: {error}") })
    }

    /// The subscriber, for programs that have layers of their own to add, or another place to write to.
    pub fn subscriber<W>(self, writer: W) -> Result<impl tracing::Subscriber + Send + Sync, Error>
    where
        W: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
    {
        let inner = &self.deck.inner;
        let lines = JsonLayer::register(&inner.registry, &inner.service, self.options, writer)?;
        #[cfg(feature = "otlp")]
        {
            let spans = inner.exporter.as_ref().map(|exporter| {
                crate::otlp::SpanLayer::new(exporter)
                    .redacting(&inner.secrets)
                    .paths(inner.paths)
                    .sample_ratio(inner.sample_ratio)
            });
            let lines = match &inner.exporter {
                Some(exporter) => lines.exported_by(exporter),
                None => lines,
            };
            // Lines come last, so that they are written within the span that they belong to.
            Ok(tracing_subscriber::registry().with(spans).with(lines))
        }
        #[cfg(not(feature = "otlp"))]
        Ok(tracing_subscriber::registry().with(lines))
    }
}
