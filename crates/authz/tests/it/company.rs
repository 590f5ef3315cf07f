//! Random companies: roles, grants, forbids and conditions of every form, for the property tests.

use super::house;
use authz::{Policy, PolicyFiles};
use manifest::{AttributeKind, AttributeSource, Effect, PolicyAttribute, ToolManifest};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

pub const TENANT: &str = "acme";
/// `p4` has no row, `p1` is named by rules.
pub const PEOPLE: [&str; 5] = ["p0", "p1", "p2", "p3", "p4"];
/// `k2` has no row, `k1` is named by rules.
pub const CLIENTS: [&str; 3] = ["k0", "k1", "k2"];
pub const ROLES: [&str; 5] = ["r0", "r1", "r2", "r3", "r4"];
const CLASSES: [&str; 2] = ["c0", "c1"];
pub const TOOLS: [&str; 6] = ["t0", "t1", "t2", "t3", "s__t4", "t5"];
#[allow(dead_code, reason = "the unit tests use it")]
pub const TABLES: [&str; 3] = ["orders", "people", "notes"];

const ATTRIBUTES: [PolicyAttribute; 3] = [
    PolicyAttribute { name: "network", kind: AttributeKind::Bool, source: AttributeSource::Plan },
    PolicyAttribute { name: "timeout_ms", kind: AttributeKind::Long, source: AttributeSource::Plan },
    PolicyAttribute { name: "tables", kind: AttributeKind::StringSet, source: AttributeSource::Plan },
];

