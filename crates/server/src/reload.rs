//! Reloading: a new configuration replaces the old one whole, or the old one stays and the reason is told.

use tokio::sync::{mpsc, oneshot};

use crate::app::{App, ReloadAnswer, now_millis};
use crate::signals::{Asked, Signals};
use crate::{config, opening};

/// Serves reloads until a signal, or somebody who may, says to stop.
pub async fn until_stopped(
    app: &App,
    signals: &mut Signals,
    reloads: &mut mpsc::Receiver<oneshot::Sender<ReloadAnswer>>,
) {
    loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Stop => return,
                // The reason of a failure is in the log; a signal has nobody to answer to.
                Asked::Reload => drop(reload(app).await),
            },
            () = app.quit.notified() => {
                tracing::info!("stopping as asked over HTTP");
                return;
            }
            Some(answer) = reloads.recv() => {
                let outcome = reload(app).await;
                // Whoever asked may have gone away meanwhile.
                let _ = answer.send(outcome);
            }
        }
    }
}

async fn reload(app: &App) -> ReloadAnswer {
    let read =
        config::load(app.options.config.as_deref()).and_then(|config| Ok((config, app.door.reread()?)));
    match read {
        Ok((config, web)) => {
            app.store.keep(opening::keeping(&app.options, &config));
            app.config.replace(config);
            app.door.replace(web);
            app.collecting.apply(app).await;
            loaded(app);
            tracing::info!("reloaded the configuration");
            Ok(())
        }
        Err(error) => {
            let reason = error.to_string();
            app.metrics.config_reloads.add(&["failure"], 1);
            app.metrics.config_last_reload_ok.set(&[], 0.0);
            tracing::error!(reason, "the new configuration is bad; the old one stays in force");
            Err(reason)
        }
    }
}

/// Puts in force what is not of the store or of what is collected, and notes that a configuration was read.
pub fn loaded(app: &App) {
    app.dashboards.provide(&app.config.get().dashboards);
    app.metrics.config_reloads.add(&["success"], 1);
    app.metrics.config_last_reload_ok.set(&[], 1.0);
    app.metrics.config_loaded_time.set(&[], now_millis() as f64 / 1000.0);
}
