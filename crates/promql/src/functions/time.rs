//! Parts of a time, in UTC: `hour`, `day_of_week`, `days_in_month` and the like.

/// A day of the proleptic Gregorian calendar.
struct Date {
    year: i64,
    /// 1 to 12.
    month: i64,
    /// 1 to 31.
    day: i64,
}

const DAY_SECONDS: i64 = 86_400;

/// The whole seconds of a value. What does not fit, NaN too, is the end of time, as it is for those who asked first.
pub(crate) fn seconds_of(value: f64) -> i64 {
    if value > i64::MIN as f64 && value < i64::MAX as f64 { value as i64 } else { i64::MAX }
}

pub(crate) fn minute(seconds: i64) -> f64 {
    (seconds.rem_euclid(3600) / 60) as f64
}

pub(crate) fn hour(seconds: i64) -> f64 {
    (seconds.rem_euclid(DAY_SECONDS) / 3600) as f64
}

pub(crate) fn day_of_week(seconds: i64) -> f64 {
    // Day 0 was a Thursday.
    (days(seconds) + 4).rem_euclid(7) as f64
}

pub(crate) fn day_of_month(seconds: i64) -> f64 {
    date(seconds).day as f64
}

pub(crate) fn day_of_year(seconds: i64) -> f64 {
    let date = date(seconds);
    (1..date.month).map(|month| month_length(date.year, month)).sum::<i64>() as f64 + date.day as f64
}

pub(crate) fn days_in_month(seconds: i64) -> f64 {
    let date = date(seconds);
    month_length(date.year, date.month) as f64
}

pub(crate) fn month(seconds: i64) -> f64 {
    date(seconds).month as f64
}

pub(crate) fn year(seconds: i64) -> f64 {
    date(seconds).year as f64
}

fn days(seconds: i64) -> i64 {
    seconds.div_euclid(DAY_SECONDS)
}

fn month_length(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The date of a time. Counts from 1 March of year 0, so that leap days come last in their year.
fn date(seconds: i64) -> Date {
    const ERA_DAYS: i64 = 146_097;
    let since_march_0 = days(seconds) + 719_468;
    let era = since_march_0.div_euclid(ERA_DAYS);
    let day_of_era = since_march_0.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date { year, month, day }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_times() {
        let check = |seconds: i64, want: [f64; 8]| {
            let got = [year, month, day_of_month, day_of_year, day_of_week, days_in_month, hour, minute]
                .map(|part| part(seconds));
            assert_eq!(got, want, "{seconds}");
        };
        check(0, [1970.0, 1.0, 1.0, 1.0, 4.0, 31.0, 0.0, 0.0]);
        check(1_136_239_445, [2006.0, 1.0, 2.0, 2.0, 1.0, 31.0, 22.0, 4.0]);
        check(951_782_400, [2000.0, 2.0, 29.0, 60.0, 2.0, 29.0, 0.0, 0.0]);
        check(1_230_767_999, [2008.0, 12.0, 31.0, 366.0, 3.0, 31.0, 23.0, 59.0]);
        check(seconds_of(f64::NAN), [292_277_026_596.0, 12.0, 4.0, 339.0, 0.0, 31.0, 15.0, 30.0]);
        check(-1, [1969.0, 12.0, 31.0, 365.0, 3.0, 31.0, 23.0, 59.0]);
    }
}