pub fn tools() -> Vec<Arc<ToolManifest>> {
    let groups: [&[&'static str]; 6] = [&["g0"], &["g0", "g1"], &["g1"], &[], &["g1"], &["g2"]];
    let effects = [Effect::Read, Effect::Execute, Effect::Write];
    TOOLS
        .iter()
        .zip(groups)
        .zip(effects.into_iter().cycle())
        .map(|((name, groups), effect)| house::tool(name, effect, groups, &ATTRIBUTES))
        .collect()
}

/// Pieces of a company.
type Pieces = (Vec<String>, Vec<&'static str>, Vec<Vec<&'static str>>, Vec<String>, Vec<String>, Vec<String>);

/// A company before its faulty rules are taken out.
#[derive(Debug)]
pub struct Draft {
    roles: String,
    rules: Vec<String>,
}

impl Draft {
    /// The policy of the rules that Cedar's validator takes. The generator also makes rules that can
    /// never apply, which loading refuses; those are left out by the ids that the refusal names.
    pub fn load(&self) -> Policy {
        let mut rules = self.rules.clone();
        loop {
            let texts: Vec<String> =
                rules.iter().enumerate().map(|(at, rule)| format!("@id(\"h{at}\")\n{rule}")).collect();
            let files = PolicyFiles::from_texts([
                ("schema.cedarschema", include_str!("../../../../policies/schema.cedarschema").to_owned()),
                ("roles.toml", self.roles.clone()),
                ("data.toml", DATA.to_owned()),
                ("rules.cedar", texts.join("\n")),
            ])
            .expect("the files");
            match Policy::load(&files, &tools()) {
                Ok(policy) => return policy,
                Err(error) => {
                    let named = error.problems().iter().map(|problem| {
                        let rule = problem.rule.as_deref().unwrap_or("");
                        let place = rule.strip_prefix("rules.cedar:h").unwrap_or_else(|| panic!("{problem}"));
                        place.parse::<usize>().expect("a place")
                    });
                    let faulty: BTreeSet<usize> = named.collect();
                    let mut at = 0;
                    rules.retain(|_| {
                        at += 1;
                        !faulty.contains(&(at - 1))
                    });
                }
            }
        }
    }
}

const DATA: &str = r#"
[base.orders]
id = "clear"
note = "mask:fixed"
[base.people]
id = "clear"
mail = "mask:email"
secret = "deny"
[base.notes]
text = "mask:null"
"#;

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    proptest::sample::select(words).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = String> + Clone {
    one_of(&[
        "context has network && context.network",
        "context has network && !context.network",
        "context has timeout_ms && context.timeout_ms <= 10",
        "context has timeout_ms && context.timeout_ms > 1000",
        "context has tables && context.tables.contains(\"orders\")",
        "!(context has tables && context.tables.contains(\"people\"))",
        // Overflows: a rule that fails.
        "context has timeout_ms && context.timeout_ms * 9223372036854775807 > 0",
    ])
}

/// Conditions of hand-written rules speak of principal and resource as well.
fn wide_condition() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        3 => condition(),
        1 => one_of(&[
            "principal in Role::\"r1\"",
            "principal == Person::\"acme/p1\"",
            "principal in [Role::\"r0\", Role::\"r2\"]",
            "principal == Client::\"acme/k1\" || principal in Role::\"r3\"",
            "principal is Client && principal in ClientClass::\"c0\"",
            "resource in ToolGroup::\"g1\"",
            "resource is Tool && resource.effect == \"read\"",
            "resource == Tool::\"t0\"",
            "Tool::\"t1\" in ToolGroup::\"g1\" && Tool::\"t1\".effect == \"execute\"",
            "resource is Tool && resource.isolation == Tool::\"t2\".isolation",
        ]),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    let effect = prop_oneof![2 => Just("permit"), 1 => Just("forbid")];
    let principal = one_of(&[
        "principal",
        "principal is Person",
        "principal is Client",
        "principal == Person::\"acme/p1\"",
        "principal == Client::\"acme/k1\"",
        "principal in Role::\"r0\"",
        "principal in Role::\"r1\"",
        "principal is Person in Role::\"r2\"",
        "principal in ClientClass::\"c0\"",
        "principal is Client in ClientClass::\"c1\"",
        "principal in Tenant::\"acme\"",
    ]);
    let action = one_of(&[
        "action",
        "action == Action::\"call\"",
        "action == Action::\"callWith\"",
        "action in [Action::\"call\", Action::\"callWith\"]",
        "action in [Action::\"callWith\", Action::\"callWithoutApproval\"]",
        "action == Action::\"callWithoutApproval\"",
        "action == Action::\"seeUnredacted\"",
        "action == Action::\"read\"",
        "action == Action::\"readUnmasked\"",
    ]);
    let resource = one_of(&[
        "resource",
        "resource is Tool",
        "resource == Tool::\"t0\"",
        "resource == Tool::\"t1\"",
        "resource in ToolGroup::\"g0\"",
        "resource is Tool in ToolGroup::\"g1\"",
        "resource in Server::\"s\"",
        "resource is Table",
        "resource == Table::\"base.orders\"",
        "resource in Resource::\"base\"",
        "resource == Column::\"base.people.mail\"",
        "resource in Table::\"base.notes\"",
    ]);
    let clause = prop_oneof![
        3 => Just(String::new()),
        3 => wide_condition().prop_map(|text| format!("\nwhen {{ {text} }}")),
        1 => wide_condition().prop_map(|text| format!("\nunless {{ {text} }}")),
    ];
    (effect, principal, action, resource, clause).prop_map(|(effect, principal, action, resource, clause)| {
        format!("{effect} ({principal}, {action}, {resource}){clause};")
    })
}

fn tool_grant() -> impl Strategy<Value = (String, String)> {
    let what = one_of(&[
        "tool = \"*\"",
        "tool = \"t0\"",
        "tool = \"t1\"",
        "tool = \"t2\"",
        "tool = \"s__t4\"",
        "group = \"g0\"",
        "group = \"g1\"",
    ]);
    let when = proptest::option::of(condition());
    let without = prop_oneof![
        Just(String::new()),
        Just(", without_approval = true".to_owned()),
        condition().prop_map(|text| format!(", without_approval = '{text}'")),
    ];
    (what, when, without).prop_map(|(what, when, without)| {
        let when = when.map(|text| format!(", when = '{text}'")).unwrap_or_default();
        (what.clone(), format!("{{ {what}{when}{without} }}"))
    })
}

fn data_grant() -> impl Strategy<Value = (String, String)> {
    one_of(&[
        "{ resource = \"base\", tables = [\"orders\", \"people\"] }",
        "{ resource = \"base\", tables = [\"*\"], unmasked = [\"people.mail\"] }",
        "{ resource = \"base\", unmasked = [\"notes.*\"] }",
        "{ resource = \"*\", tables = [\"*\"], unmasked = [\"*\"] }",
    ])
    .prop_map(|text| ("data".to_owned(), text))
}

/// Rows of one holder; two rows for the same thing are refused, so the first one stays.
fn grants() -> impl Strategy<Value = String> {
    let row = prop_oneof![4 => tool_grant(), 1 => data_grant()];
    proptest::collection::vec(row, 0..5).prop_map(|rows| {
        let mut seen = BTreeSet::new();
        let rows: Vec<String> =
            rows.into_iter().filter(|(what, _)| seen.insert(what.clone())).map(|(_, text)| text).collect();
        format!("grants = [{}]\n", rows.join(", "))
    })
}

fn some_roles() -> impl Strategy<Value = String> {
    proptest::sample::subsequence(ROLES.to_vec(), 0..3).prop_map(|roles| format!("{roles:?}"))
}

fn pieces() -> impl Strategy<Value = Pieces> {
    let people = proptest::collection::vec(some_roles(), 4);
    let classes = proptest::collection::vec(proptest::sample::select(&CLASSES[..]), 2);
    // A role includes earlier ones only, so there is no circle.
    let includes = (0..ROLES.len())
        .map(|at| proptest::sample::subsequence(ROLES[..at].to_vec(), 0..=at.min(2)))
        .collect::<Vec<_>>();
    let role_grants = proptest::collection::vec(grants(), ROLES.len());
    let class_grants = proptest::collection::vec(grants(), CLASSES.len());
    let rules = proptest::collection::vec(rule(), 0..12);
    (people, classes, includes, role_grants, class_grants, rules)
}

fn written((people, classes, includes, role_grants, class_grants, rules): Pieces) -> Draft {
    let mut roles = format!("tenant = \"{TENANT}\"\n[people]\n");
    for (person, held) in PEOPLE.iter().zip(people) {
        roles.push_str(&format!("{person} = {held}\n"));
    }
    roles.push_str("[clients]\n");
    for (client, class) in CLIENTS.iter().zip(classes) {
        roles.push_str(&format!("{client} = \"{class}\"\n"));
    }
    for ((role, includes), grants) in ROLES.iter().zip(includes).zip(role_grants) {
        roles.push_str(&format!("[roles.{role}]\nincludes = {includes:?}\n{grants}"));
    }
    for (class, grants) in CLASSES.iter().zip(class_grants) {
        roles.push_str(&format!("[classes.{class}]\n{grants}"));
    }
    Draft { roles, rules }
}

pub fn draft() -> impl Strategy<Value = Draft> {
    pieces().prop_map(written)
}

/// A company in which `p0` holds `r4`, which administers `r0` and `r1`; and the same after a change of
/// those two and of who has them. The new grants are often some role's of before.
#[allow(dead_code, reason = "the unit tests use it")]
pub fn delegated() -> impl Strategy<Value = (Draft, Draft)> {
    let new_grants = || prop_oneof![3 => (0..ROLES.len()).prop_map(Err), 1 => grants().prop_map(Ok)];
    let toggles = proptest::collection::vec(proptest::sample::subsequence(vec!["r0", "r1"], 0..=2), 4);
    (pieces(), new_grants(), new_grants(), toggles).prop_map(|(mut before, first, second, toggles)| {
        let lead = "administers = [\"r0\", \"r1\"]\n";
        before.0[0] = format!("{:?}", ["r4", "r3"]);
        let mut after = before.clone();
        for (at, grants) in [first, second].into_iter().enumerate() {
            after.3[at] = grants.unwrap_or_else(|role| before.3[role].clone());
        }
        for company in [&mut before, &mut after] {
            company.3[4].push_str(lead);
        }
        for (held, toggle) in after.0.iter_mut().zip(toggles).skip(1) {
            let mut roles: Vec<String> = serde_json::from_str(held).expect("a list");
            roles.retain(|role| role != "r0" && role != "r1");
            roles.extend(toggle.iter().map(|role| (*role).to_owned()));
            *held = format!("{roles:?}");
        }
        (written(before), written(after))
    })
}
