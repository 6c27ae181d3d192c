//! A label set: sorted, immutable, cheap to clone, one allocation.
//!
//! The names and values of a set lie one after the other in one buffer, each behind its length, names in
//! ascending byte order. A set with a million siblings costs its bytes and nothing else.
//!
//! ```text
//! label set := { len(name) name len(value) value }*      len: LEB128
//! ```

use std::cmp::Ordering;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use crate::pool::Pool;

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// A sorted, immutable set of labels. An absent label and an empty value mean the same, so empty values are never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Labels {
    packed: Arc<[u8]>,
}

impl Labels {
    /// The set without labels.
    pub fn empty() -> Labels {
        static EMPTY: LazyLock<Labels> = LazyLock::new(|| Labels { packed: Arc::from([]) });
        EMPTY.clone()
    }

    /// Builds a set from pairs in any order; of a repeated name the last value wins, empty values are dropped.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Labels {
        let mut builder = LabelsBuilder::default();
        for (name, value) in pairs {
            builder.set(name.as_ref(), value.as_ref());
        }
        builder.build()
    }

    /// Builds a set from pairs already sorted by name, without repeats and without empty values.
    pub fn from_sorted<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Labels {
        let mut packed = Vec::with_capacity(128);
        let mut previous: Option<&str> = None;
        for (name, value) in pairs {
            debug_assert!(previous.is_none_or(|previous| previous < name), "labels out of order at {name}");
            debug_assert!(!value.is_empty(), "label {name} is empty");
            push_str(&mut packed, name);
            push_str(&mut packed, value);
            previous = Some(name);
        }
        if packed.is_empty() { Labels::empty() } else { Labels { packed: packed.into() } }
    }

    /// The same set in the one allocation that all who call this share. A thousand replicas of a service expose the same
    /// series; whoever remembers them per target should remember them through here.
    pub fn shared(self) -> Labels {
        static SHARED: LazyLock<Pool<[u8]>> = LazyLock::new(Pool::new);
        Labels { packed: SHARED.share(self.packed) }
    }

    /// The packed bytes, as `from_packed` takes them back. The encoding is part of the storage format.
    pub fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// Reads a packed set from untrusted bytes; `None` when they are not one.
    pub fn from_packed(bytes: &[u8]) -> Option<Labels> {
        let mut rest = bytes;
        let mut previous: Option<&str> = None;
        while !rest.is_empty() {
            let name = take_str(&mut rest)?;
            let value = take_str(&mut rest)?;
            if value.is_empty() || previous.is_some_and(|previous| previous >= name) {
                return None;
            }
            previous = Some(name);
        }
        Some(if bytes.is_empty() { Labels::empty() } else { Labels { packed: bytes.into() } })
    }

    /// The labels in name order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.packed }
    }

    /// The value of `name`, if the set has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.entries().find(|(candidate, _)| *candidate == name.as_bytes())?;
        std::str::from_utf8(value).ok()
    }

    /// The value of `name`, or the empty string.
    pub fn value(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// The metric name, or the empty string.
    pub fn metric_name(&self) -> &str {
        self.value(METRIC_NAME)
    }

    /// Whether the set has no labels.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// How many labels the set has.
    pub fn len(&self) -> usize {
        self.entries().count()
    }

    /// A 64-bit hash that is the same in every process of this build; not part of any file format.
    pub fn hash64(&self) -> u64 {
        stable_hash(&self.packed)
    }

    /// A hash over the labels that `keep` admits; equal for sets that agree on those.
    pub fn hash_where(&self, mut keep: impl FnMut(&str) -> bool) -> u64 {
        let mut hasher = foldhash::quality::FixedState::with_seed(HASH_SEED).build_hasher();
        for (name, value) in self.iter().filter(|(name, _)| keep(name)) {
            name.hash(&mut hasher);
            value.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The labels whose names `keep` admits.
    pub fn filter(&self, keep: impl FnMut(&str) -> bool) -> Labels {
        let mut packed = Vec::with_capacity(self.packed.len());
        self.pack_where(keep, &mut packed);
        if packed.is_empty() { Labels::empty() } else { Labels { packed: packed.into() } }
    }

    /// Appends the labels whose names `keep` admits to `packed`, in the form of `packed()`: a key to look a set up by
    /// before it is made.
    pub fn pack_where(&self, mut keep: impl FnMut(&str) -> bool, packed: &mut Vec<u8>) {
        for (name, value) in self.entries() {
            if std::str::from_utf8(name).is_ok_and(&mut keep) {
                push_bytes(packed, name);
                push_bytes(packed, value);
            }
        }
    }

    /// The set with `name` set to `value`; an empty value takes the label away.
    pub fn with(&self, name: &str, value: &str) -> Labels {
        let mut packed = Vec::with_capacity(self.packed.len() + name.len() + value.len() + 4);
        let mut is_placed = value.is_empty();
        for (other, of_other) in self.entries() {
            if !is_placed && other >= name.as_bytes() {
                push_str(&mut packed, name);
                push_str(&mut packed, value);
                is_placed = true;
            }
            if other != name.as_bytes() {
                push_bytes(&mut packed, other);
                push_bytes(&mut packed, of_other);
            }
        }
        if !is_placed {
            push_str(&mut packed, name);
            push_str(&mut packed, value);
        }
        if packed.is_empty() { Labels::empty() } else { Labels { packed: packed.into() } }
    }

    /// The set without its metric name.
    pub fn without_name(&self) -> Labels {
        if self.get(METRIC_NAME).is_none() { self.clone() } else { self.filter(|name| name != METRIC_NAME) }
    }

    /// The union of two sets; where both have a name, `other` wins.
    pub fn union(&self, other: &Labels) -> Labels {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let mut packed = Vec::with_capacity(self.packed.len() + other.packed.len());
        let (mut left, mut right) = (self.entries().peekable(), other.entries().peekable());
        loop {
            let side = match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.0.cmp(b.0),
            };
            if side == Ordering::Equal {
                left.next();
            }
            let next = if side == Ordering::Less { left.next() } else { right.next() };
            if let Some((name, value)) = next {
                push_bytes(&mut packed, name);
                push_bytes(&mut packed, value);
            }
        }
        Labels { packed: packed.into() }
    }

    /// The labels as bytes, for who only compares or copies them.
    fn entries(&self) -> Entries<'_> {
        Entries { rest: &self.packed }
    }

    /// A builder that starts from this set.
    pub fn to_builder(&self) -> LabelsBuilder {
        LabelsBuilder { labels: self.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect() }
    }
}

