//! A result as it will be sent: JSON texts, their size and their digest.

use domain::{Digest, Refusal, RefusalCode};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// Content and data, scanned and written.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) content: Box<RawValue>,
    pub(crate) structured: Box<RawValue>,
    pub(crate) is_error: bool,
}

impl Body {
    pub(crate) fn new(content: &[Value], structured: &Value, is_error: bool) -> Result<Self, Refusal> {
        let wrong = |_| Refusal::new(RefusalCode::Internal, "an output cannot be written as JSON");
        Ok(Self {
            content: to_raw_value(content).map_err(wrong)?,
            structured: to_raw_value(structured).map_err(wrong)?,
            is_error,
        })
    }

    pub(crate) fn bytes(&self) -> u64 {
        (self.content.get().len() + self.structured.get().len()) as u64
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::of_parts([self.content.get().as_bytes(), self.structured.get().as_bytes()])
    }
}
