//! Layer 2 with real evidence: what is permitted, what is refused, and what the refusal says.

use crate::company;
use crate::house;
use crate::office::Office;
use authn::Audience;
use authz::{
    AdminAction, Approval, Denied, Permit, Policy, PolicyFiles, authorize, authorize_admin, data_view,
    may_run_in_process, needs_approval, permits_arguments, sees_unredacted, visible,
};
use domain::{Control, RefusalCode, Verdict};
use manifest::{AttributeValue, Attributes, MaskKind, ToolManifest, Treatment};
use proptest::prelude::*;
use std::sync::Arc;

struct House {
    office: Office,
    tools: Vec<Arc<ToolManifest>>,
    policy: Arc<Policy>,
}

impl House {
    fn open() -> Self {
        let tools = house::tools();
        let policy = Arc::new(Policy::load(&house::files(), &tools).expect("the policy"));
        Self { office: Office::open(), tools, policy }
    }

    fn tool(&self, name: &str) -> Option<&Arc<ToolManifest>> {
        self.tools.iter().find(|tool| tool.name().as_str() == name)
    }

    fn ask(&self, person: &str, tool: &str) -> Result<Permit, Box<Denied>> {
        authorize(self.office.caller(person), self.tool(tool), &self.policy)
    }

    fn permit(&self, person: &str, tool: &str) -> Permit {
        self.ask(person, tool).expect("a permit")
    }
}

fn code(network: bool, timeout_ms: i64) -> Attributes {
    Attributes::from([
        ("language".to_owned(), AttributeValue::String("python".to_owned())),
        ("network".to_owned(), AttributeValue::Bool(network)),
        ("timeout_ms".to_owned(), AttributeValue::Long(timeout_ms)),
    ])
}

#[test]
fn a_permit_names_caller_tool_policy_rules_and_verdicts() {
    let house = House::open();
    let permit = house.permit("ana", "database-query");
    assert_eq!(permit.principal().person.as_str(), "ana");
    assert_eq!(permit.manifest().name().as_str(), "database-query");
    assert_eq!(permit.policy_hash(), house.policy.policy_hash());
    let reasons: Vec<&str> = permit.reasons().iter().map(|reason| &**reason).collect();
    assert_eq!(reasons, ["roles.toml:analyst:database-query", "roles.toml:class.trusted:*"]);
    let [authn, authz] = permit.verdicts();
    assert_eq!((authn.name, authn.verdict), (Control::AuthnToken, Verdict::Pass));
    assert_eq!((authz.name, authz.verdict), (Control::AuthzPolicy, Verdict::Pass));
    assert_eq!(authz.version, house.policy.policy_hash().short());
}

#[test]
fn a_forbidden_tool_and_an_unknown_one_look_the_same_outside() {
    let house = House::open();
    let forbidden = house.ask("ana", "python-runner").expect_err("a refusal");
    let unknown = house.ask("ana", "launch-rocket").expect_err("a refusal");
    for denied in [&forbidden, &unknown] {
        assert_eq!(denied.refusal.code(), RefusalCode::UnknownTool);
        assert_eq!(denied.verdict.name, Control::AuthzPolicy);
        assert_eq!(denied.verdict.verdict, Verdict::Refused);
        assert_eq!(denied.authenticated.principal().person.as_str(), "ana");
    }
    assert_eq!(forbidden.refusal.public(), unknown.refusal.public());
    assert_eq!(forbidden.verdict, unknown.verdict);
    assert_eq!(forbidden.refusal.internal(), "`call` on Tool::\"python-runner\": no rule permits the person");
    assert_eq!(unknown.refusal.internal(), "no tool has this name");
}

#[test]
fn a_denial_by_a_rule_names_the_rule() {
    let house = House::open();
    let denied = house.ask("root", "echo").expect_err("a refusal");
    let reasons: Vec<&str> = denied.reasons.iter().map(|reason| &**reason).collect();
    assert_eq!(reasons, ["guardrails.cedar:admins-use-no-tools"]);
    assert!(
        denied
            .refusal
            .internal()
            .contains("forbidden to the person by `guardrails.cedar:admins-use-no-tools`")
    );
}

