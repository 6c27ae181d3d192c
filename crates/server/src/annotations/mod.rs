//! Annotations: what happened, told from outside, and shown on every chart: deploys, changes of configuration, incidents.
//!
//! They are few and small, so they live in one JSON file in the data directory, one object per line, appended to and
//! rewritten only where one is taken back.

mod routes;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use model::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::api::unwritten::Unwritten;
use crate::files;

pub use routes::router;

/// How many are kept; the oldest go first.
const KEPT_MAX: usize = 10_000;
/// How many bytes the text of one may have.
const TEXT_BYTES_MAX: usize = 4_096;
/// How many tags one may have, and how many bytes each.
const TAGS_MAX: usize = 20;
const TAG_BYTES_MAX: usize = 200;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// Its number.
    #[serde(default)]
    pub id: u64,
    /// When, in milliseconds since the epoch.
    #[serde(default)]
    pub time: Timestamp,
    /// Until when, where it lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_end: Option<Timestamp>,
    /// What, in words.
    pub text: String,
    /// What it concerns: `deploy`, `service:orders`.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Those that are known.
pub struct Annotations {
    file: PathBuf,
    all: Mutex<Vec<Annotation>>,
}

impl Annotations {
    /// Reads what the data directory has. A line that cannot be read is left out and named.
    pub fn open(directory: &Path) -> Annotations {
        let file = directory.join("annotations.jsonl");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let mut all = Vec::new();
        for (at, line) in text.lines().enumerate() {
            match serde_json::from_str::<Annotation>(line) {
                Ok(annotation) => all.push(annotation),
                Err(error) => {
                    tracing::warn!(%error, file = %file.display(), line = at + 1, "an annotation cannot be read");
                }
            }
        }
        Annotations { file, all: Mutex::new(all) }
    }

    /// Those that touch a range and have all of the tags, oldest first.
    pub fn between(&self, from: Timestamp, to: Timestamp, tags: &[&str]) -> Vec<Annotation> {
        let within = |one: &&Annotation| one.time <= to && one.time_end.unwrap_or(one.time) >= from;
        let tagged = |one: &&Annotation| tags.iter().all(|tag| one.tags.iter().any(|own| own == tag));
        let mut found: Vec<Annotation> =
            self.all.lock().iter().filter(within).filter(tagged).cloned().collect();
        found.sort_by_key(|one| one.time);
        found
    }

    /// Adds one and returns it with its number.
    pub fn add(&self, mut annotation: Annotation) -> Result<Annotation, Unwritten> {
        let mut all = self.all.lock();
        annotation.id = all.iter().map(|one| one.id).max().unwrap_or(0) + 1;
        self.append(&annotation)
            .map_err(|error| Unwritten::new("the annotation could not be kept", &error))?;
        all.push(annotation.clone());
        if all.len() > KEPT_MAX {
            let over = all.len() - KEPT_MAX;
            all.drain(..over);
            // The new one is kept; the old ones go with the next.
            if let Err(error) = self.rewrite(&all) {
                tracing::warn!(error = format!("{error:#}"), "old annotations are not taken away");
            }
        }
        Ok(annotation)
    }

    /// Takes one back; false when there is none of that number.
    pub fn remove(&self, id: u64) -> Result<bool, Unwritten> {
        let mut all = self.all.lock();
        let kept: Vec<Annotation> = all.iter().filter(|one| one.id != id).cloned().collect();
        if kept.len() == all.len() {
            return Ok(false);
        }
        self.rewrite(&kept)
            .map_err(|error| Unwritten::new("the annotation could not be taken back", &error))?;
        *all = kept;
        Ok(true)
    }

    /// Writes a line below all others, or none.
    fn append(&self, annotation: &Annotation) -> anyhow::Result<()> {
        let line = format!("{}\n", serde_json::to_string(annotation)?);
        let append = || -> io::Result<()> {
            let mut file = fs::OpenOptions::new().create(true).append(true).open(&self.file)?;
            let before = file.metadata()?.len();
            let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
            if written.is_err() {
                // Half of a line would spoil the next. Why it could not be written is the news.
                let _ = file.set_len(before);
            }
            written
        };
        append().with_context(|| format!("writing {}", self.file.display()))
    }

    fn rewrite(&self, all: &[Annotation]) -> anyhow::Result<()> {
        let mut text = String::new();
        for annotation in all {
            text += &serde_json::to_string(annotation)?;
            text.push('\n');
        }
        files::replace(&self.file, &text)
    }
}

impl Annotation {
    /// What is wrong with it, if anything is.
    pub fn problem(&self) -> Option<String> {
        if self.text.trim().is_empty() {
            return Some("an annotation needs a text".to_owned());
        }
        if self.text.len() > TEXT_BYTES_MAX {
            return Some(format!("the text is longer than {TEXT_BYTES_MAX} bytes"));
        }
        if self.tags.len() > TAGS_MAX || self.tags.iter().any(|tag| tag.len() > TAG_BYTES_MAX) {
            return Some(format!("at most {TAGS_MAX} tags of {TAG_BYTES_MAX} bytes each are kept"));
        }
        if self.time_end.is_some_and(|end| end < self.time) {
            return Some("timeEnd is before time".to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(time: Timestamp, text: &str, tags: &[&str]) -> Annotation {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Annotation { id: 0, time, time_end: None, text: text.to_owned(), tags }
    }

    #[test]
    fn annotations_survive_and_can_be_taken_back() {
        let directory = tempdir();
        let annotations = Annotations::open(&directory);
        let first = annotations.add(told(10, "deploy 1.2", &["deploy"])).expect("it is written");
        annotations.add(told(20, "config", &[])).expect("it is written");
        let again = Annotations::open(&directory);
        let texts = |found: Vec<Annotation>| found.into_iter().map(|one| one.text).collect::<Vec<_>>();
        assert_eq!(texts(again.between(0, 30, &[])), ["deploy 1.2", "config"]);
        assert_eq!(texts(again.between(0, 30, &["deploy"])), ["deploy 1.2"]);
        assert_eq!(texts(again.between(11, 30, &[])), ["config"]);
        assert!(again.remove(first.id).expect("it is rewritten"));
        assert!(!again.remove(first.id).expect("nothing is written"));
        assert_eq!(texts(Annotations::open(&directory).between(0, 30, &[])), ["config"]);
        fs::remove_dir_all(&directory).expect("it was made here");
    }

    #[test]
    fn what_cannot_be_written_says_why_and_not_where() {
        let annotations = Annotations::open(Path::new("/nowhere-at-all"));
        let said = annotations.add(told(10, "deploy", &[])).expect_err("there is no such folder").to_string();
        assert!(said.starts_with("the annotation could not be kept, and nothing was changed: "), "{said}");
        assert!(!said.contains("nowhere-at-all") && annotations.between(0, 30, &[]).is_empty(), "{said}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(told(0, " ", &[]).problem().is_some());
        assert!(told(0, "x", &[]).problem().is_none());
        assert!(Annotation { time_end: Some(-1), ..told(0, "x", &[]) }.problem().is_some());
        assert!(told(0, &"x".repeat(TEXT_BYTES_MAX + 1), &[]).problem().is_some());
    }

    fn tempdir() -> PathBuf {
        let directory = std::env::temp_dir().join(format!("flightdeck-annotations-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("the temporary directory can be made");
        directory
    }
}
