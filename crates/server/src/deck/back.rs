//! A look back: what the kept measures were over the bars that are over.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;

use super::ask::range;
use super::look::{conventions, hosts, subjects, worse};
use super::measures::{BY, BY_INSTANCE, MEASURES, Measure, Of, Row, When};
use super::seen::{Past, name_of, row_of};
use super::state::BAR_MS;
use crate::app::App;

/// What the kept measures were at the ends of the bars from `start` to `end`.
pub fn look_back(app: &App, names: &BTreeSet<String>, start: Timestamp, end: Timestamp) -> Past {
    let mut past = Past::new();
    let mut follows: BTreeMap<String, &str> = BTreeMap::new();
    for convention in conventions(names) {
        let asked =
            |row: &&Row| row.when == When::Kept && row.of == Of::Requests && convention.answers(row.query);
        for row in MEASURES.iter().filter(asked) {
            let Some(query) = row.query(convention, "") else { continue };
            for (labels, values) in range(app, &query, start, end, BAR_MS) {
                let name = name_of(&labels);
                if row.measure == Measure::Traffic {
                    follows.entry(name.to_owned()).or_insert(convention.name);
                }
                if follows.get(name) == Some(&convention.name) {
                    // The later way of a library is the finer one.
                    past.insert((name.to_owned(), row.measure), values);
                }
            }
        }
    }
    let hosts = hosts(app, names, end);
    for row in MEASURES.iter().filter(|row| row.when == When::Kept && row.of != Of::Requests) {
        // A host is a row of its own, a service has one for all its instances.
        let grouped = [(BY, false), (BY_INSTANCE, true)];
        for (subject, (by, of_hosts)) in
            subjects(row, names).into_iter().flat_map(|one| grouped.map(|by| (one, by)))
        {
            if of_hosts && hosts.is_empty() {
                continue;
            }
            let Some(query) = subject.fill(row.query, "", by) else { continue };
            for (labels, values) in range(app, &query, start, end, BAR_MS) {
                if hosts.contains(name_of(&labels)) == of_hosts {
                    let name = row_of(&labels, &hosts).to_owned();
                    keep(past.entry((name, row.measure)).or_default(), &values, worse(row.measure));
                }
            }
        }
    }
    past
}

/// Of several values of one bar the worse is kept.
fn keep(kept: &mut Vec<(Timestamp, f64)>, values: &[(Timestamp, f64)], worse: fn(f64, f64) -> f64) {
    for (time, value) in values {
        match kept.iter_mut().find(|(known, _)| known == time) {
            Some((_, known)) => *known = worse(*known, *value),
            None => kept.push((*time, *value)),
        }
    }
}
