//! Places of a frame: free text and data are rewritten, blobs are decoded, everything else is protocol.
//!
//! In a protocol position (a name, a `$ref`, a cursor, an enum, a key) a finding blocks the frame:
//! rewriting it would change what the message means.

use crate::scanner::{FindingAction, OutputScanner, Tally};
use crate::seen::Seen;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sift::{Action, Class, Context, Finding, ScanError};

/// How strings below a value are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A finding is rewritten; keys are protocol; numbers are read as well.
    Data,
    /// A finding blocks.
    Protocol,
}

/// What may stay as it is.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    /// The caller may see secrets and personal data.
    pub(crate) unredacted: bool,
}

/// A number of at least this many digits can be a card. The shortest issued cards have 12.
const CARD_DIGITS: usize = 12;

/// One pass over one frame.
pub(crate) struct Pass<'s> {
    pub(crate) scanner: &'s OutputScanner,
    pub(crate) sight: Sight,
    pub(crate) tally: Tally,
    seen: Seen,
}

impl<'s> Pass<'s> {
    pub(crate) fn new(scanner: &'s OutputScanner, sight: Sight) -> Self {
        Self { scanner, sight, tally: Tally::default(), seen: Seen::default() }
    }

    /// Reads everything below `value`.
    pub(crate) fn value(&mut self, value: &mut Value, place: Place, key: Option<&str>) {
        match value {
            Value::String(text) => match place {
                Place::Protocol => self.protocol(text),
                Place::Data => self.text(text, key, Vec::new()),
            },
            Value::Number(number) if place == Place::Data => {
                let text = number.to_string();
                if text.bytes().filter(u8::is_ascii_digit).count() >= CARD_DIGITS {
                    let mut rewritten = text.clone();
                    self.text(&mut rewritten, key, Vec::new());
                    if rewritten != text {
                        *value = Value::String(rewritten);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, place, key)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.protocol(name);
                    self.value(member, place, Some(name));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The content blocks of a result: first across neighbouring text blocks, then each block.
    pub(crate) fn content(&mut self, blocks: &mut [Value]) {
        let texts: Vec<String> = blocks
            .iter()
            .map(|block| block.get("text").and_then(Value::as_str).unwrap_or_default().to_owned())
            .collect();
        let parts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let across = if parts.len() > 1 { self.scanner.sift.scan_joined(&parts) } else { Ok(Vec::new()) };
        let across = match across {
            Ok(found) => found,
            Err(error) => return self.unreadable(&error),
        };
        for (at, block) in blocks.iter_mut().enumerate() {
            let inherited =
                across.iter().filter(|(part, _)| *part == at).map(|(_, found)| found.clone()).collect();
            match block {
                Value::Object(members) => self.block(members, inherited),
                other => self.value(other, Place::Protocol, None),
            }
        }
    }

    fn block(&mut self, members: &mut Map<String, Value>, mut inherited: Vec<Finding>) {
        for (name, member) in members {
            self.protocol(name);
            match (name.as_str(), member) {
                ("text", Value::String(text)) => self.text(text, None, std::mem::take(&mut inherited)),
                ("title" | "description", Value::String(text)) => self.text(text, None, Vec::new()),
                ("data" | "blob", Value::String(blob)) => self.blob(blob),
                ("resource", Value::Object(resource)) => self.block(resource, Vec::new()),
                (name, member) => self.value(member, Place::Protocol, Some(name)),
            }
        }
    }

    /// What stands in `text` under `key`. A text that was read before in this pass is not read again.
    fn findings(&mut self, text: &str, key: Option<&str>) -> Result<Vec<Finding>, ScanError> {
        if let Some(known) = self.seen.find(text, key) {
            return Ok(known);
        }
        let sifted = self.scanner.sift.sift(text, key.map_or_else(Context::none, Context::key))?;
        self.seen.keep(text, key, &sifted);
        Ok(sifted.findings)
    }

    /// Free text: findings are counted, then blocked or rewritten.
    pub(crate) fn text(&mut self, text: &mut String, key: Option<&str>, inherited: Vec<Finding>) {
        let mut findings = match self.findings(text, key) {
            Ok(findings) => findings,
            Err(error) => return self.unreadable(&error),
        };
        findings.extend(inherited);
        if findings.is_empty() {
            return;
        }
        let mut replaced = Vec::new();
        // One text has one action: the strongest that any of its findings asks for.
        let mut action = Action::Mask;
        for finding in findings {
            self.tally.count(&finding);
            if self.sight.unredacted && finding.class() != Class::HiddenText {
                continue;
            }
            match self.scanner.actions.of(finding.class()) {
                FindingAction::Block => self.tally.block(finding.class()),
                FindingAction::Mask => replaced.push(finding),
                FindingAction::Redact => {
                    action = Action::Redact;
                    replaced.push(finding);
                }
            }
        }
        if !replaced.is_empty() {
            replaced.iter().for_each(|finding| self.tally.change(finding.class()));
            *text = sift::apply(text, &replaced, action);
        }
    }

    /// A protocol position: any finding blocks, whoever looks.
    pub(crate) fn protocol(&mut self, text: &str) {
        match self.findings(text, None) {
            Ok(findings) => {
                for finding in findings {
                    self.tally.count(&finding);
                    self.tally.block(finding.class());
                }
            }
            Err(error) => self.unreadable(&error),
        }
    }

    /// Bytes in base64: read as what they are; what cannot be decoded cannot be read and is blocked.
    fn blob(&mut self, blob: &str) {
        let Ok(bytes) = STANDARD.decode(blob) else {
            self.tally.block(Class::HiddenText);
            return;
        };
        match self.scanner.sift.scan_blob(&bytes) {
            Ok(findings) => {
                for finding in findings {
                    // Control signs are what a picture is made of.
                    if finding.class() == Class::HiddenText {
                        continue;
                    }
                    self.tally.count(&finding);
                    if !self.sight.unredacted {
                        self.tally.block(finding.class());
                    }
                }
            }
            Err(error) => self.unreadable(&error),
        }
    }

    fn unreadable(&mut self, error: &ScanError) {
        tracing::warn!(%error, "an output could not be scanned and is withheld");
        for class in [Class::Secret, Class::PersonalData, Class::HiddenText] {
            self.tally.block(class);
        }
    }
}
