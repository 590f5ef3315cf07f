//! `[scan]`: what happens to findings in output.

use crate::error::Fault;
use crate::raw::RawScan;

/// What is done with a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingAction {
    /// A marker takes its place.
    Redact,
    /// Its shape stays, its content goes (`****1111`).
    Mask,
    /// The whole output is withheld.
    Block,
}

/// One action for each family of findings.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// Keys, tokens, passwords.
    pub secrets: FindingAction,
    /// Card, account and phone numbers, addresses.
    pub personal_data: FindingAction,
    /// Text that people do not see and models do.
    pub hidden_text: FindingAction,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            secrets: FindingAction::Redact,
            personal_data: FindingAction::Mask,
            hidden_text: FindingAction::Redact,
        }
    }
}

impl Scan {
    pub(crate) fn check(raw: RawScan) -> Result<Self, Fault> {
        let default = Self::default();
        Ok(Self {
            secrets: FindingAction::parse(raw.secrets, "scan.secrets", default.secrets)?,
            personal_data: FindingAction::parse(
                raw.personal_data,
                "scan.personal_data",
                default.personal_data,
            )?,
            hidden_text: FindingAction::parse(raw.hidden_text, "scan.hidden_text", default.hidden_text)?,
        })
    }
}

impl FindingAction {
    fn parse(word: Option<String>, key: &str, default: Self) -> Result<Self, Fault> {
        match word.as_deref() {
            None => Ok(default),
            Some("redact") => Ok(Self::Redact),
            Some("mask") => Ok(Self::Mask),
            Some("block") => Ok(Self::Block),
            Some(_) => Err(Fault::new(key, "is not an action", "write one of: redact, mask, block")),
        }
    }
}
