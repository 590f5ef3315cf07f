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
            // What was freed before is not overwritten by any of this: the file is written anew.
            connection.execute_batch("VACUUM")?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })
        .await
    }
}
