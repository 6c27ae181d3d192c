//! Checks a text exposition against every rule of its format, not only those that a reader minds.
//!
//! A reader takes a page whose families are interleaved or whose histogram lacks its last bucket; their author
//! wants to know. Every problem names its line; lines after it are still checked.

use hashbrown::{HashMap, HashSet};
use model::{Labels, METRIC_NAME, MetricType};

use super::groups::Groups;
use super::scan::{self, Comment, Dialect, Fault, SeriesPart, Tail};
use crate::error::ParseError;
use crate::float;

/// How many problems are told.
const PROBLEMS_MAX: usize = 100;

/// How many characters the labels of an exemplar may have.
const EXEMPLAR_CHARACTERS_MAX: usize = 128;

/// Everything wrong with a page, in the order of its lines.
pub(crate) fn check(body: &[u8], dialect: Dialect) -> Vec<ParseError> {
    let mut checker = Checker { dialect, ..Checker::default() };
    let (mut problems, mut start, mut last_start) = (Vec::new(), 0, 0);
    while start < body.len() && problems.len() < PROBLEMS_MAX {
        let rest = &body[start..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let mut faults = Vec::new();
        if let Err(fault) = checker.line(&rest[..length], &mut faults) {
            faults.push((false, fault));
        }
        for (is_about_group, fault) in faults {
            // What a group lacks is noticed when the next one begins.
            let at = if is_about_group { last_start } else { start };
            problems.push(ParseError::at(body, at, fault.at, fault.message));
        }
        last_start = start;
        start += length + 1;
    }
    let mut faults = Vec::new();
    checker.end(&mut faults);
    problems.extend(
        faults.into_iter().map(|(_, fault)| ParseError::at(body, last_start, fault.at, fault.message)),
    );
    if dialect == Dialect::OpenMetrics && !checker.is_ended {
        problems.push(ParseError::at(body, body.len(), 0, "expected # EOF as the last line"));
    }
    problems
}

/// Faults, and whether each is about the group that ended rather than about the line.
pub(crate) type Faults = Vec<(bool, Fault)>;

struct Checker {
    dialect: Dialect,
    is_ended: bool,
    family: Family,
    /// Families that ended, and every name their samples may have.
    ended: HashSet<String, foldhash::fast::FixedState>,
    taken: HashMap<String, String, foldhash::fast::FixedState>,
    groups: Groups,
}

#[derive(Default)]
struct Family {
    name: String,
    kind: Option<MetricType>,
    unit: Option<String>,
    has_help: bool,
    has_samples: bool,
}

impl Default for Checker {
    fn default() -> Checker {
        Checker {
            dialect: Dialect::Text,
            is_ended: false,
            family: Family::default(),
            ended: HashSet::default(),
            taken: HashMap::default(),
            groups: Groups::default(),
        }
    }
}

fn fault(at: usize, message: impl Into<String>) -> Fault {
    Fault { at, message: message.into().into() }
}

impl Checker {
    fn line(&mut self, line: &[u8], faults: &mut Faults) -> Result<(), Fault> {
        if self.is_ended {
            return Err(fault(0, "nothing may follow # EOF"));
        }
        if scan::is_comment(line, self.dialect) {
            let comment = scan::comment(line, self.dialect)?;
            return self.comment(comment, faults);
        }
        let part = scan::series(line, self.dialect)?;
        let (value, length) = float::parse_prefix(&line[part.value_start..])
            .ok_or_else(|| fault(part.value_start, "expected a value"))?;
        let tail = scan::tail(line, part.value_start + length, self.dialect)?;
        self.sample(line, &part, value, &tail, faults)
    }

    fn comment(&mut self, comment: Comment<'_>, faults: &mut Faults) -> Result<(), Fault> {
        match comment {
            Comment::Other => Ok(()),
            Comment::Eof => {
                self.is_ended = true;
                Ok(())
            }
            Comment::Type(family, kind) => {
                self.metadata(&family, faults)?;
                if self.family.kind.replace(kind).is_some() {
                    return Err(fault(7, format!("the type of {family} is told twice")));
                }
                self.claim_names()
            }
            Comment::Help(family, _) => {
                self.metadata(&family, faults)?;
                if std::mem::replace(&mut self.family.has_help, true) {
                    return Err(fault(7, format!("the help of {family} is told twice")));
                }
                Ok(())
            }
            Comment::Unit(family, unit) => {
                self.metadata(&family, faults)?;
                if self.family.unit.replace(unit.into_owned()).is_some() {
                    return Err(fault(7, format!("the unit of {family} is told twice")));
                }
                self.check_unit()
            }
        }
    }

    /// A line about `family`: the one at hand, or the next one.
    fn metadata(&mut self, family: &str, faults: &mut Faults) -> Result<(), Fault> {
        if self.family.name != family {
            return self.begin(family, faults);
        }
        match self.family.has_samples {
            true => Err(fault(7, format!("what {family} is must be told before its samples"))),
            false => Ok(()),
        }
    }

    fn begin(&mut self, family: &str, faults: &mut Faults) -> Result<(), Fault> {
        self.groups.end(faults);
        let ended =
            std::mem::replace(&mut self.family, Family { name: family.to_owned(), ..Family::default() });
        if !ended.name.is_empty() {
            self.ended.insert(ended.name);
        }
        if self.ended.contains(family) {
            return Err(fault(0, format!("the lines of {family} are not together")));
        }
        Ok(())
    }

    /// Reserves the names that samples of the family may have. Two families must not share one.
    fn claim_names(&mut self) -> Result<(), Fault> {
        self.check_unit()?;
        let name = self.family.name.clone();
        for suffix in self.suffixes() {
            let taken = self.taken.insert(format!("{name}{suffix}"), name.clone());
            if let Some(other) = taken.filter(|other| *other != name) {
                return Err(fault(0, format!("samples {name}{suffix} would clash with family {other}")));
            }
        }
        Ok(())
    }

    fn check_unit(&self) -> Result<(), Fault> {
        let kind = self.kind();
        match &self.family.unit {
            Some(unit) if !unit.is_empty() && matches!(kind, MetricType::Info | MetricType::StateSet) => {
                Err(fault(0, format!("a metric of type {kind} has no unit")))
            }
            _ => Ok(()),
        }
    }

    fn kind(&self) -> MetricType {
        self.family.kind.unwrap_or_default()
    }

    fn suffixes(&self) -> &'static [&'static str] {
        let is_text = self.dialect == Dialect::Text;
        match self.kind() {
            MetricType::Counter if is_text => &[""],
            MetricType::Counter => &["_total", "_created"],
            MetricType::Histogram if is_text => &["_bucket", "_count", "_sum"],
            MetricType::Histogram => &["_bucket", "_count", "_sum", "_created"],
            MetricType::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            MetricType::Summary if is_text => &["", "_count", "_sum"],
            MetricType::Summary => &["", "_count", "_sum", "_created"],
            MetricType::Info => &["_info"],
            MetricType::Unknown | MetricType::Gauge | MetricType::StateSet => &[""],
        }
    }

    fn sample(
        &mut self,
        line: &[u8],
        part: &SeriesPart<'_>,
        value: f64,
        tail: &Tail,
        faults: &mut Faults,
    ) -> Result<(), Fault> {
        let labels = part.to_labels(MetricType::Unknown)?;
        let name = labels.metric_name().to_owned();
        if self.dialect == Dialect::OpenMetrics && line[..part.value_start].ends_with(b",} ") {
            return Err(fault(part.value_start - 3, "a comma before the closing brace"));
        }
        let own = name.strip_prefix(self.family.name.as_str()).filter(|_| !self.family.name.is_empty());
        let suffix =
            match own.and_then(|suffix| self.suffixes().iter().find(|candidate| **candidate == suffix)) {
                Some(suffix) => *suffix,
                None => {
                    self.begin(&name, faults)?;
                    self.claim_names()?;
                    ""
                }
            };
        self.family.has_samples = true;
        self.check_exemplar(suffix, tail)?;
        check_value(self.kind(), suffix, &labels, value)
            .map_err(|message| fault(part.value_start, message))?;
        let kind = self.kind();
        let own_label =
            check_labels(kind, suffix, &labels, &self.family.name).map_err(|message| fault(0, message))?;
        let group = labels.filter(|label| label != METRIC_NAME && label != own_label);
        self.groups.sample(kind, suffix, group, labels, value, tail.time, faults)
    }

    fn check_exemplar(&self, suffix: &str, tail: &Tail) -> Result<(), Fault> {
        let Some(exemplar) = &tail.exemplar else { return Ok(()) };
        let is_allowed = matches!(
            (self.kind(), suffix),
            (MetricType::Counter, "_total") | (MetricType::Histogram | MetricType::GaugeHistogram, "_bucket")
        );
        let characters: usize =
            exemplar.labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
        match is_allowed {
            false => Err(fault(0, "only counters and buckets may have exemplars")),
            true if characters > EXEMPLAR_CHARACTERS_MAX => Err(fault(
                0,
                format!("the labels of an exemplar have more than {EXEMPLAR_CHARACTERS_MAX} characters"),
            )),
            true => Ok(()),
        }
    }

    fn end(&mut self, faults: &mut Faults) {
        self.groups.end(faults);
    }
}

