//! The text exposition of native metrics, written without the interpreter: what is needed is taken from Python first, and
//! then other threads may run.

use std::fmt::Write;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::cells::Cells;
use crate::metric::Metric;

/// A float as Go writes it, which is how Prometheus clients write it.
#[pyfunction]
pub(crate) fn format_number(value: f64) -> String {
    let mut out = String::new();
    push_number(&mut out, value);
    out
}

/// One family in the text format: `children` are label values, metric, and time of creation.
///
/// `None`: one of them has no native numbers, so that Python has to collect it.
#[pyfunction]
pub(crate) fn render<'py>(
    py: Python<'py>,
    kind: &str,
    name: &str,
    help: &str,
    label_names: Vec<String>,
    children: Vec<(Bound<'py, PyTuple>, Bound<'py, Metric>, f64)>,
    with_created: bool,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let mut series = Vec::with_capacity(children.len());
    for (values, metric, created) in &children {
        let Some(native) = metric.get().series() else { return Ok(None) };
        let values: Vec<String> = values.extract()?;
        series.push(Child { values, cells: Arc::clone(&native.cells), created: *created });
    }
    let bounds = children.first().and_then(|(_, metric, _)| metric.get().series());
    // Where observations may be negative a sum goes down, which is nothing that a counter may do.
    let summed = bounds.is_none_or(|series| series.bounds.first().is_none_or(|bound| *bound >= 0.0));
    let bounds: Vec<String> = bounds
        .map(|series| series.bounds.iter().map(|bound| format_number(*bound)).collect())
        .unwrap_or_default();
    let family = Family { name, help, label_names: &label_names, bounds: &bounds, summed };
    let text = py.detach(|| family.text(kind, &series, with_created));
    Ok(Some(PyBytes::new(py, text.as_bytes())))
}

struct Family<'a> {
    name: &'a str,
    help: &'a str,
    label_names: &'a [String],
    /// Of a histogram's buckets, as text.
    bounds: &'a [String],
    /// Whether a histogram has a sum and a count.
    summed: bool,
}

struct Child {
    values: Vec<String>,
    cells: Arc<Cells>,
    created: f64,
}

impl Family<'_> {
    fn text(&self, kind: &str, children: &[Child], with_created: bool) -> String {
        let mut out = String::with_capacity(children.len() * 96 + 256);
        self.header(&mut out, if kind == "counter" { "_total" } else { "" }, kind);
        let order = self.label_order();
        let mut numbers = Vec::new();
        let mut labels = String::new();
        for child in children {
            child.cells.read(&mut numbers);
            labels.clear();
            self.push_labels(&mut labels, &order, &child.values);
            match kind {
                "counter" => self.sample(&mut out, "_total", &labels, numbers[0]),
                "summary" => {
                    self.sample(&mut out, "_count", &labels, numbers[1]);
                    self.sample(&mut out, "_sum", &labels, numbers[0]);
                }
                "histogram" => self.histogram(&mut out, child, &labels, &numbers),
                _ => self.sample(&mut out, "", &labels, numbers[0]),
            }
        }
        if with_created && kind != "gauge" && !children.is_empty() {
            self.header(&mut out, "_created", "gauge");
            for child in children {
                labels.clear();
                self.push_labels(&mut labels, &order, &child.values);
                self.sample(&mut out, "_created", &labels, child.created);
            }
        }
        out
    }

    fn histogram(&self, out: &mut String, child: &Child, labels: &str, numbers: &[f64]) {
        let (before, after) = self.around_bound(&child.values);
        let mut count = 0.0;
        for (bound, observations) in self.bounds.iter().zip(&numbers[1..]) {
            count += observations;
            for part in [self.name, "_bucket{", &before, "le=\"", bound, "\"", &after, "} "] {
                out.push_str(part);
            }
            push_number(out, count);
            out.push('\n');
        }
        if self.summed {
            self.sample(out, "_count", labels, count);
            self.sample(out, "_sum", labels, numbers[0]);
        }
    }

    /// The labels that come before and after `le`: they are sorted by name.
    fn around_bound(&self, values: &[String]) -> (String, String) {
        let (mut before, mut after) = (String::new(), String::new());
        for at in self.label_order() {
            let name = &self.label_names[at];
            if name.as_str() < "le" {
                push_label(&mut before, name, &values[at]);
                before.push(',');
            } else {
                after.push(',');
                push_label(&mut after, name, &values[at]);
            }
        }
        (before, after)
    }

    fn header(&self, out: &mut String, suffix: &str, kind: &str) {
        let help = self.help.replace('\\', r"\\").replace('\n', r"\n");
        let _ = writeln!(out, "# HELP {}{suffix} {help}", self.name);
        let _ = writeln!(out, "# TYPE {}{suffix} {kind}", self.name);
    }

    fn label_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.label_names.len()).collect();
        order.sort_by(|left, right| self.label_names[*left].cmp(&self.label_names[*right]));
        order
    }

    fn push_labels(&self, labels: &mut String, order: &[usize], values: &[String]) {
        for (place, at) in order.iter().enumerate() {
            labels.push(if place == 0 { '{' } else { ',' });
            push_label(labels, &self.label_names[*at], &values[*at]);
        }
        if !order.is_empty() {
            labels.push('}');
        }
    }

    fn sample(&self, out: &mut String, suffix: &str, labels: &str, value: f64) {
        for part in [self.name, suffix, labels, " "] {
            out.push_str(part);
        }
        push_number(out, value);
        out.push('\n');
    }
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
