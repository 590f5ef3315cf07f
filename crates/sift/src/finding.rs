//! One finding: what, where, how sure, and how deep it lay.
//!
//! A finding holds no piece of the text, so it can be logged, counted and audited as it is.

use std::ops::Range;

use crate::kind::{Class, Kind};

/// How sure a recogniser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// The right shape and nothing else; off unless asked for.
    Low,
    /// A shape that is rarely anything else, or a plain one beside a telling word.
    Medium,
    /// A checksum or an unmistakable prefix agrees.
    High,
}

/// How the found thing was written in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// As plain text.
    Plain,
    /// With percent, backslash or HTML escapes.
    Escaped,
    /// Inside a base64 run; the span is the whole run.
    Base64,
    /// Inside a run of hexadecimal digits; the span is the whole run.
    Hex,
}

/// One thing found in one text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Where it is: bytes of the text that was given, on character boundaries.
    pub span: Range<usize>,
    /// How sure the recogniser is.
    pub confidence: Confidence,
    /// How it was written.
    pub layer: Layer,
}

impl Finding {
    /// The class of its kind.
    pub const fn class(&self) -> Class {
        self.kind.class()
    }
}