fn check_value(kind: MetricType, suffix: &str, labels: &Labels, value: f64) -> Result<(), String> {
    let counts = matches!(
        (kind, suffix),
        (MetricType::Counter, "_total" | "")
            | (MetricType::Histogram, "_bucket" | "_count" | "_sum")
            | (MetricType::GaugeHistogram, "_bucket" | "_gcount")
            | (MetricType::Summary, "_count" | "_sum")
    );
    // A sum may shrink where observations may be negative; `Groups` knows whether they may.
    let may_be_negative = suffix == "_sum" && kind == MetricType::Histogram;
    if counts && (value.is_nan() || value < 0.0 && !may_be_negative) {
        return Err("the value of a count must be neither negative nor NaN".to_owned());
    }
    match kind {
        MetricType::Summary if suffix.is_empty() && value < 0.0 => {
            Err("a quantile's value is negative".to_owned())
        }
        MetricType::Info if value != 1.0 => Err("the value of an info metric must be 1".to_owned()),
        MetricType::StateSet if value != 0.0 && value != 1.0 => {
            Err(format!("the value of a state must be 0 or 1, in {labels}"))
        }
        _ => Ok(()),
    }
}

/// The label that tells the samples of one metric apart, which must be there and make sense.
fn check_labels<'a>(
    kind: MetricType,
    suffix: &str,
    labels: &Labels,
    family: &'a str,
) -> Result<&'a str, String> {
    let number = |label: &str| float::parse(labels.value(label).as_bytes()).filter(|number| !number.is_nan());
    match (kind, suffix) {
        (MetricType::Histogram | MetricType::GaugeHistogram, "_bucket") => match number("le") {
            Some(f64::INFINITY) if labels.value("le") != "+Inf" => {
                Err("the last bucket is spelled le=\"+Inf\"".to_owned())
            }
            Some(_) => Ok("le"),
            None => Err("a bucket needs a label le with a number".to_owned()),
        },
        (MetricType::Summary, "") => match number("quantile") {
            Some(quantile) if (0.0..=1.0).contains(&quantile) => Ok("quantile"),
            _ => Err("a quantile needs a label quantile with a number from 0 to 1".to_owned()),
        },
        (MetricType::StateSet, _) if labels.get(family).is_none() => {
            Err(format!("a state needs a label {family:?} with its name"))
        }
        (MetricType::StateSet, _) => Ok(family),
        _ => Ok(""),
    }
}
