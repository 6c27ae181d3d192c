//! Targets from JSON and YAML files, read again when they change. A file that cannot be read keeps its last targets;
//! one that is deleted loses them.

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify;

use super::group::groups_from_value;
use super::{Publisher, TargetGroup, parse_groups, yaml};
use crate::config::FileSdConfig;

/// How large a file may be.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// How often the queue of changes is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// How long changes are let to come together before the files are read.
const SETTLE: Duration = Duration::from_millis(50);

pub(super) async fn run(config: FileSdConfig, publisher: Publisher) {
    let watch = watch(&config.files).map_err(|error| {
        let interval = config.refresh();
        tracing::warn!(%error, "cannot watch files of targets; they are read every {interval}");
    });
    let mut known: BTreeMap<PathBuf, Vec<TargetGroup>> = BTreeMap::new();
    let mut ticks = tokio::time::interval(config.refresh().to_duration());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = changed(watch.as_ref().ok()) => tokio::time::sleep(SETTLE).await,
        }
        if let Ok(watch) = &watch {
            drain(watch);
        }
        let (patterns, before) = (config.files.clone(), std::mem::take(&mut known));
        // Files may lie on a disk that answers slowly, which is no reason to hold up a thread of the runtime.
        let Ok((now, failure)) = tokio::task::spawn_blocking(move || refresh(&patterns, before)).await else {
            return;
        };
        known = now;
        publisher.publish(known.values().flatten().cloned().collect()).await;
        if let Some(failure) = failure {
            publisher.fail(failure);
        }
    }
}

/// What is wrong with the files that the patterns name now, if anything is.
pub fn problems(config: &FileSdConfig) -> Vec<String> {
    let paths = config.files.iter().flat_map(|pattern| expand(pattern));
    paths.filter_map(|path| Some(format!("{}: {}", path.display(), read(&path).err()?))).collect()
}

/// Reads every file the patterns name; says what went wrong last.
fn refresh(
    patterns: &[PathBuf],
    mut before: BTreeMap<PathBuf, Vec<TargetGroup>>,
) -> (BTreeMap<PathBuf, Vec<TargetGroup>>, Option<String>) {
    let mut now = BTreeMap::new();
    let mut failure = None;
    for path in patterns.iter().flat_map(|pattern| expand(pattern)) {
        match read(&path) {
            Ok(groups) => drop(now.insert(path, groups)),
            Err(error) => {
                failure = Some(format!("file_sd {}: {error}", path.display()));
                if let Some(groups) = before.remove(&path) {
                    now.insert(path, groups);
                }
            }
        }
    }
    (now, failure)
}

fn read(path: &Path) -> Result<Vec<TargetGroup>, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("larger than {FILE_BYTES_MAX} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let shown = path.display().to_string();
    let extra = [("__meta_filepath", shown.as_str())];
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let groups = match is_json {
        true => parse_groups(text.as_bytes(), &extra),
        false => groups_from_value(yaml::parse(&text)?, &extra),
    };
    groups.map_err(|error| error.to_string())
}

/// The files behind a pattern, whose last element may hold `*` and `?`.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let name = pattern.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !name.contains(['*', '?']) {
        return if pattern.exists() { vec![pattern.to_owned()] } else { Vec::new() };
    }
    let entries = std::fs::read_dir(directory_of(pattern)).into_iter().flatten().flatten();
    let matching = entries.filter(|entry| matches(name.as_bytes(), entry.file_name().as_encoded_bytes()));
    let mut files: Vec<PathBuf> = matching.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Whether `name` fits a pattern of `*` and `?`: the last star takes more whenever what follows it does not fit.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while next < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, next));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[next] => (at, next) = (at + 1, next + 1),
            _ => match star {
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    (at, next) = (star_at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

fn directory_of(pattern: &Path) -> &Path {
    pattern.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Watches the directories, because editors and configuration managers replace files instead of writing into them.
fn watch(patterns: &[PathBuf]) -> std::io::Result<OwnedFd> {
    let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
    let descriptor = inotify::init(flags)?;
    let interesting = inotify::WatchFlags::CLOSE_WRITE
        | inotify::WatchFlags::CREATE
        | inotify::WatchFlags::MOVED_TO
        | inotify::WatchFlags::MOVED_FROM
        | inotify::WatchFlags::DELETE;
    for pattern in patterns {
        inotify::add_watch(&descriptor, directory_of(pattern), interesting)?;
    }
    Ok(descriptor)
}

/// Waits until something changed. Looking at a queue in memory a few times a second costs one system call each and
/// spares this crate the one unsafe call that waiting for the descriptor would take.
async fn changed(watch: Option<&OwnedFd>) {
    let Some(watch) = watch else { return std::future::pending().await };
    while !drain(watch) {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// Takes the events that have come; says whether there were any. What they say does not matter: the files are read
/// as a whole.
fn drain(watch: &OwnedFd) -> bool {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 4096];
    let mut reader = inotify::Reader::new(watch, &mut buffer);
    let mut any = false;
    while reader.next().is_ok() {
        any = true;
    }
    any
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;
    use tokio::sync::mpsc;

    use super::*;
    use crate::config::Span;

    #[test]
    fn patterns_match_names() {
        let check = |pattern: &str, name: &str, want: bool| {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), want, "{pattern} {name}");
        };
        check("*.json", "a.json", true);
        check("*.json", "a.jsonx", false);
        check("a*b*c", "aXbYbZc", true);
        check("a*b*c", "aXbYbZ", false);
        check("?.yml", "a.yml", true);
        check("?.yml", "ab.yml", false);
        check("*", "", true);
    }

    #[tokio::test]
    async fn files_are_followed_and_a_bad_one_keeps_its_targets() {
        let directory = std::env::temp_dir().join(format!("flightdeck-file-sd-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join("a.yml");
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write("- targets: ['a:1']\n");
        let (sender, mut updates) = mpsc::channel(8);
        let error = Arc::new(Mutex::new(None));
        let publisher = Publisher { source: 1, updates: sender, error: error.clone() };
        let config = FileSdConfig {
            files: vec![directory.join("*.yml"), directory.join("*.json")],
            refresh_interval: Some(Span::from_secs(3_600)),
        };
        let task = tokio::spawn(run(config, publisher));
        let mut next = async |want: &str| {
            let wait = async {
                loop {
                    let update = updates.recv().await.unwrap();
                    let targets: Vec<String> = update
                        .groups
                        .iter()
                        .flat_map(|group| group.targets.iter().map(|t| t.value("__address__").to_owned()))
                        .collect();
                    if targets.join(" ") == want {
                        break;
                    }
                }
            };
            tokio::time::timeout(Duration::from_secs(5), wait)
                .await
                .unwrap_or_else(|_| panic!("never saw {want}"));
        };
        next("a:1").await;
        write("- targets: ['a:1', 'b:2']\n");
        next("a:1 b:2").await;
        std::fs::write(directory.join("c.json"), r#"[{"targets": ["c:3"]}]"#).unwrap();
        next("a:1 b:2 c:3").await;
        write("- targets: 7\n");
        std::fs::remove_file(directory.join("c.json")).unwrap();
        next("a:1 b:2").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(error.lock().as_ref().is_some_and(|error| error.contains("a.yml")), "{error:?}");
        task.abort();
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
