//! Dashboards over HTTP, as the real binary keeps them: what was read is written back, nobody's changes are replaced unseen, and what
//! is refused is refused with its reason.

mod harness;

use std::net::SocketAddr;

use harness::{Directory, Process, Response, flightdeck, free_address, get, request, wait_for_ready};
use serde_json::{Value, json};

const CONFIGURATION: &str = "dashboards:\n- path: team\n  folder: Team\n";

/// A server with a folder of its configuration that is not to be changed, in which one file is torn and two have one uid.
fn serving(name: &str) -> (Directory, Process, SocketAddr) {
    let (directory, address) = (Directory::new(name), free_address());
    std::fs::create_dir(directory.path().join("team")).expect("the folder can be made");
    let cards = json!({ "uid": "cards", "title": "Cards", "panels": [] }).to_string();
    directory.write("team/a.json", &cards);
    directory.write("team/b.json", &cards);
    directory.write("team/torn.json", "{\n  \"title\": \"Torn\",\n}");
    directory.write("flightdeck.yml", CONFIGURATION);
    let mut command = flightdeck(&directory, address);
    let server = Process::start(command.args(["--config", "flightdeck.yml", "--otlp-grpc-listen", "off"]));
    wait_for_ready(address, "/-/ready");
    (directory, server, address)
}

fn put(address: SocketAddr, id: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    request(address, "PUT", &format!("/api/v1/dashboards/{id}"), headers, body).expect("answered")
}

fn read(address: SocketAddr, id: &str) -> Response {
    get(address, &format!("/api/v1/dashboards/{id}")).expect("answered")
}

/// Holds an answer against its status, what kind of error it is, and a part of what it says.
fn check(answer: &Response, status: u16, kind: &str, says: &str) {
    let json = answer.json();
    let said = json["error"].as_str().unwrap_or_default();
    assert_eq!((answer.status, json["errorType"].as_str().unwrap_or_default()), (status, kind), "{json}");
    assert!(said.contains(says), "{json}");
}

#[test]
fn what_was_read_is_saved_unless_somebody_was_faster() {
    let (_directory, _server, address) = serving("dashboards-saved");
    let shop = json!({
        "title": "Shop", "weekStart": "sunday", "panels": [{ "id": 1, "type": "stat", "targets": [{ "expr": "up" }] }],
        "templating": { "list": [{ "name": "step", "type": "interval", "query": "1m", "auto": true }] },
    });
    check(&put(address, "shop", &[("If-None-Match", "*")], shop.to_string().as_bytes()), 200, "", "");
    let found = read(address, "shop");
    let (tag, body) = (found.header("etag").expect("it has a tag").to_owned(), found.json());
    assert_eq!(tag, format!("\"{}\"", body["data"]["revision"].as_str().unwrap_or_default()));
    let same = request(address, "GET", "/api/v1/dashboards/shop", &[("If-None-Match", &tag)], b"");
    assert_eq!(same.expect("answered").status, 304);

    let dashboard = &body["data"]["dashboard"];
    for sent in [&body, &body["data"], dashboard] {
        let saved = put(address, "shop", &[("If-Match", &tag)], sent.to_string().as_bytes());
        assert_eq!((&saved.json()["data"]["dashboard"], saved.status), (dashboard, 200));
    }

    let mut theirs = dashboard.clone();
    theirs["title"] = json!("Theirs");
    check(&put(address, "shop", &[], theirs.to_string().as_bytes()), 200, "", "");
    let mine = dashboard.to_string();
    let late = put(address, "shop", &[("If-Match", &tag)], mine.as_bytes());
    check(&late, 412, "conflict", "was changed since it was read");
    let new = put(address, "shop", &[("If-None-Match", "*")], mine.as_bytes());
    check(&new, 412, "conflict", "there is a dashboard shop already");
    let imported = json!({ "uid": "shop", "title": "Other", "panels": [] }).to_string();
    let import = request(
        address,
        "POST",
        "/api/v1/dashboards/import",
        &[("If-None-Match", "*"), ("Content-Type", "application/json")],
        imported.as_bytes(),
    );
    check(&import.expect("answered"), 412, "conflict", "already");
    let removed = request(address, "DELETE", "/api/v1/dashboards/shop", &[("If-Match", &tag)], b"");
    check(&removed.expect("answered"), 412, "conflict", "was changed");
    assert_eq!(read(address, "shop").json()["data"]["dashboard"]["title"], "Theirs");
}

#[test]
fn what_cannot_be_changed_or_shown_says_why() {
    let (directory, _server, address) = serving("dashboards-refused");
    let cards = read(address, "cards").json()["data"]["dashboard"].to_string();
    check(&put(address, "cards", &[], cards.as_bytes()), 403, "forbidden", "set editable: true");
    let removed = request(address, "DELETE", "/api/v1/dashboards/cards", &[], b"").expect("answered");
    check(&removed, 403, "forbidden", "not changed from here");
    check(&read(address, "torn"), 404, "not_found", "line 3, column 1: this is not JSON: trailing comma");

    let listed = get(address, "/api/v1/dashboards").expect("answered").json();
    let list: &[Value] = listed["data"].as_array().map(Vec::as_slice).expect("a list");
    let problem = |file: &str| {
        let one = list.iter().find(|one| one["file"].as_str().is_some_and(|name| name.ends_with(file)));
        one.map(|one| one["problem"].clone()).expect("it is listed")
    };
    assert_eq!(problem("a.json"), Value::Null);
    assert!(problem("b.json")["what"].as_str().is_some_and(|what| what.contains("a.json")), "{listed}");
    assert_eq!((&problem("torn.json")["line"], &problem("torn.json")["column"]), (&json!(3), &json!(1)));

    // Where a folder should be there is a file: no disk keeps anything there.
    let folder = directory.path().join("data/dashboards");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::write(&folder, "").expect("it is written");
    check(&put(address, "new", &[], cards.as_bytes()), 503, "unavailable", "nothing was changed");
    // Nor snapshots; and where that would be is nobody's business.
    std::fs::write(directory.path().join("data/dashboard-snapshots"), "").expect("it is written");
    let json = [("Content-Type", "application/json")];
    let kept = request(address, "POST", "/api/v1/snapshots", &json, b"{}").expect("answered");
    check(&kept, 503, "unavailable", "the snapshot could not be kept, and nothing was changed");
    assert!(!kept.text().contains("dashboard-snapshots"), "{}", kept.text());
}
