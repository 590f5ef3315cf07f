//! Places of a frame: free text and data are rewritten, blobs are decoded, everything else is protocol.
//!
//! In a protocol position (a name, a `$ref`, a cursor, an enum, a key) a finding blocks the frame:
//! rewriting it would change what the message means.

use crate::scanner::{FindingAction, OutputScanner, Tally};
use crate::seen::Seen;
use crate::table::columns;
use crate::told::Told;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
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

/// A number of at least this many digits can be something under the right name: a password of digits
/// has six, a telephone number without its code seven, a social security number nine.
const TELLING_DIGITS: usize = 6;

/// One pass over one frame.
pub(crate) struct Pass<'s> {
    pub(crate) scanner: &'s OutputScanner,
    pub(crate) sight: Sight,
    pub(crate) tally: Tally,
    /// What a reading of the data as one text says of its values.
    pub(crate) told: Told,
    seen: Seen,
}

impl<'s> Pass<'s> {
    pub(crate) fn new(scanner: &'s OutputScanner, sight: Sight) -> Self {
        Self { scanner, sight, tally: Tally::default(), told: Told::default(), seen: Seen::default() }
    }

    /// Reads everything below `value`.
    pub(crate) fn value(&mut self, value: &mut Value, place: Place, key: Option<&str>) {
        match value {
            Value::String(text) => match place {
                Place::Protocol => self.protocol(text),
                Place::Data => {
                    let told = self.told.next();
                    self.text(text, key, told);
                }
            },
            Value::Number(number) if place == Place::Data => {
                let told = self.told.next();
                let text = number.to_string();
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                if digits >= TELLING_DIGITS || !told.is_empty() {
                    let mut rewritten = text.clone();
                    self.text(&mut rewritten, key, told);
                    if rewritten != text {
                        *value = Value::String(rewritten);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, place, key)),
            Value::Object(members) => {
                let columns = columns(members);
                for (name, member) in members {
                    self.protocol(name);
                    match (member, &columns) {
                        (Value::Array(rows), Some(columns)) if name == "rows" => {
                            rows.iter_mut().for_each(|row| self.row(row, place, columns));
                        }
                        (member, _) => self.value(member, place, Some(name)),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A row of a table: each cell stands under its column's name.
    fn row(&mut self, row: &mut Value, place: Place, columns: &[String]) {
        let Value::Array(cells) = row else { return self.value(row, place, Some("rows")) };
        let mut names = columns.iter();
        for cell in cells {
            self.value(cell, place, Some(names.next().map_or("rows", String::as_str)));
        }
    }

    /// What stands in `text` under `key`. A text that was read before in this pass is not read again.
    pub(crate) fn findings(&mut self, text: &str, key: Option<&str>) -> Result<Vec<Finding>, ScanError> {
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
            if self.may_see(&finding) {
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

    /// Whether the caller may have what was found.
    pub(crate) fn may_see(&self, finding: &Finding) -> bool {
        self.sight.unredacted && finding.class() != Class::HiddenText
    }

    /// A protocol position: any finding blocks, whoever looks.
    pub(crate) fn protocol(&mut self, text: &str) {
        match self.findings(text, None) {
            Ok(findings) => findings.iter().for_each(|finding| self.block_for(finding)),
            Err(error) => self.unreadable(&error),
        }
    }

    /// A finding where nothing can be rewritten.
    pub(crate) fn block_for(&mut self, finding: &Finding) {
        self.tally.count(finding);
        self.tally.block(finding.class());
    }

    /// Bytes in base64: read as what they are; what cannot be decoded cannot be read and is blocked.
    pub(crate) fn blob(&mut self, blob: &str) {
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

    pub(crate) fn unreadable(&mut self, error: &ScanError) {
        tracing::warn!(%error, "an output could not be scanned and is withheld");
        for class in [Class::Secret, Class::PersonalData, Class::HiddenText] {
            self.tally.block(class);
        }
    }
}
