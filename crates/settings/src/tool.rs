//! `[[tool]]`: tools that are switched on or off, and their limits.

use crate::error::Fault;
use crate::raw::{RawTool, RawToolApprovals, RawToolLimits};
use domain::{PersonId, ToolName};
use std::time::Duration;

/// What the operator said about one tool.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Which one. Whether it exists is known to the wiring only.
    pub name: ToolName,
    /// Whether it is offered at all.
    pub enabled: bool,
    /// What one call may use.
    pub limits: ToolLimits,
    /// Who has to agree where policy wants an approval.
    pub approvals: ToolApprovals,
}

/// How many people have to agree, and who they may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolApprovals {
    /// That many different people.
    pub needed: u32,
    /// Of these; `None`: of whom policy lets approve.
    pub by: Option<Vec<PersonId>>,
}

impl Default for ToolApprovals {
    fn default() -> Self {
        Self { needed: 1, by: None }
    }
}

impl ToolApprovals {
    fn check(raw: RawToolApprovals, key: &str) -> Result<Self, Fault> {
        let needed = raw.needed.unwrap_or(1);
        let Some(names) = raw.by else { return Ok(Self { needed, by: None }) };
        let mut by: Vec<PersonId> = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let key = format!("{key}.by[{at}]");
            let person: PersonId = name.parse().map_err(|error| {
                Fault::new(&key, format!("is wrong: {error}"), "write the person as their token's `sub`")
            })?;
            if by.contains(&person) {
                return Err(Fault::new(key, "names a person for the second time", "name each person once"));
            }
            by.push(person);
        }
        if by.len() < needed as usize {
            let cause = format!("names {} people of whom {needed} have to agree", by.len());
            return Err(Fault::new(format!("{key}.by"), cause, "name more people, or lower `needed`"));
        }
        Ok(Self { needed, by: Some(by) })
    }
}

/// Limits of one tool's calls; `None` leaves the tool's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolLimits {
    /// Time of one call.
    pub timeout: Option<Duration>,
    /// Size of one result.
    pub max_output_bytes: Option<u64>,
}

impl Tool {
    pub(crate) fn check_all(raw: Vec<RawTool>) -> Result<Vec<Self>, Fault> {
        let mut tools: Vec<Self> = Vec::new();
        for (at, raw) in raw.into_iter().enumerate() {
            let key = format!("tool[{at}].name");
            let name = raw.name.parse::<ToolName>().map_err(|error| {
                Fault::new(&key, format!("is wrong: {error}"), "write the name as `tools/list` shows it")
            })?;
            if tools.iter().any(|known| known.name == name) {
                return Err(Fault::new(
                    key,
                    "names a tool for the second time",
                    "put all its keys into one [[tool]]",
                ));
            }
            tools.push(Self {
                name,
                enabled: raw.enabled.unwrap_or(true),
                limits: raw.limits.map(ToolLimits::from).unwrap_or_default(),
                approvals: raw
                    .approvals
                    .map(|raw| ToolApprovals::check(raw, &format!("tool[{at}].approvals")))
                    .transpose()?
                    .unwrap_or_default(),
            });
        }
        Ok(tools)
    }

    /// A tool that is on, with its own limits.
    pub(crate) fn on(name: &str) -> Option<Self> {
        Some(Self {
            name: name.parse().ok()?,
            enabled: true,
            limits: ToolLimits::default(),
            approvals: ToolApprovals::default(),
        })
    }
}

impl From<RawToolLimits> for ToolLimits {
    fn from(raw: RawToolLimits) -> Self {
        Self {
            timeout: raw.timeout_ms.map(Duration::from_millis),
            max_output_bytes: raw.max_output_kib.map(|kib| kib * 1024),
        }
    }
}
