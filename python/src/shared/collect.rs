//! What all workers of a service come to, at one moment.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::exemplars::{self, Exemplar};
use super::layout::{Field, WORKER, Word};
use super::log::Family;
use super::members::{Members, cells_in};
use super::merge::Merge;
use crate::exposition::{self, ExemplarText, Format, Snapshot};

/// Times to begin again because workers came or went meanwhile; then what was read is taken.
const ATTEMPTS_MAX: u32 = 8;

/// One series.
pub(super) struct Point {
    /// Which one of the log's.
    pub(super) series: usize,
    /// The worker, where every worker has its own.
    pub(super) pid: Option<u64>,
    pub(super) numbers: Vec<f64>,
}

/// The series of every wanted family, by the place of the family in the log.
pub(super) fn collect(members: &mut Members, wanted: impl Fn(&Family) -> bool) -> Vec<(usize, Vec<Point>)> {
    for _ in 0..ATTEMPTS_MAX {
        let epoch = members.head.get(Word::Epoch);
        let collected = collect_once(members, &wanted, epoch);
        if members.head.get(Word::Epoch) == epoch {
            return collected;
        }
    }
    let epoch = members.head.get(Word::Epoch);
    collect_once(members, &wanted, epoch)
}

fn collect_once(
    members: &mut Members,
    wanted: &impl Fn(&Family) -> bool,
    epoch: u64,
) -> Vec<(usize, Vec<Point>)> {
    let entries: Vec<usize> = members.head.counting(epoch).filter(|entry| members.is_own(*entry)).collect();
    let rows: Vec<_> = entries.into_iter().map(|entry| (entry, members.row(entry))).collect();
    let is_wanted: Vec<bool> = members.log.families.iter().map(wanted).collect();
    let mut families: Vec<(usize, Vec<Point>)> =
        (0..members.log.families.len()).map(|family| (family, Vec::new())).collect();
    let mut one = Vec::new();
    for at in 0..members.log.series.len() {
        let series = &members.log.series[at];
        let family = &members.log.families[series.family];
        if !is_wanted[series.family] {
            continue;
        }
        let (merge, place, cell, count) = (Merge::of(family), series.family, series.cell, series.numbers);
        let removed = series.is_removed();
        let mut numbers = Vec::with_capacity(count);
        for (entry, row) in &rows {
            let Some(cells) = cells_in(row, cell, count) else { continue };
            if !merge.take(cells, &mut one) {
                continue;
            }
            if merge != Merge::Each {
                merge.combine(&family.shape, &mut numbers, &one);
            } else if members.head.entry(*entry, Field::Kind) == WORKER && !removed {
                let pid = Some(members.head.entry(*entry, Field::Pid));
                families[place].1.push(Point { series: at, pid, numbers: one.clone() });
            }
        }
        let is_counted = numbers.iter().any(|number| *number != 0.0);
        if !numbers.is_empty() && (is_counted || !removed) {
            families[place].1.push(Point { series: at, pid: None, numbers });
        }
    }
    newest(members, families)
}

/// One family for each name: after a reload that changed a metric, the last one.
fn newest(members: &Members, families: Vec<(usize, Vec<Point>)>) -> Vec<(usize, Vec<Point>)> {
    let name = |family: usize| members.log.families[family].name.as_str();
    let mut last = HashMap::new();
    for (family, points) in &families {
        if !points.is_empty() {
            last.insert(name(*family), *family);
        }
    }
    let kept: Vec<usize> = last.into_values().collect();
    families.into_iter().filter(|(family, _)| kept.contains(family)).collect()
}

