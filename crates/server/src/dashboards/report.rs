//! What an import could not carry over, panel by panel.

use serde::Serialize;

use super::model::{Dashboard, Panel};

/// How many losses are noted.
const LOSSES_MAX: usize = 5_000;

/// The outcome of an import.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// What the dashboard is called.
    pub title: String,
    /// How many panels there are.
    pub panels: usize,
    /// How many of them are drawn.
    pub drawn: usize,
    /// What is missing.
    pub losses: Vec<Loss>,
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    /// The panel's number; none where it concerns the whole dashboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel: Option<i64>,
    /// The panel's title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What is missing, in a sentence.
    pub what: String,
}

impl Report {
    /// Notes something that concerns the whole dashboard.
    pub fn whole(&mut self, what: impl Into<String>) {
        if self.losses.len() < LOSSES_MAX {
            self.losses.push(Loss { panel: None, title: String::new(), what: what.into() });
        }
    }

    /// Notes something that concerns the whole dashboard, and may do so in many places.
    pub fn once(&mut self, what: &str) {
        if self.losses.iter().all(|loss| loss.what != what) {
            self.whole(what);
        }
    }

    /// Notes something of a panel, once.
    pub fn of(&mut self, panel: &Panel, what: impl Into<String>) {
        let loss = Loss { panel: Some(panel.id), title: panel.title.clone(), what: what.into() };
        if self.losses.len() < LOSSES_MAX && !self.losses.contains(&loss) {
            self.losses.push(loss);
        }
    }

    /// Counts the panels.
    pub fn count(&mut self, dashboard: &Dashboard) {
        self.title.clone_from(&dashboard.title);
        self.panels = dashboard.panels().count();
        self.drawn = dashboard.panels().filter(|panel| panel.lost.is_empty()).count();
    }

    /// One line per loss.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.losses.iter().map(|loss| match loss.panel {
            None => loss.what.clone(),
            Some(id) => format!("panel {id} {}: {}", model::names::quote(&loss.title), loss.what),
        })
    }
}
