//! The file, its schema and the thread that owns it.

use crate::{announced_rows, approval_votes, break_glass_rows, quota_rows, revocation_rows};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Mode, OFlags};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use tokio::sync::oneshot;

/// The schema's version; a file of a newer one is not opened.
const SCHEMA_VERSION: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE approval (
        id TEXT PRIMARY KEY,
        binding BLOB NOT NULL,
        tenant TEXT NOT NULL,
        person TEXT NOT NULL,
        client TEXT NOT NULL,
        tool TEXT NOT NULL,
        definition TEXT NOT NULL,
        arguments TEXT NOT NULL,
        sealed_arguments BLOB NOT NULL,
        policy TEXT NOT NULL,
        state TEXT NOT NULL,
        requested_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        decided_by TEXT,
        decided_ms INTEGER,
        call TEXT
    ) STRICT;
    CREATE INDEX approval_by_binding ON approval (binding, requested_ms);
    CREATE INDEX approval_by_state ON approval (state);
";

/// Tables that came later, each in the file of its rows; made at any start that does not find them.
const LATER_TABLES: &[&str] = &[
    announced_rows::SCHEMA,
    approval_votes::SCHEMA,
    break_glass_rows::SCHEMA,
    quota_rows::SCHEMA,
    revocation_rows::SCHEMA,
];

/// Jobs waiting for the thread. One job takes one disk sync, a few milliseconds.
const MAX_WAITING: usize = 1024;

/// State that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened.
    #[error("cannot open the state file `{path}`")]
    Open {
        /// Where it is.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The file cannot be created with mode 0600.
    #[error("cannot create the state file `{path}`")]
    Create {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file was written by a newer version of the server.
    #[error("the state file has schema {found}, this server knows {SCHEMA_VERSION}")]
    Newer {
        /// The file's schema.
        found: i64,
    },
    /// A read or write failed.
    #[error("the state file cannot be used")]
    Query(#[from] rusqlite::Error),
    /// A row holds what no version of the server writes.
    #[error("a row of the state file is damaged: {0}")]
    Damaged(&'static str),
    /// A principal has as many open requests as it may have.
    #[error("more than {limit} requests of one principal are open")]
    TooMany {
        /// The limit.
        limit: u32,
    },
    /// A table holds as many rows as it may.
    #[error("the state file holds {limit} rows of this kind and takes no more")]
    Full {
        /// The limit.
        limit: u32,
    },
    /// The store is closed, or more jobs wait than it takes.
    #[error("the state file takes no more work")]
    Unavailable,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The server's state. Cheap to clone; the thread ends with the last clone.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::SyncSender<Job>,
}

impl Store {
    /// Opens or creates the file (mode 0600) and its schema.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::open(path, OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW, mode)
            .map_err(|source| StoreError::Create { path: path.to_owned(), source: source.into() })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)
            .and_then(|connection| {
                connection.pragma_update(None, "journal_mode", "WAL")?;
                connection.pragma_update(None, "synchronous", "FULL")?;
                connection.pragma_update(None, "trusted_schema", false)?;
                Ok(connection)
            })
            .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        migrate(&mut connection)?;
        let (jobs, waiting) = mpsc::sync_channel::<Job>(MAX_WAITING);
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                for job in waiting {
                    job(&mut connection);
                }
            })
            .map_err(|source| StoreError::Create { path: path.to_owned(), source })?;
        Ok(Self { jobs })
    }

    /// Runs `job` on the store's thread. Refuses with `Unavailable` when too many wait.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The asker may have gone; the work stands all the same.
            let _ = answer.send(job(connection));
        });
        self.jobs.try_send(job).map_err(|_| StoreError::Unavailable)?;
        answered.await.map_err(|_| StoreError::Unavailable)?
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        SCHEMA_VERSION => {}
        0 => {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        }
        found => return Err(StoreError::Newer { found }),
    }
    LATER_TABLES.iter().try_for_each(|table| transaction.execute_batch(table))?;
    Ok(transaction.commit()?)
}
