//! Controls and what each said of one call.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Every control of the house, in the order of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Control {
    /// Layer 1: the token.
    #[serde(rename = "authn.token")]
    AuthnToken,
    /// Layer 2: the policy's answer without arguments.
    #[serde(rename = "authz.policy")]
    AuthzPolicy,
    /// Layer 3: JSON Schema and sizes.
    #[serde(rename = "validate.schema")]
    ValidateSchema,
    /// Layer 3: the tool could plan the call under the caller's data view.
    #[serde(rename = "validate.plan")]
    ValidatePlan,
    /// Layer 3: the policy's answer with arguments.
    #[serde(rename = "validate.arguments")]
    ValidateArguments,
    /// Layer 3: rates and quotas.
    #[serde(rename = "validate.rate")]
    ValidateRate,
    /// Layer 3: hidden text and control characters in the arguments.
    #[serde(rename = "validate.inbound_scan")]
    ValidateInboundScan,
    /// Layer 3: another principal agreed, or nobody had to.
    #[serde(rename = "approval")]
    Approval,
    /// The intent is on disk.
    #[serde(rename = "audit.intent")]
    AuditIntent,
    /// Layer 4: how the call was isolated.
    #[serde(rename = "execute.isolation")]
    ExecuteIsolation,
    /// Layer 5: keys and tokens.
    #[serde(rename = "scan.secrets")]
    ScanSecrets,
    /// Layer 5: personal data.
    #[serde(rename = "scan.personal_data")]
    ScanPersonalData,
    /// Layer 5: hidden text.
    #[serde(rename = "scan.hidden_text")]
    ScanHiddenText,
    /// Layer 5: malware.
    #[serde(rename = "scan.malware")]
    ScanMalware,
    /// The outcome is on disk.
    #[serde(rename = "audit.outcome")]
    AuditOutcome,
}

impl Control {
    /// Controls that must have spoken before the effect.
    pub const BEFORE_EFFECT: [Self; 9] = [
        Self::AuthnToken,
        Self::AuthzPolicy,
        Self::ValidateSchema,
        Self::ValidatePlan,
        Self::ValidateArguments,
        Self::ValidateRate,
        Self::ValidateInboundScan,
        Self::Approval,
        Self::AuditIntent,
    ];
    /// Controls that must have spoken before the reply.
    pub const BEFORE_REPLY: [Self; 6] = [
        Self::ExecuteIsolation,
        Self::ScanSecrets,
        Self::ScanPersonalData,
        Self::ScanHiddenText,
        Self::ScanMalware,
        Self::AuditOutcome,
    ];

    /// The name in replies, records and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthnToken => "authn.token",
            Self::AuthzPolicy => "authz.policy",
            Self::ValidateSchema => "validate.schema",
            Self::ValidatePlan => "validate.plan",
            Self::ValidateArguments => "validate.arguments",
            Self::ValidateRate => "validate.rate",
            Self::ValidateInboundScan => "validate.inbound_scan",
            Self::Approval => "approval",
            Self::AuditIntent => "audit.intent",
            Self::ExecuteIsolation => "execute.isolation",
            Self::ScanSecrets => "scan.secrets",
            Self::ScanPersonalData => "scan.personal_data",
            Self::ScanHiddenText => "scan.hidden_text",
            Self::ScanMalware => "scan.malware",
            Self::AuditOutcome => "audit.outcome",
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What a control said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Looked and agreed.
    Pass,
    /// Looked and changed the value (masked, redacted).
    Changed,
    /// Looked and refused.
    Refused,
    /// Could not look. Never an agreement.
    Error,
    /// The operator has not set it up; said, not hidden.
    NotConfigured,
}

/// One control's verdict on one call. `detail` is public: it never holds values, paths or policy names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControlVerdict {
    /// Which control.
    pub name: Control,
    /// The version of the code or rule set that spoke.
    pub version: Cow<'static, str>,
    /// What it said.
    pub verdict: Verdict,
    /// A few words more (`native, limits: degraded`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'static, str>>,
}

impl ControlVerdict {
    /// A verdict of code whose version is the product's own.
    pub const fn new(name: Control, verdict: Verdict) -> Self {
        Self { name, version: Cow::Borrowed(env!("CARGO_PKG_VERSION")), verdict, detail: None }
    }

    /// A verdict of a rule set that has a version of its own.
    pub fn of_version(name: Control, version: impl Into<Cow<'static, str>>, verdict: Verdict) -> Self {
        Self { name, version: version.into(), verdict, detail: None }
    }

    /// The same verdict with a few public words.
    pub fn because(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// True if the call may go on after this verdict.
    pub const fn lets_pass(&self) -> bool {
        matches!(self.verdict, Verdict::Pass | Verdict::Changed | Verdict::NotConfigured)
    }
}

/// The decision word of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It ran.
    Allow,
    /// It was refused.
    Deny,
    /// It waits for an approval.
    Pending,
}

impl Decision {
    /// The word in replies and records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Pending => "pending",
        }
    }
}
