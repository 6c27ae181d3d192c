//! The counter-reset hint of a selection's first histogram, which only the histogram before the selection can tell.
//!
//! A histogram that follows another without a reset may say so, and whoever combines histograms asks. Within a selection
//! readers compare neighbours themselves; before its first histogram they see nothing.

use std::sync::Arc;

use model::{CounterReset, FloatHistogram, Timestamp};

use crate::error::Result;
use crate::gathered::Gathered;
use crate::samples::Samples;
use crate::select::Selection;

/// How far back the histogram before is looked for: first where it mostly is, then as far as anybody may scrape apart.
const LOOK_BACK_MS: [i64; 2] = [120_000, 3_600_000];

impl Selection {
    /// Says of the first histogram that it follows without a reset, if it does and does not say what it is itself.
    pub(crate) fn tell_first_hint(&self, index: usize, samples: &mut Samples) -> Result<()> {
        let (Some(first), Some(&time)) = (samples.histograms.first(), samples.histogram_times.first()) else {
            return Ok(());
        };
        let is_told = first.counter_reset != CounterReset::Unknown || first.is_stale();
        // A float between two histograms begins anew, as it does for who compares neighbours.
        if is_told || samples.times.first().is_some_and(|&float| float < time) {
            return Ok(());
        }
        if let Some(before) = self.histogram_before(index)?
            && before.counter_reset != CounterReset::Gauge
            && !before.is_stale()
            && !first.is_reset_after(&before)
        {
            Arc::make_mut(&mut samples.histograms[0]).counter_reset = CounterReset::No;
        }
        Ok(())
    }

    /// The histogram before the selection's range, unless a float comes after it.
    fn histogram_before(&self, index: usize) -> Result<Option<Arc<FloatHistogram>>> {
        let Some(to) = self.range.start().checked_sub(1) else { return Ok(None) };
        for back in LOOK_BACK_MS {
            let found = self.gather(index, to.saturating_sub(back), to)?;
            if !found.is_empty() {
                return Ok(last_histogram(found));
            }
        }
        self.histogram_in_older_parts(index, to.saturating_sub(LOOK_BACK_MS[1]), to)
    }

    /// The same from parts that end before the range begins, so that the selection does not know its place in them.
    fn histogram_in_older_parts(
        &self,
        index: usize,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<Arc<FloatHistogram>>> {
        let (target, point) = self.ids(index);
        let mut found = Gathered::default();
        for (number, part) in (0..).zip(&self.view.parts) {
            if part.info.max_time < from || part.info.max_time > to {
                continue;
            }
            if let Some(ordinal) = part.ordinal_of(target, point) {
                found.absorb(self.read_part(index, number, ordinal, from, to)?);
            }
        }
        Ok(last_histogram(found))
    }
}

fn last_histogram(found: Gathered) -> Option<Arc<FloatHistogram>> {
    let samples = found.into_samples(Arc::from);
    let is_last = samples.times.last() < samples.histogram_times.last();
    samples.histograms.into_iter().next_back().filter(|_| is_last)
}
