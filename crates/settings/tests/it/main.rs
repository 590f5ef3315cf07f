//! The configuration as an operator meets it: what is read, what is refused, and what the errors say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod accepted;
mod published;
mod refused;
mod secret_reference;
mod trusted_file;

use domain::UnixMillis;
use settings::{Settings, SettingsError};
use std::path::Path;

/// 2026-06-15T00:00:00Z
const NOW: UnixMillis = UnixMillis(1_781_481_600_000);

const LEAST: &str = "[server]\npublic_url = \"https://mcp.example.com/mcp\"\n[policy]\ndir = \"policies\"\n";

fn parse(text: &str) -> Result<Settings, SettingsError> {
    Settings::parse(text, Path::new("/etc/secure-mcp/secure-mcp.toml"), NOW)
}
