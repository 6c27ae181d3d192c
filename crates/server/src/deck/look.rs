//! One look at everything: which services there are, and what is measured of each.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use model::{Labels, METRIC_NAME, Matcher, Timestamp};

use super::ask::instant;
use super::conditions::CONDITIONS;
use super::conventions::{CONVENTIONS, Convention};
use super::measures::{BY_INSTANCE, MEASURES, Measure, Of, Row, SILENCE_WINDOW, Subject, When, row};
use super::resources::{HEALTH_CHECKS, KINDS, RESOURCES};
use super::seen::{Seen, Services, Used, entry, name_of};
use super::state::{BAR_MS, BARS, Kind, State};
use crate::app::App;

/// How far back series tell in which way a service measures.
const WAYS_MS: i64 = 15 * 60_000;

/// A look under way.
struct Look<'a> {
    app: &'a App,
    /// The metrics there are.
    names: &'a BTreeSet<String>,
    time: Timestamp,
    hosts: BTreeSet<String>,
    services: Services,
}

/// Looks at everything as it is at `time`.
pub fn look(app: &App, names: &BTreeSet<String>, time: Timestamp) -> Services {
    let mut look = Look { app, names, time, hosts: hosts(app, names, time), services: Services::new() };
    look.see_targets();
    look.see_requests();
    look.see_resources();
    look.see_checks();
    look.see_silence();
    look.see_events();
    look.see_kinds();
    look.services
}

/// Which of the known names the store has.
pub fn known_names(app: &App) -> BTreeSet<String> {
    let range = crate::app::now_millis() - BARS as i64 * BAR_MS..=Timestamp::MAX;
    match app.store.label_values(METRIC_NAME, &[], range) {
        Ok(names) => names.into_iter().collect(),
        Err(error) => {
            tracing::debug!(%error, "listing metric names failed");
            BTreeSet::new()
        }
    }
}

/// The conventions that anything may follow.
pub fn conventions(names: &BTreeSet<String>) -> Vec<&'static Convention> {
    let known = |name: &str| names.contains(name);
    CONVENTIONS.iter().filter(|convention| convention.is_known(&known)).collect()
}

/// Jobs whose instances are machines of their own rather than copies of one service; one that went away was one, too.
pub fn hosts(app: &App, names: &BTreeSet<String>, time: Timestamp) -> BTreeSet<String> {
    let known = KINDS.iter().filter(|(metric, kind)| *kind == Kind::Host && names.contains(*metric));
    let bars = time - BARS as i64 * BAR_MS..=time;
    known.flat_map(|(metric, _)| named_by(app, vec![Matcher::equal(METRIC_NAME, *metric)], &bars)).collect()
}

/// The names of those that have any of these series.
fn named_by(app: &App, series: Vec<Matcher>, range: &RangeInclusive<Timestamp>) -> BTreeSet<String> {
    let selector = [series];
    let values = |label| app.store.label_values(label, &selector, range.clone()).unwrap_or_default();
    ["job", "service_name"].into_iter().flat_map(values).collect()
}

/// What a measure is asked of here.
pub fn subjects(row: &Row, names: &BTreeSet<String>) -> Vec<Subject> {
    row.subjects(&|name| names.contains(name))
}

/// Of what several subjects say of the same service, which counts.
pub fn worse(measure: Measure) -> fn(f64, f64) -> f64 {
    match measure {
        Measure::Healthy | Measure::Up | Measure::Silence => f64::min,
        Measure::ScrapesFailed | Measure::ChecksFailed => |left, right| left + right,
        _ => f64::max,
    }
}

/// Whether a service's library is that of a convention, whichever way it measures.
fn follows(seen: &Seen, convention: &Convention) -> bool {
    seen.convention.is_some_and(|own| own.name == convention.name)
}