#[test]
fn person_and_client_must_both_be_permitted() {
    let house = House::open();
    let through = |person: &str, client: &str| {
        let caller = house.office.evidence("acme", person, client, Audience::Mcp);
        authorize(caller, house.tool("echo"), &house.policy)
    };
    assert!(through("ana", "quickstart").is_ok());
    let denied = through("ana", "homemade").expect_err("a refusal");
    assert_eq!(denied.refusal.internal(), "`call` on Tool::\"echo\": no rule permits the client");
    let denied = through("eve", "quickstart").expect_err("a refusal");
    assert_eq!(denied.refusal.internal(), "`call` on Tool::\"echo\": no rule permits the person");
}

#[test]
fn another_tenant_has_nothing() {
    let house = House::open();
    let caller = || house.office.evidence("other", "ana", "quickstart", Audience::Mcp);
    assert!(house.tools.iter().all(|tool| !visible(&caller(), tool, &house.policy)));
    let denied = authorize(caller(), house.tool("echo"), &house.policy).expect_err("a refusal");
    assert_eq!(denied.refusal.code(), RefusalCode::UnknownTool);
    let operator = house.office.evidence("other", "root", "quickstart", Audience::Admin);
    let denied = authorize_admin(operator, AdminAction::Administer, &house.policy).expect_err("a refusal");
    assert_eq!(denied.refusal.code(), RefusalCode::Denied);
}

#[test]
fn a_tool_that_changed_since_the_policy_was_loaded_is_unknown() {
    let house = House::open();
    let changed = house::tool("echo", manifest::Effect::Write, &[], &[]);
    let grouped = house::tool("echo", manifest::Effect::Read, &["code"], &[]);
    let equal = house::tool("echo", manifest::Effect::Read, &[], &[]);
    let ana = house.office.caller("ana");
    assert!(!visible(&ana, &changed, &house.policy));
    assert!(!visible(&ana, &grouped, &house.policy));
    assert!(visible(&ana, &equal, &house.policy));
}

#[test]
fn a_token_for_one_plane_is_refused_on_the_other() {
    let house = House::open();
    let denied =
        authorize(house.office.operator("ana"), house.tool("echo"), &house.policy).expect_err("a refusal");
    assert_eq!(denied.refusal.code(), RefusalCode::UnknownTool);
    assert!(!visible(&house.office.operator("ana"), house.tool("echo").expect("echo"), &house.policy));
    let denied = authorize_admin(house.office.caller("sam"), AdminAction::Approve, &house.policy)
        .expect_err("a refusal");
    assert_eq!(denied.refusal.code(), RefusalCode::Unauthenticated);
    assert_eq!(denied.authenticated.principal().person.as_str(), "sam");
}

#[test]
fn the_admin_plane_is_for_those_who_may() {
    let house = House::open();
    let actions = [AdminAction::Approve, AdminAction::Administer, AdminAction::Audit];
    let may = |person: &str| {
        actions.map(|action| authorize_admin(house.office.operator(person), action, &house.policy).is_ok())
    };
    assert_eq!(may("ana"), [false, false, false]);
    assert_eq!(may("dev"), [false, false, false]);
    assert_eq!(may("sam"), [true, false, false]);
    assert_eq!(may("root"), [false, true, true]);
    let permit =
        authorize_admin(house.office.operator("sam"), AdminAction::Approve, &house.policy).expect("a permit");
    assert_eq!(permit.action(), AdminAction::Approve);
    assert_eq!(permit.principal().person.as_str(), "sam");
    assert_eq!(permit.policy_hash(), house.policy.policy_hash());
    assert_eq!(&*permit.reasons()[0], "roles.toml:approver:may");
    assert_eq!(permit.verdicts()[1].verdict, Verdict::Pass);
    let denied = authorize_admin(house.office.operator("dev"), AdminAction::Approve, &house.policy)
        .expect_err("a refusal");
    assert_eq!(denied.refusal.code(), RefusalCode::Denied);
}

