//! What loading refuses, each with file, rule, cause and remedy.

use crate::house;
use authz::{Policy, PolicyError, PolicyFiles, Problem};
use manifest::{AttributeKind, AttributeSource, Effect, PolicyAttribute};

const SCHEMA: &str = include_str!("../../../../policies/schema.cedarschema");
const ROLES: &str = r#"
tenant = "acme"
[people]
ana = ["analyst"]
[clients]
quickstart = "trusted"
[roles.analyst]
grants = [
  { tool = "database-query" },
  { resource = "customer_database", tables = ["orders"] },
]
[classes.trusted]
grants = [{ tool = "*" }]
"#;
const DATA: &str = "[customer_database.orders]\nid = \"clear\"\n";

struct Texts {
    schema: String,
    roles: String,
    data: String,
    rules: String,
}

impl Texts {
    fn new() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            roles: ROLES.to_owned(),
            data: DATA.to_owned(),
            rules: String::new(),
        }
    }

    fn load(&self) -> Result<Policy, PolicyError> {
        let files = PolicyFiles::from_texts([
            ("schema.cedarschema", self.schema.as_str()),
            ("roles.toml", &self.roles),
            ("data.toml", &self.data),
            ("rules.cedar", &self.rules),
        ])?;
        Policy::load(&files, &house::tools())
    }

    fn problem(&self) -> Problem {
        let error = self.load().expect_err("a refusal");
        error.problems().first().expect("a problem").clone()
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in the text");
    text.replace(from, to)
}

fn with_roles(from: &str, to: &str) -> Problem {
    Texts { roles: replaced(ROLES, from, to), ..Texts::new() }.problem()
}

fn with_data(data: &str) -> Problem {
    Texts { data: data.to_owned(), ..Texts::new() }.problem()
}

fn with_schema(from: &str, to: &str) -> Problem {
    Texts { schema: replaced(SCHEMA, from, to), ..Texts::new() }.problem()
}

fn with_rule(rule: &str) -> Problem {
    Texts { rules: format!("@id(\"it\")\n{rule}"), ..Texts::new() }.problem()
}

/// file, rule, part of the cause, part of the hint
fn check(problem: &Problem, expected: [&str; 4]) {
    let found = (problem.file.as_str(), problem.rule.as_deref().unwrap_or(""));
    assert_eq!(found, (expected[0], expected[1]), "{problem}");
    assert!(problem.cause.contains(expected[2]), "{problem}");
    assert!(problem.hint.contains(expected[3]), "{problem} // {}", problem.hint);
}

