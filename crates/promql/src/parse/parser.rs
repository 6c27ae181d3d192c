//! The parser: precedence climbing over the tokens. Each function reads one construct, from its first token to its
//! last, and returns it with the height of its tree, which is what bounds the nesting.

use model::Matcher;

use crate::parse::lexer;
use crate::parse::number::{parse_duration_seconds, parse_number};
use crate::parse::string::{unquote, unquote_bytes};
use crate::parse::token::{Keyword, Token, TokenKind};
use crate::parse::{ParseError, ParseOptions};
use crate::syntax::{
    Aggregate, AggregateOp, BinaryOp, Call, Expr, Function, NumberLiteral, Paren, Span, StringLiteral, Unary,
    UnaryOp,
};

pub(crate) type Result<T> = std::result::Result<T, ParseError>;

/// An expression and how many levels its tree has.
pub(crate) type Tree = (Expr, usize);

pub(crate) struct Parser<'a> {
    pub(crate) query: &'a str,
    options: ParseOptions,
    tokens: Vec<Token>,
    /// The lexer's error, which counts once the parser has reached it.
    lexer_error: Option<ParseError>,
    position: usize,
    depth: usize,
    /// How much memory the patterns read so far take.
    pattern_bytes: usize,
    /// What a syntax error is said to be in, and what is said to be expected there.
    pub(crate) context: Context,
}

/// How much memory all compiled patterns of one text may take.
const PATTERN_BYTES_MAX: usize = 32 << 20;

/// The construct a syntax error is reported in.
pub(crate) type Context = (&'static str, &'static str);

/// The syntax error of a token that fits nowhere.
pub(crate) const ANYWHERE: Context = ("", "");

