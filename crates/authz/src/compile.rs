//! Turns the rows of `roles.toml` into Cedar policies.
//!
//! A row becomes one policy or a few; each is called after the row, so that a reason names a row.
//! A grant of a tool answers both questions, `call` and `callWith`; a condition of the row stands
//! in the second only, because the first is asked before there are arguments.
//!
//! Policies are built as trees and not as text: only a condition has to be parsed, and it stays one
//! expression whatever is written in it.

use crate::AdminAction;
use crate::error::{Problem, Problems};
use crate::files::ROLES;
use crate::roles::{
    DataGrant, EVERY, Grant, Holder, Roles, Selection, ToolGrant, ToolSelector, WithoutApproval,
};
use crate::rule::{Rule, parse_problem};
use crate::tree::{any, any_within, entity, only, within};
use crate::vocabulary::{Action, Kind};
use cedar_policy::pst::{
    self, ActionConstraint, Clause, Effect, EntityOrSlot, Expr, PrincipalConstraint, ResourceConstraint,
    StaticPolicy, Template,
};
use cedar_policy::{EntityUid, Expression, Policy, PolicyId};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

/// The rules of every role and class.
pub(crate) fn compile(roles: &Roles, problems: &mut Problems) -> Vec<Rule> {
    let mut rules = Rules { file: ROLES.into(), made: Vec::new(), firsts: HashMap::new() };
    for (name, role) in &roles.roles {
        let place = format!("{ROLES}:{name}");
        Holds { kind: Kind::Role, who: Kind::Role.uid(name), place }.compile(role, &mut rules, problems);
    }
    for (name, class) in &roles.classes {
        // A role's name holds no dot, so no role and class share a place.
        let place = format!("{ROLES}:class.{name}");
        let holds = Holds { kind: Kind::ClientClass, who: Kind::ClientClass.uid(name), place };
        holds.compile(class, &mut rules, problems);
    }
    rules.made
}

/// The rules so far.
struct Rules<'a> {
    file: Arc<str>,
    made: Vec<Rule>,
    /// The first policy that was made of such a row, by its place among the row's policies. Another holder's
    /// like it is its twin: names of roles and classes are plain, and validation asks nothing else of them.
    firsts: HashMap<(Kind, Row<'a>, usize), PolicyId>,
}

