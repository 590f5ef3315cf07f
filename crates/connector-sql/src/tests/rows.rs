//! Rows that a filter leaves out: no statement reaches them, and none tells that they are there.

use super::fuzz::{cases, statement};
use super::world::{CANARY, ONE, World, shown};
use crate::{DatabaseQuery, MaskKey, Source};
use domain::{Refusal, RefusalCode, Secret};
use manifest::{
    ColumnView, DataView, Prepare as _, RowCondition, RowOperator, RowValue, TableView, Treatment,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const ROWS: &str = include_str!("../../tests/data/rows.tsv");
const ORACLES: &str = include_str!("../../tests/data/oracles.tsv");
const ATTACKS: &str = include_str!("../../tests/data/attacks.tsv");

fn condition(column: &str, operator: RowOperator, values: &[RowValue]) -> RowCondition {
    RowCondition { column: column.to_owned(), operator, values: values.to_vec() }
}

fn text(text: &str) -> RowValue {
    RowValue::Text(text.to_owned())
}

/// Over a clear column, one of several values, a masked table, a table without a rowid, and a key that
/// the caller does not see.
fn filters() -> [(&'static str, RowCondition); 5] {
    use RowOperator::{Greater, GreaterOrEqual, In, Less, NotEqual};
    [
        ("customers", condition("city", NotEqual, &[text("Atlantis")])),
        ("orders", condition("status", In, &[text("pending"), text("paid")])),
        ("payments", condition("amount_cents", GreaterOrEqual, &[RowValue::Integer(0)])),
        ("lockers", condition("floor", Less, &[RowValue::Integer(100)])),
        ("seats", condition("id", Greater, &[RowValue::Integer(0)])),
    ]
}

/// Clear columns hold the canary here, and numbers that break `abs` and `sum`.
const HIDDEN: &str = "
    INSERT INTO customers (id, name, email, phone, birth_date, national_id, city, notes)
        VALUES (9001, 'zanzibar', 'z@zanzibar.example', '1', '1900-01-01', 'z1', 'Atlantis', NULL),
               (-7, 'zanzibar', 'y@zanzibar.example', '2', '1900-01-01', 'z2', 'Atlantis', 'zanzibar'),
               (9002, 'zanzibar', 'x@zanzibar.example', '3', '1900-01-01', 'z3', NULL, 'zanzibar');
    INSERT INTO orders VALUES (9001, 1, 'zanzibar', -9223372036854775808), (-7, 1, NULL, -9223372036854775808),
        (9002, 9001, 'PAID', 77777);
    INSERT INTO payments VALUES (9001, 1, 'zanzibar', 'zanzibar', -9223372036854775808),
        (9002, 9001, 'zanzibar', 'zanzibar', NULL), (9003, 1, 'zanzibar', 'zanzibar', 'zanzibar');
    INSERT INTO lockers VALUES ('zanzibar-a', 77777), ('zanzibar-b', NULL);
    INSERT INTO seats VALUES (-5, 'zanzibar');
";

/// The same source with and without the hidden rows, under the same filtered view.
fn worlds() -> [World; 2] {
    [false, true].map(|hidden| {
        let mut world = World::new(ONE);
        let mut tables = world.view.tables().clone();
        for (table, condition) in filters() {
            tables.get_mut(table).unwrap().rows.push(condition);
        }
        world.view = DataView::new("shop".parse().unwrap(), tables);
        if hidden {
            Connection::open(&world.file).unwrap().execute_batch(HIDDEN).unwrap();
        }
        world
    })
}

fn is_clean(text: &str) -> bool {
    !text.contains(CANARY) && !text.contains("7777")
}

/// What the statement itself says is no leak.
fn told(sql: &str, outcome: &Result<Value, Refusal>) -> String {
    let own = if sql.contains(CANARY) { CANARY } else { "\0" };
    shown(outcome).replace("zanz'", "").replace("zan'", "").replace(own, "")
}

#[test]
fn no_statement_of_the_tables_reaches_a_row_that_a_filter_leaves_out() {
    let [without, with] = worlds();
    let (mut asked, mut answered, mut wrong) = (0, 0, Vec::new());
    for line in [ROWS, ORACLES].into_iter().flat_map(str::lines).filter(|line| !line.starts_with('#')) {
        let (class, sql) = line.split_once('\t').unwrap();
        let (left, right) = (without.ask(sql), with.ask(sql));
        asked += 1;
        answered += usize::from(left.is_ok());
        if shown(&left) != shown(&right) || !is_clean(&told(sql, &right)) {
            wrong.push(format!("{class}: {sql}\n    {:.300}\n    {:.300}", shown(&left), shown(&right)));
        }
    }
    for line in ATTACKS.lines().filter(|line| !line.starts_with('#')) {
        let sql = line.splitn(3, '\t').nth(2).unwrap().replace("\\n", "\n").replace("\\0", "\0");
        asked += 1;
        if !is_clean(&told(&sql, &with.ask(&sql))) {
            wrong.push(sql);
        }
    }
    println!("{asked} statements, {answered} answered, {} told that there are hidden rows", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(answered >= 80, "{answered} of {asked}");
}

#[test]
fn statements_from_a_grammar_reach_no_row_that_a_filter_leaves_out() {
    let [without, with] = worlds();
    let (asked, answered) = (Cell::new(0), Cell::new(0));
    let config =
        Config { cases: cases(), max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&statement(), |sql| {
        let ask = |world: &World| {
            let plan = world.plan(json!({ "resource": "shop", "sql": sql }))?;
            world.runtime.block_on(world.run(&plan, Duration::from_secs(1)))
        };
        let (left, right) = (ask(&without), ask(&with));
        asked.set(asked.get() + 1);
        // Only how long it takes may differ.
        let is_late = |outcome: &Result<Value, Refusal>| {
            outcome.as_ref().is_err_and(|refusal| refusal.code() == RefusalCode::Timeout)
        };
        if is_late(&left) || is_late(&right) {
            return Ok(());
        }
        answered.set(answered.get() + u32::from(left.is_ok()));
        prop_assert_eq!(shown(&left), shown(&right), "{}", sql);
        prop_assert!(is_clean(&told(&sql, &right)), "{}", sql);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    println!("{} statements, {} answered", asked.get(), answered.get());
    assert!(answered.get() > asked.get() / 50);
}

/// Without the filter the hidden rows are there: the tests above can tell.
#[test]
fn the_two_sources_do_differ() {
    let [_, mut with] = worlds();
    let mut tables = with.view.tables().clone();
    tables.values_mut().for_each(|table| table.rows.clear());
    with.view = DataView::new("shop".parse().unwrap(), tables);
    assert!(shown(&with.ask("SELECT max(name), count(*) FROM customers")).contains(CANARY));
    assert!(with.ask("SELECT sum(abs(total_cents)) FROM orders").is_err());
}

/// A table of values of every type, in columns of three affinities.
const VALUES: &str = "
    CREATE TABLE things (id INTEGER PRIMARY KEY, plain, word TEXT COLLATE NOCASE, number NUMERIC,
        twice AS (number * 2));
    CREATE INDEX by_word ON things (word);
    INSERT INTO things (id, plain, word, number) VALUES
        (1, NULL, NULL, NULL), (2, 5, '5', '5'), (3, '5', 'ana', 'ana'), (4, 5.5, 'ANA', 5.5),
        (5, x'616e61', 'b''ob', 12), (6, 'ana', 'b', -1), (7, 'Ana', 'Zed', '!x'), (8, 12, '12', 6);
";

fn ids(conditions: &[RowCondition]) -> Result<Vec<i64>, Refusal> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("things.sqlite");
    Connection::open(&file).unwrap().execute_batch(VALUES).unwrap();
    let source = Source::open("things".parse().unwrap(), &file).unwrap();
    let tool = DatabaseQuery::new([source], MaskKey::new(Secret::new([7; 32]))).unwrap();
    let columns = BTreeMap::from([("id".to_owned(), ColumnView { treatment: Treatment::Clear })]);
    let table = TableView { columns, rows: conditions.to_vec() };
    let view = DataView::new("things".parse().unwrap(), BTreeMap::from([("things".to_owned(), table)]));
    let query = json!({ "resource": "things", "sql": "SELECT id FROM things ORDER BY id" });
    let plan = tool.prepare(&super::world::arguments_of(query), &view)?;
    let deadline = Instant::now() + Duration::from_secs(5);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(tool.answer(plan.bytes(), &super::world::principal(), deadline))?;
    Ok(answer["rows"].as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()).collect())
}

#[test]
fn a_condition_is_met_by_values_of_its_type_and_no_other() {
    use RowOperator::{Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, NotEqual};
    let number = RowValue::Integer;
    for (column, operator, values, expected) in [
        ("plain", Equal, vec![number(5)], vec![2]),
        ("plain", Equal, vec![text("5")], vec![3]),
        ("plain", Equal, vec![text("ana")], vec![6]),
        ("plain", NotEqual, vec![text("ana")], vec![3, 7]),
        ("plain", NotEqual, vec![number(5)], vec![4, 8]),
        ("plain", Less, vec![number(12)], vec![2, 4]),
        ("plain", LessOrEqual, vec![number(12)], vec![2, 4, 8]),
        ("plain", Greater, vec![number(5)], vec![4, 8]),
        ("plain", In, vec![number(5), text("Ana"), number(12)], vec![2, 7, 8]),
        // A collation that makes `ana` and `ANA` the same has no say.
        ("word", Equal, vec![text("ana")], vec![3]),
        ("word", NotEqual, vec![text("ana")], vec![2, 4, 5, 6, 7, 8]),
        ("word", Less, vec![text("Zed")], vec![2, 4, 8]),
        ("word", Equal, vec![text("b'ob")], vec![5]),
        ("word", Equal, vec![number(5)], vec![]),
        // An affinity for numbers turns no text into one.
        ("number", Equal, vec![number(5)], vec![2]),
        ("number", Equal, vec![text("5")], vec![]),
        ("number", Greater, vec![text("5")], vec![3]),
        ("number", GreaterOrEqual, vec![number(-1)], vec![2, 4, 5, 6, 8]),
        ("number", Less, vec![number(i64::MIN)], vec![]),
        ("number", Equal, vec![], vec![]),
        ("word", Equal, vec![text("x' OR '1'='1")], vec![]),
        ("word", Equal, vec![text("x') OR 1 --")], vec![]),
    ] {
        let found = ids(&[condition(column, operator, &values)]).unwrap();
        assert_eq!(found, expected, "{column} {operator:?} {values:?}");
    }
    let both = [condition("plain", Greater, &[number(5)]), condition("number", Less, &[number(6)])];
    assert_eq!(ids(&both).unwrap(), [4]);
}

#[test]
fn a_table_whose_rows_cannot_be_told_apart_is_not_there() {
    for column in ["twice", "lost", "WORD"] {
        let refused = ids(&[condition(column, RowOperator::NotEqual, &[RowValue::Integer(0)])]);
        assert!(refused.is_err(), "{column}: {refused:?}");
    }
}
