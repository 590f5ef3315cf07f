//! The outside of a reply.

use crate::{Era, RequestId, RpcError};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// What a reply answers, and in which era.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    /// The client's name for the request.
    pub id: RequestId,
    /// How it wants to be answered.
    pub era: Era,
}

/// A response with a result. In the new era the result says that it is complete and who answers.
pub fn result_frame(to: &ReplyTo, mut result: Map<String, Value>) -> Value {
    if to.era == Era::Modern {
        result.insert("resultType".to_owned(), "complete".into());
        let meta = result.entry("_meta").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert(SERVER_INFO.to_owned(), json!(ServerInfo::OURS));
        }
    }
    json!({ "jsonrpc": "2.0", "id": to.id.to_value(), "result": result })
}

/// Bytes of a result beside its content: our statements about a call with fifteen controls.
const USUAL_META_BYTES: usize = 2048;

/// The result of `tools/call`; content and structured content are JSON texts already.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallResult<'a, M: Serialize> {
    content: &'a RawValue,
    structured_content: &'a RawValue,
    is_error: bool,
    #[serde(rename = "_meta")]
    meta: Meta<'a, M>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
}

/// What is said of a call, and who says it.
#[derive(Serialize)]
struct Meta<'a, M: Serialize> {
    #[serde(flatten)]
    call: &'a M,
    #[serde(rename = "io.modelcontextprotocol/serverInfo", skip_serializing_if = "Option::is_none")]
    server_info: Option<ServerInfo>,
}

impl<'a, M: Serialize> CallResult<'a, M> {
    /// A result for `era`. `is_error`: the call was refused or the tool failed. `call`: our own statements
    /// about the call, an object by `_meta` key.
    pub fn new(
        era: Era,
        content: &'a RawValue,
        structured_content: &'a RawValue,
        is_error: bool,
        call: &'a M,
    ) -> Self {
        let is_modern = era == Era::Modern;
        let meta = Meta { call, server_info: is_modern.then_some(ServerInfo::OURS) };
        Self { content, structured_content, is_error, meta, result_type: is_modern.then_some("complete") }
    }

    /// The whole response.
    pub fn frame(&self, to: &ReplyTo) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        struct Response<'r, R> {
            jsonrpc: &'static str,
            id: Value,
            result: &'r R,
        }
        let room = self.content.get().len() + self.structured_content.get().len() + USUAL_META_BYTES;
        let mut bytes = Vec::with_capacity(room);
        let response = Response { jsonrpc: "2.0", id: to.id.to_value(), result: self };
        serde_json::to_writer(&mut bytes, &response)?;
        Ok(bytes)
    }
}

/// A response with an error.
pub fn error_frame(error: &RpcError) -> Value {
    let mut body = json!({ "code": error.code, "message": error.message });
    if let (Some(members), Some(data)) = (body.as_object_mut(), &error.data) {
        members.insert("data".to_owned(), (**data).clone());
    }
    match &error.id {
        Some(id) => json!({ "jsonrpc": "2.0", "id": id.to_value(), "error": body }),
        None => json!({ "jsonrpc": "2.0", "error": body }),
    }
}

/// Who answers.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct ServerInfo {
    name: &'static str,
    title: &'static str,
    version: &'static str,
}

impl ServerInfo {
    pub(crate) const OURS: Self =
        Self { name: "secure-mcp", title: "Secure MCP Server", version: env!("CARGO_PKG_VERSION") };
}
