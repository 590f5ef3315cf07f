//! The log as its followers read it: records from an index on, and the place where each of them stands.

use crate::disk::{read_if_there, replace};
use crate::opened::{Personal, ReadRecord, read_record};
use crate::tree::Hash;
use crate::view::View;
use crate::{Audit, AuditError};
use std::ops::Range;

impl Audit {
    /// The log: `secure-mcp/<node>`.
    pub fn origin(&self) -> &str {
        &self.shared().origin
    }

    /// Durable records.
    pub fn size(&self) -> u64 {
        self.reader().size()
    }

    /// Index of the first record that is still there.
    pub fn first(&self) -> u64 {
        self.reader().segments().first().copied().unwrap_or_default()
    }

    /// The leaf hash of a record.
    pub fn leaf(&self, index: u64) -> Result<Hash, AuditError> {
        if index >= self.size() {
            return Err(AuditError::NoSuchRecord { index });
        }
        self.reader().node(0, index)
    }

    /// The records of the range, in order. Reads files. Who opens personal fields answers for it: no
    /// reading is recorded here.
    pub fn export_records(
        &self,
        range: Range<u64>,
        personal: Personal,
    ) -> Result<Vec<ReadRecord>, AuditError> {
        let shared = self.shared();
        let subjects = (personal == Personal::Clear).then_some(shared.subjects.as_ref());
        let mut records = Vec::new();
        let range = range.start..range.end.min(self.size());
        self.reader().records(range, |record| records.extend(read_record(record, subjects)))?;
        Ok(records)
    }

    /// The log without its records.
    pub fn view(&self) -> View {
        View::new(self.reader())
    }

    /// What the follower `name` has noted about where it stands; its name is one of
    /// `A-Z a-z 0-9 _ -`. Reads a file.
    pub fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, AuditError> {
        let path = self.shared().layout.cursor(name);
        read_if_there(self.shared().disk.as_ref(), &path).map_err(AuditError::io("read", path))
    }

    /// Notes where the follower `name` stands. Waits for the disk.
    pub fn set_cursor(&self, name: &str, note: &[u8]) -> Result<(), AuditError> {
        let path = self.shared().layout.cursor(name);
        replace(self.shared().disk.as_ref(), &path, note).map_err(AuditError::io("write", path))
    }

    /// Takes no call any more, until the next start. Calls under way end, and operators' own events are
    /// still recorded.
    pub fn halt(&self, why: &'static str) {
        tracing::error!(why, "the audit log takes no call any more");
        self.shared().inbox.halt();
    }
}