impl Look<'_> {
    fn ask(&self, query: &str) -> Vec<(Labels, f64)> {
        instant(self.app, query, self.time)
    }

    fn see_targets(&mut self) {
        for (labels, up) in self.ask("max by (job, service_name, instance) (up)") {
            let seen = entry(&mut self.services, &labels, &self.hosts);
            seen.targets += 1;
            if up > 0.0 {
                seen.up += 1;
            } else {
                seen.down.push(labels.value("instance").to_owned());
            }
            seen.now.insert(Measure::Up, f64::from(seen.up) / f64::from(seen.targets));
        }
    }

    fn see_requests(&mut self) {
        for convention in conventions(self.names) {
            let asked = |row: &&Row| {
                row.of == Of::Requests && row.when != When::Needed && convention.answers(row.query)
            };
            MEASURES.iter().filter(asked).for_each(|row| self.requested(row, convention));
        }
        self.see_ways();
    }

    /// Of the ways in which a service's library can measure, which is its own.
    fn see_ways(&mut self) {
        let lately = self.time - WAYS_MS..=self.time;
        for way in conventions(self.names) {
            if !self.services.values().any(|seen| follows(seen, way)) {
                continue;
            }
            let needs: Vec<(BTreeSet<String>, bool)> = way
                .needs()
                .into_iter()
                .map(|need| (named_by(self.app, need.series, &lately), need.there))
                .collect();
            for (name, seen) in self.services.iter_mut().filter(|(_, seen)| follows(seen, way)) {
                if needs.iter().all(|(found, there)| found.contains(name) == *there) {
                    seen.convention = Some(way);
                }
            }
        }
    }

    /// Asks one measure of the requests of one convention.
    fn requested(&mut self, row: &Row, convention: &'static Convention) {
        let Some(query) = row.query(convention, "") else { return };
        for (labels, value) in self.ask(&query) {
            let seen = entry(&mut self.services, &labels, &BTreeSet::new());
            // Names of durations are shared by several libraries; the counter of requests tells which it is.
            if row.measure == Measure::Traffic {
                seen.convention.get_or_insert(convention);
            }
            if follows(seen, convention) && value.is_finite() {
                seen.now.insert(row.measure, value);
            }
        }
    }

    fn see_resources(&mut self) {
        for resource in RESOURCES.iter().filter(|resource| self.names.contains(resource.needs)) {
            for (labels, share) in self.ask(resource.used) {
                let seen = entry(&mut self.services, &labels, &self.hosts);
                seen.used.push(Used::of(resource, &labels, share));
            }
        }
        for seen in self.services.values_mut() {
            let shares = [
                (Measure::Used, seen.most_used().map(|used| used.share)),
                (Measure::Needed, seen.most_needed().map(|used| used.share)),
            ];
            seen.now.extend(shares.into_iter().filter_map(|(measure, share)| Some((measure, share?))));
        }
    }

    fn see_checks(&mut self) {
        for check in HEALTH_CHECKS.iter().filter(|check| self.names.contains(check.metric)) {
            for (labels, healthy) in self.ask(check.metric) {
                let what = match labels.value(check.which) {
                    "" => check.metric,
                    which => which,
                };
                let seen = entry(&mut self.services, &labels, &self.hosts);
                let worst = seen.now.entry(Measure::Healthy).or_insert(healthy);
                *worst = worst.min(healthy);
                if healthy <= 0.0 {
                    seen.failing.push((what.to_owned(), check));
                }
            }
        }
    }

    /// For how long nothing came from each. What is silent for longer than this looks back is remembered by who looks.
    fn see_silence(&mut self) {
        let row = row(Measure::Silence);
        let query = row.query.replace(SILENCE_WINDOW, "[5m]");
        for subject in subjects(row, self.names) {
            // Requests are many; they are only asked where no target tells.
            let told = |seen: &Seen| seen.targets > 0 || !seen.now.contains_key(&Measure::Traffic);
            if matches!(subject, Subject::Requests(_)) && self.services.values().all(told) {
                continue;
            }
            self.measured(row, subject.fill(&query, "", BY_INSTANCE));
        }
    }

    /// What conditions count, where their bounds are crossed: while all is well nobody needs to know.
    fn see_events(&mut self) {
        for condition in CONDITIONS {
            let Some(counted) = condition.counted() else { continue };
            let crossed = |seen: &Seen| {
                let value = seen.now.get(&condition.measure);
                value.is_some_and(|value| condition.compare(*value) > State::Ok)
                    && !seen.now.contains_key(&counted)
            };
            if !self.services.values().any(crossed) {
                continue;
            }
            let row = row(counted);
            for subject in subjects(row, self.names) {
                match subject {
                    Subject::Requests(convention) => self.requested(row, convention),
                    _ => self.measured(row, subject.fill(row.query, "", BY_INSTANCE)),
                }
            }
        }
    }

    /// Asks one measure, and adds what it says of every instance up to rows.
    fn measured(&mut self, row: &Row, query: Option<String>) {
        for (labels, value) in query.map(|query| self.ask(&query)).unwrap_or_default() {
            let seen = entry(&mut self.services, &labels, &self.hosts);
            let known = seen.now.get(&row.measure).copied();
            seen.now.insert(row.measure, known.map_or(value, |known| worse(row.measure)(known, value)));
        }
    }

    /// What those are that are no services of their own.
    fn see_kinds(&mut self) {
        let known = KINDS.iter().filter(|(metric, kind)| self.names.contains(*metric) && *kind != Kind::Host);
        for (metric, kind) in known {
            for (labels, _) in self.ask(&format!("count by (job, service_name) ({metric})")) {
                if let Some(seen) = self.services.get_mut(name_of(&labels)) {
                    seen.kind.get_or_insert(*kind);
                }
            }
        }
    }
}
