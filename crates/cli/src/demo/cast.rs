//! The people of the demo, each with tokens of their own and a way to the server.

use crate::Failure;
use crate::client::{AdminClient, Endpoint, McpClient, Transport, Trust};
use crate::server_file::ServerFile;
use admin::AdminAddress;
use serde_json::json;

/// The sample company's client.
const CLIENT: &str = "quickstart";

/// The demo takes seconds; its tokens need not live on.
const TTL_SECONDS: u64 = 120;

/// Who can be asked for.
pub(super) struct Cast<'a> {
    file: &'a ServerFile,
    operator: AdminAddress,
}

impl<'a> Cast<'a> {
    pub(super) fn new(file: &'a ServerFile) -> Self {
        Self { file, operator: AdminAddress::Unix(file.operator_socket.clone()) }
    }

    /// `person` at the MCP endpoint.
    pub(super) async fn caller(&self, person: &str, transport: Transport) -> Result<McpClient, Failure> {
        let request =
            json!({ "person": person, "client": CLIENT, "audience": "mcp", "ttl_seconds": TTL_SECONDS });
        let made = AdminClient::new(self.operator.clone(), None).create_token(&request).await?;
        let url = match transport {
            Transport::Https => &self.file.mcp_url,
            Transport::Wss => &self.file.wss_url,
        };
        Ok(McpClient::connect(Endpoint::parse(url)?, &Trust::new(self.file.ca_file.as_deref()), made.token)
            .await?)
    }

    /// `person` at the admin plane.
    pub(super) async fn official(&self, person: &str) -> Result<AdminClient, Failure> {
        AdminClient::acting_as(self.operator.clone(), person, CLIENT).await
    }
}
