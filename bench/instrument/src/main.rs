//! The library `flightdeck` beside its peers: what counting, looking up, rendering and watching a request cost.

mod counting;
mod layers;
mod measure;
mod measured;
mod rendering;

use measure::Table;

/// What goes above the table that is kept.
const RESULTS_HEAD: &str = "# The library beside its peers\n\n\
    Alone: the quickest of many short rounds. With a second thread at the same metric: the median of what one sees. Lower is\n\
    better. `measured` is at 0.0.25, the last release that this compiler takes; its labels are interned at run time here, since\n\
    what it is quickest at, labels that are known beforehand, none of the others has.\n\n\
    Behind where a gauge is set: it is found through its bank, which a plain atomic is not.\n\n";

fn main() {
    let mut table = Table::new([
        "flightdeck",
        "prometheus-client",
        "prometheus",
        "metrics",
        "measured",
        "axum-prometheus",
    ]);
    // axum-prometheus installs the recorder that `metrics` is measured with.
    let recorder = layers::run(&mut table);
    counting::run(&mut table, &recorder);
    rendering::run(&mut table);
    let text = table.render();
    print!("{text}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../results/instrument.md");
    if let Err(error) = std::fs::write(path, RESULTS_HEAD.to_owned() + &text) {
        eprintln!("cannot write {path}: {error}");
    }
}
