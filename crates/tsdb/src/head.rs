//! The head: every target's stripes, and the short way from a layout to them.
//!
//! A layout is resolved once: its target and points are looked up, columns are found or made. From then on a frame of
//! that layout goes straight to its stripes, with no hashing and no look-up per sample.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use model::{Labels, Layout};
use parking_lot::{Mutex, RwLock};

use crate::columns::ColumnLists;
use crate::directory::Directory;
use crate::options::Options;
use crate::refusal::RefusalReason;
use crate::registry::{PointId, Registry, TargetId};
use crate::stripe::{COLUMNS_MAX, Stripe};

/// Everything that is not in parts yet.
pub(crate) struct Head {
    pub(crate) registry: RwLock<Registry>,
    targets: RwLock<Vec<Option<Arc<TargetHead>>>>,
    lists: Mutex<ColumnLists>,
    /// What selections look through.
    pub(crate) directory: RwLock<Directory>,
    layouts: RwLock<HashMap<u64, CachedLayout>>,
    stripe_count: AtomicU32,
    series: AtomicU64,
    /// Set near the memory ceiling: no new series until it is cleared.
    pub(crate) is_near_memory_limit: AtomicBool,
    series_max: u64,
    label_set_bytes_max: usize,
}

/// The stripes of one target.
#[derive(Default)]
struct TargetHead {
    stripes: Mutex<TargetStripes>,
}

#[derive(Default)]
struct TargetStripes {
    stripes: Vec<Arc<Stripe>>,
    /// Where each point is, once there are many stripes to look through.
    places: Option<HashMap<PointId, (u32, u16)>>,
}

struct CachedLayout {
    layout: Weak<Layout>,
    resolved: Arc<Resolved>,
}

/// Where the columns of a layout are in the head.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) runs: Vec<Run>,
    /// Columns that were refused, ascending, and why.
    pub(crate) refused: Vec<(u32, RefusalReason)>,
    /// How many series did not exist before.
    pub(crate) created: u64,
    /// Whether `created` was reported.
    is_reported: AtomicBool,
    /// Whether the layout's metadata was taken.
    pub(crate) is_described: AtomicBool,
}

/// The columns of a layout that are in one stripe.
pub(crate) struct Run {
    pub(crate) stripe: Arc<Stripe>,
    /// The layout's column and the stripe's, ascending by the layout's.
    pub(crate) columns: Vec<(u32, u16)>,
}

/// Above this many stripes a target keeps a map of its points.
const STRIPES_SEARCHED_MAX: usize = 4;

impl Head {
    pub(crate) fn new(options: &Options) -> Head {
        Head {
            registry: RwLock::default(),
            targets: RwLock::default(),
            lists: Mutex::default(),
            directory: RwLock::default(),
            layouts: RwLock::default(),
            stripe_count: AtomicU32::new(0),
            series: AtomicU64::new(0),
            is_near_memory_limit: AtomicBool::new(false),
            series_max: options.series_max,
            label_set_bytes_max: options.label_set_bytes_max,
        }
    }

    /// How many series the head has.
    pub(crate) fn series(&self) -> u64 {
        self.series.load(Ordering::Relaxed)
    }

    /// Where the columns of a layout are. Remembered as long as the layout lives.
    pub(crate) fn resolve(&self, layout: &Arc<Layout>) -> Arc<Resolved> {
        if let Some(cached) = self.layouts.read().get(&layout.id()) {
            // Columns that were refused for lack of room are tried again once there may be some.
            if !cached.resolved.lacked_room() || self.room().is_err() {
                return cached.resolved.clone();
            }
        }
        let resolved = self.place(&layout.target, layout.points.iter());
        let steady = Arc::new(resolved);
        let cached = CachedLayout { layout: Arc::downgrade(layout), resolved: steady.clone() };
        self.layouts.write().insert(layout.id(), cached);
        steady
    }

