//! What the operator asked for: one TOML file, read once, checked whole, handed on as typed values.
//!
//! Level 1. It reads the configuration file and the files that hold secrets, and nothing else; it is
//! the door for others' files that decide (`trusted_file`). It
//! does not know the crates that it configures: they take plain values from `secure-mcp`'s wiring.
//! An unknown key, a wrong type or an expired override is an error with key, line, cause and fix.

mod approvals;
mod check;
mod destination;
mod error;
mod followers;
mod identity;
mod json_schema;
mod keys;
mod limit;
mod nearest;
mod network;
pub mod observe;
mod overrides;
mod places;
mod position;
mod public_url;
mod raw;
mod sandbox;
mod scan;
mod secret_reference;
mod server;
mod settings;
#[cfg(test)]
mod tests;
mod tool;
mod trusted_file;

pub use approvals::{Approvals, Webhook};
pub use destination::{Destination, Scheme};
pub use error::{Place, SettingsError};
pub use followers::{Exporter, ExporterKind, HttpReceiver, Personal, Witness, WitnessKind};
pub use identity::{Identity, Issuer, IssuerKeys};
pub use json_schema::json_schema;
pub use limit::{Limit, LimitPer};
pub use network::Network;
pub use overrides::{Override, OverrideName};
pub use places::{Audit, Policy, Resource, ResourceKind};
pub use public_url::PublicUrl;
pub use sandbox::{Backend, Sandbox, SandboxLimits, UidRange};
pub use scan::{FindingAction, Scan};
pub use secret_reference::{SecretReadError, SecretReference};
pub use server::{AdminListen, Server, Tls};
pub use settings::{EXAMPLE, Settings};
pub use tool::{Tool, ToolApprovals, ToolLimits};
pub use trusted_file::{Links, TrustError, check_trusted_folder, read_trusted};
