//! Layer 1, who are you: turns the credentials of an arrival into `Authenticated`.
//!
//! Level 4. It reads credentials and nothing else of an arrival, so a refused token costs no
//! parse. It knows no policy, no tool and no method. Sources: RFC 7515, 7519, 8725, 9068; MCP
//! 2026-07-28 basic/authorization.

mod arrival;
mod authenticate;
mod cache;
mod claims;
mod elevations;
mod issuer_keys;
mod keys;
mod local_issuer;
mod token;

pub use arrival::Arrival;
pub use authenticate::{Authenticated, Authenticator, TrustedIssuer, authenticate};
pub use claims::Audience;
pub use elevations::Elevations;
pub use issuer_keys::{IssuerKeys, KeyServer, PublishedKeys};
pub use keys::{KeySet, KeySetError};
pub use local_issuer::{LocalIssuer, MAX_LIFETIME, MintError, TokenRequest};
