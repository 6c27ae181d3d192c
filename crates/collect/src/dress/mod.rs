//! From a page to frames: relabelling, the target's labels, staleness and the series every scrape adds about itself.
//!
//! What a page's series become depends on the page's shape alone, so it is worked out once per shape (the *cut*)
//! and each further page of that shape is only copied along it. Series that end up with other target labels than
//! the target's own go to a row of their own, because no point of a layout may have a target label's name.

mod limits;
mod report;

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet};
use model::{Frame, Labels, Layout, STALE_NAN, Timestamp, Value};
use wire::{Page, Shape};

use crate::config::{NameScheme, ScrapeLimits};
use crate::relabel::{self, Rule};
pub use limits::Refusal;
pub use report::{Counts, Report};
use report::{push_report, report_points};

/// How many sets of columns with times of their own are remembered per shape.
const GROUPS_MAX: usize = 4_096;

/// What decides how pages of a target are dressed.
#[derive(Clone, Debug)]
pub struct Style {
    /// What all series of the target carry.
    pub target: Labels,
    /// What happens to series before they are kept.
    pub rules: Vec<Rule>,
    /// Whether labels of the exposition win over the target's.
    pub honor_labels: bool,
    /// Whether times of the exposition are taken.
    pub honor_timestamps: bool,
    /// Whether series with times of their own end with a staleness marker.
    pub track_timestamps: bool,
    /// What a page may bring.
    pub limits: ScrapeLimits,
    /// Which names are valid.
    pub names: NameScheme,
    /// Whether the page's row also reports timeout, limit and size.
    pub extra_metrics: bool,
}

/// Dresses the pages of one target, one after the other.
pub struct Dresser {
    style: Style,
    cut: Option<Cut>,
    /// The shape that was refused last, and why, so that it is not worked out again at every scrape.
    refused: Option<(u64, Refusal)>,
    report_only: Arc<Layout>,
    /// Whether the last scrape left the automatic series alive.
    reported: bool,
}

/// What the series of one shape become.
struct Cut {
    shape: Arc<Shape>,
    places: Vec<Place>,
    /// The first is the target's own row and ends with the automatic series.
    rows: Vec<Row>,
    /// How many columns of the shape are kept.
    kept: usize,
    /// Whether the last scrape succeeded, with columns of this shape.
    live: bool,
    /// Columns that the last scrape left without a sample whose end would have to be marked; ascending.
    silent: Vec<u32>,
    starts: Option<Arc<[Timestamp]>>,
    groups: HashMap<(u32, Vec<u32>), Arc<Layout>>,
}

struct Row {
    layout: Arc<Layout>,
    /// The shape's column behind each of the row's.
    sources: Vec<u32>,
    /// Whether the sources are all of the shape's columns in their order.
    whole: bool,
    starts: Arc<[Timestamp]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    row: u32,
    column: u32,
}

const DROPPED: Place = Place { row: u32::MAX, column: u32::MAX };

impl Dresser {
    /// A dresser that has seen nothing yet.
    pub fn new(style: Style) -> Dresser {
        let points = report_points(style.extra_metrics);
        let report_only = Layout::new(style.target.clone(), points, Vec::new());
        Dresser { style, cut: None, refused: None, report_only, reported: false }
    }

