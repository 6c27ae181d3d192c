//! Samples that are computed when somebody scrapes: `Registry::collect_with`.

use std::collections::HashSet;

use super::metric::{Description, Encode, Kind, SeriesView};
use super::{naming, refused};
use crate::metrics::registry::Group;

/// Samples a single scrape may compute; what is beyond is refused and counted.
const SAMPLES_MAX: usize = 100_000;

/// Where a collector puts what it computed.
#[derive(Default)]
pub struct Samples {
    pub(crate) families: Vec<Computed>,
    count: usize,
    /// Of the part of the service that computes now.
    prefix: String,
    common: LabelPairs,
}

pub(crate) struct Computed {
    pub(crate) description: Description,
    samples: Vec<(LabelPairs, f64)>,
    seen: HashSet<LabelPairs>,
}

type LabelPairs = Vec<(String, String)>;

impl Samples {
    /// What follows is of a part of the service.
    pub(crate) fn begin(&mut self, prefix: &str, common: &[(String, String)]) {
        prefix.clone_into(&mut self.prefix);
        common.clone_into(&mut self.common);
    }

    /// A number that only grows. `name` is without `_total`, or with it.
    pub fn counter(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        self.add(Kind::Counter, name, help, labels, value);
    }

    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        self.add(Kind::Gauge, name, help, labels, value);
    }

    /// A number of which nobody knows what it does.
    pub fn unknown(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        self.add(Kind::Unknown, name, help, labels, value);
    }

    fn add(&mut self, kind: Kind, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        let common = self.common.iter().map(|(name, _)| name.as_str());
        let names: Vec<&str> = common.chain(labels.iter().map(|(name, _)| *name)).collect();
        let name = format!("{}{name}", self.prefix);
        let Ok(base) = naming::base_name(&name, help, "", kind) else { return refused() };
        if naming::check_labels(&base, &names, kind).is_err() || self.count >= SAMPLES_MAX {
            return refused();
        }
        self.count += 1;
        let own = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let labels: LabelPairs = self.common.iter().cloned().chain(own).collect();
        // Samples of a family mostly come one after the other.
        let known = self.families.iter().rposition(|family| family.description.name == base);
        let family = match known {
            Some(at) if self.families[at].description.kind == kind => &mut self.families[at],
            Some(_) => return refused(),
            None => {
                let description =
                    Description { name: base, help: help.to_owned(), unit: String::new(), kind };
                self.families.push(Computed { description, samples: Vec::new(), seen: HashSet::new() });
                self.families.last_mut().expect("it was just pushed")
            }
        };
        if family.seen.insert(LabelPairs::clone(&labels)) {
            family.samples.push((labels, value));
        } else {
            refused();
        }
    }

    /// Writes what is not in `groups` already: a name belongs to whoever registered it.
    pub(crate) fn encode(
        &self,
        groups: &[Group],
        wanted: &dyn Fn(&Description) -> bool,
        out: &mut dyn Encode,
    ) {
        for family in &self.families {
            if groups.iter().any(|group| group.description.name == family.description.name) {
                refused();
                continue;
            }
            if !wanted(&family.description) {
                continue;
            }
            out.family(&family.description);
            for (labels, value) in &family.samples {
                let series = SeriesView { common: labels, names: &[], key: &[], created_ms: 0 };
                match family.description.kind {
                    Kind::Counter => out.counter(&series, *value, None),
                    _ => out.gauge(&series, *value),
                }
            }
        }
    }
}
