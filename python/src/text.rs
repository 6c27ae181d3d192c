//! The text format and OpenMetrics, written without the interpreter.

use std::fmt::Write;

use pyo3::prelude::*;

use crate::exposition::{Family, Format, Snapshot};

/// A float as Go writes it, which is how Prometheus clients write it.
#[pyfunction]
pub(crate) fn format_number(value: f64) -> String {
    let mut out = String::new();
    push_number(&mut out, value);
    out
}

/// The labels of a series as text: `{a="b",z="c"}`, and for buckets what is before and after `le`, which is sorted in.
#[derive(Default)]
struct LabelText {
    whole: String,
    before_bound: String,
    after_bound: String,
}

impl LabelText {
    /// Becomes the labels of another series; `order` are the places of the names as they are written.
    fn set(&mut self, names: &[String], order: &[usize], values: &[&str]) {
        for text in [&mut self.whole, &mut self.before_bound, &mut self.after_bound] {
            text.clear();
        }
        for (place, at) in order.iter().enumerate() {
            self.whole.push(if place == 0 { '{' } else { ',' });
            push_label(&mut self.whole, &names[*at], values[*at]);
        }
        if !order.is_empty() {
            self.whole.push('}');
        }
    }

    /// What is around the label of a bucket or quantile.
    fn split(&mut self, names: &[String], order: &[usize], values: &[&str], own: &str) {
        for at in order {
            let (name, value) = (&names[*at], values[*at]);
            if name.as_str() < own {
                push_label(&mut self.before_bound, name, value);
                self.before_bound.push(',');
            } else {
                self.after_bound.push(',');
                push_label(&mut self.after_bound, name, value);
            }
        }
    }
}

/// The family as text.
pub(crate) fn write(family: &Family<'_>, format: Format, snapshot: &Snapshot<'_>) -> String {
    let mut order: Vec<usize> = (0..family.label_names.len()).collect();
    order.sort_by(|left, right| family.label_names[*left].cmp(&family.label_names[*right]));
    let writer = Writer { family, format, snapshot, order };
    let mut out = String::with_capacity(snapshot.created.len() * 96 + 256);
    writer.all(&mut out);
    out
}

struct Writer<'a> {
    family: &'a Family<'a>,
    format: Format,
    snapshot: &'a Snapshot<'a>,
    order: Vec<usize>,
}

impl Writer<'_> {
    fn all(&self, out: &mut String) {
        let (kind, snapshot) = (self.family.kind, self.snapshot);
        let is_open = self.format == Format::OpenMetrics;
        self.header(out, if kind == "counter" && !is_open { "_total" } else { "" }, kind);
        // The text of numbers that all series have: bounds, or quantiles.
        let own = if kind == "summary" { &snapshot.shape.quantiles } else { &snapshot.shape.bounds };
        let own: Vec<String> = own.iter().map(|number| format_number(*number)).collect();
        let mut labels = LabelText::default();
        for (at, series) in snapshot.each() {
            labels.set(self.family.label_names, &self.order, series.values);
            match kind {
                "counter" => {
                    self.sample(out, "_total", &labels.whole, series.numbers[0]);
                    self.exemplar(out, at, 0);
                }
                "summary" => {
                    labels.split(self.family.label_names, &self.order, series.values, "quantile");
                    for (quantile, value) in own.iter().zip(&series.numbers[2..]) {
                        self.own_sample(out, "", "quantile", quantile, &labels, *value);
                    }
                    self.sample(out, "_count", &labels.whole, series.numbers[1]);
                    self.sample(out, "_sum", &labels.whole, series.numbers[0]);
                }
                "histogram" => {
                    labels.split(self.family.label_names, &self.order, series.values, "le");
                    self.buckets(out, at, &labels, &own, series.numbers);
                }
                _ => self.sample(out, "", &labels.whole, series.numbers[0]),
            }
            if is_open && self.family.with_created {
                self.sample(out, "_created", &labels.whole, series.created);
            }
        }
        if !is_open && self.family.with_created && !snapshot.created.is_empty() {
            // In this format they are a family of their own.
            self.header(out, "_created", "gauge");
            for (_, series) in snapshot.each() {
                labels.set(self.family.label_names, &self.order, series.values);
                self.sample(out, "_created", &labels.whole, series.created);
            }
        }
    }

    fn buckets(&self, out: &mut String, at: usize, labels: &LabelText, bounds: &[String], numbers: &[f64]) {
        let mut count = 0.0;
        for (bucket, (bound, observations)) in bounds.iter().zip(&numbers[1..]).enumerate() {
            count += observations;
            self.own_sample(out, "_bucket", "le", bound, labels, count);
            self.exemplar(out, at, 1 + bucket);
        }
        // Where observations may be negative a sum goes down, which is nothing that a counter may do.
        if self.snapshot.shape.bounds.first().is_some_and(|bound| *bound >= 0.0) {
            self.sample(out, "_count", &labels.whole, count);
            self.sample(out, "_sum", &labels.whole, numbers[0]);
        }
    }

    fn header(&self, out: &mut String, suffix: &str, kind: &str) {
        let name = self.family.name;
        let mut help = self.family.help.replace('\\', r"\\").replace('\n', r"\n");
        if self.format == Format::OpenMetrics {
            help = help.replace('"', "\\\"");
        }
        let _ = writeln!(out, "# HELP {name}{suffix} {help}");
        let _ = writeln!(out, "# TYPE {name}{suffix} {kind}");
        if self.format == Format::OpenMetrics && !self.family.unit.is_empty() {
            let _ = writeln!(out, "# UNIT {name}{suffix} {}", self.family.unit);
        }
    }

    fn sample(&self, out: &mut String, suffix: &str, labels: &str, value: f64) {
        for part in [self.family.name, suffix, labels, " "] {
            out.push_str(part);
        }
        push_number(out, value);
        out.push('\n');
    }

    /// A sample with a label of its own.
    fn own_sample(
        &self,
        out: &mut String,
        suffix: &str,
        own: &str,
        text: &str,
        labels: &LabelText,
        value: f64,
    ) {
        for part in [self.family.name, suffix, "{", &labels.before_bound, own, "=\"", text, "\""] {
            out.push_str(part);
        }
        for part in [&labels.after_bound, "} "] {
            out.push_str(part);
        }
        push_number(out, value);
        out.push('\n');
    }

    /// Adds the exemplar of a number to the line that was just written.
    fn exemplar(&self, out: &mut String, series: usize, number: usize) {
        if self.format != Format::OpenMetrics {
            return;
        }
        let Some(exemplar) = self.snapshot.exemplars.get(&(series, number)) else { return };
        out.truncate(out.len() - 1);
        out.push_str(" # {");
        for (at, (name, value)) in exemplar.labels.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_label(out, name, value);
        }
        out.push_str("} ");
        push_number(out, exemplar.value);
        if let Some(time) = &exemplar.time {
            let _ = write!(out, " {time}");
        }
        out.push('\n');
    }
}

fn push_label(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    if !value.bytes().any(|byte| matches!(byte, b'\\' | b'\n' | b'"')) {
        out.push_str(value);
    } else {
        for character in value.chars() {
            match character {
                '\\' => out.push_str(r"\\"),
                '\n' => out.push_str(r"\n"),
                '"' => out.push_str("\\\""),
                other => out.push(other),
            }
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
        push_integer(out, value as u32);
        out.push_str(".0");
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

fn push_integer(out: &mut String, mut value: u32) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
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
