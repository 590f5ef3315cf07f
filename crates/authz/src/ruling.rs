//! The joint answer of both sides: the person and the client must each be permitted.

use crate::party::Caller;
use crate::policy::Policy;
use crate::slice::{Answer, Target};
use crate::vocabulary::Action;
use manifest::Attributes;
use std::sync::Arc;

/// What policy says of one question.
pub(crate) struct Ruling {
    pub(crate) person: Answer,
    pub(crate) client: Answer,
}

impl Ruling {
    /// Asks for both sides, whatever the first one says: the time tells nobody which side refused.
    pub(crate) fn ask(
        policy: &Policy,
        caller: &Caller,
        action: Action,
        target: &Target,
        attributes: &Attributes,
    ) -> Self {
        Self {
            person: policy.answer(&caller.person, action, target, attributes),
            client: policy.answer(&caller.client, action, target, attributes),
        }
    }

    pub(crate) const fn allowed(&self) -> bool {
        self.person.allowed && self.client.allowed
    }

    /// The rules that decided. Of a denial only what forbids: a permit for one side is no reason for it.
    pub(crate) fn reasons(&self) -> Vec<Arc<str>> {
        let allowed = self.allowed();
        let mut reasons: Vec<Arc<str>> = Vec::new();
        for answer in [&self.person, &self.client].into_iter().filter(|answer| answer.allowed == allowed) {
            for reason in answer.reasons.iter() {
                if !reasons.contains(reason) {
                    reasons.push(Arc::clone(reason));
                }
            }
        }
        reasons
    }

    /// Why not, for the operator. Names rules, never values.
    pub(crate) fn why_denied(&self, action: Action, target: &Target) -> String {
        let side = |who: &str, answer: &Answer| {
            if answer.allowed {
                None
            } else if !answer.faults.is_empty() {
                Some(format!("a rule about the {who} failed: {}", answer.faults.join("; ")))
            } else if answer.reasons.is_empty() {
                Some(format!("no rule permits the {who}"))
            } else {
                Some(format!("forbidden to the {who} by {}", quoted(&answer.reasons)))
            }
        };
        let sides: Vec<String> =
            [side("person", &self.person), side("client", &self.client)].into_iter().flatten().collect();
        format!("`{}` on {}: {}", action.word(), target.uid, sides.join(", "))
    }
}

fn quoted(reasons: &[Arc<str>]) -> String {
    reasons.iter().map(|reason| format!("`{reason}`")).collect::<Vec<_>>().join(", ")
}
