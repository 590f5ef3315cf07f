//! One reply of the product, read whole: that every control spoke, and what is left of the findings.

use crate::call::{Call, shown};
use anyhow::{Context as _, Result, ensure};
use domain::Control;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a reply says about its call.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Proof {
    /// The call's id in the log.
    pub call_id: String,
    /// `allow`
    pub decision: String,
    /// Every control and what it said.
    pub controls: Vec<Spoken>,
    /// Where the call is in the log.
    pub receipt: Value,
    /// The beginning of the text as it came back.
    #[serde(default)]
    pub text: String,
}

/// One control's verdict.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Spoken {
    /// Which control.
    pub name: Control,
    /// The version of its code or rules.
    pub version: String,
    /// What it said.
    pub verdict: domain::Verdict,
    /// A few words more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Signs of the text that are shown.
const SHOWN_SIGNS: usize = 170;

/// Reads a reply. An error if a control is missing or did not agree, or if personal data came through.
pub fn read(call: &Call, reply: &[u8]) -> Result<Proof> {
    let whole: Value = serde_json::from_slice(reply).with_context(|| shown(reply))?;
    let result = whole.get("result").with_context(|| shown(reply))?;
    let said = result.pointer("/_meta/secure-mcp~1call").context("no statement about the call")?;
    let mut proof: Proof = serde_json::from_value(said.clone())?;
    for control in Control::BEFORE_EFFECT.into_iter().chain(Control::BEFORE_REPLY) {
        let spoken = proof.controls.iter().find(|spoken| spoken.name == control);
        let verdict = spoken.with_context(|| format!("`{control}` did not run"))?.verdict;
        let agreed = !matches!(verdict, domain::Verdict::Refused | domain::Verdict::Error);
        ensure!(agreed, "`{control}` said {verdict:?}");
        let found = control != Control::ScanPersonalData || verdict == domain::Verdict::Changed;
        ensure!(found, "`{control}` changed nothing, and the text has two findings");
    }
    call.check_scanned(reply)?;
    let text = result.pointer("/structuredContent/text").and_then(Value::as_str).context("no text")?;
    proof.text = text.chars().take(SHOWN_SIGNS).collect();
    Ok(proof)
}
