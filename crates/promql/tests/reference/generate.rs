//! Random expressions that are well typed, and whose results do not hang on the last digit of a number: comparisons
//! and rounding only see what is exact.

use super::data::Random;

const AGGREGATIONS: [&str; 9] =
    ["stddev", "stdvar", "sum", "avg", "count", "min", "max", "group", "quantile"];

/// Who has to understand the expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each test binary speaks its own dialects")]
pub(crate) enum Dialect {
    /// The reference of these tests, which knows a part of the language.
    Reference,
    /// Prometheus 2: no newer syntax, and no subquery within another, since its windows include their left end, on
    /// which a step of the inner one may lie.
    Prometheus2,
    /// Prometheus 3 with everything switched on.
    Prometheus3,
}

/// Makes expressions.
pub(crate) struct Generator<'r> {
    random: &'r mut Random,
    /// When the data begins, in milliseconds.
    first: i64,
    dialect: Dialect,
    /// How many subqueries what is being made lies in.
    subqueries: usize,
}

impl<'r> Generator<'r> {
    pub(crate) fn new(random: &'r mut Random, first: i64, dialect: Dialect) -> Generator<'r> {
        Generator { random, first, dialect, subqueries: 0 }
    }

    /// A metric of which a range is taken. Prometheus 2 makes something else of infinite counters.
    fn name_of_range(&mut self) -> &'static str {
        match self.dialect {
            Dialect::Prometheus2 => self.random.choose(&["counter", "gauge"]),
            _ => self.name(),
        }
    }