    /// The frames of a scrape that succeeded. The first holds the target's own series.
    pub fn dress(
        &mut self,
        mut page: Page,
        time: Timestamp,
        report: Report,
    ) -> Result<(Vec<Frame>, Counts), Refusal> {
        if !self.style.honor_timestamps {
            page.times.clear();
        }
        if let Some((_, refusal)) = self.refused.as_ref().filter(|(shape, _)| *shape == page.shape.id()) {
            return Err(refusal.clone());
        }
        let new_cut = match &self.cut {
            Some(cut) if cut.shape.id() == page.shape.id() => None,
            old => match Cut::new(&self.style, &page.shape, old.as_ref()) {
                Ok(cut) => Some(cut),
                Err(refusal) => {
                    self.refused = Some((page.shape.id(), refusal.clone()));
                    return Err(refusal);
                }
            },
        };
        let cut = new_cut.as_ref().or(self.cut.as_ref()).expect("there is a cut for the page's shape");
        let absent_kept =
            page.absent.iter().filter(|&&column| cut.places[column as usize] != DROPPED).count();
        let mut counts = Counts {
            scraped: page.shape.series.len() - page.absent.len(),
            kept: cut.kept - absent_kept,
            added: 0,
        };
        let samples_max = self.style.limits.samples_max;
        if samples_max > 0 && counts.kept as u64 > samples_max {
            return Err(Refusal::Samples { kept: counts.kept, max: samples_max });
        }
        limits::limit_buckets(&self.style.limits, &mut page)?;

        let mut frames = Vec::with_capacity(cut.rows.len());
        let silent = silent_columns(&page, self.style.track_timestamps);
        counts.added = match new_cut {
            Some(mut new_cut) => {
                let added = match self.cut.take() {
                    Some(old) => end_of_shape(&old, &mut new_cut, &silent, time, &mut frames),
                    None => counts.kept,
                };
                self.cut = Some(new_cut);
                added
            }
            None => self.cut.as_ref().map_or(0, |cut| cut.newly_present(&silent)),
        };
        let cut = self.cut.as_mut().expect("the cut was put in place above");
        cut.page_frames(page, silent, time, &mut frames);
        let main = main_frame(&mut frames, &cut.rows[0].layout);
        push_report(main, &self.style, true, counts, report);
        self.reported = true;
        Ok((frames, counts))
    }

    /// The frames of a scrape that failed: everything that was alive ends, and `up` is 0.
    pub fn fail(&mut self, time: Timestamp, counts: Counts, report: Report) -> Vec<Frame> {
        let mut frames = self.end_series(time);
        if !self.cut.as_ref().is_some_and(|cut| {
            frames.first().is_some_and(|frame| frame.layout.id() == cut.rows[0].layout.id())
        }) {
            frames.insert(0, empty_frame(self.report_only.clone(), time));
        }
        push_report(&mut frames[0], &self.style, false, counts, report);
        self.reported = true;
        frames
    }

    /// The frames that end the target: everything that was alive, the automatic series too.
    pub fn end(&mut self, time: Timestamp) -> Vec<Frame> {
        let mut frames = self.end_series(time);
        for frame in &mut frames {
            let missing = frame.layout.points.len() - frame.values.len();
            frame
                .absent
                .extend((frame.values.len()..frame.values.len() + missing).map(|column| column as u32));
            frame.values.extend(std::iter::repeat_n(STALE_NAN, missing));
        }
        if self.reported {
            let mut frame = empty_frame(self.report_only.clone(), time);
            frame.values = vec![STALE_NAN; self.report_only.points.len()];
            frames.push(frame);
            self.reported = false;
        }
        frames
    }

    /// Frames with a staleness marker for every series of the last scrape. The first, where it is of the target's
    /// own row, lacks the values of the automatic series.
    fn end_series(&mut self, time: Timestamp) -> Vec<Frame> {
        let Some(cut) = self.cut.as_mut().filter(|cut| cut.live) else { return Vec::new() };
        let silent = std::mem::take(&mut cut.silent);
        cut.live = false;
        let is_gone = |column: u32| silent.binary_search(&column).is_err();
        cut.rows.iter().filter_map(|row| stale_row(row, is_gone, time)).collect()
    }
}

