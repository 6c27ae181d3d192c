//! Selecting: from matchers to series, and from a series to its samples.
//!
//! Matchers are decided on targets and on points; head and parts then say which pairs exist. Pairs whose full labels are
//! equal are one series with several sources. Samples are read when a series is asked for, by any thread.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use model::sorting::sort_while;
use model::{Labels, Matcher, Sample, Timestamp};
use roaring::RoaringBitmap;

use crate::closed::Column;
use crate::columns::Columns;
use crate::error::{Result, StoreError};
use crate::gathered::Gathered;
use crate::head::Head;
use crate::labels::Pace;
use crate::order::{Keys, Tokens};
use crate::part::PartCache;
use crate::registry::{Matched, PointId, Registry, TargetId};
use crate::samples::Samples;
use crate::stripe::Stripe;
use crate::tombstone::covers;
use crate::view::View;

/// The series a selector matched, in the order of their labels. Labels are known; samples are read one series at a time.
pub struct Selection {
    pub(crate) view: Arc<View>,
    pub(crate) cache: Arc<PartCache>,
    pub(crate) range: RangeInclusive<Timestamp>,
    stripes: Vec<Arc<Stripe>>,
    targets: Vec<Labels>,
    points: Vec<Labels>,
    /// The registry's numbers of `targets` and `points`.
    target_ids: Vec<TargetId>,
    point_ids: Vec<PointId>,
    series: Vec<Selected>,
    sources: Vec<Source>,
    /// The times that a series of each target had when it was first read: the next one mostly has the same.
    times: Vec<OnceLock<Arc<[Timestamp]>>>,
}

struct Selected {
    target: u32,
    point: u32,
    first_source: u32,
    source_count: u32,
}

/// Where samples of a series are.
#[derive(Clone, Copy)]
enum Source {
    Head { stripe: u32, column: u16 },
    Part { part: u32, ordinal: u32 },
}

/// A column of a stripe that a selector means, and its point.
type Wanted = (u16, PointId);

/// A pair of target and point that exists, and where.
#[derive(Clone, Copy)]
struct Pair {
    target: TargetId,
    point: PointId,
    source: Source,
}

impl Selection {
    /// Finds the series that satisfy every matcher.
    pub(crate) fn new(
        head: &Head,
        view: Arc<View>,
        cache: Arc<PartCache>,
        matchers: &[Matcher],
        range: RangeInclusive<Timestamp>,
        series_max: usize,
        pace: &Pace<'_>,
    ) -> Result<Selection> {
        let registry = head.registry.read();
        let matched = registry.matching(matchers, pace);
        let mut selection = Selection {
            view,
            cache,
            range,
            stripes: Vec::new(),
            targets: Vec::new(),
            points: Vec::new(),
            target_ids: Vec::new(),
            point_ids: Vec::new(),
            series: Vec::new(),
            sources: Vec::new(),
            times: Vec::new(),
        };
        if matched.is_empty() || selection.range.is_empty() {
            return pace.unless_over(selection);
        }
        let mut pairs = Pairs::new(series_max);
        let (view, range) = (&selection.view, &selection.range);
        find_in_parts(view, &matched, range, pace, &mut |target, point, part, ordinal| {
            pairs.push(part, Pair { target, point, source: Source::Part { part, ordinal } });
        });
        let stripes = &mut selection.stripes;
        find_in_head(head, view, &matched, range, pace, |target, stripe, _, columns| {
            let number = stripes.len() as u32;
            for &(column, point) in columns {
                pairs.push(HEAD, Pair { target, point, source: Source::Head { stripe: number, column } });
            }
            stripes.push(stripe);
        });
        let mut pairs = pace.unless_over(pairs.within_limit()?)?;
        let by_ids = |left: &Pair, right: &Pair| (left.target, left.point).cmp(&(right.target, right.point));
        sort_while(&mut pairs, by_ids, || pace.goes_on_now());
        pace.unless_over(())?;
        selection.arrange(&registry, &pairs, pace)?;
        check_limit(selection.series.len(), series_max)?;
        Ok(selection)
    }

