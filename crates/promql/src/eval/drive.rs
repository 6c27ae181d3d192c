//! Going through the series of a stream: on this thread while there is little to do, on all cores once there is much.
//!
//! How much there is to do, nobody knows beforehand: a series may have one sample in the range or a million. So the first
//! series are computed alone, and what they took tells what the others will.

use std::ops::Range;

use rayon::prelude::*;

use crate::annotation::Annotations;
use crate::error::QueryError;
use crate::eval::parallel::{PARALLEL_SAMPLES_MIN, PARTS_EACH, SERIES_SAMPLES, in_so_many};
use crate::eval::points::Points;
use crate::eval::stream::Stream;
use crate::eval::tally::Tally;
use crate::eval::{Context, Evaluator, Scratch};

/// How much is done before it is judged how much is left.
const PROBED_SAMPLES: usize = PARALLEL_SAMPLES_MIN / 16;

/// How much each thread computes, in samples and in series, before what it computed is visited in order.
const BLOCK_SAMPLES: usize = PARALLEL_SAMPLES_MIN * 4;
const BLOCK_SERIES_MIN: usize = 16;
const BLOCK_SERIES_MAX: usize = 2_048;

impl<'a> Evaluator<'a> {
    /// Goes through the series of a stream, in parts and several at a time where that is worth it; what `visit` makes
    /// of each part comes back in the order of the series. `parts` is how many there are to be, if that matters.
    pub(crate) fn drive<T: Send>(
        &self,
        stream: &Stream<'a>,
        context: Context<'_>,
        parts: Option<usize>,
        begin: impl Fn() -> T + Sync,
        visit: impl Fn(&mut T, usize, Points) -> Result<(), QueryError> + Sync,
    ) -> Result<Vec<T>, QueryError> {
        let count = stream.len();
        let tally = context.tally.lock().empty();
        let one = |outcome: &mut T, index: usize, scratch: &mut Scratch<'_>| -> Result<(), QueryError> {
            match self.one(stream, context, index, scratch)? {
                Some(points) => visit(outcome, index, points),
                None => Ok(()),
            }
        };
        let mut scratch = Scratch::new(&self.meter, tally.clone());
        let (mut outcome, mut next) = (begin(), 0);
        while next < count && scratch.work < PROBED_SAMPLES {
            one(&mut outcome, next, &mut scratch)?;
            next += 1;
        }
        let is_shared = self.is_shared(scratch.work, next, count)?;
        let alone = if is_shared { next } else { count };
        (next..alone).try_for_each(|index| one(&mut outcome, index, &mut scratch))?;
        let mut results = vec![(outcome, scratch.notes, scratch.tally)];
        if alone < count {
            let part = |range: Range<usize>| -> Result<(T, Annotations, Tally), QueryError> {
                let mut scratch = Scratch::new(&self.meter, tally.clone());
                let mut outcome = begin();
                for index in range {
                    one(&mut outcome, alone + index, &mut scratch)?;
                }
                Ok((outcome, scratch.notes, scratch.tally))
            };
            let parts = parts.unwrap_or(rayon::current_num_threads() * PARTS_EACH);
            results.extend(in_so_many(count - alone, parts, part)?);
        }
        let (mut notes, mut tally) = (context.notes.lock(), context.tally.lock());
        let merged = results.into_iter().map(|(outcome, found, touched)| {
            notes.merge(found, 0);
            tally.merge(&touched);
            outcome
        });
        Ok(merged.collect())
    }

    /// Goes through some series of a stream in their order: values may be computed several series at a time, and are
    /// visited one after the other.
    pub(crate) fn drive_in_order(
        &self,
        stream: &Stream<'a>,
        context: Context<'_>,
        wanted: &[usize],
        mut visit: impl FnMut(usize, Points) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let tally = context.tally.lock().empty();
        let mut scratch = Scratch::new(&self.meter, tally.clone());
        let (mut next, mut is_judged) = (0, false);
        while next < wanted.len() {
            if !is_judged && scratch.work >= PROBED_SAMPLES {
                is_judged = true;
                if self.is_shared(scratch.work, next, wanted.len())? {
                    break;
                }
            }
            self.meter.check_at(next)?;
            if let Some(points) = self.one(stream, context, wanted[next], &mut scratch)? {
                visit(wanted[next], points)?;
            }
            next += 1;
        }
        context.notes.lock().merge(scratch.notes, 0);
        context.tally.lock().merge(&scratch.tally);
        let compute = |part: &[usize]| -> Result<_, QueryError> {
            let mut scratch = Scratch::new(&self.meter, tally.clone());
            let mut found = Vec::with_capacity(part.len());
            for &index in part {
                if let Some(points) = self.one(stream, context, index, &mut scratch)? {
                    found.push((index, points));
                }
            }
            Ok((found, scratch.notes, scratch.tally))
        };
        let threads = rayon::current_num_threads();
        let of_series = scratch.work / next.max(1) + 1;
        let block_series = (BLOCK_SAMPLES / of_series).clamp(BLOCK_SERIES_MIN, BLOCK_SERIES_MAX);
        for block in wanted[next..].chunks(threads * block_series) {
            self.meter.check()?;
            let size = block.len().div_ceil(threads);
            let parts: Vec<_> = block.par_chunks(size).map(compute).collect::<Result<_, _>>()?;
            for (found, notes, touched) in parts {
                context.notes.lock().merge(notes, 0);
                context.tally.lock().merge(&touched);
                for (index, points) in found {
                    visit(index, points)?;
                }
            }
        }
        Ok(())
    }

    /// The values of one series.
    fn one(
        &self,
        stream: &Stream<'a>,
        context: Context<'_>,
        index: usize,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<Points>, QueryError> {
        scratch.spend(context.steps.count + SERIES_SAMPLES)?;
        self.measured_points(stream, index, scratch)
    }

    /// Whether what is left is worth other threads, where the first `done` of `count` series took so much work.
    fn is_shared(&self, work: usize, done: usize, count: usize) -> Result<bool, QueryError> {
        let left = (work / done.max(1)).saturating_mul(count - done);
        if left < PARALLEL_SAMPLES_MIN {
            return Ok(false);
        }
        self.meter.check_large()?;
        Ok(rayon::current_num_threads() > 1)
    }
}
