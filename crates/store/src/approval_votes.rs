//! Who has to agree to an approval, and who has: one voice for each person.

use crate::{ApprovalState, Store, StoreError};
use domain::{ClientId, PersonId, UnixMillis};
use rusqlite::{Connection, Row, named_params};

/// The tables; made at any start that does not find them. What belongs to a row goes with it.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS approval_terms (
        approval TEXT PRIMARY KEY,
        needed INTEGER NOT NULL,
        approvers TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS approval_vote (
        approval TEXT NOT NULL,
        person TEXT NOT NULL,
        client TEXT NOT NULL,
        voted_ms INTEGER NOT NULL,
        PRIMARY KEY (approval, person)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS approval_is_removed AFTER DELETE ON approval BEGIN
        DELETE FROM approval_terms WHERE approval = OLD.id;
        DELETE FROM approval_vote WHERE approval = OLD.id;
    END;
";

/// How many people have to agree, and who they may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalTerms {
    /// That many, all different.
    pub needed: u32,
    /// Of these; `None`: of whom policy lets approve.
    pub approvers: Option<Vec<PersonId>>,
}

/// What became of one person's agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// It counts; this many have agreed now.
    Counted(u32),
    /// It counts, and with it enough have agreed.
    Enough,
    /// The same person has agreed before.
    Twice,
    /// Nothing is pending under this name.
    NotPending,
}

impl Store {
    /// Notes that a person agrees to the pending approval `id`, and grants it if enough do.
    pub async fn vote(
        &self,
        id: String,
        person: PersonId,
        client: ClientId,
        now: UnixMillis,
    ) -> Result<Vote, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let vote = vote(&transaction, &id, &person, &client, now)?;
            transaction.commit()?;
            Ok(vote)
        })
        .await
    }

    /// Who has agreed to the approval `id`, first to last.
    pub async fn voters(&self, id: String) -> Result<Vec<PersonId>, StoreError> {
        self.run(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT person FROM approval_vote WHERE approval = ?1 ORDER BY voted_ms, person",
            )?;
            let people = query.query_map([id], |row| row.get::<_, String>(0))?;
            people.map(|person| person?.parse().map_err(|_| StoreError::Damaged("person"))).collect()
        })
        .await
    }
}

fn vote(
    connection: &Connection,
    id: &str,
    person: &PersonId,
    client: &ClientId,
    now: UnixMillis,
) -> Result<Vote, StoreError> {
    let now = i64::try_from(now.0).unwrap_or(i64::MAX);
    let pending: i64 = connection.query_row(
        "SELECT count(*) FROM approval WHERE id = ?1 AND state = 'pending' AND expires_ms > ?2",
        (id, now),
        |row| row.get(0),
    )?;
    if pending == 0 {
        return Ok(Vote::NotPending);
    }
    let added = connection.execute(
        "INSERT INTO approval_vote (approval, person, client, voted_ms) VALUES (:id, :person, :client, :now)
         ON CONFLICT DO NOTHING",
        named_params! { ":id": id, ":person": person.as_str(), ":client": client.as_str(), ":now": now },
    )?;
    if added == 0 {
        return Ok(Vote::Twice);
    }
    let (needed, votes): (u32, u32) = connection.query_row(
        "SELECT coalesce((SELECT needed FROM approval_terms WHERE approval = ?1), 1),
                (SELECT count(*) FROM approval_vote WHERE approval = ?1)",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if votes < needed {
        return Ok(Vote::Counted(votes));
    }
    connection.execute(
        "UPDATE approval SET state = :state, decided_by = :by, decided_ms = :now WHERE id = :id",
        named_params! {
            ":id": id,
            ":state": ApprovalState::Granted.word(),
            ":by": person.as_str(),
            ":now": now,
        },
    )?;
    Ok(Vote::Enough)
}

pub(crate) fn insert_terms(
    connection: &Connection,
    id: &str,
    terms: &ApprovalTerms,
) -> Result<(), StoreError> {
    // No person's name has a line end in it.
    let approvers = terms
        .approvers
        .as_ref()
        .map(|people| people.iter().map(PersonId::as_str).collect::<Vec<_>>().join("\n"));
    connection.execute(
        "INSERT INTO approval_terms (approval, needed, approvers) VALUES (?1, ?2, ?3)",
        (id, terms.needed, approvers),
    )?;
    Ok(())
}

/// The terms of a row that was read together with them; one of an older server has none and needs one voice.
pub(crate) fn read_terms(row: &Row<'_>) -> Result<ApprovalTerms, StoreError> {
    let approvers = row.get::<_, Option<String>>("approvers")?.map(|people| {
        people.lines().map(|person| person.parse().map_err(|_| StoreError::Damaged("approvers"))).collect()
    });
    Ok(ApprovalTerms {
        needed: row.get::<_, Option<u32>>("needed")?.unwrap_or(1),
        approvers: approvers.transpose()?,
    })
}
