//! `flightdeck tsdb dump`: samples as OpenMetrics, each with its time, as `import-prometheus` takes them back.

use std::io::Write;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use model::{METRIC_NAME, MatchOp, Matcher, Timestamp};
use wire::encode::{Encoder, Row};
use wire::{Escaping, Format};

use super::{Data, open_to_read};
use crate::api::times::parse_time;
use crate::commands::out::{complain, stdout};

/// How much text is written at once.
const WRITE_BYTES: usize = 64 << 10;

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

/// Writes to standard output. Native histograms have no place in the format: how many are missing is said, and the exit
/// code is that of a failure.
pub fn run(arguments: &Dump) -> anyhow::Result<ExitCode> {
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
    let store = open_to_read(&arguments.data.data)?;
    let mut out = stdout();
    let mut encoder = Encoder::new(Format::OpenMetrics, Escaping::AllowUtf8);
    for matchers in &selectors {
        let selection = store.select(matchers, range.clone())?;
        for index in 0..selection.len() {
            let labels = selection.labels(index);
            for sample in selection.read_raw(index)? {
                let time = Some(sample.time);
                encoder.row(Row {
                    labels: &labels,
                    empty_labels: &[],
                    value: &sample.value,
                    time,
                    exemplar: None,
                });
            }
            if encoder.len() >= WRITE_BYTES {
                out.write_all(encoder.take_text().as_bytes())?;
            }
        }
    }
    let omitted = encoder.omitted();
    out.write_all(&encoder.finish())?;
    out.flush()?;
    if omitted == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    complain!("left out {omitted} samples of native histograms: OpenMetrics cannot say them");
    Ok(ExitCode::FAILURE)
}
