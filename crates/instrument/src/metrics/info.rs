//! What does not count: `Info`, labels that say what is running, and `StateSet`, which of several states holds.

use std::sync::{Arc, Mutex};

use super::bank::{Bank, Rows};
use super::metric::{Encode, Kind, Metric, SeriesView};
use super::sync::Ordering;
use super::{naming, refused};
use crate::lock;

/// Labels that describe something, such as a version: a series that is always 1.
#[derive(Clone)]
pub struct Info {
    core: Arc<InfoCore>,
}

#[derive(Default)]
struct InfoCore {
    labels: Mutex<Vec<(String, String)>>,
}

impl Info {
    /// Replaces the labels. Names that cannot be labels are left out and counted as refused.
    pub fn set(&self, labels: &[(&str, &str)]) {
        let mut kept: Vec<(String, String)> = Vec::with_capacity(labels.len());
        for (name, value) in labels {
            if naming::is_label(name) && kept.iter().all(|(other, _)| other != name) {
                kept.push(((*name).to_owned(), (*value).to_owned()));
            } else {
                refused();
            }
        }
        *lock(&self.core.labels) = kept;
    }
}

impl Metric for Info {
    type Settings = ();

    fn new(_: &Arc<Bank>, (): &()) -> Info {
        Info { core: Arc::default() }
    }

    fn kind(_: &()) -> Kind {
        Kind::Info
    }

    fn encode(&self, (): &(), series: &SeriesView<'_>, out: &mut dyn Encode) {
        let mut labels = lock(&self.core.labels).clone();
        // A label of the series wins over one of the same name: a sample has each name once.
        labels.retain(|(name, _)| series.labels().all(|(other, _)| other != name));
        out.info(series, &labels);
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.core) > 1
    }

    /// Information does not go stale.
    fn activity(&self) -> u64 {
        super::time::now_ms()
    }
}

/// One state out of several: a series for each, 1 for the one that holds.
#[derive(Clone)]
pub struct StateSet {
    core: Arc<StateCore>,
}

struct StateCore {
    states: Arc<[String]>,
    /// The number of the state that holds.
    rows: Rows,
}

impl StateSet {
    /// Makes `state` the one that holds. One that is not among those it was made with is counted as refused.
    pub fn set(&self, state: &str) {
        match self.core.states.iter().position(|other| other == state) {
            Some(number) => self.core.rows.shared()[0].store(number as u64, Ordering::Relaxed),
            None => refused(),
        }
    }

    /// The state that holds; the first one until it is told.
    pub fn get(&self) -> &str {
        &self.core.states[self.core.rows.shared()[0].load(Ordering::Relaxed) as usize]
    }
}

impl Metric for StateSet {
    type Settings = Arc<[String]>;

    fn new(bank: &Arc<Bank>, states: &Arc<[String]>) -> StateSet {
        StateSet { core: Arc::new(StateCore { states: states.clone(), rows: bank.allocate(1) }) }
    }

    fn kind(_: &Arc<[String]>) -> Kind {
        Kind::StateSet
    }

    fn encode(&self, _: &Arc<[String]>, series: &SeriesView<'_>, out: &mut dyn Encode) {
        let holds = self.get();
        let states: Vec<_> = self.core.states.iter().map(|state| (state.as_str(), state == holds)).collect();
        out.states(series, &states);
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.core) > 1
    }

    fn activity(&self) -> u64 {
        self.core.rows.shared()[0].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_set_holds_one_state_of_those_it_knows() {
        let set = StateSet::new(&Bank::new(), &Arc::from(["open".to_owned(), "closed".to_owned()]));
        assert_eq!(set.get(), "open");
        set.set("closed");
        set.set("ajar");
        assert_eq!(set.get(), "closed");
    }

    #[test]
    fn information_has_each_label_once() {
        let info = Info::new(&Bank::new(), &());
        info.set(&[("version", "1"), ("version", "2"), ("", "3")]);
        assert_eq!(*lock(&info.core.labels), [("version".to_owned(), "1".to_owned())]);
    }
}