    /// Finds or makes the columns of points of a target.
    pub(crate) fn place<'a>(
        &self,
        target: &Labels,
        points: impl ExactSizeIterator<Item = &'a Labels>,
    ) -> Resolved {
        self.place_within(target, points, self.room(), self.label_set_bytes_max)
    }

    /// As `place`, for what was taken once: limits are for what is new.
    pub(crate) fn place_again<'a>(
        &self,
        target: &Labels,
        points: impl ExactSizeIterator<Item = &'a Labels>,
    ) -> Resolved {
        self.place_within(target, points, Ok(()), usize::MAX)
    }

    fn place_within<'a>(
        &self,
        target: &Labels,
        points: impl ExactSizeIterator<Item = &'a Labels>,
        room: Result<(), RefusalReason>,
        label_set_bytes_max: usize,
    ) -> Resolved {
        let mut resolved = Resolved::default();
        let mut wanted: Vec<(u32, PointId)> = Vec::with_capacity(points.len());
        let mut unknown: Vec<(u32, &Labels)> = Vec::new();
        let mut target_id = {
            let registry = self.registry.read();
            for (column, point) in points.enumerate() {
                match registry.points.find(point) {
                    Some(id) => wanted.push((column as u32, id)),
                    None => unknown.push((column as u32, point)),
                }
            }
            registry.targets.find(target)
        };
        if room.is_ok() && (target_id.is_none() || !unknown.is_empty()) {
            let mut registry = self.registry.write();
            target_id = Some(registry.targets.intern(target));
            for (column, point) in unknown.drain(..) {
                if is_well_labelled(target, point, label_set_bytes_max) {
                    wanted.push((column, registry.points.intern(point)));
                } else {
                    resolved.refused.push((column, RefusalReason::BadLabels));
                }
            }
            wanted.sort_unstable();
        }
        if let Err(reason) = room {
            resolved.refused.extend(unknown.iter().map(|(column, _)| (*column, reason)));
        }
        match target_id {
            Some(target_id) => self.place_columns(target_id, &wanted, room, &mut resolved),
            None => {
                let reason = room.err().unwrap_or(RefusalReason::SeriesLimit);
                resolved.refused.extend(wanted.iter().map(|(column, _)| (*column, reason)));
            }
        }
        resolved.refused.sort_unstable_by_key(|(column, _)| *column);
        resolved
    }

    /// How many series a layout brought, told once.
    pub(crate) fn take_created(&self, resolved: &Resolved) -> u64 {
        let is_news = resolved.created > 0 && !resolved.is_reported.swap(true, Ordering::Relaxed);
        if is_news { resolved.created } else { 0 }
    }

    /// Every stripe.
    pub(crate) fn stripes(&self) -> Vec<Arc<Stripe>> {
        let targets = self.targets.read();
        targets.iter().flatten().flat_map(|head| head.stripes.lock().stripes.clone()).collect()
    }

    /// Forgets layouts that nobody holds any more; returns about how much memory the shared lists take.
    pub(crate) fn sweep(&self) -> usize {
        self.layouts.write().retain(|_, cached| cached.layout.strong_count() > 0);
        self.lists.lock().sweep()
    }

    /// Forgets stripes that have no samples left, and whatever was resolved to them.
    pub(crate) fn drop_stripes(&self, is_gone: impl Fn(&Stripe) -> bool) {
        let mut dropped = 0;
        for head in self.targets.read().iter().flatten() {
            let mut target = head.stripes.lock();
            let before = target.stripes.len();
            target.stripes.retain(|stripe| {
                let gone = is_gone(stripe);
                if gone {
                    let columns = stripe.columns();
                    dropped += columns.len() as u64;
                    self.directory.write().gone(stripe, &columns);
                }
                !gone
            });
            if target.stripes.len() != before {
                target.index();
            }
        }
        if dropped > 0 {
            self.series.fetch_sub(dropped, Ordering::Relaxed);
            self.layouts.write().clear();
        }
    }

    /// Puts a stripe without the columns that nobody fills any more in the place of one. No append may be under way; who
    /// reads the old one finds there what it had.
    pub(crate) fn narrow(&self, stripe: &Arc<Stripe>) {
        let Some(kept) = stripe.kept_if_narrower() else { return };
        let head = self.target_head(stripe.target);
        let mut target = head.stripes.lock();
        let place = target.stripes.iter().position(|other| Arc::ptr_eq(other, stripe));
        let Some(place) = place else { return };
        let before = stripe.columns();
        let points: Vec<PointId> = kept.iter().map(|&column| before.points()[column as usize]).collect();
        let (empty, columns) = {
            let mut lists = self.lists.lock();
            let empty = lists.empty();
            let columns = lists.extended(&empty, &points);
            (empty, columns)
        };
        let number = self.stripe_count.fetch_add(1, Ordering::Relaxed);
        let narrow = Arc::new(stripe.narrowed(number, columns.clone(), &kept));
        {
            let mut directory = self.directory.write();
            directory.gone(stripe, &before);
            directory.moved(&narrow, &empty, columns);
        }
        target.stripes[place] = narrow;
        target.index();
        self.series.fetch_sub((before.len() - kept.len()) as u64, Ordering::Relaxed);
        self.layouts.write().clear();
    }

    /// Forgets targets without stripes. No append may be under way.
    pub(crate) fn drop_empty_targets(&self) {
        for slot in self.targets.write().iter_mut() {
            if slot.as_ref().is_some_and(|head| head.stripes.lock().stripes.is_empty()) {
                *slot = None;
            }
        }
    }

    fn room(&self) -> Result<(), RefusalReason> {
        if self.is_near_memory_limit.load(Ordering::Relaxed) {
            return Err(RefusalReason::MemoryLimit);
        }
        let is_full = self.series_max > 0 && self.series() >= self.series_max;
        if is_full { Err(RefusalReason::SeriesLimit) } else { Ok(()) }
    }

    fn target_head(&self, target: TargetId) -> Arc<TargetHead> {
        if let Some(Some(head)) = self.targets.read().get(target as usize) {
            return head.clone();
        }
        let mut targets = self.targets.write();
        if targets.len() <= target as usize {
            targets.resize_with(target as usize + 1, || None);
        }
        targets[target as usize].get_or_insert_default().clone()
    }

    fn place_columns(
        &self,
        target_id: TargetId,
        wanted: &[(u32, PointId)],
        room: Result<(), RefusalReason>,
        resolved: &mut Resolved,
    ) {
        let head = self.target_head(target_id);
        let mut target = head.stripes.lock();
        let mut found: Vec<(u32, u32, u16)> = Vec::with_capacity(wanted.len());
        let mut missing: Vec<(u32, PointId)> = Vec::new();
        let lists: Vec<_> = match target.places {
            Some(_) => Vec::new(),
            None => target.stripes.iter().map(|stripe| stripe.columns()).collect(),
        };
        let repeated = repeated(wanted);
        for &(column, point) in wanted {
            if repeated.binary_search(&column).is_ok() {
                resolved.refused.push((column, RefusalReason::DuplicateTimestamp));
                continue;
            }
            let place = match &target.places {
                Some(places) => places.get(&point).copied(),
                None => {
                    lists.iter().enumerate().find_map(|(index, list)| Some((index as u32, list.find(point)?)))
                }
            };
            match place {
                Some((stripe, at)) => found.push((column, stripe, at)),
                None => missing.push((column, point)),
            }
        }
        match room {
            Ok(()) => {
                resolved.created = missing.len() as u64;
                self.series.fetch_add(missing.len() as u64, Ordering::Relaxed);
                self.add_columns(target_id, &mut target, &missing, &mut found);
            }
            Err(reason) => resolved.refused.extend(missing.iter().map(|(column, _)| (*column, reason))),
        }
        // By stripe, and within one in the layout's order.
        found.sort_unstable_by_key(|&(column, stripe, _)| (stripe, column));
        for of_stripe in found.chunk_by(|left, right| left.1 == right.1) {
            let stripe = target.stripes[of_stripe[0].1 as usize].clone();
            let columns = of_stripe.iter().map(|&(column, _, at)| (column, at)).collect();
            resolved.runs.push(Run { stripe, columns });
        }
    }

    fn add_columns(
        &self,
        target_id: TargetId,
        target: &mut TargetStripes,
        missing: &[(u32, PointId)],
        found: &mut Vec<(u32, u32, u16)>,
    ) {
        let mut rest = missing;
        while !rest.is_empty() {
            let room = target.stripes.last().map_or(0, |stripe| COLUMNS_MAX - stripe.columns().len());
            if room == 0 {
                let empty = self.lists.lock().empty();
                let number = self.stripe_count.fetch_add(1, Ordering::Relaxed);
                target.stripes.push(Arc::new(Stripe::new(number, target_id, empty)));
                continue;
            }
            let (now, later) = rest.split_at(room.min(rest.len()));
            let index = target.stripes.len() - 1;
            let stripe = &target.stripes[index];
            let base = stripe.columns();
            let points: Vec<PointId> = now.iter().map(|&(_, point)| point).collect();
            let columns = self.lists.lock().extended(&base, &points);
            stripe.widen(columns.clone());
            self.directory.write().moved(stripe, &base, columns);
            for (offset, &(column, point)) in now.iter().enumerate() {
                let at = (base.len() + offset) as u16;
                found.push((column, index as u32, at));
                if let Some(places) = &mut target.places {
                    places.insert(point, (index as u32, at));
                }
            }
            rest = later;
        }
        if target.places.is_none() && target.stripes.len() > STRIPES_SEARCHED_MAX {
            target.index();
        }
    }
}

