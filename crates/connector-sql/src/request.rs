//! Owns the reading of the tool's arguments. It holds the input schema's bounds once more, in bytes.

use crate::limits::{DEFAULT_ROWS, MAX_PARAM_BYTES, MAX_PARAMS, MAX_ROWS, MAX_SQL_BYTES};
use crate::plan::{Param, Query};
use crate::refuse;
use domain::{Json, Refusal, ResourceName};
use manifest::Arguments;

const KNOWN: [&str; 5] = ["resource", "operation", "sql", "params", "max_rows"];

/// The resource that the arguments name. Any well-formed name passes: whether it is there is not said here.
pub(crate) fn resource(arguments: &Arguments) -> Result<ResourceName, Refusal> {
    arguments
        .text("resource")
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| refuse::arguments("At /resource: expected the name of a database."))
}

/// The whole query. Refuses with `invalid_arguments`, naming the place.
pub(crate) fn query(arguments: &Arguments) -> Result<Query, Refusal> {
    let resource = resource(arguments)?;
    let members = arguments.json().members().unwrap_or_default();
    if members.iter().any(|(name, _)| !KNOWN.contains(&name.as_str())) {
        return Err(refuse::arguments(format!("Expected only {}.", KNOWN.join(", "))));
    }
    match arguments.json().get("operation").map(Json::as_str) {
        None | Some(Some("query")) => {}
        Some(_) => return Err(refuse::arguments("At /operation: expected `query`.")),
    }
    let sql = arguments
        .text("sql")
        .filter(|sql| sql.len() <= MAX_SQL_BYTES && !sql.contains('\0'))
        .ok_or_else(|| refuse::arguments("At /sql: expected a string of at most 32 KiB without NUL."))?;
    let params = match arguments.json().get("params") {
        None => Vec::new(),
        Some(Json::Array(values)) if values.len() <= MAX_PARAMS => {
            values.iter().map(param).collect::<Result<_, _>>()?
        }
        Some(_) => {
            return Err(refuse::arguments(format!(
                "At /params: expected an array of at most {MAX_PARAMS} values."
            )));
        }
    };
    let max_rows = match arguments.json().get("max_rows") {
        None => DEFAULT_ROWS,
        Some(number) => number
            .as_i64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| (1..=MAX_ROWS).contains(number))
            .ok_or_else(|| {
                refuse::arguments(format!("At /max_rows: expected a whole number from 1 to {MAX_ROWS}."))
            })?,
    };
    Ok(Query { resource, sql: sql.to_owned(), params, max_rows })
}

fn param(value: &Json) -> Result<Param, Refusal> {
    let wrong = || {
        refuse::arguments(
            "At /params: expected strings of at most 16 KiB, numbers of 64 bits, true, false or null.",
        )
    };
    match value {
        Json::Null => Ok(Param::Null),
        Json::Bool(value) => Ok(Param::Bool(*value)),
        Json::String(text) if text.len() <= MAX_PARAM_BYTES => Ok(Param::Text(text.clone())),
        Json::Number(token) => match value.as_i64() {
            Some(number) => Ok(Param::Integer(number)),
            // A whole number that 64 bits do not hold is refused: a double would be another number.
            None if token.bytes().any(|sign| b".eE".contains(&sign)) => token
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(Param::Real)
                .ok_or_else(wrong),
            None => Err(wrong()),
        },
        Json::String(_) | Json::Array(_) | Json::Object(_) => Err(wrong()),
    }
}
