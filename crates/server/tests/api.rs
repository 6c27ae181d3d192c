//! Every endpoint of the HTTP API asked of the real binary, and requests that try to hurt it.

mod harness;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime};

use harness::{
    Directory, Process, Response, encode, flightdeck, free_address, get, post, request, wait_for_ready,
    wait_until,
};
use serde_json::{Value, json};

const CONFIG: &str = r#"
global:
  scrape_interval: 15s
  external_labels: {cluster: here}
scrape_configs:
- job_name: node
  static_configs:
  - targets: ['127.0.0.1:1', '127.0.0.1:2']
    labels: {env: test}
  basic_auth: {username: me, password: hunter2}
  relabel_configs:
  - source_labels: [__address__]
    regex: .*:2
    action: drop
  - regex: tmp.*
    action: labeldrop
"#;

#[test]
fn queries_answer_in_prometheus_shapes() {
    let server = Server::start("api-query", &[]);
    let now = server.now;
    let instant = server.data(&format!("query?query=probe_total&time={now}&stats=true"));
    assert_eq!(instant["resultType"], "vector");
    assert_eq!(instant["result"][0]["metric"], json!({"__name__": "probe_total", "side": "left"}));
    assert_eq!(instant["result"][0]["value"], json!([now, "19"]));
    assert!(instant["stats"]["samples"]["totalQueryableSamples"].is_u64());
    assert!(instant["stats"]["timings"]["evalTotalTime"].is_f64());
    let range =
        server.data(&format!("query_range?query=sum(probe_total)&start={}&end={now}&step=10", now - 30));
    assert_eq!(range["resultType"], "matrix");
    let values = range["result"][0]["values"].as_array().expect("values");
    assert_eq!((values.len(), &values[3]), (4, &json!([now, "38"])));
    let limited = server.json(&format!("query?query=probe_total&time={now}&limit=1"));
    assert_eq!(limited["data"]["result"].as_array().map(Vec::len), Some(1));
    assert_eq!(limited["warnings"], json!(["results truncated due to limit"]));
    let infos = server.json(&format!("query?query={}&time={now}", encode("rate(probe_gauge[1m])")));
    assert!(
        infos["infos"][0].as_str().is_some_and(|info| info.contains("might not be a counter")),
        "{infos}"
    );
    assert_eq!(server.data("query?query=1.5&time=10")["result"], json!([10, "1.5"]));
    // As people type it after `curl -g`.
    let typed = server.data(&format!("query?query=probe_total{{side=\"left\"}}<20>0&time={now}"));
    assert_eq!(typed["result"][0]["metric"]["side"], "left");
    assert_eq!(server.data("query?query=%22a%22&time=2015-07-01T20:10:51.781Z")["result"][0], 1435781451.781);
    let posted = server.post(
        "query",
        &[("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8")],
        b"query=1%2B1&time=1",
    );
    assert_eq!(posted.json()["data"]["result"], json!([1, "2"]));
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let server = Server::start("api-errors", &[]);
    let check = |path: &str, status: u16, kind: &str, text: &str| {
        let response = server.get(path);
        let error = response.json();
        let told = (response.status, error["errorType"].as_str().unwrap_or(""));
        assert_eq!(told, (status, kind), "{path}: {error}");
        let message = error["error"].as_str().unwrap_or("");
        assert!(message.contains(text), "{path}: {message}");
    };
    check("query", 400, "bad_data", "invalid parameter \"query\"");
    check("query?query=up%7B", 400, "bad_data", "1:4: parse error");
    check("query?query=1&time=x", 400, "bad_data", "cannot parse \"x\" to a valid timestamp");
    check("query?query=1&timeout=x", 400, "bad_data", "cannot parse \"x\" to a valid duration");
    check("query?query=1&limit=-1", 400, "bad_data", "limit must be non-negative");
    check(
        "query_range?query=1&start=2&end=1&step=1",
        400,
        "bad_data",
        "end timestamp must not be before start time",
    );
    check("query_range?query=1&start=1&end=2", 400, "bad_data", "cannot parse \"\" to a valid duration");
    check("query_range?query=1&start=1&end=2&step=0", 400, "bad_data", "zero or negative query resolution");
    check(
        "query_range?query=1&start=0&end=11001&step=1",
        400,
        "bad_data",
        "exceeded maximum resolution of 11,000 points",
    );
    check("query_range?query=%22a%22&start=0&end=1&step=1", 400, "bad_data", "invalid expression type");
    check("query?query=probe_total%2Bon(x)probe_total", 422, "execution", "");
    check("series", 400, "bad_data", "no match[] parameter provided");
    check("series?match[]=%7B%7D", 400, "bad_data", "must contain at least one non-empty matcher");
    check("query_exemplars?start=2&end=1", 400, "bad_data", "end timestamp must not be before start");
    check("targets/relabel_steps", 400, "bad_data", "scrapePool");
    check("targets/relabel_steps?scrapePool=node&labels=x", 400, "bad_data", "JSON");
    check("scrape_pools/config?scrapePool=none", 404, "not_found", "none");
    check("status/tsdb?limit=0", 400, "bad_data", "limit must be a positive number");
    check("search/metric_names?sort_by=x", 400, "bad_data", "sort_by");
    check("search/label_values", 400, "bad_data", "label");
    check(
        "search/metric_names?include_score=x",
        400,
        "bad_data",
        "invalid include_score \"x\": must be boolean",
    );
    check("search/metric_names?fuzz_alg=x", 400, "bad_data", "unsupported fuzz_alg \"x\"");
    check("rules?group_limit=1&group_next_token=x", 400, "bad_data", "invalid group_next_token 'x'");
    check("label/%ff/values", 400, "bad_data", "no UTF-8");
    check("nothing", 404, "not_found", "no such endpoint");
    let wrong = request(server.address, "PUT", "/api/v1/query", &[], &[]).expect("answered");
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET,HEAD,POST")));
    assert_eq!(wrong.json()["error"], "method PUT is not allowed here");
    let refused = server.post("admin/tsdb/delete_series?match[]=up", &[], b"");
    assert_eq!((refused.status, &refused.json()["error"]), (503, &json!("admin APIs disabled")));
}

