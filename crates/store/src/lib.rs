//! The server's own state, in one SQLite file: today the approvals and what is revoked.
//!
//! Level 2. One thread owns the connection; a write is on disk before its answer is. It knows rows,
//! not rules: who may approve, and what an approval is good for, is decided above.

mod approval_rows;
mod database;
mod forgetting;
mod revocation_rows;
#[cfg(test)]
mod tests;

pub use approval_rows::{ApprovalRow, ApprovalState, NewApproval};
pub use database::{Store, StoreError};