impl Default for Labels {
    fn default() -> Labels {
        Labels::empty()
    }
}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.packed.hash(state);
    }
}

impl Ord for Labels {
    /// Label by label, name before value; a set that is a prefix of another comes first.
    fn cmp(&self, other: &Labels) -> Ordering {
        self.entries().cmp(other.entries())
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Labels) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Labels {
    /// As PromQL writes a series: `name{label="value"}`, names quoted where they need it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.metric_name();
        let bare_name = crate::names::is_legacy_metric_name(name);
        if bare_name {
            f.write_str(name)?;
        }
        let mut others = self.iter().filter(|(label, _)| *label != METRIC_NAME).peekable();
        let quoted_name = !name.is_empty() && !bare_name;
        if others.peek().is_none() && !quoted_name {
            return if bare_name { Ok(()) } else { f.write_str("{}") };
        }
        f.write_str("{")?;
        if quoted_name {
            write_quoted(f, name)?;
        }
        for (index, (label, value)) in others.enumerate() {
            if index > 0 || quoted_name {
                f.write_str(", ")?;
            }
            if crate::names::is_legacy_label_name(label) {
                f.write_str(label)?;
            } else {
                write_quoted(f, label)?;
            }
            f.write_str("=")?;
            write_quoted(f, value)?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterates over the labels of a set in name order.
#[derive(Clone)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        if self.rest.is_empty() {
            return None;
        }
        // A set is only ever built from strings or checked by `from_packed`, so this cannot fail.
        let name = take_str(&mut self.rest).expect("packed labels hold a name");
        let value = take_str(&mut self.rest).expect("packed labels hold a value");
        Some((name, value))
    }
}

/// Iterates over the labels of a set as bytes. Which text they are was checked when the set was made; not asking again
/// halves the time it takes to sort, group and join sets.
struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        Some((take_bytes(&mut self.rest)?, take_bytes(&mut self.rest)?))
    }
}

/// A label set under construction: sorted at all times, empty values removed as they come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelsBuilder {
    labels: Vec<(String, String)>,
}

