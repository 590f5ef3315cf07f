//! Statements of chance: whatever they are, no hidden value comes out and nothing changes.

use super::world::{CANARY, ONE, World, shown};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

const ATTACKS: &str = include_str!("../../tests/data/attacks.tsv");

fn words(list: &'static str) -> impl Strategy<Value = String> {
    select(list.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned)
}

/// Mostly columns of the view; the rest makes a statement fail, or should.
fn column() -> impl Strategy<Value = String> {
    prop_oneof![
        30 => words("id name email phone birth_date city notes c.email c.notes \"email\" [notes] `phone` C.PHONE"),
        1 => words("national_id label badge rowid oid main.customers.notes s.person sql [national_id] ?1"),
    ]
}

fn table() -> impl Strategy<Value = String> {
    prop_oneof![
        30 => words("customers temp.customers CUSTOMERS \"customers\" [customers] 'customers' x"),
        1 => words("salaries main.customers everything pages seats sqlite_schema sqlite_temp_schema main.salaries dbstat"),
        1 => words("pragma_table_info('salaries') json_each('[1,2]')"),
    ]
}

fn function() -> impl Strategy<Value = String> {
    prop_oneof![
        30 => words("upper length hex quote lower typeof unicode json_quote json_array trim soundex concat printf coalesce_ abs"),
        1 => words("load_extension randomblob token m_token email_ max count group_concat"),
    ]
    .prop_map(|name| if name == "coalesce_" { "nullif".to_owned() } else { name })
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![12 => column(), 1 => words("1 'zan' NULL x'7a' -1.5")];
    leaf.prop_recursive(3, 10, 2, |inner| {
        let operator = words("|| = < LIKE GLOB AND OR IS + IN_");
        prop_oneof![
            4 => (function(), inner.clone()).prop_map(|(name, of)| match name.as_str() {
                "nullif" => format!("nullif({of}, 1)"),
                _ => format!("{name}({of})"),
            }),
            4 => (inner.clone(), operator, inner.clone()).prop_map(|(left, sign, right)| match sign.as_str() {
                "IN_" => format!("({left} IN ({right}, 'z'))"),
                _ => format!("({left} {sign} {right})"),
            }),
            1 => inner.clone().prop_map(|of| format!("CAST({of} AS BLOB)")),
            2 => (inner.clone(), inner.clone()).prop_map(|(when, then)| format!("CASE WHEN {when} THEN {then} ELSE id END")),
            1 => (inner.clone(), words("max min group_concat json_group_array count total"), table())
                .prop_map(|(of, by, from)| format!("(SELECT {by}({of}) FROM {from} AS i)")),
            1 => (inner.clone(), inner).prop_map(|(of, by)| format!("first_value({of}) OVER (ORDER BY {by})")),
        ]
    })
}

fn query() -> impl Strategy<Value = String> {
    let clause = |word: &'static str| {
        proptest::option::of(expression())
            .prop_map(move |of| of.map_or_else(String::new, |of| format!(" {word} {of}")))
    };
    let join = prop_oneof![
        4 => Just(String::new()),
        1 => (table(), expression()).prop_map(|(with, on)| format!(" JOIN {with} AS d USING (id)").replace("ON", &on)),
        1 => table().prop_map(|with| format!(" NATURAL JOIN {with}")),
    ];
    (vec(expression(), 2..3), table(), join, clause("WHERE"), clause("GROUP BY"), clause("ORDER BY"))
        .prop_map(|(what, from, join, filter, group, order)| {
            format!("SELECT {} FROM {from} AS c{join}{filter}{group}{order} LIMIT 20", what.join(", "))
        })
}

pub(super) fn statement() -> impl Strategy<Value = String> {
    let (query, other) = (query().boxed(), query().boxed());
    let whole = prop_oneof![
        3 => query.clone(),
        1 => (query.clone(), words("UNION UNION_ALL EXCEPT INTERSECT"), other.clone()).prop_map(|(left, word, right)| {
            format!("SELECT * FROM ({left}) {} SELECT * FROM ({right})", word.replace('_', " "))
        }),
        1 => query.clone().prop_map(|from| format!("SELECT q.* FROM ({from}) AS q")),
    ];
    let name = prop_oneof![3 => Just("x".to_owned()), 1 => words("customers c salaries sqlite_schema")];
    (name, other, whole).prop_map(|(name, body, main)| {
        let body = body.replace(" x ", " customers ");
        format!("WITH {name} AS (SELECT *, 1 AS extra FROM ({body})), y AS (SELECT id, name, email, phone, birth_date, city, notes FROM temp.customers) {}",
            main.replace(" x ", " y "))
    })
}

/// An attack of the table with pieces of others in it.
fn mutated() -> impl Strategy<Value = String> {
    let attacks: Vec<&str> = ATTACKS
        .lines()
        .filter_map(|line| line.splitn(3, '\t').nth(2))
        .filter(|sql| sql.len() < 400)
        .collect();
    let words: Vec<&str> = attacks.iter().flat_map(|sql| sql.split_whitespace()).collect();
    (select(attacks), vec((any::<Index>(), select(words), 0..4u8), 1..4)).prop_map(|(sql, changes)| {
        let mut parts: Vec<String> = sql.split(' ').map(str::to_owned).collect();
        for (at, word, change) in changes {
            let at = at.index(parts.len());
            match change {
                0 => parts[at] = word.to_owned(),
                1 => parts.insert(at, word.to_owned()),
                2 => parts[at] = parts[at].to_uppercase(),
                _ => parts[at] = format!("{}/**/{word}", parts[at]),
            }
        }
        parts.join(" ")
    })
}

/// Statements of each kind: some here, many where the long tests run.
pub(super) fn cases() -> u32 {
    #[allow(clippy::disallowed_methods, reason = "the long test's size comes from whoever starts it")]
    let factor = std::env::var("SECURE_MCP_SOAK_FACTOR").ok();
    800 * factor.map_or(1, |text| text.parse::<u32>().unwrap())
}

fn hold(cases: u32, statements: impl Strategy<Value = String>) -> (u32, u32) {
    let world = World::new(ONE);
    let before = world.state();
    let (asked, answered) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&statements, |sql| {
        let Ok(plan) = world.plan(serde_json::json!({ "resource": "shop", "sql": sql.replace("\\0", "\0") }))
        else {
            asked.set(asked.get() + 1);
            return Ok(());
        };
        let outcome = world.runtime.block_on(world.run(&plan, std::time::Duration::from_millis(300)));
        // What the statement itself says is no leak.
        let text = shown(&outcome).replace("zan'", "");
        prop_assert!(!text.contains(CANARY) && !text.contains("7777"), "{sql}: {text:.300}");
        asked.set(asked.get() + 1);
        answered.set(answered.get() + u32::from(outcome.is_ok()));
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(world.state(), before);
    (asked.get(), answered.get())
}

#[test]
fn statements_from_a_grammar_leak_nothing() {
    let (asked, answered) = hold(cases(), statement());
    println!("{asked} statements, {answered} answered");
    assert!(answered > asked / 50, "the grammar makes too few statements that run: {answered} of {asked}");
}

#[test]
fn attacks_with_pieces_of_others_leak_nothing() {
    let (asked, answered) = hold(cases(), mutated());
    println!("{asked} statements, {answered} answered");
}
