//! `[[tool]]`: tools that are switched on or off, and their limits.

use crate::error::Fault;
use crate::raw::{RawTool, RawToolLimits};
use domain::ToolName;
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
            });
        }
        Ok(tools)
    }

    /// A tool that is on, with its own limits.
    pub(crate) fn on(name: &str) -> Option<Self> {
        Some(Self { name: name.parse().ok()?, enabled: true, limits: ToolLimits::default() })
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