impl Cut {
    fn new(style: &Style, shape: &Arc<Shape>, old: Option<&Cut>) -> Result<Cut, Refusal> {
        let old_columns: HashMap<&Labels, u32> =
            old.map(|cut| cut.shape.series.iter().zip(0..).collect()).unwrap_or_default();
        let target_names: Vec<&str> = style.target.iter().map(|(name, _)| name).collect();
        let report = report_points(style.extra_metrics);
        let mut taken: HashSet<(u32, Labels)> = report.iter().map(|point| (0, point.clone())).collect();
        let mut targets = vec![style.target.clone()];
        let mut points: Vec<Vec<Labels>> = vec![Vec::new()];
        let mut sources: Vec<Vec<u32>> = vec![Vec::new()];
        let mut places = Vec::with_capacity(shape.series.len());
        let mut kept = 0;
        for (column, exposed) in (0u32..).zip(&shape.series) {
            let known = old.zip(old_columns.get(exposed)).map(|(cut, &at)| cut.dressed(at));
            let dressed = match known {
                Some(dressed) => dressed,
                None => dress_series(style, &target_names, exposed)?,
            };
            let Some((target, point)) = dressed else {
                places.push(DROPPED);
                continue;
            };
            let row = targets.iter().position(|known| *known == target).unwrap_or_else(|| {
                targets.push(target);
                points.push(Vec::new());
                sources.push(Vec::new());
                targets.len() - 1
            });
            // Relabelling can make two series one; the first on the page is the one that stays.
            if !taken.insert((row as u32, point.clone())) {
                places.push(DROPPED);
                continue;
            }
            places.push(Place { row: row as u32, column: points[row].len() as u32 });
            points[row].push(point.shared());
            sources[row].push(column);
            kept += 1;
        }
        points[0].extend(report);
        let rows = targets.into_iter().zip(points).zip(sources).enumerate();
        let rows = rows.map(|(index, ((target, points), sources))| Row {
            layout: Layout::new(target, points, if index == 0 { shape.metadata.clone() } else { Vec::new() }),
            whole: sources.len() == shape.series.len(),
            sources,
            starts: Arc::from([]),
        });
        Ok(Cut {
            shape: shape.clone(),
            places,
            rows: rows.collect(),
            kept,
            live: false,
            silent: Vec::new(),
            starts: None,
            groups: HashMap::new(),
        })
    }

    /// What a column became: its row's target and its point, or nothing.
    fn dressed(&self, column: u32) -> Option<(Labels, Labels)> {
        let place = self.places[column as usize];
        (place != DROPPED).then(|| {
            let layout = &self.rows[place.row as usize].layout;
            (layout.target.clone(), layout.points[place.column as usize].clone())
        })
    }

    /// How many kept columns say something now and did not before.
    fn newly_present(&self, silent: &[u32]) -> usize {
        if !self.live {
            let silent = silent.iter().filter(|&&column| self.places[column as usize] != DROPPED).count();
            return self.kept - silent;
        }
        let back = self.silent.iter().filter(|&column| silent.binary_search(column).is_err());
        back.filter(|&&column| self.places[column as usize] != DROPPED).count()
    }

    /// Copies a page along the cut.
    fn page_frames(&mut self, page: Page, silent: Vec<u32>, time: Timestamp, frames: &mut Vec<Frame>) {
        self.refresh_starts(&page.starts);
        let mut ended = Vec::new();
        if self.live && silent != self.silent {
            ended.extend(silent.iter().copied().filter(|column| self.silent.binary_search(column).is_err()));
        }
        let mut histograms = split(&self.places, self.rows.len(), page.histograms);
        let mut exemplars = split(&self.places, self.rows.len(), page.exemplars);
        let mut page_values = page.values;
        self.group_frames(&page.times, &page_values, &mut histograms, &mut exemplars, frames);
        let mut left_out: Vec<u32> = page.absent;
        left_out.extend(page.times.iter().map(|(column, _)| *column));
        left_out.sort_unstable();
        left_out.dedup();
        left_out.retain(|column| ended.binary_search(column).is_err());
        for &column in &ended {
            page_values[column as usize] = STALE_NAN;
        }
        let mut absent =
            split(&self.places, self.rows.len(), left_out.into_iter().map(|column| (column, ())));
        for (index, row) in self.rows.iter().enumerate().rev() {
            let values = match row.whole {
                true => std::mem::take(&mut page_values),
                false => row.sources.iter().map(|&source| page_values[source as usize]).collect(),
            };
            let frame = Frame {
                layout: row.layout.clone(),
                time,
                values,
                absent: std::mem::take(&mut absent[index]).into_iter().map(|(column, ())| column).collect(),
                histograms: std::mem::take(&mut histograms[index]),
                exemplars: std::mem::take(&mut exemplars[index]),
                starts: row.starts.clone(),
            };
            // A row of which nothing is said does not become a frame; the target's own always says `up`.
            if index == 0 || frame.absent.len() < frame.values.len() {
                frames.push(frame);
            }
        }
        self.live = true;
        self.silent = silent;
    }

