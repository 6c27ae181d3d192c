//! Whether a query with variables can be PromQL: what stands for them is not known here, so that one way to fill them in suffices.

use promql::parse::{ParseError, parse};

/// What a variable may stand for in a query: a number, a span, a label or a metric, an aggregation, functions, an operator, a
/// matcher, a modifier, nothing at all.
const ANYTHING: &[&str] =
    &["1", "5m", "x", "up", "sum", "rate", "avg_over_time", "+", "x=\"x\"", "offset 5m", "by (x)", "="];
/// What is called is a function or an aggregation, or the name of a metric before what it is multiplied by.
const CALLED: &[&str] = &["sum", "rate", "avg_over_time", "x", "1", "+", "by"];
/// Between braces stand matchers and their parts.
const MATCHERS: &[&str] = &["x=\"x\"", "x", "=", "\"x\"", ""];
/// Between brackets stand spans, or a number and its unit.
const SPANS: &[&str] = &["5m", "5", "m", "", "1h:5m"];
/// Beside letters and in texts there are but letters.
const LETTERS: &[&str] = &["x"];
const SPAN: &[&str] = &["5m"];
const NUMBER: &[&str] = &["300"];

/// How often all variables of a query are tried one after the other, and how many of them at most.
const ROUNDS_MAX: usize = 2;
const TRIED_MAX: usize = 8;
/// Of a long query fewer are tried: so many of its bytes are read for each choice.
const READ_MAX: usize = 16_000;
/// Of how many parts a query is that is tried at all.
const PARTS_MAX: usize = 200;

/// Why a query is not PromQL, whatever its variables stand for.
pub fn misunderstood(query: &str) -> Option<String> {
    let parts = parts(query);
    let most = if parts.len() > PARTS_MAX { 0 } else { (READ_MAX / query.len().max(1)).min(TRIED_MAX) };
    let reason = misread(&parts, 0, most)?;
    // What is called may be of another type than what was tried first, which the rest of the query does not tell.
    (parts.iter().all(|part| part.choices.len() == 1) || misread(&parts, 1, most).is_some()).then_some(reason)
}

/// Looks for what its variables may stand for, beginning with these of their choices.
fn misread(parts: &[Part], begin: usize, most: usize) -> Option<String> {
    let mut chosen: Vec<&str> = parts.iter().map(|part| part.choices[begin % part.choices.len()]).collect();
    let first = problem(parts, &chosen)?;
    let mut best = first.clone();
    // Each in turn stands for what lets the most of the query be read.
    let open: Vec<usize> = (0..parts.len()).filter(|at| parts[*at].choices.len() > 1).take(most).collect();
    for at in open.iter().cycle().take(open.len() * ROUNDS_MAX) {
        for choice in parts[*at].choices {
            let before = std::mem::replace(&mut chosen[*at], choice);
            match problem(parts, &chosen) {
                None => return None,
                Some(found) if found.beyond > best.beyond => best = found,
                Some(_) => chosen[*at] = before,
            }
        }
    }
    Some(first.error.to_string())
}

/// A part of a query: what is written, or a variable with what it may stand for.
struct Part<'a> {
    choices: &'a [&'a str],
    written: &'a str,
}

/// Where a query stops to be PromQL: in which part, and how far in it.
#[derive(Clone)]
struct Problem {
    beyond: (usize, usize),
    error: ParseError,
}

fn problem(parts: &[Part], chosen: &[&str]) -> Option<Problem> {
    let mut text = String::new();
    let mut ends = Vec::new();
    for (part, choice) in parts.iter().zip(chosen) {
        text.push_str(if part.written.is_empty() { choice } else { part.written });
        ends.push(text.len());
    }
    let error = parse(&text).err()?;
    let at = error.span.start as usize;
    let part = ends.partition_point(|end| *end <= at);
    let begin = part.checked_sub(1).map_or(0, |before| ends[before]);
    // How far in what stands for a variable says nothing: it is longer or shorter by itself.
    let written = parts.get(part).is_some_and(|part| !part.written.is_empty());
    Some(Problem { beyond: (part, if written { at.saturating_sub(begin) } else { 0 }), error })
}

/// Where in a query the reading is.
#[derive(Default)]
struct Place {
    quote: Option<char>,
    bracket: bool,
    brace: bool,
}

impl Place {
    /// Past a written text.
    fn pass(&mut self, text: &str) {
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match (self.quote, letter) {
                (Some(quote), '\\') if quote != '`' => drop(letters.next()),
                (Some(quote), _) if quote == letter => self.quote = None,
                (None, '"' | '\'' | '`') => self.quote = Some(letter),
                (None, '[') => self.bracket = true,
                (None, ']') => self.bracket = false,
                (None, '{') => self.brace = true,
                (None, '}') => self.brace = false,
                _ => {}
            }
        }
    }
}

