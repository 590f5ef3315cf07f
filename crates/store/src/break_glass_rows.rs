//! Rows of break-glass: who asked for which roles, who granted them, who looked at it.

use crate::{Store, StoreError};
use domain::{PersonId, Principal, UnixMillis};
use rusqlite::{OptionalExtension as _, Row, named_params};

/// The table; made at any start that does not find it.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS break_glass (
        id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        person TEXT NOT NULL,
        client TEXT NOT NULL,
        roles TEXT NOT NULL,
        minutes INTEGER NOT NULL,
        sealed_reason BLOB NOT NULL,
        requested_ms INTEGER NOT NULL,
        state TEXT NOT NULL,
        granted_by TEXT,
        granted_ms INTEGER,
        expires_ms INTEGER,
        reviewed_by TEXT
    ) STRICT, WITHOUT ROWID;
";

/// How long what is over and reviewed, or was never granted, is kept: a quarter, for the next audit.
const KEPT_MS: u64 = 92 * 24 * 60 * 60 * 1000;

/// Where a break-glass stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakGlassState {
    /// One person asked.
    Requested,
    /// A second person agreed.
    Granted,
    /// Somebody looked at what was done with it.
    Reviewed,
}

impl BreakGlassState {
    /// The word in the file and for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Granted => "granted",
            Self::Reviewed => "reviewed",
        }
    }
}

/// The second person's agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Whose.
    pub by: PersonId,
    /// When.
    pub at: UnixMillis,
    /// When the roles end.
    pub expires: UnixMillis,
}

/// One break-glass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlassRow {
    /// Its name.
    pub id: String,
    /// Who asked.
    pub principal: Principal,
    /// For which roles.
    pub roles: Vec<String>,
    /// For how long.
    pub minutes: u32,
    /// Why, sealed.
    pub sealed_reason: Vec<u8>,
    /// When it was asked for.
    pub requested: UnixMillis,
    /// Where it stands.
    pub state: BreakGlassState,
    /// By whom and until when it was granted.
    pub granted: Option<Granted>,
    /// Who reviewed it.
    pub reviewed_by: Option<PersonId>,
}

impl Store {
    /// Writes a row over the one of the same name. Removes what has been over for a quarter.
    pub async fn put_break_glass(&self, row: BreakGlassRow) -> Result<(), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "DELETE FROM break_glass WHERE requested_ms < ?1 AND state <> 'granted'",
                [signed(UnixMillis(row.requested.0.saturating_sub(KEPT_MS)))],
            )?;
            let granted = row.granted.as_ref();
            transaction.execute(
                "INSERT OR REPLACE INTO break_glass (id, tenant, person, client, roles, minutes, sealed_reason,
                    requested_ms, state, granted_by, granted_ms, expires_ms, reviewed_by)
                 VALUES (:id, :tenant, :person, :client, :roles, :minutes, :sealed_reason,
                    :requested, :state, :granted_by, :granted, :expires, :reviewed_by)",
                named_params! {
                    ":id": row.id,
                    ":tenant": row.principal.tenant.as_str(),
                    ":person": row.principal.person.as_str(),
                    ":client": row.principal.client.as_str(),
                    ":roles": row.roles.join("\n"),
                    ":minutes": row.minutes,
                    ":sealed_reason": row.sealed_reason,
                    ":requested": signed(row.requested),
                    ":state": row.state.word(),
                    ":granted_by": granted.map(|granted| granted.by.as_str()),
                    ":granted": granted.map(|granted| signed(granted.at)),
                    ":expires": granted.map(|granted| signed(granted.expires)),
                    ":reviewed_by": row.reviewed_by.as_ref().map(PersonId::as_str),
                },
            )?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// The break-glass `id`.
    pub async fn break_glass(&self, id: String) -> Result<Option<BreakGlassRow>, StoreError> {
        self.run(move |connection| {
            let found =
                connection.query_row("SELECT * FROM break_glass WHERE id = ?1", [id], |row| Ok(read(row)));
            found.optional()?.transpose()
        })
        .await
    }

    /// Every break-glass that is kept, oldest first.
    pub async fn break_glasses(&self) -> Result<Vec<BreakGlassRow>, StoreError> {
        self.run(move |connection| {
            let mut query =
                connection.prepare_cached("SELECT * FROM break_glass ORDER BY requested_ms, id")?;
            let rows = query.query_map([], |row| Ok(read(row)))?;
            rows.map(|row| row?).collect()
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<BreakGlassRow, StoreError> {
    let text = |name: &'static str| row.get::<_, String>(name);
    let moment = |name: &'static str| {
        Ok::<_, StoreError>(row.get::<_, Option<i64>>(name)?.map(|ms| UnixMillis(ms.unsigned_abs())))
    };
    let person = |name: &'static str| {
        let person = row.get::<_, Option<String>>(name)?;
        person.map(|person| person.parse::<PersonId>().map_err(|_| StoreError::Damaged(name))).transpose()
    };
    let granted = match (person("granted_by")?, moment("granted_ms")?, moment("expires_ms")?) {
        (Some(by), Some(at), Some(expires)) => Some(Granted { by, at, expires }),
        _ => None,
    };
    let states = [BreakGlassState::Requested, BreakGlassState::Granted, BreakGlassState::Reviewed];
    let state = text("state")?;
    Ok(BreakGlassRow {
        id: text("id")?,
        principal: Principal {
            tenant: text("tenant")?.parse().map_err(|_| StoreError::Damaged("tenant"))?,
            person: text("person")?.parse().map_err(|_| StoreError::Damaged("person"))?,
            client: text("client")?.parse().map_err(|_| StoreError::Damaged("client"))?,
        },
        roles: text("roles")?.lines().map(str::to_owned).collect(),
        minutes: row.get("minutes")?,
        sealed_reason: row.get("sealed_reason")?,
        requested: moment("requested_ms")?.ok_or(StoreError::Damaged("requested_ms"))?,
        state: states.into_iter().find(|one| one.word() == state).ok_or(StoreError::Damaged("state"))?,
        granted,
        reviewed_by: person("reviewed_by")?,
    })
}

/// SQLite has signed integers.
fn signed(time: UnixMillis) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}
