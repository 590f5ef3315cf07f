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
            meta.insert(SERVER_INFO.to_owned(), server_info());
        }
    }
    json!({ "jsonrpc": "2.0", "id": to.id.to_value(), "result": result })
}

/// The result of `tools/call`; content and structured content are JSON texts already.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallResult<'a> {
    /// The content blocks.
    pub content: &'a RawValue,
    /// The same as data.
    pub structured_content: &'a RawValue,
    /// The call was refused or the tool failed.
    pub is_error: bool,
    /// Our own statements about the call, by `_meta` key.
    #[serde(rename = "_meta")]
    pub meta: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
}

impl<'a> CallResult<'a> {
    /// A result for `era`.
    pub fn new(
        era: Era,
        content: &'a RawValue,
        structured_content: &'a RawValue,
        is_error: bool,
        mut meta: Map<String, Value>,
    ) -> Self {
        let is_modern = era == Era::Modern;
        if is_modern {
            meta.insert(SERVER_INFO.to_owned(), server_info());
        }
        Self { content, structured_content, is_error, meta, result_type: is_modern.then_some("complete") }
    }

    /// The whole response.
    pub fn frame(&self, to: &ReplyTo) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        struct Response<'r, 'a> {
            jsonrpc: &'static str,
            id: Value,
            result: &'r CallResult<'a>,
        }
        serde_json::to_vec(&Response { jsonrpc: "2.0", id: to.id.to_value(), result: self })
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

pub(crate) fn server_info() -> Value {
    json!({ "name": "secure-mcp", "title": "Secure MCP Server", "version": env!("CARGO_PKG_VERSION") })
}
