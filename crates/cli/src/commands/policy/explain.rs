//! `policy explain`: one call, every question that it asks, and the rules that answer.

use super::faults;
use crate::arguments::ExplainPolicy;
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use authz::{Ends, Question, Side};
use serde_json::json;

pub(super) fn explain(asked: &ExplainPolicy, context: Context<'_>) -> Result<Exit, Failure> {
    let policy = context.server.load_policy(&asked.folder.path()?).map_err(|error| faults(error, context))?;
    let explanation = authz::explain(&policy, &question(asked)?).map_err(unaskable)?;
    context.output.json(&json!({ "policy": policy.policy_hash(), "explanation": explanation }));
    context.output.text(format!("{}  (policy {})", explanation.decision, policy.policy_hash().short()));
    if !explanation.why.is_empty() {
        context.output.text(format!("  why: {}", visible(&explanation.why)));
    }
    for step in &explanation.asked {
        context.output.text(format!("  {} on {}", step.action, visible(&step.target)));
        context.output.text(format!("    person: {}", told(&step.person)));
        context.output.text(format!("    client: {}", told(&step.client)));
    }
    for (column, word) in &explanation.columns {
        context.output.text(format!("  {}  {word}", visible(column)));
    }
    for (table, conditions) in &explanation.rows {
        context.output.text(format!("  rows of {}: {}", visible(table), visible(conditions)));
    }
    Ok(match explanation.decision {
        Ends::Allow => Exit::Ok,
        Ends::Deny | Ends::UnknownTool => Exit::Denied,
        Ends::Pending => Exit::Pending,
    })
}

fn question(asked: &ExplainPolicy) -> Result<Question, Failure> {
    let may = asked.may.as_deref().map(|word| serde_json::from_value(json!(word)));
    let may = may.transpose().map_err(|_| unaskable("`--may` is approve, administer or audit".to_owned()))?;
    let attributes = asked.attributes.as_deref().map_or(Ok(Default::default()), serde_json::from_str);
    Ok(Question {
        person: asked.person.clone(),
        client: asked.client.clone(),
        roles: asked.roles.clone(),
        tool: asked.tool.clone(),
        may,
        attributes: attributes.map_err(|error| unaskable(format!("`--attributes`: {error}")))?,
        resource: asked.resource.clone(),
        tables: asked.tables.clone(),
    })
}

fn unaskable(cause: String) -> Failure {
    Failure::usage("question", cause, "docs/policy.md lists what a test case, and so a question, can hold")
}

fn told(side: &Side) -> String {
    let rules = if side.rules.is_empty() { "no rule".to_owned() } else { side.rules.join(", ") };
    let word = if side.allowed { "permitted by" } else { "not permitted:" };
    let faults = side.faults.iter().map(|fault| format!("; failed: {fault}"));
    visible(&format!("{word} {rules}{}", faults.collect::<String>())).to_string()
}
