//! What a call will do, decided before it does it.

use bytes::Bytes;
use domain::Digest;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A value that policy reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Text.
    String(String),
    /// A whole number of 64 bits.
    Long(i64),
    /// True or false.
    Bool(bool),
    /// A set of texts.
    StringSet(BTreeSet<String>),
}

/// Values that policy reads, by the name that the manifest declares.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// What will run: the bytes that the connector decodes, their digest, and what policy may read of it.
///
/// What was planned is what is sent: the intent record carries the digest and the connector reads
/// nothing but the bytes.
#[derive(Clone, Debug)]
pub struct Plan {
    bytes: Bytes,
    digest: Digest,
    attributes: Attributes,
}

impl Plan {
    /// A plan over `bytes`; the digest is computed here and nowhere else.
    pub fn new(bytes: impl Into<Bytes>, attributes: Attributes) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), bytes, attributes }
    }

    /// What the connector decodes.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of the bytes.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What the tool learned about the call that policy may read, such as the tables it touches.
    pub const fn attributes(&self) -> &Attributes {
        &self.attributes
    }
}
