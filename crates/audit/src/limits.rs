//! Every limit of the log, with where its number comes from.

use std::time::Duration;

/// Records that the log's thread takes from the queue at once. It syncs them in parts of at most
/// [`CHECKPOINT_RECORDS`]; with 64 callers there are about 60.
pub const MAX_BATCH_RECORDS: usize = 4096;
/// Bytes that one sync makes durable together: a quarter of a segment, about 20 ms on a slow disk.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Records that wait for the log's thread. Four batches; a caller beyond is told `busy`.
pub const MAX_QUEUED_RECORDS: usize = 4 * MAX_BATCH_RECORDS;
/// Calls between intent and outcome. As many as can wait; bounds the records that carry them from
/// segment to segment, [`MAX_CARRIED_INTENTS`] in each.
pub const MAX_OPEN_INTENTS: usize = MAX_QUEUED_RECORDS;
/// Bytes of one record: what C2SP tlog-tiles can say in the two bytes before an entry. The largest
/// that the caps below allow has about 50 KiB.
pub const MAX_RECORD_BYTES: usize = 65_535;
/// Open intents that one record carries over: 32 bytes of base64 each, 60 KiB.
pub const MAX_CARRIED_INTENTS: usize = 1_900;

/// Bytes of one segment. Re-reading and hashing it at start takes about 20 ms.
pub const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;
/// Records that may be without a signature over them.
pub const CHECKPOINT_RECORDS: u64 = 1000;
/// How long records may be without a signature over them.
pub const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);
/// How often a log that is down tries to come back.
pub const RECOVERY_INTERVAL: Duration = Duration::from_secs(1);

/// Bytes of one text in clear; a name or a sentence needs less.
pub const MAX_TEXT_BYTES: usize = 1024;
/// Bytes of a user agent; browsers send up to about 200.
pub const MAX_USER_AGENT_BYTES: usize = 256;
/// Entries of a list of reasons; a decision rarely names more than three rules.
pub const MAX_REASONS: usize = 16;
/// Bytes of a rule's identifier in clear.
pub const MAX_REASON_ID_BYTES: usize = 64;
/// Entries of a list of controls or findings; the house has 15 controls.
pub const MAX_LIST_ENTRIES: usize = 64;

/// Source addresses with a count of their own per minute; the rest share one. An IPv6 /64 is one source.
pub const MAX_SOURCES: usize = 1024;
/// The same for a day, each minute of a source counted anew: their records have about 50 MiB.
pub const MAX_DAY_SOURCES: usize = 65_536;
/// Principals whose bytes of a day are counted apart; the rest share one count.
pub const MAX_COUNTED_PRINCIPALS: usize = 100_000;
/// Records that one reading returns.
pub const MAX_READ_RECORDS: usize = 10_000;

/// Records of one page of a search: about two megabytes of JSON.
pub const MAX_SEARCH_RECORDS: usize = 1000;

pub(crate) const MIB: u64 = 1024 * 1024;