#[test]
fn a_view_is_clear_masked_or_absent() {
    let house = House::open();
    let permit = house.permit("ana", "database-query");
    let view = data_view(&permit, &"customer_database".parse().expect("a resource")).expect("a view");
    assert_eq!(
        view.tables().keys().map(String::as_str).collect::<Vec<_>>(),
        ["customers", "orders", "payments"]
    );
    assert_eq!(view.treatment("customers", "name"), Treatment::Clear);
    assert_eq!(view.treatment("customers", "email"), Treatment::Mask(MaskKind::Email));
    assert_eq!(view.treatment("customers", "national_id"), Treatment::Deny);
    assert_eq!(view.treatment("salaries", "amount_cents"), Treatment::Deny);
    let again = data_view(&permit, &"customer_database".parse().expect("a resource")).expect("a view");
    assert!(Arc::ptr_eq(&view, &again));
}

#[test]
fn a_resource_that_is_not_readable_or_not_known_is_denied() {
    let house = House::open();
    let permit = house.permit("ana", "database-query");
    for resource in ["metrics_db", "other_database"] {
        let refusal = data_view(&permit, &resource.parse().expect("a resource")).expect_err("a refusal");
        assert_eq!(refusal.code(), RefusalCode::Denied);
        assert!(!refusal.public().contains(resource));
    }
}

#[test]
fn arguments_are_asked_about_with_what_the_tool_declares() {
    let house = House::open();
    let permit = house.permit("ana", "database-query");
    let with = |name: &str, value| permits_arguments(&permit, &Attributes::from([(name.to_owned(), value)]));
    let text = |text: &str| AttributeValue::String(text.to_owned());
    assert!(permits_arguments(&permit, &Attributes::new()).is_ok());
    let reasons = with("operation", text("query")).expect("permitted");
    assert_eq!(&*reasons[0], "roles.toml:analyst:database-query");
    for (name, value, why) in [
        ("operation", text("execute"), "guardrails.cedar:databases-are-read-only"),
        ("network", AttributeValue::Bool(true), "`network` is not declared by tool `database-query`"),
        (
            "operation",
            AttributeValue::Long(1),
            "`operation` is not of the type that tool `database-query` declares",
        ),
    ] {
        let refusal = with(name, value).expect_err("a refusal");
        assert_eq!(refusal.code(), RefusalCode::Denied);
        assert!(refusal.internal().contains(why), "{}", refusal.internal());
    }
}

#[test]
fn a_missing_permit_means_ask_redact_isolate() {
    let house = House::open();
    let permit = house.permit("dev", "python-runner");
    assert_eq!(needs_approval(&permit, &code(false, 10_000)), Approval::NotNeeded);
    assert_eq!(needs_approval(&permit, &code(false, 10_001)), Approval::Needed);
    assert_eq!(needs_approval(&permit, &code(true, 1)), Approval::Needed);
    assert_eq!(needs_approval(&permit, &Attributes::new()), Approval::Needed);
    let undeclared = Attributes::from([("operation".to_owned(), AttributeValue::Bool(true))]);
    assert_eq!(needs_approval(&house.permit("ana", "echo"), &undeclared), Approval::Needed);
    assert_eq!(needs_approval(&house.permit("ana", "echo"), &Attributes::new()), Approval::NotNeeded);
    assert!(!sees_unredacted(&permit));
    assert!(!may_run_in_process(&permit));
}

