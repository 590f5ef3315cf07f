//! `policy matrix` and `policy diff`: who can do what, and how that changes.

use super::faults;
use crate::arguments::{PolicyDiff, PolicyMatrix};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use authz::{Fact, Policy, Rows};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

pub(super) fn matrix(asked: &PolicyMatrix, context: Context<'_>) -> Result<Exit, Failure> {
    let policy = load(&asked.folder.path()?, context)?;
    for fact in authz::matrix(&policy, rows(asked.people)) {
        context.output.say(line(&fact), &as_json(&fact));
    }
    Ok(Exit::Ok)
}

pub(super) fn diff(asked: &PolicyDiff, context: Context<'_>) -> Result<Exit, Failure> {
    let new = asked.new.as_deref().unwrap_or(&asked.old);
    let (old, new) = (load(&asked.old, context)?, load(new, context)?);
    let facts = |policy: &Policy| authz::matrix(policy, rows(asked.people));
    let found = authz::difference(&facts(&old), &facts(&new));
    for (sign, facts) in [("-", &found.lost), ("+", &found.gained)] {
        for fact in facts {
            context.output.text(format!("{sign} {}", line(fact)));
        }
    }
    context.output.json(&json!({
        "old": old.policy_hash(),
        "new": new.policy_hash(),
        "lost": found.lost.iter().map(as_json).collect::<Vec<_>>(),
        "gained": found.gained.iter().map(as_json).collect::<Vec<_>>(),
    }));
    context.output.text(format!(
        "policy {} to {}: {} lost, {} gained; what depends on a call's arguments is not compared",
        old.policy_hash().short(),
        new.policy_hash().short(),
        found.lost.len(),
        found.gained.len()
    ));
    Ok(Exit::Ok)
}

fn load(directory: &Path, context: Context<'_>) -> Result<Arc<Policy>, Failure> {
    context.server.load_policy(directory).map_err(|error| faults(error, context))
}

const fn rows(people: bool) -> Rows {
    if people { Rows::People } else { Rows::Roles }
}

fn as_json(fact: &Fact) -> Value {
    json!({ "who": fact.who, "through": fact.through, "what": fact.what, "answer": fact.answer })
}

/// The line of `matrix.tsv`.
fn line(fact: &Fact) -> String {
    [&fact.who, &fact.through, &fact.what, &fact.answer].map(|part| visible(part)).join("\t")
}
