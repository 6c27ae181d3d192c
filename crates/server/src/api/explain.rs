//! The plan of a query as JSON: a tree with what each node found, read, held and how long it took.

use promql::{Answer, PlanNode, Value};
use serde::Serialize;

use super::stats::Stats;

/// How a query was answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained<'a> {
    result_type: &'static str,
    /// How many series the answer has.
    series: usize,
    peak_bytes: u64,
    stats: Stats,
    plan: Option<Node<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    operation: &'a str,
    text: &'a str,
    evaluations: u64,
    series: u64,
    samples: u64,
    bytes: u64,
    seconds: f64,
    children: Vec<Node<'a>>,
}

impl<'a> Explained<'a> {
    /// What an answer tells of itself.
    pub fn new(answer: &'a Answer, stats: Stats) -> Explained<'a> {
        let series = match &answer.value {
            Value::Vector(samples) => samples.len(),
            Value::Matrix(series) => series.len(),
            Value::Scalar { .. } | Value::String { .. } => 1,
        };
        Explained {
            result_type: answer.value.value_type().as_str(),
            series,
            peak_bytes: answer.stats.bytes_peak,
            stats,
            plan: answer.plan.as_ref().map(node),
        }
    }
}

fn node(plan: &PlanNode) -> Node<'_> {
    Node {
        operation: plan.operation,
        text: &plan.text,
        evaluations: plan.evaluations,
        series: plan.series,
        samples: plan.samples,
        bytes: plan.bytes,
        seconds: plan.nanos as f64 / 1e9,
        children: plan.children.iter().map(node).collect(),
    }
}
