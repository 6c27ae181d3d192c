//! Sealing: what of the head is older than a moment becomes a part, and from then on the part is what counts.
//!
//! The floor rises first, so that nothing older comes any more. The samples stay in the head until the manifest names
//! the part and no reader looks at them there.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use model::{Labels, Timestamp};
use storage::{Fs, PartEntry};

use crate::columns::Columns;
use crate::error::Result;
use crate::maintain::Maintenance;
use crate::part_writer::MetricsPartWriter;
use crate::registry::{PointId, TargetId};
use crate::select::read_head;
use crate::store::{Disk, Store};
use crate::stripe::Stripe;
use crate::tombstone::covers;
use crate::view::View;

/// A series of the head on its way into a part; sorts as parts do.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct HeadSeries {
    point: u32,
    target: u32,
    stripe: u32,
    column: u16,
}

/// Label sets in their order, and the place of each in it.
pub(crate) struct Ranked {
    pub(crate) labels: Vec<Labels>,
    pub(crate) ranks: HashMap<u32, u32>,
}

impl Ranked {
    /// Sorts rows of a table by their labels.
    pub(crate) fn new<'a>(
        rows: impl IntoIterator<Item = u32>,
        labels_of: impl Fn(u32) -> &'a Labels,
    ) -> Ranked {
        let mut rows: Vec<u32> = rows.into_iter().collect();
        rows.sort_by(|&left, &right| labels_of(left).cmp(labels_of(right)));
        rows.dedup();
        let labels = rows.iter().map(|&row| labels_of(row).clone()).collect();
        Ranked { labels, ranks: rows.into_iter().zip(0..).collect() }
    }
}

impl Store {
    /// Writes the head's samples before `until` into a part and makes it count.
    pub(crate) fn seal(&self, disk: &Disk, maintenance: &mut Maintenance, until: Timestamp) -> Result<()> {
        if until <= self.view.read().note.sealed_until {
            return Ok(());
        }
        {
            // No append is under way while the floor rises: none that passed the old floor comes late.
            let _gate = self.gate.write();
            self.floor.fetch_max(until, Ordering::AcqRel);
        }
        let view = self.view.read().clone();
        let number = maintenance.number(&view.note);
        let from = view.note.sealed_until;
        let dir = disk.dir.join(crate::store::PARTS_DIR);
        let entry = self.write_head(&disk.fs, &dir, number, (from, until.saturating_sub(1)), &view)?;
        let mut note = view.note.clone();
        note.sealed_until = until;
        note.next_part = number + 1;
        let checkpoint = disk.journal.cut_for(until);
        self.publish(disk, entry, &[], Some(checkpoint), note, Some(until))?;
        disk.journal.cut(checkpoint)
    }

    /// Writes the head's samples of a range, both ends included, into a part; `None` when there are none.
    pub(crate) fn write_head(
        &self,
        fs: &Fs,
        dir: &Path,
        number: u64,
        (from, to): (Timestamp, Timestamp),
        view: &View,
    ) -> Result<Option<PartEntry>> {
        let stripes = self.head.stripes();
        let (targets, points, series) = self.rank_head(&stripes);
        let mut writer = MetricsPartWriter::create(
            fs,
            dir,
            number,
            targets.labels.clone(),
            points.labels.clone(),
            vec![Timestamp::MIN],
        )?;
        for one in series {
            let mut gathered = read_head(&stripes[one.stripe as usize], one.column, from, to);
            if !view.note.tombstones.is_empty() {
                let labels = targets.labels[one.target as usize].union(&points.labels[one.point as usize]);
                let deleted = view.note.deleted(&labels, None);
                gathered.retain(|time| !covers(&deleted, time));
            }
            writer.push(one.point, one.target, gathered)?;
        }
        for (point, target, exemplar) in self.exemplars.lock().iter() {
            let is_inside = exemplar.time.is_some_and(|time| (from..=to).contains(&time));
            let ranks = (is_inside, points.ranks.get(&point), targets.ranks.get(&target));
            let (true, Some(&point), Some(&target)) = ranks else { continue };
            let labels = targets.labels[target as usize].union(&points.labels[point as usize]);
            let deleted = view.note.deleted(&labels, None);
            if !exemplar.time.is_some_and(|time| covers(&deleted, time)) {
                writer.push_exemplar(point, target, exemplar.clone());
            }
        }
        if writer.is_empty() {
            return Ok(None);
        }
        self.metadata().iter().for_each(|(family, metadata)| writer.push_metadata(family, metadata));
        writer.finish().map(Some)
    }

    /// The head's series in the order of a part.
    fn rank_head(&self, stripes: &[Arc<Stripe>]) -> (Ranked, Ranked, Vec<HeadSeries>) {
        let lists: Vec<Arc<Columns>> = stripes.iter().map(|stripe| stripe.columns()).collect();
        let mut seen: BTreeSet<*const Columns> = BTreeSet::new();
        let distinct = lists.iter().filter(|list| seen.insert(Arc::as_ptr(list)));
        let mut point_ids: BTreeSet<PointId> =
            distinct.flat_map(|list| list.points().iter().copied()).collect();
        let mut target_ids: BTreeSet<TargetId> = stripes.iter().map(|stripe| stripe.target).collect();
        for (point, target, _) in self.exemplars.lock().iter() {
            point_ids.insert(point);
            target_ids.insert(target);
        }
        let registry = self.head.registry.read();
        let points = Ranked::new(point_ids, |point| registry.points.labels(point));
        let targets = Ranked::new(target_ids, |target| registry.targets.labels(target));
        drop(registry);
        let mut series = Vec::with_capacity(lists.iter().map(|list| list.len()).sum());
        for (number, (stripe, list)) in stripes.iter().zip(&lists).enumerate() {
            let target = targets.ranks[&stripe.target];
            for (column, point) in list.points().iter().enumerate() {
                let point = points.ranks[point];
                series.push(HeadSeries { point, target, stripe: number as u32, column: column as u16 });
            }
        }
        series.sort_unstable();
        (targets, points, series)
    }
}
