//! What was read, in order: series, values, and what each metric means.

use std::path::Path;

use model::{Labels, METRIC_NAME, Metadata, MetricType};

/// How large a file of the kernel may be.
const FILE_BYTES_MAX: usize = 4 << 20;

/// Series with their values, as they are read.
#[derive(Default)]
pub(super) struct Readings {
    series: Vec<Labels>,
    values: Vec<f64>,
    metadata: Vec<(String, Metadata)>,
}

impl Readings {
    /// Says what a metric is. Comes before its values.
    pub(super) fn describe(&mut self, name: &str, kind: MetricType, help: impl Into<String>) {
        if !self.metadata.iter().any(|(known, _)| known == name) {
            self.metadata.push((name.to_owned(), Metadata { kind, unit: String::new(), help: help.into() }));
        }
    }

    /// A value of a metric that has labels.
    pub(super) fn push(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let named = [(METRIC_NAME, name)];
        self.series.push(Labels::from_pairs(named.iter().chain(labels).copied()));
        self.values.push(value);
    }

    /// A metric with one value and no labels.
    pub(super) fn single(&mut self, name: &str, kind: MetricType, help: impl Into<String>, value: f64) {
        self.describe(name, kind, help);
        self.push(name, &[], value);
    }

    pub(super) fn into_parts(self) -> (Vec<Labels>, Vec<f64>, Vec<(String, Metadata)>) {
        (self.series, self.values, self.metadata)
    }

    /// Series and values as text, one per line.
    #[cfg(test)]
    pub(super) fn show(&self) -> String {
        let lines = self.series.iter().zip(&self.values).map(|(series, value)| format!("{series} {value}\n"));
        lines.collect()
    }
}

/// The text of a file, where it can be read.
pub(super) fn text_of(path: impl AsRef<Path>) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    let bytes = &bytes[..bytes.len().min(FILE_BYTES_MAX)];
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// The number in a file that holds nothing else.
pub(super) fn number_of(path: impl AsRef<Path>) -> Option<f64> {
    text_of(path)?.trim().parse().ok()
}
