//! The notation of test scripts: `{{schema:0 sum:5 count:4 buckets:[1 2 1]}}`, alone or as a series of such values.
//!
//! `{{..}}x3` repeats a histogram three more times; `{{..}}+{{..}}x3` adds, and `-` subtracts, the second
//! histogram once more each time.

use std::fmt::Write;

use thiserror::Error;

use super::text::format_general;
use super::types::{CounterReset, FloatHistogram, Span};

/// How many buckets a side may have when it is written, with those that lie in its gaps.
const NOTATION_BUCKETS_MAX: usize = 16_384;

/// How many values a series may be expanded to.
const SERIES_VALUES_MAX: usize = 1_000_000;

/// A histogram that was written down, and whether its counter-reset hint was.
#[derive(Clone, Debug, PartialEq)]
pub struct NotedHistogram {
    /// The histogram.
    pub histogram: FloatHistogram,
    /// Whether `counter_reset_hint` was among its keys; tests compare the hint only then.
    pub counter_reset_noted: bool,
}

/// What is wrong with the notation, and where.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{message} at byte {position}")]
pub struct NotationError {
    /// The byte at which reading stopped.
    pub position: usize,
    /// What was expected there, or is wrong.
    pub message: String,
}

/// Reads one histogram, and nothing after it.
pub fn parse_notation(text: &str) -> Result<NotedHistogram, NotationError> {
    let mut reader = Reader { text, position: 0 };
    let noted = reader.histogram()?;
    reader.end()?;
    Ok(noted)
}

/// Reads one item of a series: a histogram, repeated, increased or decreased. All values it stands for, first to last.
pub fn parse_notation_series(text: &str) -> Result<Vec<NotedHistogram>, NotationError> {
    let mut reader = Reader { text, position: 0 };
    let first = reader.histogram()?;
    let step = match reader.peek() {
        Some(sign @ (b'+' | b'-')) => {
            reader.position += 1;
            Some((sign, reader.histogram()?))
        }
        _ => None,
    };
    let times = match reader.peek() {
        Some(b'x') => reader.times()?,
        None if step.is_none() => 0,
        _ => return Err(reader.error("expected x and how many times")),
    };
    reader.end()?;

    let mut values = Vec::with_capacity(times + 1);
    let counter_reset_noted =
        step.as_ref().map_or(first.counter_reset_noted, |(_, step)| step.counter_reset_noted);
    values.push(NotedHistogram { counter_reset_noted, ..first });
    for _ in 0..times {
        let mut next = values[values.len() - 1].clone();
        if let Some((sign, step)) = &step {
            reader.advance(&mut next.histogram, &step.histogram, *sign)?;
        }
        values.push(next);
    }
    Ok(values)
}

impl FloatHistogram {
    /// The notation of this histogram.
    ///
    /// It has one list of buckets for each side, in which gaps are zeros. A histogram with gaps that would make that longer
    /// than 16,384 has no notation; its `Display` form is given instead.
    pub fn notation(&self) -> String {
        let positive = contiguous(&self.positive_spans, &self.positive);
        let negative = contiguous(&self.negative_spans, &self.negative);
        let (Some(positive), Some(negative)) = (positive, negative) else { return self.to_string() };
        let mut items = Vec::new();
        if self.schema != 0 {
            items.push(format!("schema:{}", self.schema));
        }
        for (key, value) in [
            ("count", self.count),
            ("sum", self.sum),
            ("z_bucket", self.zero_count),
            ("z_bucket_w", self.zero_threshold),
        ] {
            if value != 0.0 {
                items.push(format!("{key}:{}", format_general(value)));
            }
        }
        if self.has_custom_buckets() {
            items.push(format!("custom_values:{}", list(&self.custom_values)));
        }
        let hint = match self.counter_reset {
            CounterReset::Unknown => None,
            CounterReset::Yes => Some("reset"),
            CounterReset::No => Some("not_reset"),
            CounterReset::Gauge => Some("gauge"),
        };
        items.extend(hint.map(|hint| format!("counter_reset_hint:{hint}")));
        for (offset_key, buckets_key, (offset, counts)) in
            [("offset", "buckets", positive), ("n_offset", "n_buckets", negative)]
        {
            if offset != 0 {
                items.push(format!("{offset_key}:{offset}"));
            }
            if !counts.is_empty() {
                items.push(format!("{buckets_key}:{}", list(&counts)));
            }
        }
        format!("{{{{{}}}}}", items.join(" "))
    }
}

/// The first index of a side and its counts from there on without gaps; `None` if those are too many.
fn contiguous(spans: &[Span], counts: &[f64]) -> Option<(i32, Vec<f64>)> {
    let mut all: Vec<f64> = Vec::new();
    let mut first = 0;
    for (index, count) in super::spans::Indexed::new(spans, counts).filter(|&(_, count)| count != 0.0) {
        if all.is_empty() {
            first = index;
        }
        let place = usize::try_from(i64::from(index) - i64::from(first)).ok()?;
        if place >= NOTATION_BUCKETS_MAX || place < all.len() {
            return None;
        }
        all.resize(place, 0.0);
        all.push(count);
    }
    Some((first, all))
}

