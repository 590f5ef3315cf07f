//! A small source full of canaries, one caller's view of it, and a way to ask.

use crate::{DatabaseQuery, MaskKey, Source};
use domain::{Digest, Json, JsonLimits, Principal, Refusal, Secret};
use manifest::{Arguments, ColumnView, DataView, MaskKind, Plan, Prepare, TableView, Treatment};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A text that stands in every masked and denied cell and must never come out.
pub(super) const CANARY: &str = "zanzibar";

/// The tables. `{0}` to `{4}` stand for hidden values.
const SCHEMA: &str = "
    CREATE TABLE customers (
        id INTEGER PRIMARY KEY, name TEXT, email TEXT UNIQUE, phone TEXT, birth_date TEXT, national_id TEXT,
        city TEXT, notes TEXT, label TEXT GENERATED ALWAYS AS (name || ' ' || email) STORED,
        badge TEXT GENERATED ALWAYS AS (national_id) VIRTUAL
    );
    CREATE INDEX by_national_id ON customers (national_id, city);
    CREATE INDEX by_city ON customers (city);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, total_cents INTEGER);
    CREATE INDEX by_customer ON orders (customer_id);
    CREATE TABLE payments (
        id INTEGER PRIMARY KEY, order_id INTEGER, card_number TEXT, iban TEXT, amount_cents INTEGER
    );
    CREATE TABLE salaries (person TEXT, amount_cents INTEGER);
    CREATE TABLE lockers (code TEXT PRIMARY KEY, floor INTEGER) WITHOUT ROWID;
    CREATE TABLE seats (id INTEGER PRIMARY KEY, room TEXT);
    CREATE VIEW everything AS SELECT * FROM customers;
    CREATE VIRTUAL TABLE pages USING fts5(body);
";

/// What differs between two worlds: the values that the caller may not see.
#[derive(Clone, Copy)]
pub(super) struct Hidden {
    pub(super) text: &'static str,
    /// Turns the order of the hidden values round.
    pub(super) reversed: bool,
}

pub(super) const ONE: Hidden = Hidden { text: CANARY, reversed: false };
pub(super) const OTHER: Hidden = Hidden { text: "ouagadougou", reversed: true };

pub(super) struct World {
    pub(super) tool: Arc<DatabaseQuery>,
    pub(super) view: DataView,
    pub(super) file: PathBuf,
    pub(super) runtime: Runtime,
    directory: TempDir,
}

impl World {
    pub(super) fn new(hidden: Hidden) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("shop.sqlite");
        fill(&file, hidden);
        let source = Source::open("shop".parse().unwrap(), &file).unwrap();
        let tool = DatabaseQuery::new([source], MaskKey::new(Secret::new([7; 32]))).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { tool: Arc::new(tool), view: view(), file, runtime, directory }
    }

    pub(super) fn plan(&self, arguments: Value) -> Result<Plan, Refusal> {
        self.tool.prepare(&arguments_of(arguments), &self.view)
    }

    pub(super) fn ask(&self, sql: &str) -> Result<Value, Refusal> {
        self.ask_with(json!({ "resource": "shop", "sql": sql }))
    }

    pub(super) fn ask_with(&self, arguments: Value) -> Result<Value, Refusal> {
        let plan = self.plan(arguments)?;
        self.runtime.block_on(self.run(&plan, Duration::from_secs(5)))
    }

    pub(super) async fn run(&self, plan: &Plan, limit: Duration) -> Result<Value, Refusal> {
        self.tool.answer(plan.bytes(), &principal(), Instant::now() + limit).await
    }

    /// Digest of the source's bytes, and the names of all files beside it.
    pub(super) fn state(&self) -> (Digest, Vec<PathBuf>) {
        let bytes = std::fs::read(&self.file).unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(self.directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        (Digest::of(&bytes), names)
    }
}

pub(super) fn principal() -> Principal {
    Principal {
        tenant: "acme".parse().unwrap(),
        person: "ana".parse().unwrap(),
        client: "desk".parse().unwrap(),
    }
}

pub(super) fn arguments_of(value: Value) -> Arguments {
    Arguments::new(Some(Json::parse(value.to_string().as_bytes(), JsonLimits::MESSAGE).unwrap())).unwrap()
}

/// What both audiences read of a refusal, or the result's text.
pub(super) fn shown(outcome: &Result<Value, Refusal>) -> String {
    match outcome {
        Ok(value) => value.to_string(),
        Err(refusal) => format!("{} {}", refusal.public(), refusal.internal()),
    }
}

