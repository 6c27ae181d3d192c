//! The plan as a tree to look at: what each node does and what it used.

use std::sync::atomic::Ordering::Relaxed;

use crate::eval::Meter;
use crate::plan::Plan;

/// One node of an explained plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanNode {
    /// What it does: a function's or operator's name, `selector`, `subquery`.
    pub operation: &'static str,
    /// The part of the query it evaluates.
    pub text: String,
    /// How often it was evaluated; 0 when another node with the same text did it for this one.
    pub evaluations: u64,
    /// How many series it found or yielded.
    pub series: u64,
    /// How many samples it read from the store.
    pub samples: u64,
    /// How many bytes its result took, where it was kept.
    pub bytes: u64,
    /// How long it took, its children included; 0 without a clock.
    pub nanos: u64,
    /// What it was computed from.
    pub children: Vec<PlanNode>,
}

/// How much of an expression a node tells. Nodes lie within each other, so all of them in full could be many times the query.
const TEXT_BYTES_MAX: usize = 4 << 10;

fn shortened(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    if end < text.len() { format!("{}…", &text[..end]) } else { text.to_owned() }
}

/// The tree of a plan, with what its evaluation used.
pub(crate) fn tree(plan: &Plan, query: &str, meter: &Meter<'_>) -> PlanNode {
    let mut nodes: Vec<PlanNode> = plan
        .labels
        .iter()
        .enumerate()
        .map(|(id, label)| {
            let used = meter.node(id);
            PlanNode {
                operation: label.operation,
                text: shortened(label.span.text(query)),
                evaluations: used.evaluations.load(Relaxed),
                series: used.series.load(Relaxed),
                samples: used.samples.load(Relaxed),
                bytes: used.bytes.load(Relaxed),
                nanos: used.nanos.load(Relaxed),
                children: Vec::new(),
            }
        })
        .collect();
    // Children have higher numbers than their parents, so each is complete when its turn comes.
    while let Some(mut node) = nodes.pop() {
        node.children.reverse();
        match plan.labels[nodes.len()].parent {
            Some(parent) => nodes[parent].children.push(node),
            None => return node,
        }
    }
    PlanNode::default()
}
