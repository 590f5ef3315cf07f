//! Layer 2, who may do what: one policy over the person *and* the client, the tool, the arguments
//! and the data. Every question that no rule permits is denied.
//!
//! Level 5, and the only user of `cedar-policy`. It knows no transport, no connector and no record.
//! [`authorize`] turns `Authenticated` into a [`Permit`]; the questions of the later layers are put
//! to that permit. docs/policy.md is the manual of the folder that [`Policy::load`] reads.

// The integration tests' helpers serve the unit tests too, under the crate's outside name.
#[cfg(test)]
extern crate self as authz;

mod admin;
mod basis;
mod cache;
mod call_questions;
mod check;
mod compile;
mod data;
mod delegation;
mod draft;
mod error;
mod explain;
mod files;
mod folder;
mod in_force;
mod lint;
mod load;
mod matrix;
mod nearest;
mod party;
mod permit;
mod policy;
mod question;
mod references;
mod replay;
mod roles;
mod rule;
mod rule_book;
mod ruling;
mod schema;
mod shadow;
mod slice;
#[cfg(test)]
mod tests;
mod toml_text;
mod tree;
mod validation;
mod versions;
mod view;
mod vocabulary;
mod world;

pub use admin::{AdminAction, AdminPermit, authorize_admin};
pub use basis::{Basis, PastDecision, Read};
pub use call_questions::{Approval, may_run_in_process, needs_approval, permits_arguments, sees_unredacted};
pub use check::{CaseFailure, CheckReport, check};
pub use delegation::{DelegatePermit, authorize_delegate};
pub use draft::PolicyDraft;
pub use error::{PolicyError, Problem};
pub use explain::{Asked, Explanation, Side, explain};
pub use files::PolicyFiles;
pub use in_force::PolicyInForce;
pub use lint::{Lint, lint};
pub use matrix::{Difference, Fact, Rows, difference, matrix};
pub use permit::{Denied, Permit, authorize, visible};
pub use policy::Policy;
pub use question::{Ends, Question};
pub use replay::{Changed, Counts, Replay, ReplayReport, decision_key};
pub use shadow::{Shadow, ShadowReport};
pub use versions::{Accepted, VersionError, Versions};
pub use view::data_view;