#[test]
fn mistakes_of_queries_are_told_with_their_place() {
    let server = Server::start("api-check", &[]);
    let check = |query: &str, want: serde_json::Value| {
        assert_eq!(server.data(&format!("check_query?query={}", encode(query))), want, "{query}");
    };
    let mistake = |start: u32, end: u32, message: &str| json!({"mistakes": [{"message": message, "start": start, "end": end}]});
    let range =
        "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector";
    check("rate(up)", mistake(5, 7, range));
    check("sum(", mistake(4, 4, "1:5: parse error: unclosed left parenthesis"));
    check("sum(up)", json!({"mistakes": [], "type": "vector"}));
    check("up[5m]", json!({"mistakes": [], "type": "matrix"}));
    assert_eq!(server.get("check_query?query=").status, 400);
}

#[test]
fn what_is_configured_and_what_runs_is_told() {
    let server = Server::start("api-status", &[]);
    assert_eq!(server.data("scrape_pools"), json!({"scrapePools": ["node"]}));
    wait_until("the target is known", 10, || {
        server.data("targets")["activeTargets"].as_array().is_some_and(|targets| !targets.is_empty())
    });
    let targets = server.data("targets");
    let active = &targets["activeTargets"][0];
    assert_eq!(active["labels"], json!({"env": "test", "instance": "127.0.0.1:1", "job": "node"}));
    assert_eq!(active["scrapeUrl"], "http://127.0.0.1:1/metrics");
    assert_eq!((&active["scrapeInterval"], &active["scrapeTimeout"]), (&json!("15s"), &json!("10s")));
    assert_eq!(targets["droppedTargets"][0]["discoveredLabels"]["__address__"], "127.0.0.1:2");
    assert_eq!(targets["droppedTargetCounts"], json!({"node": 1}));
    assert_eq!(server.data("targets?state=active")["droppedTargets"], json!([]));
    assert_eq!(server.data("targets?state=dropped")["activeTargets"], json!([]));
    let none = server.data("targets?state=other");
    assert_eq!((&none["activeTargets"], &none["droppedTargets"]), (&json!([]), &json!([])));
    // Others do not reach this machine under its own name for itself.
    let global = active["globalUrl"].as_str().expect("a text");
    assert!(global.ends_with(":1/metrics") && !global.contains("127.0.0.1"), "{global}");
    assert_eq!(server.data("targets?scrapePool=none")["activeTargets"], json!([]));
    let labels = encode(r#"{"__address__":"x:2"}"#);
    let steps = server.data(&format!("targets/relabel_steps?scrapePool=node&labels={labels}"));
    let rule = json!({"action": "drop", "regex": ".*:2", "replacement": "$1", "separator": ";", "source_labels": ["__address__"]});
    let after = json!({"action": "labeldrop", "regex": "tmp.*", "replacement": "$1", "separator": ";"});
    let dropped = |rule: &Value| json!({"keep": false, "output": {}, "rule": rule});
    assert_eq!(steps["steps"], json!([dropped(&rule), dropped(&after)]));
    for yaml in [server.data("status/config"), server.data("scrape_pools/config?scrapePool=node")] {
        let yaml = yaml["yaml"].as_str().expect("a text");
        assert!(yaml.contains("job_name: node") && !yaml.contains("hunter2"), "{yaml}");
    }
    let flags = server.data("status/flags");
    assert_eq!((&flags["query-timeout"], &flags["log-format"]), (&json!("2m"), &json!("auto")));
    assert_eq!(flags["enable-feature"], "");
    assert_eq!(server.data("status/buildinfo")["version"], server.root("/version").json()["version"]);
    let runtime = server.data("status/runtimeinfo");
    assert_eq!(
        (&runtime["storageRetention"], &runtime["reloadConfigSuccess"]),
        (&json!("15d"), &json!(true))
    );
    let tsdb = server.data("status/tsdb?limit=5");
    assert!(tsdb["headStats"]["numSeries"].as_u64() >= Some(4), "{tsdb}");
    assert!(server.data("status/tsdb/blocks")["blocks"].is_array());
    assert!(server.data("status/walreplay")["current"].is_u64());
    let own = server.data("status/self_metrics?metric_name_pattern=flightdeck_build_info");
    assert_eq!(
        (&own[0]["type"], own[0]["metric"][0]["gauge"]["value"].as_f64()),
        (&json!("GAUGE"), Some(1.0))
    );
    assert_eq!(server.data("notifications"), json!([]));
    assert_eq!(server.data("features")["api"]["admin"], false);
}

#[test]
fn jobs_of_other_files_are_shown_and_a_reload_changes_what_is_kept() {
    let server = Server::start("api-files", &[]);
    server.directory.write("more.yml", "scrape_configs:\n- job_name: more\n  bearer_token: hunter2\n");
    let storage = "storage: {tsdb: {retention: {time: 3d}}}\n";
    server.directory.write("flightdeck.yml", &format!("scrape_config_files: [more.yml]\n{storage}{CONFIG}"));
    assert_eq!(post(server.address, "/-/reload", &[], b"").expect("answered").status, 200);
    let yaml = server.data("scrape_pools/config?scrapePool=more");
    assert_eq!(yaml["yaml"], "job_name: more\nbearer_token: <secret>\n");
    assert_eq!(server.data("status/runtimeinfo")["storageRetention"], "3d");
}

#[test]
fn a_remote_read_waits_for_its_turn() {
    let server = Server::start("api-turn", &["--query-concurrency-max", "1"]);
    let unread = leave_unread(server.address);
    wait_until("the query runs", 5, || server.data("queries") != json!([]));
    let address = server.address;
    let reading = std::thread::spawn(move || post(address, "/api/v1/read", &[], b"garbage"));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!reading.is_finished(), "it was read before its turn");
    drop(unread);
    assert_eq!(reading.join().expect("it ends").expect("answered").status, 400);
}

