//! No question tells two sources apart that differ only in what the caller may not see.

use super::world::{CANARY, ONE, OTHER, World, shown};

const ORACLES: &str = include_str!("../../tests/data/oracles.tsv");

#[test]
fn sources_that_differ_in_hidden_values_answer_alike() {
    let (one, other) = (World::new(ONE), World::new(OTHER));
    let mut asked = 0;
    let mut wrong = Vec::new();
    for line in ORACLES.lines().filter(|line| !line.starts_with('#')) {
        let (class, sql) = line.split_once('\t').unwrap();
        let (left, right) = (shown(&one.ask(sql)), shown(&other.ask(sql)));
        if left != right {
            wrong.push(format!("{class}: {sql}\n    {left:.300}\n    {right:.300}"));
        }
        asked += 1;
    }
    println!("{asked} questions, {} told them apart", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked >= 40);
}

/// The same sources differ under a view without masks: the test above can tell.
#[test]
fn the_two_sources_do_differ() {
    let rows = |hidden| {
        let world = World::new(hidden);
        let connection = rusqlite::Connection::open(&world.file).unwrap();
        let all = "SELECT group_concat(email || coalesce(notes, '') || national_id || phone) FROM customers";
        connection.query_row(all, [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_ne!(rows(ONE), rows(OTHER));
    assert!(rows(ONE).contains(CANARY));
}

#[test]
fn tokens_join_within_a_tenant_and_say_nothing_else() {
    let world = World::new(ONE);
    let answer =
        world.ask("SELECT a.id, b.id FROM payments a JOIN payments b USING (iban) WHERE a.id = 1").unwrap();
    let partners: Vec<i64> =
        answer["rows"].as_array().unwrap().iter().map(|row| row[1].as_i64().unwrap()).collect();
    assert_eq!(partners, [1, 6, 11, 16, 21, 26, 31, 36]);
    let tokens = world.ask("SELECT DISTINCT iban FROM payments").unwrap();
    assert_eq!(tokens["row_count"], 5);
    assert!(tokens["rows"].as_array().unwrap().iter().all(|row| row[0].as_str().unwrap().len() == 26));
}