/// The exemplars of a series by the place of their number, the most recent of all workers.
pub(super) fn exemplars_of(members: &mut Members, series: usize) -> Vec<(usize, Exemplar)> {
    let (cell, count) = (members.log.series[series].cell, members.log.series[series].numbers);
    let epoch = members.head.get(Word::Epoch);
    let entries: Vec<usize> = members.head.counting(epoch).filter(|entry| members.is_own(*entry)).collect();
    let mut found: Vec<(usize, Exemplar)> = Vec::new();
    for chunk in entries.into_iter().filter_map(|entry| members.exemplars_of(entry)) {
        for number in 0..count {
            let Some(exemplar) = exemplars::find(chunk, cell + 1 + number) else { continue };
            match found.iter_mut().find(|(at, _)| *at == number) {
                Some((_, kept)) if kept.time >= exemplar.time => {}
                Some((_, kept)) => *kept = exemplar,
                None => found.push((number, exemplar)),
            }
        }
    }
    found
}

/// Whether a family can be written here in a format: it is only numbers, under names that need no quotes.
pub(super) fn has_text(family: &Family, format: &str) -> bool {
    let is_plain = |name: &String, extra: &str| {
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || extra.as_bytes().contains(&byte);
        name.bytes().all(plain) && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    matches!(family.kind.as_str(), "counter" | "gauge" | "summary" | "histogram")
        && is_plain(&family.name, ":")
        && family.label_names.iter().all(|name| is_plain(name, ""))
        // What only the second version of OpenMetrics has, Python writes.
        && (format != "openmetrics-2" || family.shape.native_schema.is_none())
}

/// Families in a format, by name.
pub(super) fn texts(
    members: &mut Members,
    families: &[(usize, Vec<Point>)],
    format: &str,
    with_created: bool,
) -> Vec<(String, Vec<u8>)> {
    let format = Format::named(format.split_once('-').map_or(format, |(name, _)| name));
    let text = |(at, points): &(usize, Vec<Point>)| {
        let exemplars =
            if format == Format::Text { BTreeMap::new() } else { exemplar_texts(members, points) };
        let family = &members.log.families[*at];
        (family.name.clone(), text_of(members, family, points, format, exemplars, with_created))
    };
    families.iter().map(text).collect()
}

fn exemplar_texts(members: &mut Members, points: &[Point]) -> BTreeMap<(usize, usize), ExemplarText> {
    let mut texts = BTreeMap::new();
    for (at, point) in points.iter().enumerate() {
        for (number, exemplar) in exemplars_of(members, point.series) {
            let Some(labels) = exemplars::labels_of(&exemplar.labels) else { continue };
            let time = Some(format!("{:?}", exemplar.time));
            texts.insert((at, number), ExemplarText { labels, value: exemplar.value, time });
        }
    }
    texts
}

fn text_of(
    members: &Members,
    family: &Family,
    points: &[Point],
    format: Format,
    exemplars: BTreeMap<(usize, usize), ExemplarText>,
    with_created: bool,
) -> Vec<u8> {
    // Series of single workers have a label more.
    let pids: Vec<String> = points.iter().filter_map(|point| Some(point.pid?.to_string())).collect();
    let mut label_names = family.label_names.clone();
    label_names.extend((!pids.is_empty()).then(|| "pid".to_owned()));
    let mut snapshot = Snapshot { shape: Cow::Borrowed(&family.shape), exemplars, ..Snapshot::default() };
    for (at, point) in points.iter().enumerate() {
        let series = &members.log.series[point.series];
        snapshot.values.extend(series.values.iter().map(String::as_str));
        snapshot.values.extend(pids.get(at).map(String::as_str));
        snapshot.created.push(series.created);
        // Of values with their times only the values are written.
        if family.kind == "gauge" {
            snapshot.numbers.push(point.numbers[0]);
        } else {
            let mut numbers = point.numbers.clone();
            family.shape.expose(&mut numbers);
            snapshot.numbers.append(&mut numbers);
        }
    }
    let exposed = exposition::Family {
        name: &family.name,
        help: &family.help,
        kind: &family.kind,
        unit: &family.unit,
        label_names: &label_names,
        // Of what every worker has by itself nobody adds anything up.
        with_created: with_created && family.kind != "gauge" && Merge::of(family) != Merge::Each,
    };
    exposed.write(format, &snapshot)
}
