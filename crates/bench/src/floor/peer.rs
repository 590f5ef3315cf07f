//! (c) The official Rust SDK's Streamable HTTP server with the same tool.

use super::{next, serve_connection};
use anyhow::Result;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;
use std::sync::Arc;
use tokio::net::TcpListener;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Its default.
    EventStream,
    /// One JSON body where the tool allows it.
    Json,
}

struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = call
            .arguments
            .as_ref()
            .and_then(|arguments| arguments.get("text")?.as_str())
            .ok_or_else(|| ErrorData::invalid_params("`text` is missing", None))?;
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        result.structured_content = Some(json!({ "text": text }));
        Ok(result.into())
    }
}

pub async fn serve(listener: TcpListener, answers: Answers) -> Result<()> {
    let config = match answers {
        Answers::EventStream => StreamableHttpServerConfig::default(),
        Answers::Json => {
            StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true)
        }
    };
    let service = StreamableHttpService::new(|| Ok(Echo), Arc::new(LocalSessionManager::default()), config);
    loop {
        serve_connection!(next(&listener).await?, TowerToHyperService::new(service.clone()));
    }
}
