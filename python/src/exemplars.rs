//! Exemplars that nobody has to give: of the trace at hand, while there is one that is recorded.
//!
//! Asking for the trace takes longer than counting, so it is done only while something is recorded at all, and for one number
//! at most ten times a second.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Of a clock that is read in these.
const TICK_MS: u128 = 8;
const QUIET_TICKS: u32 = 12;
const TICK_BITS: u32 = 24;

static RECORDED: AtomicI64 = AtomicI64::new(0);
static SOURCE: OnceLock<Py<PyAny>> = OnceLock::new();
static START: OnceLock<Instant> = OnceLock::new();

/// Who knows the labels of the trace at hand; the first one stays.
pub(crate) fn set_source(source: Py<PyAny>) {
    let _ = SOURCE.set(source);
}

pub(crate) fn count_recorded(change: i64) {
    RECORDED.fetch_add(change, Ordering::Relaxed);
}

/// Whether anything is recorded that could be an example.
#[inline]
pub(crate) fn may_be() -> bool {
    RECORDED.load(Ordering::Relaxed) > 0
}

/// The labels of the trace at hand, if it is recorded.
#[cold]
pub(crate) fn labels(py: Python<'_>) -> Option<Bound<'_, PyDict>> {
    SOURCE.get()?.bind(py).call0().ok()?.cast_into::<PyDict>().ok()
}

/// What is noted when a number gets an exemplar: which one, and when.
pub(crate) fn stamp(number: usize) -> u32 {
    let ticks = START.get_or_init(Instant::now).elapsed().as_millis() / TICK_MS;
    let ticks = ticks as u32 & ((1 << TICK_BITS) - 1);
    // Zero stands for never.
    (number as u32 % 255 + 1) << TICK_BITS | ticks
}

/// Whether it is too early for another exemplar of the same number.
pub(crate) fn is_early(noted: u32, now: u32) -> bool {
    noted >> TICK_BITS == now >> TICK_BITS && now.wrapping_sub(noted) & ((1 << TICK_BITS) - 1) < QUIET_TICKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_an_exemplar_now_and_then() {
        let check = |noted: u32, now: u32, want: bool| assert_eq!(is_early(noted, now), want);
        check(0, stamp(0), false);
        check(stamp(3), stamp(3), true);
        check(stamp(3), stamp(4), false);
        check(1 << TICK_BITS | 100, 1 << TICK_BITS | 111, true);
        check(1 << TICK_BITS | 100, 1 << TICK_BITS | 112, false);
        check(1 << TICK_BITS | 0xff_ffff, 1 << TICK_BITS | 3, true);
    }
}
