//! An issuer beside the server's own: its keys and its entry in the configuration.

use crate::signer::SIGNER;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The claim `iss`.
pub const ISSUER: &str = "https://login.example.com";

/// The issuer with its keys in a file in `folder`.
pub fn issuer_config(folder: &Path) -> String {
    let keys = folder.join("issuer.jwks");
    fs::write(&keys, SIGNER.jwks()).unwrap();
    format!("{}jwks_file = \"{}\"\n", issuer_lines(), keys.display())
}

/// The same without a word about its keys.
pub fn issuer_lines() -> String {
    format!(
        "[[identity.issuers]]\nissuer = \"{ISSUER}\"\ntenant = \"acme\"\nroles_claim = \"groups\"\n\
         audience = \"https://mcp.example.com/mcp\"\n"
    )
}

/// Whole seconds now.
pub fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
