//! Arrows between crates point down only, and no async runtime is reached from the pure crates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// Which of our crates each crate may name as a dependency. Whoever is not listed may name every one.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("flightdeck-model", &[]),
    ("flightdeck-wire", &["flightdeck-model"]),
    ("flightdeck-storage", &[]),
    ("flightdeck-tsdb", &["flightdeck-storage", "flightdeck-model"]),
    ("flightdeck-promql", &["flightdeck-tsdb", "flightdeck-model"]),
    ("flightdeck-alerts", &["flightdeck-promql"]),
    ("flightdeck-collect", &["flightdeck-wire", "flightdeck-model"]),
    ("flightdeck", &["flightdeck-derive"]),
    ("flightdeck-derive", &[]),
];

/// Crates that stay synchronous, whatever they depend on.
const PURE: [&str; 5] =
    ["flightdeck-model", "flightdeck-wire", "flightdeck-storage", "flightdeck-tsdb", "flightdeck-promql"];

/// What a pure crate must not reach.
const ASYNC: [&str; 3] = ["tokio", "hyper", "axum"];

/// Who depends on whom, by package name, as built (test-only dependencies left out).
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Findings for forbidden edges.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let metadata = command::read(root, "cargo metadata --format-version 1 --locked")?;
    let graph = graph(&serde_json::from_str(&metadata).context("cargo metadata is not JSON")?)?;
    let mut findings = forbidden_edges(&graph);
    findings.extend(reached_runtimes(&graph));
    Ok(findings)
}

fn forbidden_edges(graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for (package, allowed) in ALLOWED {
        for dependency in graph.get(package).into_iter().flatten() {
            if dependency.starts_with("flightdeck-") && !allowed.contains(&dependency.as_str()) {
                findings.push(format!("{package} must not depend on {dependency}"));
            }
        }
    }
    findings
}

fn reached_runtimes(graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for package in PURE {
        let reached = reachable(graph, package);
        findings.extend(
            ASYNC
                .iter()
                .filter(|name| reached.contains(**name))
                .map(|name| format!("{package} reaches {name}")),
        );
    }
    findings
}

fn reachable<'a>(graph: &'a Graph, package: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut pending) = (BTreeSet::new(), vec![package]);
    while let Some(name) = pending.pop() {
        for dependency in graph.get(name).into_iter().flatten() {
            if reached.insert(dependency.as_str()) {
                pending.push(dependency);
            }
        }
    }
    reached
}

fn graph(metadata: &Value) -> Result<Graph> {
    let mut names = BTreeMap::new();
    for package in metadata["packages"].as_array().context("cargo metadata lists no packages")? {
        names.insert(text(&package["id"])?, text(&package["name"])?);
    }
    let mut graph = Graph::new();
    for node in metadata["resolve"]["nodes"].as_array().context("cargo metadata resolves nothing")? {
        let dependencies = graph.entry(names[text(&node["id"])?].to_owned()).or_default();
        for dependency in node["deps"].as_array().into_iter().flatten() {
            let kinds = dependency["dep_kinds"].as_array().context("a dependency has no kind")?;
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                dependencies.insert(names[text(&dependency["pkg"])?].to_owned());
            }
        }
    }
    Ok(graph)
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().context("cargo metadata has another shape than expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph_of(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let graph =
            graph_of(&[("flightdeck-model", "flightdeck-wire"), ("flightdeck-wire", "flightdeck-model")]);
        assert_eq!(forbidden_edges(&graph), ["flightdeck-model must not depend on flightdeck-wire"]);
    }

    #[test]
    fn a_runtime_behind_another_crate_is_found() {
        let graph = graph_of(&[("flightdeck-tsdb", "helper"), ("helper", "tokio")]);
        assert_eq!(reached_runtimes(&graph), ["flightdeck-tsdb reaches tokio"]);
    }
}
