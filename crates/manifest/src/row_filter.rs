//! Which rows of a table a caller sees: conditions that must all hold, over columns and fixed values.
//!
//! Where a value came from (the policy's text, or who calls) is not known here.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RowOperator {
    /// The same value.
    #[serde(rename = "=")]
    Equal,
    /// Another value of the same type.
    #[serde(rename = "!=")]
    NotEqual,
    /// A smaller value of the same type.
    #[serde(rename = "<")]
    Less,
    /// The same or a smaller one.
    #[serde(rename = "<=")]
    LessOrEqual,
    /// A greater value of the same type.
    #[serde(rename = ">")]
    Greater,
    /// The same or a greater one.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// One of several values.
    #[serde(rename = "in")]
    In,
}

impl RowOperator {
    /// Every operator.
    pub const ALL: [Self; 7] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::In,
    ];

    /// The sign in `data.toml`.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

/// What a column is compared with. A stored value of another type meets no condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RowValue {
    /// A whole number of 64 bits.
    Integer(i64),
    /// Text, compared sign by sign: upper and lower case differ.
    Text(String),
}

/// One condition. A row that does not meet it is not there, and NULL meets none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowCondition {
    /// The column, as the resource spells it.
    pub column: String,
    /// How it is compared.
    pub operator: RowOperator,
    /// With one of these; with none of them no row is there.
    pub values: Vec<RowValue>,
}

impl fmt::Display for RowValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(out, "{number}"),
            Self::Text(text) => write!(out, "{text:?}"),
        }
    }
}

impl fmt::Display for RowCondition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
        write!(out, "{} {} {}", self.column, self.operator.sign(), values.join(", "))
    }
}
