//! Random data: counters with resets, gauges, and a metric of odd values; with gaps, jitter, staleness, NaN, Inf.

use model::{Labels, Matcher, STALE_NAN, Sample, Series, Value};

/// A generator of random numbers that depends on its seed alone (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    /// Whether a thing of one in `times` happens.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn choose<'a>(&mut self, among: &[&'a str]) -> &'a str {
        among[self.below(among.len())]
    }
}

/// Series with their samples.
pub(crate) struct Data(Vec<(Labels, Vec<(i64, f64)>)>);

/// When there are samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Since when, in milliseconds; a round second.
    pub(crate) first: i64,
    /// How far behind a round second every sample lies; `None` for anywhere.
    pub(crate) shift: Option<i64>,
}

impl Times {
    /// About every quarter of a minute, with gaps; at some of them the series ends.
    pub(crate) fn random(self, random: &mut Random) -> Vec<(i64, bool)> {
        let (mut times, mut time) = (Vec::new(), self.first + random.below(15_000) as i64);
        while time <= self.first + LENGTH {
            let shifted = self.shift.map_or(time, |shift| time / 1000 * 1000 + shift);
            times.push((shifted, false));
            if random.one_in(30) {
                times.push((shifted + ENDS_AFTER, true));
                time += 2000 + random.below(400_000) as i64;
            } else if random.one_in(20) {
                time += random.below(600_000) as i64;
            }
            time += 15_000 + if random.one_in(4) { random.below(500) as i64 } else { 0 };
        }
        times
    }
}

/// How long after its last sample a series says that it ends.
pub(crate) const ENDS_AFTER: i64 = 1000;
/// How long there are samples.
pub(crate) const LENGTH: i64 = 1_800_000;

impl Data {
    pub(crate) fn random(random: &mut Random, times: Times) -> Data {
        let mut series = Vec::new();
        for name in ["counter", "gauge", "odd"] {
            for job in ["a", "b"] {
                for instance in ["0", "1", "2"] {
                    if !random.one_in(8) {
                        let pairs = [("__name__", name), ("job", job), ("instance", instance)];
                        series.push((Labels::from_pairs(pairs), samples(name, random, times)));
                    }
                }
            }
        }
        Data(series)
    }

    #[allow(dead_code, reason = "only the reference looks")]
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> impl Iterator<Item = (&Labels, &Vec<(i64, f64)>)> {
        let matches = move |labels: &Labels| {
            matchers.iter().all(|matcher| matcher.matches(labels.value(&matcher.name)))
        };
        self.0.iter().filter(move |(labels, _)| matches(labels)).map(|(labels, samples)| (labels, samples))
    }

    pub(crate) fn to_series(&self) -> Vec<Series> {
        let sample = |&(time, value): &(i64, f64)| Sample { time, start: None, value: Value::Float(value) };
        let series = self.0.iter().map(|(labels, samples)| Series {
            labels: labels.clone(),
            samples: samples.iter().map(sample).collect(),
            ..Series::default()
        });
        series.collect()
    }
}

fn samples(name: &str, random: &mut Random, times: Times) -> Vec<(i64, f64)> {
    let mut value = random.below(100) as f64;
    let mut next = |random: &mut Random| {
        match name {
            "counter" if random.one_in(25) => value = random.below(5) as f64,
            "counter" => value += random.below(20) as f64,
            _ => value = random.below(200) as f64 - 100.0,
        }
        match (name == "odd" && random.one_in(12), random.below(3)) {
            (true, 0) => f64::NAN,
            (true, 1) => f64::INFINITY,
            (true, _) => f64::NEG_INFINITY,
            (false, _) => value,
        }
    };
    let times = times.random(random).into_iter();
    times.map(|(time, ends)| (time, if ends { STALE_NAN } else { next(random) })).collect()
}
