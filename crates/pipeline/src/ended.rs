//! Calls that a layer ended: what is recorded, and what the client gets.
//!
//! Up to visibility an unknown tool and a forbidden one give the same bytes. After it the client gets
//! a result with `isError` that a model can read. The record is on disk before either.

use crate::Pipeline;
use audit::{Refused, Who};
use authn::Authenticated;
use authz::{Basis, Denied, Permit};
use domain::{CallId, ControlVerdict, Digest, Refusal, RefusalCode, ToolName};
use execute::NotBegun;
use protocol::{ReplyTo, RpcError};
use revocation::Ended as Lost;
use scan::{RefusedCall, ScannedFrame};
use std::sync::Arc;
use std::time::Instant;
use validate::{Stopped, who};

/// A call that a layer ended.
#[expect(clippy::large_enum_variant, reason = "it is always behind a box")]
pub(crate) enum Ended {
    /// Layer 2: the tool is not there, or not there for this caller.
    Unseen { denied: Box<Denied>, tool: String },
    /// Layers 3 and 4, before the effect.
    Refused {
        refusal: Refusal,
        permit: Permit,
        arguments: Option<Digest>,
        basis: Basis,
        controls: Vec<ControlVerdict>,
    },
    /// Caller or tool were revoked while the call ran.
    CutOff { refusal: Refusal, who: Who, tool: String },
    /// After the effect: the outcome could not be recorded, so nothing is sent.
    NotClosed { refusal: Refusal },
}

impl Ended {
    pub(crate) fn unseen(denied: Box<Denied>, tool: &str) -> Box<Self> {
        Box::new(Self::Unseen { denied, tool: tool.to_owned() })
    }

    pub(crate) fn unread(permit: Permit, refusal: Refusal) -> Box<Self> {
        let controls = permit.verdicts().into_iter().cloned().collect();
        Box::new(Self::Refused { refusal, permit, arguments: None, basis: Basis::visible(), controls })
    }

    pub(crate) fn stopped(stopped: Box<Stopped>) -> Box<Self> {
        let Stopped { refusal, permit, arguments, basis, verdicts } = *stopped;
        let controls = permit.verdicts().into_iter().cloned().chain(verdicts).collect();
        Box::new(Self::Refused { refusal, permit, arguments: Some(arguments), basis, controls })
    }

    pub(crate) fn not_begun(not_begun: Box<NotBegun>) -> Box<Self> {
        let NotBegun { refusal, checked } = *not_begun;
        let controls = checked.verdicts().cloned().collect();
        let arguments = Some(checked.arguments().digest());
        let basis = checked.basis().clone();
        Box::new(Self::Refused { refusal, permit: checked.into_permit(), arguments, basis, controls })
    }

    pub(crate) fn cut_off(who: Who, tool: &str, lost: Lost) -> Box<Self> {
        let refusal = match lost {
            Lost::Caller(why) => Refusal::new(RefusalCode::Unauthenticated, why),
            Lost::Tool => Refusal::new(RefusalCode::UnknownTool, "the tool is revoked"),
        };
        Box::new(Self::CutOff { refusal, who, tool: tool.to_owned() })
    }

    pub(crate) fn not_closed(refusal: Refusal) -> Box<Self> {
        Box::new(Self::NotClosed { refusal })
    }

    /// Why the call ended.
    pub(crate) fn refusal(&self) -> &Refusal {
        match self {
            Self::Unseen { denied, .. } => &denied.refusal,
            Self::Refused { refusal, .. } | Self::CutOff { refusal, .. } | Self::NotClosed { refusal } => {
                refusal
            }
        }
    }
}

impl Pipeline {
    /// Records the refusal, waits for the disk and makes the reply. A refusal that cannot be recorded is
    /// answered as an error of the log, not as what it was.
    pub(crate) async fn refuse(
        &self,
        ended: Ended,
        call: CallId,
        started: Instant,
        to: &ReplyTo,
    ) -> ScannedFrame {
        let scanner = &self.parts.scanner;
        let recorded = self.record(&ended, call, started).await;
        let error =
            |refusal: Refusal| scan::notice_error(RpcError::of(refusal).answering(to.id.clone()), scanner);
        match (ended, recorded) {
            (Ended::NotClosed { refusal }, _) => {
                let internal = format!("the outcome is not recorded: {}", refusal.internal());
                let hint =
                    format!("The call {call} may have run; do not retry it before the operator has looked.");
                error(Refusal::new(RefusalCode::Internal, internal).with_hint(hint))
            }
            (_, Err(unrecorded)) => error(unrecorded),
            (Ended::Unseen { .. }, Ok(_)) => {
                error(Refusal::new(RefusalCode::UnknownTool, "not visible to the caller"))
            }
            (Ended::CutOff { refusal, .. }, Ok(_)) => error(refusal),
            (Ended::Refused { refusal, controls, .. }, Ok(receipt)) => match receipt {
                Some(receipt) => {
                    let said = RefusedCall { call, controls, receipt: &receipt };
                    scan::notice_refusal(to, &refusal, said, scanner)
                }
                None => error(refusal),
            },
        }
    }

    /// The reply to a call that could not even be named.
    pub(crate) fn unnamed(&self, refusal: Refusal, to: &ReplyTo) -> ScannedFrame {
        scan::notice_error(RpcError::of(refusal).answering(to.id.clone()), &self.parts.scanner)
    }

    /// One durable record of a refused call.
    pub(crate) async fn record(
        &self,
        ended: &Ended,
        call: CallId,
        started: Instant,
    ) -> Result<Option<audit::RecordReceipt>, Refusal> {
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let refused = match ended {
            Ended::NotClosed { .. } => return Ok(None),
            Ended::Unseen { denied, tool } => Refused {
                call,
                who: who(&denied.authenticated),
                tool: Some(tool.clone()),
                refusal: denied.refusal.clone(),
                arguments: None,
                basis: self.decided(&denied.authenticated, tool.parse().ok().as_ref(), &Basis::unseen()),
                policy: Some(denied.policy),
                reasons: texts(&denied.reasons),
                controls: vec![denied.authenticated.verdict().clone(), denied.verdict.clone()],
                duration_us,
            },
            Ended::CutOff { refusal, who, tool } => Refused {
                call,
                who: who.clone(),
                tool: Some(tool.clone()),
                refusal: refusal.clone(),
                arguments: None,
                policy: None,
                basis: None,
                reasons: Vec::new(),
                controls: Vec::new(),
                duration_us,
            },
            Ended::Refused { refusal, permit, arguments, basis, controls } => Refused {
                call,
                who: who(permit.authenticated()),
                tool: Some(permit.manifest().name().to_string()),
                refusal: refusal.clone(),
                arguments: *arguments,
                basis: self.decided(permit.authenticated(), Some(permit.manifest().name()), basis),
                policy: Some(permit.policy_hash()),
                reasons: texts(permit.reasons()),
                controls: controls.clone(),
                duration_us,
            },
        };
        self.parts.audit.refused(refused).await.map(Some)
    }
}

impl Pipeline {
    /// Tells the second policy of a decision, if there is one, and gives the text for the record. None
    /// for what cannot be a tool.
    fn decided(&self, caller: &Authenticated, tool: Option<&ToolName>, basis: &Basis) -> Option<String> {
        self.parts.policy.tell(caller, tool?, basis);
        Some(basis.text(caller))
    }
}

fn texts(reasons: &[Arc<str>]) -> Vec<String> {
    reasons.iter().map(|reason| reason.to_string()).collect()
}
