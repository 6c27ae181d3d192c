//! The text format and OpenMetrics, written without the interpreter.

use flightdeck::binding::{push_help, push_number, push_value};
use pyo3::prelude::*;

use crate::exposition::{Family, Format, Snapshot};

/// A float as Go writes it, which is how Prometheus clients write it.
#[pyfunction]
pub(crate) fn format_number(value: f64) -> String {
    String::from_utf8(number_text(value)).unwrap_or_default()
}

fn number_text(value: f64) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    push_number(&mut out, value);
    out
}

/// The labels of a series as text: `{a="b",z="c"}`, and for buckets what is before and after `le`, which is sorted in.
#[derive(Default)]
struct LabelText {
    whole: Vec<u8>,
    before_bound: Vec<u8>,
    after_bound: Vec<u8>,
}

impl LabelText {
    /// Becomes the labels of another series; `order` are the places of the names as they are written.
    fn set(&mut self, names: &[String], order: &[usize], values: &[&str]) {
        for text in [&mut self.whole, &mut self.before_bound, &mut self.after_bound] {
            text.clear();
        }
        for (place, at) in order.iter().enumerate() {
            self.whole.push(if place == 0 { b'{' } else { b',' });
            push_label(&mut self.whole, &names[*at], values[*at]);
        }
        if !order.is_empty() {
            self.whole.push(b'}');
        }
    }

    /// What is around the label of a bucket or quantile.
    fn split(&mut self, names: &[String], order: &[usize], values: &[&str], own: &str) {
        for at in order {
            let (name, value) = (&names[*at], values[*at]);
            if name.as_str() < own {
                push_label(&mut self.before_bound, name, value);
                self.before_bound.push(b',');
            } else {
                self.after_bound.push(b',');
                push_label(&mut self.after_bound, name, value);
            }
        }
    }
}

/// The family as text.
pub(crate) fn write(family: &Family<'_>, format: Format, snapshot: &Snapshot<'_>) -> Vec<u8> {
    let mut order: Vec<usize> = (0..family.label_names.len()).collect();
    order.sort_by(|left, right| family.label_names[*left].cmp(&family.label_names[*right]));
    let writer = Writer { family, format, snapshot, order };
    let mut out = Vec::with_capacity(snapshot.created.len() * 96 + 256);
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
    fn all(&self, out: &mut Vec<u8>) {
        let (kind, snapshot) = (self.family.kind, self.snapshot);
        let is_open = self.format == Format::OpenMetrics;
        self.header(out, if kind == "counter" && !is_open { "_total" } else { "" }, kind);
        // The text of numbers that all series have: bounds, or quantiles.
        let own = if kind == "summary" { &snapshot.shape.quantiles } else { &snapshot.shape.bounds };
        let own: Vec<Vec<u8>> = own.iter().map(|number| number_text(*number)).collect();
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

    fn buckets(&self, out: &mut Vec<u8>, at: usize, labels: &LabelText, bounds: &[Vec<u8>], numbers: &[f64]) {
        let mut count = 0.0;
        for (bucket, (bound, observations)) in bounds.iter().zip(&numbers[1..]).enumerate() {
            count += observations;
            self.own_sample(out, "_bucket", "le", bound, labels, count);
            self.exemplar(out, at, 1 + bucket);
        }
        self.sample(out, "_count", &labels.whole, count);
        // Where observations may be negative the sum goes down, which is nothing that a counter may do.
        if self.snapshot.shape.bounds.first().is_some_and(|bound| *bound >= 0.0) {
            self.sample(out, "_sum", &labels.whole, numbers[0]);
        }
    }

    fn header(&self, out: &mut Vec<u8>, suffix: &str, kind: &str) {
        let is_open = self.format == Format::OpenMetrics;
        let mut line = |keyword: &str, write: &dyn Fn(&mut Vec<u8>)| {
            for part in ["# ", keyword, " ", self.family.name, suffix, " "] {
                out.extend_from_slice(part.as_bytes());
            }
            write(out);
            out.push(b'\n');
        };
        line("HELP", &|out| push_help(out, self.family.help, is_open));
        line("TYPE", &|out| out.extend_from_slice(kind.as_bytes()));
        if is_open && !self.family.unit.is_empty() {
            line("UNIT", &|out| out.extend_from_slice(self.family.unit.as_bytes()));
        }
    }

    fn sample(&self, out: &mut Vec<u8>, suffix: &str, labels: &[u8], value: f64) {
        for part in [self.family.name.as_bytes(), suffix.as_bytes(), labels, b" "] {
            out.extend_from_slice(part);
        }
        push_number(out, value);
        out.push(b'\n');
    }

    /// A sample with a label of its own.
    fn own_sample(
        &self,
        out: &mut Vec<u8>,
        suffix: &str,
        own: &str,
        text: &[u8],
        labels: &LabelText,
        value: f64,
    ) {
        let (name, suffix) = (self.family.name.as_bytes(), suffix.as_bytes());
        for part in [name, suffix, b"{", &labels.before_bound, own.as_bytes(), b"=\"", text, b"\""] {
            out.extend_from_slice(part);
        }
        for part in [&labels.after_bound, &b"} "[..]] {
            out.extend_from_slice(part);
        }
        push_number(out, value);
        out.push(b'\n');
    }

    /// Adds the exemplar of a number to the line that was just written.
    fn exemplar(&self, out: &mut Vec<u8>, series: usize, number: usize) {
        if self.format != Format::OpenMetrics {
            return;
        }
        let Some(exemplar) = self.snapshot.exemplars.get(&(series, number)) else { return };
        out.truncate(out.len() - 1);
        out.extend_from_slice(b" # {");
        for (at, (name, value)) in exemplar.labels.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            push_label(out, name, value);
        }
        out.extend_from_slice(b"} ");
        push_number(out, exemplar.value);
        if let Some(time) = &exemplar.time {
            out.push(b' ');
            out.extend_from_slice(time.as_bytes());
        }
        out.push(b'\n');
    }
}

fn push_label(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    push_value(out, value.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        let check = |value: f64, want: &str| assert_eq!(format_number(value), want);
        check(0.25, "0.25");
        check(12_345_678.9, "1.23456789e+07");
        check(-1e6, "-1000000.0");
        check(f64::NAN, "NaN");
    }
}
