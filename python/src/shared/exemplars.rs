//! A worker's exemplars: one chunk, in which a number has one place that others may take from it. Exemplars are examples; what
//! matters is that there are some, that they are recent, and that they never cost more than this.
//!
//! A place is 32 words: version, cell plus one, value, time, length of the labels, labels.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::fence;

use super::layout::CHUNK_WORDS;

const PLACE_WORDS: usize = 32;
const HEAD_WORDS: usize = 5;
const LABELS_BYTES_MAX: usize = (PLACE_WORDS - HEAD_WORDS) * 8;

/// An example of what a number counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exemplar {
    /// As JSON.
    pub(crate) labels: String,
    pub(crate) value: f64,
    pub(crate) time: f64,
}

fn place(chunk: &[AtomicU64], cell: usize) -> &[AtomicU64] {
    // Neighbours are kept apart, and so are numbers that lie a power of two from each other.
    let spread = (cell as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let at = spread as usize % (CHUNK_WORDS / PLACE_WORDS);
    &chunk[at * PLACE_WORDS..][..PLACE_WORDS]
}

/// Keeps an exemplar; labels that are too long are not kept.
pub(super) fn keep(chunk: &[AtomicU64], cell: usize, labels: &str, value: f64, time: f64) {
    if labels.len() > LABELS_BYTES_MAX {
        return;
    }
    let place = place(chunk, cell);
    let version = place[0].load(Relaxed) | 1;
    place[0].store(version, Relaxed);
    fence(Release);
    for (word, number) in
        place[1..].iter().zip([cell as u64 + 1, value.to_bits(), time.to_bits(), labels.len() as u64])
    {
        word.store(number, Relaxed);
    }
    for (word, bytes) in place[HEAD_WORDS..].iter().zip(labels.as_bytes().chunks(8)) {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        word.store(u64::from_le_bytes(padded), Relaxed);
    }
    place[0].store(version + 1, Release);
}

/// The exemplar of a number, if its place has it and nobody is writing it.
pub(super) fn find(chunk: &[AtomicU64], cell: usize) -> Option<Exemplar> {
    let place = place(chunk, cell);
    let version = place[0].load(Acquire);
    if version % 2 == 1 || place[1].load(Relaxed) != cell as u64 + 1 {
        return None;
    }
    let (value, time) = (place[2].load(Relaxed), place[3].load(Relaxed));
    let bytes: Vec<u8> =
        place[HEAD_WORDS..].iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect();
    let labels = bytes.get(..place[4].load(Relaxed) as usize)?.to_vec();
    fence(Acquire);
    let same = place[0].load(Relaxed) == version;
    let labels = String::from_utf8(labels).ok()?;
    same.then_some(Exemplar { labels, value: f64::from_bits(value), time: f64::from_bits(time) })
}

/// The labels that were told as JSON: one object whose values are text. Sorted; `None` where it is something else.
pub(super) fn labels_of(json: &str) -> Option<Vec<(String, String)>> {
    let mut rest = json.strip_prefix('{')?.strip_suffix('}')?;
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (name, after) = read_text(rest)?;
        let (value, after) = read_text(after.strip_prefix(':')?)?;
        labels.push((name, value));
        rest = if after.is_empty() { after } else { after.strip_prefix(',')? };
    }
    labels.sort();
    Some(labels)
}

/// A text in quotes, and what is behind it.
fn read_text(json: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = json.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some((text, characters.as_str())),
            '\\' => text.push(match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => {
                    let (digits, rest) = characters.as_str().split_at_checked(4)?;
                    characters = rest.chars();
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                }
                other => other,
            }),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemplar_is_found_by_its_number_alone() {
        let chunk: Vec<AtomicU64> = (0..CHUNK_WORDS).map(|_| AtomicU64::new(0)).collect();
        keep(&chunk, 7, r#"{"trace_id":"a"}"#, 0.5, 12.0);
        let want = Exemplar { labels: r#"{"trace_id":"a"}"#.to_owned(), value: 0.5, time: 12.0 };
        assert_eq!(find(&chunk, 7), Some(want));
        assert_eq!(find(&chunk, 8), None);
        keep(&chunk, 8, &"x".repeat(LABELS_BYTES_MAX + 1), 0.5, 12.0);
        assert_eq!(find(&chunk, 8), None);
    }

    #[test]
    fn labels_are_read_as_they_were_told() {
        let check = |json: &str, want: Option<&[(&str, &str)]>| {
            let pairs = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            assert_eq!(labels_of(json), want.map(|want| want.iter().map(pairs).collect()), "{json}");
        };
        check("{}", Some(&[]));
        check(r#"{"b":"x","a":"\"\\\n\u001f ü,:"}"#, Some(&[("a", "\"\\\n\u{1f} ü,:"), ("b", "x")]));
        for wrong in ["", "{", r#"{"a"}"#, r#"{"a":1}"#, r#"{"a":"\u00"}"#, r#"{"a":"x""b":"y"}"#] {
            check(wrong, None);
        }
    }
}
