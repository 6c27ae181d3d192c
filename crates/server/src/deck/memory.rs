//! What the deck remembers between looks: the bars, since when each condition holds, and who was there.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;

use super::conditions::{CONDITIONS, QUIET_SECONDS};
use super::measures::{Measure, When, row};
use super::seen::{Past, Seen, Services};
use super::state::{BAR_MS, BARS, Kind, State};

/// How long a service that went away without a word is missed.
const MISSED_MS: i64 = BARS as i64 * BAR_MS;
/// How long nothing may come before it is said.
const QUIET_MS: i64 = (QUIET_SECONDS * 1000.0) as i64;

/// The memory of the deck.
#[derive(Default)]
pub struct Memory {
    /// The end of the last bar that is filled.
    pub filled_to: Option<Timestamp>,
    /// When all bars were filled anew.
    pub refilled: Timestamp,
    past: BTreeMap<(String, Measure), Vec<Option<f32>>>,
    states: BTreeMap<String, Vec<Option<State>>>,
    open: BTreeMap<String, State>,
    seen: BTreeMap<String, Known>,
    since: BTreeMap<(String, String), Timestamp>,
    /// What holds in this look.
    held: BTreeSet<(String, String)>,
}

/// Who was there.
struct Known {
    /// When last.
    last: Timestamp,
    /// How its metrics are found, and nothing that was measured.
    found: Seen,
}

impl Memory {
    /// Whether the bars of any service that takes requests were never filled: it is new here, its metrics may not be.
    pub fn has_strangers(&self, services: &Services) -> bool {
        services.iter().any(|(name, seen)| {
            seen.now.contains_key(&Measure::Traffic)
                && !self.past.contains_key(&(name.clone(), Measure::Traffic))
        })
    }

    /// The bars that are over and not filled yet, as their first and last end.
    pub fn missing(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let last = now.div_euclid(BAR_MS) * BAR_MS;
        let oldest = last - (BARS as i64 - 2) * BAR_MS;
        let first = self.filled_to.map_or(oldest, |filled| (filled + BAR_MS).max(oldest));
        (first <= last).then_some((first, last))
    }

    /// Takes in the bars from `first` to `last`.
    pub fn fill(&mut self, first: Timestamp, last: Timestamp, past: &Past) {
        let steps = ((last - first) / BAR_MS + 1) as usize;
        let keep = BARS - 1;
        if steps >= keep {
            self.past.clear();
            self.states.clear();
        }
        for ((service, measure), values) in past {
            let line = self.past.entry((service.clone(), *measure)).or_insert_with(|| vec![None; keep]);
            line.extend(std::iter::repeat_n(None, steps));
            let begin = line.len() - steps;
            for (time, value) in values {
                let at = ((time - first) / BAR_MS) as usize;
                line[begin + at] = value.is_finite().then_some(*value as f32);
            }
        }
        for (key, line) in &mut self.past {
            if !past.contains_key(key) {
                line.extend(std::iter::repeat_n(None, steps));
            }
            line.drain(..line.len() - keep);
        }
        self.past.retain(|_, line| line.iter().any(Option::is_some));
        let names = self.past.keys().map(|(service, _)| service.clone());
        for name in
            names.chain(self.states.keys().cloned()).chain(self.open.keys().cloned()).collect::<BTreeSet<_>>()
        {
            let states = self.states.entry(name.clone()).or_insert_with(|| vec![None; keep]);
            states.extend(std::iter::repeat_n(None, steps));
            states.drain(..states.len() - keep);
            states[keep - 1] = self.open.get(&name).copied();
            for (at, state) in states.iter_mut().enumerate() {
                *state = (*state).max(judge_bar(&self.past, &name, at));
            }
        }
        self.open.clear();
        self.states.retain(|_, states| states.iter().any(Option::is_some));
        self.filled_to = Some(last);
    }

    /// Notes how a service is now; the bar becomes the worst of it.
    pub fn note(&mut self, service: &str, state: State) {
        let worst = self.open.entry(service.to_owned()).or_default();
        *worst = state.max(*worst);
    }

    /// The bars of a service with the one that is not over yet.
    pub fn bars(&self, service: &str, now: State) -> String {
        let past = self.states.get(service);
        let bar = |at: usize| past.and_then(|bars| bars[at]).map_or(' ', State::bar);
        (0..BARS - 1).map(bar).chain([now.bar()]).collect()
    }

