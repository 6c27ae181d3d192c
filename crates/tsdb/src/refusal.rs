//! What became of an append: how much was taken, how much was refused, and why.

use model::{Labels, Timestamp};

/// How many refusals an append names.
pub const REFUSALS_MAX: usize = 16;

/// What became of an append.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Appended {
    /// How many samples were taken, those that were there already included.
    pub samples: u64,
    /// How many exemplars were taken.
    pub exemplars: u64,
    /// How many exemplars were refused. `exemplar_refusals` names the first of them.
    pub exemplars_refused: u64,
    /// The first exemplars that were refused, in order, at most `REFUSALS_MAX`.
    pub exemplar_refusals: Vec<Refusal>,
    /// How many series were seen for the first time.
    pub series_created: u64,
    /// How many samples were refused. `refusals` names the first of them.
    pub refused: u64,
    /// The same by reason, by [`RefusalReason::index`].
    pub refused_by_reason: [u64; RefusalReason::ALL.len()],
    /// The first refusals, in order, at most `REFUSALS_MAX`.
    pub refusals: Vec<Refusal>,
}

/// One refused sample or exemplar.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The series.
    pub series: Labels,
    /// Its time.
    pub time: Timestamp,
    /// Why.
    pub reason: RefusalReason,
}

/// Why a sample or an exemplar was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    /// There is another value at the same time already.
    DuplicateTimestamp,
    /// Older than the out-of-order window or the retention admits.
    TooOld,
    /// A new series while the store is at its limit of series.
    SeriesLimit,
    /// A new series while the store is near its memory ceiling.
    MemoryLimit,
    /// The labels have no metric name, a name is empty, or the set is too large.
    BadLabels,
    /// The histogram contradicts itself.
    BadHistogram,
    /// Further ahead of the clock than the store admits.
    TooFarAhead,
    /// Late, at a time at which the series was deleted.
    Deleted,
    /// An exemplar while as many wait to be written to a part as the store keeps in memory.
    ExemplarLimit,
}

impl RefusalReason {
    /// Every reason, in the order of [`RefusalReason::index`].
    pub const ALL: [RefusalReason; 9] = [
        RefusalReason::DuplicateTimestamp,
        RefusalReason::TooOld,
        RefusalReason::SeriesLimit,
        RefusalReason::MemoryLimit,
        RefusalReason::BadLabels,
        RefusalReason::BadHistogram,
        RefusalReason::TooFarAhead,
        RefusalReason::Deleted,
        RefusalReason::ExemplarLimit,
    ];

    /// The reason as a label value of the store's own metrics.
    pub fn name(self) -> &'static str {
        match self {
            RefusalReason::DuplicateTimestamp => "duplicate_timestamp",
            RefusalReason::TooOld => "too_old",
            RefusalReason::SeriesLimit => "series_limit",
            RefusalReason::MemoryLimit => "memory_limit",
            RefusalReason::BadLabels => "bad_labels",
            RefusalReason::BadHistogram => "bad_histogram",
            RefusalReason::TooFarAhead => "too_far_ahead",
            RefusalReason::Deleted => "deleted",
            RefusalReason::ExemplarLimit => "exemplar_limit",
        }
    }

    /// A small number that is the reason's own.
    pub fn index(self) -> usize {
        self as usize
    }
}

impl Appended {
    /// Adds what became of another append.
    pub(crate) fn add(&mut self, other: Appended) {
        self.samples += other.samples;
        self.exemplars += other.exemplars;
        self.series_created += other.series_created;
        self.refused += other.refused;
        self.exemplars_refused += other.exemplars_refused;
        let reasons = self.refused_by_reason.iter_mut().zip(other.refused_by_reason);
        reasons.for_each(|(mine, theirs)| *mine += theirs);
        for (mine, theirs) in
            [(&mut self.refusals, other.refusals), (&mut self.exemplar_refusals, other.exemplar_refusals)]
        {
            let room = REFUSALS_MAX.saturating_sub(mine.len());
            mine.extend(theirs.into_iter().take(room));
        }
    }

    /// Counts one refused sample; its labels are only made when there is still room to name it.
    pub(crate) fn refuse(&mut self, time: Timestamp, reason: RefusalReason, series: impl FnOnce() -> Labels) {
        self.refused += 1;
        self.refused_by_reason[reason.index()] += 1;
        if self.refusals.len() < REFUSALS_MAX {
            self.refusals.push(Refusal { series: series(), time, reason });
        }
    }

    /// As `refuse`, for an exemplar.
    pub(crate) fn refuse_exemplar(
        &mut self,
        time: Timestamp,
        reason: RefusalReason,
        series: impl FnOnce() -> Labels,
    ) {
        self.exemplars_refused += 1;
        if self.exemplar_refusals.len() < REFUSALS_MAX {
            self.exemplar_refusals.push(Refusal { series: series(), time, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_index() {
        for (index, reason) in RefusalReason::ALL.iter().enumerate() {
            assert_eq!(reason.index(), index, "{}", reason.name());
        }
    }

    #[test]
    fn only_the_first_refusals_are_named() {
        let mut appended = Appended::default();
        for time in 0..100 {
            appended.refuse(time, RefusalReason::TooOld, Labels::empty);
        }
        assert_eq!((appended.refused, appended.refusals.len()), (100, REFUSALS_MAX));
    }
}
