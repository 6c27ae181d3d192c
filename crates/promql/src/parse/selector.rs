//! Selectors with all that follows them: braces, ranges, subqueries, `offset`, `@`, `anchored`, `smoothed`; and
//! label sets, which are written alike.

use model::{Labels, METRIC_NAME, MatchOp, Matcher, Timestamp};

use crate::parse::ParseError;
use crate::parse::number::{parse_duration_seconds, parse_number};
use crate::parse::parser::{Context, Parser, Result, Tree};
use crate::parse::token::{Keyword, Token, TokenKind};
use crate::syntax::{
    At, BinaryOp, Duration, Expr, MatrixSelector, RangeKind, Span, Subquery, VectorSelector,
};

const RANGE: Context = ("subquery or range selector", "number, duration, step(), or range()");
const STEP: Context = ("subquery selector", "number, duration, step(), range(), or \"]\"");
const TIMESTAMP: Context = ("@", "timestamp");
const MATCHER: Context = ("label matching", "identifier or \"}\"");

impl Parser<'_> {
    /// The whole text as one selector without modifiers.
    pub(crate) fn bare_selector(&mut self) -> Result<Vec<Matcher>> {
        if !self.kind().is_metric_name() && self.kind() != TokenKind::LeftBrace {
            return self.unexpected(self.context);
        }
        let selector = self.vector_selector()?;
        self.expect(TokenKind::End)?;
        Ok(selector.matchers)
    }

    /// The whole text as one label set.
    pub(crate) fn label_set(&mut self) -> Result<Labels> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        if self.kind().is_metric_name() {
            let name = self.advance();
            pairs.push((METRIC_NAME.to_owned(), self.text(name).to_owned()));
        }
        if self.take(TokenKind::LeftBrace) {
            while !self.take(TokenKind::RightBrace) {
                pairs.push(self.label_pair()?);
                if !self.take(TokenKind::Comma) && self.kind() != TokenKind::RightBrace {
                    return self.unexpected(("label set", "\",\" or \"}\""));
                }
            }
        }
        self.expect(TokenKind::End)?;
        Ok(Labels::from_pairs(pairs))
    }

    fn label_pair(&mut self) -> Result<(String, String)> {
        let name = self.token();
        let text = match name.kind {
            TokenKind::Identifier => self.text(name).to_owned(),
            TokenKind::String => self.unquoted(name)?,
            _ => return self.unexpected(("label set", "identifier or \"}\"")),
        };
        self.advance();
        if !self.take(TokenKind::Equal) {
            if name.kind == TokenKind::String {
                return Ok((METRIC_NAME.to_owned(), text));
            }
            return self.unexpected(("label set", "\"=\""));
        }
        if self.kind() != TokenKind::String {
            return self.unexpected(("label set", "string"));
        }
        let value = self.advance();
        Ok((text, self.unquoted(value)?))
    }

    /// A metric name, label matchers in braces, or both.
    pub(crate) fn vector_selector(&mut self) -> Result<VectorSelector> {
        let first = self.token();
        let mut name = String::new();
        if first.kind != TokenKind::LeftBrace {
            self.advance();
            name = self.text(first).to_owned();
        }
        let mut matchers = Vec::new();
        if self.take(TokenKind::LeftBrace) {
            self.matchers(&mut matchers)?;
        }
        if !name.is_empty() {
            matchers.push(Matcher::equal(METRIC_NAME, name.clone()));
        }
        Ok(VectorSelector {
            name,
            matchers,
            offset: Duration::ZERO,
            at: None,
            range_kind: RangeKind::Plain,
            span: first.span.to(self.previous().span),
        })
    }

    fn matchers(&mut self, matchers: &mut Vec<Matcher>) -> Result<()> {
        if self.take(TokenKind::RightBrace) {
            return Ok(());
        }
        loop {
            matchers.push(self.matcher()?);
            if self.take(TokenKind::RightBrace) {
                return Ok(());
            }
            if !self.take(TokenKind::Comma) {
                return self.unexpected(("label matching", "\",\" or \"}\""));
            }
            if self.take(TokenKind::RightBrace) {
                return Ok(());
            }
        }
    }

    fn matcher(&mut self) -> Result<Matcher> {
        let label = self.token();
        let name = match label.kind {
            TokenKind::Identifier => self.text(label).to_owned(),
            TokenKind::String => self.unquoted(label)?,
            _ => return self.unexpected(MATCHER),
        };
        self.advance();
        let op = match self.kind() {
            TokenKind::Equal => MatchOp::Equal,
            TokenKind::EqualRegex => MatchOp::Regex,
            TokenKind::NotEqualRegex => MatchOp::NotRegex,
            TokenKind::Binary(BinaryOp::NotEqual) => MatchOp::NotEqual,
            _ if label.kind == TokenKind::String => return Ok(Matcher::equal(METRIC_NAME, name)),
            _ => return self.unexpected(("label matching", "label matching operator")),
        };
        self.advance();
        if self.kind() != TokenKind::String {
            return self.unexpected(("label matching", "string"));
        }
        let value = self.advance();
        let text = self.unquoted(value)?;
        let span = label.span.to(value.span);
        let matcher = Matcher::new(name, op, text).or_else(|error| self.fail(span, error.to_string()))?;
        self.count_pattern(&matcher, span)?;
        Ok(matcher)
    }

    /// Everything that may follow an operand, as often as it follows.
    pub(crate) fn modifiers(&mut self, mut tree: Tree) -> Result<Tree> {
        loop {
            tree = match self.kind() {
                TokenKind::LeftBracket => self.bracket(tree)?,
                TokenKind::Keyword(Keyword::Offset) => self.offset(tree)?,
                TokenKind::Keyword(Keyword::Anchored) => self.range_kind(tree, RangeKind::Anchored)?,
                TokenKind::Keyword(Keyword::Smoothed) => self.range_kind(tree, RangeKind::Smoothed)?,
                TokenKind::At => self.at(tree)?,
                _ => return Ok(tree),
            };
        }
    }

    fn bracket(&mut self, (expr, height): Tree) -> Result<Tree> {
        let open = self.advance();
        let range = self.positive_duration(RANGE)?;
        if self.kind() == TokenKind::RightBracket {
            let close = self.advance();
            return Ok((self.matrix_selector(expr, range, open.span.to(close.span))?, height));
        }
        if !self.take(TokenKind::Colon) {
            return self.unexpected(("subquery or range", "\":\" or \"]\""));
        }
        let mut step = None;
        if self.kind() != TokenKind::RightBracket {
            step = Some(self.positive_duration(STEP)?);
        }
        if self.kind() != TokenKind::RightBracket {
            return self.unexpected(("subquery selector", "\"]\""));
        }
        let span = expr.span().to(self.advance().span);
        let subquery = Subquery { expr, range, step, offset: Duration::ZERO, at: None, span };
        Ok((Expr::Subquery(Box::new(subquery)), self.height(height)?))
    }

    fn matrix_selector(&self, expr: Expr, range: Duration, bracket: Span) -> Result<Expr> {
        let selector = match expr {
            Expr::Vector(selector) => *selector,
            _ => return self.fail(bracket, "ranges only allowed for vector selectors"),
        };
        if selector.offset != Duration::ZERO {
            return self.fail(bracket, "no offset modifiers allowed before range");
        }
        if selector.at.is_some() {
            return self.fail(bracket, "no @ modifiers allowed before range");
        }
        let span = selector.span.to(bracket);
        Ok(Expr::Matrix(Box::new(MatrixSelector { selector, range, span })))
    }

    fn offset(&mut self, (mut expr, height): Tree) -> Result<Tree> {
        self.advance();
        let new = self.offset_duration()?;
        let span = expr.span();
        let (offset, _, end) = self.time_modifiers(&mut expr, "offset")?;
        if *offset != Duration::ZERO {
            return self.fail(span, "offset may not be set multiple times");
        }
        *offset = new;
        *end = *end.max(&mut self.previous().span.end);
        Ok((expr, height))
    }

    fn at(&mut self, (mut expr, height): Tree) -> Result<Tree> {
        self.advance();
        let span = expr.span();
        let new = self.at_time(span)?;
        let (_, at, end) = self.time_modifiers(&mut expr, "@")?;
        if at.is_some() {
            return self.fail(span, "@ <timestamp> may not be set multiple times");
        }
        *at = Some(new);
        *end = *end.max(&mut self.previous().span.end);
        Ok((expr, height))
    }

    fn at_time(&mut self, selector: Span) -> Result<At> {
        if let TokenKind::Keyword(keyword @ (Keyword::Start | Keyword::End)) = self.kind() {
            self.advance();
            for paren in [TokenKind::LeftParen, TokenKind::RightParen] {
                if !self.take(paren) {
                    return self.unexpected(TIMESTAMP);
                }
            }
            return Ok(if keyword == Keyword::Start { At::Start } else { At::End });
        }
        let negative = self.kind() == TokenKind::Binary(BinaryOp::Sub);
        if negative || self.kind() == TokenKind::Binary(BinaryOp::Add) {
            self.advance();
        }
        let read = match self.kind() {
            TokenKind::Number => parse_number,
            TokenKind::Duration => parse_duration_seconds,
            _ => return self.unexpected(TIMESTAMP),
        };
        let token: Token = self.advance();
        let seconds = read(self.text(token)).or_else(|message| self.fail(token.span, message))?;
        let seconds = if negative { -seconds } else { seconds };
        if seconds.is_nan() || seconds.abs() >= i64::MAX as f64 {
            let message = format!("timestamp out of bounds for @ modifier: {}", fixed(seconds));
            return self.fail(selector, message);
        }
        Ok(At::Time((seconds * 1000.0).round() as Timestamp))
    }

    /// The offset, the `@` and the end of a selector or a subquery; anything else has none.
    fn time_modifiers<'e>(
        &self,
        expr: &'e mut Expr,
        modifier: &str,
    ) -> Result<(&'e mut Duration, &'e mut Option<At>, &'e mut u32)> {
        let span = expr.span();
        match expr {
            Expr::Vector(vector) => Ok((&mut vector.offset, &mut vector.at, &mut vector.span.end)),
            Expr::Matrix(matrix) => {
                Ok((&mut matrix.selector.offset, &mut matrix.selector.at, &mut matrix.span.end))
            }
            Expr::Subquery(subquery) => Ok((&mut subquery.offset, &mut subquery.at, &mut subquery.span.end)),
            _ => {
                let message = format!(
                    "{modifier} modifier must be preceded by an instant vector selector or range vector \
                     selector or a subquery"
                );
                Err(ParseError::new(self.query, span, message))
            }
        }
    }

    fn range_kind(&mut self, (mut expr, height): Tree, kind: RangeKind) -> Result<Tree> {
        self.advance();
        let (span, word) = (expr.span(), if kind == RangeKind::Anchored { "anchored" } else { "smoothed" });
        let (current, end) = match &mut expr {
            Expr::Vector(vector) => (&mut vector.range_kind, &mut vector.span.end),
            Expr::Matrix(matrix) => (&mut matrix.selector.range_kind, &mut matrix.span.end),
            Expr::Subquery(_) => {
                return self.fail(span, format!("{word} modifier is not supported for subqueries"));
            }
            _ => return self.fail(span, format!("{word} modifier not implemented")),
        };
        if *current != RangeKind::Plain && *current != kind {
            return self.fail(span, "anchored and smoothed modifiers cannot be used together");
        }
        *current = kind;
        *end = *end.max(&mut self.previous().span.end);
        Ok((expr, height))
    }
}

/// A number with six decimals, as C prints it.
fn fixed(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        format!("{number:.6}")
    }
}
