//! The life of the real binary: it starts, collects, answers, reloads, refuses what is wrong with clear words, and stops.

mod harness;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use harness::{
    Directory, Process, encode, flightdeck, free_address, get, peer, post, request, test_data,
    wait_for_ready, wait_until,
};

/// An exporter of one page, alive as long as the test process.
fn exporter(page: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
        }
    });
    address
}

fn config(target: SocketAddr, job: &str) -> String {
    format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n- job_name: {job}\n  static_configs: [{{targets: ['{target}']}}]\n"
    )
}

fn start(directory: &Directory, arguments: &[&str]) -> (SocketAddr, Process) {
    let address = free_address();
    let server =
        Process::start(flightdeck(directory, address).args(["--otlp-grpc-listen", "off"]).args(arguments));
    wait_for_ready(address, "/-/ready");
    (address, server)
}

/// The value of the first series a query finds.
fn value(address: SocketAddr, query: &str) -> Option<f64> {
    let answer = get(address, &format!("/api/v1/query?query={}", encode(query))).ok()?.json();
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

fn wait_for_value(address: SocketAddr, query: &str, want: f64) {
    wait_until(&format!("{query} is {want}"), 15, || value(address, query) == Some(want));
}

/// Runs the binary to its end: exit code, standard output, standard error.
fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.stdin(Stdio::null()).output().expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn command(directory: &Directory, arguments: &[&str]) -> (Option<i32>, String, String) {
    run(Command::new(env!("CARGO_BIN_EXE_flightdeck")).current_dir(directory.path()).args(arguments))
}

#[test]
fn a_target_is_scraped_kept_over_a_restart_and_reloaded() {
    let directory = Directory::new("life");
    let target = exporter("# TYPE answer gauge\nanswer{of=\"everything\"} 42\n");
    directory.write("flightdeck.yml", &config(target, "first"));
    let (address, mut server) = start(&directory, &["--config", "flightdeck.yml"]);
    wait_for_value(address, "answer{job=\"first\",of=\"everything\"}", 42.0);
    wait_for_value(address, "up{job=\"flightdeck\"}", 1.0);

    directory.write("flightdeck.yml", "scrape_configs:\n- job_nam: x\n");
    let refused = post(address, "/-/reload", &[], &[]).expect("answered");
    assert_eq!(refused.status, 500);
    assert!(
        refused.text().contains("flightdeck.yml:2:3: unknown field \"job_nam\"; did you mean job_name?"),
        "{}",
        refused.text()
    );
    assert_eq!(value(address, "up{job=\"first\"}"), Some(1.0), "the old configuration stays in force");

    directory.write("flightdeck.yml", &config(target, "second"));
    let hangup = Command::new("kill").args(["-HUP", &server.id().to_string()]).status();
    assert!(hangup.is_ok_and(|status| status.success()));
    wait_for_value(address, "answer{job=\"second\"}", 42.0);
    let page = get(address, "/metrics").expect("answered").text();
    assert!(page.contains("flightdeck_config_reloads_total{outcome=\"failure\"} 1"), "{page}");

    assert!(server.terminate(Duration::from_secs(5)), "SIGTERM stops it within 5 s, with success");
    let (address, _server) = start(&directory, &["--config", "flightdeck.yml"]);
    let counted = value(address, "count_over_time(answer{job=\"first\"}[1h])");
    assert!(
        counted.is_some_and(|count| count >= 1.0),
        "what was scraped is there after a restart: {counted:?}"
    );
}

#[test]
fn without_a_configuration_this_host_and_its_services_are_collected() {
    let directory = Directory::new("nothing");
    // Ports that accept and say nothing keep nobody waiting: asked one after the other they would take a minute.
    let silent: Vec<TcpListener> =
        (0..32).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port is free")).collect();
    let target = exporter("# TYPE answer gauge\nanswer 42\n");
    let begin = || {
        let address = free_address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_flightdeck"));
        let options = ["--listen", &address.to_string(), "--otlp-grpc-listen", "off"];
        let server = Process::start(command.current_dir(directory.path()).args(options));
        wait_for_ready(address, "/-/ready");
        (address, server)
    };
    let (address, mut server) = begin();
    wait_for_value(address, "up{job=\"flightdeck\"}", 1.0);
    wait_until("the host is collected", 20, || {
        value(address, "node_memory_MemTotal_bytes{job=\"host\"}").is_some()
    });
    let found = format!("answer{{instance=\"{target}\"}}");
    wait_until("the local service is found", 40, || value(address, &found) == Some(42.0));
    let other_directory = Directory::new("nothing-other");
    let (other, mut service) = start(&other_directory, &[]);
    let up = format!("up{{instance=\"{other}\"}}");
    wait_until("a service that comes later is found", 40, || value(address, &up) == Some(1.0));
    service.kill();
    assert!(server.terminate(Duration::from_secs(5)), "it stops");
    let (address, _server) = begin();
    wait_until("who died before a restart is down after it", 40, || value(address, &up) == Some(0.0));
    drop(silent);
    assert!(
        directory.path().join("flightdeck-data").is_dir(),
        "the data directory is where it is said to be"
    );
}

#[test]
fn what_stands_in_the_way_is_named() {
    let directory = Directory::new("refused");
    let (address, _server) = start(&directory, &[]);
    let check = |arguments: &[&str], want: &str| {
        let (code, _, errors) = command(&directory, arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {errors}");
        assert!(errors.contains(want), "{arguments:?}: {errors}");
    };
    let taken = address.to_string();
    check(&["--listen", &taken, "--data", "other"], "is taken by another process");
    check(
        &["--listen", "127.0.0.1:0", "--otlp-grpc-listen", "off", "--data", "data"],
        "is used by another process",
    );
    check(&["--listen", "127.0.0.1:0", "--config", "missing.yml"], "missing.yml: cannot be read");
    directory.write("bad.yml", "global:\n  scrape_interval: soon\n");
    check(
        &["--listen", "127.0.0.1:0", "--config", "bad.yml"],
        "bad.yml:2:20: scrape_interval: not a valid duration",
    );
    let (code, _, _) = command(&directory, &["--no-such-flag"]);
    assert_eq!(code, Some(2), "a mistake on the command line is exit code 2");
}

#[test]
fn a_demo_says_where_it_is_once_it_is_there_and_goes_on_from_its_history() {
    let directory = Directory::new("demo");
    let mut started = Command::new(env!("CARGO_BIN_EXE_flightdeck"));
    let (mut demo, line) =
        Process::start_and_read_line(started.args(["demo", "--fault", "errors", "--listen", "127.0.0.1:0"]));
    let said = line.strip_prefix("The demo is at http://").and_then(|rest| rest.split_once("/ with"));
    let (address, _) = said.unwrap_or_else(|| panic!("an address: {line}"));
    let address: SocketAddr = address.parse().expect("an address");
    assert_eq!(get(address, "/-/ready").expect("it answers at once").status, 200);

    let (code, told, errors) = command(&directory, &["demo", "--listen", &address.to_string()]);
    assert_eq!((code, told.as_str()), (Some(1), ""), "{errors}");
    assert!(errors.contains("is taken by another process"), "{errors}");

    let flags = get(address, "/api/v1/status/flags").expect("answered").json();
    for (flag, file) in [("data", "data"), ("config", "flightdeck.yml")] {
        let shown = flags["data"][flag].as_str().expect("a path");
        assert!(shown.contains("flightdeck-demo-") && shown.ends_with(file), "{flag}: {shown}");
    }
    // The history has none of these.
    wait_for_value(address, "count(scrape_duration_seconds{job=~\"orders|payments|catalog\"})", 3.0);
    for counter in
        ["http_requests_total", "http_request_duration_seconds_bucket", "db_query_duration_seconds_count"]
    {
        let resets = format!("sum(resets({counter}[10m]))");
        assert_eq!(value(address, &resets), Some(0.0), "{counter} does not begin anew");
    }
    let added = "min_over_time(scrape_series_added{job=\"host\"}[1h] offset 1m)";
    assert_eq!(value(address, added), Some(0.0), "series of the past are new only once");

    let data = flags["data"]["data"].as_str().expect("a path");
    assert!(demo.terminate(Duration::from_secs(10)), "it ends when it is asked to");
    assert!(!std::path::Path::new(data).exists(), "nothing stays");
}

#[test]
fn pushes_are_taken_and_what_is_refused_is_named() {
    let directory = Directory::new("push");
    let (address, _server) = start(&directory, &["--retention-time", "100y"]);
    let push = |body: &str| {
        post(address, "/api/v1/import/prometheus?extra_label=job%3Dpush", &[], body.as_bytes())
            .expect("answered")
    };
    assert_eq!(push("a 1 1000\nb{c=\"d\"} 2 1000\n").status, 204);
    let refused = push("a 1 2000\nnonsense\na 7 1000\n");
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("refused 2 samples: line 2"), "{}", refused.text());
    assert!(
        refused.text().contains("a{job=\"push\"} at 1000: duplicate sample for timestamp"),
        "{}",
        refused.text()
    );
    let range = get(address, "/api/v1/query?query=a%5B1h%5D&time=2").expect("answered").json();
    assert_eq!(
        range["data"]["result"][0]["values"].as_array().map(Vec::len),
        Some(2),
        "the good ones are kept: {range}"
    );
    let garbage = post(address, "/api/v1/write", &[("Content-Type", "application/x-protobuf")], b"garbage")
        .expect("answered");
    assert_eq!(garbage.status, 400);
    let json =
        post(address, "/api/v1/write", &[("Content-Type", "application/json")], b"{}").expect("answered");
    assert_eq!(json.status, 415);
    let metrics = get(address, "/metrics").expect("answered").text();
    assert!(
        metrics.contains(
            "flightdeck_samples_refused_total{reason=\"duplicate_timestamp\", source=\"import\"} 1"
        ),
        "{metrics}"
    );
    let foreign =
        request(address, "POST", "/-/reload", &[("Sec-Fetch-Site", "cross-site")], &[]).expect("answered");
    assert_eq!(foreign.status, 403, "a page of another site cannot reload");
}

#[test]
fn users_are_asked_for_their_password_when_a_web_config_says_so() {
    let directory = Directory::new("users");
    let hash = bcrypt::hash("opensesame", 4).expect("hashes");
    directory.write("web.yml", &format!("basic_auth_users: {{aladdin: '{hash}'}}\n"));
    let address = free_address();
    let _server = Process::start(flightdeck(&directory, address).args([
        "--otlp-grpc-listen",
        "off",
        "--web-config",
        "web.yml",
    ]));
    wait_until("it answers", 30, || get(address, "/-/healthy").is_ok());
    assert_eq!(get(address, "/-/healthy").expect("answered").status, 401);
    let ask = |credentials: &str| {
        request(address, "GET", "/-/healthy", &[("Authorization", credentials)], &[])
            .expect("answered")
            .status
    };
    assert_eq!(ask("Basic YWxhZGRpbjp3cm9uZw=="), 401);
    assert_eq!(ask("Basic YWxhZGRpbjpvcGVuc2VzYW1l"), 200);
}

#[test]
fn tls_and_client_certificates_are_asked_for_when_a_web_config_says_so() {
    let (Some(openssl), Some(curl)) = (peer("openssl"), peer("curl")) else { return };
    let directory = Directory::new("tls");
    let certify = || {
        let made = Command::new(&openssl)
            .current_dir(directory.path())
            .args(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
                    .split(' '),
            )
            .args("-addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE".split(' '))
            .args("-addext extendedKeyUsage=serverAuth,clientAuth -keyout key.pem -out cert.pem".split(' '))
            .output();
        assert!(made.is_ok_and(|made| made.status.success()), "openssl makes a certificate");
    };
    let allow = |name: &str| {
        let web = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.pem\n  client_allowed_sans";
        directory.write("web.yml", &format!("{web}: [{name}]\n"));
    };
    certify();
    allow("localhost");
    let address = free_address();
    let _server = Process::start(flightdeck(&directory, address).args([
        "--otlp-grpc-listen",
        "off",
        "--web-config",
        "web.yml",
    ]));
    let ask = |arguments: &[&str]| {
        let url = format!("https://localhost:{}/-/healthy", address.port());
        let answer = Command::new(&curl)
            .current_dir(directory.path())
            .args([
                "-s",
                "--cacert",
                "cert.pem",
                "--resolve",
                &format!("localhost:{}:127.0.0.1", address.port()),
            ])
            .args(arguments)
            .arg(url)
            .output();
        answer.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned()).unwrap_or_default()
    };
    let is_answered = || ask(&["--cert", "cert.pem", "--key", "key.pem"]).contains("healthy");
    wait_until("it answers over TLS", 30, is_answered);
    assert_eq!(ask(&[]), "", "nobody without a certificate is answered");
    certify();
    wait_until("a renewed certificate is in force by itself", 30, is_answered);
    allow("other");
    wait_until("who is not named any more is refused", 30, || !is_answered());
    directory.write("web.yml", "tls_server_config: {cert_file: cert.pem}\n");
    allow("localhost");
    wait_until("who is named again is answered", 30, is_answered);
}