/// The shipped policy with one more file of rules.
fn house_with(rules: &str) -> House {
    let text = |name: &str| {
        std::fs::read_to_string(format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR")))
            .expect("a text")
    };
    let files =
        ["schema.cedarschema", "roles.toml", "data.toml", "guardrails.cedar"].map(|name| (name, text(name)));
    let files = files.into_iter().chain([("more.cedar", rules.to_owned())]);
    let tools = house::tools();
    let policy =
        Policy::load(&PolicyFiles::from_texts(files).expect("the files"), &tools).expect("the policy");
    House { office: Office::open(), tools, policy: Arc::new(policy) }
}

/// Cedar itself would leave a failing forbid out, and allow.
#[test]
fn a_rule_that_fails_denies_and_is_named() {
    let house = house_with(
        "@id(\"overflows\") forbid (principal is Person, action == Action::\"callWith\", resource == Tool::\"python-runner\")\n\
         when { context has timeout_ms && context.timeout_ms + 9223372036854775807 < 0 };\n\
         @id(\"too-much\") forbid (principal is Person, action == Action::\"call\", resource == Tool::\"code-executor\")\n\
         when { resource.effect == \"execute\" && 9223372036854775807 + 1 < 0 };",
    );
    let permit = house.permit("dev", "python-runner");
    assert!(permits_arguments(&permit, &Attributes::new()).is_ok());
    assert!(permits_arguments(&permit, &code(false, 0)).is_ok());
    let refusal = permits_arguments(&permit, &code(false, 1)).expect_err("a refusal");
    assert_eq!(refusal.code(), RefusalCode::Denied);
    assert!(refusal.internal().contains("a rule about the person failed"), "{}", refusal.internal());
    assert!(refusal.internal().contains("more.cedar:overflows"), "{}", refusal.internal());
    for _ in 0..2 {
        let denied = house.ask("dev", "code-executor").expect_err("a refusal");
        assert_eq!(
            denied.reasons.iter().map(|reason| &**reason).collect::<Vec<_>>(),
            ["more.cedar:too-much"]
        );
    }
}

#[test]
fn permits_lift_obligations() {
    let house = house_with(
        "permit (principal, action in [Action::\"seeUnredacted\", Action::\"runInProcess\"], resource == Tool::\"echo\");\n\
         permit (principal == Person::\"acme/ana\", action == Action::\"readUnmasked\", resource in Table::\"customer_database.customers\");",
    );
    let echo = house.permit("ana", "echo");
    assert!(sees_unredacted(&echo) && may_run_in_process(&echo));
    let query = house.permit("ana", "database-query");
    assert!(!sees_unredacted(&query) && !may_run_in_process(&query));
    let view = data_view(&query, &"customer_database".parse().expect("a resource")).expect("a view");
    assert_eq!(view.treatment("customers", "email"), Treatment::Clear);
    assert_eq!(view.treatment("customers", "national_id"), Treatment::Deny);
    assert_eq!(view.treatment("payments", "iban"), Treatment::Mask(MaskKind::Token));
}

#[test]
fn a_policy_is_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Policy>();
    shared::<Permit>();
}

#[test]
fn many_threads_get_the_same_answers() {
    let house = House::open();
    let people = ["ana", "dev", "sam", "root"];
    let seen = |person: &str| -> Vec<bool> {
        let caller = house.office.caller(person);
        house.tools.iter().map(|tool| visible(&caller, tool, &house.policy)).collect()
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let found = people.map(seen);
                    let nothing = vec![false; 4];
                    assert_eq!(found[0], [true, true, false, false]);
                    assert_eq!(found[1], [true; 4]);
                    assert_eq!(found[2], nothing);
                    assert_eq!(found[3], nothing);
                }
            });
        }
    });
}

/// Random policies: some here, many where the long tests run.
fn cases() -> u32 {
    #[allow(clippy::disallowed_methods, reason = "the long test's size comes from whoever starts it")]
    let factor = std::env::var("SECURE_MCP_SOAK_FACTOR").ok();
    16 * factor.map_or(1, |text| text.parse::<u32>().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_listed_can_be_called_and_nothing_else(draft in company::draft()) {
        let office = Office::open();
        let policy = Arc::new(draft.load());
        let tools = company::tools();
        for (person, client) in company::PEOPLE.iter().flat_map(|person| company::CLIENTS.map(|client| (*person, client))) {
            let caller = || office.evidence(company::TENANT, person, client, Audience::Mcp);
            for tool in &tools {
                let listed = visible(&caller(), tool, &policy);
                prop_assert_eq!(listed, authorize(caller(), Some(tool), &policy).is_ok());
            }
            prop_assert!(authorize(caller(), None, &policy).is_err());
        }
    }
}
