//! Owns the content of `customer_database`: customers, orders, payments, salaries.

use super::calendar::{DAYS, FIRST_DAY, moment};
use super::numbers::card;
use super::people::{Person, employee, person};
use super::random::Random;
use rusqlite::{Connection, params};

const CUSTOMERS: u64 = 640;
const ORDERS: u64 = 2_400;
const EMPLOYEES: u64 = 46;
/// Any number; another one gives another company.
const SEED: u64 = 0x5ec0_4e5a_11e5_0001;

const TABLES: &str = "
    CREATE TABLE customers (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, phone TEXT NOT NULL,
        birth_date TEXT NOT NULL, national_id TEXT NOT NULL, city TEXT NOT NULL
    );
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
        status TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
        total_cents INTEGER NOT NULL, created_at TEXT NOT NULL
    );
    CREATE TABLE payments (
        id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id),
        card_number TEXT, iban TEXT, amount_cents INTEGER NOT NULL
    );
    CREATE TABLE salaries (person TEXT NOT NULL, amount_cents INTEGER NOT NULL);
    CREATE INDEX orders_by_customer ON orders (customer_id);
    CREATE INDEX payments_by_order ON payments (order_id);
";

/// Makes and fills the tables.
pub(crate) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    let mut random = Random::seeded(SEED);
    connection.execute_batch(TABLES)?;
    let people: Vec<Person> = (1..=CUSTOMERS).map(|id| person(id, &mut random)).collect();
    customers(connection, &people)?;
    trade(connection, &people, &mut random)?;
    salaries(connection, &mut random)
}

fn customers(connection: &Connection, people: &[Person]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO customers VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6)")?;
    people.iter().try_for_each(|person| {
        let Person { name, email, phone, birth_date, national_id, city, .. } = person;
        insert.execute(params![name, email, phone, birth_date, national_id, city]).map(drop)
    })
}

/// Orders in the order of their time, each with what was paid for it.
fn trade(connection: &Connection, people: &[Person], random: &mut Random) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let step = DAYS * 86_400 / ORDERS;
    for id in 1..=ORDERS {
        // Some customers come often.
        let customer = random.rather_small(CUSTOMERS) + 1;
        let status = status(id, random);
        let cents = 490 + random.rather_small(400) * random.rather_small(300);
        let at = FIRST_DAY * 86_400 + (id - 1) * step + random.below(step);
        insert.execute(params![id, customer, status, cents, moment(at)])?;
        let buyer = usize::try_from(customer - 1).ok().and_then(|at| people.get(at));
        if let Some(buyer) = buyer.filter(|_| !matches!(status, "pending" | "cancelled")) {
            pay(connection, id, cents, buyer, random)?;
        }
    }
    Ok(())
}

/// What was ordered lately is still on its way.
fn status(id: u64, random: &mut Random) -> &'static str {
    if random.percent(6) {
        return "cancelled";
    }
    let lately = id > ORDERS * 9 / 10;
    match (lately, random.below(10)) {
        (true, 0..=4) => "pending",
        (true, 5..=6) => "paid",
        (true, _) => "shipped",
        (false, 0) => "pending",
        (false, 1) => "shipped",
        (false, _) => "delivered",
    }
}

/// By card, or from an account where the buyer's country has IBANs; a few pay in two parts.
fn pay(
    connection: &Connection,
    order: u64,
    cents: u64,
    buyer: &Person,
    random: &mut Random,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT INTO payments VALUES (NULL, ?1, ?2, ?3, ?4)")?;
    let iban = if random.percent(35) { buyer.country.iban(random) } else { None };
    let card = if iban.is_none() { Some(card(random)) } else { None };
    let first = if random.percent(7) { cents / 2 } else { cents };
    insert.execute(params![order, card, iban, first])?;
    if first < cents {
        insert.execute(params![order, card, iban, cents - first])?;
    }
    Ok(())
}

fn salaries(connection: &Connection, random: &mut Random) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO salaries VALUES (?1, ?2)")?;
    for _ in 0..EMPLOYEES {
        let year = 3_400_000 + random.rather_small(160) * 100_000;
        insert.execute(params![employee(random), year])?;
    }
    Ok(())
}
