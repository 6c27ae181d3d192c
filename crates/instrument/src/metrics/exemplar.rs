//! Exemplars: one observation, with the trace it belongs to, beside the number it went into.
//!
//! A slot keeps the last one. Writing never waits: when another thread is at the slot, the exemplar is dropped, which
//! is as good, for that thread is leaving a fresh one.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};
use std::time::SystemTime;

use super::time::unix_ms;

/// How long an automatic exemplar stays before the next may take its place.
const KEPT_MS: u64 = 1_000;

/// OpenMetrics allows this many characters in the names and values of an exemplar's labels together.
pub const EXEMPLAR_CHARACTERS_MAX: usize = 128;

/// A trace and the span within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanReference {
    /// The 16 bytes of the trace.
    pub trace_id: u128,
    /// The 8 bytes of the span.
    pub span_id: u64,
}

thread_local! {
    static CURRENT: Cell<Option<SpanReference>> = const { Cell::new(None) };
}

/// The sampled span the calling thread is in, if it has been told.
#[inline]
pub fn current_span() -> Option<SpanReference> {
    CURRENT.get()
}

/// Tells the metrics which sampled span the calling thread is in, and returns what it was told before. Whoever traces
/// requests calls this around each piece of work; counters and histograms then keep exemplars by themselves.
pub fn set_current_span(span: Option<SpanReference>) -> Option<SpanReference> {
    CURRENT.replace(span)
}

/// An observation to remember.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    pub(crate) labels: ExemplarLabels,
    pub(crate) value: f64,
    pub(crate) time: SystemTime,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExemplarLabels {
    Span(SpanReference),
    Custom(Vec<(String, String)>),
}

impl Exemplar {
    /// The labels, trace and span as `trace_id` and `span_id` in hexadecimal.
    pub fn labels(&self) -> Vec<(String, String)> {
        match &self.labels {
            ExemplarLabels::Span(span) => vec![
                ("span_id".to_owned(), format!("{:016x}", span.span_id)),
                ("trace_id".to_owned(), format!("{:032x}", span.trace_id)),
            ],
            ExemplarLabels::Custom(labels) => labels.clone(),
        }
    }

    /// The span, unless it has labels of another kind.
    #[cfg(feature = "otlp")]
    pub(crate) fn span(&self) -> Option<SpanReference> {
        match self.labels {
            ExemplarLabels::Span(span) => Some(span),
            ExemplarLabels::Custom(_) => None,
        }
    }

    /// What was observed.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// When.
    pub fn time(&self) -> SystemTime {
        self.time
    }
}

/// Room for one exemplar.
#[derive(Default)]
pub(crate) struct Slot {
    kept: Mutex<Option<Exemplar>>,
    /// When the kept one was taken, to see without the lock whether it is old enough.
    taken_ms: AtomicU64,
}

impl Slot {
    /// Keeps the current span with `value`, unless what is there is fresh.
    #[cold]
    pub(crate) fn offer(&self, span: SpanReference, value: f64) {
        let time = SystemTime::now();
        let now_ms = unix_ms(time);
        if now_ms.saturating_sub(self.taken_ms.load(Ordering::Relaxed)) >= KEPT_MS {
            self.put(Exemplar { labels: ExemplarLabels::Span(span), value, time });
        }
    }

    /// Keeps what the caller chose. Labels beyond what OpenMetrics allows drop the exemplar, never the observation.
    pub(crate) fn put_labels(&self, labels: &[(&str, &str)], value: f64) -> bool {
        let characters: usize =
            labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
        let names_fit = labels.iter().enumerate().all(|(at, (name, _))| {
            super::naming::is_legacy_label(name) && labels[..at].iter().all(|(earlier, _)| earlier != name)
        });
        if characters > EXEMPLAR_CHARACTERS_MAX || !names_fit {
            return false;
        }
        let mut labels: Vec<_> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        labels.sort();
        self.put(Exemplar { labels: ExemplarLabels::Custom(labels), value, time: SystemTime::now() });
        true
    }

    pub(crate) fn get(&self) -> Option<Exemplar> {
        crate::lock(&self.kept).clone()
    }

    fn put(&self, exemplar: Exemplar) {
        let mut kept = match self.kept.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        self.taken_ms.store(unix_ms(exemplar.time), Ordering::Relaxed);
        *kept = Some(exemplar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_automatic_exemplar_is_kept() {
        let slot = Slot::default();
        slot.offer(SpanReference { trace_id: 1, span_id: 2 }, 0.5);
        slot.offer(SpanReference { trace_id: 3, span_id: 4 }, 0.7);
        let kept = slot.get().unwrap();
        assert_eq!(kept.value, 0.5);
        assert_eq!(kept.labels()[1].1, "00000000000000000000000000000001");
    }

    #[test]
    fn exemplars_that_no_format_could_carry_are_refused() {
        let check = |labels: &[(&str, &str)], want| {
            assert_eq!(Slot::default().put_labels(labels, 1.0), want, "{labels:?}");
        };
        check(&[("order", "17")], true);
        check(&[("order", "x".repeat(123).as_str())], true);
        check(&[("order", "x".repeat(124).as_str())], false);
        check(&[("no-dash", "17")], false);
        check(&[("a", "1"), ("a", "2")], false);
    }
}
