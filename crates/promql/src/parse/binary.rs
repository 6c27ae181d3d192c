//! What may stand between a binary operator and its right side: `bool`, `on`, `group_left`, `fill` and the like.

use crate::parse::parser::{Parser, Result};
use crate::parse::token::{Keyword, TokenKind};
use crate::syntax::{BinaryExpr, BinaryOp, Cardinality, Expr, NumberLiteral, Span, VectorMatching};

impl Parser<'_> {
    /// The modifiers of `op`, in an expression whose sides are yet to be filled in.
    pub(crate) fn binary_modifiers(&mut self, op: BinaryOp) -> Result<BinaryExpr> {
        let return_bool = self.take(TokenKind::Keyword(Keyword::Bool));
        let mut matching = VectorMatching {
            cardinality: Cardinality::OneToOne,
            labels: Vec::new(),
            on: false,
            include: Vec::new(),
            fill_left: None,
            fill_right: None,
        };
        if let TokenKind::Keyword(keyword @ (Keyword::On | Keyword::Ignoring)) = self.kind() {
            self.advance();
            matching.on = keyword == Keyword::On;
            matching.labels = self.grouping_labels()?;
            self.group_side(&mut matching)?;
        }
        self.fill_values(&mut matching)?;
        let nothing = || Expr::Number(NumberLiteral { value: 0.0, duration: false, span: Span::default() });
        Ok(BinaryExpr {
            op,
            left: nothing(),
            right: nothing(),
            matching: Some(matching),
            return_bool,
            span: Span::default(),
        })
    }

    fn group_side(&mut self, matching: &mut VectorMatching) -> Result<()> {
        matching.cardinality = match self.kind() {
            TokenKind::Keyword(Keyword::GroupLeft) => Cardinality::ManyToOne,
            TokenKind::Keyword(Keyword::GroupRight) => Cardinality::OneToMany,
            _ => return Ok(()),
        };
        self.advance();
        let fill =
            matches!(self.kind(), TokenKind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight));
        if self.kind() == TokenKind::LeftParen || !(fill || self.kind().begins_expression()) {
            matching.include = self.grouping_labels()?;
        }
        Ok(())
    }

    /// `fill(1)`, or `fill_left(1)` and `fill_right(1)` in any order.
    fn fill_values(&mut self, matching: &mut VectorMatching) -> Result<()> {
        if self.take(TokenKind::Keyword(Keyword::Fill)) {
            let value = Some(self.fill_value()?);
            (matching.fill_left, matching.fill_right) = (value, value);
            return Ok(());
        }
        for _ in 0..2 {
            match self.kind() {
                TokenKind::Keyword(Keyword::FillLeft) if matching.fill_left.is_none() => {
                    self.advance();
                    matching.fill_left = Some(self.fill_value()?);
                }
                TokenKind::Keyword(Keyword::FillRight) if matching.fill_right.is_none() => {
                    self.advance();
                    matching.fill_right = Some(self.fill_value()?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn fill_value(&mut self) -> Result<f64> {
        self.expect(TokenKind::LeftParen)?;
        let negative = self.kind() == TokenKind::Binary(BinaryOp::Sub);
        if negative || self.kind() == TokenKind::Binary(BinaryOp::Add) {
            self.advance();
        }
        if !matches!(self.kind(), TokenKind::Number | TokenKind::Duration) {
            return self.unexpected(self.context);
        }
        let value = self.number_literal()?.value;
        self.expect(TokenKind::RightParen)?;
        Ok(if negative { -value } else { value })
    }

    /// Labels in parentheses, behind `by`, `on` and their kind.
    pub(crate) fn grouping_labels(&mut self) -> Result<Vec<String>> {
        if !self.take(TokenKind::LeftParen) {
            return self.unexpected(("grouping opts", "\"(\""));
        }
        let mut labels = Vec::new();
        if self.take(TokenKind::RightParen) {
            return Ok(labels);
        }
        loop {
            labels.push(self.grouping_label()?);
            if self.take(TokenKind::RightParen) {
                return Ok(labels);
            }
            if !self.take(TokenKind::Comma) {
                return self.unexpected(("grouping opts", "\",\" or \")\""));
            }
            if self.take(TokenKind::RightParen) {
                return Ok(labels);
            }
        }
    }

    fn grouping_label(&mut self) -> Result<String> {
        let token = self.token();
        if token.kind.is_label_name() {
            self.advance();
            return Ok(self.text(token).to_owned());
        }
        if token.kind != TokenKind::String {
            return self.unexpected(("grouping opts", "label"));
        }
        self.advance();
        let label = self.unquoted(token)?;
        if label.is_empty() {
            return self.fail(token.span, "invalid label name for grouping: \"\"");
        }
        Ok(label)
    }
}
