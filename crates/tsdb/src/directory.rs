//! Which stripes have which list of columns: the way from points to stripes.
//!
//! Replicas share their list, so there are few lists, and a selector is decided once on each of them instead of once on
//! each target.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::columns::Columns;
use crate::registry::TargetId;
use crate::stripe::Stripe;

/// The stripes of a head by their list of columns.
#[derive(Default)]
pub(crate) struct Directory {
    by_list: HashMap<usize, Holders>,
}

/// A list of columns, and who has it.
pub(crate) struct Holders {
    pub(crate) columns: Arc<Columns>,
    stripes: BTreeMap<(TargetId, u32), Arc<Stripe>>,
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
        let holders = holders.or_insert_with(|| Holders { columns, stripes: BTreeMap::new() });
        holders.stripes.insert((stripe.target, stripe.number), stripe.clone());
    }

    /// Forgets a stripe that has this list.
    pub(crate) fn gone(&mut self, stripe: &Stripe, columns: &Arc<Columns>) {
        let Some(holders) = self.by_list.get_mut(&address(columns)) else { return };
        holders.stripes.remove(&(stripe.target, stripe.number));
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

    /// Those of one target.
    pub(crate) fn stripes_of(&self, target: TargetId) -> impl Iterator<Item = &Arc<Stripe>> {
        self.stripes.range((target, 0)..=(target, u32::MAX)).map(|(_, stripe)| stripe)
    }
}

/// The directory keeps the list itself, so its address stays its own.
fn address(columns: &Arc<Columns>) -> usize {
    Arc::as_ptr(columns).addr()
}
