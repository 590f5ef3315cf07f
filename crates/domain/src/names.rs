//! Names of tools and resources: checked once, cheap to copy, safe to print.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest name we accept anywhere. MCP 2026-07-28 tools page (SEP-986) allows 64 for tools.
pub(crate) const MAX_NAME_LENGTH: usize = 64;

/// A name that its kind does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not a valid {kind}")]
pub struct NameError {
    kind: &'static str,
    shown: String,
}

impl NameError {
    pub(crate) fn new(kind: &'static str, text: &str) -> Self {
        let shown = text.chars().take(MAX_NAME_LENGTH).flat_map(char::escape_default).collect();
        Self { kind, shown }
    }
}

/// Makes a checked string type: `Arc<str>` inside, a rule, and the usual conversions.
macro_rules! checked_name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let allowed: fn(&str) -> bool = $rule;
                if allowed(text) { Ok(Self(text.into())) } else { Err(NameError::new($kind, text)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, out)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use checked_name;

pub(crate) fn is_short(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME_LENGTH
}

checked_name!(
    /// The name of a tool: 1 to 64 signs of `A-Z a-z 0-9 _ . / -`. MCP 2026-07-28, server/tools.
    ToolName,
    "tool name",
    |text| is_short(text)
        && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_./-".contains(&sign))
);

checked_name!(
    /// The name of a resource (database, files root, API): 1 to 64 signs of `A-Z a-z 0-9 _ -`.
    ResourceName,
    "resource name",
    |text| is_short(text)
        && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_-".contains(&sign))
);
