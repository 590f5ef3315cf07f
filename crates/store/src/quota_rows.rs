//! Rows of quotas: what each subject used on its last day.

use crate::{Store, StoreError};
use domain::Digest;
use rusqlite::{Row, named_params};

/// The table; made at any start that does not find it.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS quota (
        rule TEXT NOT NULL,
        subject BLOB NOT NULL,
        day INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        sandbox_ms INTEGER NOT NULL,
        PRIMARY KEY (rule, subject)
    ) STRICT, WITHOUT ROWID;
";

/// What one subject used under one rule on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRow {
    /// The rule's name.
    pub rule: String,
    /// Who, under a keyed digest: the file holds no name.
    pub subject: Digest,
    /// Days since 1970-01-01 UTC.
    pub day: u64,
    /// Calls, rows, bytes, milliseconds of the caller's code.
    pub used: [u64; 4],
}

impl Store {
    /// What is stored of `day` and later; what is older is removed.
    pub async fn quotas_from(&self, day: u64) -> Result<Vec<QuotaRow>, StoreError> {
        self.run(move |connection| {
            connection.execute("DELETE FROM quota WHERE day < ?1", [signed(day)])?;
            let mut query = connection.prepare("SELECT * FROM quota")?;
            let rows = query.query_map([], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Writes rows over those of the same rule and subject, all or none.
    pub async fn put_quotas(&self, rows: Vec<QuotaRow>) -> Result<(), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            {
                let mut put = transaction.prepare_cached(
                    "INSERT INTO quota (rule, subject, day, requests, rows, bytes, sandbox_ms)
                     VALUES (:rule, :subject, :day, :requests, :rows, :bytes, :sandbox_ms)
                     ON CONFLICT (rule, subject) DO UPDATE SET day = excluded.day, requests = excluded.requests,
                        rows = excluded.rows, bytes = excluded.bytes, sandbox_ms = excluded.sandbox_ms",
                )?;
                for row in rows {
                    let [requests, of_tables, bytes, sandbox_ms] = row.used.map(signed);
                    put.execute(named_params! {
                        ":rule": row.rule,
                        ":subject": row.subject.as_bytes(),
                        ":day": signed(row.day),
                        ":requests": requests,
                        ":rows": of_tables,
                        ":bytes": bytes,
                        ":sandbox_ms": sandbox_ms,
                    })?;
                }
            }
            Ok(transaction.commit()?)
        })
        .await
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<QuotaRow> {
    let number = |name: &str| Ok::<_, rusqlite::Error>(row.get::<_, i64>(name)?.unsigned_abs());
    Ok(QuotaRow {
        rule: row.get("rule")?,
        subject: Digest::from_bytes(row.get("subject")?),
        day: number("day")?,
        used: [number("requests")?, number("rows")?, number("bytes")?, number("sandbox_ms")?],
    })
}

/// SQLite has signed integers.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