fn view() -> DataView {
    use MaskKind::{Email, Fixed, KeepLast4, Null, Token, Year};
    use Treatment::{Clear, Deny, Mask};
    let table = |name: &str, columns: &[(&str, Treatment)]| {
        let columns = columns
            .iter()
            .map(|(name, treatment)| ((*name).to_owned(), ColumnView { treatment: *treatment }));
        (name.to_owned(), TableView { columns: columns.collect(), rows: Vec::new() })
    };
    let tables = BTreeMap::from([
        table(
            "customers",
            &[
                ("id", Clear),
                ("name", Clear),
                ("email", Mask(Email)),
                ("phone", Mask(KeepLast4)),
                ("birth_date", Mask(Year)),
                ("national_id", Deny),
                ("city", Clear),
                ("notes", Mask(Null)),
                // Listed, and not to be had all the same: they are computed from masked and denied ones.
                ("label", Clear),
                ("badge", Clear),
                // The source spells it otherwise.
                ("NATIONAL_ID", Clear),
            ],
        ),
        table("orders", &[("id", Clear), ("customer_id", Clear), ("status", Clear), ("total_cents", Clear)]),
        table(
            "payments",
            &[
                ("id", Clear),
                ("order_id", Clear),
                ("card_number", Mask(Fixed)),
                ("iban", Mask(Token)),
                ("amount_cents", Clear),
            ],
        ),
        table("lockers", &[("code", Mask(Fixed)), ("floor", Clear)]),
        table("seats", &[("room", Clear)]),
        // Not ordinary tables: listed, and not offered.
        table("everything", &[("id", Clear), ("email", Clear), ("national_id", Clear)]),
        table("pages", &[("body", Clear)]),
        table("sqlite_schema", &[("name", Clear), ("sql", Clear)]),
        table("SALARIES", &[("person", Clear), ("amount_cents", Clear)]),
    ]);
    DataView::new("shop".parse().unwrap(), tables)
}

/// Clear values are the same in every world; hidden ones are made from `hidden`, in an order of their own.
/// Masked forms are the same: same first sign and domain, same last four, same year. Only tokens differ.
fn fill(file: &Path, hidden: Hidden) {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    let Hidden { text, reversed } = hidden;
    connection.execute_batch("BEGIN").unwrap();
    for id in 1..=40i64 {
        let rank = if reversed { 41 - id } else { id };
        let city = ["Oslo", "Lima", "Kyiv", "L'Aquila"][id as usize % 4];
        let insert = "INSERT INTO customers (id, name, email, phone, birth_date, national_id, city, notes)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        // As long in each world, since the number of signs is part of the masked form of a phone.
        let phone = format!("+{:0>9}-55{:02}", rank * 31 + text.len() as i64, id);
        connection
            .execute(
                insert,
                (
                    id,
                    format!("Name {id}"),
                    format!("a{rank:02}{text}@example.com"),
                    phone,
                    format!("1980-{:02}-{:02}", rank % 12 + 1, rank % 28 + 1),
                    format!("{text}-{rank:02}"),
                    city,
                    (id % 3 > 0).then(|| format!("{text} {rank:02}")),
                ),
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO orders VALUES (?1, ?2, ?3, ?4)",
                (id, id % 20 + 1, ["pending", "paid"][id as usize % 2], id * 100),
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO payments VALUES (?1, ?1, ?2, ?3, ?4)",
                (id, format!("{text}{rank:04}"), format!("{text}{}", rank % 5), id * 50),
            )
            .unwrap();
    }
    for at in 1..=9i64 {
        let rank = if reversed { 10 - at } else { at };
        connection
            .execute("INSERT INTO salaries VALUES (?1, ?2)", (format!("{text} {at}"), 7_777_000 + rank))
            .unwrap();
        connection.execute("INSERT INTO lockers VALUES (?1, ?2)", (format!("{text}{rank}"), at)).unwrap();
        connection
            .execute(
                "INSERT INTO seats VALUES (?1, ?2)",
                (rank * 1000 + text.len() as i64, format!("room {at}")),
            )
            .unwrap();
    }
    connection.execute("INSERT INTO pages VALUES (?1)", [text]).unwrap();
    connection.execute_batch("COMMIT; ANALYZE").unwrap();
}