    /// How many series matched.
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether none did.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The full labels of a series.
    pub fn labels(&self, index: usize) -> Labels {
        let series = &self.series[index];
        self.targets[series.target as usize].union(&self.points[series.point as usize])
    }

    /// The samples of a series within the selected range, histograms as floats: what queries read. Empty when all the
    /// series' samples lie outside the range.
    pub fn read(&self, index: usize) -> Result<Samples> {
        let times = &self.times[self.series[index].target as usize];
        let gathered = self.gather(index, *self.range.start(), *self.range.end())?;
        let mut samples = gathered.into_samples(|own| {
            let shared = times.get_or_init(|| own.as_slice().into());
            if **shared == *own { shared.clone() } else { own.into() }
        });
        self.tell_first_hint(index, &mut samples)?;
        Ok(samples)
    }

    /// The samples of a series as they were written, whole counts kept whole: what exports read.
    pub fn read_raw(&self, index: usize) -> Result<Vec<Sample>> {
        Ok(self.gather(index, *self.range.start(), *self.range.end())?.into_raw())
    }

    /// The samples of a series within a range, from where the selection found it.
    pub(crate) fn gather(&self, index: usize, from: Timestamp, to: Timestamp) -> Result<Gathered> {
        let series = &self.series[index];
        let mut gathered = Gathered::default();
        let sources = &self.sources[series.first_source as usize..][..series.source_count as usize];
        for source in sources {
            let piece = match *source {
                Source::Head { stripe, column } => {
                    let from = from.max(self.view.note.sealed_until);
                    if from > to {
                        continue;
                    }
                    let piece = read_head(&self.stripes[stripe as usize], column, from, to);
                    self.without_deleted(index, None, piece)
                }
                Source::Part { part, ordinal } => self.read_part(index, part, ordinal, from, to)?,
            };
            gathered.absorb(piece);
        }
        Ok(gathered)
    }

    /// The samples that a part has of a series.
    pub(crate) fn read_part(
        &self,
        index: usize,
        part: u32,
        ordinal: u32,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Gathered> {
        let part = &self.view.parts[part as usize];
        let piece = part.read(ordinal, from, to, &self.cache)?;
        Ok(self.without_deleted(index, Some(part.info.number), piece))
    }

    /// The registry's numbers of a series' target and point. They hold as long as the selection's parts do.
    pub(crate) fn ids(&self, index: usize) -> (TargetId, PointId) {
        let series = &self.series[index];
        (self.target_ids[series.target as usize], self.point_ids[series.point as usize])
    }

    fn without_deleted(&self, index: usize, part: Option<u64>, mut piece: Gathered) -> Gathered {
        if !self.view.note.tombstones.is_empty() {
            let deleted = self.view.note.deleted(&self.labels(index), part);
            piece.retain(|time| !covers(&deleted, time));
        }
        piece
    }

    /// Makes series of pairs that are sorted by target and point.
    fn arrange(&mut self, registry: &Registry, pairs: &[Pair], pace: &Pace<'_>) -> Result<()> {
        let mut point_numbers: HashMap<PointId, u32> = HashMap::new();
        let mut found: Vec<Found<'_>> = Vec::new();
        let targets = pairs.chunk_by(|left, right| left.target == right.target);
        for of_target in targets.take_while(|_| pace.goes_on()) {
            let target = self.targets.len() as u32;
            self.targets.push(registry.targets.labels(of_target[0].target).clone());
            self.target_ids.push(of_target[0].target);
            for of_series in of_target.chunk_by(|left, right| left.point == right.point) {
                let id = of_series[0].point;
                let point = *point_numbers.entry(id).or_insert_with(|| {
                    self.points.push(registry.points.labels(id).clone());
                    self.point_ids.push(id);
                    self.points.len() as u32 - 1
                });
                found.push(Found { target, point, pairs: of_series });
            }
        }
        self.times.resize_with(self.targets.len(), OnceLock::new);
        let tokens = Tokens::new(&self.targets, &self.points);
        let mut keys = Keys::default();
        let series = found.iter().take_while(|_| pace.goes_on());
        series.for_each(|one| tokens.push_key(one.target as usize, one.point as usize, &mut keys));
        pace.unless_over(())?;
        let mut order: Vec<u32> = (0..found.len() as u32).collect();
        let target = |index: u32| &self.targets[found[index as usize].target as usize];
        // Of sources that contradict each other the first wins: always the same one, however targets are numbered.
        let compare = |&left: &u32, &right: &u32| {
            let by_key = keys.get(left as usize).cmp(keys.get(right as usize));
            by_key.then_with(|| target(left).cmp(target(right)))
        };
        sort_while(&mut order, compare, || pace.goes_on_now());
        pace.unless_over(())?;
        let mut previous: Option<u32> = None;
        for index in order.into_iter().take_while(|_| pace.goes_on()) {
            let Found { target, point, pairs } = found[index as usize];
            match self.series.last_mut() {
                Some(last) if previous.is_some_and(|p| keys.get(p as usize) == keys.get(index as usize)) => {
                    last.source_count += pairs.len() as u32;
                }
                _ => self.series.push(Selected {
                    target,
                    point,
                    first_source: self.sources.len() as u32,
                    source_count: pairs.len() as u32,
                }),
            }
            previous = Some(index);
            self.sources.extend(pairs.iter().map(|pair| pair.source));
        }
        pace.unless_over(())
    }
}

/// The sources of one target and point.
#[derive(Clone, Copy)]
struct Found<'a> {
    target: u32,
    point: u32,
    pairs: &'a [Pair],
}