    /// An instant vector.
    pub(crate) fn vector(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.selector();
        }
        let kinds = if self.dialect == Dialect::Reference { 12 } else { 18 };
        match self.random.below(kinds) {
            0 => self.selector(),
            1 | 2 => self.range_call(depth),
            3 => {
                let function = self.random.choose(&["abs", "sqrt", "-", "+", ""]);
                format!("{function}({})", self.vector(depth - 1))
            }
            4 => {
                let function = self.random.choose(&["floor", "ceil", "sgn"]);
                format!("{function}({})", self.selector())
            }
            5 | 6 => self.aggregate(depth),
            7 => {
                let (left, operator) = (self.operand(depth), self.arithmetic());
                format!("{left} {operator} {}", self.scalar(depth - 1))
            }
            8 => {
                let modifier = self.random.choose(&["", " bool"]);
                let operator = self.random.choose(&["<", ">", "<=", ">=", "==", "!="]);
                let number = self.random.below(80) as f64 - 40.0;
                format!("{} {operator}{modifier} {number}", self.selector())
            }
            9 | 10 => self.between(depth),
            11 => {
                let side = self.random.choose(&["min", "max"]);
                format!("clamp_{side}({}, {})", self.vector(depth - 1), self.number())
            }
            12 => self.of_samples(),
            13 => self.of_labels(depth),
            14 => self.picked(),
            15 => self.of_buckets(),
            16 if self.dialect == Dialect::Prometheus3 => self.newer(depth),
            _ => {
                let function = self.random.choose(&["exp", "ln", "log2", "log10", "absent", "rad", "deg"]);
                format!("{function}({})", self.vector(depth - 1))
            }
        }
    }

    fn is_newest(&self) -> bool {
        self.dialect == Dialect::Prometheus3
    }

    fn scalar(&mut self, depth: usize) -> String {
        match self.random.below(5) {
            0 => "time()".to_owned(),
            1 if depth > 0 => format!("scalar({})", self.vector(depth - 1)),
            _ => self.number(),
        }
    }

    /// Prometheus 2 has no durations among numbers.
    fn number(&mut self) -> String {
        let number = self.random.choose(&["0", "1", "2", "-3", "0.5", "10", "100", "1m"]);
        if self.dialect == Dialect::Prometheus2 && number == "1m" { "60" } else { number }.to_owned()
    }

    fn arithmetic(&mut self) -> &'static str {
        self.random.choose(&["+", "-", "*", "/"])
    }

    fn operand(&mut self, depth: usize) -> String {
        format!("({})", self.vector(depth - 1))
    }

    fn name(&mut self) -> &'static str {
        match self.random.below(12) {
            0..3 if self.is_newest() => self.random.choose(&["native", "mixed"]),
            _ => self.random.choose(&["counter", "gauge", "odd"]),
        }
    }

    fn matchers(&mut self) -> &'static str {
        self.random.choose(&[
            "",
            "",
            "",
            "{job=\"a\"}",
            "{instance=~\"0|2\"}",
            "{job!=\"a\",instance!~\"1.*\"}",
            "{job=\"none\"}",
        ])
    }

    fn modifiers(&mut self) -> String {
        let at = match self.random.below(8) {
            0 => format!(" @ {}.5", self.first / 1000 + self.random.below(2000) as i64),
            1 => self.random.choose(&[" @ start()", " @ end()"]).to_owned(),
            _ => String::new(),
        };
        let older = ["", "", "", " offset 1m", " offset -90s", " offset 10m"];
        let newer = [&older[..], &[" offset step()"]].concat();
        let known = if self.dialect == Dialect::Prometheus2 { &older[..] } else { &newer };
        at + self.random.choose(known)
    }

    fn selector(&mut self) -> String {
        let smoothed = if self.is_newest() && self.random.one_in(20) { " smoothed" } else { "" };
        format!("{}{}{smoothed}{}", self.name(), self.matchers(), self.modifiers())
    }

    fn range(&mut self, depth: usize) -> String {
        self.range_of(depth, false)
    }

    /// A range, of which the ends may be `extended`: anchored or smoothed.
    fn range_of(&mut self, depth: usize, extended: bool) -> String {
        let newer = ["step()*2", "max_of(step(), 2m)", "5m-30s"];
        let length = match self.is_newest() && self.random.one_in(8) {
            true => self.random.choose(&newer),
            false => self.random.choose(&["30s", "1m", "3m", "5m", "12m"]),
        };
        let nests = self.dialect != Dialect::Prometheus2 || self.subqueries == 0;
        if nests && self.random.one_in(3) {
            self.subqueries += 1;
            let inner = self.vector(depth - 1);
            self.subqueries -= 1;
            let step = self.random.choose(&["", "30s", "1m", "2m", "17s"]);
            return format!("({inner})[{length}:{step}]{}", self.modifiers());
        }
        let kind = match extended && self.is_newest() && self.random.one_in(3) {
            true => self.random.choose(&[" anchored", " smoothed"]),
            false => "",
        };
        format!("{}{}[{length}]{kind}{}", self.name_of_range(), self.matchers(), self.modifiers())
    }

    fn range_call(&mut self, depth: usize) -> String {
        if self.dialect != Dialect::Reference && self.random.one_in(4) {
            return self.range_call_beyond_reference(depth);
        }
        let function = self.random.choose(&[
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
            let q = self.random.choose(&["0", "0.5", "0.9", "1", "-1", "2"]);
            return format!("{function}({q}, {})", self.range(depth));
        }
        if ["rate", "increase", "first_over_time"].contains(&function) && self.dialect == Dialect::Prometheus2
        {
            // It knows no first sample, and extends counters to the ends of a window by an older rule.
            return format!("last_over_time({})", self.range(depth));
        }
        if self.random.one_in(8) {
            // What counts differences must not see those of the last digit.
            let (function, name) = (self.random.choose(&["changes", "resets"]), self.name());
            return format!("{function}({name}[5m])");
        }
        let extended = ["rate", "increase", "delta"].contains(&function);
        format!("{function}({})", self.range_of(depth, extended))
    }

    fn range_call_beyond_reference(&mut self, depth: usize) -> String {
        let newer = ["mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time"];
        if self.is_newest() && self.random.one_in(2) {
            return match self.random.one_in(5) {
                true => format!("double_exponential_smoothing({}, 0.3, 0.6)", self.range(depth)),
                false => format!("{}({})", self.random.choose(&newer), self.range(depth)),
            };
        }
        match self.random.below(3) {
            0 => format!("deriv({})", self.range(depth)),
            // With `@` Prometheus predicts from another time at the second step than at the first.
            1 => {
                let seconds = self.random.choose(&["60", "-30", "3600"]);
                format!("predict_linear({}[5m], {seconds})", self.name_of_range())
            }
            _ => format!("absent_over_time({})", self.range(depth)),
        }
    }

    fn aggregate(&mut self, depth: usize) -> String {
        let grouping = self.random.choose(&[
            "",
            "by (job)",
            "by (job, instance)",
            "without (instance)",
            "without ()",
            "by (none)",
        ]);
        let op = match self.dialect {
            // Prometheus 2 has no deviation from infinity.
            Dialect::Prometheus2 => self.random.choose(&AGGREGATIONS[2..]),
            _ => self.random.choose(&AGGREGATIONS),
        };
        let param = match op {
            "quantile" => self.random.choose(&["0.5, ", "0.25, ", "1, ", "-1, "]),
            _ => "",
        };
        format!("{op} {grouping} ({param}{})", self.vector(depth - 1))
    }

    fn between(&mut self, depth: usize) -> String {
        match self.random.below(4) {
            0 => {
                let on = self.random.choose(&["", "on (job, instance)", "on (instance)", "ignoring (job)"]);
                let operator = self.random.choose(&["and", "or", "unless"]);
                format!("{} {operator} {on} {}", self.operand(depth), self.operand(depth))
            }
            1 => {
                let on = self.random.choose(&[
                    "on (job)",
                    "on (job) group_left ()",
                    "ignoring (instance) group_left ()",
                ]);
                let (left, operator) = (self.selector(), self.arithmetic());
                format!("{left} {operator} {on} sum by (job) ({})", self.vector(depth - 1))
            }
            2 => {
                let right = format!("max by (instance) ({})", self.vector(depth - 1));
                format!("{right} {} on (instance) group_right () {}", self.arithmetic(), self.selector())
            }
            _ => {
                let on = self.random.choose(&["", "", "on (job, instance)", "on (job)"]);
                let fill = match self.is_newest() && self.random.one_in(4) {
                    true => self.random.choose(&[" fill (0)", " fill_left (1)", " fill_right (2)"]),
                    false => "",
                };
                let (left, operator) = (self.operand(depth), self.arithmetic());
                format!("{left} {operator} {on}{fill} {}", self.operand(depth))
            }
        }
    }
}

