//! What an operator has revoked, in memory, and the moment in which it changes.
//!
//! Level 1. Layer 1 asks it about people, clients and tokens, the path of a call about tools, and
//! whatever runs or stays open waits on a [`Standing`]. It keeps nothing over a restart (`store` does),
//! records nothing, and does not know who may revoke (`admin` does).

mod revocations;
mod revoked;
mod revoked_set;
mod standing;
#[cfg(test)]
mod tests;

pub use revocations::Revocations;
pub use revoked::{Revoked, TOKEN_REMEMBERED, What};
pub use standing::{Ended, Standing};
