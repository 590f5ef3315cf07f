//! The sample company is whole, the same everywhere, and about nobody.

#![allow(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use super::numbers::{card, iban, registry_number};
use super::random::Random;
use super::{calendar, create_company};
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;
use tempfile::TempDir;

fn texts(file: &std::path::Path, sql: &str) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn passes_luhn(number: &str) -> bool {
    let digits = number.bytes().rev().map(|sign| u32::from(sign - b'0')).enumerate();
    digits.map(|(at, digit)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }).sum::<u32>()
        % 10
        == 0
}

fn passes_mod_97(account: &str) -> bool {
    let (front, rest) = account.split_at(4);
    let digits: String =
        format!("{rest}{front}").chars().map(|sign| sign.to_digit(36).unwrap().to_string()).collect();
    digits.bytes().fold(0u32, |sum, sign| (sum * 10 + u32::from(sign - b'0')) % 97) == 1
}

#[test]
fn dates_are_right() {
    assert_eq!(calendar::date(0), "1970-01-01");
    assert_eq!(calendar::date(calendar::FIRST_DAY), "2026-01-01");
    assert_eq!(calendar::date(calendar::FIRST_DAY + calendar::DAYS - 1), "2026-10-31");
    assert_eq!(calendar::date(11_016), "2000-02-29");
    assert_eq!(calendar::date_since_1900(0), "1900-01-01");
    assert_eq!(calendar::date_since_1900(13_148), "1936-01-01");
    assert_eq!(calendar::moment(951_868_799), "2000-02-29T23:59:59Z");
}

#[test]
fn numbers_carry_their_check_digits() {
    let mut random = Random::seeded(1);
    assert_eq!(iban("GB", "WEST12345698765432"), "GB82WEST12345698765432");
    for _ in 0..200 {
        assert!(passes_luhn(&card(&mut random)));
        assert!(registry_number(&mut random).starts_with("ZK"));
    }
}

#[test]
fn the_company_is_the_same_each_time_and_its_owners_alone() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let start = Instant::now();
    let first = create_company(one.path()).unwrap();
    println!("created in {:?}", start.elapsed());
    let second = create_company(two.path()).unwrap();
    for (left, right) in
        [(&first.customer_database, &second.customer_database), (&first.metrics_db, &second.metrics_db)]
    {
        assert_eq!(std::fs::read(left).unwrap(), std::fs::read(right).unwrap());
        assert_eq!(std::fs::metadata(left).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Again over the old files, with a leftover of an interrupted start.
    std::fs::write(one.path().join(".metrics_db.sqlite.unfinished"), "half").unwrap();
    assert_eq!(create_company(one.path()).unwrap(), first);
    assert_eq!(std::fs::read_dir(one.path()).unwrap().count(), 2);
    assert!(create_company(&one.path().join("nowhere")).is_err());
}

#[test]
fn its_people_are_plausible_and_belong_to_nobody() {
    let directory = TempDir::new().unwrap();
    let paths = create_company(directory.path()).unwrap();
    let file = &paths.customer_database;
    let emails = texts(file, "SELECT email FROM customers");
    assert_eq!(emails.len(), 640);
    for email in &emails {
        let (local, domain) = email.split_once('@').unwrap();
        assert!(["example.com", "example.org", "example.net"].contains(&domain), "{email}");
        assert!(
            local.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'.') && !local.starts_with('.'),
            "{email}"
        );
    }
    let names = texts(file, "SELECT name FROM customers");
    assert!(names.iter().any(|name| name.contains('\'')) && names.iter().any(|name| !name.is_ascii()));
    let cards = texts(file, "SELECT card_number FROM payments WHERE card_number IS NOT NULL");
    let ibans = texts(file, "SELECT iban FROM payments WHERE iban IS NOT NULL");
    assert!(cards.len() > 500 && ibans.len() > 200, "{} {}", cards.len(), ibans.len());
    assert!(cards.iter().all(|card| passes_luhn(card)));
    assert!(ibans.iter().all(|iban| passes_mod_97(iban)));
    let phones = texts(file, "SELECT phone FROM customers");
    assert!(phones.iter().all(|phone| phone.starts_with('+') && phone.len() >= 12), "{phones:?}");
    let broken = texts(
        file,
        "SELECT 'order ' || id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers) UNION ALL
         SELECT 'payment ' || order_id FROM payments JOIN orders o ON o.id = order_id GROUP BY order_id
         HAVING sum(amount_cents) <> total_cents OR status IN ('pending', 'cancelled')",
    );
    assert_eq!(broken, Vec::<String>::new());
    let pending = texts(file, "SELECT CAST(count(*) AS TEXT) FROM orders WHERE status = 'pending'");
    assert!(pending[0].parse::<u32>().unwrap() > 100, "{pending:?}");
    let incident = texts(
        &paths.metrics_db,
        "SELECT service FROM performance_metrics WHERE errors > 100 GROUP BY service",
    );
    assert_eq!(incident, ["payments"]);
    let hours = texts(&paths.metrics_db, "SELECT CAST(count(DISTINCT ts) AS TEXT) FROM performance_metrics");
    assert_eq!(hours, ["720"]);
    assert_eq!(texts(&paths.metrics_db, "SELECT max(ts) FROM performance_metrics"), ["2026-10-31T23:00:00Z"]);
}
