//! The operator's limits in the words of the crate that keeps them.

use anyhow::bail;
use limits::{Per, Quotas, Rates, Rule};
use manifest::ToolManifest;
use settings::{Limit, LimitPer, Settings};
use std::sync::Arc;

/// The rules of a configuration. One about a tool that does not exist would never hold: an error.
pub(crate) fn rules(settings: &Settings, tools: &[Arc<ToolManifest>]) -> anyhow::Result<Vec<Rule>> {
    let rules: Vec<Rule> = settings.limits.iter().map(rule).collect();
    for (at, rule) in rules.iter().enumerate() {
        let only = rule.only.as_deref().filter(|_| rule.per == Per::Tool);
        for (key, named) in [("only", only), ("tool", rule.tool.as_ref().map(|tool| tool.as_str()))] {
            if let Some(named) =
                named.filter(|named| !tools.iter().any(|tool| tool.name().as_str() == *named))
            {
                bail!("`limit[{at}].{key}` names no tool of this server: `{named}`");
            }
        }
    }
    Ok(rules)
}

fn rule(limit: &Limit) -> Rule {
    Rule {
        name: limit.name.clone(),
        per: match limit.per {
            LimitPer::Tenant => Per::Tenant,
            LimitPer::Person => Per::Person,
            LimitPer::Client => Per::Client,
            LimitPer::Tool => Per::Tool,
            LimitPer::Resource => Per::Resource,
        },
        only: limit.only.clone(),
        tool: limit.tool.clone(),
        rates: Rates {
            per_second: limit.requests_per_second,
            per_minute: limit.requests_per_minute,
            concurrent: limit.concurrent,
        },
        quotas: Quotas {
            requests: limit.requests_per_day,
            rows: limit.rows_per_day,
            bytes: limit.bytes_per_day,
            sandbox_ms: limit.sandbox_ms_per_day,
        },
    }
}
