//! Every exposition is read by those who will have to: Flightdeck's own parsers, the official Python parser, promtool.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use flightdeck::expose::{Accepted, Format, Scheme};
use flightdeck::{Native, Registry, SpanReference, set_current_span};
use model::Value;

/// One of everything, with label values nobody would choose.
fn registry() -> Registry {
    let registry = Registry::new();
    let orders = registry
        .counter("orders_created_total", "Orders \"taken\" \\ by method.\nAll.")
        .labels(["method"])
        .unwrap();
    for hostile in [
        "card",
        "",
        "quote \" backslash \\ newline \n end",
        "ünïcödé 日本語 \u{1f680}",
        "\\n",
        "} 1 # {",
        "\r\t\0",
    ] {
        orders.get(&[hostile]).add(3.5);
    }
    orders.get(&["card"]).add_with_exemplar(1.0, &[("order", "a\\c} 1 # {")]);
    registry.gauge("queue_length", "Waiting orders.").register().unwrap().set(-1.5);
    for (value, name) in
        [(f64::INFINITY, "inf"), (f64::NEG_INFINITY, "ninf"), (f64::NAN, "nan"), (1e-300, "tiny")]
    {
        registry.gauge(&format!("odd_{name}"), "An odd number.").register().unwrap().set(value);
    }
    let latency = registry
        .histogram("order_duration_seconds", "Time to take an order.")
        .unit("seconds")
        .buckets(&[0.1, 1.0, 10.0])
        .native(Native::default())
        .labels(["zone"])
        .unwrap();
    let before = set_current_span(Some(SpanReference {
        trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
        span_id: 1,
    }));
    for value in [0.05, 0.5, 5.0, 50.0, 0.0] {
        latency.get(&["eu"]).observe(value);
    }
    set_current_span(before);
    registry.histogram("empty_seconds", "Nothing yet.").native(Native::default()).register().unwrap();
    let summary = registry
        .summary("order_size_bytes", "Size of an order.")
        .window(Duration::from_secs(60))
        .register()
        .unwrap();
    (1..=100).for_each(|value| summary.observe(f64::from(value)));
    registry.summary("empty_bytes", "Nothing yet.").register().unwrap();
    registry
        .info("build", "What is running.")
        .register()
        .unwrap()
        .set(&[("version", "1.2.3"), ("quote", "\"")]);
    registry
        .state_set("door", "Where it is.", &["open", "closed"])
        .labels(["house"])
        .unwrap()
        .get(&["a"])
        .set("closed");
    registry
        .labelled("shard", "1")
        .counter("http.client.calls", "Calls.")
        .labels(["peer.name"])
        .unwrap()
        .get(&["x.y"])
        .inc();
    registry.collect_with(|samples| samples.unknown("computed", "At scrape.", &[("a", "b")], 7.0));
    registry
}

fn accepted(format: Format, scheme: Scheme) -> Accepted {
    Accepted { format, scheme }
}

/// Reads an exposition with our own parser; the samples as text, sorted.
fn read(bytes: &[u8], format: wire::Format) -> Vec<String> {
    let page = wire::Reader::new()
        .read(
            bytes,
            format,
            &wire::Options { keep_classic: true, created_as_start: true, ..wire::Options::default() },
        )
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(bytes)));
    let histograms: Vec<u32> = page.histograms.iter().map(|(column, _)| *column).collect();
    let mut rows: Vec<String> = page
        .shape
        .series
        .iter()
        .zip(&page.values)
        .enumerate()
        .filter(|(column, _)| !histograms.contains(&(*column as u32)))
        .map(|(_, (labels, value))| format!("{:?} {value:?}", labels.iter().collect::<Vec<_>>()))
        .collect();
    rows.sort();
    rows
}

