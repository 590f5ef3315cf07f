//! Delegated administration with real evidence: what a delegate may put in force, and what is refused.

use crate::house;
use crate::office::Office;
use authn::Audience;
use authz::{AdminAction, Policy, PolicyFiles, authorize_admin, authorize_delegate};
use domain::RefusalCode;
use std::sync::Arc;

/// `ana` leads: she is an analyst who administers interns. `kim` is nobody yet.
const ROLES: &str = r#"
tenant = "acme"
[people]
ana = ["lead"]
kim = []
dev = ["developer"]
root = ["admin"]
[clients]
quickstart = "trusted"
robot = "bound"
[roles.analyst]
grants = [
  { tool = "echo", without_approval = true },
  { tool = "database-query", when = 'context has max_rows && context.max_rows <= 100', without_approval = true },
  { resource = "customer_database", tables = ["customers", "orders"] },
]
[roles.developer]
grants = [{ group = "code" }]
[roles.intern]
grants = [{ tool = "echo" }]
[roles.admin]
may = ["administer"]
[roles.lead]
includes = ["analyst"]
administers = ["intern"]
[classes.trusted]
grants = [{ tool = "*", without_approval = true }, { resource = "*", tables = ["*"], unmasked = ["*"] }]
may = ["administer"]
[classes.bound]
grants = [{ tool = "*" }]
"#;

const INTERN: &str = "[roles.intern]\ngrants = [{ tool = \"echo\" }]";

fn policy(roles: &str, rules: &str) -> Arc<Policy> {
    let text = |name: &str| {
        let path = format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a text")
    };
    let files = PolicyFiles::from_texts([
        ("schema.cedarschema".to_owned(), text("schema.cedarschema")),
        ("data.toml".to_owned(), text("data.toml")),
        ("roles.toml".to_owned(), roles.to_owned()),
        ("rules.cedar".to_owned(), rules.to_owned()),
    ]);
    let loaded = Policy::load(&files.expect("the files"), &house::tools());
    Arc::new(loaded.unwrap_or_else(|error| panic!("{:?}", error.problems())))
}

fn intern(rows: &str) -> String {
    ROLES.replace(INTERN, &format!("[roles.intern]\n{rows}"))
}

#[test]
fn a_delegate_grants_what_they_hold_and_nothing_above_it() {
    let old = policy(ROLES, "");
    let office = Office::open();
    let permit = authorize_delegate(office.operator("ana"), &old).expect("a delegate");
    assert_eq!((permit.principal().person.as_str(), permit.policy_hash()), ("ana", old.policy_hash()));
    let query = "{ tool = \"database-query\", when = 'context has max_rows && context.max_rows <= 100' }";
    for good in [
        ROLES.to_owned(),
        ROLES.replace("kim = []", "kim = [\"intern\"]"),
        ROLES.replace("dev = [\"developer\"]", "dev = [\"developer\", \"intern\"]"),
        intern("grants = []"),
        intern("grants = [{ tool = \"echo\", without_approval = true }]"),
        intern(&format!("grants = [{query}, {{ resource = \"customer_database\", tables = [\"orders\"] }}]")),
        intern("includes = [\"analyst\"]"),
    ] {
        assert_eq!(permit.covers(&old, &policy(&good, "")), Ok(()), "{good}");
    }
    for (bad, named) in [
        (intern("grants = [{ tool = \"*\" }]"), "python-runner"),
        (intern("grants = [{ tool = \"database-query\" }]"), "callWith"),
        (
            intern(
                "grants = [{ tool = \"database-query\", when = 'context has max_rows && context.max_rows <= 101' }]",
            ),
            "callWith",
        ),
        (intern("grants = [{ resource = \"customer_database\", tables = [\"payments\"] }]"), "payments"),
        (
            intern("grants = [{ resource = \"customer_database\", unmasked = [\"customers.*\"] }]"),
            "readUnmasked",
        ),
        (intern("may = [\"administer\"]"), "administer"),
        (intern("includes = [\"developer\"]"), "code-executor"),
        (intern("administers = [\"analyst\"]"), "administers other roles"),
        (ROLES.replace("kim = []", "kim = [\"analyst\"]"), "`kim` gets or loses role `analyst`"),
        (ROLES.replace("ana = [\"lead\"]", "ana = [\"lead\", \"admin\"]"), "role `admin`"),
        (ROLES.replace("root = [\"admin\"]", "root = []"), "role `admin`"),
        (ROLES.replace("max_rows <= 100", "max_rows <= 200"), "role `analyst` is not the delegate's"),
        (ROLES.replace("[roles.admin]", "[roles.more]\n[roles.admin]"), "role `more` comes or goes"),
        (ROLES.replace("robot = \"bound\"", "robot = \"trusted\""), "clients"),
        (ROLES.replace("grants = [{ tool = \"*\" }]", "grants = []"), "classes"),
    ] {
        let why = permit.covers(&old, &policy(&bad, "")).expect_err(&bad);
        assert!(why.contains(named), "{named}: {why}");
    }
    let why = permit.covers(&old, &policy(ROLES, "permit (principal, action, resource);"));
    assert!(why.expect_err("rules").contains("roles.toml alone"));
}

