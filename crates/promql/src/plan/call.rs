//! From function calls to the nodes of the plan.

use model::{Labels, LabelsBuilder, METRIC_NAME, MatchOp, Matcher, Regex, Timestamp};

use crate::error::QueryError;
use crate::functions::{HistogramFunction, Implementation, RangeFunction, SampleFunction, implementation};
use crate::plan::build::{Builder, Environment};
use crate::plan::{Kind, Node};
use crate::syntax::{At, Call, Expr, FunctionId, RangeKind, Span, StringLiteral, ValueType};

impl Builder<'_> {
    pub(super) fn call(&mut self, call: &Call) -> Result<(Kind, bool), QueryError> {
        use FunctionId as F;
        let id = call.function.id;
        let seconds = |millis: Timestamp| Kind::Number(millis as f64 / 1000.0);
        let Environment { start, end, step, .. } = self.environment;
        match id {
            F::Start => return Ok((seconds(start), true)),
            F::End => return Ok((seconds(end), true)),
            F::Range => return Ok((seconds(end.saturating_sub(start)), true)),
            F::Step => return Ok((seconds(if start == end { 0 } else { step }), true)),
            F::Pi => return Ok((Kind::Number(std::f64::consts::PI), true)),
            F::Time => return Ok((Kind::Time, false)),
            _ => {}
        }
        match implementation(id) {
            Implementation::Range(function) => self.range_call(call, function),
            Implementation::Sample(function) => {
                let Some(input) = call.args.first() else { unreachable!("the parser counts arguments") };
                let input = self.boxed(input)?;
                let params = self.nodes(&call.args[1..])?;
                let invariant = input.invariant && params.iter().all(|param| param.invariant);
                Ok((Kind::PerSample { function, input, params }, invariant))
            }
            Implementation::TimePart(part) => match call.args.first() {
                None => Ok((Kind::TimePart(part), false)),
                Some(input) => {
                    let function = SampleFunction::TimePart(part);
                    let kind = Kind::PerSample { function, input: self.boxed(input)?, params: Vec::new() };
                    Ok((kind, false))
                }
            },
            Implementation::Histogram(function) => self.histogram_call(call, function),
            Implementation::Special => self.special_call(call),
        }
    }

    fn nodes(&mut self, args: &[Expr]) -> Result<Vec<Node>, QueryError> {
        args.iter().map(|arg| self.node(arg)).collect()
    }

    fn range_call(
        &mut self,
        call: &Call,
        function: &'static RangeFunction,
    ) -> Result<(Kind, bool), QueryError> {
        let is_range = |arg: &Expr| arg.value_type() == ValueType::Matrix;
        let mut range = None;
        let mut params = Vec::new();
        for arg in &call.args {
            if is_range(arg) {
                range = Some(self.range(arg)?);
            } else {
                params.push(self.node(arg)?);
            }
        }
        let Some(range) = range else { unreachable!("the parser gives range functions a range") };
        let allowed = |kind: &str, names: &str, ok: bool| match ok {
            true => Ok(()),
            false => Err(QueryError::execution(format!(
                "{kind} modifier can only be used with: {names} - not with {}",
                call.function.name
            ))),
        };
        match range.kind {
            RangeKind::Anchored => {
                allowed("anchored", "changes, delta, increase, rate, resets", function.anchored)?;
            }
            RangeKind::Smoothed => allowed("smoothed", "delta, increase, rate", function.smoothed)?,
            RangeKind::Plain => {}
        }
        let still = range.at.is_some() && params.iter().all(|param| param.invariant);
        let invariant = still && call.function.id != FunctionId::PredictLinear;
        let span = match call.args[0].unparenthesised() {
            // Annotations do not tell the place of a subquery, but the beginning of the query.
            Expr::Subquery(_) => Span::default(),
            arg => arg.span(),
        };
        if call.function.id == FunctionId::AbsentOverTime {
            let absent = absent_labels(call.args[0].unparenthesised());
            return Ok((Kind::AbsentOverTime { range, absent }, invariant));
        }
        Ok((Kind::RangeCall { function, range, params, span }, invariant))
    }

    fn histogram_call(
        &mut self,
        call: &Call,
        function: HistogramFunction,
    ) -> Result<(Kind, bool), QueryError> {
        let (mut input, mut params, mut label) = (None, Vec::new(), None);
        for arg in &call.args {
            match arg.unparenthesised() {
                Expr::String(string) => label = Some(string.value.clone()),
                arg if arg.value_type() == ValueType::Vector => input = Some(self.boxed(arg)?),
                arg => params.push(self.node(arg)?),
            }
        }
        let Some(input) = input else { unreachable!("the parser gives histogram functions a vector") };
        let invariant = input.invariant && params.iter().all(|param| param.invariant);
        Ok((Kind::Histogram { function, input, params, label }, invariant))
    }

    fn special_call(&mut self, call: &Call) -> Result<(Kind, bool), QueryError> {
        use FunctionId as F;
        let args = &call.args;
        let text = |index: usize| match args.get(index).map(Expr::unparenthesised) {
            Some(Expr::String(string)) => string.value.clone(),
            _ => String::new(),
        };
        let id = call.function.id;
        if matches!(id, F::Timestamp | F::StartTimestamp) {
            return self.sample_time(&args[0], id == F::StartTimestamp);
        }
        if matches!(id, F::MaxOf | F::MinOf) {
            let (left, right) = (self.boxed(&args[0])?, self.boxed(&args[1])?);
            let invariant = left.invariant && right.invariant;
            return Ok((Kind::ScalarExtreme { largest: id == F::MaxOf, left, right }, invariant));
        }
        if id == F::LabelReplace {
            self.check_label(&args[1], "destination", call)?;
            return self.label_replace(&args[0], text(1), text(2), text(3), &text(4));
        }
        if id == F::LabelJoin {
            for source in &args[3..] {
                self.check_label(source, "source", call)?;
            }
            self.check_label(&args[1], "destination", call)?;
            let sources: Vec<String> = (3..args.len()).map(text).collect();
            let input = self.boxed(&args[0])?;
            let invariant = input.invariant;
            return Ok((Kind::LabelJoin { input, target: text(1), separator: text(2), sources }, invariant));
        }
        let input = self.boxed(&args[0])?;
        let invariant = input.invariant;
        let kind = match id {
            F::Scalar => Kind::Scalar(input),
            F::Vector => Kind::Vector(input),
            F::Absent => Kind::Absent { input, absent: absent_labels(args[0].unparenthesised()) },
            F::Sort | F::SortDesc => Kind::Sort { input, descending: id == F::SortDesc },
            F::SortByLabel | F::SortByLabelDesc => {
                let labels = (1..args.len()).map(text).collect();
                Kind::SortByLabel { input, labels, descending: id == F::SortByLabelDesc }
            }
            F::Info => {
                let (at, offset) = self.info_reference(&args[0], &mut Vec::new())?.unwrap_or((None, 0));
                let matchers = match args.get(1).map(Expr::unparenthesised) {
                    Some(Expr::Vector(selector)) => Some(selector.matchers.clone()),
                    _ => None,
                };
                Kind::Info { input, matchers, at, offset }
            }
            _ => return Err(QueryError::execution(format!("unknown function {}", call.function.name))),
        };
        Ok((kind, invariant && id != F::Info))
    }

    fn sample_time(&mut self, arg: &Expr, of_start: bool) -> Result<(Kind, bool), QueryError> {
        if let Expr::Vector(vector) = arg.unparenthesised() {
            let selector = self.selector(vector)?;
            let invariant = selector.at.is_some();
            return Ok((Kind::SampleTime { selector, of_start }, invariant));
        }
        let input = self.boxed(arg)?;
        let invariant = of_start && input.invariant;
        Ok((if of_start { Kind::Nothing(input) } else { Kind::StepTime(input) }, invariant))
    }

    fn label_replace(
        &mut self,
        input: &Expr,
        target: String,
        replacement: String,
        source: String,
        pattern: &str,
    ) -> Result<(Kind, bool), QueryError> {
        let regex = Regex::new(pattern).map_err(|_| {
            QueryError::execution(format!("invalid regular expression in label_replace(): {pattern}"))
        })?;
        let input = self.boxed(input)?;
        let (invariant, regex) = (input.invariant, Box::new(regex));
        Ok((Kind::LabelReplace { input, target, replacement, source, regex }, invariant))
    }

    fn check_label(&self, arg: &Expr, role: &str, call: &Call) -> Result<(), QueryError> {
        let Expr::String(name) = arg.unparenthesised() else { return Ok(()) };
        if is_label_name(name) {
            return Ok(());
        }
        let function = call.function.name;
        Err(QueryError::execution(format!("invalid {role} label name in {function}(): {}", name.value)))
    }

    /// The time at which the series of `info` are looked up: that of the first selector below `expr`.
    fn info_reference(
        &self,
        expr: &Expr,
        outside: &mut Vec<(Option<At>, i64)>,
    ) -> Result<Option<(Option<Timestamp>, i64)>, QueryError> {
        let durations = self.durations();
        let selector = match expr {
            Expr::Vector(vector) => Some(&**vector),
            Expr::Matrix(matrix) => Some(&matrix.selector),
            _ => None,
        };
        if let Some(selector) = selector {
            let (mut at, mut offset) = (selector.at, selector.offset.resolve_signed(durations)?);
            for (outer_at, outer_offset) in outside.iter().rev() {
                if at.is_some() {
                    break;
                }
                (at, offset) = (*outer_at, offset + outer_offset);
            }
            return Ok(Some((at.map(|at| self.time_of(at)), offset)));
        }
        if let Expr::Subquery(subquery) = expr {
            outside.push((subquery.at, subquery.offset.resolve_signed(durations)?));
        }
        let mut found = None;
        for child in expr.children() {
            found = self.info_reference(child, outside)?;
            if found.is_some() {
                break;
            }
        }
        if matches!(expr, Expr::Subquery(_)) {
            outside.pop();
        }
        Ok(found)
    }
}

/// Whether a text can be a label's name: any UTF-8 but nothing.
pub(super) fn is_label_name(name: &StringLiteral) -> bool {
    !name.value.is_empty() && name.bytes.is_none()
}

/// The labels a series would certainly have if it were there: those an equality names once.
fn absent_labels(expr: &Expr) -> Labels {
    let matchers: &[Matcher] = match expr {
        Expr::Vector(vector) => &vector.matchers,
        Expr::Matrix(matrix) => &matrix.selector.matchers,
        _ => return Labels::empty(),
    };
    let mut builder = LabelsBuilder::default();
    let mut named: Vec<&str> = Vec::new();
    for matcher in matchers.iter().filter(|matcher| matcher.name != METRIC_NAME) {
        if matcher.op == MatchOp::Equal && !named.contains(&matcher.name.as_str()) {
            builder.set(&matcher.name, &matcher.value);
            named.push(&matcher.name);
        } else {
            builder.remove(&matcher.name);
        }
    }
    builder.build()
}
