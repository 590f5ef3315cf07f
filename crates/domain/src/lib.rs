//! The words of the house: who calls, what is called, what was decided, why it was refused.
//!
//! Level 0. Every other crate may use it; it uses none of them and does no IO. Time comes in
//! through [`Clock`], randomness through the caller.

mod call_id;
mod clock;
mod control;
mod digest;
mod json;
mod names;
mod principal;
mod refusal;
mod secret;
mod untrusted;

pub use call_id::CallId;
pub use clock::{Clock, SystemClock, UnixMillis};
pub use control::{Control, ControlVerdict, Decision, Verdict};
pub use digest::Digest;
pub use json::{Json, JsonError, JsonLimits};
pub use names::{NameError, ResourceName, ToolName};
pub use principal::{ClientId, PersonId, Principal, TenantId, TokenId};
pub use refusal::{Refusal, RefusalCode};
pub use secret::Secret;
pub use untrusted::{Examined, Untrusted};
