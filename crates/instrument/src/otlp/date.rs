//! Dates of HTTP, in the three forms that RFC 9110 has recipients accept.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time, if it is written as HTTP writes times. The name of the day tells nothing that the date does not.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split_ascii_whitespace().take(7).collect();
    let (day, month, year, time) = match words[..] {
        // Sun, 06 Nov 1994 08:49:37 GMT
        [_, day, month, year, time, "GMT"] => (day, month, number(year, 4)?, time),
        // Sunday, 06-Nov-94 08:49:37 GMT
        [_, date, time, "GMT"] => {
            let mut parts = date.splitn(3, '-');
            let (day, month, year) = (parts.next()?, parts.next()?, number(parts.next()?, 2)?);
            // Two digits are the year that is nearest: nobody asks to be tried again half a century later.
            (day, month, if year < 70 { 2_000 + year } else { 1_900 + year }, time)
        }
        // Sun Nov  6 08:49:37 1994
        [_, month, day, time, year] => (day, month, number(year, 4)?, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let day = number(day, day.len().clamp(1, 2))?;
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = number(parts.next()?, 2)?;
    // A leap second is one of the next minute.
    let is_date = year >= 1970 && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    let seconds = hour * 3_600 + minute * 60 + second;
    is_date.then(|| UNIX_EPOCH + Duration::from_secs(days(year, month, day) * 86_400 + seconds))
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Days since 1970, counted in eras of 400 years that begin in March.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::time::rfc3339;

    #[test]
    fn dates_of_http() {
        let check = |text: &str, want: &str| {
            assert_eq!(parse(text).map(rfc3339).unwrap_or_default(), want, "{text}");
        };
        check("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z");
        check("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z");
        check("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z");
        check("Tue, 29 Feb 2028 23:59:60 GMT", "2028-03-01T00:00:00.000Z");
        check("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z");
        check("Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.000Z");
        check("Sunday, 06-Nov-26 08:49:37 GMT", "2026-11-06T08:49:37.000Z");
        for wrong in [
            "",
            "soon",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "Sun, 06 Nov é994 08:49:37 GMT",
            "a b c d e f g h",
        ] {
            check(wrong, "");
        }
    }
}
