//! Durations in brackets and behind `offset`: constants as a rule, arithmetic on the query's range and step at times.

use crate::parse::parser::{Context, Parser, Result};
use crate::parse::token::{Keyword, Token, TokenKind};
use crate::syntax::duration::SECONDS_MAX;
use crate::syntax::{BinaryOp, Duration, DurationExpr, DurationOp, Span, UnaryOp};

const OFFSET: Context = ("offset", "number, duration, step(), or range()");

/// Binds tighter than every operator, so that an offset without parentheses ends before the next one.
const NO_OPERATORS: u8 = u8::MAX;

impl Parser<'_> {
    /// The duration of a range or of a subquery's step.
    pub(crate) fn positive_duration(&mut self, context: Context) -> Result<Duration> {
        let outer = std::mem::replace(&mut self.context, context);
        let (expr, _) = self.duration_expr(0)?;
        self.context = outer;
        match expr {
            DurationExpr::Number(number) if number.value > 0.0 => {
                Ok(Duration::Millis(millis(number.value).max(1)))
            }
            DurationExpr::Number(number) if number.value.is_nan() => {
                self.fail_behind(number.span, "duration out of range")
            }
            DurationExpr::Number(number) => self.fail_behind(number.span, "duration must be greater than 0"),
            expr => Ok(Duration::Expr(Box::new(expr))),
        }
    }

    /// The duration behind `offset`: signs and one operand. Operators belong to it only where it begins with a
    /// parenthesis: `x offset (1m) * 2` looks two minutes back, as in Prometheus.
    pub(crate) fn offset_duration(&mut self) -> Result<Duration> {
        let outer = std::mem::replace(&mut self.context, OFFSET);
        let precedence = if self.kind() == TokenKind::LeftParen { 0 } else { NO_OPERATORS };
        let (expr, _) = self.duration_expr(precedence)?;
        self.context = outer;
        Ok(match expr {
            DurationExpr::Number(number) if number.value.is_nan() => {
                return self.fail_behind(number.span, "duration out of range");
            }
            DurationExpr::Number(number) => Duration::Millis(millis(number.value)),
            expr => Duration::Expr(Box::new(expr)),
        })
    }

    fn duration_expr(&mut self, precedence_min: u8) -> Result<(DurationExpr, usize)> {
        self.descend()?;
        let (mut left, mut height) = self.duration_operand(precedence_min)?;
        while let TokenKind::Binary(op) = self.kind() {
            let (Some(duration_op), precedence) = (duration_op(op), op.precedence()) else { break };
            if precedence < precedence_min {
                break;
            }
            let token = self.advance();
            let (right, right_height) =
                self.duration_expr(if op == BinaryOp::Pow { precedence } else { precedence + 1 })?;
            self.check_divisor(duration_op, &right, token)?;
            height = self.height(height.max(right_height))?;
            left = combine(duration_op, left, right);
        }
        self.ascend();
        Ok((left, height))
    }

    fn duration_operand(&mut self, precedence_min: u8) -> Result<(DurationExpr, usize)> {
        let token = self.token();
        match token.kind {
            TokenKind::Number | TokenKind::Duration => {
                let number = self.number_literal()?;
                if number.value.abs() > SECONDS_MAX {
                    return self.fail_behind(number.span, "duration out of range");
                }
                Ok((DurationExpr::Number(number), 1))
            }
            TokenKind::Binary(BinaryOp::Add | BinaryOp::Sub) => self.signed_duration(precedence_min),
            TokenKind::LeftParen => {
                let open = self.advance();
                let (expr, height) = self.duration_expr(0)?;
                let span = open.span.to(self.expect(TokenKind::RightParen)?.span);
                match expr {
                    // A number is the same in parentheses.
                    DurationExpr::Number(_) => return Ok((expr, height)),
                    DurationExpr::Paren { expr, .. } => {
                        return Ok((DurationExpr::Paren { expr, span }, height));
                    }
                    _ => {}
                }
                Ok((DurationExpr::Paren { expr: Box::new(expr), span }, self.height(height)?))
            }
            TokenKind::Keyword(keyword @ (Keyword::Step | Keyword::Range)) => {
                self.advance();
                self.expect(TokenKind::LeftParen)?;
                let span = token.span.to(self.expect(TokenKind::RightParen)?.span);
                let step = keyword == Keyword::Step;
                Ok((if step { DurationExpr::Step(span) } else { DurationExpr::Range(span) }, 1))
            }
            TokenKind::Keyword(Keyword::MinOf) => self.duration_choice(DurationOp::MinOf),
            TokenKind::Keyword(Keyword::MaxOf) => self.duration_choice(DurationOp::MaxOf),
            _ => self.unexpected(self.context),
        }
    }

    /// A sign belongs to a number that follows; a plus means nothing elsewhere.
    fn signed_duration(&mut self, precedence_min: u8) -> Result<(DurationExpr, usize)> {
        let sign = self.advance();
        let minus = sign.kind == TokenKind::Binary(BinaryOp::Sub);
        // A sign binds like a product: `-2 ^ 2` is `-(2 ^ 2)` wherever operators may follow.
        let (expr, height) = self.duration_expr(precedence_min.max(BinaryOp::Pow.precedence()))?;
        let span = sign.span.to(expr.span());
        match expr {
            DurationExpr::Number(mut number) => {
                number.value = if minus { -number.value } else { number.value };
                number.span = span;
                Ok((DurationExpr::Number(number), height))
            }
            expr if minus => {
                let expr = Box::new(expr);
                Ok((DurationExpr::Unary { op: UnaryOp::Minus, expr, span }, self.height(height)?))
            }
            expr => Ok((expr, height)),
        }
    }

    fn duration_choice(&mut self, op: DurationOp) -> Result<(DurationExpr, usize)> {
        let name = self.advance();
        self.expect(TokenKind::LeftParen)?;
        let (left, left_height) = self.duration_expr(0)?;
        self.expect(TokenKind::Comma)?;
        let (right, right_height) = self.duration_expr(0)?;
        let span = name.span.to(self.expect(TokenKind::RightParen)?.span);
        let expr = DurationExpr::Binary { op, left: Box::new(left), right: Box::new(right), span };
        Ok((expr, self.height(left_height.max(right_height))?))
    }

    fn check_divisor(&self, op: DurationOp, right: &DurationExpr, token: Token) -> Result<()> {
        let zero = matches!(right, DurationExpr::Number(number) if number.value == 0.0);
        match op {
            DurationOp::Div if zero => self.fail_behind(token.span, "division by zero"),
            DurationOp::Mod if zero => self.fail_behind(token.span, "modulo by zero"),
            _ => Ok(()),
        }
    }
}

fn combine(op: DurationOp, left: DurationExpr, right: DurationExpr) -> DurationExpr {
    let span: Span = left.span().to(right.span());
    DurationExpr::Binary { op, left: Box::new(left), right: Box::new(right), span }
}

fn duration_op(op: BinaryOp) -> Option<DurationOp> {
    Some(match op {
        BinaryOp::Add => DurationOp::Add,
        BinaryOp::Sub => DurationOp::Sub,
        BinaryOp::Mul => DurationOp::Mul,
        BinaryOp::Div => DurationOp::Div,
        BinaryOp::Mod => DurationOp::Mod,
        BinaryOp::Pow => DurationOp::Pow,
        _ => return None,
    })
}

/// Seconds in milliseconds, the rest below cut off after rounding to nanoseconds as Prometheus does.
fn millis(seconds: f64) -> i64 {
    ((seconds * 1e9).round() / 1e6) as i64
}