impl<'a> Parser<'a> {
    pub(crate) fn new(query: &'a str, options: ParseOptions) -> Result<Parser<'a>> {
        if query.len() > options.query_bytes_max {
            let message = format!(
                "query of {} bytes is longer than the limit of {} (query_bytes_max)",
                query.len(),
                options.query_bytes_max
            );
            return Err(ParseError::new(query, Span::default(), message));
        }
        let (tokens, lexer_error) = lexer::tokens(query);
        Ok(Parser {
            query,
            options,
            tokens,
            lexer_error,
            position: 0,
            depth: 0,
            pattern_bytes: 0,
            context: ANYWHERE,
        })
    }

    /// A pattern is compiled when it is read, so all of them together are bounded here.
    pub(crate) fn count_pattern(&mut self, matcher: &Matcher, span: Span) -> Result<()> {
        self.pattern_bytes += matcher.regex().map_or(0, model::Regex::memory_bytes);
        if self.pattern_bytes > PATTERN_BYTES_MAX {
            return self
                .fail(span, format!("patterns compile to more than {PATTERN_BYTES_MAX} bytes together"));
        }
        Ok(())
    }

    /// The whole text as one expression.
    pub(crate) fn query(&mut self) -> Result<Expr> {
        if self.kind() == TokenKind::End {
            return self.fail(Span::default(), "no expression found in input");
        }
        let (expr, _) = self.expr(0)?;
        self.expect(TokenKind::End)?;
        Ok(expr)
    }

    /// An expression of operators that bind at least as tightly as `precedence_min`.
    pub(crate) fn expr(&mut self, precedence_min: u8) -> Result<Tree> {
        self.descend()?;
        let mut left = self.operand()?;
        while let TokenKind::Binary(op) = self.kind() {
            let precedence = op.precedence();
            if precedence < precedence_min {
                break;
            }
            self.advance();
            let mut binary = self.binary_modifiers(op)?;
            let right = self.expr(if op == BinaryOp::Pow { precedence } else { precedence + 1 })?;
            let height = self.height(left.1.max(right.1))?;
            (binary.left, binary.right) = (left.0, right.0);
            binary.span = binary.left.span().to(binary.right.span());
            left = (Expr::Binary(Box::new(binary)), height);
        }
        self.ascend();
        Ok(left)
    }

    /// Signs before a primary expression, and the modifiers behind it. Signs bind less tightly than `^`.
    fn operand(&mut self) -> Result<Tree> {
        let op = match self.kind() {
            TokenKind::Binary(BinaryOp::Add) => UnaryOp::Plus,
            TokenKind::Binary(BinaryOp::Sub) => UnaryOp::Minus,
            _ => {
                let primary = self.primary()?;
                return self.modifiers(primary);
            }
        };
        let sign = self.advance();
        let (expr, height) = self.expr(BinaryOp::Pow.precedence())?;
        let span = sign.span.to(expr.span());
        if let Expr::Number(number) = expr {
            // There is one NaN only, whatever its sign.
            let negative = op == UnaryOp::Minus && !number.value.is_nan();
            let value = if negative { -number.value } else { number.value };
            return Ok((Expr::Number(NumberLiteral { value, span, ..number }), height));
        }
        Ok((Expr::Unary(Box::new(Unary { op, expr, span })), self.height(height)?))
    }

    fn primary(&mut self) -> Result<Tree> {
        let token = self.token();
        let next = self.peek_kind(1);
        match token.kind {
            TokenKind::LeftParen => self.paren(),
            TokenKind::LeftBrace => Ok((Expr::Vector(Box::new(self.vector_selector()?)), 1)),
            TokenKind::Number | TokenKind::Duration => Ok((Expr::Number(self.number_literal()?), 1)),
            TokenKind::String => Ok((Expr::String(Box::new(self.string_literal()?)), 1)),
            TokenKind::Aggregate(op)
                if matches!(
                    next,
                    TokenKind::LeftParen | TokenKind::Keyword(Keyword::By | Keyword::Without)
                ) =>
            {
                self.aggregate(op)
            }
            TokenKind::Identifier if next == TokenKind::LeftParen => self.call(),
            TokenKind::Keyword(
                Keyword::Start
                | Keyword::End
                | Keyword::Step
                | Keyword::Range
                | Keyword::MinOf
                | Keyword::MaxOf,
            ) if next == TokenKind::LeftParen => self.call(),
            kind if kind.is_metric_name() => Ok((Expr::Vector(Box::new(self.vector_selector()?)), 1)),
            _ => self.unexpected(self.context),
        }
    }

    fn paren(&mut self) -> Result<Tree> {
        let open = self.advance();
        let (expr, height) = self.expr(0)?;
        let close = self.expect(TokenKind::RightParen)?;
        let span = open.span.to(close.span);
        Ok((Expr::Paren(Box::new(Paren { expr, span })), self.height(height)?))
    }

    fn call(&mut self) -> Result<Tree> {
        let name = self.advance();
        let (args, height, end) = self.call_args()?;
        let text = self.text(name);
        let Some(function) = Function::named(text) else {
            return self.fail(name.span, format!("unknown function with name {}", model::names::quote(text)));
        };
        let call = Call { function, args, span: name.span.to(end.span) };
        Ok((Expr::Call(Box::new(call)), self.height(height)?))
    }

    /// Arguments in parentheses: what they are, the height of the highest, and the closing parenthesis.
    fn call_args(&mut self) -> Result<(Vec<Expr>, usize, Token)> {
        self.expect(TokenKind::LeftParen)?;
        let (mut args, mut height) = (Vec::new(), 0);
        if self.kind() == TokenKind::RightParen {
            return Ok((args, height, self.advance()));
        }
        loop {
            let arg = self.expr(0)?;
            height = height.max(arg.1);
            args.push(arg.0);
            if self.kind() == TokenKind::RightParen {
                return Ok((args, height, self.advance()));
            }
            let comma = self.expect(TokenKind::Comma)?;
            if !self.kind().begins_expression() {
                return self.fail(comma.span, "trailing commas not allowed in function call args");
            }
        }
    }

    fn aggregate(&mut self, op: AggregateOp) -> Result<Tree> {
        let name = self.advance();
        let context = std::mem::replace(&mut self.context, ("aggregation", ""));
        let mut grouping = self.grouping_clause()?;
        let (mut args, height, mut end) = self.call_args()?;
        if grouping.is_none() {
            grouping = self.grouping_clause()?;
            end = self.previous();
        }
        self.context = context;
        let span = name.span.to(end.span);
        let wanted = 1 + usize::from(op.param_type().is_some());
        if args.is_empty() {
            return self.fail_behind(span, "no arguments for aggregate expression provided");
        }
        if args.len() != wanted {
            let message = format!(
                "wrong number of arguments for aggregate expression provided, expected {wanted}, got {}",
                args.len()
            );
            return self.fail_behind(span, message);
        }
        let expr = args.remove(wanted - 1);
        let (without, grouping) = grouping.unwrap_or_default();
        let aggregate = Aggregate { op, expr, param: args.pop(), grouping, without, span };
        Ok((Expr::Aggregate(Box::new(aggregate)), self.height(height)?))
    }

    /// `by (...)` or `without (...)`, and whether it was the latter.
    fn grouping_clause(&mut self) -> Result<Option<(bool, Vec<String>)>> {
        let without = match self.kind() {
            TokenKind::Keyword(Keyword::By) => false,
            TokenKind::Keyword(Keyword::Without) => true,
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some((without, self.grouping_labels()?)))
    }

    pub(crate) fn number_literal(&mut self) -> Result<NumberLiteral> {
        let token = self.advance();
        let duration = token.kind == TokenKind::Duration;
        let read = if duration { parse_duration_seconds } else { parse_number };
        match read(self.text(token)) {
            Ok(value) => Ok(NumberLiteral { value, duration, span: token.span }),
            Err(message) => self.fail(token.span, message),
        }
    }

    fn string_literal(&mut self) -> Result<StringLiteral> {
        let token = self.advance();
        let text = self.text(token);
        match unquote_bytes(text).map(String::from_utf8) {
            Ok(Ok(value)) => Ok(StringLiteral { value, bytes: None, span: token.span }),
            Ok(Err(error)) => {
                let bytes = error.into_bytes();
                let value = String::from_utf8_lossy(&bytes).into_owned();
                Ok(StringLiteral { value, bytes: Some(bytes), span: token.span })
            }
            Err(_) => {
                self.unquoted(token).map(|value| StringLiteral { value, bytes: None, span: token.span })
            }
        }
    }

    /// The text of a string token.
    pub(crate) fn unquoted(&self, token: Token) -> Result<String> {
        unquote(self.text(token)).or_else(|message| self.fail(token.span, message))
    }

    // What every construct is read with.

    pub(crate) fn token(&self) -> Token {
        self.tokens[self.position]
    }

    pub(crate) fn kind(&self) -> TokenKind {
        self.token().kind
    }

    pub(crate) fn peek_kind(&self, ahead: usize) -> TokenKind {
        self.tokens.get(self.position + ahead).map_or(TokenKind::End, |token| token.kind)
    }

    pub(crate) fn previous(&self) -> Token {
        self.tokens[self.position - 1]
    }

    pub(crate) fn text(&self, token: Token) -> &'a str {
        token.span.text(self.query)
    }

