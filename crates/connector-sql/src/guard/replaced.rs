//! Owns functions of SQLite that we register again, since one call of theirs can hold a thread for
//! many seconds and nothing interrupts a call: their time grows with the product of two lengths.
//!
//! Ours grows with the sum. The results are the same for texts and whole numbers.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use std::borrow::Cow;
use std::collections::HashSet;

const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Registers `trim`, `ltrim`, `rtrim` and `unhex` with two arguments. With one argument they stay SQLite's.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let trim = |name: &str, cut: fn(&str, &HashSet<char>) -> String| {
        connection.create_scalar_function(name, 2, FLAGS, move |call: &mut Context<'_>| {
            let both = text(call.get_raw(0)).zip(text(call.get_raw(1)));
            Ok(both.map(|(value, signs)| cut(&value, &signs.chars().collect())))
        })
    };
    trim("trim", |value, signs| value.trim_matches(|sign| signs.contains(&sign)).to_owned())?;
    trim("ltrim", |value, signs| value.trim_start_matches(|sign| signs.contains(&sign)).to_owned())?;
    trim("rtrim", |value, signs| value.trim_end_matches(|sign| signs.contains(&sign)).to_owned())?;
    connection.create_scalar_function("unhex", 2, FLAGS, |call| {
        let both = text(call.get_raw(0)).zip(text(call.get_raw(1)));
        Ok(both.and_then(|(digits, passing)| unhex(&digits, &passing.chars().collect())))
    })
}

/// Bytes of pairs of digits; signs of `passing` may stand between pairs. `None` for anything else.
fn unhex(digits: &str, passing: &HashSet<char>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut signs = digits.chars();
    while let Some(sign) = signs.next() {
        match sign.to_digit(16) {
            Some(high) => bytes.push(u8::try_from(high * 16 + signs.next()?.to_digit(16)?).ok()?),
            None if passing.contains(&sign) => {}
            None => return None,
        }
    }
    Some(bytes)
}

fn text(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string().into()),
        ValueRef::Real(number) => Some(format!("{number:?}").into()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
}
