//! `rows` of a table in `data.toml`: which of its rows are there, as it is written and what it means.

use crate::error::Problem;
use crate::files::DATA;
use crate::nearest::did_you_mean;
use domain::Principal;
use manifest::{RowCondition, RowOperator, RowValue};
use serde::Deserialize;
use std::fmt;

/// Conditions of one table. A rule with more belongs into a view of the database.
const MAX_CONDITIONS: usize = 16;

/// Values of one condition; each is compared with each row.
const MAX_VALUES: usize = 256;

/// One condition as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionRow {
    column: String,
    op: String,
    value: Option<toml::Value>,
    values: Option<Vec<toml::Value>>,
    principal: Option<String>,
}

/// One condition, whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowRule {
    pub(crate) column: String,
    operator: RowOperator,
    operand: Operand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Values(Vec<RowValue>),
    Principal(Attribute),
}

/// What of the caller a column can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    Tenant,
    Person,
    Client,
}

impl Attribute {
    const ALL: [Self; 3] = [Self::Tenant, Self::Person, Self::Client];

    const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Person => "person",
            Self::Client => "client",
        }
    }

    fn of(self, principal: &Principal) -> &str {
        match self {
            Self::Tenant => principal.tenant.as_str(),
            Self::Person => principal.person.as_str(),
            Self::Client => principal.client.as_str(),
        }
    }
}

impl RowRule {
    /// Reads the conditions of one table.
    pub(super) fn read_all(rows: &[toml::Table]) -> Result<Vec<Self>, Problem> {
        if rows.is_empty() || rows.len() > MAX_CONDITIONS {
            let cause = format!("`rows` holds {} conditions, not 1 to {MAX_CONDITIONS}", rows.len());
            return Err(Problem::new(DATA, cause, "leave `rows` out if every row may be seen"));
        }
        rows.iter().map(Self::read).collect()
    }

    fn read(row: &toml::Table) -> Result<Self, Problem> {
        let wrong = |cause: String| {
            let hint = "write `{ column = \"…\", op = \"=\", value = … }`, or `principal = \"person\"` for the value";
            Problem::new(DATA, format!("`rows`: {cause}"), hint)
        };
        let row: ConditionRow =
            row.clone().try_into().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        let operator = RowOperator::ALL.into_iter().find(|operator| operator.sign() == row.op);
        let operator = operator.ok_or_else(|| {
            let signs = RowOperator::ALL.map(RowOperator::sign);
            let hint = format!("write one of `{}`", signs.join("`, `"));
            Problem::new(DATA, format!("`rows`: unknown operator `{}`", row.op), hint)
        })?;
        let operand = match (operator, row.value, row.values, row.principal) {
            (RowOperator::In, None, Some(values), None) => {
                if values.is_empty() || values.len() > MAX_VALUES {
                    return Err(wrong(format!("`values` holds {}, not 1 to {MAX_VALUES}", values.len())));
                }
                Operand::Values(values.iter().map(value).collect::<Result<_, _>>().map_err(wrong)?)
            }
            (RowOperator::In, ..) => return Err(wrong("`in` wants `values`, a list".to_owned())),
            (_, Some(one), None, None) => Operand::Values(vec![value(&one).map_err(wrong)?]),
            (RowOperator::Equal | RowOperator::NotEqual, None, None, Some(word)) => {
                Operand::Principal(attribute(&word)?)
            }
            (_, None, None, Some(_)) => {
                return Err(wrong("a principal is compared with `=` or `!=`".to_owned()));
            }
            _ => return Err(wrong("a condition names exactly one of `value`, `principal`".to_owned())),
        };
        Ok(Self { column: row.column, operator, operand })
    }

    /// True if the condition is another one for another caller.
    pub(crate) const fn depends_on_caller(&self) -> bool {
        matches!(self.operand, Operand::Principal(_))
    }

    /// The condition for one caller. For nobody in particular a condition over the caller is met by no row.
    pub(crate) fn for_caller(&self, principal: Option<&Principal>) -> RowCondition {
        let values = match &self.operand {
            Operand::Values(values) => values.clone(),
            Operand::Principal(attribute) => principal
                .map(|principal| RowValue::Text(attribute.of(principal).to_owned()))
                .into_iter()
                .collect(),
        };
        RowCondition { column: self.column.clone(), operator: self.operator, values }
    }
}

impl fmt::Display for RowRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operand {
            Operand::Values(_) => self.for_caller(None).fmt(out),
            Operand::Principal(attribute) => {
                write!(out, "{} {} principal.{}", self.column, self.operator.sign(), attribute.word())
            }
        }
    }
}

/// All conditions of a table on one line, for people.
pub(crate) fn told<T: fmt::Display>(conditions: &[T]) -> String {
    conditions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn value(value: &toml::Value) -> Result<RowValue, String> {
    match value {
        toml::Value::Integer(number) => Ok(RowValue::Integer(*number)),
        toml::Value::String(text) if text.contains('\0') => Err("a value holds the sign NUL".to_owned()),
        toml::Value::String(text) => Ok(RowValue::Text(text.clone())),
        other => Err(format!("a value is a text or a whole number, not a {}", other.type_str())),
    }
}

fn attribute(word: &str) -> Result<Attribute, Problem> {
    let known = || Attribute::ALL.into_iter();
    known().find(|attribute| attribute.word() == word).ok_or_else(|| {
        let hint = did_you_mean(word, known().map(Attribute::word), "write `tenant`, `person` or `client`");
        Problem::new(DATA, format!("`rows`: a principal has no `{word}`"), hint)
    })
}
