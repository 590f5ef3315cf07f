//! The part of the policy that can speak of one question, cut out once.
//!
//! A slice is found by scope alone: whatever it leaves out cannot match, so its answer is the whole
//! set's answer. A slice that reads no attribute has one answer for ever; only the others are
//! evaluated again for each call.

use crate::party::Party;
use crate::policy::Policy;
use crate::vocabulary::Action;
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, PolicyId, PolicySet, Request,
    Response, RestrictedExpression,
};
use manifest::{AttributeValue, Attributes};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What is asked about: a tool, a table, …
pub(crate) struct Target {
    /// Unique within the policy.
    pub(crate) number: u32,
    pub(crate) uid: EntityUid,
    pub(crate) ancestors: BTreeSet<EntityUid>,
}

/// Cedar's answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// False also if any rule failed.
    pub(crate) allowed: bool,
    /// The rules that decided: the permits of an allow, the forbids of a deny. Sorted.
    pub(crate) reasons: Arc<[Arc<str>]>,
    /// The rules that could not be evaluated, with why.
    pub(crate) faults: Arc<[String]>,
}

impl Answer {
    fn fault(why: String) -> Self {
        Self { allowed: false, reasons: Arc::default(), faults: Arc::from([why]) }
    }
}

pub(crate) enum Slice {
    Decided(Answer),
    Open(Box<OpenSlice>),
}

/// Rules and entities of a question whose answer depends on attributes.
pub(crate) struct OpenSlice {
    principal: EntityUid,
    action: EntityUid,
    resource: EntityUid,
    policies: PolicySet,
    entities: Entities,
    labels: HashMap<PolicyId, Arc<str>>,
}

impl Slice {
    pub(crate) fn cut(policy: &Policy, party: &Party, action: Action, target: &Target) -> Self {
        match OpenSlice::cut(policy, party, action, target) {
            Err(why) => Self::Decided(Answer::fault(why)),
            Ok((slice, true)) => Self::Open(Box::new(slice)),
            Ok((slice, false)) => Self::Decided(slice.answer(Context::empty())),
        }
    }

    /// The answer under `attributes`.
    pub(crate) fn answer(&self, attributes: &Attributes) -> Answer {
        match self {
            Self::Decided(answer) => answer.clone(),
            Self::Open(slice) => match context(attributes) {
                Ok(context) => slice.answer(context),
                Err(why) => Answer::fault(why),
            },
        }
    }
}

impl OpenSlice {
    /// The slice, and whether its answer depends on attributes.
    fn cut(policy: &Policy, party: &Party, action: Action, target: &Target) -> Result<(Self, bool), String> {
        let world = policy.world();
        let (action_uid, groups) =
            world.action(action).ok_or_else(|| format!("no action `{}`", action.word()))?;
        let rules: Vec<_> = party
            .rules
            .iter()
            .filter(|rule| {
                rule.is_about(action_uid, groups) && rule.resource.admits(&target.uid, &target.ancestors)
            })
            .collect();
        let named = rules.iter().flat_map(|rule| &rule.literals);
        let mut entities = world.part(named.chain(&party.parents).chain([&target.uid, action_uid]));
        // Where no rule names the party, the world has its like, but without its roles.
        entities.retain(|entity| entity.uid() != party.uid);
        entities.push(party.entity.clone());
        let policies = rules.iter().map(|rule| rule.conditions.as_ref().unwrap_or(&rule.policy));
        let slice = Self {
            principal: party.uid.clone(),
            action: action_uid.clone(),
            resource: target.uid.clone(),
            policies: PolicySet::from_policies(policies.cloned()).map_err(|error| error.to_string())?,
            entities: Entities::from_entities(entities, None).map_err(|error| error.to_string())?,
            labels: rules.iter().map(|rule| (rule.policy.id().clone(), Arc::clone(&rule.label))).collect(),
        };
        let reads = action.reads_attributes() && rules.iter().any(|rule| !rule.reads.is_empty());
        Ok((slice, reads))
    }

    fn answer(&self, context: Context) -> Answer {
        let uids = (self.principal.clone(), self.action.clone(), self.resource.clone());
        // No schema: what enters the context was held against the tool's declaration, and that against the schema.
        match Request::new(uids.0, uids.1, uids.2, context, None) {
            Ok(request) => {
                let response = Authorizer::new().is_authorized(&request, &self.policies, &self.entities);
                answer_of(&response, |id| self.labels.get(id).cloned())
            }
            Err(error) => Answer::fault(error.to_string()),
        }
    }
}

/// Cedar leaves out a rule that fails, even a forbid. Here a failing rule is a deny, and the reason of it.
pub(crate) fn answer_of(response: &Response, label: impl Fn(&PolicyId) -> Option<Arc<str>>) -> Answer {
    let diagnostics = response.diagnostics();
    let named = |id: &PolicyId| label(id).unwrap_or_else(|| Arc::from(id.to_string()));
    let failed = diagnostics.errors().map(|error| match error {
        AuthorizationError::PolicyEvaluationError(error) => named(error.policy_id()),
    });
    let failed: BTreeSet<Arc<str>> = failed.collect();
    let decided = || diagnostics.reason().map(named).collect();
    let reasons: BTreeSet<Arc<str>> = if failed.is_empty() { decided() } else { failed };
    let faults: Arc<[String]> = diagnostics.errors().map(ToString::to_string).collect();
    Answer {
        allowed: response.decision() == Decision::Allow && faults.is_empty(),
        reasons: reasons.into_iter().collect(),
        faults,
    }
}

pub(crate) fn context(attributes: &Attributes) -> Result<Context, String> {
    let pairs = attributes.iter().map(|(name, value)| {
        let value = match value {
            AttributeValue::String(text) => RestrictedExpression::new_string(text.clone()),
            AttributeValue::Long(number) => RestrictedExpression::new_long(*number),
            AttributeValue::Bool(truth) => RestrictedExpression::new_bool(*truth),
            AttributeValue::StringSet(texts) => {
                RestrictedExpression::new_set(texts.iter().cloned().map(RestrictedExpression::new_string))
            }
        };
        (name.clone(), value)
    });
    Context::from_pairs(pairs).map_err(|error| error.to_string())
}
