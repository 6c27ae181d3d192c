//! The scalar values of configuration files: durations, sizes, patterns and secrets, each read with a message of its own.

use std::fmt;
use std::str::FromStr;

use model::Regex;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A span of time as configuration writes it: `1m30s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// How long, in milliseconds.
    pub millis: i64,
}

impl Span {
    /// A span of so many milliseconds.
    pub const fn from_millis(millis: i64) -> Span {
        Span { millis }
    }

    /// A span of so many seconds.
    pub const fn from_secs(seconds: i64) -> Span {
        Span { millis: seconds * 1_000 }
    }

    /// The same span for the standard library; a negative one is none at all.
    pub fn to_duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(u64::try_from(self.millis).unwrap_or(0))
    }
}

impl FromStr for Span {
    type Err = model::duration::DurationError;

    fn from_str(text: &str) -> Result<Span, Self::Err> {
        model::duration::parse_millis(text).map(Span::from_millis)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&model::duration::format_millis(self.millis))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        deserializer.deserialize_str(Parsed::<Span>::new("a duration such as 1m30s"))
    }
}

/// An amount of bytes as configuration writes it: `15MB`, `1GiB`; both are powers of 1,024. 0 means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize {
    /// How many bytes.
    pub bytes: u64,
}

/// Why a text is not a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid size: {}; write a number and a unit of B, KB, MB, GB, TB, PB, EB (or KiB, MiB, ...), such as 15MB", model::names::quote(.0))]
pub struct ByteSizeError(String);

impl FromStr for ByteSize {
    type Err = ByteSizeError;

    fn from_str(text: &str) -> Result<ByteSize, ByteSizeError> {
        let error = || ByteSizeError(text.to_owned());
        if text == "0" {
            return Ok(ByteSize { bytes: 0 });
        }
        let (mut rest, mut total) = (text, 0f64);
        if rest.is_empty() {
            return Err(error());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
            let number: f64 = rest[..digits].parse().map_err(|_| error())?;
            rest = &rest[digits..];
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            total += number * unit_bytes(&rest[..letters]).ok_or_else(error)?;
            rest = &rest[letters..];
        }
        if total < i64::MAX as f64 { Ok(ByteSize { bytes: total as u64 }) } else { Err(error()) }
    }
}

fn unit_bytes(unit: &str) -> Option<f64> {
    let prefix = unit.strip_suffix('B')?;
    let prefix = prefix.strip_suffix('i').filter(|prefix| !prefix.is_empty()).unwrap_or(prefix);
    let power = ["", "K", "M", "G", "T", "P", "E"].iter().position(|known| *known == prefix)?;
    Some(1024f64.powi(power as i32))
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let (mut amount, mut unit) = (self.bytes, 0);
        while amount > 0 && amount.is_multiple_of(1024) && unit + 1 < units.len() {
            (amount, unit) = (amount / 1024, unit + 1);
        }
        write!(f, "{amount}{}", units[unit])
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
        deserializer.deserialize_str(Parsed::<ByteSize>::new("a size such as 15MB"))
    }
}

/// An anchored regular expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(pub Regex);

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Pattern, String> {
        Regex::new(text).map(Pattern).map_err(|error| {
            format!("not a valid regular expression: {}: {error}", model::names::quote(text))
        })
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
        deserializer.deserialize_str(Parsed::<Pattern>::new("a regular expression"))
    }
}

/// A format to ask for, by the name that configuration gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol(pub wire::ScrapeProtocol);

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Protocol, String> {
        wire::ScrapeProtocol::from_name(text).map(Protocol).ok_or_else(|| {
            let names = wire::format::SCRAPE_PROTOCOLS.map(|(name, _)| name);
            format!(
                "unknown scrape protocol {}, expected one of {}",
                model::names::quote(text),
                names.join(", ")
            )
        })
    }
}

impl<'de> Deserialize<'de> for Protocol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Protocol, D::Error> {
        deserializer.deserialize_str(Parsed::<Protocol>::new("the name of a scrape protocol"))
    }
}

/// A text that no log, no error and no page ever shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        deserializer.deserialize_str(Parsed::<Secret>::new("a text"))
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Secret, Self::Err> {
        Ok(Secret::new(text))
    }
}

/// Reads a field whose key may stand there without a value, which means the default.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Visits a scalar in whatever form the file's reader hands it over, and parses its text.
struct Parsed<T> {
    expected: &'static str,
    marker: std::marker::PhantomData<T>,
}

impl<T> Parsed<T> {
    fn new(expected: &'static str) -> Parsed<T> {
        Parsed { expected, marker: std::marker::PhantomData }
    }
}

impl<T> Visitor<'_> for Parsed<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Err(E::invalid_type(Unexpected::Unit, &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        let check = |text: &str, want: Option<u64>| {
            assert_eq!(text.parse::<ByteSize>().ok().map(|size| size.bytes), want, "{text}");
        };
        check("0", Some(0));
        check("15MB", Some(15 << 20));
        check("15MiB", Some(15 << 20));
        check("1.5KB", Some(1536));
        check("10B", Some(10));
        check("100", None);
        check("-1GB", None);
        check("", None);
        check("1iB", None);
        check("99999999EB", None);
        assert_eq!(ByteSize { bytes: 15 << 20 }.to_string(), "15MiB");
    }

    #[test]
    fn secrets_do_not_show() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "<secret>");
    }
}