/// Pairs as they are found, no more of one place than a selection may have series.
struct Pairs {
    pairs: Vec<Pair>,
    place: u32,
    of_place: usize,
    most: usize,
    series_max: usize,
}

/// The head, among the numbers of parts.
const HEAD: u32 = u32::MAX;

impl Pairs {
    fn new(series_max: usize) -> Pairs {
        Pairs { pairs: Vec::new(), place: HEAD, of_place: 0, most: 0, series_max }
    }

    fn push(&mut self, place: u32, pair: Pair) {
        self.of_place = if self.place == place { self.of_place + 1 } else { 1 };
        self.place = place;
        self.most = self.most.max(self.of_place);
        // What is too much is only counted: the error says how much it is.
        if self.most <= self.series_max {
            self.pairs.push(pair);
        }
    }

    fn within_limit(self) -> Result<Vec<Pair>> {
        // One place has a series once, so there are at least as many as the place with the most of them has.
        check_limit(self.most, self.series_max)?;
        Ok(self.pairs)
    }
}

fn check_limit(series: usize, series_max: usize) -> Result<()> {
    match series > series_max {
        true => Err(StoreError::limit("series selected", series as u64, series_max as u64)),
        false => Ok(()),
    }
}

/// The samples of a column of the head.
pub(crate) fn read_head(stripe: &Stripe, column: u16, from: Timestamp, to: Timestamp) -> Gathered {
    let (mut floats, mut histograms, mut steps) = (Column::default(), Vec::new(), Vec::new());
    stripe.read(column, from, to, &mut floats, &mut histograms, &mut steps);
    Gathered::new(floats, histograms, &steps)
}

/// The targets and the points of every matching series. Unless a matcher needs both sides, no pair is looked at.
pub(crate) fn find_halves(
    head: &Head,
    registry: &Registry,
    view: &View,
    matchers: &[Matcher],
    range: &RangeInclusive<Timestamp>,
    pace: &Pace<'_>,
) -> (RoaringBitmap, RoaringBitmap) {
    let matched = registry.matching(matchers, pace);
    let (mut targets, mut points) = (RoaringBitmap::new(), RoaringBitmap::new());
    if matched.is_empty() || range.is_empty() {
        return (targets, points);
    }
    if matched.is_decided() {
        for part in view.parts.iter().filter(|part| part.info.overlaps(range)).take_while(|_| pace.goes_on())
        {
            part.find_halves(&matched, &mut targets, &mut points);
        }
    } else {
        find_in_parts(view, &matched, range, pace, &mut |target, point, _, _| {
            targets.insert(target);
            points.insert(point);
        });
    }
    if matched.is_everything {
        add_head(head, view, range, pace, (&mut targets, &mut points));
        return (targets, points);
    }
    // The list whose columns were found last: its stripes mostly have the same, and these were added already.
    let mut added = None;
    find_in_head(head, view, &matched, range, pace, |target, _, list, columns| {
        if columns.is_empty() {
            return;
        }
        targets.insert(target);
        if added != Some(list) || !matched.is_decided() {
            points.extend(columns.iter().map(|&(_, point)| point));
            added = Some(list);
        }
    });
    (targets, points)
}

