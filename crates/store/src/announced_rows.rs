//! Which approvals were announced: a mark for each, so that one that could not be told is told later.

use crate::approval_rows::{SELECT, read, signed};
use crate::{ApprovalRow, Store, StoreError};
use domain::UnixMillis;

/// The table; made at any start that does not find it. A mark goes with its approval.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS approval_announced (approval TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS announced_approval_is_removed AFTER DELETE ON approval BEGIN
        DELETE FROM approval_announced WHERE approval = OLD.id;
    END;
";

impl Store {
    /// Approvals that wait and were not announced, oldest first, at most `count`.
    pub async fn unannounced_approvals(
        &self,
        now: UnixMillis,
        count: u32,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        self.run(move |connection| {
            let mut query = connection.prepare_cached(&format!(
                "{SELECT} WHERE state = 'pending' AND expires_ms > ?1
                 AND id NOT IN (SELECT approval FROM approval_announced)
                 ORDER BY requested_ms, id LIMIT ?2"
            ))?;
            let rows = query.query_map((signed(now), count), |row| Ok(read(row)))?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// Marks the approval `id` as announced.
    pub async fn note_announced(&self, id: String) -> Result<(), StoreError> {
        self.run(move |connection| {
            connection.execute(
                "INSERT OR IGNORE INTO approval_announced SELECT id FROM approval WHERE id = ?1",
                [id],
            )?;
            Ok(())
        })
        .await
    }
}
