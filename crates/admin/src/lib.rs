//! The admin plane: approvals, tokens, revocations, the policy, the log, the state of the server, on a
//! listener of its own.
//!
//! Level 10. It takes tokens of its own audience and no other, asks policy for every route, and
//! records every refusal, every token and every reading of the log. It knows no MCP message and no
//! connector. `docs/admin-api.md` is its manual, `openapi.json` its contract.

mod address;
mod approval_list;
mod break_glass;
mod caller;
mod endpoint;
mod erasing;
mod error;
mod gate;
mod listener;
mod log_reading;
mod log_search;
mod metrics;
mod openapi;
mod parts;
mod policy_desk;
mod policy_routes;
mod policy_trial;
mod request;
mod respond;
mod revocations;
mod rotating;
mod status;
#[cfg(test)]
mod tests;
mod tile_reading;
mod tokens;

pub use address::AdminAddress;
pub use listener::{Admin, AdminBindError};
pub use log_reading::{LogQuery, LogReadError, read_log};
pub use log_search::{SearchWordError, WrittenSearch, search_log};
pub use parts::{AdminParts, ServerStatus};
pub use policy_desk::{By, Change, DeskError, DeskParts, FolderState, PolicyDesk, Trial};
pub use policy_trial::{ReplayError, replay, shown};
pub use tokens::{MadeToken, TokenError, create_token};
