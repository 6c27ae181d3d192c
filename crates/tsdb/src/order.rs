//! The order of series by their labels, without putting the labels of any series together.
//!
//! Each label of the targets and points at hand becomes a token: the rank of its name above the rank of its value. A
//! target's tokens and a point's, both ascending, merge into the series' key, and keys compare as the labels would. So
//! strings are compared once per target and per point, and numbers once per series.

use std::collections::{BTreeMap, HashMap};

use model::Labels;

/// The tokens of label sets, by the caller's numbers.
pub(crate) struct Tokens {
    targets: Vec<Vec<u64>>,
    points: Vec<Vec<u64>>,
}

/// Keys of series, each a run of tokens in one list.
#[derive(Default)]
pub(crate) struct Keys {
    tokens: Vec<u64>,
    ends: Vec<usize>,
}

impl Tokens {
    /// Ranks every label of these sets.
    pub(crate) fn new(targets: &[Labels], points: &[Labels]) -> Tokens {
        let mut values: BTreeMap<&str, HashMap<&str, u32>> = BTreeMap::new();
        for labels in targets.iter().chain(points) {
            for (name, value) in labels {
                values.entry(name).or_default().insert(value, 0);
            }
        }
        let mut ranked: HashMap<&str, (u64, HashMap<&str, u32>)> = HashMap::with_capacity(values.len());
        for (name_rank, (name, mut of_name)) in (0u64..).zip(values) {
            let mut sorted: Vec<&str> = of_name.keys().copied().collect();
            sorted.sort_unstable();
            for (rank, value) in (0..).zip(sorted) {
                of_name.insert(value, rank);
            }
            ranked.insert(name, (name_rank << 32, of_name));
        }
        let tokens = |labels: &Labels| -> Vec<u64> {
            let token = |(name, value): (&str, &str)| {
                let (name_rank, of_name) = &ranked[name];
                name_rank | u64::from(of_name[value])
            };
            labels.iter().map(token).collect()
        };
        Tokens { targets: targets.iter().map(tokens).collect(), points: points.iter().map(tokens).collect() }
    }

    /// Appends the key of a series.
    pub(crate) fn push_key(&self, target: usize, point: usize, keys: &mut Keys) {
        let mut target = self.targets[target].iter().copied().peekable();
        for &token in &self.points[point] {
            while let Some(smaller) = target.next_if(|other| *other < token) {
                keys.tokens.push(smaller);
            }
            keys.tokens.push(token);
        }
        keys.tokens.extend(target);
        keys.ends.push(keys.tokens.len());
    }
}

impl Keys {
    /// The key of the series that was pushed as number `index`.
    pub(crate) fn get(&self, index: usize) -> &[u64] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.tokens[start..self.ends[index]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_compare_as_labels_do() {
        let labels = |text: &str| {
            Labels::from_pairs(text.split_whitespace().map(|pair| pair.split_once('=').unwrap()))
        };
        let targets = ["", "job=a", "job=b", "instance=x job=a", "a=1 z=2"].map(labels);
        let points =
            ["__name__=up", "__name__=hits code=200", "__name__=hits code=5", "__name__=hits", "b=1"]
                .map(labels);
        let tokens = Tokens::new(&targets, &points);
        let (mut keys, mut full) = (Keys::default(), Vec::new());
        for (target, target_labels) in targets.iter().enumerate() {
            for (point, point_labels) in points.iter().enumerate() {
                tokens.push_key(target, point, &mut keys);
                full.push(target_labels.union(point_labels));
            }
        }
        for left in 0..full.len() {
            for right in 0..full.len() {
                let want = full[left].cmp(&full[right]);
                assert_eq!(keys.get(left).cmp(keys.get(right)), want, "{} and {}", full[left], full[right]);
            }
        }
    }
}