/// A rule that asks who somebody is, and a rule that forbids what a role would lose.
#[test]
fn what_cannot_be_compared_counts_as_a_gain() {
    let office = Office::open();
    let roles = ROLES.replace("kim = []", "kim = [\"intern\"]");
    let forbid = "forbid (principal in Role::\"intern\", action in [Action::\"call\", Action::\"callWith\"], resource == Tool::\"echo\");\n\
        permit (principal, action in [Action::\"call\", Action::\"callWith\"], resource == Tool::\"code-executor\") when { principal in Role::\"intern\" };";
    let old = policy(&roles, forbid);
    let permit = authorize_delegate(office.operator("ana"), &old).expect("a delegate");
    // Out of the role kim has nothing; but the rule that asks for it cannot be told to say so.
    let why = permit.covers(&old, &policy(ROLES, forbid)).expect_err("a gain");
    assert!(why.contains("code-executor"), "{why}");
    let (plain, _) = forbid.split_once('\n').expect("two rules");
    assert_eq!(permit.covers(&policy(&roles, plain), &policy(ROLES, plain)), Ok(()));
    // Who leaves a role that is forbidden something gains it, without any new grant.
    let both = roles.replace("dev = [\"developer\"]", "dev = [\"developer\", \"intern\"]");
    let all = plain.replace("\"echo\"", "\"python-runner\"");
    let why = permit.covers(&policy(&both, &all), &policy(&roles, &all)).expect_err("a gain");
    assert!(why.contains("`dev` would gain `call` on Tool::\"python-runner\""), "{why}");
    // Into it, dev gains a tool by a rule that asks for the role.
    let into = roles.replace("dev = [\"developer\"]", "dev = [\"intern\"]");
    let why = permit.covers(&old, &policy(&into, forbid)).expect_err("developer");
    assert!(why.contains("developer"), "{why}");
    let into = roles.replace("root = [\"admin\"]", "root = [\"admin\", \"intern\"]");
    let why = permit.covers(&old, &policy(&into, forbid)).expect_err("a gain");
    assert!(why.contains("`root` would gain `call` on Tool::\"code-executor\""), "{why}");
}

#[test]
fn only_whoever_holds_an_administering_role_is_a_delegate_and_no_more_than_that() {
    let office = Office::open();
    let old = policy(ROLES, "");
    for person in ["kim", "dev", "root", "eve"] {
        let denied = authorize_delegate(office.operator(person), &old).expect_err(person);
        assert_eq!(denied.refusal.code(), RefusalCode::Denied, "{person}");
    }
    let robot = authorize_delegate(office.evidence("acme", "ana", "robot", Audience::Admin), &old);
    assert_eq!(robot.expect_err("the client").refusal.code(), RefusalCode::Denied);
    let plane = authorize_delegate(office.caller("ana"), &old).expect_err("the other plane");
    assert_eq!(plane.refusal.code(), RefusalCode::Unauthenticated);
    let other = authorize_delegate(office.evidence("other", "ana", "quickstart", Audience::Admin), &old);
    assert_eq!(other.expect_err("the other tenant").refusal.code(), RefusalCode::Denied);
    for action in [AdminAction::Administer, AdminAction::Approve, AdminAction::Audit] {
        assert!(authorize_admin(office.operator("ana"), action, &old).is_err(), "{action:?}");
    }
    let forbidden =
        policy(ROLES, "forbid (principal in Role::\"lead\", action == Action::\"administer\", resource);");
    assert!(authorize_delegate(office.operator("ana"), &forbidden).is_err());
    // What counts is the policy in force, not the one under which the permit was given.
    let permit = authorize_delegate(office.operator("ana"), &old).expect("a delegate");
    let without = policy(&ROLES.replace("administers = [\"intern\"]", ""), "");
    assert!(permit.covers(&without, &without).is_err());
}
