//! An issuer beside the server's own: its keys and its entry in the configuration.

#[path = "../../../authn/tests/it/signer.rs"]
#[allow(dead_code, reason = "shared with the tests of authn, which use all of it")]
mod signer;

pub use signer::SIGNER;
use std::fs;
use std::path::Path;

/// The claim `iss`.
pub const ISSUER: &str = "https://login.example.com";

/// The issuer with its keys in a file in `folder`.
pub fn issuer_config(folder: &Path) -> String {
    let keys = folder.join("issuer.jwks");
    fs::write(&keys, SIGNER.jwks()).unwrap();
    format!(
        "[[identity.issuers]]\nissuer = \"{ISSUER}\"\njwks_file = \"{}\"\n\
         audience = \"https://mcp.example.com/mcp\"\ntenant = \"acme\"\n",
        keys.display()
    )
}
