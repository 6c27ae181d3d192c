//! Forgetting who is gone: targets and points that neither the head nor any part has.
//!
//! Machines and the services on them come and go, and each brings labels that nobody else has. A store that runs for
//! months remembers those of whom it still has samples. Numbers are used again, but never in the chapter of the log
//! that may have told of their former owners.

use roaring::RoaringBitmap;

use crate::maintain::Maintenance;
use crate::registry::Registry;
use crate::store::Store;

/// Labels are looked for that may be forgotten, and forgotten, once they are one part of so many of all.
const GONE_PARTS: u64 = 8;
/// How many rows are forgotten before selections get a turn.
const ROWS_AT_ONCE: usize = 1_024;

/// Rows of both tables of a registry.
#[derive(Default)]
struct Rows {
    targets: RoaringBitmap,
    points: RoaringBitmap,
}

impl Store {
    /// Forgets what nobody has any more. Who holds a view that was replaced may know numbers from it, so nothing is
    /// forgotten meanwhile; parts of the view that counts keep theirs.
    pub(crate) fn reclaim(&self, maintenance: &mut Maintenance) {
        if !maintenance.may_reclaim() {
            return;
        }
        let mut gone = self.unused();
        let all = self.head.registry.read().len();
        if gone.len() * GONE_PARTS < all || gone.len() == 0 {
            return;
        }
        {
            // No append is under way while rows go: none holds a number that is not in the head yet.
            let _gate = self.gate.write();
            self.head.drop_empty_targets();
            let used = self.in_head();
            gone.targets -= used.targets;
            gone.points -= used.points;
            let mut registry = self.head.registry.write();
            registry.targets.hide(&gone.targets);
            registry.points.hide(&gone.points);
        }
        while self.head.registry.write().forget_hidden(ROWS_AT_ONCE) {}
    }

    /// What is in the registry and neither in the head nor in a part.
    fn unused(&self) -> Rows {
        let mut used = self.in_head();
        for part in &self.view.read().parts {
            used.targets.extend(part.targets());
            used.points.extend(part.points());
        }
        let registry = self.head.registry.read();
        Rows { targets: registry.targets.all() - used.targets, points: registry.points.all() - used.points }
    }

    /// What the head has series or exemplars of.
    fn in_head(&self) -> Rows {
        let mut rows = Rows::default();
        for list in self.head.directory.read().lists() {
            rows.points.extend(list.columns.points());
            rows.targets.extend(list.stripes().map(|stripe| stripe.target));
        }
        for (point, target, _) in self.exemplars.lock().iter() {
            rows.points.insert(point);
            rows.targets.insert(target);
        }
        rows
    }
}

impl Rows {
    fn len(&self) -> u64 {
        self.targets.len() + self.points.len()
    }
}

impl Registry {
    /// How many rows both tables have.
    fn len(&self) -> u64 {
        (self.targets.len() + self.points.len()) as u64
    }

