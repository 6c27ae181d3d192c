//! Random identifiers: unique, not secret.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

thread_local! {
    /// Zero until the thread draws its first number.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// The next number of this thread: a Weyl sequence, mixed (SplitMix64), begun at a number from the operating system.
pub(crate) fn random() -> u64 {
    let mut state = STATE.get();
    if state == 0 {
        state = seed();
    }
    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(state);
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cold]
fn seed() -> u64 {
    // The keys of a `RandomState` come from the operating system; thread and time tell threads apart that share keys.
    let who = (std::thread::current().id(), std::time::SystemTime::now(), std::process::id());
    RandomState::new().hash_one(who) | 1
}

/// An id for a trace; never zero.
pub fn new_trace_id() -> u128 {
    (u128::from(random()) << 64 | u128::from(random())).max(1)
}

/// An id for a span; never zero.
pub fn new_span_id() -> u64 {
    random().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_many_threads_differ() {
        let threads: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| (0..1_000).map(|_| new_trace_id()).collect::<Vec<_>>()))
            .collect();
        let ids: std::collections::HashSet<u128> =
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.len(), 8_000);
    }
}
