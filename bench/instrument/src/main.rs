//! The library `flightdeck` beside its peers: what counting, looking up, rendering and watching a request cost.

mod counting;
mod layers;
mod measure;
mod rendering;

use measure::Table;

fn main() {
    let mut table =
        Table::new(["flightdeck", "prometheus-client", "prometheus", "metrics", "axum-prometheus"]);
    // axum-prometheus installs the recorder that `metrics` is measured with.
    let recorder = layers::run(&mut table);
    counting::run(&mut table, &recorder);
    rendering::run(&mut table);
    print!("{}", table.render());
}