    /// Forgets some of the rows that are hidden; returns whether any are left.
    fn forget_hidden(&mut self, rows_max: usize) -> bool {
        self.targets.forget_hidden(rows_max) | self.points.forget_hidden(rows_max)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use model::{Frame, Labels, Layout, Matcher};
    use storage::{Clock, Rng, SimFs, SimOptions};

    use super::*;
    use crate::options::Options;

    const HOUR_MS: i64 = 3_600_000;

    fn labels(pairs: &[(&str, String)]) -> Labels {
        Labels::from_pairs(pairs.iter().map(|(name, value)| (*name, value.clone())))
    }

    /// A service that is deployed anew every half an hour, with a new instance and a new version in each label set.
    fn deploy(number: i64) -> Arc<Layout> {
        let target = labels(&[("job", "api".to_owned()), ("instance", format!("pod-{number}"))]);
        let point = |n: i64| labels(&[("__name__", format!("m{n}")), ("version", number.to_string())]);
        Layout::new(target, (0..20).map(point).collect(), Vec::new())
    }

    fn open(disk: &SimFs, clock: &Clock) -> Store {
        let options = Options {
            retention_ms: 4 * HOUR_MS,
            merged_span_ms_max: 2 * HOUR_MS,
            // Half an hour of rows, as with scrapes that are closer to each other.
            page_samples: 6,
            ..Options::default()
        };
        Store::open_with(disk.fs(), clock.clone(), Rng::from_seed(1), Path::new("/data"), options).unwrap()
    }

    fn append(store: &Store, layout: &Arc<Layout>, time: i64) {
        let frame = Frame {
            layout: layout.clone(),
            time,
            values: vec![time as f64; layout.points.len()],
            absent: Vec::new(),
            histograms: Vec::new(),
            exemplars: Vec::new(),
            starts: Arc::new([]),
        };
        assert_eq!(store.append(&frame).unwrap().refused, 0);
    }

    /// What every series says, by its version: all its samples are of the half hour in which it was deployed.
    fn check(store: &Store, begin: i64) {
        let selection = store.select(&[], i64::MIN..=i64::MAX).unwrap();
        assert!(!selection.is_empty());
        for index in 0..selection.len() {
            let number: i64 = selection.labels(index).value("version").parse().unwrap();
            assert_eq!(selection.labels(index).value("instance"), format!("pod-{number}"));
            let samples = selection.read(index).unwrap();
            for (&time, &value) in samples.times.iter().zip(&samples.values) {
                assert_eq!(((time - begin) / (HOUR_MS / 2), value), (number, time as f64));
            }
        }
    }

    /// A row every five minutes, and then what maintenance makes of them.
    fn live_half_an_hour(store: &Store, clock: &Clock, layout: &Arc<Layout>, from: i64) {
        for minute in (0..30).step_by(5) {
            append(store, layout, from + minute * 60_000);
            clock.advance(Duration::from_secs(300));
        }
        store.sync().unwrap();
        store.maintain().unwrap();
        store.maintain().unwrap();
    }

    #[test]
    fn a_target_that_stays_keeps_no_points_that_went() {
        let disk = SimFs::new(SimOptions::default());
        let begin = 480_000 * HOUR_MS;
        let clock = Clock::fixed(begin);
        let mut store = open(&disk, &clock);
        let target = labels(&[("job", "api".to_owned()), ("instance", "stays".to_owned())]);
        let mut most = (0, 0);
        for number in 0..100 {
            // Half of the points stay, the others have a version.
            let point = |n: i64| {
                let version = if n % 2 == 0 { "any".to_owned() } else { number.to_string() };
                labels(&[("__name__", format!("m{n}")), ("version", version)])
            };
            let layout = Layout::new(target.clone(), (0..40).map(point).collect(), Vec::new());
            live_half_an_hour(&store, &clock, &layout, begin + number * HOUR_MS / 2);
            if number % 25 == 24 {
                drop(store);
                store = open(&disk, &clock);
            }
            let stats = store.stats();
            most = most.max((stats.series, stats.points));
            let query = [Matcher::equal("version", "any"), Matcher::equal("__name__", "m0")];
            let selection = store.select(&query, i64::MIN..=i64::MAX).unwrap();
            let samples = selection.read(0).unwrap();
            assert_eq!(samples.times.last(), samples.values.last().map(|&value| value as i64).as_ref());
            assert!(samples.times.windows(2).all(|pair| pair[1] - pair[0] == 300_000), "none is missing");
            let newest = [Matcher::equal("version", number.to_string().as_str())];
            assert_eq!(store.select(&newest, i64::MIN..=i64::MAX).unwrap().len(), 20);
        }
        // Twenty stay, twenty come each half an hour; some hours are in the head, some more are kept.
        assert!(most.0 <= 200 && most.1 <= 20 + 20 * 24, "{most:?}");
    }

    #[test]
    fn weeks_of_deploys_leave_no_labels_behind() {
        let disk = SimFs::new(SimOptions::default());
        let begin = 480_000 * HOUR_MS;
        let clock = Clock::fixed(begin);
        let mut store = open(&disk, &clock);
        let mut most = (0, 0, 0);
        for number in 0..300 {
            let layout = deploy(number);
            live_half_an_hour(&store, &clock, &layout, begin + number * HOUR_MS / 2);
            if number % 50 == 49 {
                check(&store, begin);
                drop(store);
                store = open(&disk, &clock);
                check(&store, begin);
            }
            let stats = store.stats();
            most = most.max((stats.targets, stats.points, store.index_bytes()));
            let old = store.select(&[Matcher::equal("version", "0")], i64::MIN..=i64::MAX).unwrap();
            assert!(if number < 8 { !old.is_empty() } else { number < 20 || old.is_empty() }, "{number}");
        }
        // Four hours are kept, two more until a merged part is gone as a whole, and an eighth is not worth the work.
        assert!(most.0 <= 24 && most.1 <= 24 * 20, "{most:?}");
        assert!(most.2 < 200_000, "{most:?}");
        let values = store.label_values("version", &[], i64::MIN..=i64::MAX).unwrap();
        assert!(values.len() <= 24, "{values:?}");
    }
}
