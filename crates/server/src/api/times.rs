//! Times and durations as callers of the API write them.

use model::Timestamp;

/// Reads a time as seconds since the epoch, with fractions, or as RFC 3339; and the two extremes Prometheus names.
pub fn parse_time(text: &str) -> Result<Timestamp, String> {
    if let Some(seconds) = number(text) {
        // Fraction by itself: together they have more digits than a float has.
        let millis = seconds.trunc() * 1000.0;
        if millis.is_finite() && millis.abs() < 9.2e18 {
            return Ok(millis as i64 + (seconds.fract() * 1000.0).round() as i64);
        }
    }
    if let Some(time) = rfc3339(text) {
        return Ok(time);
    }
    match text {
        "-292273086-05-16T16:47:06Z" => Ok((i64::MIN / 1000 + SECONDS_BEFORE_EPOCH) * 1000),
        "292277025-08-18T07:12:54.999999999Z" => Ok((i64::MAX / 1000 - SECONDS_BEFORE_EPOCH) * 1000 + 999),
        _ => Err(format!("cannot parse {} to a valid timestamp", model::names::quote(text))),
    }
}

/// From the year 1 to the epoch, by which Prometheus's extreme times are less extreme than its numbers.
const SECONDS_BEFORE_EPOCH: i64 = 62_135_596_801;

/// Some 292 years: what Go counts in nanoseconds.
const DURATION_MILLIS_MAX: i64 = i64::MAX / 1_000_000;

/// Reads a duration as seconds, with fractions, or as `1h30m`.
pub fn parse_duration_millis(text: &str) -> Result<i64, String> {
    if let Some(seconds) = number(text) {
        let millis = seconds * 1000.0;
        if !millis.is_finite() || millis.abs() > DURATION_MILLIS_MAX as f64 {
            let quoted = model::names::quote(text);
            return Err(format!("cannot parse {quoted} to a valid duration. It overflows int64"));
        }
        return Ok(millis as i64);
    }
    let parsed = model::duration::parse_millis(text).ok().filter(|millis| *millis <= DURATION_MILLIS_MAX);
    parsed.ok_or_else(|| format!("cannot parse {} to a valid duration", model::names::quote(text)))
}

/// A number as Go reads it: decimal, with `_` between digits, or hexadecimal with an exponent of two, such as `0x1p-2`.
fn number(text: &str) -> Option<f64> {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    let separates = |at: usize| is_digit(bytes.get(at.wrapping_sub(1))) && is_digit(bytes.get(at + 1));
    if text.bytes().enumerate().any(|(at, byte)| byte == b'_' && !separates(at)) {
        return None;
    }
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let Some(digits) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) else {
        return plain.parse().ok();
    };
    let (mantissa, exponent) = digits.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let value = if digits.starts_with('+') { None } else { u64::from_str_radix(&digits, 16).ok() }?;
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    let value = value as f64 * 2f64.powi(exponent);
    Some(if plain.starts_with('-') { -value } else { value })
}

/// `2015-07-01T20:10:51.781Z`, or with `+02:00` in place of the `Z`: the one form of all that date parsers know, in every
/// year of four digits.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix('T')?;
    let (time, offset_seconds) = match rest.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => {
            let (time, offset) = rest.split_at_checked(rest.len().checked_sub(6)?)?;
            let (hours, minutes) = offset.strip_prefix(['+', '-'])?.split_once(':')?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            // As far as Go lets them go.
            if hours > 24 || minutes > 60 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            (time, if offset.starts_with('-') { -seconds } else { seconds })
        }
    };
    let (clock, fraction) = match time.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, millis_of(fraction)?),
        None => (time, 0),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    // Go takes an hour of one digit.
    let hour = digits(hour, 2).or_else(|| digits(hour, 1))?;
    let (minute, second) = (digits(minute, 2)?, digits(second, 2)?);
    if hour > 23 || minute > 59 || second > 59 || parts.next().is_some() {
        return None;
    }
    let date = jiff::civil::Date::new(year as i16, month as i8, day as i8).ok()?;
    let days = i64::from(date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days());
    Some((days * 86_400 + hour * 3600 + minute * 60 + second - offset_seconds) * 1000 + fraction)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let is_plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The milliseconds of a fraction of a second.
fn millis_of(fraction: &str) -> Option<i64> {
    let is_plain = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| format!("{fraction:0<3}")[..3].parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let check = |text: &str, millis: i64| assert_eq!(parse_time(text), Ok(millis), "{text}");
        check("1435781451.781", 1_435_781_451_781);
        check("1435781451", 1_435_781_451_000);
        check("-1.5", -1500);
        check("1e9", 1_000_000_000_000);
        check("1_000.5", 1_000_500);
        check("0x1p-2", 250);
        check("-0X1.8p1", -3000);
        // As a float this lies a little below the half of a millisecond.
        check("1795280400.0005", 1_795_280_400_000);
        check("2015-07-01T20:10:51.781Z", 1_435_781_451_781);
        check("2015-07-01T20:10:51,781Z", 1_435_781_451_781);
        check("2015-07-01T20:10:51.7819999Z", 1_435_781_451_781);
        check("2015-07-01T20:10:51.5Z", 1_435_781_451_500);
        check("2015-07-01T22:10:51.781+02:00", 1_435_781_451_781);
        check("2015-07-01T18:40:51.781-01:30", 1_435_781_451_781);
        check("2015-07-01T2:10:51Z", 1_435_716_651_000);
        check("0000-01-01T00:00:00Z", -62_167_219_200_000);
        check("1969-12-31T23:59:59.999Z", -1);
        check("2024-02-29T00:00:00Z", 1_709_164_800_000);
        check("9999-12-31T23:59:59Z", 253_402_300_799_000);
        check("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let numbers =
            ["", "30s", "yesterday", "NaN", "Inf", "1e300", "1__0", "_1", "1_", "0x10", "0x+1p1", "0xp1"];
        let other_forms = [
            "2015-07-01T20:10:51",
            "2015-07-01 20:10:51Z",
            "2015-07-01t20:10:51z",
            "20150701T201051Z",
            "2015-07-01T20:10:51+02",
            "2015-07-01T20:10:51*02:00",
            "2015-07-01T20:10:51+25:00",
            "2015-07-01T20:10:60Z",
            "2015-07-01T24:00:00Z",
            "2015-02-29T00:00:00Z",
            "2015-7-01T20:10:51Z",
            "2015-07-01T20:10:51.Z",
            "2015-07-01T20:10Z",
            "2015-07-01T20:10:51:00Z",
            "2015-07-01TZ",
            "2015-07-01Tü:00:00",
            "ääääääääää",
            "2015-07-01T20:10:51ü2:00",
        ];
        for bad in numbers.into_iter().chain(other_forms) {
            assert!(parse_time(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn durations_are_seconds_or_words() {
        let check = |text: &str, millis: i64| assert_eq!(parse_duration_millis(text), Ok(millis), "{text}");
        check("15", 15_000);
        check("0.5", 500);
        check("1_0", 10_000);
        check("1h30m", 5_400_000);
        check("9223372036", 9_223_372_036_000);
        check("292y", 292 * 365 * 86_400_000);
        for bad in ["", "1x", "NaN", "1e300", "1e10", "-1e10", "293y", "9223372036854775807ms"] {
            assert!(parse_duration_millis(bad).is_err(), "{bad:?}");
        }
    }
}
