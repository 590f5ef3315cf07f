//! `GET /api/status`: what an operator asks first.

use crate::error::json_response;
use crate::parts::AdminParts;
use crate::policy_routes;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;

pub(crate) async fn respond(parts: &AdminParts) -> Response {
    let status = &parts.status;
    let checkpoint = parts.audit.checkpoint();
    let body = json!({
        "version": status.version,
        "mcp_url": status.mcp_url,
        "wss_url": status.wss_url,
        "ready": parts.audit.is_ready(),
        "policy": parts.policy.now().policy_hash(),
        "policy_folder": policy_routes::folder(parts).await,
        "log": { "origin": checkpoint.origin, "signed_records": checkpoint.size },
        "facts": status.facts,
    });
    json_response(StatusCode::OK, &body)
}