#[test]
fn the_texts_of_these_tests_load() {
    assert!(Texts::new().load().is_ok());
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_one_and_its_line() {
    let problem = with_roles("[clients]", "[client]");
    check(&problem, ["roles.toml", "", "unknown field `client`", "did you mean `clients`?"]);
    assert_eq!(problem.line, Some(5));
    check(
        &with_roles("tables =", "table ="),
        ["roles.toml", "", "unknown field `table`", "did you mean `tables`?"],
    );
}

#[test]
fn unknown_names_in_rows_are_named_with_the_nearest_one() {
    let row = "roles.toml:analyst:database-qury";
    check(
        &with_roles("\"database-query\"", "\"database-qury\""),
        ["roles.toml", row, "unknown tool `database-qury`", "did you mean `database-query`?"],
    );
    check(
        &with_roles("[\"analyst\"]", "[\"analist\"]"),
        ["roles.toml", "people.ana", "unknown role `analist`", "did you mean `analyst`?"],
    );
    check(
        &with_roles("\"trusted\"", "\"trustd\""),
        ["roles.toml", "clients.quickstart", "unknown client class `trustd`", "did you mean `trusted`?"],
    );
    check(
        &with_roles("\"orders\"", "\"order\""),
        [
            "roles.toml",
            "roles.toml:analyst:data:customer_database",
            "unknown table `customer_database.order`",
            "did you mean `customer_database.orders`?",
        ],
    );
    check(
        &with_roles("\"customer_database\", tables", "\"customers\", tables"),
        ["roles.toml", "roles.toml:analyst:data:customers", "unknown resource `customers`", "data.toml"],
    );
    check(
        &with_roles("{ tool = \"database-query\" }", "{ group = \"kode\" }"),
        ["roles.toml", "roles.toml:analyst:group:kode", "unknown tool group `kode`", "did you mean `code`?"],
    );
}

#[test]
fn a_circle_of_roles_is_refused() {
    let roles = format!("{ROLES}\n[roles.one]\nincludes = [\"two\"]\n[roles.two]\nincludes = [\"one\"]\n");
    let problem = Texts { roles, ..Texts::new() }.problem();
    check(&problem, ["roles.toml", "roles.one", "role `one` includes itself", "out of the circle"]);
}

#[test]
fn rows_that_cannot_be_meant_are_refused() {
    let grant = |row: &str| with_roles("{ tool = \"database-query\" }", row);
    check(
        &grant("{ tool = \"echo\", group = \"code\" }"),
        ["roles.toml", "role analyst, grant 1", "exactly one of", "one row for each"],
    );
    check(
        &grant("{ tool = \"echo\", tables = [\"orders\"] }"),
        ["roles.toml", "role analyst, grant 1", "belong to a resource", "row of its own"],
    );
    check(
        &grant("{ resource = \"customer_database\", when = 'true' }"),
        ["roles.toml", "role analyst, grant 1", "belong to a tool", "grants the tool"],
    );
    check(
        &grant("{ tool = \"echo\" }, { tool = \"echo\" }"),
        ["roles.toml", "roles.toml:analyst:echo", "two rows grant the same thing", "join"],
    );
    check(
        &grant("{ tool = \"echo\", without_approval = 3 }"),
        ["roles.toml", "", "`without_approval` is true, false or a condition", ""],
    );
    check(
        &with_roles("[\"orders\"]", "[\"*\", \"orders\"]"),
        ["roles.toml", "role analyst, grant 2", "stands beside other names", "alone"],
    );
    check(
        &with_roles("[roles.analyst]", "[roles.\"a.b\"]"),
        ["roles.toml", "", "`a.b` is not a name", "use 1 to 64"],
    );
}

#[test]
fn a_condition_that_is_not_one_expression_is_refused() {
    let row = "roles.toml:analyst:database-query";
    let grant = |condition: &str| {
        with_roles(
            "{ tool = \"database-query\" }",
            &format!("{{ tool = \"database-query\", when = '{condition}' }}"),
        )
    };
    check(&grant("context has"), ["roles.toml", row, "`when`: ", ""]);
    check(&grant("true } unless { false"), ["roles.toml", row, "`when`: ", ""]);
    check(&grant("context.nothing == 1"), ["roles.toml", row, "reads `context.nothing`", ""]);
    check(
        &grant("context.operation == \"query\""),
        ["roles.toml", row, "optional attribute `operation`", "has"],
    );
}

#[test]
fn a_fault_of_rows_that_are_alike_is_told_for_each() {
    let row = "{ tool = \"database-query\", when = 'context has max_rows && context.max_rows > \"5\"' }";
    let roles = format!("{ROLES}[roles.one]\ngrants = [{row}]\n[roles.two]\ngrants = [{row}]\n");
    let error = Texts { roles, ..Texts::new() }.load().expect_err("a refusal");
    let named: Vec<_> = error.problems().iter().filter_map(|problem| problem.rule.as_deref()).collect();
    assert_eq!(named, ["roles.toml:one:database-query", "roles.toml:two:database-query"], "{error}");
}

#[test]
fn a_role_that_the_schema_does_not_list_is_refused_although_another_has_the_same_rows() {
    let row = "{ tool = \"echo\" }";
    let roles = format!("{ROLES}[roles.one]\ngrants = [{row}]\n[roles.two]\ngrants = [{row}]\n");
    let listing = |names: &str| Texts {
        schema: replaced(SCHEMA, "entity Role in [Role];", &format!("entity Role enum [{names}];")),
        roles: roles.clone(),
        ..Texts::new()
    };
    assert!(listing("\"analyst\", \"one\", \"two\"").load().is_ok());
    let problem = listing("\"analyst\", \"one\"").problem();
    check(&problem, ["schema.cedarschema", "", "two", "keep entity types"]);
}

#[test]
fn data_that_cannot_be_meant_is_refused() {
    check(
        &with_data("[customer_database.orders]\nid = \"cleer\"\n"),
        ["data.toml", "customer_database.orders.id", "unknown treatment `cleer`", "did you mean `clear`?"],
    );
    check(
        &with_data("[customer_database.orders]\nid = \"mask:emial\"\n"),
        ["data.toml", "customer_database.orders.id", "unknown treatment", "did you mean `mask:email`?"],
    );
    check(
        &with_data("[customer_database.orders]\n\"a.b\" = \"clear\"\n"),
        ["data.toml", "customer_database.orders.a.b", "holds a dot", ""],
    );
    check(&with_data("[customer_database.orders\n"), ["data.toml", "", "", ""]);
}

#[test]
fn a_rule_that_does_not_parse_is_named_with_its_line() {
    let problem =
        Texts { rules: "permit (\n  principal,\n  akshun,\n  resource\n);".to_owned(), ..Texts::new() }
            .problem();
    check(&problem, ["rules.cedar", "", "akshun", ""]);
    assert_eq!(problem.line, Some(3));
}

#[test]
fn a_rule_that_names_what_is_not_there_is_refused() {
    let it = "rules.cedar:it";
    check(
        &with_rule("forbid (principal, action, resource == Tool::\"ekho\");"),
        ["rules.cedar", it, "unknown tool `ekho`", "did you mean `echo`?"],
    );
    check(
        &with_rule("forbid (principal in Role::\"analysts\", action, resource);"),
        ["rules.cedar", it, "unknown role `analysts`", "did you mean `analyst`?"],
    );
    check(
        &with_rule("forbid (principal == Person::\"ana\", action, resource);"),
        ["rules.cedar", it, "unknown person `ana`", "Person::\"acme/<name>\""],
    );
    check(
        &with_rule("forbid (principal == Person::\"acme/*\", action, resource);"),
        ["rules.cedar", it, "unknown person `acme/*`", ""],
    );
    check(
        &with_rule("forbid (principal, action == Action::\"cal\", resource);"),
        ["rules.cedar", it, "unrecognized action `Action::\"cal\"`", "did you mean"],
    );
    check(
        &with_rule(
            "forbid (principal, action == Action::\"read\", resource == Column::\"customer_database.orders.idd\");",
        ),
        ["rules.cedar", it, "unknown column", "did you mean"],
    );
}

#[test]
fn a_rule_that_reads_an_undeclared_attribute_is_refused() {
    let it = "rules.cedar:it";
    check(
        &with_rule(
            "permit (principal, action == Action::\"callWith\", resource == Tool::\"database-query\")\nunless { context has operatin && context.operatin == \"x\" };",
        ),
        ["rules.cedar", it, "reads `context.operatin`", "did you mean `operation`?"],
    );
    // Declared, but by other tools.
    check(
        &with_rule(
            "permit (principal, action == Action::\"callWith\", resource == Tool::\"echo\")\nunless { context has network && context.network };",
        ),
        ["rules.cedar", it, "reads `context.network`", "read an attribute that the tool declares"],
    );
    check(
        &with_rule(
            "permit (principal, action == Action::\"call\", resource)\nunless { context has network && context.network };",
        ),
        ["rules.cedar", it, "its actions are asked without arguments", "callWith"],
    );
    check(
        &with_rule("permit (principal, action == Action::\"callWith\", resource)\nwhen { context == {} };"),
        ["rules.cedar", it, "uses `context` as a whole", "single attributes"],
    );
}

#[test]
fn a_rule_that_can_never_apply_is_refused() {
    check(
        &with_rule("permit (principal in ToolGroup::\"code\", action == Action::\"call\", resource);"),
        ["rules.cedar", "rules.cedar:it", "unable to find an applicable action", ""],
    );
    check(
        &with_rule(
            "permit (principal, action == Action::\"call\", resource)\nwhen { resource.effect == \"read\" && false };",
        ),
        ["rules.cedar", "rules.cedar:it", "impossible", ""],
    );
    check(
        &with_rule(
            "permit (principal, action == Action::\"call\", resource)\nwhen { resource.efect == \"read\" };",
        ),
        ["rules.cedar", "rules.cedar:it", "attribute `efect`", "effect"],
    );
    check(
        &with_rule("permit (principal, action == Action::\"call\", resource == ?resource);"),
        ["rules.cedar", "rules.cedar:it", "template has no effect", "into the rule"],
    );
}

#[test]
fn two_rules_of_one_name_are_refused() {
    let rule = "@id(\"same\") forbid (principal, action, resource);\n";
    let problem = Texts { rules: rule.repeat(2), ..Texts::new() }.problem();
    check(&problem, ["rules.cedar", "rules.cedar:same", "the same `@id`", "of its own"]);
}

#[test]
fn the_schema_must_keep_the_vocabulary_and_the_split() {
    let call = "action \"call\" appliesTo {\n  principal: [Person, Client],\n  resource: [Tool],\n};";
    check(
        &with_schema(call, ""),
        ["schema.cedarschema", "action call", "the action is missing", "appliesTo"],
    );
    check(
        &with_schema(call, "action \"call\" appliesTo { principal: [Person], resource: [Tool] };"),
        ["schema.cedarschema", "action call", "does not apply to the principal `Client`", ""],
    );
    check(
        &with_schema(call, &call.replace("[Tool],", "[Tool],\n  context: CallAttributes,")),
        ["schema.cedarschema", "action call", "asked without arguments", "callWith"],
    );
    check(&with_schema("entity Tool in", "entity Tol in"), ["schema.cedarschema", "", "Tool", ""]);
    check(
        &with_schema("  effect: String,\n", "  effect: String,\n  owner: String,\n"),
        ["schema.cedarschema", "", "owner", "keep entity types"],
    );
}

#[test]
fn schema_and_tools_must_agree_on_attributes() {
    let with = "action callWith";
    check(
        &with_schema("timeout_ms?: Long", "timeout_ms?: String"),
        [
            "schema.cedarschema",
            with,
            "`timeout_ms` is String here and Long for tool `code-executor`",
            "timeout_ms?: Long",
        ],
    );
    check(
        &with_schema("timeout_ms?: Long", "timeout_msec?: Long"),
        ["schema.cedarschema", with, "lacks `timeout_ms`", "did you mean `timeout_msec`?"],
    );
    check(
        &with_schema("tables?: Set<String>", "tables: Set<String>"),
        ["schema.cedarschema", with, "`tables` is required", "`tables?`"],
    );
    let extra =
        PolicyAttribute { name: "region", kind: AttributeKind::String, source: AttributeSource::Argument };
    let files =
        PolicyFiles::from_texts([("schema.cedarschema", SCHEMA), ("roles.toml", ROLES), ("data.toml", DATA)]);
    let mut tools = house::tools();
    tools.push(house::tool("deployer", Effect::Write, &[], &[extra]));
    let error = Policy::load(&files.expect("files"), &tools).expect_err("a refusal");
    check(&error.problems()[0], ["schema.cedarschema", with, "lacks `region`", "add `region?: String`"]);
}

#[test]
fn every_problem_is_named_at_once() {
    let texts = Texts {
        roles: replaced(&replaced(ROLES, "[\"analyst\"]", "[\"analist\"]"), "\"trusted\"", "\"trustd\""),
        data: "[customer_database.orders]\nid = \"cleer\"\n".to_owned(),
        ..Texts::new()
    };
    let error = texts.load().expect_err("a refusal");
    assert_eq!(error.problems().len(), 3);
    assert!(error.to_string().ends_with("(and 2 more)"), "{error}");
    assert_eq!(error.hint(), error.problems()[0].hint);
}

#[test]
fn the_hash_changes_with_what_decides_and_only_with_that() {
    let hash = |texts: &Texts| texts.load().expect("a policy").policy_hash();
    let base = hash(&Texts::new());
    let same = [
        Texts { roles: format!("# a note\n{ROLES}"), ..Texts::new() },
        Texts {
            roles: replaced(ROLES, "[roles.analyst]", "[roles.analyst]\nabout = \"reads\""),
            ..Texts::new()
        },
        Texts { data: format!("{DATA}# a note\n"), ..Texts::new() },
    ];
    for texts in same {
        assert_eq!(hash(&texts), base);
    }
    let other = [
        Texts { roles: replaced(ROLES, "ana =", "bob ="), ..Texts::new() },
        Texts {
            roles: replaced(ROLES, "{ tool = \"database-query\" }", "{ tool = \"echo\" }"),
            ..Texts::new()
        },
        Texts { data: replaced(DATA, "clear", "deny"), ..Texts::new() },
        Texts { rules: "forbid (principal, action, resource);".to_owned(), ..Texts::new() },
        Texts { schema: format!("{SCHEMA}\nentity Project;\n"), ..Texts::new() },
    ];
    for texts in other {
        assert_ne!(hash(&texts), base);
    }
}
