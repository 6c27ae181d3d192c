//! What is asked about: data sets of counters, buckets and gauges in several sizes, and recorded pages of some hosts.

use anyhow::Result;
use model::{Labels, LabelsBuilder, METRIC_NAME, Sample, Series, Value};

use crate::pages::Pages;

/// Samples are handed over in slots of time this long, so that each server gets them in order, as from a scrape.
const SLOT_MS: i64 = 15_000;
/// How many samples a request has at most.
const BATCH_SAMPLES: usize = 20_000;
/// How many hosts the recorded pages stand for, each beginning at another page.
const HOSTS: usize = 10;
/// How often the hosts are sampled, and for how long.
const HOST_INTERVAL_MS: i64 = 15_000;
const HOST_HOURS: u32 = 1;

/// Everything that is loaded; it ends at a full hour.
pub(super) struct Data {
    pub(super) end: i64,
    pub(super) sizes: Vec<Size>,
    pub(super) pages: Pages,
}

/// One data set: so many counters, as many buckets, and a tenth as many gauges.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) series: usize,
    pub(super) interval_ms: i64,
    pub(super) hours: u32,
}

/// How a series moves.
#[derive(Clone, Copy)]
enum Motion {
    /// Up, by something in the range at each sample; begins anew now and then.
    Counter(u64),
    /// Up, as the buckets below do too.
    Bucket(u64),
    /// Up and down.
    Gauge,
}

impl Size {
    /// The data set of that many series.
    pub(super) fn of(series: usize, hours: u32) -> Size {
        match series {
            0..=1_000 => Size { series, interval_ms: 15_000, hours: 24 },
            1_001..=20_000 => Size { series, interval_ms: 60_000, hours },
            _ => Size { series, interval_ms: 60_000, hours: 1 },
        }
    }

    /// What its metrics begin with.
    pub(super) fn prefix(&self) -> String {
        format!("bench{}", self.series)
    }

    /// One line for people.
    pub(super) fn describe(&self) -> String {
        let Size { series, interval_ms, hours } = self;
        format!("{series} series of each kind, a sample every {} s for {hours} h", interval_ms / 1000)
    }

    fn metrics(&self) -> Vec<(Labels, Motion)> {
        let prefix = self.prefix();
        let mut metrics = Vec::new();
        let base = |kind: &str, instance: usize| {
            let mut labels = LabelsBuilder::default();
            labels.set(METRIC_NAME, &format!("{prefix}_{kind}"));
            labels.set("job", "api");
            labels.set("instance", &format!("host-{instance}:9100"));
            labels
        };
        for number in 0..self.series {
            let mut labels = base("requests_total", number / 20);
            labels.set("path", &format!("/path/{}", number % 20 / 4));
            labels.set("status", ["200", "204", "404", "500"][number % 4]);
            metrics.push((labels.build(), Motion::Counter(number as u64)));
        }
        for number in 0..self.series {
            let mut labels = base("latency_seconds_bucket", number / 20);
            let bounds = ["+Inf", "10", "5", "2.5", "1", "0.5", "0.25", "0.1", "0.05", "0.01"];
            labels.set("path", &format!("/path/{}", number % 20 / 10));
            labels.set("le", bounds[number % 10]);
            metrics.push((labels.build(), Motion::Bucket(10 - number as u64 % 10)));
        }
        for number in 0..self.series.div_ceil(10) {
            let mut labels = base("memory_bytes", number / 2);
            labels.set("kind", ["used", "free"][number % 2]);
            metrics.push((labels.build(), Motion::Gauge));
        }
        metrics
    }

    fn begin(&self, end: i64) -> i64 {
        end - i64::from(self.hours) * 3_600_000
    }
}

impl Motion {
    /// The value of the sample of that number. Nothing is random: every server gets the same, on every day.
    fn value(self, series: usize, sample: i64) -> f64 {
        let noise = |bits: u32| mix(series as u64 ^ ((sample as u64) << 32)) >> (64 - bits);
        match self {
            Motion::Counter(pace) => (sample as u64 * (pace % 50 + 1) + noise(3)) as f64,
            Motion::Bucket(share) => (sample as u64 * share * 8 + (noise(3) * share) / 10) as f64,
            Motion::Gauge => 4e9 + (noise(20) as f64) * 512.0,
        }
    }
}

