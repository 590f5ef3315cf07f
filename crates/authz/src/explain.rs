//! A question, put to the policy as the layers would put it, with every answer on the way.

use crate::basis::Read;
use crate::call_questions::check_declared;
use crate::data::{told, word_of};
use crate::party::Caller;
use crate::policy::{KnownTool, Policy};
use crate::question::{Ends, Question};
use crate::ruling::Ruling;
use crate::slice::{Answer, Target};
use crate::view::{table_ruling, view_of};
use crate::vocabulary::Action;
use domain::{Principal, ToolName};
use manifest::{AttributeKind, AttributeValue, Attributes, DataView, ToolManifest, Treatment};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What policy says of a question, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// How the call ends.
    pub decision: Ends,
    /// The rules that decided, sorted.
    pub reasons: Vec<String>,
    /// Why not, in a sentence for the operator; empty if nothing stands against it.
    pub why: String,
    /// What was asked, in the order of the layers.
    pub asked: Vec<Asked>,
    /// By `table.column` of the resource: how the caller sees it. What is not here is not there for the caller.
    pub columns: BTreeMap<String, String>,
    /// By table of the resource: what its rows have to meet to be there for the caller. Where nothing stands, every row is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, String>,
}

/// One question on the way.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// The action's word.
    pub action: &'static str,
    /// The entity that it is done to.
    pub target: String,
    /// What the person's side says.
    pub person: Side,
    /// What the client's side says.
    pub client: Side,
}

/// One side's answer.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// True if a rule permits and none forbids or fails.
    pub allowed: bool,
    /// The rules that decided: the permits of an allow, the forbids of a deny.
    pub rules: Vec<String>,
    /// The rules that could not be evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl Side {
    fn of(answer: &Answer) -> Self {
        Self {
            allowed: answer.allowed,
            rules: answer.reasons.iter().map(|rule| rule.to_string()).collect(),
            faults: answer.faults.to_vec(),
        }
    }
}

/// Puts `question` to `policy`. An error if it asks for what cannot be asked.
pub fn explain(policy: &Policy, question: &Question) -> Result<Explanation, String> {
    walk(policy, question, Read::Arguments)
}

/// How `question` ends, as far as it was read. An error if it asks for what cannot be asked.
pub(crate) fn decide(policy: &Policy, question: &Question, read: Read) -> Result<Ends, String> {
    walk(policy, question, read).map(|explanation| explanation.decision)
}

fn walk(policy: &Policy, question: &Question, read: Read) -> Result<Explanation, String> {
    let principal = Principal {
        tenant: policy.tenant().clone(),
        person: question.person.clone(),
        client: question.client.clone(),
    };
    let token_roles: Vec<Arc<str>> = question.roles.iter().map(|role| Arc::from(role.as_str())).collect();
    let caller = policy.caller(&principal, &token_roles).ok_or("the caller is of another tenant")?;
    let mut walk = Walk { policy, caller: &caller, asked: Vec::new(), view: None };
    let (decision, decided) = match (&question.tool, question.may) {
        (Some(tool), None) => walk.tool(tool, question, read)?,
        (None, Some(may)) => {
            let ruling = walk.ask(may.action(), policy.tenant_target(), &Attributes::new());
            (if ruling.allowed() { Ends::Allow } else { Ends::Deny }, Decided::By(ruling))
        }
        _ => return Err("name either `tool` or `may`".to_owned()),
    };
    Ok(walk.explained(decision, decided))
}

/// What ended a walk.
enum Decided {
    /// The ruling, which is the last one asked for.
    By(Ruling),
    /// No ruling.
    Because(String),
    /// A ruling, whose own sentence says less than this one.
    ByBecause(Ruling, String),
}

struct Walk<'a> {
    policy: &'a Policy,
    caller: &'a Caller,
    asked: Vec<(Action, &'a Target, Asked)>,
    view: Option<Arc<DataView>>,
}

impl<'a> Walk<'a> {
    fn ask(&mut self, action: Action, target: &'a Target, attributes: &Attributes) -> Ruling {
        let ruling = Ruling::ask(self.policy, self.caller, action, target, attributes);
        self.note(action, target, &ruling);
        ruling
    }

