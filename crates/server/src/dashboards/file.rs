//! One file of a dashboard, in whichever form: what is in it, or what is wrong with it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use super::import::{identifier, import};
use super::model::Dashboard;
use super::problem::Problem;
use super::report::Report;
use crate::api::tags;

/// How large a dashboard's file may be.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// A file as it was read.
pub struct File {
    /// What differs once its bytes do, wherever they come from: a save, an editor, a version control system.
    pub revision: String,
    /// The dashboard in it, with what could not be carried over.
    pub outcome: Result<(Dashboard, Report), Problem>,
    changed: Option<SystemTime>,
    bytes: u64,
}

impl File {
    /// Reads it.
    pub fn read(path: &Path) -> File {
        let (changed, bytes) = state_of(path);
        let (revision, outcome) = match bytes_of(path, bytes) {
            Ok(text) => (tags::tag(&text), read_text(&text)),
            Err(problem) => (String::new(), Err(problem)),
        };
        File { revision, outcome, changed, bytes }
    }

    /// Whether the file system says that it is as it was.
    pub fn is_fresh(&self, path: &Path) -> bool {
        (self.changed, self.bytes) == state_of(path)
    }

    /// When it was changed last, in milliseconds since the epoch.
    pub fn changed_millis(&self) -> i64 {
        let since = self.changed.and_then(|changed| changed.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| since.as_millis() as i64)
    }
}

/// Reads a file that is in no folder of ours.
pub fn load(path: &Path) -> Result<(Dashboard, Report), Problem> {
    File::read(path).outcome
}

/// What a file's revision is at this moment, whatever was known of it; nothing where there is no file.
pub fn revision_of(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(tags::tag(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads JSON in either form.
pub fn read(json: &Value) -> Result<(Dashboard, Report), String> {
    // What this API answers with may come back as it went out.
    if json["data"]["dashboard"].is_object() {
        return read(&json["data"]["dashboard"]);
    }
    if json["dashboard"].is_object() && is_ours(&json["dashboard"]) {
        return read(&json["dashboard"]);
    }
    if is_ours(json) {
        return serde_json::from_value(json.clone()).map(settled).map_err(|error| error.to_string());
    }
    import(json)
}

/// Ours has a mark, or, where somebody took that away, what no other form has.
fn is_ours(json: &Value) -> bool {
    json["flightdeck"].is_u64() || json["sections"].is_array() && json["panels"].is_null()
}

/// Reads a file's text; none that is larger than files may be.
pub fn read_text(bytes: &[u8]) -> Result<(Dashboard, Report), Problem> {
    small_enough(bytes.len() as u64)?;
    // Some editors begin a file with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let json: Value = serde_json::from_slice(bytes).map_err(|error| Problem::of_json(&error))?;
    if is_ours(&json) {
        // Read from the text once more, what is wrong has a place.
        return serde_json::from_slice(bytes).map(settled).map_err(|error| Problem::of_json(&error));
    }
    read(&json).map_err(Problem::of_form)
}

/// A dashboard of our own form, as it counts.
fn settled(mut dashboard: Dashboard) -> (Dashboard, Report) {
    dashboard.id = identifier(&dashboard.id);
    let mut report = Report::default();
    report.count(&dashboard);
    (dashboard, report)
}

fn state_of(path: &Path) -> (Option<SystemTime>, u64) {
    let metadata = fs::metadata(path).ok();
    let changed = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
    (changed, metadata.map_or(0, |metadata| metadata.len()))
}

fn bytes_of(path: &Path, bytes: u64) -> Result<Vec<u8>, Problem> {
    small_enough(bytes)?;
    fs::read(path).map_err(|error| Problem::of_reading(&error))
}

fn small_enough(bytes: u64) -> Result<(), Problem> {
    if bytes > FILE_BYTES_MAX as u64 {
        let what = format!("the file has {bytes} bytes; {FILE_BYTES_MAX} are read");
        return Err(Problem::new(what, "Make two dashboards of it."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_text_has_its_place_and_what_to_do() {
        let check = |text: &str, place: Option<(usize, usize)>, what: &str, advice: &str| {
            let problem = read_text(text.as_bytes()).expect_err("it is no dashboard");
            assert_eq!(problem.line.zip(problem.column), place, "{problem}");
            assert!(problem.what.contains(what), "{problem}");
            assert!(problem.advice.contains(advice), "{problem}");
        };
        check("{\n  \"title\": \"a\",\n}", Some((3, 1)), "not JSON: trailing comma", "just before it");
        check("{\n  \"title\": \"a", Some((2, 13)), "not JSON: EOF", "ends too early");
        check("<html>", Some((1, 1)), "not JSON: expected value", "Mend");
        check("{\"title\": \"a\"}", None, "neither panels", "as Grafana exports it");
        check(
            "{\"flightdeck\": 1,\n\"title\": 3}",
            Some((2, 10)),
            "invalid type: integer",
            "what belongs there",
        );
    }

    #[test]
    fn what_is_answered_is_read_back_as_it_was() {
        let classic = json!({
            "uid": "a b", "title": "Ämter", "weekStart": "sunday", "fiscalYearStartMonth": 3, "graphTooltip": 1,
            "templating": { "list": [{ "name": "i", "type": "interval", "query": "1m,5m", "auto": true, "auto_count": 20, "auto_min": "30s" }] },
            "panels": [{ "id": 4, "type": "stat", "targets": [{ "expr": "up", "editorMode": "code" }], "fieldConfig": { "defaults": { "unit": "s" } } }],
        });
        let (dashboard, _) = read(&classic).expect("it is a dashboard");
        let answered = serde_json::to_value(&dashboard).expect("it is JSON");
        assert_eq!(answered["flightdeck"], 1);
        let mut unmarked = answered.clone();
        unmarked.as_object_mut().expect("an object").remove("flightdeck");
        for sent in [
            answered.clone(),
            unmarked,
            json!({ "dashboard": answered, "report": {} }),
            json!({ "status": "success", "data": { "dashboard": answered, "report": {} } }),
        ] {
            let (again, _) = read(&sent).expect("it is the same dashboard");
            assert_eq!(serde_json::to_value(&again).expect("it is JSON"), answered);
        }
    }
}
