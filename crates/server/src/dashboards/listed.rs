//! One line of the list of dashboards.

use std::path::Path;

use serde::Serialize;

use super::file::File;
use super::homes::Homes;
use super::problem::Problem;

/// One line of the list: a dashboard, or a file in which there should be one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its name in addresses.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it is found by.
    pub tags: Vec<String>,
    /// The folder it is in, below the folder of dashboards.
    pub folder: String,
    /// Its file, below the folder of dashboards: where that is on the disk is not for everybody.
    pub file: String,
    /// How many panels it has.
    pub panels: usize,
    /// How many of them are drawn.
    pub drawn: usize,
    /// Whether changes can be saved.
    pub editable: bool,
    /// When its file was changed last, in milliseconds since the epoch.
    pub changed: i64,
    /// Why it cannot be shown, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl Listed {
    /// The line of a file, or of a folder that cannot be looked into.
    pub fn new(homes: &Homes, path: &Path, file: Option<&File>, problem: Option<Problem>) -> Listed {
        let (home, name, editable) = homes.of(path);
        let inside = path.parent().and_then(|parent| parent.strip_prefix(home).ok());
        let inside = inside.map(|inside| inside.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let outcome = file.and_then(|file| file.outcome.as_ref().ok());
        let (dashboard, report) = outcome.map_or((None, None), |(one, report)| (Some(one), Some(report)));
        Listed {
            id: dashboard.map_or_else(|| stem.clone(), |one| one.id.clone()),
            title: dashboard.map_or(stem, |one| one.title.clone()),
            tags: dashboard.map(|one| one.tags.clone()).unwrap_or_default(),
            folder: [name, inside].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"),
            file: homes.called(path),
            panels: report.map_or(0, |report| report.panels),
            drawn: report.map_or(0, |report| report.drawn),
            editable,
            changed: file.map_or(0, File::changed_millis),
            problem,
        }
    }
}