/// Asks for an answer of some 20 MB, of which nothing is read.
fn leave_unread(address: SocketAddr) -> TcpStream {
    let lines: Vec<String> =
        (0..60).map(|line| format!("label_replace(vector(time()),\"line\",\"{line}\",\"\",\"\")")).collect();
    let query = encode(&lines.join(" or "));
    let mut stream = TcpStream::connect(address).expect("connects");
    let path = format!("/api/v1/query_range?query={query}&start=0&end=11000&step=1");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("is sent");
    stream
}

#[test]
fn names_are_searched() {
    let server = Server::start("api-search", &[]);
    let search = |path: &str| -> Vec<String> {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        let text = response.text();
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        let end = lines.next_back().expect("an end");
        assert_eq!(end["status"], "success", "{path}");
        lines
            .flat_map(|line| line["results"].as_array().cloned().unwrap_or_default())
            .map(|found| found["name"].as_str().or(found["value"].as_str()).unwrap_or("").to_owned())
            .collect()
    };
    assert_eq!(search("search/metric_names?search[]=probe_"), ["probe_gauge", "probe_total"]);
    assert_eq!(search("search/metric_names?search[]=prbttl&fuzz_threshold=10"), ["probe_total"]);
    assert_eq!(
        search("search/metric_names?search[]=probe_totla&fuzz_threshold=90&fuzz_alg=jarowinkler"),
        ["probe_total"]
    );
    assert_eq!(
        search("search/metric_names?search[]=probe_&sort_by=alpha&sort_dir=dsc&limit=1&batch_size=1"),
        ["probe_total"]
    );
    assert_eq!(
        server.get("search/metric_names?search[]=zqzqz").text(),
        "{\"results\":[]}\n{\"has_more\":false,\"status\":\"success\"}\n"
    );
    assert_eq!(search("search/label_names?search[]=SID&case_sensitive=false"), ["side"]);
    assert_eq!(search("search/label_values?label=side&match[]=probe_total"), ["left", "right"]);
    let described = server
        .get("search/metric_names?search[]=probe_total&include_metadata=true&include_score=true")
        .text();
    assert!(described.contains(r#""type":"counter""#) && described.contains(r#""score":1"#), "{described}");
}

#[test]
fn federation_answers_a_scrape() {
    let server = Server::start("api-federate", &[]);
    let federated = server.root("/federate?match[]=probe_total");
    assert_eq!(
        federated.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
    );
    let time = server.now * 1000;
    let text = federated.text();
    assert!(text.starts_with("# TYPE probe_total untyped\nprobe_total{cluster=\"here\","), "{text}");
    for side in ["left", "right"] {
        assert!(text.contains(&format!("side=\"{side}\",instance=\"\"}} 19 {time}\n")), "{text}");
    }
    // Everything but something may be federated, too.
    for all in ["%7Bside!=%22left%22%7D", "%7B%7D", "%7B__name__=~%22.*%22%7D"] {
        let text = server.root(&format!("/federate?match[]={all}")).text();
        assert!(text.contains("side=\"right\"") && text.contains("probe_gauge"), "{all}: {text}");
    }
    assert_eq!(server.root("/federate").text(), "");
    assert_eq!(server.root("/federate?match[]=%7B").status, 400);
    let accept = [("Accept", "application/openmetrics-text;version=1.0.0")];
    let open =
        request(server.address, "GET", "/federate?match[]=probe_gauge", &accept, &[]).expect("answered");
    assert!(open.text().ends_with("# EOF\n"), "{}", open.text());
}

#[test]
fn queries_are_explained_and_those_that_run_are_listed() {
    let server = Server::start("api-running", &[]);
    let plan = server.data(&format!("explain?query={}", encode("sum(rate(probe_total[1m])) + 1")));
    assert_eq!(
        (&plan["resultType"], &plan["plan"]["text"]),
        (&json!("vector"), &json!("sum(rate(probe_total[1m])) + 1"))
    );
    assert!(plan["plan"]["children"].as_array().is_some_and(|children| children.len() == 2), "{plan}");
    assert_eq!(server.data("queries"), json!([]));
    let gone = request(server.address, "DELETE", "/api/v1/queries/9999", &[], &[]).expect("answered");
    assert_eq!(gone.status, 404);
}

#[test]
fn series_are_deleted_and_snapshots_taken_by_those_who_may() {
    let server = Server::start("api-admin", &["--admin-api"]);
    let (from, to) = (server.now - 35, server.now - 15);
    let deleted =
        server.post(&format!("admin/tsdb/delete_series?match[]=probe_total&start={from}&end={to}"), &[], b"");
    assert_eq!((deleted.status, deleted.text()), (204, String::new()));
    let count = format!(
        "query?query={}&time={}",
        encode("count_over_time(probe_total{side=\"left\"}[10m])"),
        server.now
    );
    assert_eq!(server.data(&count)["result"][0]["value"][1], "18");
    assert_eq!(server.post("admin/tsdb/clean_tombstones", &[], b"").status, 204);
    assert_eq!(server.data(&count)["result"][0]["value"][1], "18");
    let snapshot = server.post("admin/tsdb/snapshot", &[], b"").json();
    let name = snapshot["data"]["name"].as_str().expect("a name");
    assert!(server.directory.path().join("data/snapshots").join(name).is_dir(), "{name}");
    let of_parts = server.post("admin/tsdb/snapshot?skip_head=true", &[], b"").json();
    let other = of_parts["data"]["name"].as_str().expect("a name");
    let parts = |name: &str| {
        let directory = server.directory.path().join("data/snapshots").join(name).join("parts");
        std::fs::read_dir(directory).expect("a directory").count()
    };
    assert!(parts(other) < parts(name), "all samples are still in the head");
    let elsewhere = [("Sec-Fetch-Site", "cross-site")];
    assert_eq!(server.post("admin/tsdb/delete_series?match[]=up", &elsewhere, b"").status, 403);
    // A name of another site that was made to point here once its page was loaded.
    let rebound = "POST /-/reload HTTP/1.1\r\nHost: evil.example:9090\r\nOrigin: http://evil.example:9090\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).expect("connects");
    stream.write_all(rebound.as_bytes()).expect("is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("is answered");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[test]
fn the_process_is_stopped_by_those_who_may() {
    let strict = Server::start("api-no-quit", &[]);
    assert_eq!(post(strict.address, "/-/quit", &[], b"").expect("answered").status, 403);
    assert_eq!(get(strict.address, "/-/healthy").expect("answered").status, 200);
    let server = Server::start("api-quit", &["--web.enable-lifecycle"]);
    assert_eq!(server.root("/-/quit").status, 405);
    assert_eq!(post(server.address, "/-/quit", &[], b"").expect("answered").text(), "stopping\n");
    wait_until("it has stopped", 10, || get(server.address, "/-/healthy").is_err());
}

#[test]
fn answers_are_compressed_streamed_and_kept() {
    let server = Server::start("api-transport", &[]);
    let ask = |path: &str, headers: &[(&str, &str)]| {
        request(server.address, "GET", path, headers, &[]).expect("answered")
    };
    let plain = ask("/api/v1/openapi.yaml", &[]);
    let unpacked = |encoding: &str| {
        let packed = ask("/api/v1/openapi.yaml", &[("Accept-Encoding", encoding)]);
        assert_eq!(packed.header("content-encoding"), Some(encoding));
        assert!(packed.body.len() < plain.body.len() / 2);
        let mut text = Vec::new();
        match encoding {
            "gzip" => flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut text),
            _ => zstd::stream::read::Decoder::new(&packed.body[..])
                .and_then(|mut packed| packed.read_to_end(&mut text)),
        }
        .expect("it unpacks");
        text
    };
    assert_eq!(unpacked("gzip"), plain.body);
    assert_eq!(unpacked("zstd"), plain.body);
    assert_eq!(ask("/api/v1/query?query=1", &[("Accept-Encoding", "gzip")]).header("content-encoding"), None);
    let tag = plain.header("etag").expect("a tag");
    assert_eq!(ask("/api/v1/openapi.yaml", &[("If-None-Match", tag)]).status, 304);
    let large = format!("/api/v1/query_range?query={}&start=0&end=10000&step=1", encode("vector(time())"));
    let large = ask(&large, &[]);
    assert_eq!(large.header("transfer-encoding"), Some("chunked"));
    assert_eq!(large.json()["data"]["result"][0]["values"].as_array().map(Vec::len), Some(10_001));
    let allowed = ask("/api/v1/query?query=1", &[("Origin", "https://example.org")]);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://example.org"));
    // A cache between must not hand what it has for one origin to another, nor to who says none.
    for answer in [allowed, ask("/api/v1/query?query=1", &[]), ask("/api/v1/query?query=(", &[])] {
        let mut varying = answer.headers.iter().filter(|(name, _)| name == "vary");
        assert!(varying.any(|(_, value)| value == "Origin"), "{:?}", answer.headers);
    }
    for path in ["/", "/explore", "/favicon.svg"] {
        let page = ask(path, &[]);
        let policy = page.header("content-security-policy").unwrap_or("");
        assert!(page.status == 200 && !policy.contains("unsafe"), "{path}: {policy}");
    }
}

#[test]
fn notifications_come_live() {
    let server = Server::start("api-live", &[]);
    let mut stream = TcpStream::connect(server.address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("is set");
    stream.write_all(b"GET /api/v1/notifications/live HTTP/1.1\r\nHost: x\r\n\r\n").expect("is sent");
    server.directory.write("flightdeck.yml", "scrape_configs: nonsense\n");
    assert_eq!(post(server.address, "/-/reload", &[], b"").expect("answered").status, 500);
    let (mut received, mut buffer) = (String::new(), [0; 4096]);
    while !received.contains("Configuration reload has failed.") {
        let count = stream.read(&mut buffer).expect("it comes in time");
        assert!(count > 0, "{received}");
        received.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(received.contains("text/event-stream") && received.contains("\"active\":true"), "{received}");
    assert_eq!(server.data("status/runtimeinfo")["reloadConfigSuccess"], false);
    server.directory.write("flightdeck.yml", CONFIG);
    assert_eq!(post(server.address, "/-/reload", &[], b"").expect("answered").status, 200);
    wait_until("nothing is to be told", 10, || server.data("notifications") == json!([]));
}

#[test]
fn the_document_names_only_paths_that_answer() {
    let server = Server::start("api-openapi", &[]);
    let document = server.get("openapi.yaml").text();
    let (mut path, mut operations) = ("", BTreeMap::new());
    for line in document.lines() {
        if let Some(found) = line.strip_prefix("  /") {
            path = line.trim().trim_end_matches(':');
            assert!(found.ends_with(':'));
        } else if let Some(method) = line.strip_prefix("    ").and_then(|line| line.strip_suffix(':'))
            && ["get", "post", "put", "delete"].contains(&method)
        {
            operations.entry(path).or_insert_with(Vec::new).push(method.to_uppercase());
        }
    }
    assert!(operations.len() > 40);
    for (path, methods) in operations {
        if path.ends_with("/live") {
            continue;
        }
        let concrete = path.replace("{name}", "job").replace("{id}", "0");
        for method in methods {
            let response = request(server.address, &method, &concrete, &[], b"").expect("answered");
            let missing = response.status == 405 || response.text().contains("no such endpoint");
            assert!(
                !missing && response.status != 500,
                "{method} {path}: {} {}",
                response.status,
                response.text()
            );
        }
    }
}

#[test]
fn abuse_is_refused_quickly_and_memory_stays_small() {
    let server = Server::start("api-abuse", &["--memory-max", "400MB"]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let ask = |query: &str, rest: &str| {
        let began = Instant::now();
        let body = format!("query={}{rest}", encode(query));
        let path = if rest.contains("step") { "query_range" } else { "query" };
        let response = server.post(path, &form, body.as_bytes());
        assert!(began.elapsed() < Duration::from_secs(15), "{:.80} took {:?}", query, began.elapsed());
        assert!(
            response.status < 500 || response.status == 503,
            "{:.80}: {} {:.300}",
            query,
            response.status,
            response.text()
        );
        response
    };
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
    for query in [
        deep("(", ")"),
        deep("-", ""),
        deep("abs(", ")"),
        deep("1+", ""),
        deep("sum(", ")"),
        "x".repeat(900_000),
    ] {
        ask(&query, "");
    }
    assert_eq!(ask(&"1+".repeat(2_000_000), "").status, 400);
    let regex = format!("{{__name__=~\"{}\"}}", "(a*)*".repeat(200) + "b");
    ask(&regex, "");
    ask("{__name__=~\"((((a{1,1000}){1,1000}){1,1000}){1,1000})\"}", "");
    let groups = format!("{{__name__=~\"{}\"}}", "(a*)*".repeat(20_000) + "b");
    ask(&groups, "");
    let patterns: Vec<String> = (0..5_000).map(|_| r#"a=~"(\\pL{30}){2}""#.to_owned()).collect();
    let patterns = format!("{{{}}}", patterns.join(","));
    assert!(ask(&patterns, "").text().contains("patterns compile to more than"));
    let year = format!("&start={}&end={}&step=1ms", server.now - 31_536_000, server.now);
    assert_eq!(ask("up", &year).status, 400);
    ask("max_over_time(probe_total[100y:1ms])", "");
    ask("sum_over_time(sum_over_time(sum_over_time(probe_total[1d:1s])[1d:1s])[1d:1s])", "&timeout=2s");
    ask("label_replace(probe_total, \"x\", \"$1$1$1$1\", \"side\", \"(.*)\")", "&start=0&end=10000&step=1");
    assert_eq!(server.post("query", &form, &vec![b'x'; 8 << 20]).status, 400);
    assert!(server.get("query?query=%ff").status == 400 && server.get("query?query=%").status == 400);
    assert_eq!(server.get(&format!("labels?{}", "match[]=a&".repeat(2_000))).status, 400);
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kibibytes: u64 = peak.trim().trim_end_matches(" kB").trim().parse().expect("a number");
    assert!(kibibytes < 400 << 10, "the peak is {kibibytes} KiB");
}

/// A server that holds twenty samples of three series, the last of them a moment ago.
struct Server {
    directory: Directory,
    address: SocketAddr,
    process: Process,
    /// When the last sample was, in seconds.
    now: i64,
}

impl Server {
    fn start(name: &str, arguments: &[&str]) -> Server {
        let (directory, address) = (Directory::new(name), free_address());
        directory.write("flightdeck.yml", CONFIG);
        let mut command = flightdeck(&directory, address);
        let process = Process::start(
            command.args(["--config", "flightdeck.yml", "--otlp-grpc-listen", "off"]).args(arguments),
        );
        wait_for_ready(address, "/-/ready");
        let now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
        let mut page = "# TYPE probe_total counter\n".to_owned();
        for number in 0..20 {
            let time = (now - (19 - number) * 10) * 1000;
            for side in ["left", "right"] {
                page.push_str(&format!("probe_total{{side=\"{side}\"}} {number} {time}\n"));
            }
        }
        page.push_str(&format!(
            "# TYPE probe_gauge gauge\nprobe_gauge 1 {}\nprobe_gauge 2 {}\n",
            (now - 10) * 1000,
            now * 1000
        ));
        let imported = post(address, "/api/v1/import/prometheus", &[], page.as_bytes()).expect("answered");
        assert!(imported.status < 300, "{}", imported.text());
        Server { directory, address, process, now }
    }

    fn root(&self, path: &str) -> Response {
        get(self.address, path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn get(&self, path: &str) -> Response {
        self.root(&format!("/api/v1/{path}"))
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        post(self.address, &format!("/api/v1/{path}"), headers, body)
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn json(&self, path: &str) -> Value {
        let response = self.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.json()
    }

    fn data(&self, path: &str) -> Value {
        self.json(path)["data"].take()
    }
}