/// What a row says, whoever's it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Row<'a> {
    Grant(&'a Grant),
    May(&'a [AdminAction]),
}

/// A role or class and where it stands.
struct Holds {
    kind: Kind,
    who: EntityUid,
    place: String,
}

/// One policy before it has a name and a principal.
struct Draft {
    actions: Vec<Action>,
    resource: ResourceConstraint,
    when: Option<Expr>,
}

impl Draft {
    fn new(action: Action, resource: ResourceConstraint) -> Self {
        Self { actions: vec![action], resource, when: None }
    }

    fn policy(self, id: &str, who: &EntityUid) -> Result<Policy, Problem> {
        let actions = self.actions.iter().map(|action| entity(&action.uid())).collect();
        let tree = Template::new(
            id,
            Effect::Permit,
            PrincipalConstraint::In(EntityOrSlot::Entity(entity(who))),
            ActionConstraint::In(actions),
            self.resource,
        );
        let tree = tree.try_with_clauses(self.when.map(|when| Clause::When(Arc::new(when))));
        let policy = StaticPolicy::try_from(tree.map_err(fault)?).map_err(fault)?;
        Policy::from_pst(pst::Policy::Static(policy)).map_err(fault)
    }
}

/// Names stand in the tree as they are and conditions were read as expressions, so this is not the author's fault.
fn fault(cause: impl fmt::Display) -> Problem {
    Problem::new(ROLES, cause.to_string(), "report this fault of the product")
}

impl Holds {
    fn compile<'a>(&self, holder: &'a Holder, rules: &mut Rules<'a>, problems: &mut Problems) {
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
            self.add(&label, Row::Grant(grant), drafts, rules, problems);
        }
        if !holder.may.is_empty() {
            let resource = any(Kind::Tenant);
            let actions = holder.may.iter().map(|may| may.action()).collect();
            let draft = Draft { actions, resource, when: None };
            self.add(&format!("{}:may", self.place), Row::May(&holder.may), vec![draft], rules, problems);
        }
    }

    fn tool(&self, grant: &ToolGrant, problems: &mut Problems) -> Vec<Draft> {
        let resource = match &grant.tools {
            ToolSelector::Every => any(Kind::Tool),
            ToolSelector::Tool(name) => only(&Kind::Tool.uid(name)),
            ToolSelector::Group(name) => within(&Kind::ToolGroup.uid(name)),
        };
        let mut read = |condition: &str, key: &str| {
            let label = || format!("{}:{}", self.place, row_of_tool(grant));
            problems.take(expression(condition, key).map_err(|problem| problem.in_rule(label())))
        };
        let mut plain = Draft::new(Action::Call, resource.clone());
        let mut drafts = Vec::new();
        match grant.when.as_deref().and_then(|condition| read(condition, "when")) {
            None => plain.actions.push(Action::CallWith),
            when => drafts.push(Draft { when, ..Draft::new(Action::CallWith, resource.clone()) }),
        }
        match &grant.without_approval {
            WithoutApproval::Never => {}
            WithoutApproval::Always => plain.actions.push(Action::CallWithoutApproval),
            WithoutApproval::When(condition) => {
                let when = read(condition, "without_approval");
                drafts.push(Draft { when, ..Draft::new(Action::CallWithoutApproval, resource) });
            }
        }
        drafts.insert(0, plain);
        drafts
    }

    fn add<'a>(
        &self,
        label: &str,
        row: Row<'a>,
        drafts: Vec<Draft>,
        rules: &mut Rules<'a>,
        problems: &mut Problems,
    ) {
        for (at, draft) in drafts.into_iter().enumerate() {
            let id = if at == 0 { label.to_owned() } else { format!("{label}#{at}") };
            let policy = draft.policy(&id, &self.who);
            let rule = policy.and_then(|policy| Rule::new(policy, &rules.file, label));
            let Some(mut rule) = problems.take(rule) else { continue };
            match rules.firsts.entry((self.kind, row, at)) {
                Entry::Occupied(first) => rule.twin = Some(first.get().clone()),
                Entry::Vacant(place) => _ = place.insert(rule.policy.id().clone()),
            }
            rules.made.push(rule);
        }
    }
}

/// A condition is one expression; what else is in the text is a fault.
fn expression(text: &str, key: &str) -> Result<Expr, Problem> {
    let parsed: Expression = text.parse().map_err(|error| {
        let found = parse_problem(ROLES, text, &error);
        Problem::new(ROLES, format!("`{key}`: {}", found.cause), found.hint)
    })?;
    Expr::try_from(parsed.as_ref().clone()).map_err(fault)
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
    let each = |kind: Kind| match &grant.resource {
        None => any(kind),
        Some(name) => any_within(kind, &Kind::Resource.uid(name)),
    };
    let resource = match &grant.resource {
        None => any(Kind::Resource),
        Some(name) => only(&Kind::Resource.uid(name)),
    };
    let prefix = grant.resource.as_deref().unwrap_or(EVERY);
    let mut drafts = vec![Draft::new(Action::Read, resource)];
    match &grant.tables {
        Selection::Every => drafts.push(Draft::new(Action::Read, each(Kind::Table))),
        Selection::Listed(tables) => drafts.extend(
            tables
                .iter()
                .map(|table| Draft::new(Action::Read, only(&Kind::Table.uid(&format!("{prefix}.{table}"))))),
        ),
    }
    match &grant.unmasked {
        Selection::Every => drafts.push(Draft::new(Action::ReadUnmasked, each(Kind::Column))),
        Selection::Listed(columns) => drafts.extend(columns.iter().map(|column| {
            let resource = match column.strip_suffix(".*") {
                Some(table) => within(&Kind::Table.uid(&format!("{prefix}.{table}"))),
                None => only(&Kind::Column.uid(&format!("{prefix}.{column}"))),
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
