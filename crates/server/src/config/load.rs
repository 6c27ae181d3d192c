//! Reads a configuration file, and the files it names, into a `Config`; or says everything that is needed to mend it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use collect::config::{ConfigError, GlobalConfig, ScrapeConfig, ScrapeJob, resolve_jobs};

use super::problem::Problem;
use super::section::{
    DashboardsSection, FileSections, OtlpSection, RemoteReadSection, RemoteWriteSection, ScrapeFile,
    StorageSection, check_file_pattern,
};
use super::show::{show, show_jobs};
use super::typed::from_node;
use super::yaml::{self, Node};

/// How large a configuration file may be.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// A configuration that was read and found good.
#[derive(Debug, Default)]
pub struct Config {
    /// The file it was read from, if there was one.
    pub file: Option<PathBuf>,
    /// The text for people, without secrets.
    pub shown: String,
    /// The section of every job for people, without secrets, by the job's name.
    pub shown_jobs: BTreeMap<String, String>,
    /// What every job inherits; external labels are expanded.
    pub global: GlobalConfig,
    /// What is scraped.
    pub jobs: Vec<Arc<ScrapeJob>>,
    /// How samples are kept.
    pub storage: StorageSection,
    /// How OTLP metrics become series.
    pub otlp: OtlpSection,
    /// Folders of dashboards beside that of the data directory.
    pub dashboards: Vec<DashboardsSection>,
    /// What was accepted but does nothing yet: `file:line:column: what`.
    pub notes: Vec<Problem>,
}

/// Reads and checks a file.
pub fn load_file(path: &Path) -> Result<Config, Problem> {
    let (node, mut sections) = read_file::<FileSections>(path)?;
    let directory = path.parent().unwrap_or(Path::new(""));
    let placed = |error: ConfigError| place(path, &node, error);
    sections.global.validate().map_err(|error| placed(error.within("global")))?;
    let mut notes = Vec::new();
    expand_external_labels(path, &node, &mut sections.global.external_labels, &mut notes);
    let mut jobs = resolve_jobs(&sections.scrape_configs, &sections.global, directory).map_err(placed)?;
    let mut shown_jobs: BTreeMap<String, String> = show_jobs(&node).collect();
    for (index, pattern) in sections.scrape_config_files.iter().enumerate() {
        let field = format!("scrape_config_files[{index}]");
        check_file_pattern(&field, pattern).map_err(placed)?;
        for file in expand_pattern(&directory.join(pattern)) {
            let (inner, more) = read_file::<ScrapeFile>(&file)?;
            let at = |error: ConfigError| place(&file, &inner, error);
            for job in resolve_jobs(&more.scrape_configs, &sections.global, directory).map_err(at)? {
                add_job(&mut jobs, job).map_err(at)?;
            }
            shown_jobs.extend(show_jobs(&inner));
        }
    }
    check_other_sections(&mut sections).map_err(placed)?;
    for (index, section) in sections.dashboards.iter_mut().enumerate() {
        section.place(directory).map_err(|error| placed(error.within(format!("dashboards[{index}]"))))?;
    }
    note_inactive(path, &node, &sections, &jobs, &mut notes);
    Ok(Config {
        file: Some(path.to_owned()),
        shown: show(&node),
        shown_jobs,
        global: sections.global,
        jobs: jobs.into_iter().map(Arc::new).collect(),
        storage: sections.storage,
        otlp: sections.otlp,
        dashboards: sections.dashboards,
        notes,
    })
}

