//! Label values as a caller has them, and as a family keeps them.
//!
//! A `Key` is all values of a series in one run of bytes, each behind its length. It is built on the stack, hashed
//! and compared at once, so that finding a series touches its strings once and allocates nothing.

use std::borrow::Cow;

/// A label value is cut here, at a character: a hostile client must not choose how much memory a series takes.
pub const LABEL_VALUE_BYTES_MAX: usize = 1_024;

/// Bytes of a key that fit without allocating.
const INLINE_BYTES: usize = 120;

/// Anything that has the label values of one series, in the order of the family's label names.
///
/// Implemented for arrays of strings, and by `#[derive(Labels)]` for structs whose fields are the labels.
pub trait Labels {
    /// The same type without borrowed parts: families are named by it, and looked up with any lifetime.
    type Static: 'static;

    /// Pushes every value, in order.
    fn write(&self, key: &mut Key);
}

/// Labels whose names are known to the compiler: what `#[derive(Labels)]` adds.
pub trait NamedLabels: Labels {
    /// The names, in the order in which `write` pushes values.
    const NAMES: &'static [&'static str];
}

/// One label value: text, a number, a truth value, or an enum that derives it.
pub trait LabelValue {
    /// Pushes the value.
    fn write(&self, key: &mut Key);
}

impl<const N: usize> Labels for [&str; N] {
    type Static = [&'static str; N];

    #[inline]
    fn write(&self, key: &mut Key) {
        self.iter().for_each(|value| key.push(value));
    }
}

impl<const N: usize> Labels for [String; N] {
    type Static = [&'static str; N];

    #[inline]
    fn write(&self, key: &mut Key) {
        self.iter().for_each(|value| key.push(value));
    }
}

macro_rules! text_values {
    ($($type:ty),*) => {$(
        impl LabelValue for $type {
            #[inline]
            fn write(&self, key: &mut Key) {
                key.push(self);
            }
        }
    )*};
}

text_values!(str, String, Box<str>, std::sync::Arc<str>, Cow<'_, str>);

impl LabelValue for bool {
    #[inline]
    fn write(&self, key: &mut Key) {
        key.push(if *self { "true" } else { "false" });
    }
}

macro_rules! number_values {
    ($($type:ty),*) => {$(
        impl LabelValue for $type {
            fn write(&self, key: &mut Key) {
                // Twenty digits and a sign hold every 64-bit number.
                let mut digits = [0; 21];
                let mut at = digits.len();
                let mut rest = i128::from(*self).unsigned_abs() as u64;
                loop {
                    at -= 1;
                    digits[at] = b'0' + (rest % 10) as u8;
                    rest /= 10;
                    if rest == 0 {
                        break;
                    }
                }
                if i128::from(*self) < 0 {
                    at -= 1;
                    digits[at] = b'-';
                }
                key.push(std::str::from_utf8(&digits[at..]).unwrap_or_default());
            }
        }
    )*};
}

number_values!(u8, u16, u32, u64, i8, i16, i32, i64);

impl<T: LabelValue + ?Sized> LabelValue for &T {
    #[inline]
    fn write(&self, key: &mut Key) {
        (**self).write(key);
    }
}

/// An absent value is an empty label, which to Prometheus is no label.
impl<T: LabelValue> LabelValue for Option<T> {
    fn write(&self, key: &mut Key) {
        match self {
            Some(value) => value.write(key),
            None => key.push(""),
        }
    }
}

/// The label values of one series as they are looked up.
pub struct Key {
    inline: [u8; INLINE_BYTES],
    used: usize,
    /// Everything, once it is too long for `inline`.
    spilled: Vec<u8>,
}

impl Key {
    pub(crate) fn new() -> Key {
        Key { inline: [0; INLINE_BYTES], used: 0, spilled: Vec::new() }
    }

    /// Calls `found` with the key of these labels, which stays where it is written: to move it right after is to wait
    /// until what was written in small pieces has arrived.
    #[inline]
    pub(crate) fn using<T>(labels: &impl Labels, found: impl FnOnce(&Key) -> T) -> T {
        let mut key = Key::new();
        labels.write(&mut key);
        found(&key)
    }

    /// Adds the next value.
    #[inline]
    pub fn push(&mut self, value: &str) {
        let value = cut(value).as_bytes();
        let length = (value.len() as u16).to_le_bytes();
        let end = self.used + 2 + value.len();
        if end <= INLINE_BYTES && self.spilled.is_empty() {
            self.inline[self.used..self.used + 2].copy_from_slice(&length);
            self.inline[self.used + 2..end].copy_from_slice(value);
            self.used = end;
        } else {
            self.spill(length, value);
        }
    }

    #[cold]
    fn spill(&mut self, length: [u8; 2], value: &[u8]) {
        if self.spilled.is_empty() {
            self.spilled.extend_from_slice(&self.inline[..self.used]);
        }
        self.spilled.extend_from_slice(&length);
        self.spilled.extend_from_slice(value);
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        if self.spilled.is_empty() { &self.inline[..self.used] } else { &self.spilled }
    }
}

#[inline]
fn cut(value: &str) -> &str {
    if value.len() <= LABEL_VALUE_BYTES_MAX {
        value
    } else {
        &value[..value.floor_char_boundary(LABEL_VALUE_BYTES_MAX)]
    }
}

/// The values of a key, one after the other.
pub(crate) fn values(mut key: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = key.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        key = rest;
        Some(value)
    })
}

/// One value of a key.
#[inline]
pub(crate) fn value_at(key: &[u8], at: usize) -> &[u8] {
    values(key).nth(at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_key(key: &Key, want: &[&str]) {
        let got: Vec<_> = values(key.bytes()).map(|value| std::str::from_utf8(value).unwrap()).collect();
        assert_eq!(got, want);
    }

    fn check(labels: &impl Labels, want: &[&str]) {
        Key::using(labels, |key| check_key(key, want));
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        check(&[""; 0], &[]);
        check(&["GET", "", "/orders/{id}"], &["GET", "", "/orders/{id}"]);
        let long = "x".repeat(150);
        check(&["a", &long, &long, "z"], &["a", &long, &long, "z"]);
    }

    #[test]
    fn keys_differ_where_values_do() {
        let bytes = |labels| Key::using(labels, |key| key.bytes().to_vec());
        assert_ne!(bytes(&["ab", "c"]), bytes(&["a", "bc"]));
    }

    #[test]
    fn numbers_and_truth_are_text() {
        let mut key = Key::new();
        let values: [&dyn LabelValue; 7] =
            [&200u16, &i64::MIN, &u64::MAX, &0u8, &true, &None::<u8>, &Some("x")];
        values.iter().for_each(|value| value.write(&mut key));
        check_key(&key, &["200", "-9223372036854775808", "18446744073709551615", "0", "true", "", "x"]);
    }

    #[test]
    fn a_long_value_is_cut_at_a_character() {
        check(&["ä".repeat(600)], &["ä".repeat(512).as_str()]);
        check(&["a".to_owned() + &"ä".repeat(600)], &[("a".to_owned() + &"ä".repeat(511)).as_str()]);
    }
}