fn parts(query: &str) -> Vec<Part<'_>> {
    let (mut found, mut place) = (Vec::new(), Place::default());
    let (mut rest, mut begin) = (query, 0);
    while let Some(at) = rest[begin..].find(['$', '[']).map(|at| begin + at) {
        let Some(length) = variable(&rest[at..]) else {
            begin = at + 1;
            continue;
        };
        let (written, name, after) = (&rest[..at], &rest[at..at + length], &rest[at + length..]);
        place.pass(written);
        if !written.is_empty() {
            found.push(Part { choices: LETTERS, written });
        }
        let beside =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let choices = if place.quote.is_some() {
            LETTERS
        } else if let Some(own) = own(name) {
            own
        } else if place.bracket {
            SPANS
        } else if place.brace {
            MATCHERS
        } else if beside(written.chars().last()) || after.starts_with('_') && !is_called(after) {
            LETTERS
        } else if is_called(after) {
            CALLED
        } else {
            ANYTHING
        };
        found.push(Part { choices, written: "" });
        (rest, begin) = (after, 0);
    }
    if !rest.is_empty() {
        found.push(Part { choices: LETTERS, written: rest });
    }
    found
}

/// Whether what stands before this is called with it.
fn is_called(after: &str) -> bool {
    let after = after.trim_start();
    ["(", "_over_time", "by ", "by(", "without"].iter().any(|begin| after.starts_with(begin))
}

/// How long the variable at the beginning of a text is, if one is there: `$name`, `${name:format}`, `[[name]]`.
fn variable(text: &str) -> Option<usize> {
    let word = |text: &str| {
        text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len())
    };
    if let Some(inner) = text.strip_prefix("[[") {
        let name = word(inner);
        let close = inner.find("]]").filter(|_| name > 0)?;
        let between = &inner[name..close];
        return (between.is_empty() || between.starts_with(':')).then_some(2 + close + 2);
    }
    if let Some(inner) = text.strip_prefix("${") {
        return Some(2 + inner.find('}').map_or(inner.len(), |close| close + 1));
    }
    let name = word(text.strip_prefix('$')?);
    (name > 0).then_some(1 + name)
}

/// What the variables that every panel has stand for.
fn own(name: &str) -> Option<&'static [&'static str]> {
    let name =
        name.trim_start_matches(['$', '{', '[']).split([':', '}', ']', '.']).next().unwrap_or_default();
    match name {
        "__interval" | "__rate_interval" | "__range" | "__auto" => Some(SPAN),
        "__interval_ms" | "__rate_interval_ms" | "__range_ms" | "__range_s" | "__from" | "__to" => {
            Some(NUMBER)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_judged_whatever_its_variables_stand_for() {
        let check = |query: &str, understood: bool| {
            assert_eq!(misunderstood(query).is_none(), understood, "{query}: {:?}", misunderstood(query));
        };
        check("sum(rate(http_requests_total{job=~\"$job\"}[$__rate_interval]))", true);
        check("topk($top, sum by ($by) (increase(x_total[${interval}:${step}])))", true);
        check("[[metric]]{instance=\"${instance:raw}\"} offset $offset", true);
        check("rate(x_total[$__range]) * $__interval_ms / ${__range_s}", true);
        check("rate(x_total[[[interval]]])", true);
        check("rate(x_total[[[interval:raw]]])", true);
        check("rate(x_total[${interval:raw}])", true);
        check("rate(x_total[${minutes}m:$step])", true);
        check("rate(x_total[5$unit] offset ${__range_s}s)", true);
        check("x{path=~\"/api/[0-9]+$\", a=~\"^$a$\"}", true);
        check("x{path=~\"/api/[0-9]+$|$b\"} # of $c", true);
        check("$aggregation by (job) (rate(x_total[5m]))", true);
        check("$aggregation without ($labels) (x) $comparison $bound", true);
        check("${function}(x_total[$window])", true);
        check("${calc}_over_time(x{$filters}[$window])", true);
        check("up{job=\"a\", $filters}", true);
        check("${prefix}_total{a=\"b\"} / ${prefix}_seconds_${suffix}", true);
        check("sum(x{a$op\"b\"}) $grouping", true);
        check("$function(x{$filters, a=\"b\"}[$window]) $operator other{$label=\"1\"}", true);
        check("$function(x{$filters, a=\"b\"}[$window]) > $bound", true);
        check("($a) $operator ($b)", true);
        check("$query", true);
        check(
            "histogram_quantile($quantile, sum by (le, ${by:csv}) (rate(${metric}_bucket[$__interval])))",
            true,
        );
        check("label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")", true);
        check("x @ ${__to:date:seconds}", true);
        check("x > $__from / 1000", true);
        check("topk_max(5, x)", false);
        check("sum(x_total{a=\"b\"}[1m])", false);
        check("SELECT 1", false);
        check("SELECT a FROM b WHERE $__timeFilter(c)", false);
        check("{app=\"$app\"} |= \"$text\"", false);
        check("$a $b", true);
        check("", false);
    }

    #[test]
    fn a_query_of_nothing_but_variables_is_judged_in_time() {
        let query = "$a ".repeat(2_000);
        let begun = std::time::Instant::now();
        assert!(misunderstood(&query).is_some());
        assert!(begun.elapsed().as_secs() < 5);
    }
}
