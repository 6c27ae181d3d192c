//! The series every scrape adds about itself: `up` and what follows it in the row.

use model::{Frame, Labels, METRIC_NAME};

use super::Style;

/// What the scrape itself was like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// How long it took.
    pub duration_seconds: f64,
    /// How long it might have taken.
    pub timeout_seconds: f64,
    /// The size of the body, uncompressed; -1 where it was over the limit.
    pub body_bytes: i64,
}

/// How many samples a scrape brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// On the page.
    pub scraped: usize,
    /// Left after relabelling.
    pub kept: usize,
    /// Of series that the scrape before did not have.
    pub added: usize,
}

const REPORT_NAMES: [&str; 8] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
];
const REPORT_BASIC: usize = 5;

/// Ends a row of the target with what its scrape was like.
pub(super) fn push_report(frame: &mut Frame, style: &Style, up: bool, counts: Counts, report: Report) {
    let values = [
        f64::from(u8::from(up)),
        report.duration_seconds,
        counts.scraped as f64,
        counts.kept as f64,
        counts.added as f64,
        report.timeout_seconds,
        style.limits.samples_max as f64,
        report.body_bytes as f64,
    ];
    let count = if style.extra_metrics { values.len() } else { REPORT_BASIC };
    frame.values.extend_from_slice(&values[..count]);
}

/// The points behind the values of [`push_report`].
pub(super) fn report_points(extra: bool) -> Vec<Labels> {
    let count = if extra { REPORT_NAMES.len() } else { REPORT_BASIC };
    REPORT_NAMES[..count].iter().map(|name| Labels::from_sorted([(METRIC_NAME, *name)])).collect()
}
