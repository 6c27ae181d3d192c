//! From a page to frames: relabelling, the target's labels, staleness and the series every scrape adds about itself.
//!
//! What a page's series become depends on the page's shape alone, so it is worked out once per shape (the *cut*)
//! and each further page of that shape is only copied along it. Series that end up with other target labels than
//! the target's own go to a row of their own, because no point of a layout may have a target label's name.

mod cut;
mod ended;
mod frames;
mod limits;
mod report;
mod series;

use std::sync::Arc;

use model::{Frame, Labels, Layout, STALE_NAN, Timestamp};
use wire::Page;

use crate::config::{NameScheme, ScrapeLimits};
use crate::relabel::Rule;
use cut::Cut;
use ended::{end_of_shape, end_of_style, silent_columns, stale_row};
use frames::{empty_frame, main_frame};
pub use limits::Refusal;
pub use report::{Counts, Report};
use report::{push_report, report_points};

/// What decides how pages of a target are dressed.
#[derive(Clone, Debug, PartialEq)]
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
    /// What was alive when the style changed: what the first scrape of the new style does not bring ends with it.
    inherited: Option<Cut>,
    /// The shape that was refused last, and why, so that it is not worked out again at every scrape.
    refused: Option<(u64, Refusal)>,
    report_only: Arc<Layout>,
    /// Whether the last scrape left the automatic series alive.
    reported: bool,
}

impl Dresser {
    /// A dresser that has seen nothing yet.
    pub fn new(style: Style) -> Dresser {
        let points = report_points(style.extra_metrics);
        let report_only = Layout::new(style.target.clone(), points, Vec::new());
        Dresser { style, cut: None, inherited: None, refused: None, report_only, reported: false }
    }

    /// Dresses pages in another style from now on.
    pub fn restyle(&mut self, style: Style) {
        if style == self.style {
            return;
        }
        let alive = self.cut.take().filter(|cut| cut.live).or_else(|| self.inherited.take());
        *self = Dresser { inherited: alive, reported: self.reported, ..Dresser::new(style) };
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
        let absent_kept = page.absent.iter().filter(|&&column| cut.place(column).is_some()).count();
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
            Some(new_cut) => {
                let added = match self.cut.take() {
                    Some(old) => end_of_shape(&old, &new_cut, &silent, time, &mut frames),
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
        if let Some(old) = self.inherited.take() {
            end_of_style(&old, time, &mut frames);
        }
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
        if let Some(old) = self.inherited.take() {
            end_of_style(&old, time, &mut frames);
        }
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
        if let Some(old) = self.inherited.take() {
            end_of_style(&old, time, &mut frames);
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

#[cfg(test)]
mod tests {
    use foldhash::HashSet;
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
    fn replicas_share_their_points_and_metadata() {
        let layouts = ["a", "b"].map(|instance| {
            let target = Labels::from_pairs([("instance", instance)]);
            let mut dresser = Dresser::new(style(json!([]), |style| style.target = target));
            let body = "# HELP a of use\na 1\nb 2\n";
            let page = Reader::new().read(body.as_bytes(), Format::Text, &Options::default()).unwrap();
            let (frames, _) = dresser.dress(page, 1, Report::default()).unwrap();
            frames[0].layout.clone()
        });
        assert_ne!(layouts[0].id(), layouts[1].id());
        assert!(Arc::ptr_eq(&layouts[0].points, &layouts[1].points));
        assert!(Arc::ptr_eq(&layouts[0].metadata, &layouts[1].metadata));
    }

    #[test]
    fn series_that_another_style_does_not_bring_end() {
        let dropping = || json!([{"source_labels": ["__name__"], "regex": "b", "action": "drop"}]);
        let body = "a 1\nb 2\n";
        let dressed = |dresser: &mut Dresser, time: i64| {
            let page = Reader::new().read(body.as_bytes(), Format::Text, &Options::default()).unwrap();
            show(&dresser.dress(page, time, Report::default()).unwrap().0)
                .join("\n")
                .replace(r#"instance="i", job="j""#, "J")
        };
        let begun = || {
            let mut dresser = Dresser::new(style(json!([]), |_| {}));
            assert_eq!(dressed(&mut dresser, 10), "a{J} 1 @10\nb{J} 2 @10\nup{J} 1 @10");
            dresser.restyle(style(dropping(), |_| {}));
            dresser
        };
        let mut dresser = begun();
        assert_eq!(dressed(&mut dresser, 20), "a{J} 1 @20\nb{J} stale @20\nup{J} 1 @20");
        dresser.restyle(style(dropping(), |_| {}));
        assert_eq!(dressed(&mut dresser, 30), "a{J} 1 @30\nup{J} 1 @30");
        // Changed again before a scrape succeeded, and gone before the next one.
        let mut dresser = begun();
        dresser.restyle(style(json!([]), |_| {}));
        let ended = show(&dresser.end(40)).join("\n").replace(r#"instance="i", job="j""#, "J");
        assert_eq!(ended, "a{J} stale @40\nb{J} stale @40\nup{J} stale @40");
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
