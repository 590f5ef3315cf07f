//! Approval of the exact call by another principal.
//!
//! Level 5. An approval is bound to tenant, person, client, tool, the tool's definition, the
//! arguments' digest, the policy set and a moment of expiry; it is good for one call. It knows no
//! policy: that a call needs approval is said by `authz`, that somebody may give it by the admin
//! plane. An answer of the requester's own assistant never counts.

mod announce;
mod approvals;
mod binding;
mod claim;
mod difference;

pub use announce::{SIGNATURE_HEADER, Webhook};
pub use approvals::{Approvals, DecideError, Decided, LIFETIME, PendingApproval, ShownApproval};
pub use binding::Binding;
pub use claim::Claim;
