//! Random expressions that are well typed, and whose results do not hang on the last digit of a number: comparisons
//! and rounding only see what is exact.

use super::data::{FIRST, Random};

/// An instant vector.
pub(crate) fn vector(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return selector(random);
    }
    match random.below(12) {
        0 => selector(random),
        1 | 2 => range_call(random, depth),
        3 => {
            let function = random.choose(&["abs", "sqrt", "-", "+", ""]);
            format!("{function}({})", vector(random, depth - 1))
        }
        4 => format!("{}({})", random.choose(&["floor", "ceil", "sgn"]), selector(random)),
        5 | 6 => aggregate(random, depth),
        7 => format!("{} {} {}", operand(random, depth), arithmetic(random), scalar(random, depth - 1)),
        8 => {
            let modifier = random.choose(&["", " bool"]);
            let operator = random.choose(&["<", ">", "<=", ">=", "==", "!="]);
            format!("{} {operator}{modifier} {}", selector(random), random.below(80) as f64 - 40.0)
        }
        9 | 10 => between(random, depth),
        _ => format!(
            "clamp_{}({}, {})",
            random.choose(&["min", "max"]),
            vector(random, depth - 1),
            number(random)
        ),
    }
}

fn scalar(random: &mut Random, depth: usize) -> String {
    match random.below(5) {
        0 => "time()".to_owned(),
        1 if depth > 0 => format!("scalar({})", vector(random, depth - 1)),
        _ => number(random),
    }
}

fn number(random: &mut Random) -> String {
    random.choose(&["0", "1", "2", "-3", "0.5", "10", "100", "1m"]).to_owned()
}

fn arithmetic(random: &mut Random) -> &'static str {
    random.choose(&["+", "-", "*", "/"])
}

fn operand(random: &mut Random, depth: usize) -> String {
    format!("({})", vector(random, depth - 1))
}

fn name(random: &mut Random) -> &'static str {
    random.choose(&["counter", "gauge", "odd"])
}

fn matchers(random: &mut Random) -> &'static str {
    random.choose(&[
        "",
        "",
        "",
        "{job=\"a\"}",
        "{instance=~\"0|2\"}",
        "{job!=\"a\",instance!~\"1.*\"}",
        "{job=\"none\"}",
    ])
}

fn modifiers(random: &mut Random) -> String {
    let at = match random.below(8) {
        0 => format!(" @ {}", FIRST / 1000 + random.below(2000) as i64),
        1 => random.choose(&[" @ start()", " @ end()"]).to_owned(),
        _ => String::new(),
    };
    let offset = random.choose(&["", "", "", " offset 1m", " offset -90s", " offset 10m", " offset step()"]);
    at + offset
}

fn selector(random: &mut Random) -> String {
    format!("{}{}{}", name(random), matchers(random), modifiers(random))
}

fn range(random: &mut Random, depth: usize) -> String {
    let length = random.choose(&["30s", "1m", "3m", "5m", "12m"]);
    if random.one_in(3) {
        let step = random.choose(&["", "30s", "1m", "2m", "17s"]);
        return format!("({})[{length}:{step}]{}", vector(random, depth - 1), modifiers(random));
    }
    format!("{}{}[{length}]{}", name(random), matchers(random), modifiers(random))
}

fn range_call(random: &mut Random, depth: usize) -> String {
    let function = random.choose(&[
        "rate",
        "rate",
        "increase",
        "delta",
        "irate",
        "idelta",
        "sum_over_time",
        "avg_over_time",
        "count_over_time",
        "min_over_time",
        "max_over_time",
        "last_over_time",
        "first_over_time",
        "present_over_time",
        "stddev_over_time",
        "stdvar_over_time",
        "quantile_over_time",
    ]);
    if function == "quantile_over_time" {
        let q = random.choose(&["0", "0.5", "0.9", "1", "-1", "2"]);
        return format!("{function}({q}, {})", range(random, depth));
    }
    if random.one_in(8) {
        // What counts differences must not see those of the last digit.
        let (function, name) = (random.choose(&["changes", "resets"]), name(random));
        return format!("{function}({name}[5m])");
    }
    format!("{function}({})", range(random, depth))
}

fn aggregate(random: &mut Random, depth: usize) -> String {
    let grouping = random.choose(&[
        "",
        "by (job)",
        "by (job, instance)",
        "without (instance)",
        "without ()",
        "by (none)",
    ]);
    let op = random.choose(&["sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "quantile"]);
    let param = if op == "quantile" { random.choose(&["0.5, ", "0.25, ", "1, ", "-1, "]) } else { "" };
    format!("{op} {grouping} ({param}{})", vector(random, depth - 1))
}

fn between(random: &mut Random, depth: usize) -> String {
    match random.below(4) {
        0 => {
            let on = random.choose(&["", "on (job, instance)", "on (instance)", "ignoring (job)"]);
            format!(
                "{} {} {on} {}",
                operand(random, depth),
                random.choose(&["and", "or", "unless"]),
                operand(random, depth)
            )
        }
        1 => {
            let on =
                random.choose(&["on (job)", "on (job) group_left ()", "ignoring (instance) group_left ()"]);
            format!(
                "{} {} {on} sum by (job) ({})",
                selector(random),
                arithmetic(random),
                vector(random, depth - 1)
            )
        }
        2 => {
            let right = format!("max by (instance) ({})", vector(random, depth - 1));
            format!("{right} {} on (instance) group_right () {}", arithmetic(random), selector(random))
        }
        _ => {
            let on = random.choose(&["", "", "on (job, instance)", "on (job)"]);
            format!("{} {} {on} {}", operand(random, depth), arithmetic(random), operand(random, depth))
        }
    }
}
