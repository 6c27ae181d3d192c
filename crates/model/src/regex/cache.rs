//! Compiled patterns that were used lately: dashboards and rules ask with the same few again and again, and compiling one
//! takes longer than most of the queries it is for.

use std::collections::HashMap;
use std::sync::LazyLock;

use parking_lot::Mutex;

use super::Regex;

/// How much memory the patterns kept may take together.
const BYTES_MAX: usize = 32 << 20;
/// One that takes more than this share of it is not kept: it would drive out all others.
const SHARE_MAX: usize = 8;
/// What a pattern takes besides, once it is used by several threads, about.
const USED_BYTES: usize = 32 << 10;

/// The patterns of this process.
pub(super) static CACHE: LazyLock<Cache> = LazyLock::new(|| Cache::new(BYTES_MAX));

/// Patterns within a number of bytes; those used longest ago go first.
pub(super) struct Cache {
    kept: Mutex<Kept>,
    bytes_max: usize,
}

#[derive(Default)]
struct Kept {
    patterns: HashMap<Box<str>, (Regex, u64)>,
    /// How often something was asked for or kept.
    asked: u64,
}

impl Cache {
    fn new(bytes_max: usize) -> Cache {
        Cache { kept: Mutex::default(), bytes_max }
    }

    /// The compiled pattern, if it is kept.
    pub(super) fn get(&self, pattern: &str) -> Option<Regex> {
        let mut kept = self.kept.lock();
        kept.asked += 1;
        let asked = kept.asked;
        let (regex, last_used) = kept.patterns.get_mut(pattern)?;
        *last_used = asked;
        Some(regex.clone())
    }

    /// Keeps a pattern for the next who asks.
    pub(super) fn put(&self, regex: &Regex) {
        if bytes_of(regex) > self.bytes_max / SHARE_MAX {
            return;
        }
        let mut kept = self.kept.lock();
        kept.asked += 1;
        let used = (regex.clone(), kept.asked);
        kept.patterns.insert(regex.pattern().into(), used);
        // Patterns may have grown by what their groups catch since they were put here.
        let mut bytes: usize = kept.patterns.values().map(|(regex, _)| bytes_of(regex)).sum();
        while bytes > self.bytes_max {
            let oldest = kept.patterns.iter().min_by_key(|(_, (_, last_used))| *last_used);
            let Some(oldest) = oldest.map(|(pattern, _)| pattern.clone()) else { return };
            bytes -= kept.patterns.remove(&oldest).map_or(0, |(regex, _)| bytes_of(&regex));
        }
    }
}

fn bytes_of(regex: &Regex) -> usize {
    regex.pattern().len() + regex.memory_bytes() + USED_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays() {
        let regex = |number: usize| Regex::compile(&format!("a{number}.*b")).expect("a pattern");
        let cache = Cache::new(bytes_of(&regex(10)) * SHARE_MAX);
        let check = |number: usize, want: bool| {
            let found = cache.get(&format!("a{number}.*b"));
            assert_eq!(found.is_some_and(|found| found.is_match(&format!("a{number}xb"))), want, "{number}");
        };
        (10..10 + SHARE_MAX).for_each(|number| cache.put(&regex(number)));
        check(10, true);
        cache.put(&regex(50));
        check(11, false);
        check(10, true);
        check(50, true);
    }

    #[test]
    fn a_pattern_that_takes_much_is_not_kept() {
        let regex = Regex::compile("a.*b").expect("a pattern");
        let cache = Cache::new(bytes_of(&regex) * SHARE_MAX - 1);
        cache.put(&regex);
        assert!(cache.get(regex.pattern()).is_none());
    }
}
