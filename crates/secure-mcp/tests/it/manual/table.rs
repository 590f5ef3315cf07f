//! What a reader does that is not in a block, and what this test leaves to others; each with its reason.

use super::session::Session;
use gateway::LocalCa;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use testkit::free_port;

/// The pages that have commands.
pub const PAGES: &[&str] =
    &["README.md", "docs/benchmarks.md", "docs/cli.md", "docs/policy.md", "docs/stdio.md"];

/// What is done about a command besides running it.
pub enum How {
    /// It runs on in another terminal, until the end of the page or until a row says otherwise. It is
    /// ready once it has printed a line that begins with this.
    Beside { first: fn(&mut Session) -> Result<(), String>, until: &'static str },
    /// Not run here.
    Elsewhere,
}

/// One command of one page.
pub struct Row {
    pub page: &'static str,
    pub command: &'static str,
    pub how: How,
    pub reason: &'static str,
}

pub fn row<'a>(rows: &'a [Row], page: &str, command: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.page == page && row.command == command)
}

const SERVES: How = How::Beside { first: nothing, until: "The server serves on" };
const SERVES_OWN: How = How::Beside { first: own_configuration, until: "admin  unix:" };

pub const ROWS: &[Row] = &[
    Row {
        page: "README.md",
        command: "cargo run --release -- quickstart",
        how: SERVES,
        reason: "it serves on; the page goes on in a second terminal",
    },
    Row {
        page: "README.md",
        command: "cargo xtask test",
        how: How::Elsewhere,
        reason: "this test is part of it",
    },
    Row {
        page: "README.md",
        command: "secure-mcp serve --config ./my-server/secure-mcp.toml",
        how: SERVES_OWN,
        reason: "it serves on; the page says what to set before",
    },
    Row {
        page: "docs/benchmarks.md",
        command: "cargo xtask bench",
        how: How::Elsewhere,
        reason: "it takes four minutes, a build of its own and a machine that is left alone",
    },
    Row {
        page: "docs/cli.md",
        command: "secure-mcp quickstart",
        how: SERVES,
        reason: "it serves on; the page goes on in a second terminal",
    },
    Row {
        page: "docs/cli.md",
        command: "secure-mcp serve --config my-server/secure-mcp.toml",
        how: SERVES_OWN,
        reason: "it serves on; the page says what to set before",
    },
    Row {
        page: "docs/stdio.md",
        command: "secure-mcp quickstart",
        how: SERVES,
        reason: "it serves on; the page goes on in a second terminal",
    },
];

fn nothing(_: &mut Session) -> Result<(), String> {
    Ok(())
}

/// "Set `public_url`, `listen` and `tls`": the operator's own name, port and certificate.
fn own_configuration(session: &mut Session) -> Result<(), String> {
    let file = session.file("my-server/secure-mcp.toml");
    let mut text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let certificate = LocalCa::create().unwrap().issue(&["127.0.0.1"]).unwrap();
    let key = session.file("my-server/key.pem");
    fs::write(session.file("my-server/chain.pem"), &certificate.certificate_pem).unwrap();
    fs::write(&key, certificate.key_pem.expose()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let port = free_port();
    for (key, own) in [
        ("public_url", format!("\"https://127.0.0.1:{port}/mcp\"")),
        ("listen", format!("\"127.0.0.1:{port}\"")),
        ("tls", "{ cert = \"chain.pem\", key = \"key.pem\" }".to_owned()),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("{key} = ")));
        let line = line.ok_or_else(|| format!("`init` writes no line for `{key}`"))?.to_owned();
        text = text.replace(&line, &format!("{key} = {own}"));
    }
    fs::write(&file, text).map_err(|error| error.to_string())
}
