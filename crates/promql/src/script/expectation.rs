//! What an `eval` command expects: a result, a failure, annotations, an order.

use model::duration::parse_millis;
use model::{Labels, Timestamp};

use crate::parse::{parse_number, unquote};
use crate::script::series::{self, Point};

/// What follows an `eval`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectation {
    /// Whether the order of series counts.
    pub(crate) ordered: bool,
    /// How the query fails, where it must.
    pub(crate) fail: Option<TextMatch>,
    /// Whether a line says so, rather than the name of the command.
    fail_has_line: bool,
    /// Warnings, all of which must come, and none else once there is one.
    pub(crate) warnings: Vec<TextMatch>,
    /// Infos, likewise.
    pub(crate) infos: Vec<TextMatch>,
    pub(crate) no_warnings: bool,
    pub(crate) no_infos: bool,
    /// `eval_warn`, `eval_info`: at least one, whichever.
    pub(crate) some_warning: bool,
    pub(crate) some_info: bool,
    /// The number a scalar has.
    pub(crate) scalar: Option<f64>,
    /// The text a string has.
    pub(crate) string: Option<String>,
    /// The series of a vector or matrix, in the order they are written.
    pub(crate) series: Vec<(Labels, Vec<Point>)>,
    /// The times of an instant query's range vector: from, to, step.
    pub(crate) range_vector: Option<(Timestamp, Timestamp, Timestamp)>,
}

/// What a message is compared with.
#[derive(Clone, Debug)]
pub(crate) enum TextMatch {
    Anything,
    Exactly(String),
    /// Anywhere in the message.
    Pattern(String, Box<model::Regex>),
}

impl TextMatch {
    pub(crate) fn pattern(pattern: &str) -> Result<TextMatch, String> {
        // The store's expressions match whole texts, those of scripts any part.
        let anywhere = format!("(?s:.*)(?:{pattern})(?s:.*)");
        let regex = model::Regex::new(&anywhere).map_err(|_| format!("invalid regex {pattern}"))?;
        Ok(TextMatch::Pattern(pattern.to_owned(), Box::new(regex)))
    }

    pub(crate) fn matches(&self, message: &str) -> bool {
        match self {
            TextMatch::Anything => true,
            TextMatch::Exactly(text) => text == message,
            TextMatch::Pattern(_, regex) => regex.is_match(message),
        }
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            TextMatch::Anything => "anything".to_owned(),
            TextMatch::Exactly(text) => text.clone(),
            TextMatch::Pattern(pattern, _) => format!("/{pattern}/"),
        }
    }
}

impl Expectation {
    /// Takes in one line below an `eval`; says whether more may follow.
    pub(crate) fn parse_line(&mut self, line: &str, instant: bool) -> Result<bool, String> {
        if let (Some(fail), Some(message)) = (&mut self.fail, line.strip_prefix("expected_fail_message")) {
            *fail = TextMatch::Exactly(message.trim().to_owned());
            return Ok(false);
        }
        if let (Some(fail), Some(pattern)) = (&mut self.fail, line.strip_prefix("expected_fail_regexp")) {
            *fail = TextMatch::pattern(pattern.trim())?;
            return Ok(false);
        }
        if let Some(range) = line.strip_prefix("expect range vector") {
            self.range_vector = Some(parse_range(range)?);
            return Ok(true);
        }
        if let Some(literal) = line.strip_prefix("expect string") {
            let text = unquote(literal.trim_start())
                .map_err(|_| "expected string literal not valid - a quoted string literal is required")?;
            self.string = Some(text);
            return Ok(true);
        }
        if let Some(rest) = line.strip_prefix("expect").filter(|rest| rest.starts_with([' ', '\t'])) {
            self.expect(rest.trim())?;
            return Ok(true);
        }
        if let Ok(number) = parse_number(line) {
            self.scalar = Some(number);
            return Ok(false);
        }
        let (labels, points) = series::parse(line)?;
        if points.is_empty() {
            return Err(format!("no value expected of {labels}"));
        }
        if instant && points.len() > 1 && self.range_vector.is_none() {
            return Err(
                "expecting multiple values in instant evaluation not allowed. consider using 'expect \
                        range vector' directive to enable a range vector result for an instant query"
                    .to_owned(),
            );
        }
        self.series.push((labels, points));
        Ok(true)
    }

    /// Reads `warn`, `info regex: ...`, `fail msg: ...`.
    fn expect(&mut self, text: &str) -> Result<(), String> {
        let (kind, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let rest = rest.trim();
        let matching = match rest.split_once(':') {
            None if rest.is_empty() => TextMatch::Anything,
            Some(("msg", message)) => TextMatch::Exactly(message.trim().to_owned()),
            Some(("regex", pattern)) => TextMatch::pattern(pattern.trim())?,
            _ => return Err("expect takes `msg: <text>` or `regex: <pattern>`".to_owned()),
        };
        match kind {
            "fail" if self.fail_has_line => {
                return Err("multiple expect fail lines are not allowed".to_owned());
            }
            "fail" => (self.fail, self.fail_has_line) = (Some(matching), true),
            "warn" => self.warnings.push(matching),
            "info" => self.infos.push(matching),
            "no_warn" => self.no_warnings = true,
            "no_info" => self.no_infos = true,
            "ordered" => self.ordered = true,
            _ => return Err(format!("invalid expected error/annotation type {kind}")),
        }
        if self.no_warnings && !self.warnings.is_empty() || self.no_infos && !self.infos.is_empty() {
            return Err("an annotation cannot be expected and forbidden".to_owned());
        }
        Ok(())
    }

    /// What is wrong with the annotations, if anything.
    pub(crate) fn check_annotations(&self, warnings: &[String], infos: &[String]) -> Result<(), String> {
        if self.some_warning && warnings.is_empty() {
            return Err("expected warnings but got none".to_owned());
        }
        if self.some_info && infos.is_empty() {
            return Err("expected info annotations but got none".to_owned());
        }
        check_kind("warning", &self.warnings, self.no_warnings, warnings)?;
        check_kind("info", &self.infos, self.no_infos, infos)
    }
}

fn check_kind(kind: &str, expected: &[TextMatch], none: bool, found: &[String]) -> Result<(), String> {
    let list = || found.iter().map(|text| format!("\n  {text}")).collect::<String>();
    if none && !found.is_empty() {
        return Err(format!("expected no {kind}, got{}", list()));
    }
    if expected.is_empty() {
        return Ok(());
    }
    if let Some(missing) = expected.iter().find(|wanted| !found.iter().any(|text| wanted.matches(text))) {
        return Err(format!("expected {kind} {}, got{}", missing.describe(), list()));
    }
    match found.iter().find(|text| !expected.iter().any(|wanted| wanted.matches(text))) {
        Some(surplus) => Err(format!("unexpected {kind} {surplus}")),
        None => Ok(()),
    }
}

/// Reads `from 10s to 1m step 10s`.
pub(crate) fn parse_range(text: &str) -> Result<(Timestamp, Timestamp, Timestamp), String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, from, _, to, _, step] = words.as_slice() else {
        return Err(format!("invalid range {text:?}, expected from <time> to <time> step <duration>"));
    };
    let read = |text: &str| parse_millis(text).map_err(|error| error.to_string());
    let (from, to, step) = (read(from)?, read(to)?, read(step)?);
    if to < from {
        return Err(format!("end timestamp ({to} ms) is before start timestamp ({from} ms)"));
    }
    Ok((from, to, step))
}