    /// The kept values of a measure with the one of now.
    pub fn spark(&self, service: &str, measure: Measure, now: Option<f64>) -> Vec<Option<f32>> {
        let past = self.past.get(&(service.to_owned(), measure));
        let mut line = past.cloned().unwrap_or_else(|| vec![None; BARS - 1]);
        line.push(now.map(|value| value as f32));
        line
    }

    /// Since when a kept measure is out of bounds without a break, as far as the bars that are over tell.
    pub fn out_since(
        &self,
        service: &str,
        measure: Measure,
        out: impl Fn(f64) -> bool,
        now: Timestamp,
    ) -> Timestamp {
        let past = self.past.get(&(service.to_owned(), measure));
        let (Some(line), Some(last)) = (past, self.filled_to) else { return now };
        let held = line.iter().rev().take_while(|value| value.is_some_and(|value| out(f64::from(value))));
        match held.count() as i64 {
            0 => now,
            bars => last - (bars - 1) * BAR_MS,
        }
    }

    /// Since when a condition holds, if that is known.
    pub fn known_since(&self, service: &str, what: &str) -> Option<Timestamp> {
        self.since.get(&(service.to_owned(), what.to_owned())).copied()
    }

    /// Notes since when a condition holds.
    pub fn hold(&mut self, service: &str, what: &str, since: Timestamp) {
        let key = (service.to_owned(), what.to_owned());
        self.held.insert(key.clone());
        self.since.insert(key, since);
    }

    /// Forgets conditions that no longer hold: those that nobody noted since this was asked for last.
    pub fn forget_ended(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.since.retain(|key, _| held.contains(key));
    }

    /// Notes who is there, and tells who went away without a word: how they were found, and when they were last seen.
    pub fn missed(&mut self, services: &Services, now: Timestamp) -> Vec<(String, Timestamp, Seen)> {
        for (name, seen) in services {
            let Some(last) = seen_at(seen, now) else { continue };
            let (convention, matchers) = (seen.convention, seen.matchers.clone());
            let found = Seen { convention, kind: seen.kind, matchers, ..Seen::default() };
            let known = self.seen.entry(name.clone()).or_insert(Known { last, found: found.clone() });
            known.last = last.max(known.last);
            // Who only has a target left still has the name of its requests.
            if found.convention.is_some() || known.found.convention.is_none() {
                known.found = found;
            }
        }
        // What only has resources or checks may never have had more.
        let asked =
            self.past.iter().filter(|((_, measure), _)| matches!(measure, Measure::Traffic | Measure::Up));
        for ((name, _), line) in asked {
            let silent = line.iter().rev().take_while(|value| value.is_none()).count() as i64;
            let last = self.filled_to.unwrap_or(now) - silent * BAR_MS;
            // Samples may have come since this look began; who was there in the newest bar is waited for.
            let last = if silent > 0 { last.min(now - QUIET_MS - 1) } else { last };
            let found = Seen { kind: Some(Kind::Service), ..Seen::default() };
            self.seen.entry(name.clone()).or_insert_with(|| Known { last, found });
        }
        self.seen.retain(|_, known| now - known.last < MISSED_MS);
        let quiet = self.seen.iter().filter(|(_, known)| now - known.last > QUIET_MS);
        quiet.map(|(name, known)| (name.clone(), known.last, known.found.clone())).collect()
    }
}

/// When the last sample came of something that is there.
fn seen_at(seen: &Seen, now: Timestamp) -> Option<Timestamp> {
    match seen.now.get(&Measure::Silence) {
        Some(seconds) => Some(now - (seconds * 1000.0) as i64),
        None => (seen.targets > 0 || seen.now.contains_key(&Measure::Traffic)).then_some(now),
    }
}

