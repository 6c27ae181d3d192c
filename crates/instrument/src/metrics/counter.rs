//! A number that only grows.

use std::sync::{Arc, OnceLock};

use super::bank::{Bank, Rows};
use super::cells::add;
use super::exemplar::{Exemplar, Slot, current_span};
use super::metric::{Encode, Kind, Metric, SeriesView};
use super::refused;

/// Counts. Cloning it gives another handle to the same number; adding takes no lock and shares no memory with other
/// threads.
#[derive(Clone)]
pub struct Counter {
    core: Arc<Core>,
}

struct Core {
    rows: Rows,
    exemplar: OnceLock<Box<Slot>>,
}

impl Counter {
    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        let (cells, writer) = self.core.rows.own();
        add(&cells[0], 1.0, writer);
        if let Some(span) = current_span() {
            self.core.slot().offer(span, 1.0);
        }
    }

    /// Adds `amount`. What is negative or no number is counted as refused and changes nothing.
    #[inline]
    pub fn add(&self, amount: f64) {
        if self.add_plain(amount)
            && let Some(span) = current_span()
        {
            self.core.slot().offer(span, amount);
        }
    }

    /// Adds `amount` and keeps it as the exemplar, with labels of the caller's choice.
    pub fn add_with_exemplar(&self, amount: f64, labels: &[(&str, &str)]) {
        if self.add_plain(amount) && !self.core.slot().put_labels(labels, amount) {
            refused();
        }
    }

    /// What it counted.
    pub fn get(&self) -> f64 {
        self.core.rows.sum()
    }

    #[inline]
    fn add_plain(&self, amount: f64) -> bool {
        let accepted = (0.0..f64::INFINITY).contains(&amount);
        if accepted {
            let (cells, writer) = self.core.rows.own();
            add(&cells[0], amount, writer);
        } else {
            refused();
        }
        accepted
    }
}

impl Core {
    fn slot(&self) -> &Slot {
        self.exemplar.get_or_init(Box::default)
    }

    fn exemplar(&self) -> Option<Exemplar> {
        self.exemplar.get().and_then(|slot| slot.get())
    }
}

impl Metric for Counter {
    type Settings = ();

    fn new(bank: &Arc<Bank>, (): &()) -> Counter {
        Counter { core: Arc::new(Core { rows: bank.allocate(1), exemplar: OnceLock::new() }) }
    }

    fn kind(_: &()) -> Kind {
        Kind::Counter
    }

    fn encode(&self, (): &(), series: &SeriesView<'_>, out: &mut dyn Encode) {
        let exemplar = self.core.exemplar();
        out.counter(series, self.get(), exemplar.as_ref());
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.core) > 1
    }

    fn activity(&self) -> u64 {
        self.get().to_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::super::exemplar::{SpanReference, set_current_span};
    use super::*;

    fn counter() -> Counter {
        Counter::new(&Bank::new(), &())
    }

    #[test]
    fn it_adds_over_threads() {
        let counter = counter();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| counter.inc()));
            }
        });
        counter.add(0.5);
        assert_eq!(counter.get(), 40_000.5);
    }

    #[test]
    fn what_would_poison_it_is_refused() {
        let counter = counter();
        [f64::NAN, -1.0, f64::INFINITY].into_iter().for_each(|amount| counter.add(amount));
        assert_eq!(counter.get(), 0.0);
    }

    #[test]
    fn the_current_span_becomes_an_exemplar() {
        let counter = counter();
        counter.inc();
        assert_eq!(counter.core.exemplar(), None);
        let before = set_current_span(Some(SpanReference { trace_id: 7, span_id: 9 }));
        counter.inc();
        set_current_span(before);
        assert_eq!(counter.core.exemplar().unwrap().value(), 1.0);
    }
}
