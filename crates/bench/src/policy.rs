//! The policy that the product decides by: the repository's own, and fifty roles with five hundred
//! rules on top of it.
//!
//! Each generated role has six rules from its row in `roles.toml` and four from a `.cedar` file; one
//! of the four is about `echo` itself, so that layer 2 and layer 3 have something to evaluate.

use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// Roles that are generated.
pub const ROLES: usize = 50;
/// Rules that are generated.
pub const RULES: usize = ROLES * (RULES_OF_ROW + RULES_OF_FILE);
const RULES_OF_ROW: usize = 6;
const RULES_OF_FILE: usize = 4;
/// People who call.
pub const PEOPLE: usize = 64;
/// The program through which they call.
pub const CLIENT: &str = "bench";

/// The name of a person.
pub fn person(at: usize) -> String {
    format!("bench-{at:02}")
}

fn role(at: usize) -> String {
    format!("bench-{:02}", at % ROLES)
}

/// Copies what decides of the policy folder `base` to `into`, which must not exist. The copy belongs to
/// whoever measures, as a server demands; the repository may belong to somebody else.
pub fn copy(base: &Path, into: &Path) -> Result<()> {
    fs::create_dir(into)?;
    for entry in fs::read_dir(base).with_context(|| format!("no policy folder {}", base.display()))? {
        let from = entry?.path();
        let is_policy =
            ["cedar", "cedarschema", "toml"].into_iter().any(|kind| from.extension() == Some(kind.as_ref()));
        if let Some(name) = from.file_name().filter(|_| is_policy) {
            fs::copy(&from, into.join(name))?;
        }
    }
    Ok(())
}

/// Writes the policy folder `into`, which must not exist, over the folder `base`.
pub fn write(base: &Path, into: &Path) -> Result<()> {
    copy(base, into)?;
    let roles = into.join("roles.toml");
    let mut table: Table = fs::read_to_string(&roles)?.parse()?;
    extend(&mut table)?;
    fs::write(&roles, toml::to_string(&table)?)?;
    fs::write(into.join("bench.cedar"), rules())?;
    Ok(())
}

fn extend(table: &mut Table) -> Result<()> {
    let mut section = |name: &str, rows: Vec<(String, Value)>| -> Result<()> {
        let section = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
        section.as_table_mut().with_context(|| format!("`{name}` is not a table"))?.extend(rows);
        Ok(())
    };
    let people = (0..PEOPLE).map(|at| {
        // Every other person has two roles.
        let second = (at % 2 == 1).then(|| role(7 * at + 3)).filter(|second| *second != role(at));
        let roles = std::iter::once(role(at)).chain(second).map(Value::String);
        (person(at), Value::Array(roles.collect()))
    });
    section("people", people.collect())?;
    section("clients", vec![(CLIENT.to_owned(), Value::String("trusted".to_owned()))])?;
    let roles = (0..ROLES).map(|at| Ok((role(at), Value::Table(row(at).parse()?))));
    section("roles", roles.collect::<Result<_>>()?)
}

/// Compiles to six rules: one, one, two, two.
fn row(at: usize) -> String {
    let longest_ms = 1000 * (at + 1);
    format!(
        "grants = [\n\
         {{ tool = \"echo\", without_approval = true }},\n\
         {{ tool = \"database-query\", without_approval = true }},\n\
         {{ group = \"code\", without_approval = \"context has timeout_ms && context.timeout_ms <= {longest_ms}\" }},\n\
         {{ resource = \"metrics_db\", tables = [\"performance_metrics\"] }},\n\
         ]\n"
    )
}

fn rules() -> String {
    let mut text = "// Generated for measuring.\n".to_owned();
    for at in 0..ROLES {
        let (role, most_rows, longest_ms) = (role(at), 1000 + at, 60_000 + 1000 * at);
        let _infallible = write!(
            text,
            "\n@id(\"{role}-no-admins\")\n\
             forbid (principal in Role::\"{role}\", action in [Action::\"call\", Action::\"callWith\"], \
             resource == Tool::\"echo\")\nwhen {{ principal in Role::\"admin\" }};\n\
             \n@id(\"{role}-rows\")\n\
             forbid (principal in Role::\"{role}\", action == Action::\"callWith\", \
             resource == Tool::\"database-query\")\nwhen {{ context has max_rows && context.max_rows > {most_rows} }};\n\
             \n@id(\"{role}-time\")\n\
             forbid (principal in Role::\"{role}\", action == Action::\"callWith\", \
             resource in ToolGroup::\"code\")\n\
             when {{ context has network && context.network && context has timeout_ms && context.timeout_ms > {longest_ms} }};\n\
             \n@id(\"{role}-orders\")\n\
             permit (principal in Role::\"{role}\", action == Action::\"read\", \
             resource == Table::\"customer_database.orders\");\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{PEOPLE, ROLES, RULES, extend, rules};
    use toml::Table;

    #[test]
    fn there_are_as_many_roles_and_rules_as_said() {
        let mut table: Table = "tenant = \"acme\"\n[people]\nana = [\"analyst\"]\n".parse().unwrap();
        extend(&mut table).unwrap();
        assert_eq!(table["people"].as_table().unwrap().len(), PEOPLE + 1);
        assert_eq!(table["roles"].as_table().unwrap().len(), ROLES);
        assert_eq!(rules().matches("@id(").count(), 4 * ROLES);
        assert_eq!(RULES, 500);
    }
}