/// Reads a YAML file of at most `FILE_BYTES_MAX` as a `T`, and as the tree that knows the places.
pub fn read_file<T: serde::de::DeserializeOwned>(path: &Path) -> Result<(Node, T), Problem> {
    let failed = |error: std::io::Error| Problem::of_file(path, format!("cannot be read: {error}"));
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > FILE_BYTES_MAX {
        return Err(Problem::of_file(path, format!("has {size} bytes; at most {FILE_BYTES_MAX} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let of_yaml = |error| Problem::of_yaml(path, error);
    let node = yaml::parse(&text).map_err(of_yaml)?;
    let typed = from_node(&node).map_err(of_yaml)?;
    Ok((node, typed))
}

/// Puts line and column to an error that knows the field's path.
fn place(path: &Path, node: &Node, error: ConfigError) -> Problem {
    Problem::at(path, node.locate(&error.field), error.to_string())
}

fn add_job(jobs: &mut Vec<ScrapeJob>, job: ScrapeJob) -> Result<(), ConfigError> {
    if jobs.iter().any(|other| other.name == job.name) {
        let quoted = model::names::quote(&job.name);
        return Err(ConfigError::new(
            "scrape_configs",
            format!("found multiple scrape configs with job name {quoted}"),
        ));
    }
    jobs.push(job);
    Ok(())
}

fn check_other_sections(sections: &mut FileSections) -> Result<(), ConfigError> {
    for (index, pattern) in sections.rule_files.iter().enumerate() {
        check_file_pattern(&format!("rule_files[{index}]"), pattern)?;
    }
    sections.alerting.validate(&sections.global).map_err(|error| error.within("alerting"))?;
    sections.storage.validate().map_err(|error| error.within("storage"))?;
    RemoteWriteSection::validate_all(&sections.remote_write)?;
    RemoteReadSection::validate_all(&sections.remote_read)?;
    if let Some(tracing) = &sections.tracing {
        tracing.validate().map_err(|error| error.within("tracing"))?;
    }
    sections.otlp.check(&sections.global).map_err(|error| error.within("otlp"))
}

/// Files whose last path element matches a pattern with at most one `*`; a path without one names itself.
fn expand_pattern(pattern: &Path) -> Vec<PathBuf> {
    let name = pattern.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((before, after)) = name.split_once('*') else { return vec![pattern.to_owned()] };
    let directory = pattern.parent().unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let matches = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(matches).collect();
    files.sort();
    files
}

/// Replaces `$NAME` and `${NAME}` by the environment's value, here and nowhere else, as Prometheus does.
fn expand_external_labels(
    path: &Path,
    node: &Node,
    labels: &mut BTreeMap<String, String>,
    notes: &mut Vec<Problem>,
) {
    for (name, value) in labels.iter_mut() {
        let mut missing = Vec::new();
        *value = expand(value, |variable| {
            std::env::var(variable).unwrap_or_else(|_| {
                missing.push(variable.to_owned());
                String::new()
            })
        });
        for variable in missing {
            let position = node.locate(&format!("global.external_labels.{name}"));
            notes.push(Problem::at(
                path,
                position,
                format!("the environment variable {variable} is not set; empty"),
            ));
        }
    }
}

/// `$$` stands for a single `$`.
fn expand(text: &str, mut value_of: impl FnMut(&str) -> String) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            expanded.push_str(&value_of(name));
            rest = after;
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 {
                expanded.push('$');
            } else {
                expanded.push_str(&value_of(&rest[..end]));
            }
            rest = &rest[end..];
        }
    }
    expanded.push_str(rest);
    expanded
}

/// Everything that is accepted and does nothing yet is said, with its place.
fn note_inactive(
    path: &Path,
    node: &Node,
    sections: &FileSections,
    jobs: &[ScrapeJob],
    notes: &mut Vec<Problem>,
) {
    let inactive = [
        ("runtime", sections.runtime.is_some(), "settings of Go's runtime mean nothing here"),
        ("rule_files", !sections.rule_files.is_empty(), "rules are accepted, not active yet"),
        (
            "alerting",
            !sections.alerting.alertmanagers.is_empty()
                || !sections.alerting.alert_relabel_configs.is_empty(),
            "alerting is accepted, not active yet",
        ),
        ("remote_write", !sections.remote_write.is_empty(), "remote_write is accepted, not active yet"),
        ("remote_read", !sections.remote_read.is_empty(), "remote_read is accepted, not active yet"),
        ("tracing", sections.tracing.is_some(), "tracing is accepted, not active yet"),
        (
            "global.query_log_file",
            sections.global.query_log_file.is_some(),
            "query_log_file is accepted, not active yet",
        ),
        (
            "storage.tsdb.retention.percentage",
            sections.storage.tsdb.retention.percentage.is_some(),
            "retention by percentage is accepted, not active yet",
        ),
        (
            "storage.tsdb.stale_series_compaction_threshold",
            sections.storage.tsdb.stale_series_compaction_threshold.is_some(),
            "this store needs no threshold for ended series",
        ),
        (
            "storage.tsdb.chunk_encoding",
            sections.storage.tsdb.chunk_encoding.floats.is_some(),
            "this store chooses the smallest encoding by itself",
        ),
        (
            "storage.exemplars",
            sections.storage.exemplars.as_ref().is_some_and(|section| section.max_exemplars.is_some()),
            "exemplars are kept as long as their samples",
        ),
    ];
    for (field, present, message) in inactive {
        if present {
            notes.push(Problem::at(path, node.locate(field), message));
        }
    }
    for job in jobs {
        let is_its = |section: &ScrapeConfig| section.job_name.as_ref() == Some(&job.name);
        let index = sections.scrape_configs.iter().position(is_its).unwrap_or(0);
        let mut note = |field: &str, message: String| {
            let position = node.locate(&format!("scrape_configs[{index}].{field}"));
            notes.push(Problem::at(path, position, format!("job {}: {message}", job.name)));
        };
        for inactive in &job.inactive {
            note(inactive.field, format!("{} is accepted, not active yet", inactive.field));
        }
        for (field, remark) in job.remarks() {
            note(field, format!("{field}: {remark}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_expand() {
        let check = |text: &str, want: &str| {
            assert_eq!(expand(text, |name| format!("<{name}>")), want, "{text}");
        };
        check("a-$HOST-${DATA_CENTER}.x", "a-<HOST>-<DATA_CENTER>.x");
        check("100$$ and $ alone $", "100$ and $ alone $");
        check("${open", "${open");
    }

    /// The files of the corpus that are bad although their name does not say so, and those that are good so.
    const BAD_BY_CONTENT: [&str; 3] = [
        "config_with_deprecated_am_api_config.yml",
        "otlp_allow_utf8.incompatible.yml",
        "otlp_no_translation.incompatible.yml",
    ];
    /// Not configurations by themselves.
    const OTHER_KINDS: [&str; 1] = ["first.rules"];

    #[test]
    fn the_corpus_of_prometheus_loads_or_fails_as_it_should() {
        let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/testdata/config"));
        let Ok(entries) = std::fs::read_dir(directory) else {
            assert!(std::env::var_os("CI").is_none(), "{} is absent", directory.display());
            println!("skipped: {} is absent", directory.display());
            return;
        };
        let mut wrong = Vec::new();
        let mut count = 0;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if OTHER_KINDS.contains(&name.as_str()) {
                continue;
            }
            count += 1;
            let bad = name.contains(".bad.") || BAD_BY_CONTENT.contains(&name.as_str());
            match load_file(&path) {
                Ok(_) if bad => wrong.push(format!("{name}: loads, and should not")),
                Ok(_) => {}
                Err(problem) if bad => {
                    if problem.position.is_none() && !name.starts_with("scrape_config_files") {
                        wrong.push(format!("{name}: no position: {problem}"));
                    }
                    println!("{problem}");
                }
                Err(problem) => wrong.push(format!("{name}: should load: {problem}")),
            }
        }
        assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(count > 200, "only {count} files were found");
    }
}