/// The columns, ascending, that tell of a point that a column before them tells of. No layout has any; a log may say
/// what it likes.
fn repeated(wanted: &[(u32, PointId)]) -> Vec<u32> {
    let mut by_point: Vec<(PointId, u32)> = wanted.iter().map(|&(column, point)| (point, column)).collect();
    by_point.sort_unstable();
    let again = by_point.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let mut columns: Vec<u32> = again.map(|pair| pair[1].1).collect();
    columns.sort_unstable();
    columns
}

fn is_well_labelled(target: &Labels, point: &Labels, label_set_bytes_max: usize) -> bool {
    let named = !point.metric_name().is_empty() || !target.metric_name().is_empty();
    named
        && target.packed().len() + point.packed().len() <= label_set_bytes_max
        && point.iter().all(|(name, _)| !name.is_empty())
}

impl Resolved {
    /// Whether columns were refused that may be taken later.
    fn lacked_room(&self) -> bool {
        use RefusalReason::{MemoryLimit, SeriesLimit};
        self.refused.iter().any(|(_, reason)| matches!(reason, MemoryLimit | SeriesLimit))
    }

    /// Whether all `count` columns are in one stripe and each has its own number there.
    pub(crate) fn is_identity(&self, count: usize) -> bool {
        let [run] = &self.runs[..] else { return false };
        run.columns.len() == count
            && run.columns.iter().zip(0..).all(|(columns, at)| *columns == (at.into(), at))
    }

