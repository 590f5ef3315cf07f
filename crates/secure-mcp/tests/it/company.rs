//! The sample company with two more entries: a person and a client for what one of each cannot show.

use crate::BINARY;
use std::fs;
use std::path::Path;
use testkit::{Server, ServerOptions};

/// `dev` may approve besides, so that only being the requester stands in the way; `kim` is another
/// developer, and `desk` another client.
const CHANGES: [(&str, &str); 2] = [
    ("dev  = [\"developer\"]", "dev  = [\"developer\", \"approver\"]\nkim  = [\"developer\"]"),
    ("quickstart = \"trusted\"", "quickstart = \"trusted\"\ndesk = \"trusted\""),
];

/// A person through a client.
pub struct Caller {
    person: String,
    client: String,
}

impl Caller {
    pub fn new(person: &str, client: &str) -> Self {
        Self { person: person.to_owned(), client: client.to_owned() }
    }

    /// A new token for the MCP endpoint.
    pub fn token(&self, server: &Server) -> String {
        self.token_for(server, "mcp")
    }

    /// A new token for either plane.
    pub fn token_for(&self, server: &Server, audience: &str) -> String {
        let data_dir = server.data_dir();
        let data_dir = data_dir.to_str().unwrap();
        let Self { person, client } = self;
        let asked = ["token", "create", "--person", person, "--client", client];
        let made = server.command(&[&asked[..], &["--audience", audience, "--data-dir", data_dir]].concat());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }
}

/// A server of that company.
pub async fn company() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    fs::create_dir(&policies).unwrap();
    // Without its test cases, which are about the company as it was.
    for entry in fs::read_dir(sample).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), policies.join(entry.file_name())).unwrap();
        }
    }
    let roles = policies.join("roles.toml");
    let mut text = fs::read_to_string(&roles).unwrap();
    for (before, after) in CHANGES {
        assert_eq!(text.matches(before).count(), 1, "the sample has no line `{before}`");
        text = text.replace(before, after);
    }
    fs::write(&roles, text).unwrap();
    // The policy is read at the start; the folder is not needed afterwards.
    Server::start_with(BINARY, ServerOptions { policies: Some(policies), ..ServerOptions::default() }).await
}