#[test]
fn check_says_what_is_wrong_and_where() {
    let directory = Directory::new("check");
    let check = |arguments: &[&str], code: i32, want: &str| {
        let (status, output, errors) = command(&directory, arguments);
        assert_eq!(status, Some(code), "{arguments:?}: {output}{errors}");
        assert!(output.contains(want), "{arguments:?}: {output}");
    };
    directory.write("good.yml", "scrape_configs:\n- job_name: a\n  relabel_configs: [{source_labels: [env], regex: dev, action: drop}]\n");
    check(&["check", "config", "good.yml"], 0, "good good.yml: 1 scrape job");
    check(
        &["check", "config", "good.yml", "--job", "a", "--target", "{__address__=\"h:1\",env=\"dev\"}"],
        0,
        "relabel_configs[0] drop: dropped",
    );
    check(
        &["check", "config", "good.yml", "--job", "a", "--target", "h:1"],
        0,
        "scraped at http://h:1/metrics as {instance=\"h:1\", job=\"a\"}",
    );
    directory.write("page.txt", "a 1\nb\n");
    check(&["check", "metrics", "page.txt"], 1, "bad page.txt: line 2");
    directory.write("page.om", "# TYPE a counter\na_total 1\n# EOF\n");
    check(&["check", "metrics", "--format", "openmetrics", "page.om"], 0, "good page.om");
    directory.write("web.yml", "tls_server_config: {cert_file: none.pem}\n");
    check(
        &["check", "web-config", "web.yml"],
        1,
        "web.yml:1:21: tls_server_config.cert_file: reading none.pem",
    );
    directory.write("bad.yml", "rule_files: [a/*/b]\n");
    check(&["check", "config", "good.yml", "bad.yml"], 1, "bad bad.yml:1:14: rule_files[0]");
    directory.write("targets.json", "[{\n");
    directory.write(
        "files.yml",
        "scrape_configs:\n- job_name: a\n  tls_config: {ca_file: none.pem}\n  file_sd_configs: [{files: [targets.json, none.json]}]\n",
    );
    check(&["check", "config", "files.yml"], 1, "bad job a: cannot read none.pem: No such file or directory");
    check(
        &["check", "config", "files.yml"],
        1,
        "bad job a: file_sd targets.json: not a list of target groups",
    );
    check(&["check", "config", "--syntax-only", "files.yml"], 0, "good files.yml: 1 scrape job");
}

