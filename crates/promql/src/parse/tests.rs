//! What parses, what does not and why, and that what is printed reads back the same.

use crate::parse::{ParseOptions, parse, parse_labels, parse_selector, parse_with};
use crate::print::{canonical, json, pretty};

/// Parses `query`, and checks how it prints on one line and that this reads back the same.
fn check(query: &str, want: &str) {
    let expr = parse(query).unwrap_or_else(|error| panic!("{query}\n{error}"));
    let printed = canonical(&expr);
    assert_eq!(printed, want, "{query}");
    for text in [printed, pretty(&expr)] {
        let again = parse(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(again.normalised(), expr.normalised(), "{text}");
    }
}

fn check_same(query: &str) {
    check(query, query);
}

fn check_error(query: &str, want: &str) {
    match parse(query) {
        Ok(expr) => panic!("{query} parses as {}", canonical(&expr)),
        Err(error) => assert_eq!(error.to_string(), want, "{query}"),
    }
}

/// How `query` nests, every operator in parentheses.
fn check_nesting(query: &str, want: &str) {
    fn nest(expr: &crate::syntax::Expr) -> String {
        match expr {
            crate::syntax::Expr::Binary(binary) => {
                format!("({} {} {})", nest(&binary.left), binary.op, nest(&binary.right))
            }
            crate::syntax::Expr::Unary(unary) => format!("({}{})", unary.op.symbol(), nest(&unary.expr)),
            other => canonical(other),
        }
    }
    let expr = parse(query).unwrap_or_else(|error| panic!("{query}\n{error}"));
    assert_eq!(nest(&expr), want, "{query}");
}

#[test]
fn numbers() {
    check_same("1");
    check("0x10", "16");
    check("1_000.5", "1000.5");
    check("1e3", "1000");
    check("5E-4", "0.0005");
    check("inf", "+Inf");
    check("-Inf", "-Inf");
    check("nan", "NaN");
    check("-nan", "NaN");
    check("+5", "5");
    check("--5", "5");
    check_same("1h30m");
    check("-90m", "-1h30m");
    check_same("1d12h");
    check("-0d", "-0s");
    check("017", "15");
}

#[test]
fn strings() {
    check_same(r#""text""#);
    check(r"'it\'s'", r#""it's""#);
    check(r"`raw \n`", r#""raw \\n""#);
    check("\"\\u00e4\\x41\"", "\"äA\"");
    check_same(r#""a\xc5z""#);
}

#[test]
fn selectors() {
    check_same("up");
    check_same("a:b:c");
    check(r#"up{job = 'api' ,}"#, r#"up{job="api"}"#);
    check(r#"x{b!="1",a=~"2",c!~`3`}"#, r#"x{a=~"2",b!="1",c!~"3"}"#);
    check("up{}", "up");
    check(r#"{"dotted.name","label.x"="v"}"#, r#"{"label.x"="v",__name__="dotted.name"}"#);
    check_same(r#"{__name__=~"a.*"}"#);
    check("sum", "sum");
    check("offset offset 5m", "offset offset 5m");
    check_same("and and or");
    check_same(r#"start{end="1"}"#);
    check_same("fill + fill_left");
    check("up offset 1h30m", "up offset 1h30m");
    check("up offset -7d", "up offset -1w");
    check("up offset 300", "up offset 5m");
    check("up @ 1.5", "up @ 1.500");
    check("up @ -0.001 offset 5m", "up @ -0.001 offset 5m");
    check("up offset 5m @ end()", "up @ end() offset 5m");
    check_same("up[5m]");
    check("up [ 90s ] offset 1m @ start()", "up[1m30s] @ start() offset 1m");
    check_same("rate(up[5m] anchored)");
    check("rate(up[5m] @ 5 smoothed)", "rate(up[5m] smoothed @ 5.000)");
    check_same("up[5m:]");
    check_same("up[5m:1m] @ start() offset 2m");
    check_same("-rate(up[5m:])");
}

#[test]
fn duration_expressions() {
    check_same("up[5m + step()]");
    check_same("up[min_of(step(), 5m) * 2]");
    check_same("up[max_of(range() / 4, 1m) ^ 2 % 7:step()]");
    check("up[((5m))]", "up[5m]");
    check("up offset -(1m)", "up offset -1m");
    check_same("up[(step())]");
    check_same("up[(1m + 2m) * -3]");
    check_same("up offset -(1h / 2)");
    check("up offset step()", "up offset step()");
    check_same("up offset -max_of(1m, range())");
    check("up offset +step()", "up offset step()");
    check_nesting("up offset 1m * 2", "(up offset 1m * 2)");
    check_nesting("up offset -2 ^ 2", "(up offset -2s ^ 2)");
    check("up[STEP()]", "up[step()]");
    let resolved = |query: &str| match parse(query) {
        Ok(crate::syntax::Expr::Vector(vector)) => vector.offset.resolve_signed(Default::default()),
        other => panic!("{query}: {other:?}"),
    };
    assert_eq!(resolved("up offset (-2 ^ 2)"), Ok(-4000));
    assert_eq!(resolved("up offset (1m) * 2"), Ok(120_000));
    check_nesting("up offset -(1m) * 2", "(up offset -1m * 2)");
    assert_eq!(resolved("up offset (2 ^ 3 ^ 2 - 2 * -3)"), Ok(518_000));
}

#[test]
fn aggregations() {
    check_same("sum(up)");
    check("SUM(up) BY (job, env,)", "sum by (job, env) (up)");
    check("sum by () (up)", "sum(up)");
    check_same("sum without () (up)");
    check(r#"avg without("x.y", on) (up)"#, r#"avg without ("x.y", on) (up)"#);
    check_same("topk by (job) (5, up)");
    check_same(r#"count_values("value", up)"#);
    check_same("limit_ratio(-0.5, up)");
    check_same("quantile(0.9, sum by (le) (up))");
}

#[test]
fn calls() {
    check_same("rate(up[5m])");
    check_same("time()");
    check_same("start() + end() + step() + range()");
    check_same("min_of(1, max_of(2, 3))");
    check_same(r#"label_join(up, "a", ",")"#);
    check_same(r#"info(up, {a=~".*"})"#);
    check_same(r#"histogram_quantiles(up, "q", 0.5, 0.9)"#);
}

#[test]
fn operators() {
    check_nesting("1 + 2 * 3 ^ 4 ^ 5", "(1 + (2 * (3 ^ (4 ^ 5))))");
    check_nesting("a or b and c unless d", "(a or ((b and c) unless d))");
    check_nesting("a - b - c", "((a - b) - c)");
    check_nesting("-a ^ 2", "(-(a ^ 2))");
    check_nesting("-1 ^ 2", "(-(1 ^ 2))");
    check_nesting("2 ^ -a * 3", "((2 ^ (-a)) * 3)");
    check_nesting("a atan2 b * c % d / e", "((((a atan2 b) * c) % d) / e)");
    check_nesting("a == b + c", "(a == (b + c))");
    check_nesting("a </ 2 >/ 1", "((a </ 2) >/ 1)");
    check_same("1 == bool 2");
    check_same("a > bool on (x, y) group_left (z) b");
    check("a * on(x) group_right b", "a * on (x) group_right () b");
    check("a * ignoring() b", "a * b");
    check_same("a * on () b");
    check("a + fill(1) b", "a + fill (1) b");
    check("a + fill_right(-2) fill_left(1) b", "a + fill_left (1) fill_right (-2) b");
    check("a + on(x) fill_left(NaN) b", "a + on (x) fill_left (NaN) b");
    check_same("a and on (x) b");
    check_same("(a)");
}

#[test]
fn comments_and_blanks() {
    check("# first\nsum(\n  up # second\n)\r\n# third", "sum(up)");
    check("up{ # one\n a=\"#\" }", "up{a=\"#\"}");
    check("up[5m # minutes\n]", "up[5m]");
}

#[test]
fn errors_come_in_order() {
    // What no token can begin with is told first, where a duration or an aggregation might have gone on.
    check_error("a[0s", "1:5: parse error: unclosed left bracket");
    check_error("a[5m % 0 ~]", "1:10: parse error: unexpected character: '~'");
    check_error("sum())", "1:7: parse error: unexpected right parenthesis ')'");
    check_error(
        "a + on (b) group_left % c",
        "1:23: parse error: unexpected <op:%> in grouping opts, expected \"(\"",
    );
    check_error(
        "info(a, 5)",
        "1:1: parse error: expected type instant vector in call to function \"info\", got scalar",
    );
    check_error("info(5, (a))", "1:9: parse error: expected label selectors only");
    check_error(
        "1_ + 1",
        "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1_\": invalid syntax",
    );
}

#[test]
fn syntax_errors() {
    check_error("", "unknown position: parse error: no expression found in input");
    check_error("# nothing", "1:1: parse error: no expression found in input");
    check_error("1 +", "1:4: parse error: unexpected end of input");
    check_error("a b", "1:3: parse error: unexpected identifier \"b\"");
    check_error("a\n  b", "2:3: parse error: unexpected identifier \"b\"");
    check_error("*1", "1:1: parse error: unexpected <op:*>");
    check_error("(1))", "1:5: parse error: unexpected right parenthesis ')'");
    check_error("(1", "1:3: parse error: unclosed left parenthesis");
    check_error("a{", "1:3: parse error: unexpected end of input inside braces");
    check_error(
        "a{b}",
        "1:4: parse error: unexpected \"}\" in label matching, expected label matching operator",
    );
    check_error("a{b=c}", "1:5: parse error: unexpected identifier \"c\" in label matching, expected string");
    check_error("a{,}", "1:3: parse error: unexpected \",\" in label matching, expected identifier or \"}\"");
    check_error(
        "a{b=\"c\" d}",
        "1:9: parse error: unexpected identifier \"d\" in label matching, expected \",\" or \"}\"",
    );
    check_error("a{1}", "1:3: parse error: unexpected character inside braces: '1'");
    check_error("a[5m", "1:5: parse error: unclosed left bracket");
    check_error(
        "a[]",
        "1:3: parse error: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()",
    );
    check_error("a[5x]", "1:3: parse error: bad number or duration syntax: \"5\"");
    check_error("a[hello]", "1:3: parse error: unexpected character in duration expression: 'h'");
    check_error("a[0]", "1:3: parse error: duration must be greater than 0");
    check_error("a[5m / 0]", "1:6: parse error: division by zero");
    check_error("a[1.5h]", "1:3: parse error: unknown unit \".\" in duration \"1.5h\"");
    check_error("a[-(5m)]", "1:3: parse error: duration must be greater than 0");
    check_error("a[NaN]", "1:3: parse error: unexpected character in duration expression: 'N'");
    check_error(
        "a offset",
        "1:9: parse error: unexpected end of input in offset, expected number, duration, step(), or range()",
    );
    check_error("a offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times");
    check_error(
        "1 offset 1m",
        "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    );
    check_error("a @ x", "1:5: parse error: unexpected identifier \"x\" in @, expected timestamp");
    check_error("a @ inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf");
    check_error("a @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times");
    check_error("sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation");
    check_error(
        "sum by a (b)",
        "1:8: parse error: unexpected identifier \"a\" in grouping opts, expected \"(\"",
    );
    check_error(
        "sum by (1) (b)",
        "1:9: parse error: unexpected number \"1\" in grouping opts, expected label",
    );
    check_error("sum by (\"\") (b)", "1:9: parse error: invalid label name for grouping: \"\"");
    check_error("sum()", "1:1: parse error: no arguments for aggregate expression provided");
    check_error(
        "topk(a)",
        "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1",
    );
    check_error("nope(a)", "1:1: parse error: unknown function with name \"nope\"");
    check_error("rate(a[5m],)", "1:11: parse error: trailing commas not allowed in function call args");
    check_error("\"\\q\"", "1:1: parse error: unknown escape sequence U+0071 'q'");
    check_error("\"a", "1:1: parse error: unterminated quoted string");
    for (query, word) in [("5x", "5"), ("1_.5", "1_."), ("1__2", "1__"), ("5m1h2x", "5m1h2"), ("5mx", "5mx")]
    {
        let want = format!("1:1: parse error: bad number or duration syntax: \"{word}\"");
        check_error(query, &want);
    }
    check_error("rate(a[5m], )", "1:11: parse error: trailing commas not allowed in function call args");
    check_error("a[[5m]", "1:3: parse error: unexpected character in duration expression: '['");
    check_error(
        "sum by (without) (a)",
        "1:9: parse error: unexpected <without> in grouping opts, expected label",
    );
    check_error("a =~ b", "1:3: parse error: unexpected character after '=': '~'");
    check_error("a ! b", "1:3: parse error: unexpected character after '!': ' '");
    check_error("1 $ 2", "1:3: parse error: unexpected character: '$'");
    check_error("a + group_left b", "1:5: parse error: unexpected <group_left>");
    check_error(
        "1e999",
        "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e999\": value out of range",
    );
}

#[test]
fn type_errors() {
    check_error("1 == 2", "1:3: parse error: comparisons between scalars must use BOOL modifier");
    check_error("1 + bool 2", "1:3: parse error: bool modifier can only be used on comparison operators");
    check_error("1 or a", "1:1: parse error: set operator \"or\" not allowed in binary scalar expression");
    check_error(
        "a + \"b\"",
        "1:5: parse error: binary expression must contain only scalar and instant vector types",
    );
    check_error("a + on(x) 1", "1:1: parse error: vector matching only allowed between instant vectors");
    check_error(
        "a + fill(1) 1",
        "1:1: parse error: filling in missing series only allowed between instant vectors",
    );
    check_error("a and on(x) group_left b", "1:1: parse error: no grouping allowed for \"and\" operation");
    check_error(
        "a or fill(1) b",
        "1:1: parse error: filling in missing series not allowed for set operators",
    );
    check_error(
        "a * on(x) group_left(x) b",
        "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once",
    );
    check_error(
        "sum(1)",
        "1:5: parse error: expected type instant vector in aggregation expression, got scalar",
    );
    check_error(
        "topk(a, a)",
        "1:6: parse error: expected type scalar in aggregation parameter, got instant vector",
    );
    check_error(
        "rate(a)",
        "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector",
    );
    check_error("rate()", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0");
    check_error(
        "label_join(a)",
        "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1",
    );
    check_error("hour(a, a)", "1:1: parse error: expected at most 1 argument(s) in call to \"hour\", got 2");
    check_error(
        "-\"a\"",
        "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\"",
    );
    check_error("1[5m]", "1:2: parse error: ranges only allowed for vector selectors");
    check_error("a offset 1m[5m]", "1:12: parse error: no offset modifiers allowed before range");
    check_error("a @ 1[5m]", "1:6: parse error: no @ modifiers allowed before range");
    check_error("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead");
    check_error("{a=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher");
    check_error("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\"");
    check_error("info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead");
    check_error("info(a, sum(b))", "1:9: parse error: expected label selectors only");
    check_error(
        "a anchored smoothed",
        "1:1: parse error: anchored and smoothed modifiers cannot be used together",
    );
    check_error("a[5m:] anchored", "1:1: parse error: anchored modifier is not supported for subqueries");
}

#[test]
fn long_expressions_are_split_over_lines() {
    let check = |query: &str, want: &str| assert_eq!(pretty(&parse(query).expect(query)), want);
    let long = "a_rather_long_metric_name_to_fill_the_line{label=\"value\"}";
    check("sum(up)", "sum(up)");
    check(
        &format!("sum by (job) ({long}) / sum by (job) ({long})"),
        &format!("  sum by (job) ({long})\n/\n  sum by (job) ({long})"),
    );
    check(
        &format!("topk(5, rate({long}[5m]) + rate({long}[5m]))"),
        &format!("topk(\n  5,\n    rate({long}[5m])\n  +\n    rate({long}[5m])\n)"),
    );
    check(
        &format!("clamp(({long} or {long}), 1, 2)"),
        &format!("clamp(\n  (\n      {long}\n    or\n      {long}\n  ),\n  1,\n  2\n)"),
    );
}

#[test]
fn the_tree_as_json() {
    let check = |query: &str, want: &str| assert_eq!(json(&parse(query).expect(query)), want);
    check("1", r#"{"type":"numberLiteral","val":"1"}"#);
    check(
        r#"-sum without (x) (up{a="b"} @ end() offset 1m)"#,
        r#"{"expr":{"expr":{"anchored":false,"matchers":[{"name":"a","type":"=","value":"b"},{"name":"__name__","type":"=","value":"up"}],"name":"up","offset":60000,"offsetExpr":null,"smoothed":false,"startOrEnd":"end","timestamp":null,"type":"vectorSelector"},"grouping":["x"],"op":"sum","param":null,"type":"aggregation","without":true},"op":"-","type":"unaryExpr"}"#,
    );
    check(
        r#"rate({"x"}[(1m + 1s)])"#,
        r#"{"args":[{"anchored":false,"matchers":[{"name":"__name__","type":"=","value":"x"}],"name":"","offset":0,"offsetExpr":null,"range":0,"rangeExpr":{"lhs":{"duration":true,"type":"numberLiteral","val":"60"},"op":"+","rhs":{"duration":true,"type":"numberLiteral","val":"1"},"type":"durationExpr","wrapped":true},"smoothed":false,"startOrEnd":null,"timestamp":null,"type":"matrixSelector"}],"func":{"argTypes":["matrix"],"name":"rate","returnType":"vector","variadic":0},"type":"call"}"#,
    );
}

#[test]
fn selectors_and_label_sets_alone() {
    let matchers = parse_selector(r#"up{job!="x"}"#).expect("parses");
    let printed: Vec<String> = matchers.iter().map(|matcher| matcher.to_string()).collect();
    assert_eq!(printed, [r#"job!="x""#, r#"__name__="up""#]);
    for bad in ["up[5m]", "1", "up offset 5m", "", "sum(up)"] {
        assert!(parse_selector(bad).is_err(), "{bad}");
    }
    let labels = parse_labels(r#"{"dotted.name", job='api',}"#).expect("parses");
    assert_eq!((labels.metric_name(), labels.value("job")), ("dotted.name", "api"));
    assert_eq!(parse_labels("").map(|labels| labels.is_empty()), Ok(true));
    assert!(parse_labels(r#"up{job=~"api"}"#).is_err());
}

#[test]
fn nesting_is_bounded_and_size_is_cheap() {
    let deep = |open: &str, close: &str, times: usize| open.repeat(times) + "1" + &close.repeat(times);
    for (open, close) in [("(", ")"), ("-", ""), ("abs(", ")"), ("1 ^ ", ""), ("", " + 1"), ("a[", "]")] {
        let error = parse(&deep(open, close, 100_000)).expect_err("too deep").to_string();
        assert!(open == "a[" || error.contains("depth_max"), "{open}: {error}");
    }
    let half = ParseOptions::default().depth_max / 2 - 1;
    assert!(parse(&deep("(", ")", half)).is_ok());
    assert!(parse(&format!("a[{}]", deep("(", ")", 100_000))).is_err());
    assert!(parse_with("up", ParseOptions { query_bytes_max: 1, ..ParseOptions::default() }).is_err());

    let labels: Vec<String> = (0..80_000).map(|index| format!("l{index}=\"v\"")).collect();
    let wide = format!("up{{{}}}", labels.join(","));
    assert!(parse(&wide[..wide.len()]).is_ok());
    let args = format!("label_join(up, \"a\", \",\"{})", ", \"x\"".repeat(150_000));
    assert!(parse(&args).is_ok());
}

/// Thirteen expressions of the list are no PromQL: joining their lines let a comment swallow the rest, or a
/// template was left in them.
#[test]
fn expressions_of_real_dashboards_read_back_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/testdata/promql/dashboard-exprs.txt");
    let Ok(text) = std::fs::read_to_string(path) else {
        assert!(std::env::var_os("CI").is_none(), "{path} is absent");
        println!("skipped: {path} is absent");
        return;
    };
    let mut refused = Vec::new();
    for query in text.lines() {
        match parse(query) {
            Ok(expr) => check(query, &canonical(&expr)),
            Err(error) => refused.push(format!("{query}: {error}")),
        }
    }
    assert_eq!(refused.len(), 13, "{}", refused.join("\n"));
}

/// What infinity prints as reads back as a sign before the power.
#[test]
fn powers_of_infinity_read_back() {
    check("inf^2 + s", "+Inf ^ 2 + s");
    check("-inf^0^09d^0+s", "-+Inf ^ 0 ^ 9d ^ 0 + s");
}
