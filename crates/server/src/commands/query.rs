//! `flightdeck query`: asks a server, this one or any Prometheus, and prints a table, JSON or sparklines.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use axum::http::{HeaderValue, header};
use clap::{Args, Subcommand, ValueEnum};
use collect::config::{BasicAuth, HttpClientConfig, Secret, TlsConfig};
use collect::fetch::{Ask, Client, FetchError, Shared, address_of};
use serde::Deserialize;
use serde_json::Value;

use super::out::{complain, say};
use super::{paint, sparkline};
use crate::api::times::{parse_duration_millis, parse_time};

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(130);
/// How large it may be.
const ANSWER_BYTES_MAX: u64 = 1 << 30;
/// How many columns a sparkline has.
const SPARK_COLUMNS: usize = 60;

/// What to ask.
#[derive(Subcommand)]
pub enum Query {
    /// A query at one time.
    Instant {
        #[command(flatten)]
        server: Server,
        /// The query.
        #[arg(allow_hyphen_values = true)]
        expression: String,
        /// When, as RFC 3339 or seconds; now when absent.
        #[arg(long, allow_hyphen_values = true)]
        time: Option<String>,
    },
    /// A query over a range of time.
    Range {
        #[command(flatten)]
        server: Server,
        /// The query.
        #[arg(allow_hyphen_values = true)]
        expression: String,
        /// Where it begins; an hour before the end when absent.
        #[arg(long, allow_hyphen_values = true)]
        start: Option<String>,
        /// Where it ends; now when absent.
        #[arg(long, allow_hyphen_values = true)]
        end: Option<String>,
        /// The time between two points; a sixtieth of the range when absent.
        #[arg(long)]
        step: Option<String>,
    },
    /// The series that selectors find.
    Series {
        #[command(flatten)]
        server: Server,
        /// The selectors.
        #[arg(required = true)]
        selectors: Vec<String>,
    },
    /// The names of labels, or the values of one.
    Labels {
        #[command(flatten)]
        server: Server,
        /// Whose values; without it the names are listed.
        name: Option<String>,
        /// Only of series that this selector finds.
        #[arg(long = "match", value_name = "SELECTOR")]
        selectors: Vec<String>,
    },
}

/// Whom to ask, and how to print the answer.
#[derive(Args)]
pub struct Server {
    /// The server; a user and a password may stand in the URL.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9090")]
    url: String,
    /// A file with the certificate authority of the server.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<std::path::PathBuf>,
    /// How to print.
    #[arg(long, value_enum, default_value = "table")]
    format: OutputFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// One line per series.
    Table,
    /// The data as the server sent it.
    Json,
    /// One small chart per series.
    Sparkline,
}

/// The envelope of an answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    status: String,
    data: Option<Value>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

/// Runs the command.
pub fn run(query: Query) -> anyhow::Result<ExitCode> {
    let (server, path, parameters) = request(query)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let envelope = runtime.block_on(ask(&server, &path, &parameters))?;
    for remark in envelope.warnings.iter().chain(&envelope.infos) {
        complain!("{} {remark}", paint::notable("note"));
    }
    if envelope.status != "success" {
        bail!(
            "{}",
            envelope.error.unwrap_or_else(|| "the server says no more than that it failed".to_owned())
        );
    }
    print(&envelope.data.unwrap_or(Value::Null), server.format)?;
    Ok(ExitCode::SUCCESS)
}

