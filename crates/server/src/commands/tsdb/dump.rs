//! `flightdeck tsdb dump`: samples as OpenMetrics, each with its time, as `import-prometheus` takes them back.

use std::io::{BufWriter, Write};

use anyhow::anyhow;
use clap::Args;
use model::{Labels, METRIC_NAME, MatchOp, Matcher, Sample, Timestamp, Value};

use super::{Data, existing_only, open};
use crate::api::params::parse_time;
use crate::commands::out;

/// Arguments of the command.
#[derive(Args)]
pub struct Dump {
    #[command(flatten)]
    data: Data,
    /// Which series, as selectors; all when there is none.
    #[arg(long = "match", value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// The oldest sample, as RFC 3339 or seconds.
    #[arg(long, value_name = "TIME")]
    start: Option<String>,
    /// The newest sample.
    #[arg(long, value_name = "TIME")]
    end: Option<String>,
}

/// Writes to standard output.
pub fn run(arguments: &Dump) -> anyhow::Result<()> {
    let time = |text: &Option<String>, default| {
        text.as_deref().map_or(Ok(default), |text| parse_time(text).map_err(|error| anyhow!(error)))
    };
    let range = time(&arguments.start, Timestamp::MIN)?..=time(&arguments.end, Timestamp::MAX)?;
    let mut selectors = Vec::new();
    for selector in &arguments.selectors {
        selectors
            .push(promql::parse::parse_selector(selector).map_err(|error| anyhow!("{selector}: {error}"))?);
    }
    if selectors.is_empty() {
        selectors.push(vec![Matcher::new(METRIC_NAME, MatchOp::NotEqual, "")?]);
    }
    let store = open(&arguments.data.data, existing_only())?;
    let mut out = BufWriter::new(out::stdout());
    for matchers in &selectors {
        let selection = store.select(matchers, range.clone())?;
        for index in 0..selection.len() {
            let labels = selection.labels(index);
            for sample in selection.read_raw(index)? {
                write_sample(&mut out, &labels, &sample)?;
            }
        }
    }
    writeln!(out, "# EOF")?;
    Ok(out.flush()?)
}

/// Histograms have no place in the text format; they are told as comments, so that nothing is lost in silence.
fn write_sample(out: &mut impl Write, labels: &Labels, sample: &Sample) -> std::io::Result<()> {
    let seconds = sample.time as f64 / 1000.0;
    match &sample.value {
        Value::Float(value) => {
            let mut text = String::new();
            wire::float::write_openmetrics(&mut text, *value);
            writeln!(out, "{labels} {text} {seconds}")
        }
        Value::Histogram(histogram) => {
            writeln!(
                out,
                "# {labels} {seconds} native histogram: count {} sum {}",
                histogram.count, histogram.sum
            )
        }
        Value::FloatHistogram(histogram) => {
            writeln!(
                out,
                "# {labels} {seconds} native histogram: count {} sum {}",
                histogram.count, histogram.sum
            )
        }
    }
}
