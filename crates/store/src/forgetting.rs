//! Removing a person from the file, so that its bytes do not hold them any more.

use crate::{Store, StoreError};
use domain::{PersonId, TenantId};

impl Store {
    /// Removes the person's rows and name, overwrites the space, and empties the write-ahead log.
    pub async fn forget_person(&self, tenant: TenantId, person: PersonId) -> Result<(), StoreError> {
        self.run(move |connection| {
            let who = rusqlite::params![tenant.as_str(), person.as_str()];
            connection.pragma_update(None, "secure_delete", true)?;
            connection.execute("DELETE FROM approval WHERE tenant = ?1 AND person = ?2", who)?;
            connection.execute(
                "UPDATE approval SET decided_by = NULL WHERE tenant = ?1 AND decided_by = ?2",
                who,
            )?;
            connection.execute(
                "DELETE FROM approval WHERE tenant = ?1 AND id IN (SELECT approval FROM approval_terms
                 WHERE instr(char(10) || approvers || char(10), char(10) || ?2 || char(10)) > 0)",
                who,
            )?;
            connection.execute(
                "DELETE FROM approval_vote WHERE person = ?2
                 AND approval IN (SELECT id FROM approval WHERE tenant = ?1)",
                who,
            )?;
            connection.execute("DELETE FROM break_glass WHERE tenant = ?1 AND person = ?2", who)?;
            for by in ["granted_by", "reviewed_by"] {
                let sql = format!("UPDATE break_glass SET {by} = 'erased' WHERE tenant = ?1 AND {by} = ?2");
                connection.execute(&sql, who)?;
            }
            // What was freed before is not overwritten by any of this: the file is written anew.
            connection.execute_batch("VACUUM")?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })
        .await
    }
}
