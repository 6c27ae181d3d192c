//! What a scrape may bring and how long it may take, and what is told when it does not keep to it.

use std::time::Duration;

use crate::collector::{Seen, start, until, values};
use crate::support::{Server, job, page};
use collect::Extras;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// Scrapes `body` with `limits` in the section, until a scrape has failed; says with what error.
async fn check(limits: serde_json::Value, body: &'static str, want: &str) -> Seen {
    let server = Server::start(move |_| page(body)).await;
    let mut section = json!({
        "job_name": "j", "scrape_interval": "100ms", "scrape_timeout": "100ms",
        "static_configs": [{"targets": [server.address.to_string()], "labels": {"instance": "i"}}],
    });
    section.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
    let (collector, seen) = start();
    collector.apply(vec![job(section)], Extras::default()).await;
    until("a scrape", || !values(&seen, r#"up{instance="i", job="j"}"#).is_empty()).await;
    let status = collector.status();
    let error = status[0].targets[0].state.last_error.clone().unwrap_or_default();
    assert_eq!(error, want, "{limits}");
    collector.stop().await;
    let up = if want.is_empty() { 1.0 } else { 0.0 };
    assert_eq!(values(&seen, r#"up{instance="i", job="j"}"#)[0], Some(up), "{limits}");
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_over_a_limit_is_refused_as_a_whole() {
    let body = "a{x=\"1234\"} 1\nb 2\n";
    check(json!({"sample_limit": 2}), body, "").await;
    let seen = check(json!({"sample_limit": 1}), body, "sample limit exceeded: 2 samples, 1 allowed").await;
    assert!(values(&seen, r#"b{instance="i", job="j"}"#).is_empty());
    let series = r#"a{instance="i", job="j", x="1234"}"#;
    check(
        json!({"label_limit": 3}),
        body,
        &format!("label_limit exceeded: {series} has 4 labels, 3 allowed"),
    )
    .await;
    let too_long =
        format!("label_value_length_limit exceeded: label \"x\" of {series} is longer than 3 bytes");
    check(json!({"label_value_length_limit": 3}), body, &too_long).await;
    let too_long =
        format!("label_name_length_limit exceeded: label \"instance\" of {series} is longer than 7 bytes");
    check(json!({"label_name_length_limit": 7}), "a{x=\"1234\"} 1\n", &too_long).await;
    check(json!({"body_size_limit": "10B"}), body, "body size limit exceeded: more than 10 bytes").await;
    // What relabelling drops does not count.
    let dropping = json!([{"source_labels": ["__name__"], "regex": "b", "action": "drop"}]);
    check(json!({"sample_limit": 1, "metric_relabel_configs": dropping}), body, "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_page_is_read_whole_again_and_again() {
    let body: String = (0..60_000).map(|at| format!("a{{at=\"{at:0>80}\"}} {at}\n")).collect();
    assert!(body.len() > 5 << 20);
    let server = Server::start(move |_| page(body.clone())).await;
    let (collector, seen) = start();
    let section = json!({
        "job_name": "j", "scrape_interval": "1s", "scrape_timeout": "1s",
        "static_configs": [{"targets": [server.address.to_string()], "labels": {"instance": "i"}}],
    });
    collector.apply(vec![job(section)], Extras::default()).await;
    let series = format!("a{{at=\"{:0>80}\", instance=\"i\", job=\"j\"}}", 59_999);
    until("two scrapes", || values(&seen, &series).len() >= 2).await;
    collector.stop().await;
    assert_eq!(values(&seen, &series)[..2], [Some(59_999.0), Some(59_999.0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_with_too_many_targets_scrapes_none_of_them() {
    let server = Server::start(|_| page("n 1\n")).await;
    let targets = |names: &[&str]| {
        let groups: Vec<_> = names
            .iter()
            .map(|name| json!({"targets": [server.address.to_string()], "labels": {"instance": name}}))
            .collect();
        job(json!({
            "job_name": "j", "scrape_interval": "100ms", "scrape_timeout": "100ms", "target_limit": 1,
            "static_configs": groups,
        }))
    };
    let (collector, seen) = start();
    collector.apply(vec![targets(&["a", "b"])], Extras::default()).await;
    let up = |name: &str| format!(r#"up{{instance="{name}", job="j"}}"#);
    until("two refusals", || ["a", "b"].iter().all(|name| !values(&seen, &up(name)).is_empty())).await;
    assert_eq!((values(&seen, &up("a"))[0], values(&seen, &up("b"))[0]), (Some(0.0), Some(0.0)));
    let status = collector.status();
    let error = status[0].targets[0].state.last_error.clone();
    assert_eq!(error.as_deref(), Some("target_limit exceeded: the job has more than 1 targets"));
    // With fewer targets those that are left are scraped again.
    collector.apply(vec![targets(&["a"])], Extras::default()).await;
    until("a success", || values(&seen, &up("a")).last() == Some(&Some(1.0))).await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_in_time_is_down_and_asked_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 16];
            let _ = stream.read(&mut request).await;
            held.push(stream);
        }
    });
    let section = job(json!({
        "job_name": "j", "scrape_interval": "200ms", "scrape_timeout": "100ms",
        "static_configs": [{"targets": [address.to_string()], "labels": {"instance": "i"}}],
    }));
    let (collector, seen) = start();
    collector.apply(vec![section], Extras::default()).await;
    let up = r#"up{instance="i", job="j"}"#;
    until("two failures", || values(&seen, up).len() >= 2).await;
    let state = collector.status()[0].targets[0].state.clone();
    let error = state.last_error.unwrap();
    assert_eq!(error, "context deadline exceeded: no complete answer within 100ms");
    assert!(state.report.duration_seconds >= 0.1, "{}", state.report.duration_seconds);
    let began = std::time::Instant::now();
    collector.stop().await;
    assert!(began.elapsed() < Duration::from_secs(1), "a scrape that waits does not hold up the stop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_that_changes_a_job_ends_what_it_does_not_bring_any_more() {
    let server = Server::start(|_| page("kept 1\ndropped 2\n")).await;
    let section = |rules: serde_json::Value| {
        job(json!({
            "job_name": "j", "scrape_interval": "100ms", "scrape_timeout": "100ms",
            "static_configs": [{"targets": [server.address.to_string()], "labels": {"instance": "i"}}],
            "metric_relabel_configs": rules,
        }))
    };
    let (collector, seen) = start();
    collector.apply(vec![section(json!([]))], Extras::default()).await;
    let of = |name: &str| values(&seen, &format!(r#"{name}{{instance="i", job="j"}}"#));
    until("a scrape", || !of("dropped").is_empty()).await;
    let rules = json!([{"source_labels": ["__name__"], "regex": "dropped", "action": "drop"}]);
    collector.apply(vec![section(rules)], Extras::default()).await;
    until("the end", || of("dropped").last() == Some(&None)).await;
    let before = of("kept").len();
    until("more of what is kept", || of("kept").len() > before + 1).await;
    assert_eq!(of("dropped").iter().filter(|value| value.is_none()).count(), 1, "it ends once");
    assert!(of("kept").iter().all(Option::is_some), "what is kept does not end");
    collector.stop().await;
}
