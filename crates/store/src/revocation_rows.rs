//! Rows of what is revoked.

use crate::{Store, StoreError};
use domain::UnixMillis;
use revocation::{Revoked, TOKEN_REMEMBERED, What};
use rusqlite::{Connection, params};

pub(crate) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS revocation (
        tenant TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        PRIMARY KEY (tenant, kind, name)
    ) STRICT;
";

/// Rows at once. Each takes about 200 bytes here and in memory; an organisation that revokes ten tokens
/// every hour has room for the year that they are kept.
const MAX_ROWS: u32 = 100_000;

impl Store {
    /// Everything that is revoked, with the time since when, oldest first.
    pub async fn revocations(&self) -> Result<Vec<(Revoked, UnixMillis)>, StoreError> {
        self.run(|connection| {
            let mut rows = connection.prepare(
                "SELECT tenant, kind, name, since_ms FROM revocation ORDER BY since_ms, kind, name",
            )?;
            let read = rows.query_map((), |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get(3)?,
                ))
            })?;
            read.map(|row| {
                let (tenant, kind, name, since) = row?;
                let damaged = || StoreError::Damaged("a revocation");
                let what = What::read(&kind, &name).ok_or_else(damaged)?;
                let tenant = tenant.parse().map_err(|_| damaged())?;
                let since: i64 = since;
                Ok((Revoked { tenant, what }, UnixMillis(u64::try_from(since).map_err(|_| damaged())?)))
            })
            .collect()
        })
        .await
    }

    /// Adds a row; false if it was there. Tokens that are too old to be accepted anyway are removed.
    pub async fn insert_revocation(&self, revoked: Revoked, now: UnixMillis) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let now = i64::try_from(now.0).unwrap_or(i64::MAX);
            let remembered = i64::try_from(TOKEN_REMEMBERED.as_millis()).unwrap_or(i64::MAX);
            transaction.execute(
                "DELETE FROM revocation WHERE kind = 'token' AND since_ms < ?1",
                [now.saturating_sub(remembered)],
            )?;
            if count(&transaction)? >= MAX_ROWS {
                return Err(StoreError::Full { limit: MAX_ROWS });
            }
            let added = transaction.execute(
                "INSERT INTO revocation VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![revoked.tenant.as_str(), revoked.what.kind(), revoked.what.name(), now],
            )?;
            transaction.commit()?;
            Ok(added == 1)
        })
        .await
    }

    /// Removes a row; false if there was none.
    pub async fn delete_revocation(&self, revoked: Revoked) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let removed = connection.execute(
                "DELETE FROM revocation WHERE tenant = ?1 AND kind = ?2 AND name = ?3",
                [revoked.tenant.as_str(), revoked.what.kind(), revoked.what.name()],
            )?;
            Ok(removed == 1)
        })
        .await
    }
}

fn count(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM revocation", (), |row| row.get(0))?)
}