    /// Frames of the samples that bring times of their own, one for each row and time.
    fn group_frames(
        &mut self,
        times: &[(u32, Timestamp)],
        values: &[f64],
        histograms: &mut [Vec<(u32, Value)>],
        exemplars: &mut [Vec<(u32, model::Exemplar)>],
        frames: &mut Vec<Frame>,
    ) {
        if times.is_empty() {
            return;
        }
        let mut groups: HashMap<(u32, Timestamp), Vec<(u32, u32)>> = HashMap::new();
        for &(source, time) in times {
            let place = self.places[source as usize];
            if place != DROPPED {
                groups.entry((place.row, time)).or_default().push((place.column, source));
            }
        }
        if self.groups.len() > GROUPS_MAX {
            self.groups.clear();
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_unstable_by_key(|(key, _)| *key);
        for ((row_index, time), columns) in groups {
            let row = &self.rows[row_index as usize];
            let key: Vec<u32> = columns.iter().map(|(column, _)| *column).collect();
            let layout = self.groups.entry((row_index, key)).or_insert_with_key(|(_, columns)| {
                let points = columns.iter().map(|&column| row.layout.points[column as usize].clone());
                Layout::new(row.layout.target.clone(), points.collect(), Vec::new())
            });
            let take = |all: &mut Vec<(u32, Value)>| take_columns(all, &columns);
            let starts: Arc<[Timestamp]> = match row.starts.is_empty() {
                true => row.starts.clone(),
                false => columns.iter().map(|(column, _)| row.starts[*column as usize]).collect(),
            };
            frames.push(Frame {
                layout: layout.clone(),
                time,
                values: columns.iter().map(|(_, source)| values[*source as usize]).collect(),
                absent: Vec::new(),
                histograms: take(&mut histograms[row_index as usize]),
                exemplars: take_columns(&mut exemplars[row_index as usize], &columns),
                starts,
            });
        }
    }

    /// Start times hardly ever change, so each row's are made once for each list the page brings.
    fn refresh_starts(&mut self, starts: &Arc<[Timestamp]>) {
        if self.starts.as_ref().is_some_and(|known| Arc::ptr_eq(known, starts)) {
            return;
        }
        for row in &mut self.rows {
            row.starts = match starts.is_empty() {
                true => Arc::from([]),
                false => (0..row.layout.points.len())
                    .map(|column| row.sources.get(column).map_or(0, |&source| starts[source as usize]))
                    .collect(),
            };
        }
        self.starts = Some(starts.clone());
    }
}

/// What one exposed series becomes: its target's labels and its point, or nothing.
fn dress_series(
    style: &Style,
    target_names: &[&str],
    exposed: &Labels,
) -> Result<Option<(Labels, Labels)>, Refusal> {
    let clashes = exposed.iter().any(|(name, _)| target_names.contains(&name));
    let (target, point, full) = if style.rules.is_empty() && !clashes {
        (style.target.clone(), exposed.clone(), None)
    } else {
        let mut builder = exposed.to_builder();
        for (name, value) in &style.target {
            let own = builder.value(name).to_owned();
            if own.is_empty() {
                builder.set(name, value);
            } else if !style.honor_labels {
                let mut exported = format!("exported_{name}");
                while !exposed.value(&exported).is_empty() {
                    exported.insert_str(0, "exported_");
                }
                builder.set(&exported, &own).set(name, value);
            }
        }
        if !relabel::apply(&style.rules, &mut builder) {
            return Ok(None);
        }
        let full = builder.build();
        let target = full.filter(|name| target_names.contains(&name));
        let point = full.filter(|name| !target_names.contains(&name));
        (target, point, Some(full))
    };
    limits::check_series(style, full.as_ref(), &target, &point)?;
    Ok(Some((target, point)))
}

/// The columns whose end need not be marked: those that say nothing, and those with times of their own.
fn silent_columns(page: &Page, track_timestamps: bool) -> Vec<u32> {
    if page.times.is_empty() || track_timestamps {
        return page.absent.clone();
    }
    let mut silent: Vec<u32> =
        page.absent.iter().copied().chain(page.times.iter().map(|(column, _)| *column)).collect();
    silent.sort_unstable();
    silent.dedup();
    silent
}

/// Ends the series that the old shape had and the new page does not; says how many series are new.
fn end_of_shape(old: &Cut, new: &mut Cut, silent: &[u32], time: Timestamp, frames: &mut Vec<Frame>) -> usize {
    let was_alive = |column: u32| old.live && old.silent.binary_search(&column).is_err();
    let old_columns: HashMap<&Labels, u32> = old.shape.series.iter().zip(0..).collect();
    let mut gone: Vec<bool> = (0..old.shape.series.len() as u32).map(was_alive).collect();
    let mut added = 0;
    for (column, series) in (0u32..).zip(&new.shape.series) {
        let is_said = silent.binary_search(&column).is_err();
        let old_column = old_columns.get(series).copied().filter(|&column| was_alive(column));
        match old_column {
            Some(old_column) if is_said => gone[old_column as usize] = false,
            None if is_said && new.places[column as usize] != DROPPED => added += 1,
            Some(_) | None => {}
        }
    }
    if gone.contains(&true) {
        let is_gone = |column: u32| gone[column as usize];
        let ended = old.rows.iter().filter_map(|row| stale_row(row, is_gone, time));
        frames.extend(ended.map(|mut frame| {
            let said = frame.values.len() as u32;
            frame.absent.extend(said..frame.layout.points.len() as u32);
            frame.values.resize(frame.layout.points.len(), STALE_NAN);
            frame
        }));
    }
    added
}

/// A frame that ends those of a row's columns whose source `is_gone` admits; `None` where there are none.
fn stale_row(row: &Row, is_gone: impl Fn(u32) -> bool, time: Timestamp) -> Option<Frame> {
    let absent: Vec<u32> = (0u32..)
        .zip(&row.sources)
        .filter(|(_, source)| !is_gone(**source))
        .map(|(column, _)| column)
        .collect();
    if absent.len() == row.sources.len() {
        return None;
    }
    let mut frame = empty_frame(row.layout.clone(), time);
    frame.values = vec![STALE_NAN; row.sources.len()];
    frame.absent = absent;
    Some(frame)
}

fn empty_frame(layout: Arc<Layout>, time: Timestamp) -> Frame {
    Frame {
        layout,
        time,
        values: Vec::new(),
        absent: Vec::new(),
        histograms: Vec::new(),
        exemplars: Vec::new(),
        starts: Arc::from([]),
    }
}

/// The frame of the target's own row, which is the last that was pushed, moved to the front.
fn main_frame<'a>(frames: &'a mut [Frame], layout: &Arc<Layout>) -> &'a mut Frame {
    let last = frames.len() - 1;
    debug_assert_eq!(frames[last].layout.id(), layout.id());
    frames.swap(0, last);
    &mut frames[0]
}

