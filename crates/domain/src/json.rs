//! JSON as it was sent: one strict reading of a message, kept in full.
//!
//! Numbers keep their token (`1` and `1.0` differ), objects keep their order, and what two parsers
//! could read in two ways is refused: duplicate keys, lone surrogates, numbers out of range, bytes
//! after the value, too deep or too many values. What was checked is what is sent on.

mod parse;
#[cfg(test)]
mod tests;

use crate::Digest;
use std::fmt::Write;

/// Bounds on one JSON text.
#[derive(Clone, Copy, Debug)]
pub struct JsonLimits {
    /// Levels of arrays and objects.
    pub depth: usize,
    /// Values of any kind, keys not counted.
    pub values: usize,
}

impl JsonLimits {
    /// The deepest message of the MCP conformance suite has 9 levels; a tool's arguments may be
    /// deeper. The parser recurses once per level, 64 levels take under 16 KiB of stack.
    pub const MESSAGE: Self = Self { depth: 64, values: 100_000 };
}

/// Why a text is not one well-formed JSON value. Offsets are bytes from the start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON.
    #[error("not valid JSON at byte {at}")]
    Syntax {
        /// Where.
        at: usize,
    },
    /// The text is not UTF-8.
    #[error("not valid UTF-8")]
    NotUtf8,
    /// One object has a key twice.
    #[error("duplicate key at byte {at}")]
    DuplicateKey {
        /// Where the second one ends.
        at: usize,
    },
    /// Half of a surrogate pair in a `\u` escape.
    #[error("lone surrogate at byte {at}")]
    LoneSurrogate {
        /// Where.
        at: usize,
    },
    /// A number that no 64-bit integer or finite double holds.
    #[error("number out of range at byte {at}")]
    NumberRange {
        /// Where it starts.
        at: usize,
    },
    /// Deeper than [`JsonLimits::depth`].
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More values than [`JsonLimits::values`].
    #[error("more than {limit} values")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

/// One JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The number's token, as sent.
    Number(Box<str>),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object in the order in which it was sent; no key occurs twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads exactly one value from `bytes`.
    pub fn parse(bytes: &[u8], limits: JsonLimits) -> Result<Self, JsonError> {
        parse::parse(bytes, limits)
    }

    /// An object without members.
    pub const fn empty_object() -> Self {
        Self::Object(Vec::new())
    }

    /// The member `key` of an object; `None` for anything else.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members()?.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Takes the member `key` out of an object.
    pub fn take(&mut self, key: &str) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        let at = members.iter().position(|(name, _)| name == key)?;
        Some(members.remove(at).1)
    }

    /// The members of an object, in order.
    pub fn members(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A number whose token is a plain integer that 64 bits hold exactly. `1.0` and `1e0` are not.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(token) => token.parse().ok(),
            _ => None,
        }
    }

    /// The text with keys sorted by their bytes, no blanks, number tokens and strings as sent.
    pub fn to_sorted_string(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Order::Sorted);
        out
    }

    /// The text in the order in which it was sent, without blanks.
    pub fn to_compact_string(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Order::AsSent);
        out
    }

    /// SHA-256 of [`Json::to_sorted_string`]: `1` and `1.0` differ, and so do NFC and NFD.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_sorted_string().as_bytes())
    }

    /// The same value for libraries that read `serde_json`. Number tokens are lost there.
    pub fn to_value(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(token) => number(token).map_or(serde_json::Value::Null, serde_json::Value::Number),
            Self::String(text) => text.as_str().into(),
            Self::Array(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => {
                let members = members.iter().map(|(key, value)| (key.clone(), value.to_value()));
                serde_json::Value::Object(members.collect())
            }
        }
    }

    fn write(&self, out: &mut String, order: Order) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(token) => out.push_str(token),
            Self::String(text) => write_string(text, out),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out, order);
                }
                out.push(']');
            }
            Self::Object(members) => {
                let mut members: Vec<&(String, Self)> = members.iter().collect();
                if matches!(order, Order::Sorted) {
                    members.sort_by(|left, right| left.0.cmp(&right.0));
                }
                out.push('{');
                for (at, (key, value)) in members.into_iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_string(key, out);
                    out.push(':');
                    value.write(out, order);
                }
                out.push('}');
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Order {
    AsSent,
    Sorted,
}

/// The token as a number of `serde_json`: an integer where 64 bits hold it, else a finite double.
fn number(token: &str) -> Option<serde_json::Number> {
    if let Ok(value) = token.parse::<i64>() {
        return Some(value.into());
    }
    if let Ok(value) = token.parse::<u64>() {
        return Some(value.into());
    }
    serde_json::Number::from_f64(token.parse().ok()?)
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // Most of a text needs no escape and is copied in whole stretches.
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut signs = special.chars();
        match signs.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(control) => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = signs.as_str();
    }
    out.push_str(rest);
    out.push('"');
}
