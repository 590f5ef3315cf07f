//! A source that changes, is replaced, is written, or is gone.

use super::world::{CANARY, ONE, OTHER, World, shown};
use crate::Source;
use domain::RefusalCode;
use rusqlite::Connection;
use serde_json::json;
use std::time::Duration;

#[test]
fn a_changed_schema_refuses_the_planned_call_and_serves_the_next() {
    let world = World::new(ONE);
    let plan = world.plan(json!({ "resource": "shop", "sql": "SELECT count(*) FROM orders" })).unwrap();
    world.runtime.block_on(world.run(&plan, Duration::from_secs(5))).unwrap();
    Connection::open(&world.file).unwrap().execute_batch("ALTER TABLE orders ADD COLUMN extra TEXT").unwrap();
    let refusal = world.runtime.block_on(world.run(&plan, Duration::from_secs(5))).unwrap_err();
    assert_eq!(refusal.code(), RefusalCode::UpstreamUnavailable);
    assert!(refusal.retry_after_ms().is_some());
    assert_eq!(world.ask("SELECT count(*) FROM orders").unwrap()["rows"], json!([[40]]));
    // The new column is in nobody's view.
    assert_eq!(world.ask("SELECT extra FROM orders").unwrap_err().code(), RefusalCode::Denied);
    assert_eq!(world.ask("SELECT * FROM orders LIMIT 1").unwrap()["columns"].as_array().unwrap().len(), 4);
}

#[test]
fn a_column_renamed_into_the_view_is_judged_by_its_new_name() {
    let world = World::new(ONE);
    world.ask("SELECT city FROM customers").unwrap();
    Connection::open(&world.file)
        .unwrap()
        .execute_batch(
            "ALTER TABLE salaries RENAME COLUMN person TO name; ALTER TABLE salaries RENAME TO wages",
        )
        .unwrap();
    for sql in ["SELECT city FROM customers", "SELECT * FROM wages", "SELECT count(*) FROM wages"] {
        let outcome = world.ask(sql);
        assert!(!shown(&outcome).contains(CANARY));
        assert!(outcome.is_err(), "{sql}");
    }
}

#[test]
fn a_file_put_in_anothers_place_is_read_and_not_the_old_one() {
    let world = World::new(ONE);
    let sql = "SELECT DISTINCT iban FROM payments ORDER BY 1";
    let before = world.ask(sql).unwrap();
    let other = World::new(OTHER);
    std::fs::rename(&other.file, &world.file).unwrap();
    let changed = world.ask(sql).unwrap_err();
    assert_eq!(changed.code(), RefusalCode::UpstreamUnavailable);
    assert_ne!(world.ask(sql).unwrap(), before);
}

#[test]
fn data_written_meanwhile_is_seen_by_the_next_call() {
    let world = World::new(ONE);
    let count = || world.ask("SELECT count(*) FROM orders").unwrap()["rows"][0][0].as_i64().unwrap();
    assert_eq!(count(), 40);
    Connection::open(&world.file)
        .unwrap()
        .execute_batch("INSERT INTO orders (status) VALUES ('paid')")
        .unwrap();
    assert_eq!(count(), 41);
}

#[test]
fn a_source_in_its_writers_hands_is_busy() {
    let world = World::new(ONE);
    let plan = world.plan(json!({ "resource": "shop", "sql": "SELECT count(*) FROM orders" })).unwrap();
    let writer = Connection::open(&world.file).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let refusal = world.runtime.block_on(world.run(&plan, Duration::from_secs(5))).unwrap_err();
    assert_eq!(refusal.code(), RefusalCode::Busy);
    writer.execute_batch("COMMIT").unwrap();
    world.runtime.block_on(world.run(&plan, Duration::from_secs(5))).unwrap();
}

#[test]
fn a_source_in_wal_mode_can_be_read() {
    let world = World::new(ONE);
    let writer = Connection::open(&world.file).unwrap();
    writer.pragma_update(None, "journal_mode", "wal").unwrap();
    writer.execute_batch("INSERT INTO orders (status) VALUES ('paid')").unwrap();
    assert_eq!(world.ask("SELECT count(*) FROM orders").unwrap()["rows"], json!([[41]]));
}

#[test]
fn a_source_that_is_gone_or_broken_is_unavailable() {
    let world = World::new(ONE);
    let plan = world.plan(json!({ "resource": "shop", "sql": "SELECT count(*) FROM orders" })).unwrap();
    std::fs::write(&world.file, vec![7u8; 8192]).unwrap();
    let broken = world.runtime.block_on(world.run(&plan, Duration::from_secs(5))).unwrap_err();
    assert_eq!(broken.code(), RefusalCode::UpstreamUnavailable);
    std::fs::remove_file(&world.file).unwrap();
    let gone = world.runtime.block_on(world.run(&plan, Duration::from_secs(5))).unwrap_err();
    assert_eq!(gone.code(), RefusalCode::UpstreamUnavailable);
    assert!(!gone.public().contains("shop"));
    assert!(!world.file.exists());
}

#[test]
fn only_a_database_can_be_a_source() {
    let directory = tempfile::TempDir::new().unwrap();
    let open = |name: &str| Source::open("it".parse().unwrap(), &directory.path().join(name));
    assert!(open("missing.sqlite").is_err());
    std::fs::write(
        directory.path().join("text"),
        "not a database, only a text that is long enough to be one",
    )
    .unwrap();
    assert!(open("text").is_err());
    let reserved = directory.path().join("reserved");
    Connection::open(&reserved).unwrap().execute_batch("CREATE TABLE Json_Each (key)").unwrap();
    assert!(open("reserved").is_err());
}
