//! The server's own keys: three files that only their owner can read, and what can be done with them.
//!
//! Level 3. It knows keys, files and ciphers; it does not know what is sealed or signed with them.
//! Key material never leaves it but as [`domain::Secret`], and no type of it prints any.

mod error;
mod files;
mod hmac;
mod random;
mod sealing;
mod signing;
mod store;
#[cfg(test)]
mod tests;
mod wrapping;

pub use error::KeyError;
pub use hmac::hmac_sha256;
pub use random::random;
pub use sealing::DataKey;
pub use signing::SigningKey;
pub use store::KeyStore;
pub use wrapping::WrappingKey;
