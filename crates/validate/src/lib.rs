//! Layer 3, is this request safe: turns a `Permit` and the arguments into a `CheckedCall`.
//!
//! Level 6. In this order: rates and quotas, sizes and schema, hidden text in the arguments, the tool's
//! plan under the caller's data view, policy over arguments and plan, approval. It runs nothing and does
//! no IO but the state of approvals and quotas.

mod aside;
mod attributes;
mod check;
mod checked_call;
mod inbound;
mod rate;
mod schema;
#[cfg(test)]
mod tests;
mod validator;
mod who;

pub use aside::Aside;
pub use check::check;
pub use checked_call::{CheckedCall, Stopped};
pub use schema::SchemaError;
pub use validator::Validator;
pub use who::who;
