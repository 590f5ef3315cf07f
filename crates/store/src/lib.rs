//! The server's own state, in one SQLite file: the approvals, what is revoked, and what is used of the day's
//! quotas.
//!
//! Level 2. One thread owns the connection; a write is on disk before its answer is. It knows rows,
//! not rules: who may approve, and what an approval is good for, is decided above.

mod announced_rows;
mod approval_rows;
mod approval_votes;
mod break_glass_rows;
mod database;
mod forgetting;
mod quota_rows;
mod revocation_rows;
#[cfg(test)]
mod tests;

pub use approval_rows::{ApprovalRow, ApprovalState, NewApproval};
pub use approval_votes::{ApprovalTerms, Vote};
pub use break_glass_rows::{BreakGlassRow, BreakGlassState, Granted};
pub use database::{Store, StoreError};
pub use quota_rows::QuotaRow;
