//! The text exposition of native metrics, written without the interpreter: what is needed is taken from Python first, and
//! then other threads may run.

use std::fmt::Write;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::metric::{LabelText, Metric};

/// A float as Go writes it, which is how Prometheus clients write it.
#[pyfunction]
pub(crate) fn format_number(value: f64) -> String {
    let mut out = String::new();
    push_number(&mut out, value);
    out
}

/// One family in the text format: `children` by their label values. With `with_created`, when they were created as well.
///
/// `None`: one of them has no native numbers, so that Python has to collect it.
#[pyfunction]
pub(crate) fn render<'py>(
    py: Python<'py>,
    kind: &str,
    name: &str,
    help: &str,
    label_names: Vec<String>,
    children: &Bound<'py, PyDict>,
    with_created: bool,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let order = order_of(&label_names);
    let with_created = with_created && kind != "gauge";
    let mut kept = Vec::with_capacity(children.len());
    for (values, metric) in children {
        let metric = metric.cast_into::<Metric>()?;
        if metric.get().numbers().is_none() {
            return Ok(None);
        }
        metric
            .get()
            .label_text(|| Ok(label_text(&label_names, &order, &values.extract::<Vec<String>>()?)))?;
        let created = if with_created { metric.getattr(intern!(py, "_created"))?.extract()? } else { 0.0 };
        kept.push((metric.unbind(), created));
    }
    let family = Family { name, help, kind, with_created };
    let text = py.detach(|| {
        let mut snapshot = Snapshot::default();
        for (metric, created) in &kept {
            let metric = metric.get();
            let (Some(series), Ok(labels)) = (metric.numbers(), metric.label_text(|| Ok(no_labels()))) else {
                continue;
            };
            series.cells.read(&mut snapshot.numbers);
            snapshot.bounds = &series.bounds;
            snapshot.series.push((labels, *created));
        }
        family.text(&snapshot)
    });
    Ok(Some(PyBytes::new(py, text.as_bytes())))
}

/// All series of a family at one moment.
#[derive(Default)]
pub(crate) struct Snapshot<'a> {
    /// Labels, and when it was created.
    pub(crate) series: Vec<(&'a LabelText, f64)>,
    /// The numbers of all, as many for each.
    pub(crate) numbers: Vec<f64>,
    /// Of histograms, which all series have the same of.
    pub(crate) bounds: &'a [f64],
}

/// The places of label names in the order in which they are written.
pub(crate) fn order_of(names: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|left, right| names[*left].cmp(&names[*right]));
    order
}

/// The labels of a series; `values` go with `names`.
pub(crate) fn label_text(names: &[String], order: &[usize], values: &[String]) -> LabelText {
    let mut text =
        LabelText { whole: String::new(), before_bound: String::new(), after_bound: String::new() };
    for (place, at) in order.iter().enumerate() {
        let (name, value) = (&names[*at], &values[*at]);
        text.whole.push(if place == 0 { '{' } else { ',' });
        push_label(&mut text.whole, name, value);
        if name.as_str() < "le" {
            push_label(&mut text.before_bound, name, value);
            text.before_bound.push(',');
        } else {
            text.after_bound.push(',');
            push_label(&mut text.after_bound, name, value);
        }
    }
    if !order.is_empty() {
        text.whole.push('}');
    }
    text
}

/// How a family is written.
pub(crate) struct Family<'a> {
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) with_created: bool,
}

impl Family<'_> {
    pub(crate) fn text(&self, snapshot: &Snapshot<'_>) -> String {
        let mut out = String::with_capacity(snapshot.series.len() * 96 + 256);
        self.header(&mut out, if self.kind == "counter" { "_total" } else { "" }, self.kind);
        let bounds: Vec<String> = snapshot.bounds.iter().map(|bound| format_number(*bound)).collect();
        let each = (snapshot.numbers.len() / snapshot.series.len().max(1)).max(1);
        for ((labels, _), numbers) in snapshot.series.iter().zip(snapshot.numbers.chunks(each)) {
            match self.kind {
                "counter" => self.sample(&mut out, "_total", &labels.whole, numbers[0]),
                "summary" => {
                    self.sample(&mut out, "_count", &labels.whole, numbers[1]);
                    self.sample(&mut out, "_sum", &labels.whole, numbers[0]);
                }
                "histogram" => {
                    self.buckets(&mut out, labels, &bounds, numbers);
                    // Where observations may be negative a sum goes down, which is nothing that a counter may do.
                    if snapshot.bounds.first().is_some_and(|bound| *bound >= 0.0) {
                        self.sample(&mut out, "_count", &labels.whole, numbers[1..].iter().sum());
                        self.sample(&mut out, "_sum", &labels.whole, numbers[0]);
                    }
                }
                _ => self.sample(&mut out, "", &labels.whole, numbers[0]),
            }
        }
        if self.with_created && !snapshot.series.is_empty() {
            self.header(&mut out, "_created", "gauge");
            for (labels, created) in &snapshot.series {
                self.sample(&mut out, "_created", &labels.whole, *created);
            }
        }
        out
    }

    fn buckets(&self, out: &mut String, labels: &LabelText, bounds: &[String], numbers: &[f64]) {
        let mut count = 0.0;
        for (bound, observations) in bounds.iter().zip(&numbers[1..]) {
            count += observations;
            for part in
                [self.name, "_bucket{", &labels.before_bound, "le=\"", bound, "\"", &labels.after_bound, "} "]
            {
                out.push_str(part);
            }
            push_number(out, count);
            out.push('\n');
        }
    }

    fn header(&self, out: &mut String, suffix: &str, kind: &str) {
        let help = self.help.replace('\\', r"\\").replace('\n', r"\n");
        let _ = writeln!(out, "# HELP {}{suffix} {help}", self.name);
        let _ = writeln!(out, "# TYPE {}{suffix} {kind}", self.name);
    }

    fn sample(&self, out: &mut String, suffix: &str, labels: &str, value: f64) {
        for part in [self.name, suffix, labels, " "] {
            out.push_str(part);
        }
        push_number(out, value);
        out.push('\n');
    }
}

/// What metrics without labels have.
fn no_labels() -> LabelText {
    label_text(&[], &[], &[])
}

fn push_label(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    for character in value.chars() {
        match character {
            '\\' => out.push_str(r"\\"),
            '\n' => out.push_str(r"\n"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Shortest digits that read back as the same number. Positive numbers have an exponent from a million up, as Go has it;
/// others from where Python has it.
fn push_number(out: &mut String, value: f64) {
    if !value.is_finite() {
        out.push_str(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        });
        return;
    }
    // Numbers up to a million that are whole, which is what most counters are.
    if (0.0..1e6).contains(&value) && value.trunc() == value && value.is_sign_positive() {
        let _ = write!(out, "{}.0", value as u32);
        return;
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..if value > 0.0 { 6 } else { 16 }).contains(&exponent) {
        let _ = write!(out, "{value:?}");
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        let check = |value: f64, want: &str| assert_eq!(format_number(value), want);
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(1.0, "1.0");
        check(0.25, "0.25");
        check(999_999.0, "999999.0");
        check(1e6, "1e+06");
        check(12_345_678.9, "1.23456789e+07");
        check(1e10, "1e+10");
        check(1e16, "1e+16");
        check(1.5e22, "1.5e+22");
        check(1e-7, "1e-07");
        check(0.0001, "0.0001");
        check(-1e6, "-1000000.0");
        check(f64::INFINITY, "+Inf");
        check(f64::NEG_INFINITY, "-Inf");
        check(f64::NAN, "NaN");
    }
}
