//! Binary operations and how the series of their sides find each other.

use std::fmt;

use crate::syntax::{Expr, Span};

/// One operator between two expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryExpr {
    /// The operator.
    pub op: BinaryOp,
    /// Left of it.
    pub left: Expr,
    /// Right of it.
    pub right: Expr,
    /// How series find each other; present exactly when both sides are instant vectors.
    pub matching: Option<VectorMatching>,
    /// Whether a comparison yields 0 and 1 rather than filtering.
    pub return_bool: bool,
    /// From the start of the left to the end of the right side.
    pub span: Span,
}

/// What stands between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
    /// `atan2`
    Atan2,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `>=`
    GreaterEqual,
    /// `<=`
    LessEqual,
    /// `</`: the part of a histogram below a value.
    TrimUpper,
    /// `>/`: the part of a histogram above a value.
    TrimLower,
    /// `and`
    And,
    /// `or`
    Or,
    /// `unless`
    Unless,
}

/// How the series of two instant vectors find each other.
#[derive(Clone, Debug)]
pub struct VectorMatching {
    /// How many series of each side a match may have.
    pub cardinality: Cardinality,
    /// The labels that must be equal, or without `on` those that need not be.
    pub labels: Vec<String>,
    /// Whether `labels` came with `on` rather than `ignoring`.
    pub on: bool,
    /// Labels the result takes from the side that is one.
    pub include: Vec<String>,
    /// What a series that is missing on the left counts as.
    pub fill_left: Option<f64>,
    /// What a series that is missing on the right counts as.
    pub fill_right: Option<f64>,
}

/// How many series of each side a match may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cardinality {
    /// At most one of each.
    OneToOne,
    /// `group_left`: many on the left.
    ManyToOne,
    /// `group_right`: many on the right.
    OneToMany,
    /// The set operators.
    ManyToMany,
}

impl Cardinality {
    /// The name the HTTP API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Cardinality::OneToOne => "one-to-one",
            Cardinality::ManyToOne => "many-to-one",
            Cardinality::OneToMany => "one-to-many",
            Cardinality::ManyToMany => "many-to-many",
        }
    }
}

impl BinaryOp {
    /// Every operator.
    pub const ALL: [BinaryOp; 18] = {
        use BinaryOp::*;
        [
            Add,
            Sub,
            Mul,
            Div,
            Mod,
            Pow,
            Atan2,
            Equal,
            NotEqual,
            Greater,
            Less,
            GreaterEqual,
            LessEqual,
            TrimUpper,
            TrimLower,
            And,
            Or,
            Unless,
        ]
    };

    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "^",
            BinaryOp::Atan2 => "atan2",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Greater => ">",
            BinaryOp::Less => "<",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::LessEqual => "<=",
            BinaryOp::TrimUpper => "</",
            BinaryOp::TrimLower => ">/",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
            BinaryOp::Unless => "unless",
        }
    }

    /// Whether the operator compares: `==`, `!=`, `<`, `>`, `<=`, `>=`.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            BinaryOp::Equal
                | BinaryOp::NotEqual
                | BinaryOp::Greater
                | BinaryOp::Less
                | BinaryOp::GreaterEqual
                | BinaryOp::LessEqual
        )
    }

    /// Whether the operator is of sets: `and`, `or`, `unless`.
    pub fn is_set(self) -> bool {
        matches!(self, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless)
    }

    /// How tightly the operator binds; more binds tighter. Only `^` associates to the right.
    pub fn precedence(self) -> u8 {
        match self {
            BinaryOp::Or => 1,
            BinaryOp::And | BinaryOp::Unless => 2,
            op if op.is_comparison() => 3,
            BinaryOp::TrimUpper | BinaryOp::TrimLower => 3,
            BinaryOp::Add | BinaryOp::Sub => 4,
            BinaryOp::Pow => 6,
            _ => 5,
        }
    }
}

impl fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

/// Fill values are equal when their bits are, so that a query with NaN equals itself.
impl PartialEq for VectorMatching {
    fn eq(&self, other: &VectorMatching) -> bool {
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        (self.cardinality, &self.labels, self.on, &self.include)
            == (other.cardinality, &other.labels, other.on, &other.include)
            && bits(self.fill_left) == bits(other.fill_left)
            && bits(self.fill_right) == bits(other.fill_right)
    }
}
