//! The evaluations in the PromQL test scripts that need nothing but one histogram: a function of it, or a trim.

use std::collections::HashMap;
use std::path::Path;

use model::FloatHistogram;
use model::histogram::{Keep, NanEffect, almost_equal, parse_notation, parse_notation_series};

const TOLERANCE: f64 = 1e-6;

/// What an expression yields.
#[derive(Debug)]
enum Outcome {
    Number(f64),
    Histogram(Box<FloatHistogram>),
}

/// The values of each series without labels, and how many seconds lie between them.
type Loaded = HashMap<String, (f64, Vec<FloatHistogram>)>;

#[test]
fn single_histograms_give_what_the_scripts_expect() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata/promql/native_histograms.test");
    let Ok(script) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
        eprintln!("skipped: {} is missing", path.display());
        return;
    };
    let mut loaded = Loaded::new();
    let mut checked = 0;
    for block in blocks(&script) {
        let words: Vec<&str> = block[0].split_whitespace().collect();
        match words[..] {
            ["clear"] => loaded.clear(),
            ["load", interval] => load(seconds(interval), &block[1..], &mut loaded),
            ["eval", "instant", "at", time, ..] => {
                let expression = words[4..].join(" ");
                checked += usize::from(check(&expression, seconds(time), &block[1..], &loaded));
            }
            _ => {}
        }
    }
    assert!(checked >= 220, "only {checked} evaluations were understood");
}

/// Lines that belong together: one that is not indented and those that follow it and are.
fn blocks(script: &str) -> Vec<Vec<&str>> {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for line in script.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        match blocks.last_mut() {
            Some(block) if line.starts_with([' ', '\t']) => block.push(line.trim()),
            _ => blocks.push(vec![line]),
        }
    }
    blocks
}

fn load(interval: f64, lines: &[&str], loaded: &mut Loaded) {
    for line in lines {
        let Some((name, values)) = line.split_once(char::is_whitespace) else { continue };
        let name = name.strip_suffix("{}").unwrap_or(name);
        let mut series = Vec::new();
        for item in items(values) {
            match parse_notation_series(item) {
                Ok(values) => series.extend(values.into_iter().map(|noted| noted.histogram)),
                Err(_) => {
                    series.push(FloatHistogram { count: f64::NEG_INFINITY, ..FloatHistogram::default() })
                }
            }
        }
        loaded.insert(name.to_string(), (interval, series));
    }
}

/// The items of a series, which have spaces between them and inside of braces.
fn items(text: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0, 0);
    for (position, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ' ' | '\t' if depth == 0 => {
                items.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    items.push(&text[start..]);
    items.retain(|item| !item.is_empty());
    items
}

/// Checks an evaluation if it is of a kind known here; says whether it was.
fn check(expression: &str, time: f64, lines: &[&str], loaded: &Loaded) -> bool {
    let Some((outcome, nan)) = evaluate(expression, time, loaded) else { return false };
    let infos = lines.iter().any(|line| line.starts_with("expect info"));
    assert!(infos || nan == NanEffect::None, "{expression}: {nan:?}");
    let results: Vec<&&str> = lines.iter().filter(|line| !line.starts_with("expect ")).collect();
    let [result] = results[..] else { return false };
    let want = items(result).last().copied().unwrap_or_default();
    match outcome {
        Outcome::Number(got) => {
            let Ok(want) = want.parse::<f64>() else { return false };
            assert!(almost_equal(got, want, TOLERANCE), "{expression} at {time}: {got}, not {want}");
        }
        Outcome::Histogram(mut got) => {
            let Ok(noted) = parse_notation(want) else { return false };
            let mut want = noted.histogram;
            want.compact(0);
            got.compact(0);
            assert!(
                got.almost_same_counts(&want, TOLERANCE),
                "{expression} at {time}: {}, not {}",
                got.notation(),
                want.notation()
            );
        }
    }
    true
}

fn evaluate(expression: &str, time: f64, loaded: &Loaded) -> Option<(Outcome, NanEffect)> {
    let plain = |number| Some((Outcome::Number(number), NanEffect::None));
    let find = |name: &str| {
        let (interval, values) = loaded.get(name.trim())?;
        let place = (time / interval) as usize;
        values
            .get(place.min(values.len().checked_sub(1)?))
            .filter(|histogram| histogram.count >= 0.0 || histogram.sum.is_nan())
    };
    for (operator, keep) in [(" </ ", Keep::Below), (" >/ ", Keep::Above)] {
        if let Some((name, cut)) = expression.split_once(operator) {
            let mut histogram = find(name)?.clone();
            histogram.trim(cut.parse().ok()?, keep);
            return Some((Outcome::Histogram(Box::new(histogram)), NanEffect::None));
        }
    }
    let Some((function, arguments)) = expression.strip_suffix(')').and_then(|call| call.split_once('('))
    else {
        return Some((Outcome::Histogram(Box::new(find(expression)?.clone())), NanEffect::None));
    };
    let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
    let histogram = find(arguments.last()?)?;
    match (function, &arguments[..]) {
        ("histogram_count", [_]) => plain(histogram.count),
        ("histogram_sum", [_]) => plain(histogram.sum),
        ("histogram_avg", [_]) => plain(histogram.mean()),
        ("histogram_stddev", [_]) => plain(histogram.standard_deviation()),
        ("histogram_stdvar", [_]) => plain(histogram.variance()),
        ("histogram_fraction", [lower, upper, _]) => {
            let fraction = histogram.fraction(lower.parse().ok()?, upper.parse().ok()?);
            let nan = if fraction.nan_excluded { NanEffect::Skewed } else { NanEffect::None };
            Some((Outcome::Number(fraction.value), nan))
        }
        ("histogram_quantile", [q, _]) => {
            let quantile = histogram.quantile(q.parse().ok()?);
            Some((Outcome::Number(quantile.value), quantile.nan))
        }
        _ => None,
    }
}

fn seconds(text: &str) -> f64 {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "h" => 3600.0,
        "m" => 60.0,
        _ => 1.0,
    };
    digits.parse::<f64>().unwrap_or(0.0) * unit
}
