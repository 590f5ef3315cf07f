//! The only way out: HTTP requests to named hosts, at addresses that were looked at first.
//!
//! Level 2. It knows destinations, addresses and bytes; no tool, no principal and no configuration
//! file. What may be called comes in as plain values. Sources: RFC 6890 and the IANA registries of
//! special addresses; RFC 3986.

mod address;
mod client;
mod config;
mod error;
mod headers;
mod lookup;
mod own;
mod send;
mod stream;
mod target;

pub use config::{Destination, EgressConfig, PrivateAddresses, Scheme, Unnamed};
pub use error::EgressError;
pub use lookup::{Found, Lookup, SystemLookup};
pub use own::OwnAddresses;
pub use reqwest::Method;
pub use send::{Egress, Request, Response, To};
pub use stream::Stream;
