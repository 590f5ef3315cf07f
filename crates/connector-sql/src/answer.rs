//! Owns how a planned query runs on a session and how its rows become JSON.

use crate::guard::{Stop, Unfit, one_read};
use crate::limits::{MAX_BLOB_BYTES, MAX_RESULT_BYTES};
use crate::plan::{Param, QueryPlan};
use crate::refuse;
use crate::session::Session;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Refusal, RefusalCode};
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Row, Statement, ToSql};
use serde_json::{Value, json};
use std::sync::Arc;

/// A number of 64 bits in its longest form with a comma, twice.
const NUMBER_BYTES: usize = 48;
/// Quotes and a comma, once plain and once escaped.
const TEXT_FRAME_BYTES: usize = 8;

/// Runs `plan` to its row limit or to `stop`. Blocks. Gives the tool's structured content.
pub(crate) fn answer(session: &mut Session, plan: &QueryPlan, stop: &Arc<Stop>) -> Result<Value, Refusal> {
    let connection = session.connection();
    let ended = |error: rusqlite::Error| refuse::run(&error, stop.why());
    stop.watch(connection).map_err(ended)?;
    let mut statement = one_read(connection, &plan.sql).map_err(|unfit| match unfit {
        Unfit::Sqlite(error) => ended(error),
        Unfit::Empty | Unfit::Several | Unfit::NotARead => refuse::not_planned(),
    })?;
    if statement.column_count() != plan.columns.len() || statement.parameter_count() != plan.params.len() {
        return Err(refuse::not_planned());
    }
    bind(&mut statement, &plan.params).map_err(ended)?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    let mut truncated = false;
    let mut found = statement.raw_query();
    while let Some(row) = found.next().map_err(ended)? {
        // One row more than asked for tells that there are more.
        if rows.len() >= plan.max_rows as usize {
            truncated = true;
            break;
        }
        rows.push(read(row, plan.columns.len(), &mut bytes)?);
    }
    Ok(json!({ "columns": plan.columns, "row_count": rows.len(), "rows": rows, "truncated": truncated }))
}

fn bind(statement: &mut Statement<'_>, params: &[Param]) -> rusqlite::Result<()> {
    params.iter().enumerate().try_for_each(|(at, param)| statement.raw_bind_parameter(at + 1, param))
}

impl ToSql for Param {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(SqlValue::Null),
            Self::Bool(value) => ToSqlOutput::Owned(SqlValue::Integer(i64::from(*value))),
            Self::Integer(value) => ToSqlOutput::Owned(SqlValue::Integer(*value)),
            Self::Real(value) => ToSqlOutput::Owned(SqlValue::Real(*value)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

fn read(row: &Row<'_>, width: usize, bytes: &mut usize) -> Result<Value, Refusal> {
    let mut cells = Vec::with_capacity(width);
    for at in 0..width {
        let value = row
            .get_ref(at)
            .map_err(|_| Refusal::new(RefusalCode::Internal, "a row has fewer columns than its statement"))?;
        let cell = cell(value)?;
        *bytes += written(&cell);
        if *bytes > MAX_RESULT_BYTES {
            return Err(refuse::limit("max_result_bytes", "the cells of a result exceed their limit"));
        }
        cells.push(cell);
    }
    Ok(Value::Array(cells))
}

/// Bytes of a cell in both forms of the result.
fn written(cell: &Value) -> usize {
    match cell {
        Value::String(text) => text
            .bytes()
            .map(|sign| match sign {
                // `\"` and `\\\"`.
                b'"' | b'\\' => 6,
                // `\u0001` and `\\u0001`.
                0..=0x1f => 13,
                _ => 2,
            })
            .sum::<usize>()
            .saturating_add(TEXT_FRAME_BYTES),
        Value::Number(number) if number.is_i64() => {
            let digits =
                number.as_i64().map_or(0, |number| number.unsigned_abs().checked_ilog10().unwrap_or(0));
            2 * (digits as usize + 3)
        }
        Value::Number(_) => NUMBER_BYTES,
        // `null,` twice.
        _ => 10,
    }
}

/// Binary data becomes `base64:…`; a number that JSON has no form for becomes its name.
fn cell(value: ValueRef<'_>) -> Result<Value, Refusal> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) if number.is_finite() => number.into(),
        ValueRef::Real(number) => (if number > 0.0 { "Infinity" } else { "-Infinity" }).into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(data) if data.len() > MAX_BLOB_BYTES => {
            return Err(refuse::limit("max_blob_bytes", "a binary cell exceeds its limit"));
        }
        ValueRef::Blob(data) => format!("base64:{}", STANDARD.encode(data)).into(),
    })
}