fn list(values: &[f64]) -> String {
    let mut text = String::from("[");
    for (position, &value) in values.iter().enumerate() {
        let separator = if position == 0 { "" } else { " " };
        let _ = write!(text, "{separator}{}", format_general(value));
    }
    text.push(']');
    text
}

/// A place in the text that is being read.
struct Reader<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Reader<'a> {
    fn histogram(&mut self) -> Result<NotedHistogram, NotationError> {
        self.expect("{{")?;
        let mut histogram = FloatHistogram::default();
        let (mut offset, mut negative_offset) = (0, 0);
        let mut seen: Vec<&str> = Vec::new();
        loop {
            self.spaces();
            if self.text[self.position..].starts_with("}}") {
                self.position += 2;
                break;
            }
            let start = self.position;
            let key = self.word();
            if seen.contains(&key) {
                return Err(NotationError { position: start, message: format!("duplicate key {key:?}") });
            }
            self.expect(":")?;
            match key {
                "schema" => histogram.schema = self.integer()?,
                "sum" => histogram.sum = self.number()?,
                "count" => histogram.count = self.number()?,
                "z_bucket" => histogram.zero_count = self.number()?,
                "z_bucket_w" => histogram.zero_threshold = self.number()?,
                "custom_values" => histogram.custom_values = self.numbers()?.into(),
                "buckets" => histogram.positive = self.numbers()?,
                "n_buckets" => histogram.negative = self.numbers()?,
                "offset" => offset = self.integer()?,
                "n_offset" => negative_offset = self.integer()?,
                "counter_reset_hint" => histogram.counter_reset = self.hint()?,
                _ => {
                    let message = format!("unknown histogram key {key:?}");
                    return Err(NotationError { position: start, message });
                }
            }
            seen.push(key);
        }
        let span = |offset, counts: &[f64]| Span { offset, length: counts.len() as u32 };
        if !histogram.positive.is_empty() {
            histogram.positive_spans.push(span(offset, &histogram.positive));
        }
        if !histogram.negative.is_empty() {
            histogram.negative_spans.push(span(negative_offset, &histogram.negative));
        }
        Ok(NotedHistogram { histogram, counter_reset_noted: seen.contains(&"counter_reset_hint") })
    }

    /// Adds or subtracts the step, which must not be coarser.
    fn advance(
        &self,
        value: &mut FloatHistogram,
        step: &FloatHistogram,
        sign: u8,
    ) -> Result<(), NotationError> {
        if value.schema > step.schema {
            return Err(self.error(&format!("cannot merge from schema {} to {}", step.schema, value.schema)));
        }
        let result = if sign == b'+' { value.add(step) } else { value.subtract(step) };
        result.map(drop).map_err(|error| self.error(&error.to_string()))
    }

    fn times(&mut self) -> Result<usize, NotationError> {
        self.expect("x")?;
        let digits = self.word();
        match digits.parse() {
            Ok(times) if times < SERIES_VALUES_MAX => Ok(times),
            _ => {
                Err(self
                    .error(&format!("expected a number of times below {SERIES_VALUES_MAX}, got {digits:?}")))
            }
        }
    }

    fn hint(&mut self) -> Result<CounterReset, NotationError> {
        let word = self.word();
        match word.to_ascii_lowercase().as_str() {
            "unknown" => Ok(CounterReset::Unknown),
            "reset" => Ok(CounterReset::Yes),
            "not_reset" => Ok(CounterReset::No),
            "gauge" => Ok(CounterReset::Gauge),
            _ => Err(self.error(&format!("expected unknown, reset, not_reset or gauge, got {word:?}"))),
        }
    }

    fn numbers(&mut self) -> Result<Vec<f64>, NotationError> {
        self.expect("[")?;
        let mut numbers = Vec::new();
        loop {
            self.spaces();
            if self.peek() == Some(b']') {
                self.position += 1;
                return Ok(numbers);
            }
            numbers.push(self.number()?);
        }
    }

    fn number(&mut self) -> Result<f64, NotationError> {
        let word = self.word();
        let hexadecimal = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
        let number = match hexadecimal {
            Some(digits) => i64::from_str_radix(digits, 16).ok().map(|number| number as f64),
            None => word.parse().ok(),
        };
        number.ok_or_else(|| self.error(&format!("expected a number, got {word:?}")))
    }

    fn integer<Integer: std::str::FromStr>(&mut self) -> Result<Integer, NotationError> {
        let word = self.word();
        word.parse().map_err(|_| self.error(&format!("expected an integer, got {word:?}")))
    }

    /// What comes before the next space or punctuation of the notation.
    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.position..];
        let end = rest.find([' ', '\t', ':', '[', ']', '{', '}']).unwrap_or(rest.len());
        self.position += end;
        &rest[..end]
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.position += 1;
        }
    }

    fn expect(&mut self, wanted: &str) -> Result<(), NotationError> {
        if !self.text[self.position..].starts_with(wanted) {
            return Err(self.error(&format!("expected {wanted}")));
        }
        self.position += wanted.len();
        Ok(())
    }

    fn end(&self) -> Result<(), NotationError> {
        if self.position < self.text.len() {
            return Err(self.error("expected the end of the histogram"));
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn error(&self, message: &str) -> NotationError {
        NotationError { position: self.position, message: message.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        let got = match parse_notation_series(text) {
            Ok(values) => values.iter().map(|noted| noted.histogram.notation()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn every_key_is_read_and_written() {
        check("{{}}", "{{}}");
        check("{{ schema:0  sum:5 count:4 buckets:[1 2 1] }}", "{{count:4 sum:5 buckets:[1 2 1]}}");
        check(
            "{{schema:1 count:0x10 sum:-Inf z_bucket:1 z_bucket_w:0.5 offset:-3 buckets:[ 1 2 ] n_offset:2 n_buckets:[-7 NaN]}}",
            "{{schema:1 count:16 sum:-Inf z_bucket:1 z_bucket_w:0.5 offset:-3 buckets:[1 2] n_offset:2 n_buckets:[-7 NaN]}}",
        );
        check(
            "{{schema:-53 custom_values:[1 2.5] buckets:[1 2 3] counter_reset_hint:not_reset}}",
            "{{schema:-53 custom_values:[1 2.5] counter_reset_hint:not_reset buckets:[1 2 3]}}",
        );
        check("{{buckets:[]}}", "{{}}");
        check("{{offset:4 buckets:[0 0 1 0]}}", "{{offset:6 buckets:[1]}}");
    }

    #[test]
    fn series_repeat_and_accumulate() {
        check("{{count:1}}x2", "{{count:1}} {{count:1}} {{count:1}}");
        check(
            "{{count:1}}+{{count:2 buckets:[1]}}x2",
            "{{count:1}} {{count:3 buckets:[1]}} {{count:5 buckets:[2]}}",
        );
        check(
            "{{count:9 buckets:[9]}}-{{count:2 buckets:[1]}}x1",
            "{{count:9 buckets:[9]}} {{count:7 buckets:[8]}}",
        );
        check(
            "{{schema:-1}}+{{schema:0 count:2 buckets:[1 1] offset:1}}x1",
            "{{schema:-1}} {{schema:-1 count:2 offset:1 buckets:[2]}}",
        );
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        check("", "expected {{ at byte 0");
        check("{{", "expected : at byte 2");
        check("{{sums:1}}", "unknown histogram key \"sums\" at byte 2");
        check("{{sum:1 sum:2}}", "duplicate key \"sum\" at byte 8");
        check("{{sum:one}}", "expected a number, got \"one\" at byte 9");
        check("{{schema:300}}", "expected an integer, got \"300\" at byte 12");
        check("{{buckets:[1 2}}", "expected a number, got \"\" at byte 14");
        check(
            "{{counter_reset_hint:maybe}}",
            "expected unknown, reset, not_reset or gauge, got \"maybe\" at byte 26",
        );
        check("{{}}x", "expected a number of times below 1000000, got \"\" at byte 5");
        check("{{}}x99999999999", "expected a number of times below 1000000, got \"99999999999\" at byte 16");
        check("{{}}+{{}}", "expected x and how many times at byte 9");
        check("{{}} 1", "expected x and how many times at byte 4");
        check("{{schema:1}}+{{schema:0}}x1", "cannot merge from schema 0 to 1 at byte 27");
        check("{{}}+{{schema:-53}}x1", "cannot merge from schema -53 to 0 at byte 21");
        check(
            "{{schema:-53}}+{{}}x1",
            "histograms with custom and with exponential buckets cannot be combined at byte 21",
        );
    }

    #[test]
    fn a_hint_is_noted_where_it_is_written() {
        let noted = |text| parse_notation_series(text).unwrap()[0].counter_reset_noted;
        assert!(noted("{{counter_reset_hint:unknown}}") && !noted("{{}}x3"));
        assert!(
            noted("{{}}+{{counter_reset_hint:gauge}}x3") && !noted("{{counter_reset_hint:gauge}}+{{}}x3")
        );
    }

    #[test]
    fn gaps_too_wide_to_write_fall_back_to_the_form_for_people() {
        let mut wide = parse_notation("{{count:2 buckets:[1]}}").unwrap().histogram;
        wide.add(&parse_notation("{{offset:1000 buckets:[1]}}").unwrap().histogram).unwrap();
        assert!(wide.notation().starts_with("{{count:2 buckets:[1 0 0 "));
        wide.add(&parse_notation("{{offset:-2000000 buckets:[1]}}").unwrap().histogram).unwrap();
        assert!(wide.notation().starts_with("{count:2, sum:0, "));
    }
}