impl LabelsBuilder {
    /// Sets `name` to `value`; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) -> &mut LabelsBuilder {
        match self.labels.binary_search_by(|(candidate, _)| candidate.as_str().cmp(name)) {
            Ok(index) if value.is_empty() => drop(self.labels.remove(index)),
            Ok(index) => value.clone_into(&mut self.labels[index].1),
            Err(_) if value.is_empty() => {}
            Err(index) => self.labels.insert(index, (name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) -> &mut LabelsBuilder {
        self.set(name, "")
    }

    /// Keeps the labels that `keep` admits.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> &mut LabelsBuilder {
        self.labels.retain(|(name, value)| keep(name, value));
        self
    }

    /// The value of `name`, or the empty string.
    pub fn value(&self, name: &str) -> &str {
        match self.labels.binary_search_by(|(candidate, _)| candidate.as_str().cmp(name)) {
            Ok(index) => &self.labels[index].1,
            Err(_) => "",
        }
    }

    /// The labels so far, in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether no label is set.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The finished set.
    pub fn build(&self) -> Labels {
        Labels::from_sorted(self.iter())
    }
}

const HASH_SEED: u64 = 0x0005_eed0_f1ab_e150;

fn stable_hash(bytes: &[u8]) -> u64 {
    let mut hasher = foldhash::quality::FixedState::with_seed(HASH_SEED).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

fn push_str(packed: &mut Vec<u8>, text: &str) {
    push_bytes(packed, text.as_bytes());
}

fn push_bytes(packed: &mut Vec<u8>, bytes: &[u8]) {
    let mut length = bytes.len();
    while length >= 0x80 {
        packed.push((length as u8) | 0x80);
        length >>= 7;
    }
    packed.push(length as u8);
    packed.extend_from_slice(bytes);
}

fn take_str<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_bytes(rest)?).ok()
}

#[inline]
fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut length = 0usize;
    for shift in (0..35).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let (bytes, tail) = rest.split_at_checked(length)?;
            *rest = tail;
            return Some(bytes);
        }
    }
    None
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&crate::names::quote(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::from_pairs(pairs.iter().copied())
    }

    #[test]
    fn a_label_is_set_and_taken_away() {
        let check = |labels: &[(&str, &str)], name: &str, value: &str| {
            let labels = Labels::from_pairs(labels.iter().copied());
            let mut builder = labels.to_builder();
            builder.set(name, value);
            assert_eq!(labels.with(name, value), builder.build(), "{labels} {name}={value}");
        };
        for labels in [&[][..], &[("b", "1")], &[("b", "1"), ("d", "2")]] {
            for name in ["a", "b", "c", "d", "e"] {
                check(labels, name, "new");
                check(labels, name, "");
            }
        }
    }

    #[test]
    fn pairs_are_sorted_and_empty_values_mean_absence() {
        let set = labels(&[("b", "2"), ("__name__", "up"), ("c", ""), ("a", "1")]);
        assert_eq!(set.to_string(), r#"up{a="1", b="2"}"#);
        assert_eq!(set.value("c"), "");
        assert_eq!(set.len(), 3);
    }

    #[test]
    fn display_quotes_what_needs_quotes() {
        assert_eq!(labels(&[("__name__", "http.requests")]).to_string(), r#"{"http.requests"}"#);
        assert_eq!(labels(&[("a.b", "x\"y\n")]).to_string(), r#"{"a.b"="x\"y\n"}"#);
        assert_eq!(Labels::empty().to_string(), "{}");
    }

    #[test]
    fn equal_sets_are_shared() {
        let set = || labels(&[("a", "1")]).shared();
        let held = set();
        assert!(Arc::ptr_eq(&held.packed, &set().packed));
    }

    #[test]
    fn union_prefers_the_right_side() {
        let merged = labels(&[("a", "1"), ("c", "3")]).union(&labels(&[("b", "2"), ("c", "4")]));
        assert_eq!(merged, labels(&[("a", "1"), ("b", "2"), ("c", "4")]));
    }

    #[test]
    fn packed_bytes_are_checked_on_the_way_in() {
        let set = labels(&[("a", "1"), ("b", &"x".repeat(300))]);
        assert_eq!(Labels::from_packed(set.packed()), Some(set.clone()));
        assert_eq!(Labels::from_packed(&set.packed()[..5]), None);
        assert_eq!(Labels::from_packed(b"\x01b\x01x\x01a\x01x"), None, "names out of order");
        assert_eq!(Labels::from_packed(b"\x01a\x01\xff"), None, "not UTF-8");
    }

    #[test]
    fn a_part_of_a_set_is_known_before_it_is_made() {
        let set = labels(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let mut packed = Vec::new();
        set.pack_where(|name| name != "b", &mut packed);
        assert_eq!(packed, labels(&[("a", "1"), ("c", "3")]).packed());
        assert_eq!(set.filter(|name| name != "b").packed(), packed);
        assert_eq!(set.filter(|_| false), Labels::empty());
    }

    #[test]
    fn order_is_label_by_label() {
        let mut sets = [
            labels(&[("b", "1")]),
            labels(&[("a", "2")]),
            labels(&[("a", "1"), ("z", "1")]),
            labels(&[("a", "1")]),
        ];
        sets.sort();
        assert_eq!(sets.map(|set| set.to_string()).join(" "), r#"{a="1"} {a="1", z="1"} {a="2"} {b="1"}"#);
    }
}