/// Scatters the bits of a number.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (number ^ (number >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl Data {
    /// Hands over all samples, slot by slot.
    pub(super) fn each_batch(&self, mut take: impl FnMut(Vec<Series>) -> Result<()>) -> Result<()> {
        let sets: Vec<(Size, Vec<(Labels, Motion)>)> =
            self.sizes.iter().map(|size| (*size, size.metrics())).collect();
        let hosts = self.hosts();
        let host_begin = self.end - i64::from(HOST_HOURS) * 3_600_000;
        let longest = self.sizes.iter().map(|size| size.hours).max().unwrap_or(0).max(HOST_HOURS);
        let mut slot = self.end - i64::from(longest) * 3_600_000;
        while slot < self.end {
            let times = |begin: i64, interval: i64| {
                let within = move |time: &i64| (slot.max(begin)..slot + SLOT_MS).contains(time);
                (0..)
                    .map(move |sample| begin + sample * interval)
                    .take_while(move |time| *time < slot + SLOT_MS)
                    .filter(within)
            };
            for (size, metrics) in &sets {
                let begin = size.begin(self.end);
                let times: Vec<i64> = times(begin, size.interval_ms).collect();
                let of = |number: usize, time: i64| {
                    Some(metrics[number].1.value(number, (time - begin) / size.interval_ms))
                };
                batches(metrics.len(), |number| metrics[number].0.clone(), &times, of, &mut take)?;
            }
            let times: Vec<i64> = times(host_begin, HOST_INTERVAL_MS).collect();
            let of = |number: usize, time: i64| {
                let (_, values, first) = &hosts[number];
                let page = *first + ((time - host_begin) / HOST_INTERVAL_MS) as usize;
                values[page % values.len()]
            };
            batches(hosts.len(), |number| hosts[number].0.clone(), &times, of, &mut take)?;
            slot += SLOT_MS;
        }
        Ok(())
    }

    /// The series of the recorded pages for each host: labels, the value on each page, and the first page.
    fn hosts(&self) -> Vec<(Labels, Vec<Option<f64>>, usize)> {
        let count = self.pages.bodies.len();
        let mut by_series: std::collections::BTreeMap<String, Vec<Option<f64>>> = Default::default();
        for (page, body) in self.pages.bodies.iter().enumerate() {
            let text = String::from_utf8_lossy(body);
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let Some((series, value)) = line.rsplit_once(' ') else { continue };
                let values = by_series.entry(series.to_owned()).or_insert_with(|| vec![None; count]);
                values[page] = value.parse().ok();
            }
        }
        let mut hosts = Vec::new();
        for host in 0..HOSTS {
            for (series, values) in &by_series {
                let Ok(labels) = promql::parse::parse_labels(series) else { continue };
                let mut labels = labels.to_builder();
                labels.set("job", "node");
                labels.set("cluster", "x");
                labels.set("instance", &if host == 0 { "x".to_owned() } else { format!("x{host}") });
                hosts.push((labels.build(), values.clone(), host * count / HOSTS));
            }
        }
        hosts
    }
}

/// Hands over the samples of all series at `times`, some series at a time.
fn batches(
    count: usize,
    labels: impl Fn(usize) -> Labels,
    times: &[i64],
    value: impl Fn(usize, i64) -> Option<f64>,
    take: &mut impl FnMut(Vec<Series>) -> Result<()>,
) -> Result<()> {
    if times.is_empty() {
        return Ok(());
    }
    let numbers: Vec<usize> = (0..count).collect();
    for part in numbers.chunks((BATCH_SAMPLES / times.len()).max(1)) {
        let series = |&number: &usize| Series {
            labels: labels(number),
            samples: times
                .iter()
                .filter_map(|&time| {
                    Some(Sample { time, start: None, value: Value::Float(value(number, time)?) })
                })
                .collect(),
            ..Series::default()
        };
        take(part.iter().map(series).collect())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_handed_over_once_and_in_order() {
        let size = Size { series: 20, interval_ms: 60_000, hours: 2 };
        let pages = Pages { bodies: vec![b"a 1\nb{x=\"y\"} 2\n".to_vec()], origin: String::new() };
        let data = Data { end: 7_200_000, sizes: vec![size], pages };
        let mut newest: std::collections::HashMap<Labels, i64> = Default::default();
        let mut samples = 0;
        let outcome = data.each_batch(|batch| {
            for series in batch {
                for sample in series.samples {
                    samples += 1;
                    let before = newest.insert(series.labels.clone(), sample.time);
                    assert!(before.is_none_or(|before| before < sample.time));
                }
            }
            Ok(())
        });
        outcome.expect("all is taken");
        assert_eq!(samples, (20 + 20 + 2) * 120 + 2 * HOSTS * 240);
    }
}