/// Adds the targets and the points of every series of the head.
fn add_head(
    head: &Head,
    view: &View,
    range: &RangeInclusive<Timestamp>,
    pace: &Pace<'_>,
    (targets, points): (&mut RoaringBitmap, &mut RoaringBitmap),
) {
    if *range.end() < view.note.sealed_until {
        return;
    }
    for list in head.directory.read().lists().filter(|list| list.columns.len() > 0) {
        if list.add_targets(range, pace, targets) {
            *points |= list.columns.every();
        }
    }
}

/// Calls `found` with target, point, part and ordinal, older parts first.
fn find_in_parts(
    view: &View,
    matched: &Matched,
    range: &RangeInclusive<Timestamp>,
    pace: &Pace<'_>,
    found: &mut dyn FnMut(TargetId, PointId, u32, u32),
) {
    let mut parts: Vec<u32> = (0..view.parts.len() as u32).collect();
    parts.sort_by_key(|&part| view.parts[part as usize].info.min_time);
    for index in parts {
        let part = &view.parts[index as usize];
        if !part.info.overlaps(range) {
            continue;
        }
        part.find(&matched.targets, &matched.points, pace, |target, point, ordinal| {
            if matched.admits(target, point) {
                found(target, point, index, ordinal);
            }
        });
    }
}

/// Calls `found` with every stripe that has matching columns, the number of its list, and these columns.
fn find_in_head(
    head: &Head,
    view: &View,
    matched: &Matched,
    range: &RangeInclusive<Timestamp>,
    pace: &Pace<'_>,
    mut found: impl FnMut(TargetId, Arc<Stripe>, usize, &[Wanted]),
) {
    if *range.end() < view.note.sealed_until {
        return;
    }
    for (number, list) in head.directory.read().lists().enumerate() {
        let wanted = wanted_columns(&list.columns, matched);
        if wanted.is_empty() || !pace.goes_on() {
            continue;
        }
        let mut visit = |stripe: &Arc<Stripe>| {
            if !stripe.overlaps(*range.start(), *range.end()) {
                return;
            }
            let target = stripe.target;
            if matched.is_decided() {
                found(target, stripe.clone(), number, &wanted);
            } else {
                let admitted = wanted.iter().filter(|(_, point)| matched.admits(target, *point));
                found(target, stripe.clone(), number, &admitted.copied().collect::<Vec<_>>());
            }
        };
        if matched.targets.len() < list.len() as u64 / 4 {
            let targets = matched.targets.iter().take_while(|_| pace.goes_on());
            targets.for_each(|target| list.stripes_of(target).for_each(&mut visit));
        } else {
            let stripes = list.stripes().filter(|stripe| matched.targets.contains(stripe.target));
            stripes.take_while(|_| pace.goes_on()).for_each(visit);
        }
    }
}

fn wanted_columns(columns: &Columns, matched: &Matched) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = if matched.points.len() < columns.len() as u64 / 4 {
        matched.points.iter().filter_map(|point| Some((columns.find(point)?, point))).collect()
    } else {
        let points = columns.points().iter().enumerate();
        points
            .map(|(column, &point)| (column as u16, point))
            .filter(|(_, point)| matched.points.contains(*point))
            .collect()
    };
    wanted.sort_unstable();
    wanted
}
