//! Which stripes have which list of columns: the way from points to stripes.
//!
//! Replicas share their list, so there are few lists, and a selector is decided once on each of them instead of once on
//! each target.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use model::Timestamp;
use parking_lot::Mutex;
use roaring::RoaringBitmap;

use crate::columns::Columns;
use crate::labels::Pace;
use crate::registry::TargetId;
use crate::stripe::Stripe;

/// How long before the newest sample of a list a stripe may be silent, or have begun, to be asked no more.
const LATELY_MS: i64 = 5 * 60_000;

/// The stripes of a head by their list of columns.
#[derive(Default)]
pub(crate) struct Directory {
    by_list: HashMap<usize, Holders>,
}

/// A list of columns, and who has it.
pub(crate) struct Holders {
    pub(crate) columns: Arc<Columns>,
    stripes: BTreeMap<(TargetId, u32), Arc<Stripe>>,
    lately: Mutex<Option<Lately>>,
}

/// What the stripes of a list had when they were last asked. Newest samples only become newer, and what a seal takes away is found in
/// the part it made: so this holds for every range that has not left it behind, until stripes come or go.
struct Lately {
    /// Each of `targets` had a sample at this time or later.
    since: Timestamp,
    /// And one at this time or before.
    begun: Timestamp,
    targets: RoaringBitmap,
    /// Those that were silent, or new: they are asked each time.
    others: Vec<Arc<Stripe>>,
}

impl Directory {
    /// Every list that a stripe has, in no order.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &Holders> {
        self.by_list.values()
    }

    /// Notes that a stripe has this list from now on instead of the one before.
    pub(crate) fn moved(&mut self, stripe: &Arc<Stripe>, before: &Arc<Columns>, columns: Arc<Columns>) {
        self.gone(stripe, before);
        let holders = self.by_list.entry(address(&columns));
        let holders = holders.or_insert_with(|| Holders {
            columns,
            stripes: BTreeMap::new(),
            lately: Mutex::default(),
        });
        *holders.lately.get_mut() = None;
        holders.stripes.insert((stripe.target, stripe.number), stripe.clone());
    }

    /// Forgets a stripe that has this list.
    pub(crate) fn gone(&mut self, stripe: &Stripe, columns: &Arc<Columns>) {
        let Some(holders) = self.by_list.get_mut(&address(columns)) else { return };
        holders.stripes.remove(&(stripe.target, stripe.number));
        *holders.lately.get_mut() = None;
        if holders.stripes.is_empty() {
            self.by_list.remove(&address(columns));
        }
    }
}

impl Holders {
    /// How many stripes have the list.
    pub(crate) fn len(&self) -> usize {
        self.stripes.len()
    }

    /// The stripes that have the list, in the order of their targets.
    pub(crate) fn stripes(&self) -> impl Iterator<Item = &Arc<Stripe>> {
        self.stripes.values()
    }

    /// Adds the targets that may have samples in the range; whether there are any. Thousands of stripes are asked once in minutes.
    pub(crate) fn add_targets(
        &self,
        range: &RangeInclusive<Timestamp>,
        pace: &Pace<'_>,
        targets: &mut RoaringBitmap,
    ) -> bool {
        let mut lately = self.lately.lock();
        if lately.as_ref().is_none_or(|lately| lately.since < *range.start()) {
            let asked = Lately::new(self.stripes.values().take_while(|_| pace.goes_on()));
            *lately = pace.goes_on_now().then_some(asked);
        }
        let Some(lately) = &*lately else { return false };
        let within = |stripe: &&Arc<Stripe>| stripe.overlaps(*range.start(), *range.end());
        let found: RoaringBitmap = if lately.covers(range) {
            *targets |= &lately.targets;
            lately.others.iter().filter(within).map(|stripe| stripe.target).collect()
        } else {
            let stripes = self.stripes.values().take_while(|_| pace.goes_on());
            stripes.filter(within).map(|stripe| stripe.target).collect()
        };
        *targets |= &found;
        !found.is_empty() || (lately.covers(range) && !lately.targets.is_empty())
    }

    /// Those of one target.
    pub(crate) fn stripes_of(&self, target: TargetId) -> impl Iterator<Item = &Arc<Stripe>> {
        self.stripes.range((target, 0)..=(target, u32::MAX)).map(|(_, stripe)| stripe)
    }
}

impl Lately {
    /// Asks every stripe.
    fn new<'s>(stripes: impl Iterator<Item = &'s Arc<Stripe>>) -> Lately {
        let spans: Vec<_> = stripes.map(|stripe| (stripe, stripe.span())).collect();
        let last =
            spans.iter().filter_map(|(_, span)| Some(span.as_ref()?.1)).max().unwrap_or(Timestamp::MIN);
        let bound = last.saturating_sub(LATELY_MS);
        let (mut since, mut begun) = (last, Timestamp::MIN);
        let (mut targets, mut others) = (Vec::new(), Vec::new());
        for (stripe, span) in spans {
            match span {
                Some((oldest, newest)) if oldest <= bound && bound <= newest => {
                    (since, begun) = (since.min(newest), begun.max(oldest));
                    targets.push(stripe.target);
                }
                _ => others.push(Arc::clone(stripe)),
            }
        }
        // Stripes come in the order of their targets, so the set is made at once.
        targets.dedup();
        let targets = RoaringBitmap::from_sorted_iter(targets).unwrap_or_default();
        Lately { since, begun, targets, others }
    }

    /// Whether every one of `targets` is known to have samples in the range, as far as a stripe can tell.
    fn covers(&self, range: &RangeInclusive<Timestamp>) -> bool {
        *range.start() <= self.since && self.begun <= *range.end()
    }
}

/// The directory keeps the list itself, so its address stays its own.
fn address(columns: &Arc<Columns>) -> usize {
    Arc::as_ptr(columns).addr()
}
