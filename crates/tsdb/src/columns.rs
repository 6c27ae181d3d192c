//! The list of points a stripe has, shared between all stripes that have the same.
//!
//! A thousand replicas of one service expose the same points, so there is one list for all of them: a replica costs
//! no index of its own.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock, Weak};

use hashbrown::HashTable;
use roaring::RoaringBitmap;

use crate::registry::PointId;

/// Points in the order of a stripe's columns.
pub(crate) struct Columns {
    points: Vec<PointId>,
    by_point: HashTable<u16>,
    content_hash: u64,
    /// The points as a set, once somebody asks for everything.
    every: OnceLock<RoaringBitmap>,
}

/// Every list in use, by content.
#[derive(Default)]
pub(crate) struct ColumnLists {
    lists: HashMap<u64, Vec<Weak<Columns>>>,
}

impl Columns {
    fn new(points: Vec<PointId>, content_hash: u64) -> Columns {
        let mut by_point = HashTable::with_capacity(points.len());
        for (column, &point) in points.iter().enumerate() {
            by_point.insert_unique(hash_point(point), column as u16, |&column| {
                hash_point(points[column as usize])
            });
        }
        Columns { points, by_point, content_hash, every: OnceLock::new() }
    }

    /// The points as a set.
    pub(crate) fn every(&self) -> &RoaringBitmap {
        self.every.get_or_init(|| self.points.iter().copied().collect())
    }

    /// The points by column.
    pub(crate) fn points(&self) -> &[PointId] {
        &self.points
    }

    /// How many columns there are.
    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    /// The column of a point.
    pub(crate) fn find(&self, point: PointId) -> Option<u16> {
        self.by_point.find(hash_point(point), |&column| self.points[column as usize] == point).copied()
    }

    /// About how much memory the list takes.
    pub(crate) fn bytes(&self) -> usize {
        self.points.capacity() * 4 + self.by_point.capacity() * 3 + size_of::<Columns>()
    }
}

impl ColumnLists {
    /// The list `base` with `more` behind it.
    pub(crate) fn extended(&mut self, base: &Columns, more: &[PointId]) -> Arc<Columns> {
        let points: Vec<PointId> = base.points.iter().chain(more).copied().collect();
        let content_hash = foldhash::fast::FixedState::default().hash_one(&points);
        let same_hash = self.lists.entry(content_hash).or_default();
        same_hash.retain(|list| list.strong_count() > 0);
        if let Some(list) = same_hash.iter().filter_map(Weak::upgrade).find(|list| list.points == points) {
            return list;
        }
        let list = Arc::new(Columns::new(points, content_hash));
        same_hash.push(Arc::downgrade(&list));
        list
    }

    /// The list without columns.
    pub(crate) fn empty(&mut self) -> Arc<Columns> {
        self.extended(&Columns::new(Vec::new(), 0), &[])
    }

    /// Forgets lists that nobody uses; returns about how much memory the others take.
    pub(crate) fn sweep(&mut self) -> usize {
        let mut bytes = 0;
        self.lists.retain(|_, lists| {
            lists.retain(|list| list.upgrade().inspect(|list| bytes += list.bytes()).is_some());
            !lists.is_empty()
        });
        bytes
    }
}

impl PartialEq for Columns {
    fn eq(&self, other: &Columns) -> bool {
        self.content_hash == other.content_hash && self.points == other.points
    }
}

fn hash_point(point: PointId) -> u64 {
    u64::from(point).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_are_one() {
        let mut lists = ColumnLists::default();
        let empty = lists.empty();
        let first = lists.extended(&empty, &[7, 3]);
        let second = lists.extended(&empty, &[7, 3]);
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!((first.find(3), first.find(7), first.find(4)), (Some(1), Some(0), None));
        drop((first, second));
        lists.sweep();
        assert_eq!(lists.lists.len(), 1, "only the empty list is still in use");
    }
}
