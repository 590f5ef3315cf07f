//! Owns what a caller's statement may do on a connection, whatever its text says.
//!
//! Default deny: the authorizer lets pass what is named here and nothing else. It knows no resource
//! and no call.

mod functions;
mod gate;
mod harden;
mod replaced;
mod statement;
mod stop;

pub(crate) use gate::{Gate, Names, Place, Refused, Seen};
pub(crate) use harden::{harden, limit};
pub(crate) use statement::{Unfit, one_read};
pub(crate) use stop::{Stop, Stopped};