/// How a service was in one bar: `None` if nothing is known of it.
fn judge_bar(past: &BTreeMap<(String, Measure), Vec<Option<f32>>>, name: &str, at: usize) -> Option<State> {
    let value = |measure| past.get(&(name.to_owned(), measure)).and_then(|line| line[at]).map(f64::from);
    let known = |measure| match row(measure).when {
        When::Kept => value(measure),
        // What is out of bounds for a whole bar is no chance.
        When::Needed => Some(f64::INFINITY),
        When::Always => None,
    };
    let there = value(Measure::Traffic).map(|_| State::Ok);
    let judged = CONDITIONS.iter().filter(|condition| value(condition.measure).is_some());
    judged.map(|condition| condition.judge(known)).max().max(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(bars: &[(i64, f64, f64)]) -> Memory {
        let last = 1_000 * BAR_MS;
        let mut past = Past::new();
        for (ago, traffic, p99) in bars {
            let time = last - ago * BAR_MS;
            past.entry(("a".to_owned(), Measure::Traffic)).or_default().push((time, *traffic));
            past.entry(("a".to_owned(), Measure::P99)).or_default().push((time, *p99));
        }
        let mut memory = Memory::default();
        let (first, to) = memory.missing(last + 1).expect("all bars are missing");
        assert_eq!((first, to), (last - 88 * BAR_MS, last));
        memory.fill(first, to, &past);
        memory
    }

    #[test]
    fn bars_are_filled_once_and_move_on() {
        let mut memory = filled(&[(2, 1.0, 0.1), (1, 1.0, 3.0), (0, 1.0, 0.1)]);
        let last = 1_000 * BAR_MS;
        assert!(memory.bars("a", State::Warning).ends_with(" 0302"));
        assert_eq!(memory.bars("a", State::Ok).len(), BARS);
        assert_eq!(memory.missing(last + BAR_MS - 1), None);
        assert_eq!(memory.missing(last + BAR_MS), Some((last + BAR_MS, last + BAR_MS)));
        let next = Past::from([(("a".to_owned(), Measure::Traffic), vec![(last + BAR_MS, 2.0)])]);
        memory.fill(last + BAR_MS, last + BAR_MS, &next);
        assert!(memory.bars("a", State::Ok).ends_with(" 03000"), "{:?}", memory.bars("a", State::Ok));
        let spark = memory.spark("a", Measure::Traffic, Some(5.0));
        assert_eq!(spark[BARS - 3..], [Some(1.0), Some(2.0), Some(5.0)]);
    }

    #[test]
    fn who_went_away_is_missed_after_a_while() {
        let mut memory = Memory::default();
        let services =
            Services::from([("a".to_owned(), super::super::seen::Seen { targets: 1, ..Default::default() })]);
        assert!(memory.missed(&services, 0).is_empty());
        assert!(memory.missed(&Services::new(), QUIET_MS).is_empty());
        let missed = memory.missed(&Services::new(), QUIET_MS + 1);
        assert_eq!(
            missed.iter().map(|(name, last, _)| (name.as_str(), *last)).collect::<Vec<_>>(),
            [("a", 0)]
        );
        assert!(memory.missed(&Services::new(), MISSED_MS).is_empty());
    }

    #[test]
    fn what_lasts_longer_than_this_process_began_when_its_bars_say() {
        let last = 1_000 * BAR_MS;
        let past = Past::from([
            (("a".to_owned(), Measure::Up), vec![(last - BAR_MS, 1.0), (last, 0.0)]),
            (("a".to_owned(), Measure::Used), vec![(last - BAR_MS, 0.9), (last, 0.85)]),
            (("b".to_owned(), Measure::Healthy), vec![(last, 0.0)]),
        ]);
        let mut memory = Memory::default();
        let (first, to) = memory.missing(last + 1).expect("all bars are missing");
        memory.fill(first, to, &past);
        let check = |service: &str, measure, out: fn(f64) -> bool, want| {
            assert_eq!(memory.out_since(service, measure, out, last + 5), want, "{service} {measure:?}");
        };
        check("a", Measure::Up, |up| up < 1.0, last);
        check("a", Measure::Used, |used| used > 0.8, last - BAR_MS);
        check("a", Measure::Used, |used| used > 0.86, last + 5);
        check("c", Measure::Up, |up| up < 1.0, last + 5);
        assert!(memory.bars("a", State::Ok).ends_with("230"));
        assert!(memory.bars("b", State::Ok).ends_with("30"));
        let mut missed = |at| -> Vec<String> {
            memory.missed(&Services::new(), at).into_iter().map(|(name, _, _)| name).collect()
        };
        assert!(missed(last + 1).is_empty(), "who was there in the newest bar is waited for");
        // Nobody expects requests of what never had any.
        assert_eq!(missed(last + QUIET_MS + 1), ["a"]);
    }

    #[test]
    fn since_is_known_while_it_holds() {
        let mut memory = Memory::default();
        assert_eq!(memory.known_since("a", "slow"), None);
        memory.hold("a", "slow", 5);
        memory.forget_ended();
        assert_eq!(memory.known_since("a", "slow"), Some(5));
        memory.forget_ended();
        assert_eq!(memory.known_since("a", "slow"), None);
    }
}
