//! The plan of one run: what the sandbox will be ordered to do.

use domain::{Refusal, RefusalCode};
use manifest::{Arguments, AttributeValue, Attributes, Plan};
use sandbox::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A quick script; the sample policy asks for approval above it.
pub(crate) const DEFAULT_TIMEOUT_MS: u64 = 10_000;

/// Two minutes: MCP clients give up on a call sooner than that unless they report progress.
pub(crate) const MAX_TIMEOUT_MS: u64 = 120_000;

/// Signs of source text.
pub(crate) const MAX_CODE_SIGNS: u32 = 256 * 1024;

/// Signs of standard input.
pub(crate) const MAX_STDIN_SIGNS: u32 = 1024 * 1024;

/// Files of one run.
pub(crate) const MAX_FILES: u32 = 64;

/// Signs of one file.
pub(crate) const MAX_FILE_SIGNS: u32 = 1024 * 1024;

/// What the plan's bytes hold, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodePlan {
    pub(crate) language: Language,
    pub(crate) code: String,
    pub(crate) stdin: String,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) timeout_ms: u64,
}

/// The word for a language in arguments and policy.
pub(crate) const fn language_name(language: Language) -> &'static str {
    match language {
        Language::Python => "python",
        Language::JavaScript => "javascript",
        Language::Bash => "bash",
    }
}

impl CodePlan {
    /// Reads checked arguments. `fixed` is the language of a tool that has only one.
    pub(crate) fn read(
        arguments: &Arguments,
        fixed: Option<Language>,
        offered: &[Language],
    ) -> Result<Self, Refusal> {
        let language = match fixed {
            Some(language) => language,
            None => offered
                .iter()
                .copied()
                .find(|language| arguments.text("language") == Some(language_name(*language)))
                .ok_or_else(|| invalid("language", "one of the offered languages"))?,
        };
        let timeout_ms = match arguments.json().get("timeout_ms") {
            None => DEFAULT_TIMEOUT_MS,
            Some(sent) => sent
                .as_i64()
                .and_then(|sent| u64::try_from(sent).ok())
                .filter(|sent| *sent <= MAX_TIMEOUT_MS)
                .ok_or_else(|| invalid("timeout_ms", "a whole number of milliseconds"))?,
        };
        let mut files = BTreeMap::new();
        for (name, content) in
            arguments.json().get("files").and_then(domain::Json::members).unwrap_or_default()
        {
            let content = content.as_str().ok_or_else(|| invalid("files", "an object of strings"))?;
            files.insert(name.clone(), content.to_owned());
        }
        Ok(Self {
            language,
            code: arguments.text("code").ok_or_else(|| invalid("code", "a string"))?.to_owned(),
            stdin: arguments.text("stdin").unwrap_or_default().to_owned(),
            files,
            timeout_ms,
        })
    }

    /// The plan and what policy may read of it. No code has a network yet.
    pub(crate) fn into_plan(self) -> Result<Plan, Refusal> {
        let timeout = i64::try_from(self.timeout_ms).unwrap_or(i64::MAX);
        let attributes = Attributes::from([
            ("language".to_owned(), AttributeValue::String(language_name(self.language).to_owned())),
            ("network".to_owned(), AttributeValue::Bool(false)),
            ("timeout_ms".to_owned(), AttributeValue::Long(timeout)),
        ]);
        let bytes = serde_json::to_vec(&self).map_err(|error| {
            Refusal::new(RefusalCode::Internal, format!("the plan cannot be written: {error}"))
        })?;
        Ok(Plan::new(bytes, attributes))
    }

    /// Reads a plan's bytes.
    pub(crate) fn decode(plan: &Plan) -> Result<Self, Refusal> {
        serde_json::from_slice(plan.bytes())
            .map_err(|error| Refusal::new(RefusalCode::Internal, format!("the plan cannot be read: {error}")))
    }
}

fn invalid(argument: &'static str, wanted: &'static str) -> Refusal {
    Refusal::new(RefusalCode::InvalidArguments, format!("`{argument}` is not {wanted}"))
        .with_hint(format!("At /{argument}: expected {wanted}."))
}