type Parameters = Vec<(&'static str, String)>;

fn request(query: Query) -> anyhow::Result<(Server, String, Parameters)> {
    let matches = |selectors: Vec<String>| selectors.into_iter().map(|selector| ("match[]", selector));
    Ok(match query {
        Query::Instant { server, expression, time } => {
            let time = time.map(|time| ("time", time));
            (server, "query".to_owned(), [("query", expression)].into_iter().chain(time).collect())
        }
        Query::Range { server, expression, start, end, step } => {
            let time = |text: String| parse_time(&text).map_err(|error| anyhow!(error));
            let end = end.map_or_else(|| Ok(crate::app::now_millis()), time)?;
            let start = start.map_or(Ok(end - 3_600_000), time)?;
            let default_step = || Ok(((end - start) / SPARK_COLUMNS as i64).max(1_000));
            let step = step.map_or_else(default_step, |text| {
                parse_duration_millis(&text).map_err(|error| anyhow!(error))
            })?;
            let seconds = |millis: i64| (millis as f64 / 1000.0).to_string();
            let parameters = vec![
                ("query", expression),
                ("start", seconds(start)),
                ("end", seconds(end)),
                ("step", seconds(step)),
            ];
            (server, "query_range".to_owned(), parameters)
        }
        Query::Series { server, selectors } => (server, "series".to_owned(), matches(selectors).collect()),
        Query::Labels { server, name: None, selectors } => {
            (server, "labels".to_owned(), matches(selectors).collect())
        }
        Query::Labels { server, name: Some(name), selectors } => {
            (server, format!("label/{}/values", encode(&name)), matches(selectors).collect())
        }
    })
}

async fn ask(server: &Server, path: &str, parameters: &Parameters) -> anyhow::Result<Envelope> {
    let (url, basic_auth) = without_user(&server.url);
    let config = HttpClientConfig {
        basic_auth,
        tls: TlsConfig { ca_file: server.ca_file.clone(), ..TlsConfig::default() },
        follow_redirects: true,
        enable_http2: true,
        ..HttpClientConfig::default()
    };
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let address = address_of(&format!("{}/api/v1/{path}?{}", url.trim_end_matches('/'), pairs.join("&")))?;
    let wanted = Ask {
        accept: HeaderValue::from_static("application/json"),
        compression: true,
        headers: Vec::<(header::HeaderName, HeaderValue)>::new(),
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    let mut body = Vec::new();
    let mut client = Client::new(Shared::new(&config)?);
    let answered = tokio::time::timeout(ANSWER_TIMEOUT, client.get(&address, &wanted, &mut body)).await;
    match answered.map_err(|_| anyhow!("{url} did not answer within {} s", ANSWER_TIMEOUT.as_secs()))? {
        Ok(_) => serde_json::from_slice(&body)
            .with_context(|| format!("{url} answers something that is not its API")),
        // An error of the API says more in its body than its status does.
        Err(FetchError::Status(status)) => {
            serde_json::from_slice(&body).map_err(|_| anyhow!("{url} answers with HTTP status {status}"))
        }
        Err(error) => Err(anyhow!(error).context(format!("asking {url}"))),
    }
}

/// Takes user and password out of a URL; without a scheme it means plain HTTP.
fn without_user(url: &str) -> (String, Option<BasicAuth>) {
    if !url.contains("://") {
        return without_user(&format!("http://{url}"));
    }
    let split = url.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.split_once('@')?;
        Some((scheme, user, host))
    });
    let Some((scheme, user, host)) = split else { return (url.to_owned(), None) };
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let password = Some(Secret::new(password));
    let basic_auth = BasicAuth { username: username.to_owned(), password, ..BasicAuth::default() };
    (format!("{scheme}://{host}"), Some(basic_auth))
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

fn print(data: &Value, format: OutputFormat) -> anyhow::Result<()> {
    if format == OutputFormat::Json {
        say!("{}", serde_json::to_string_pretty(data)?);
        return Ok(());
    }
    let Some(result) = data.get("result") else {
        data.as_array().into_iter().flatten().for_each(|item| say!("{}", line_of(item)));
        return Ok(());
    };
    if matches!(data["resultType"].as_str(), Some("scalar" | "string")) {
        say!("{}", sample_text(result));
        return Ok(());
    }
    let series = result.as_array().map(Vec::as_slice).unwrap_or_default();
    if series.is_empty() {
        complain!("{} nothing matches", paint::notable("note"));
    }
    series.iter().for_each(|series| print_series(series, format));
    Ok(())
}

fn print_series(series: &Value, format: OutputFormat) {
    let name = line_of(&series["metric"]);
    if let Some(sample) = series.get("value").or(series.get("histogram")) {
        return say!("{name} {} {}", paint::faint("=>"), sample_text(sample));
    }
    let points = points_of(series);
    if format == OutputFormat::Sparkline {
        let values: Vec<f64> = points.iter().filter_map(|point| height_of(&point[1])).collect();
        return say!("{} {name}", sparkline::draw(&values, SPARK_COLUMNS));
    }
    say!("{name}");
    points.iter().for_each(|point| say!("  {} {}", time_text(&point[0]), value_text(&point[1])));
}

/// The points of a series as they follow each other in time, histograms among them.
fn points_of(series: &Value) -> Vec<&Value> {
    let all = ["values", "histograms"].iter().filter_map(|kind| series[kind].as_array());
    let mut points: Vec<&Value> = all.flatten().collect();
    let time = |point: &Value| point[0].as_f64().unwrap_or(0.0);
    points.sort_by(|left, right| time(left).total_cmp(&time(right)));
    points
}

/// What a small chart shows of a value: of a histogram, how many observations it has.
fn height_of(value: &Value) -> Option<f64> {
    value.as_str().or(value["count"].as_str())?.parse().ok()
}

/// A number; or a histogram with its buckets, as people who know Prometheus read them.
fn value_text(value: &Value) -> String {
    if !value.is_object() {
        return text(value);
    }
    let bucket = |bucket: &Value| {
        let (open, close) = match bucket[0].as_u64() {
            Some(0) => ('(', ']'),
            Some(1) => ('[', ')'),
            Some(2) => ('(', ')'),
            _ => ('[', ']'),
        };
        let [lower, upper, count] = [1, 2, 3].map(|place| text(&bucket[place]));
        format!(", {open}{lower},{upper}{close}:{count}")
    };
    let buckets: String = value["buckets"].as_array().into_iter().flatten().map(bucket).collect();
    format!("{{count:{}, sum:{}{buckets}}}", text(&value["count"]), text(&value["sum"]))
}

/// A label set as PromQL writes it; anything else as it is.
fn line_of(value: &Value) -> String {
    match serde_json::from_value::<BTreeMap<String, String>>(value.clone()) {
        Ok(labels) => model::Labels::from_pairs(labels).to_string(),
        Err(_) => text(value),
    }
}

fn sample_text(sample: &Value) -> String {
    format!("{} {}", value_text(&sample[1]), paint::faint(&format!("@ {}", time_text(&sample[0]))))
}

fn time_text(seconds: &Value) -> String {
    let millis = seconds.as_f64().map(|seconds| (seconds * 1000.0).round() as i64);
    let time = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    time.map_or_else(|| seconds.to_string(), |time| format!("{time:.3}"))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_taken_out_of_urls() {
        let check = |url: &str, want: &str, user: Option<(&str, &str)>| {
            let (rest, auth) = without_user(url);
            assert_eq!(rest, want);
            let auth = auth
                .as_ref()
                .map(|auth| (auth.username.as_str(), auth.password.as_ref().map_or("", Secret::reveal)));
            assert_eq!(auth, user, "{url}");
        };
        check("http://localhost:9090", "http://localhost:9090", None);
        check("localhost:9090", "http://localhost:9090", None);
        check("me:secret@host", "http://host", Some(("me", "secret")));
        check("https://me:secret@host/base", "https://host/base", Some(("me", "secret")));
    }

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(encode("sum(up{a=\"b\"})"), "sum%28up%7Ba%3D%22b%22%7D%29");
    }

    #[test]
    fn histograms_are_printed_with_their_buckets_in_the_order_of_time() {
        let histogram = serde_json::json!({
            "count": "7", "sum": "1.5", "buckets": [[1, "-2", "-1", "2"], [3, "-0.1", "0.1", "1"], [0, "1", "2", "4"]]
        });
        let text = "{count:7, sum:1.5, [-2,-1):2, [-0.1,0.1]:1, (1,2]:4}";
        assert_eq!(value_text(&histogram), text);
        assert_eq!(value_text(&serde_json::json!({"count": "0", "sum": "0"})), "{count:0, sum:0}");
        let series = serde_json::json!({"values": [[1, "5"], [3, "NaN"]], "histograms": [[2, histogram]]});
        let shown: Vec<String> = points_of(&series).iter().map(|point| value_text(&point[1])).collect();
        assert_eq!(shown, ["5", text, "NaN"]);
        let heights: Vec<Option<f64>> = points_of(&series).iter().map(|point| height_of(&point[1])).collect();
        assert_eq!(heights[..2], [Some(5.0), Some(7.0)]);
    }

    #[test]
    fn expressions_and_times_may_begin_with_a_minus() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(subcommand)]
            query: Query,
        }
        let check = |words: &[&str], want: &[(&str, &str)]| {
            let line = <Line as clap::Parser>::try_parse_from([&["query"][..], words].concat());
            let (_, _, parameters) = request(line.expect("parses").query).expect("a request");
            for (name, value) in want {
                let found = parameters.iter().find(|(found, _)| found == name);
                assert_eq!(found.map(|(_, found)| found.as_str()), Some(*value), "{words:?}");
            }
        };
        check(&["instant", "-up", "--time", "-5"], &[("query", "-up"), ("time", "-5")]);
        check(&["instant", "--time", "5", "--url", "x", "-1"], &[("query", "-1"), ("time", "5")]);
        let range = ["range", "-up", "--start", "-20", "--end", "-10", "--step", "5"];
        check(&range, &[("query", "-up"), ("start", "-20"), ("end", "-10"), ("step", "5")]);
    }
}
