//! Turns the rows of `roles.toml` into Cedar policies.
//!
//! A row becomes one policy or a few; each is called after the row, so that a reason names a row.
//! A grant of a tool answers both questions, `call` and `callWith`; a condition of the row stands
//! in the second only, because the first is asked before there are arguments.

use crate::AdminAction;
use crate::error::{Problem, Problems};
use crate::files::ROLES;
use crate::roles::{
    DataGrant, EVERY, Grant, Holder, Roles, Selection, ToolGrant, ToolSelector, WithoutApproval,
};
use crate::rule::{Rule, in_order, parse_problem};
use crate::vocabulary::{Action, Kind};
use cedar_policy::{EntityUid, Expression, PolicyId, PolicySet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The rules of every role and class.
pub(crate) fn compile(roles: &Roles, problems: &mut Problems) -> Vec<Rule> {
    let mut texts = Vec::new();
    for (name, role) in &roles.roles {
        let place = format!("{ROLES}:{name}");
        Holds { who: Kind::Role.uid(name), place }.compile(role, &mut texts, problems);
    }
    for (name, class) in &roles.classes {
        // A role's name holds no dot, so no role and class share a place.
        let place = format!("{ROLES}:class.{name}");
        Holds { who: Kind::ClientClass.uid(name), place }.compile(class, &mut texts, problems);
    }
    read(&texts, problems)
}

/// A policy as text, with its id and the row that it is from.
struct PolicyText {
    id: String,
    row: String,
    text: String,
}

/// Reads all texts in one go: Cedar's parser takes longer to start than to read a policy.
fn read(texts: &[PolicyText], problems: &mut Problems) -> Vec<Rule> {
    let whole: Vec<&str> = texts.iter().map(|policy| policy.text.as_str()).collect();
    let parsed: Result<PolicySet, _> = whole.join("\n").parse();
    // Names are escaped and conditions were each read as one expression, so this is not the author's fault.
    let fault = |cause: String| Problem::new(ROLES, cause, "report this fault of the product");
    let Some(set) = problems.take(parsed.map_err(|error| fault(error.to_string()))) else {
        return Vec::new();
    };
    let policies = in_order(&set);
    if policies.len() != texts.len() {
        problems.add(fault(format!("{} rows became {} policies", texts.len(), policies.len())));
    }
    let file: Arc<str> = ROLES.into();
    let rules = policies.into_iter().zip(texts).filter_map(|(policy, text)| {
        problems.take(Rule::new(policy.new_id(PolicyId::new(&text.id)), &file, &text.row))
    });
    rules.collect()
}

/// A role or class and where it stands.
struct Holds {
    who: EntityUid,
    place: String,
}

/// One policy before it is text: actions, resource, condition.
struct Draft {
    actions: Vec<Action>,
    resource: String,
    when: Option<String>,
}

impl Draft {
    fn new(action: Action, resource: String) -> Self {
        Self { actions: vec![action], resource, when: None }
    }
}

impl Holds {
    fn compile(&self, holder: &Holder, texts: &mut Vec<PolicyText>, problems: &mut Problems) {
        let mut rows = BTreeSet::new();
        for grant in &holder.grants {
            let (row, drafts) = match grant {
                Grant::Tool(grant) => (row_of_tool(grant), self.tool(grant, problems)),
                Grant::Data(grant) => (row_of_data(grant), data(grant)),
            };
            let label = format!("{}:{row}", self.place);
            if !rows.insert(row) {
                let hint = "join the two rows into one";
                problems.add(Problem::new(ROLES, "two rows grant the same thing", hint).in_rule(&label));
                continue;
            }
            self.add(&label, drafts, texts);
        }
        if !holder.may.is_empty() {
            let resource = format!("resource is {}", Kind::Tenant.word());
            let actions = holder.may.iter().map(|may| may.action()).collect();
            self.add(&format!("{}:may", self.place), vec![Draft { actions, resource, when: None }], texts);
        }
    }

    fn tool(&self, grant: &ToolGrant, problems: &mut Problems) -> Vec<Draft> {
        let resource = match &grant.tools {
            ToolSelector::Every => format!("resource is {}", Kind::Tool.word()),
            ToolSelector::Tool(name) => format!("resource == {}", Kind::Tool.uid(name)),
            ToolSelector::Group(name) => format!("resource in {}", Kind::ToolGroup.uid(name)),
        };
        let mut check = |condition: &Option<String>, key: &str| {
            let text = condition.as_deref()?;
            let parsed: Result<Expression, _> = text.parse();
            let label = format!("{}:{}", self.place, row_of_tool(grant));
            problems.take(parsed.map(|_| text.to_owned()).map_err(|error| {
                let found = parse_problem(ROLES, text, &error);
                Problem::new(ROLES, format!("`{key}`: {}", found.cause), found.hint).in_rule(label)
            }))
        };
        let mut plain = Draft::new(Action::Call, resource.clone());
        let mut drafts = Vec::new();
        match check(&grant.when, "when") {
            None => plain.actions.push(Action::CallWith),
            when => drafts.push(Draft { when, ..Draft::new(Action::CallWith, resource.clone()) }),
        }
        match &grant.without_approval {
            WithoutApproval::Never => {}
            WithoutApproval::Always => plain.actions.push(Action::CallWithoutApproval),
            WithoutApproval::When(condition) => {
                let when = check(&Some(condition.clone()), "without_approval");
                drafts.push(Draft { when, ..Draft::new(Action::CallWithoutApproval, resource) });
            }
        }
        drafts.insert(0, plain);
        drafts
    }

    fn add(&self, row: &str, drafts: Vec<Draft>, texts: &mut Vec<PolicyText>) {
        for (at, draft) in drafts.into_iter().enumerate() {
            let id = if at == 0 { row.to_owned() } else { format!("{row}#{at}") };
            let actions: Vec<String> = draft.actions.iter().map(|action| action.uid().to_string()).collect();
            // The condition ends in a line of its own: a comment in it cannot swallow the brace.
            let when =
                draft.when.map(|condition| format!("\nwhen {{\n  {condition}\n}}")).unwrap_or_default();
            let text = format!(
                "permit (\n  principal in {},\n  action in [{}],\n  {}\n){when};",
                self.who,
                actions.join(", "),
                draft.resource
            );
            texts.push(PolicyText { id, row: row.to_owned(), text });
        }
    }
}

/// The last part of a row's name. A tool's name holds no colon, so no two kinds of rows share one.
fn row_of_tool(grant: &ToolGrant) -> String {
    match &grant.tools {
        ToolSelector::Every => EVERY.to_owned(),
        ToolSelector::Tool(name) => name.clone(),
        ToolSelector::Group(name) => format!("group:{name}"),
    }
}

fn row_of_data(grant: &DataGrant) -> String {
    format!("data:{}", grant.resource.as_deref().unwrap_or(EVERY))
}

fn data(grant: &DataGrant) -> Vec<Draft> {
    let within = |kind: Kind| match &grant.resource {
        None => format!("resource is {}", kind.word()),
        Some(name) => format!("resource is {} in {}", kind.word(), Kind::Resource.uid(name)),
    };
    let resource = match &grant.resource {
        None => format!("resource is {}", Kind::Resource.word()),
        Some(name) => format!("resource == {}", Kind::Resource.uid(name)),
    };
    let prefix = grant.resource.as_deref().unwrap_or(EVERY);
    let mut drafts = vec![Draft::new(Action::Read, resource)];
    match &grant.tables {
        Selection::Every => drafts.push(Draft::new(Action::Read, within(Kind::Table))),
        Selection::Listed(tables) => drafts.extend(tables.iter().map(|table| {
            Draft::new(Action::Read, format!("resource == {}", Kind::Table.uid(&format!("{prefix}.{table}"))))
        })),
    }
    match &grant.unmasked {
        Selection::Every => drafts.push(Draft::new(Action::ReadUnmasked, within(Kind::Column))),
        Selection::Listed(columns) => drafts.extend(columns.iter().map(|column| {
            let resource = match column.strip_suffix(".*") {
                Some(table) => format!("resource in {}", Kind::Table.uid(&format!("{prefix}.{table}"))),
                None => format!("resource == {}", Kind::Column.uid(&format!("{prefix}.{column}"))),
            };
            Draft::new(Action::ReadUnmasked, resource)
        })),
    }
    drafts
}

impl AdminAction {
    pub(crate) const fn action(self) -> Action {
        match self {
            Self::Approve => Action::Approve,
            Self::Administer => Action::Administer,
            Self::Audit => Action::Audit,
        }
    }
}
