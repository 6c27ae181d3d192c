//! What a target's series are, handed from the loop that scraped it to the one that follows.
//!
//! A reload that changes how a target is scraped starts a new loop. What the old one left alive and the new one does not
//! bring any more has to end, so the new loop takes over what the old one knew, as soon as that has let go of it.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::dress::{Dresser, Style};
use crate::target::Target;

/// The dresser of a target, which one loop has at a time.
#[derive(Clone)]
pub(crate) struct Estate(Arc<Mutex<Dresser>>);

impl Estate {
    /// That of a target nobody has scraped yet.
    pub(crate) fn of(target: &Target) -> Estate {
        Estate(Arc::new(Mutex::new(Dresser::new(style_of(target)))))
    }

    /// Waits until the loop before has ended, and has pages dressed as `target` wants it from now on.
    pub(super) async fn take(&self, target: &Target) -> OwnedMutexGuard<Dresser> {
        let mut dresser = self.0.clone().lock_owned().await;
        dresser.restyle(style_of(target));
        dresser
    }
}

fn style_of(target: &Target) -> Style {
    let job = &target.job;
    Style {
        target: target.labels.clone(),
        rules: job.metric_relabel.clone(),
        honor_labels: job.honor_labels,
        honor_timestamps: job.honor_timestamps,
        track_timestamps: job.track_timestamps_staleness,
        limits: job.limits.clone(),
        names: job.name_scheme,
        extra_metrics: job.extra_metrics,
    }
}
