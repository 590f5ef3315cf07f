//! Owns every bound of the tool and where its number comes from. It knows no SQL.

use rusqlite::limits::Limit;
use std::time::Duration;

/// Bytes of one statement. Long analyst queries have 2 to 4 KiB; a parser should not be fed more.
pub(crate) const MAX_SQL_BYTES: usize = 32 * 1024;
/// Values bound to one statement.
pub(crate) const MAX_PARAMS: usize = 100;
/// Bytes of one bound text: with the statement it stays under the arguments' limit.
pub(crate) const MAX_PARAM_BYTES: usize = 16 * 1024;
/// Rows of a result unless the caller asks for another number: about what a model reads with profit.
pub(crate) const DEFAULT_ROWS: u32 = 100;
/// Rows that a caller can ask for.
pub(crate) const MAX_ROWS: u32 = 1000;
/// Bytes of all cells of one result, as the result writes them: once as data, once more as text with
/// the JSON in it escaped again. With the columns' names it stays under the tool's output limit of 1 MiB.
pub(crate) const MAX_RESULT_BYTES: usize = 900 * 1024;
/// Bytes of all column names of one result: as many as the statement that could spell them out.
pub(crate) const MAX_NAMES_BYTES: usize = MAX_SQL_BYTES;
/// Bytes of one binary cell, before base64.
pub(crate) const MAX_BLOB_BYTES: usize = 64 * 1024;
/// From the start of the run to its end.
pub(crate) const RUN_TIMEOUT: Duration = Duration::from_secs(10);
/// Compiling a statement takes microseconds; one built to be slow is cut here.
pub(crate) const COMPILE_TIMEOUT: Duration = Duration::from_millis(250);
/// How long a run waits for a writer of the source to finish its commit.
pub(crate) const BUSY_WAIT: Duration = Duration::from_millis(200);
/// Queries that run at once. A query is one thread; more than a few per core only lengthens all of them.
pub(crate) const MAX_RUNNING: usize = 16;
/// Prepared connections kept for the next call, per source: each costs about 100 KiB.
pub(crate) const MAX_IDLE: usize = 8;
/// Bytes that one query may spill into temporary files when it sorts or groups.
pub(crate) const MAX_SPILL_BYTES: u64 = 256 * 1024 * 1024;
/// Steps of SQLite's machine between two looks at the clock: a few microseconds of work.
pub(crate) const STEPS_PER_LOOK: i32 = 1000;
/// Tables of a source. A hint, a twin and a session have a part for each.
pub(crate) const MAX_TABLES: usize = 1000;

/// What SQLite itself holds on every connection that sees a caller's statement.
pub(crate) const ENGINE: [(Limit, i32); 11] = [
    // A cell, a row of a sort, a result of group_concat. It also bounds one call of a function, which
    // nothing can interrupt: the slowest, instr, took 1.6 s at 256 KiB and takes a fifth of a second here.
    (Limit::SQLITE_LIMIT_LENGTH, 96 * 1024),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_BYTES as i32),
    (Limit::SQLITE_LIMIT_COLUMN, 500),
    // Also the bound on nested views and on cursors before one more common table expression.
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 200),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 100),
    (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 100),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, MAX_PARAMS as i32),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];