    fn note(&mut self, action: Action, target: &'a Target, ruling: &Ruling) {
        let asked = Asked {
            action: action.word(),
            target: target.uid.to_string(),
            person: Side::of(&ruling.person),
            client: Side::of(&ruling.client),
        };
        self.asked.push((action, target, asked));
    }

    /// The order of the layers: visible, data, arguments, approval.
    fn tool(&mut self, name: &ToolName, question: &Question, read: Read) -> Result<(Ends, Decided), String> {
        let Some(KnownTool { manifest, target }) = self.policy.tool(name) else {
            return Ok((Ends::UnknownTool, Decided::Because(format!("there is no tool `{name}`"))));
        };
        let attributes = attributes(manifest, question)?;
        let call = self.ask(Action::Call, target, &Attributes::new());
        if !call.allowed() {
            return Ok((Ends::UnknownTool, Decided::By(call)));
        }
        if read == Read::Call {
            return Ok((Ends::Allow, Decided::By(call)));
        }
        if let Some(denied) = self.data(question) {
            return Ok((Ends::Deny, denied));
        }
        if read == Read::Data {
            return Ok((Ends::Allow, Decided::By(call)));
        }
        let with = self.ask(Action::CallWith, target, &attributes);
        if !with.allowed() {
            return Ok((Ends::Deny, Decided::By(with)));
        }
        let without = self.ask(Action::CallWithoutApproval, target, &attributes);
        if !without.allowed() {
            return Ok((Ends::Pending, Decided::By(without)));
        }
        Ok((Ends::Allow, Decided::By(with)))
    }

    /// Why the resource's part of the question is denied, if it is.
    fn data(&mut self, question: &Question) -> Option<Decided> {
        let resource = question.resource.as_ref()?;
        let view = match view_of(self.policy, self.caller, resource) {
            Ok(view) => view,
            Err(refusal) => return Some(Decided::Because(refusal.internal().to_owned())),
        };
        let hidden = question.tables.iter().find(|table| !view.tables().contains_key(*table));
        self.view = Some(view);
        let table = hidden?;
        let why = format!("table `{table}` of `{resource}` is not there for the caller");
        match table_ruling(self.policy, self.caller, resource, table) {
            None => Some(Decided::Because(why)),
            Some((ruling, target)) => {
                self.note(Action::Read, target, &ruling);
                Some(Decided::ByBecause(ruling, why))
            }
        }
    }

    fn explained(self, decision: Ends, decided: Decided) -> Explanation {
        let why_denied = |ruling: &Ruling| match self.asked.last() {
            Some((action, target, _)) if !ruling.allowed() => ruling.why_denied(*action, target),
            _ => String::new(),
        };
        let (ruling, why) = match decided {
            Decided::By(ruling) => {
                let why = why_denied(&ruling);
                (Some(ruling), why)
            }
            Decided::Because(why) => (None, why),
            Decided::ByBecause(ruling, why) => (Some(ruling), why),
        };
        let mut reasons: Vec<String> =
            ruling.iter().flat_map(Ruling::reasons).map(|reason| reason.to_string()).collect();
        reasons.sort();
        Explanation {
            decision,
            reasons,
            why,
            asked: self.asked.into_iter().map(|(.., asked)| asked).collect(),
            columns: self.view.as_deref().map(columns).unwrap_or_default(),
            rows: self.view.as_deref().map(rows).unwrap_or_default(),
        }
    }
}

fn columns(view: &DataView) -> BTreeMap<String, String> {
    let of_table = |(table, columns): (&String, &manifest::TableView)| {
        let shown = columns.columns.iter().filter(|(_, column)| column.treatment != Treatment::Deny);
        shown.map(|(name, column)| (format!("{table}.{name}"), word_of(column.treatment))).collect::<Vec<_>>()
    };
    view.tables().iter().flat_map(of_table).collect()
}

fn rows(view: &DataView) -> BTreeMap<String, String> {
    let filtered = view.tables().iter().filter(|(_, table)| !table.rows.is_empty());
    filtered.map(|(name, table)| (name.clone(), told(&table.rows))).collect()
}

fn attributes(tool: &ToolManifest, question: &Question) -> Result<Attributes, String> {
    let mut attributes = Attributes::new();
    for (name, sent) in &question.attributes {
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
