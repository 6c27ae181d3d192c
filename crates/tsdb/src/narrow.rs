//! Giving back columns that nobody fills any more while their target lives on.
//!
//! The points of a target come and go: a version in a label, a queue, a route. Once all samples of a point are sealed its
//! column holds nothing but its place, and its labels in memory. A stripe that is mostly such columns is replaced by one
//! without them, a few stripes at a time, so that no append waits long.

use std::sync::{Arc, Weak};

use crate::maintain::Maintenance;
use crate::store::Store;
use crate::stripe::Stripe;

/// How many stripes are replaced before appends get a turn.
const STRIPES_AT_ONCE: usize = 8;

impl Store {
    /// The stripes that are worth being replaced.
    pub(crate) fn wide_stripes(&self) -> Vec<Weak<Stripe>> {
        let stripes = self.head.stripes();
        stripes.iter().filter(|stripe| stripe.kept_if_narrower().is_some()).map(Arc::downgrade).collect()
    }

    /// Replaces some of them.
    pub(crate) fn narrow(&self, maintenance: &mut Maintenance) {
        let count = maintenance.wide.len().min(STRIPES_AT_ONCE);
        if count == 0 {
            return;
        }
        // No append is under way: none holds numbers of columns that are about to change.
        let _gate = self.gate.write();
        for stripe in maintenance.wide.drain(..count).filter_map(|stripe| stripe.upgrade()) {
            self.head.narrow(&stripe);
        }
        maintenance.something_went = true;
    }
}