/// What the reference does not know.
impl Generator<'_> {
    fn of_samples(&mut self) -> String {
        let function = self.random.choose(&[
            "sin",
            "cosh",
            "atan",
            "asinh",
            "round",
            "timestamp",
            "hour",
            "minute",
            "month",
            "year",
            "day_of_week",
            "day_of_year",
            "days_in_month",
            "clamp",
        ]);
        let selector = self.selector();
        match function {
            "clamp" => format!("clamp({selector}, -5, {})", self.number()),
            "round" => format!("round({selector}, {})", self.random.choose(&["1", "0.5", "3"])),
            _ => format!("{function}({selector})"),
        }
    }

    fn of_labels(&mut self, depth: usize) -> String {
        let inner = self.vector(depth - 1);
        match self.random.below(4) {
            0 => format!("label_replace({inner}, \"k\", \"$1-x\", \"instance\", \"(.*)\")"),
            1 => format!("label_replace({inner}, \"instance\", \"\", \"job\", \"a\")"),
            2 => format!("label_join({inner}, \"k\", \"-\", \"job\", \"instance\")"),
            _ if self.subqueries > 0 => inner,
            _ => format!("{}({inner})", self.random.choose(&["sort", "sort_desc"])),
        }
    }

    /// Aggregations that choose among series, by values that are exact.
    fn picked(&mut self) -> String {
        // Of equal values anyone may be chosen; of these names few are equal.
        let name = self.random.choose(&["counter", "gauge"]);
        let selector = format!("{name}{}{}", self.matchers(), self.modifiers());
        let grouping = self.random.choose(&["", "by (job)", "without (job)"]);
        let op = self.random.choose(&["topk", "bottomk", "count_values"]);
        let param = match op {
            "count_values" => "\"v\"",
            _ => self.random.choose(&["1", "2", "3", "0"]),
        };
        format!("{op} {grouping} ({param}, {selector})")
    }

    fn of_buckets(&mut self) -> String {
        let q = self.random.choose(&["0", "0.5", "0.9", "1", "-1", "2"]);
        let grouping = self.random.choose(&["le", "job, le"]);
        let length = self.random.choose(&["1m", "5m"]);
        // Prometheus 2 does not mend buckets that decrease, as those of rates may.
        let kinds = if self.dialect == Dialect::Prometheus2 { 1 } else { 3 };
        match self.random.below(kinds) {
            0 => format!("histogram_quantile({q}, bucket{})", self.matchers()),
            1 => format!("histogram_quantile({q}, rate(bucket[{length}]))"),
            _ => format!("histogram_quantile({q}, sum by ({grouping}) (increase(bucket[{length}])))"),
        }
    }

    /// What only Prometheus 3 knows.
    fn newer(&mut self, depth: usize) -> String {
        let histogram = match self.random.below(3) {
            0 => format!("native{}", self.modifiers()),
            1 => "rate(native[3m])".to_owned(),
            _ => self.vector(depth - 1),
        };
        match self.random.below(5) {
            0 => {
                let function = self.random.choose(&["count", "sum", "avg", "stddev", "stdvar"]);
                format!("histogram_{function}({histogram})")
            }
            1 => {
                let q = self.random.choose(&["0", "0.5", "0.9", "1", "-1", "2"]);
                format!("histogram_quantile({q}, {histogram})")
            }
            2 => {
                let (low, high) =
                    (self.random.choose(&["-Inf", "0", "1"]), self.random.choose(&["2.5", "Inf", "0.7"]));
                format!("histogram_fraction({low}, {high}, {histogram})")
            }
            // Which time the modifiers within mean for the info series, releases do not agree on.
            3 => {
                let data = self.random.choose(&["", ", {version=~\".+\"}", ", {zone=\"eu\"}"]);
                format!("info({}{}{data})", self.name(), self.matchers())
            }
            _ => {
                let operator = self.random.choose(&["</", ">/", "*", "/"]);
                format!("({histogram}) {operator} {}", self.number())
            }
        }
    }
}
