//! `[[limit]]`: how much may be called, for each person, client, tenant, tool or resource.

use crate::Resource;
use crate::error::Fault;
use crate::raw::RawLimit;
use domain::{ClientId, PersonId, ResourceName, TenantId, ToolName};

/// Each row is a look at every call, about a fifth of a microsecond.
const MAX_ROWS: usize = 32;
/// It stands in messages and in the state file.
const MAX_NAME_SIGNS: usize = 64;
const MIB: u64 = 1024 * 1024;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of keys says it")]
pub struct Limit {
    pub name: String,
    pub per: LimitPer,
    pub only: Option<String>,
    pub tool: Option<ToolName>,
    pub requests_per_second: Option<u32>,
    pub requests_per_minute: Option<u32>,
    pub concurrent: Option<u32>,
    pub requests_per_day: Option<u64>,
    pub rows_per_day: Option<u64>,
    pub bytes_per_day: Option<u64>,
    pub sandbox_ms_per_day: Option<u64>,
}

/// Who is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the file")]
pub enum LimitPer {
    Tenant,
    Person,
    Client,
    Tool,
    Resource,
}

impl Limit {
    pub(crate) fn check_all(raw: Vec<RawLimit>, resources: &[Resource]) -> Result<Vec<Self>, Fault> {
        if raw.len() > MAX_ROWS {
            let cause = format!("has {} rows", raw.len());
            return Err(Fault::new("limit", cause, format!("write at most {MAX_ROWS}")));
        }
        let mut limits: Vec<Self> = Vec::new();
        for (at, raw) in raw.into_iter().enumerate() {
            let limit = Self::check(raw, &format!("limit[{at}]"), resources)?;
            if limits.iter().any(|known| known.name == limit.name) {
                let key = format!("limit[{at}].name");
                return Err(Fault::new(
                    key,
                    "is the name of another limit",
                    "give each row a name of its own",
                ));
            }
            limits.push(limit);
        }
        Ok(limits)
    }

    fn check(raw: RawLimit, key: &str, resources: &[Resource]) -> Result<Self, Fault> {
        let is_name = raw.name.len() <= MAX_NAME_SIGNS
            && raw.name.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_.-".contains(&sign));
        if !is_name {
            let advice = format!("write 1 to {MAX_NAME_SIGNS} signs of A-Z a-z 0-9 _ . -");
            return Err(Fault::new(format!("{key}.name"), "is not a plain name", advice));
        }
        let per = LimitPer::parse(&raw.per, key)?;
        if let Some(only) = &raw.only {
            per.check_only(only, key, resources)?;
        }
        let tool = raw.tool.map(|name| tool(&name, &format!("{key}.tool"))).transpose()?;
        if tool.is_some() && per == LimitPer::Tool {
            let advice = "name the tool by `only`, or count per person, client, tenant or resource";
            return Err(Fault::new(format!("{key}.tool"), "is said twice: the limit counts tools", advice));
        }
        let limit = Self {
            name: raw.name,
            per,
            only: raw.only,
            tool,
            requests_per_second: raw.requests_per_second,
            requests_per_minute: raw.requests_per_minute,
            concurrent: raw.concurrent,
            requests_per_day: raw.requests_per_day,
            rows_per_day: raw.rows_per_day,
            bytes_per_day: raw.mib_per_day.map(|mib| mib * MIB),
            sandbox_ms_per_day: raw.sandbox_seconds_per_day.map(|seconds| seconds * 1000),
        };
        if limit.limits_nothing() {
            let advice = "write at least one of: requests_per_second, requests_per_minute, concurrent, \
                          requests_per_day, rows_per_day, mib_per_day, sandbox_seconds_per_day";
            return Err(Fault::new(key, "limits nothing", advice));
        }
        Ok(limit)
    }

    const fn limits_nothing(&self) -> bool {
        self.requests_per_second.is_none()
            && self.requests_per_minute.is_none()
            && self.concurrent.is_none()
            && self.requests_per_day.is_none()
            && self.rows_per_day.is_none()
            && self.bytes_per_day.is_none()
            && self.sandbox_ms_per_day.is_none()
    }
}

impl LimitPer {
    fn parse(word: &str, key: &str) -> Result<Self, Fault> {
        Ok(match word {
            "tenant" => Self::Tenant,
            "person" => Self::Person,
            "client" => Self::Client,
            "tool" => Self::Tool,
            "resource" => Self::Resource,
            _ => {
                let advice = "write tenant, person, client, tool or resource";
                return Err(Fault::new(format!("{key}.per"), "is none of these", advice));
            }
        })
    }

    /// A name that nobody can have would be a limit that never holds.
    fn check_only(self, only: &str, key: &str, resources: &[Resource]) -> Result<(), Fault> {
        let key = format!("{key}.only");
        let wrong = |error: domain::NameError| {
            Fault::new(
                &key,
                format!("is wrong: {error}"),
                "write the name as tokens, tools or resources have it",
            )
        };
        match self {
            Self::Tenant => only.parse::<TenantId>().map(drop).map_err(wrong),
            Self::Person => only.parse::<PersonId>().map(drop).map_err(wrong),
            Self::Client => only.parse::<ClientId>().map(drop).map_err(wrong),
            Self::Tool => tool(only, &key).map(drop),
            Self::Resource => {
                let name = only.parse::<ResourceName>().map_err(wrong)?;
                if resources.iter().any(|known| known.name == name) {
                    return Ok(());
                }
                Err(Fault::new(
                    key,
                    format!("names no resource: `{name}`"),
                    "write the name of a [[resource]]",
                ))
            }
        }
    }
}

fn tool(name: &str, key: &str) -> Result<ToolName, Fault> {
    name.parse::<ToolName>().map_err(|error| {
        Fault::new(key, format!("is wrong: {error}"), "write the name as `tools/list` shows it")
    })
}