#[test]
fn all_formats_say_the_same_to_our_own_parser() {
    let registry = registry();
    // The Python parser takes a quote in an exemplar for its end, so this one is only here.
    let quoted = registry.counter("quoted", "Quoted.").register().unwrap();
    quoted.add_with_exemplar(1.0, &[("order", "a\"b")]);
    let text = read(&registry.expose(accepted(Format::Text, Scheme::Underscores)), wire::Format::Text);
    let formats = [(Format::OpenMetrics, wire::Format::OpenMetrics), (Format::Text1, wire::Format::Text)];
    for (format, theirs) in formats {
        let rows = read(&registry.expose(accepted(format, Scheme::Underscores)), theirs);
        assert_eq!(rows, text, "{format:?}");
    }
    let protobuf =
        read(&registry.expose(accepted(Format::Protobuf, Scheme::Underscores)), wire::Format::Protobuf);
    assert_eq!(protobuf, text);
    assert!(text.iter().any(|row| row.contains("quote \\\" backslash \\\\ newline \\n end")), "{text:#?}");
    // Names in full, where the reader takes them.
    for format in [Format::Text1, Format::OpenMetrics] {
        let theirs =
            if format == Format::OpenMetrics { wire::Format::OpenMetrics } else { wire::Format::Text };
        let rows = read(&registry.expose(accepted(format, Scheme::AllowUtf8)), theirs);
        assert!(
            rows.iter().any(|row| row.contains("http.client.calls_total") && row.contains("peer.name")),
            "{rows:#?}"
        );
    }
}

#[test]
fn native_histograms_arrive_whole() {
    let bytes = registry().expose(accepted(Format::Protobuf, Scheme::Underscores));
    let page = wire::Reader::new().read(&bytes, wire::Format::Protobuf, &wire::Options::default()).unwrap();
    let named = |name: &str| {
        let found = page
            .histograms
            .iter()
            .find(|(column, _)| page.shape.series[*column as usize].metric_name() == name);
        match found {
            Some((_, Value::Histogram(histogram))) => histogram.clone(),
            other => panic!("{name} is {other:?}"),
        }
    };
    let latency = named("order_duration_seconds");
    assert_eq!((latency.count, latency.sum, latency.zero_count), (5, 55.55, 1));
    assert_eq!(named("empty_seconds").count, 0);
}

#[test]
fn the_official_python_parser_reads_what_it_is_given() {
    let Some(python) = peer("FLIGHTDECK_TEST_PYTHON", None) else { return };
    let registry = registry();
    let script = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as om\n\
        from prometheus_client.parser import text_string_to_metric_families as text\n\
        read = {'om': om, 'text': text}[sys.argv[1]]\n\
        families = list(read(sys.stdin.buffer.read().decode()))\n\
        print(len(families), sum(len(f.samples) for f in families))\n\
        print([s.labels['method'] for f in families for s in f.samples if s.name.endswith('created_total')])\n";
    for (format, kind) in [(Format::OpenMetrics, "om"), (Format::Text, "text")] {
        for scheme in [Scheme::Underscores, Scheme::AllowUtf8, Scheme::Dots, Scheme::Values] {
            let bytes = registry.expose(accepted(format, scheme));
            let answer = run(Command::new(&python).args(["-c", script, kind]), &bytes);
            // Our own parser counts the same samples.
            let theirs = if kind == "om" { wire::Format::OpenMetrics } else { wire::Format::Text };
            let samples = read(&bytes, theirs).len();
            assert!(
                answer.lines().next().is_some_and(|line| line.ends_with(&format!(" {samples}"))),
                "{kind} {scheme:?} {samples}: {answer}"
            );
            assert!(answer.contains("quote \" backslash \\\\ newline \\n end"), "{answer}");
            if format == Format::Text {
                break;
            }
        }
    }
}

#[test]
fn promtool_reads_what_it_is_given() {
    let Some(promtool) = peer("FLIGHTDECK_TEST_PROMTOOL", Some("/usr/bin/promtool")) else { return };
    let registry = registry();
    let bytes = registry.expose(accepted(Format::Text, Scheme::Underscores));
    let answer = run(Command::new(promtool).args(["check", "metrics"]), &bytes);
    let complaints: Vec<&str> = answer.lines().filter(|line| line.contains("error")).collect();
    assert!(complaints.is_empty(), "{answer}");
}

/// The program that a variable names. Where there is none the test says so and passes, but not where all is to be run.
fn peer(variable: &str, usual: Option<&str>) -> Option<String> {
    let named = std::env::var(variable).ok().or_else(|| usual.map(str::to_owned));
    let found = named.filter(|path| Path::new(path).exists());
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} names no program");
        println!("skipped: {variable} names no program");
    }
    found
}

/// What a program answers to bytes on its standard input. It must not fail, but may have remarks.
fn run(command: &mut Command, input: &[u8]) -> String {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    // Code 3 of promtool is advice on style.
    assert!(
        output.status.success() || output.status.code() == Some(3),
        "{text}\n{}",
        String::from_utf8_lossy(input)
    );
    text
}