/// Deals what stands at columns of the shape out to the rows, at the rows' columns.
fn split<T>(places: &[Place], rows: usize, items: impl IntoIterator<Item = (u32, T)>) -> Vec<Vec<(u32, T)>> {
    let mut dealt: Vec<Vec<(u32, T)>> = std::iter::repeat_with(Vec::new).take(rows).collect();
    for (source, item) in items {
        let place = places[source as usize];
        if place != DROPPED {
            dealt[place.row as usize].push((place.column, item));
        }
    }
    dealt
}

/// Takes what stands at any of `columns` out of `all`, renumbered to the position within `columns`.
fn take_columns<T>(all: &mut Vec<(u32, T)>, columns: &[(u32, u32)]) -> Vec<(u32, T)> {
    let position = |column: u32| columns.binary_search_by_key(&column, |(column, _)| *column).ok();
    all.extract_if(.., |(column, _)| position(*column).is_some())
        .map(|(column, item)| (position(column).map_or(0, |at| at as u32), item))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::{Format, Options, Reader};

    use super::*;
    use crate::config::RelabelConfig;

    fn style(rules: serde_json::Value, change: impl FnOnce(&mut Style)) -> Style {
        let configs: Vec<RelabelConfig> = serde_json::from_value(rules).unwrap();
        let mut style = Style {
            target: Labels::from_pairs([("job", "j"), ("instance", "i")]),
            rules: configs.iter().map(|config| config.compile(NameScheme::Utf8).unwrap()).collect(),
            honor_labels: false,
            honor_timestamps: true,
            track_timestamps: false,
            limits: ScrapeLimits::default(),
            names: NameScheme::Utf8,
            extra_metrics: false,
        };
        change(&mut style);
        style
    }

    /// What frames say beside the automatic series, one line per series, sorted.
    fn show(frames: &[Frame]) -> Vec<String> {
        let mut lines = Vec::new();
        for frame in frames {
            assert_eq!(frame.values.len(), frame.layout.points.len(), "a row has a value per column");
            assert!(frame.absent.is_sorted());
            for (column, value) in frame.values.iter().enumerate() {
                let series = frame.layout.series(column);
                if frame.absent.contains(&(column as u32)) || series.metric_name().starts_with("scrape_") {
                    continue;
                }
                let value = if model::is_stale_nan(*value) { "stale".to_owned() } else { value.to_string() };
                lines.push(format!("{series} {value} @{}", frame.time));
            }
        }
        lines.sort();
        lines
    }

    /// Feeds pages (or failures, where the page is `!`) to a dresser, 10 apart, and compares what came of each.
    fn check(style: Style, steps: &[(&str, &str)]) {
        let (mut dresser, mut reader) = (Dresser::new(style), Reader::new());
        for (index, (body, want)) in steps.iter().enumerate() {
            let time = 10 * (index as i64 + 1);
            let report = Report::default();
            let got = match *body {
                "!" => show(&dresser.fail(time, Counts::default(), report)),
                "end" => show(&dresser.end(time)),
                body => {
                    let page = reader.read(body.as_bytes(), Format::Text, &Options::default()).unwrap();
                    match dresser.dress(page, time, report) {
                        Ok((frames, counts)) => {
                            let mut lines = show(&frames);
                            lines.push(format!("{}/{}/{}", counts.scraped, counts.kept, counts.added));
                            lines
                        }
                        Err(refusal) => vec![refusal.to_string()],
                    }
                }
            };
            let want: Vec<String> = want
                .trim()
                .lines()
                .map(|line| line.trim().replace('J', r#"instance="i", job="j""#))
                .collect();
            assert_eq!(got, want, "step {index}: {body}");
        }
    }

    #[test]
    fn series_that_vanish_end_once() {
        check(
            style(json!([]), |_| {}),
            &[
                ("a 1\nb 2\n", "a{J} 1 @10\nb{J} 2 @10\nup{J} 1 @10\n2/2/2"),
                ("a 1\n", "a{J} 1 @20\nb{J} stale @20\nup{J} 1 @20\n1/1/0"),
                ("a 1\n", "a{J} 1 @30\nup{J} 1 @30\n1/1/0"),
                ("a 1\nb 3\n", "a{J} 1 @40\nb{J} 3 @40\nup{J} 1 @40\n2/2/1"),
                ("a 1\nc 3\n", "a{J} 1 @50\nb{J} stale @50\nc{J} 3 @50\nup{J} 1 @50\n2/2/1"),
                ("!", "a{J} stale @60\nc{J} stale @60\nup{J} 0 @60"),
                ("!", "up{J} 0 @70"),
                ("c 4\n", "c{J} 4 @80\nup{J} 1 @80\n1/1/1"),
                ("end", "c{J} stale @90\nup{J} stale @90"),
                ("end", ""),
            ],
        );
    }

    #[test]
    fn labels_of_the_target_win_or_lose() {
        check(
            style(json!([]), |_| {}),
            &[(
                "a{job=\"x\",exported_job=\"y\"} 1\n",
                r#"a{exported_exported_job="x", exported_job="y", J} 1 @10
                up{J} 1 @10
                1/1/1"#,
            )],
        );
        check(
            style(json!([]), |style| style.honor_labels = true),
            &[
                (
                    "a{job=\"x\"} 1\nb 2\n",
                    "a{instance=\"i\", job=\"x\"} 1 @10\nb{J} 2 @10\nup{J} 1 @10\n2/2/2",
                ),
                ("b 2\n", "a{instance=\"i\", job=\"x\"} stale @20\nb{J} 2 @20\nup{J} 1 @20\n1/1/0"),
            ],
        );
    }

    #[test]
    fn relabelling_drops_renames_and_merges() {
        check(
            style(
                json!([
                    {"source_labels": ["__name__"], "regex": "drop_.*", "action": "drop"},
                    {"regex": "id", "action": "labeldrop"},
                    {"source_labels": ["__name__"], "regex": "c", "target_label": "instance", "replacement": ""},
                ]),
                |_| {},
            ),
            &[(
                "drop_x 1\na{id=\"1\"} 1\na{id=\"2\"} 2\nc 3\n",
                "a{J} 1 @10\nc{job=\"j\"} 3 @10\nup{J} 1 @10\n4/2/2",
            )],
        );
        check(
            style(json!([{"regex": "__name__", "action": "labeldrop"}]), |_| {}),
            &[("a 1\n", "missing metric name (__name__ label) after relabelling: {J}"), ("!", "up{J} 0 @20")],
        );
    }

    #[test]
    fn limits_refuse_the_whole_page() {
        check(
            style(json!([]), |style| style.limits.samples_max = 1),
            &[
                ("a 1\n", "a{J} 1 @10\nup{J} 1 @10\n1/1/1"),
                ("a 1\nb 2\n", "sample limit exceeded: 2 samples, 1 allowed"),
                ("!", "a{J} stale @30\nup{J} 0 @30"),
            ],
        );
        check(
            style(json!([]), |style| style.limits.labels_max = 3),
            &[("a{x=\"1\"} 1\n", "label_limit exceeded: a{J, x=\"1\"} has 4 labels, 3 allowed")],
        );
        check(
            style(json!([]), |style| style.limits.label_value_bytes_max = 3),
            &[(
                "a{x=\"1234\"} 1\n",
                "label_value_length_limit exceeded: label \"x\" of a{J, x=\"1234\"} is longer than 3 bytes",
            )],
        );
    }

    #[test]
    fn times_of_the_exposition_are_taken_or_not() {
        check(
            style(json!([]), |_| {}),
            &[
                (
                    "a 1 5\nb 2 5\nc 3 6\nd 4\n",
                    "a{J} 1 @5\nb{J} 2 @5\nc{J} 3 @6\nd{J} 4 @10\nup{J} 1 @10\n4/4/4",
                ),
                ("d 4\n", "d{J} 4 @20\nup{J} 1 @20\n1/1/0"),
            ],
        );
        check(
            style(json!([]), |style| style.track_timestamps = true),
            &[
                ("a 1 5\nd 4\n", "a{J} 1 @5\nd{J} 4 @10\nup{J} 1 @10\n2/2/2"),
                ("d 4\n", "a{J} stale @20\nd{J} 4 @20\nup{J} 1 @20\n1/1/0"),
            ],
        );
        check(
            style(json!([]), |style| style.honor_timestamps = false),
            &[("a 1 5\n", "a{J} 1 @10\nup{J} 1 @10\n1/1/1")],
        );
    }

    #[test]
    fn the_steady_state_keeps_its_layout() {
        let (mut dresser, mut reader) = (Dresser::new(style(json!([]), |_| {})), Reader::new());
        let mut layouts = HashSet::default();
        for value in 0..5 {
            let body = format!("a {value}\nb 2\n");
            let page = reader.read(body.as_bytes(), Format::Text, &Options::default()).unwrap();
            let (frames, _) = dresser.dress(page, value, Report::default()).unwrap();
            assert_eq!((frames.len(), frames[0].values[0]), (1, value as f64));
            layouts.insert(frames[0].layout.id());
        }
        assert_eq!(layouts.len(), 1);
    }
}
