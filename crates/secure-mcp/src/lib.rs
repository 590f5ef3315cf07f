//! The wiring of the house: settings in, a running server out.
//!
//! Level 12, the top: the only place that knows every crate. It decides nothing; it builds the layers
//! in their order and hands each what it needs.

mod announce;
mod catalogue;
mod doctor;
mod facts;
mod followers;
mod foundations;
mod key_servers;
mod limit_rules;
mod limited;
mod override_log;
mod overrides;
mod policy_start;
mod quickstart;
mod retention;
mod server;
mod way_out;
mod wire;

pub use server::Wiring;
