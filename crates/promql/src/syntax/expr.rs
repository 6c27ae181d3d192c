//! The expression: one node of the tree, and the walks over it.

use crate::syntax::{
    Aggregate, BinaryExpr, Function, MatrixSelector, NumberLiteral, Span, StringLiteral, Subquery, ValueType,
    VectorSelector,
};

/// One node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `sum by (job) (x)`
    Aggregate(Box<Aggregate>),
    /// `x + y`
    Binary(Box<BinaryExpr>),
    /// `rate(x[5m])`
    Call(Box<Call>),
    /// `x[5m]`
    Matrix(Box<MatrixSelector>),
    /// `1.5`, `5m`
    Number(NumberLiteral),
    /// `(x)`
    Paren(Box<Paren>),
    /// `"text"`
    String(Box<StringLiteral>),
    /// `x[1h:1m]`
    Subquery(Box<Subquery>),
    /// `-x`
    Unary(Box<Unary>),
    /// `x{job="api"}`
    Vector(Box<VectorSelector>),
}

/// A function applied to arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Which function.
    pub function: &'static Function,
    /// Its arguments, of the count and the types the function takes.
    pub args: Vec<Expr>,
    /// Where the call stands.
    pub span: Span,
}

/// An expression in parentheses.
#[derive(Clone, Debug, PartialEq)]
pub struct Paren {
    /// What they hold.
    pub expr: Expr,
    /// Where they stand.
    pub span: Span,
}

/// A sign before an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Unary {
    /// The sign.
    pub op: UnaryOp,
    /// What it stands before: a scalar or an instant vector.
    pub expr: Expr,
    /// From the sign to the end of the expression.
    pub span: Span,
}

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

impl UnaryOp {
    /// The sign as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Plus => "+",
            UnaryOp::Minus => "-",
        }
    }
}

impl Expr {
    /// What the expression yields.
    pub fn value_type(&self) -> ValueType {
        match self {
            Expr::Aggregate(_) | Expr::Vector(_) => ValueType::Vector,
            Expr::Binary(binary) => {
                let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
                if scalar(&binary.right) && scalar(&binary.left) {
                    ValueType::Scalar
                } else {
                    ValueType::Vector
                }
            }
            Expr::Call(call) => call.function.returns,
            Expr::Matrix(_) | Expr::Subquery(_) => ValueType::Matrix,
            Expr::Number(_) => ValueType::Scalar,
            Expr::Paren(paren) => paren.expr.value_type(),
            Expr::String(_) => ValueType::String,
            Expr::Unary(unary) => unary.expr.value_type(),
        }
    }

    /// Where the expression stands in the query.
    pub fn span(&self) -> Span {
        match self {
            Expr::Aggregate(aggregate) => aggregate.span,
            Expr::Binary(binary) => binary.span,
            Expr::Call(call) => call.span,
            Expr::Matrix(matrix) => matrix.span,
            Expr::Number(number) => number.span,
            Expr::Paren(paren) => paren.span,
            Expr::String(string) => string.span,
            Expr::Subquery(subquery) => subquery.span,
            Expr::Unary(unary) => unary.span,
            Expr::Vector(vector) => vector.span,
        }
    }

    /// The expression without the parentheses around it.
    pub fn unparenthesised(&self) -> &Expr {
        let mut expr = self;
        while let Expr::Paren(paren) = expr {
            expr = &paren.expr;
        }
        expr
    }

    /// The direct children, in the order they are evaluated: an aggregation's parameter last.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Aggregate(aggregate) => {
                std::iter::once(&aggregate.expr).chain(aggregate.param.as_ref()).collect()
            }
            Expr::Binary(binary) => vec![&binary.left, &binary.right],
            Expr::Call(call) => call.args.iter().collect(),
            Expr::Paren(paren) => vec![&paren.expr],
            Expr::Subquery(subquery) => vec![&subquery.expr],
            Expr::Unary(unary) => vec![&unary.expr],
            Expr::Matrix(_) | Expr::Number(_) | Expr::String(_) | Expr::Vector(_) => Vec::new(),
        }
    }

    /// Calls `visit` on this expression and then on everything below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// Every selector in the expression, those of ranges included, in the order of the text.
    pub fn selectors(&self) -> Vec<&VectorSelector> {
        let mut selectors = Vec::new();
        self.walk(&mut |expr| match expr {
            Expr::Vector(vector) => selectors.push(&**vector),
            Expr::Matrix(matrix) => selectors.push(&matrix.selector),
            _ => {}
        });
        selectors.sort_by_key(|selector| selector.span.start);
        selectors
    }
}
