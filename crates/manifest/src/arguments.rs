//! The arguments of one call: as sent, with their digest.

use crate::{AttributeKind, AttributeValue, PolicyAttribute};
use domain::{Digest, Json, Refusal, RefusalCode};

/// The arguments object of one call, read once; the digest is over key-sorted text with tokens as sent.
#[derive(Clone, Debug)]
pub struct Arguments {
    json: Json,
    digest: Digest,
    bytes: u64,
}

impl Arguments {
    /// Takes the arguments of a request; absent ones count as `{}`. Refuses anything but an object.
    pub fn new(json: Option<Json>) -> Result<Self, Refusal> {
        let json = json.unwrap_or(Json::empty_object());
        if json.members().is_none() {
            return Err(Refusal::new(RefusalCode::Malformed, "`arguments` is not an object"));
        }
        let text = json.to_sorted_string();
        Ok(Self { digest: Digest::of(text.as_bytes()), bytes: text.len() as u64, json })
    }

    /// The arguments as sent.
    pub const fn json(&self) -> &Json {
        &self.json
    }

    /// SHA-256 over the key-sorted text. What an approval is bound to.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Size of the key-sorted text in bytes.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The text of argument `name`, if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.json.get(name)?.as_str()
    }

    /// The value that policy may read for `attribute`; `None` if the caller did not send it.
    ///
    /// Refuses with `invalid_arguments` if the declared type cannot hold the sent value exactly.
    pub fn attribute(&self, attribute: &PolicyAttribute) -> Result<Option<AttributeValue>, Refusal> {
        let Some(sent) = self.json.get(attribute.name) else { return Ok(None) };
        let value = match attribute.kind {
            AttributeKind::String => sent.as_str().map(|text| AttributeValue::String(text.to_owned())),
            AttributeKind::Long => sent.as_i64().map(AttributeValue::Long),
            AttributeKind::Bool => sent.as_bool().map(AttributeValue::Bool),
            AttributeKind::StringSet => match sent {
                Json::Array(items) => items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect::<Option<_>>()
                    .map(AttributeValue::StringSet),
                _ => None,
            },
        };
        value.map(Some).ok_or_else(|| {
            Refusal::new(
                RefusalCode::InvalidArguments,
                format!("`{}` does not fit its policy type {:?} exactly", attribute.name, attribute.kind),
            )
            .with_hint(format!("At /{}: expected {}.", attribute.name, attribute.kind.wanted()))
        })
    }
}