#[test]
fn scripts_of_queries_are_run() {
    let Some(script) = test_data("promql/literals.test") else { return };
    let directory = Directory::new("scripts");
    let (code, output, errors) = command(&directory, &["test", "promql", script.to_str().expect("a path")]);
    assert_eq!(code, Some(0), "{output}{errors}");
    assert!(output.trim_end().ends_with(" passed, 0 failed"), "{output}");
    directory.write("wrong.test", "load 1m\n  a 1\n\neval instant at 0 a\n  a 2\n");
    let (code, output, _) = command(&directory, &["test", "promql", "wrong.test"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("wrong.test:4") && output.contains("0 passed, 1 failed"), "{output}");
}

#[test]
fn dumps_are_imported_listed_and_dumped_again() {
    let directory = Directory::new("import");
    let dump = "a{job=\"x\",k=\"\\\"\"} 1 1000\na{job=\"x\",k=\"\\\"\"} 2 1060\n\
                {\"b.c\",job=\"x\"} 0.5 1000\n# EOF\n";
    directory.write("dump.om", dump);
    let run = |arguments: &[&str]| {
        let (code, output, errors) = command(&directory, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {output}{errors}");
        output
    };
    assert!(run(&["tsdb", "import-prometheus", "dump.om"]).contains("imported 3 samples"));
    assert!(
        run(&["tsdb", "import-prometheus", "dump.om"]).contains("imported 0 samples"),
        "a second run resumes"
    );
    let back = run(&["tsdb", "dump"]);
    assert_eq!(back.replace(".000\n", "\n"), dump);
    directory.write("back.om", &back);
    run(&["check", "metrics", "--format", "openmetrics", "back.om"]);
    directory.write("dump.om", "a{job=\"x\",k=\"y\"} 3 1060\n# EOF\n");
    let again = run(&["tsdb", "import-prometheus", "dump.om"]);
    assert!(again.contains("imported 1 samples"), "a dump that was written again is another one: {again}");
    let back = run(&["tsdb", "dump"]);
    assert!(run(&["tsdb", "verify"]).contains("every block read"));
    run(&["tsdb", "snapshot", "copy"]);
    assert_eq!(run(&["tsdb", "dump", "--data", "copy"]), back);
    assert!(run(&["tsdb", "stats"]).contains("newest sample    1970-01-01T00:17:40.000Z"));
    let warned = |dump: &str| {
        directory.write("dump.om", dump);
        let (_, _, errors) = command(&directory, &["tsdb", "import-prometheus", "--data", "long", "dump.om"]);
        errors.contains("oldest sample is from 1970-01-01T00:16:40.000Z: a server keeps 15 days")
    };
    assert!(!warned("a{job=\"x\"} 3 1000\na{job=\"x\"} 3 1296000\n# EOF\n"));
    assert!(warned("a{job=\"x\"} 3 1300000\n# EOF\n"), "what a server would remove at once is said");
}

/// A damaged block ended the import, what was wrong with the blocks before it was never told, and they counted as done.
#[test]
fn what_is_damaged_costs_the_import_itself_alone() {
    let directory = Directory::new("import-damaged");
    let block = |name: &str, meta: &str| {
        let path = directory.path().join("prometheus").join(name);
        std::fs::create_dir_all(&path).expect("a directory");
        std::fs::write(path.join("meta.json"), meta).expect("a file");
    };
    block("01A", "{");
    block("01B", r#"{"ulid": "01B", "minTime": 0, "maxTime": 1, "version": 1}"#);
    block("01C.tmp-for-creation", "{");
    directory.write("dump.om", "a{job=\"x\"} 1 1000\n# EOF\n");
    for imported in [1, 0] {
        let (code, output, errors) =
            command(&directory, &["tsdb", "import-prometheus", "prometheus", "dump.om"]);
        assert_eq!(code, Some(1));
        assert!(output.contains(&format!("imported {imported} samples")), "{output}");
        assert!(errors.contains("01A/meta.json") && errors.contains("importing 01B: "), "{errors}");
        assert!(!errors.contains("01C"), "{errors}");
    }
}

#[test]
fn a_snapshot_of_a_directory_in_use_says_whom_to_ask() {
    let directory = Directory::new("snapshot");
    let (_address, _server) = start(&directory, &[]);
    let (code, _, errors) = command(&directory, &["tsdb", "snapshot", "--data", "data", "copy"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("/api/v1/admin/tsdb/snapshot") && errors.contains("used by another"), "{errors}");
    assert!(!directory.path().join("copy").exists());
}

/// `flightdeck tsdb dump | head -1` ended with a panic.
#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    let directory = Directory::new("closed-pipe");
    let dump: String = (0..20_000).map(|time| format!("a{{job=\"x\"}} {time} {time}\n")).collect();
    directory.write("dump.om", &(dump + "# EOF\n"));
    let (code, _, errors) = command(&directory, &["tsdb", "import-prometheus", "dump.om"]);
    assert_eq!(code, Some(0), "{errors}");
    for arguments in [&["tsdb", "dump"][..], &["tsdb", "stats"], &["tsdb", "list"], &["version"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
            .current_dir(directory.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{arguments:?}: {errors}");
    }
}

/// A server whose log nobody read any more panicked when it had something to say.
#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let directory = Directory::new("closed-log");
    let address = free_address();
    let mut child = flightdeck(&directory, address)
        .args(["--otlp-grpc-listen", "off", "--log-level", "debug"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stderr.take());
    wait_for_ready(address, "/-/ready");
    assert_eq!(post(address, "/-/reload", &[], b"").expect("answered").status, 200);
    assert_eq!(get(address, "/-/ready").expect("answered").status, 200);
    let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
    assert!(child.wait().expect("it ends").success());
}
