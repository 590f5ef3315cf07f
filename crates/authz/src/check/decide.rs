//! A test case's call, put to the policy as the layers would put it.

use super::case::{Request, Word};
use crate::AdminAction;
use crate::call_questions::check_declared;
use crate::data::word_of;
use crate::party::Caller;
use crate::policy::{KnownTool, Policy};
use crate::ruling::Ruling;
use crate::slice::Target;
use crate::view::{table_ruling, view_of};
use crate::vocabulary::Action;
use domain::{Principal, ToolName};
use manifest::{AttributeKind, AttributeValue, Attributes, DataView, ToolManifest, Treatment};
use serde_json::Value;
use std::sync::Arc;

/// What policy says of the case's call.
pub(super) struct Found {
    pub(super) word: Word,
    /// The rules that decided, sorted.
    pub(super) reasons: Vec<String>,
    /// Why not, for the reader of the report.
    pub(super) why: String,
    view: Option<Arc<DataView>>,
}

impl Found {
    fn new(word: Word, ruling: Option<(&Ruling, Action, &Target)>, view: Option<Arc<DataView>>) -> Self {
        let mut reasons: Vec<String> = ruling
            .iter()
            .flat_map(|(ruling, ..)| ruling.reasons())
            .map(|reason| reason.to_string())
            .collect();
        reasons.sort();
        let why = ruling.filter(|(ruling, ..)| !ruling.allowed());
        let why = why.map_or_else(String::new, |(ruling, action, target)| ruling.why_denied(action, target));
        Self { word, reasons, why, view }
    }

    fn because(mut self, why: String) -> Self {
        self.why = why;
        self
    }

    /// The word for `table.column`.
    pub(super) fn treatment(&self, column: &str) -> String {
        let parts = column.rsplit_once('.');
        let view = self.view.as_ref().zip(parts);
        word_of(view.map_or(Treatment::Deny, |(view, (table, column))| view.treatment(table, column)))
    }
}

/// The answer; an error if the case asks for what cannot be asked.
pub(super) fn decide(policy: &Policy, request: &Request) -> Result<Found, String> {
    let principal = Principal {
        tenant: policy.tenant().clone(),
        person: request.person.clone(),
        client: request.client.clone(),
    };
    let token_roles: Vec<Arc<str>> = request.roles.iter().map(|role| Arc::from(role.as_str())).collect();
    let caller = policy.caller(&principal, &token_roles).ok_or("the caller is of another tenant")?;
    match (&request.tool, request.may) {
        (Some(tool), None) => of_tool(policy, &caller, tool, request),
        (None, Some(action)) => Ok(of_admin(policy, &caller, action)),
        _ => Err("request.json: name either `tool` or `may`".to_owned()),
    }
}

fn of_admin(policy: &Policy, caller: &Caller, action: AdminAction) -> Found {
    let (action, target) = (action.action(), policy.tenant_target());
    let ruling = Ruling::ask(policy, caller, action, target, &Attributes::new());
    let word = if ruling.allowed() { Word::Allow } else { Word::Deny };
    Found::new(word, Some((&ruling, action, target)), None)
}

/// The order of the layers: visible, data, arguments, approval.
fn of_tool(policy: &Policy, caller: &Caller, name: &ToolName, request: &Request) -> Result<Found, String> {
    let Some(KnownTool { manifest, target }) = policy.tool(name) else {
        return Ok(Found::new(Word::UnknownTool, None, None).because(format!("there is no tool `{name}`")));
    };
    let attributes = attributes(manifest, request)?;
    let ask = |action, attributes: &Attributes| Ruling::ask(policy, caller, action, target, attributes);
    let call = ask(Action::Call, &Attributes::new());
    if !call.allowed() {
        return Ok(Found::new(Word::UnknownTool, Some((&call, Action::Call, target)), None));
    }
    let mut view = None;
    if let Some(resource) = &request.resource {
        match view_of(policy, caller, resource) {
            Ok(found) => view = Some(found),
            Err(refusal) => {
                return Ok(Found::new(Word::Deny, None, None).because(refusal.internal().to_owned()));
            }
        }
        let hidden = request
            .tables
            .iter()
            .find(|table| view.as_ref().is_none_or(|view| !view.tables().contains_key(*table)));
        if let Some(table) = hidden {
            let ruling = table_ruling(policy, caller, resource, table);
            let ruling = ruling.as_ref().map(|ruling| (ruling, Action::Read, target));
            let why = format!("table `{table}` of `{resource}` is not there for the caller");
            return Ok(Found::new(Word::Deny, ruling, view).because(why));
        }
    }
    let with = ask(Action::CallWith, &attributes);
    if !with.allowed() {
        return Ok(Found::new(Word::Deny, Some((&with, Action::CallWith, target)), view));
    }
    let without = ask(Action::CallWithoutApproval, &attributes);
    if !without.allowed() {
        return Ok(Found::new(Word::Pending, Some((&without, Action::CallWithoutApproval, target)), view));
    }
    Ok(Found::new(Word::Allow, Some((&with, Action::CallWith, target)), view))
}

fn attributes(tool: &ToolManifest, request: &Request) -> Result<Attributes, String> {
    let mut attributes = Attributes::new();
    for (name, sent) in &request.attributes {
        let declared = tool.attributes().iter().find(|attribute| attribute.name == name);
        let declared =
            declared.ok_or_else(|| format!("tool `{}` declares no attribute `{name}`", tool.name()))?;
        let value = value(declared.kind, sent)
            .ok_or_else(|| format!("attribute `{name}`: expected {}", declared.kind.wanted()))?;
        attributes.insert(name.clone(), value);
    }
    check_declared(tool, &attributes)?;
    Ok(attributes)
}

fn value(kind: AttributeKind, sent: &Value) -> Option<AttributeValue> {
    match kind {
        AttributeKind::String => sent.as_str().map(|text| AttributeValue::String(text.to_owned())),
        AttributeKind::Long => sent.as_i64().map(AttributeValue::Long),
        AttributeKind::Bool => sent.as_bool().map(AttributeValue::Bool),
        AttributeKind::StringSet => {
            let items = sent.as_array()?.iter().map(|item| item.as_str().map(str::to_owned));
            items.collect::<Option<_>>().map(AttributeValue::StringSet)
        }
    }
}
