//! Owns a row filter as SQL: the condition that stands in an accessor view, beside the masks.
//!
//! It is met only by a value of the type that it names, so no affinity and no collation of a column
//! decides which rows are there.

use crate::quote::quoted;
use manifest::{RowCondition, RowOperator, RowValue};

/// Keeps SQLite from joining the view's query with the caller's: it may not, where the inner one has a
/// limit. Otherwise it could compute the caller's expressions on rows that the filter leaves out, and an
/// error of one of them would tell that such a row is there. <https://www.sqlite.org/optoverview.html>,
/// "Subquery Flattening" and "The Push-Down Optimization".
pub(crate) const BARRIER: &str = " LIMIT -1";

/// The clause for the rows that meet all of `conditions`; empty without any.
pub(crate) fn clause(conditions: &[RowCondition]) -> String {
    if conditions.is_empty() {
        return String::new();
    }
    let all: Vec<String> = conditions.iter().map(met).collect();
    format!(" WHERE {}", all.join(" AND "))
}

fn met(condition: &RowCondition) -> String {
    let sign = match condition.operator {
        RowOperator::In => "=",
        other => other.sign(),
    };
    let one_of: Vec<String> =
        condition.values.iter().map(|value| compared(&condition.column, sign, value)).collect();
    if one_of.is_empty() { "0".to_owned() } else { format!("({})", one_of.join(" OR ")) }
}

/// The sign `+` takes the column's affinity away, which could turn the literal into another value and so
/// change what is smaller. Equal values of one type are equal under every affinity, and an index may help.
fn compared(column: &str, sign: &str, value: &RowValue) -> String {
    let (column, plus) = (quoted(column), if sign == "=" { "" } else { "+" });
    match value {
        RowValue::Integer(number) => {
            format!("(typeof({column}) IN ('integer', 'real') AND {plus}{column} {sign} {number})")
        }
        RowValue::Text(text) => {
            let literal = text.replace('\'', "''");
            format!("(typeof({column}) = 'text' AND ({plus}{column}) COLLATE BINARY {sign} '{literal}')")
        }
    }
}