    /// Why a column was refused, if it was.
    pub(crate) fn refusal(&self, column: u32) -> Option<RefusalReason> {
        let at = self.refused.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        Some(self.refused[at].1)
    }

    /// The stripe of a column, and where the column is in it.
    pub(crate) fn find(&self, column: u32) -> Option<(&Arc<Stripe>, u16)> {
        self.runs.iter().find_map(|run| {
            let at = run.columns.binary_search_by_key(&column, |(column, _)| *column).ok()?;
            Some((&run.stripe, run.columns[at].1))
        })
    }
}

impl TargetStripes {
    /// Makes the map of points anew, if there are enough stripes for one.
    fn index(&mut self) {
        self.places = (self.stripes.len() > STRIPES_SEARCHED_MAX).then(|| {
            let mut places = HashMap::new();
            for (index, stripe) in self.stripes.iter().enumerate() {
                for (column, &point) in stripe.columns().points().iter().enumerate() {
                    places.insert(point, (index as u32, column as u16));
                }
            }
            places
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(number: usize) -> Labels {
        Labels::from_pairs([("__name__", "m".to_owned()), ("n", number.to_string())])
    }

    #[test]
    fn a_wide_target_has_several_stripes_and_finds_its_columns_again() {
        let head = Head::new(&Options::default());
        let target = Labels::from_pairs([("job", "a")]);
        let points: Vec<Labels> = (0..6_000).map(point).collect();
        let first = head.place(&target, points.iter());
        assert_eq!((first.created, first.runs.len()), (6_000, 6));
        let again = head.place(&target, points[5_990..].iter());
        assert_eq!((again.created, again.runs.len()), (0, 1));
        assert_eq!(again.runs[0].columns[0], (0, (5_990 - 5 * 1_024) as u16));
        assert_eq!(head.series(), 6_000);
    }

    #[test]
    fn replicas_share_their_list() {
        let head = Head::new(&Options::default());
        let points: Vec<Labels> = (0..10).map(point).collect();
        let layouts =
            ["a", "b"].map(|job| Layout::new(Labels::from_pairs([("job", job)]), points.clone(), Vec::new()));
        let lists = layouts.each_ref().map(|layout| head.resolve(layout).runs[0].stripe.columns());
        assert!(Arc::ptr_eq(&lists[0], &lists[1]));
        drop(layouts);
        head.sweep();
        assert!(head.layouts.read().is_empty());
    }

    #[test]
    fn a_point_told_twice_has_one_column() {
        let head = Head::new(&Options::default());
        let (target, points) = (Labels::from_pairs([("job", "a")]), [point(0), point(1), point(0)]);
        for created in [2, 0] {
            let resolved = head.place(&target, points.iter());
            assert_eq!(resolved.created, created);
            assert_eq!(resolved.runs[0].columns, [(0, 0), (1, 1)]);
            assert_eq!(resolved.refused, [(2, RefusalReason::DuplicateTimestamp)]);
        }
    }

    #[test]
    fn a_full_store_refuses_new_series_and_keeps_the_others() {
        let head = Head::new(&Options { series_max: 2, ..Options::default() });
        let target = Labels::from_pairs([("job", "a")]);
        let points: Vec<Labels> = (0..3).map(point).collect();
        assert_eq!(head.place(&target, points[..2].iter()).created, 2);
        let resolved = head.place(&target, points.iter());
        assert_eq!(resolved.refused, [(2, RefusalReason::SeriesLimit)]);
        assert_eq!(resolved.runs[0].columns, [(0, 0), (1, 1)]);
    }
}
