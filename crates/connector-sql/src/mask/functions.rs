//! Owns the masks as SQL: the functions on a connection, and the expression that stands for a column.

use super::{FIXED, TenantKey, email, keep_last_4, year};
use crate::quote::quoted;
use manifest::MaskKind;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use std::borrow::Cow;

/// Innocuous: our own views may use them although the source's schema is not trusted.
const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Registers the masks that depend on the value, each under `prefix` and its kind's name.
pub(crate) fn register(connection: &Connection, prefix: &str, key: &TenantKey) -> rusqlite::Result<()> {
    let mask = |kind: MaskKind, function: fn(&str) -> Option<String>| {
        let name = function_name(prefix, kind);
        connection.create_scalar_function(name.as_str(), 1, FLAGS, move |call: &mut Context<'_>| {
            Ok(match text_of(call.get_raw(0)) {
                Shown::Null => None,
                Shown::Text(text) => function(&text),
                Shown::Binary(_) => Some(FIXED.to_owned()),
            })
        })
    };
    mask(MaskKind::KeepLast4, |text| Some(keep_last_4(text)))?;
    mask(MaskKind::Email, |text| Some(email(text)))?;
    mask(MaskKind::Year, year)?;
    let key = key.clone();
    let name = function_name(prefix, MaskKind::Token);
    connection.create_scalar_function(name.as_str(), 1, FLAGS, move |call| {
        Ok(match text_of(call.get_raw(0)) {
            Shown::Null => None,
            Shown::Text(text) => Some(key.token(text.as_bytes())),
            Shown::Binary(bytes) => Some(key.token(bytes)),
        })
    })
}

/// The SQL expression for `column` under a mask. Two masks need no value: they show nothing, not even
/// whether there was one.
pub(crate) fn expression(kind: MaskKind, prefix: &str, column: &str) -> String {
    match kind {
        MaskKind::Null => "NULL".to_owned(),
        MaskKind::Fixed => format!("'{FIXED}'"),
        MaskKind::KeepLast4 | MaskKind::Email | MaskKind::Year | MaskKind::Token => {
            format!("{}({})", function_name(prefix, kind), quoted(column))
        }
    }
}

fn function_name(prefix: &str, kind: MaskKind) -> String {
    format!("{prefix}{}", kind.name().replace('-', "_"))
}

enum Shown<'a> {
    Null,
    Text(Cow<'a, str>),
    Binary(&'a [u8]),
}

/// A number counts as its decimal text, so that `42` and `'42'` are the same value under a mask.
fn text_of(value: ValueRef<'_>) -> Shown<'_> {
    match value {
        ValueRef::Null => Shown::Null,
        ValueRef::Integer(number) => Shown::Text(number.to_string().into()),
        ValueRef::Real(number) => Shown::Text(number.to_string().into()),
        ValueRef::Text(bytes) => Shown::Text(String::from_utf8_lossy(bytes)),
        ValueRef::Blob(bytes) => Shown::Binary(bytes),
    }
}