    /// Takes the current token. The last one, which is `End` or `Error`, is never passed.
    pub(crate) fn advance(&mut self) -> Token {
        let token = self.token();
        self.position = (self.position + 1).min(self.tokens.len() - 1);
        token
    }

    pub(crate) fn take(&mut self, kind: TokenKind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn expect(&mut self, kind: TokenKind) -> Result<Token> {
        if self.kind() == kind { Ok(self.advance()) } else { self.unexpected(self.context) }
    }

    /// The syntax error that the current token is.
    pub(crate) fn unexpected<T>(&self, (context, expected): Context) -> Result<T> {
        let token = self.token();
        if let (TokenKind::Error, Some(error)) = (token.kind, &self.lexer_error) {
            return Err(error.clone());
        }
        let mut message = format!("unexpected {}", token.kind.describe(self.text(token)));
        if !context.is_empty() {
            message.push_str(" in ");
            message.push_str(context);
        }
        if !expected.is_empty() {
            message.push_str(", expected ");
            message.push_str(expected);
        }
        self.fail(token.span, message)
    }

    pub(crate) fn fail<T>(&self, span: Span, message: impl Into<String>) -> Result<T> {
        Err(ParseError::new(self.query, span, message))
    }

    /// As `fail`, for what only what follows it completes: characters there that make no token are the first error.
    pub(crate) fn fail_behind<T>(&self, span: Span, message: impl Into<String>) -> Result<T> {
        match (self.kind(), &self.lexer_error) {
            (TokenKind::Error, Some(error)) => Err(error.clone()),
            _ => self.fail(span, message),
        }
    }

    /// Enters one more level of recursion; who leaves it takes one from `depth`.
    pub(crate) fn descend(&mut self) -> Result<()> {
        self.depth += 1;
        self.check_depth(self.depth)
    }

    pub(crate) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// The height of a node over children of this height.
    pub(crate) fn height(&self, below: usize) -> Result<usize> {
        self.check_depth(below + 1)?;
        Ok(below + 1)
    }

    fn check_depth(&self, depth: usize) -> Result<()> {
        if depth > self.options.depth_max {
            let limit = self.options.depth_max;
            return self.fail(
                self.token().span,
                format!("query is nested deeper than the limit of {limit} levels (depth_max)"),
            );
        }
        Ok(())
    }
}
