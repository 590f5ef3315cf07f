//! The client's name for a request.

use domain::Json;
use serde_json::Value;

/// A number that 64 bits hold, or 1 to 64 signs of `A-Z a-z 0-9 _ . : -`.
///
/// Narrower than JSON-RPC: the id is echoed, so it must not be able to carry anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RequestId {
    /// A whole number, as its token was sent.
    Number(Box<str>),
    /// A short plain text.
    Text(Box<str>),
}

impl RequestId {
    /// Reads an id; `None` for null, fractions, exponents, long or unusual text.
    pub(crate) fn read(json: &Json) -> Option<Self> {
        match json {
            Json::Number(token) => {
                let whole = token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
                whole.then(|| Self::Number(token.clone()))
            }
            Json::String(text) => {
                let plain = (1..=64).contains(&text.len())
                    && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_.:-".contains(&sign));
                plain.then(|| Self::Text(text.as_str().into()))
            }
            _ => None,
        }
    }

    /// The id as it goes back.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Number(token) => token
                .parse::<i64>()
                .map(Value::from)
                .or_else(|_| token.parse::<u64>().map(Value::from))
                .unwrap_or(Value::Null),
            Self::Text(text) => Value::from(&**text),
        }
    }
}
