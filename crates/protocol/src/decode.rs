//! One message read, once: JSON-RPC shape, era, mirrored headers, parameters.

use crate::{CallTool, Era, Header, Message, Notification, Request, RequestBody, RequestId, RpcError, Wire};
use domain::{Json, JsonLimits};

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Reads one message. The error answers the request where its id could be read.
pub fn decode(bytes: &[u8], wire: &Wire) -> Result<Message, RpcError> {
    let mut json = Json::parse(bytes, JsonLimits::MESSAGE).map_err(|cause| RpcError::parse(&cause))?;
    if matches!(json, Json::Array(_)) {
        return Err(RpcError::invalid_request("batches are not accepted in any revision"));
    }
    let id = match json.take("id") {
        None => None,
        Some(sent) => Some(RequestId::read(&sent).ok_or_else(|| {
            RpcError::invalid_request("the id is not a whole number or 1 to 64 plain signs")
        })?),
    };
    let answer = |error: RpcError| match &id {
        Some(id) => error.answering(id.clone()),
        None => error,
    };
    read_message(json, id.clone(), wire).map_err(answer)
}

fn read_message(mut json: Json, id: Option<RequestId>, wire: &Wire) -> Result<Message, RpcError> {
    if json.get("jsonrpc").and_then(Json::as_str) != Some("2.0") {
        return Err(RpcError::invalid_request("`jsonrpc` is not \"2.0\""));
    }
    if json.get("result").is_some() || json.get("error").is_some() {
        return Err(RpcError::invalid_request("responses are not accepted: this server sends no requests"));
    }
    let Some(Json::String(method)) = json.take("method") else {
        return Err(RpcError::invalid_request("`method` is missing or not a string"));
    };
    let params = match json.take("params") {
        None => Json::empty_object(),
        Some(params @ Json::Object(_)) => params,
        Some(_) => return Err(RpcError::invalid_request("`params` is not an object")),
    };
    if json.members().is_some_and(|rest| rest.iter().any(|(key, _)| key != "jsonrpc")) {
        return Err(RpcError::invalid_request("the message has members beside jsonrpc, id, method, params"));
    }
    match id {
        None => notification(&method, &params).map(Message::Notification),
        Some(id) => {
            let era = era(&method, &params, wire)?;
            if era == Era::Modern {
                check_modern(&method, &params, wire)?;
            }
            let body = request(&method, params, era)?;
            Ok(Message::Request(Request { id, era, body }))
        }
    }
}

/// A request with a version in `_meta` is of that era; one without is of the old eras, unless its
/// header says otherwise. Header and body have to agree.
fn era(method: &str, params: &Json, wire: &Wire) -> Result<Era, RpcError> {
    let in_body = match params.get("_meta").and_then(|meta| meta.get(META_VERSION)) {
        None => None,
        Some(version) => Some(
            version
                .as_str()
                .ok_or_else(|| RpcError::invalid_params("the protocol version is not a string"))?,
        ),
    };
    let in_header = match wire {
        Wire::WebSocket => None,
        Wire::Http { protocol_version: Header::Unreadable, .. } => {
            return Err(RpcError::header_mismatch(
                "`MCP-Protocol-Version` occurs twice or has invalid signs",
            ));
        }
        Wire::Http { protocol_version, .. } => protocol_version.text(),
    };
    let is_http = matches!(wire, Wire::Http { .. });
    match (in_body, in_header) {
        (Some(body), Some(header)) if body != header => {
            Err(RpcError::header_mismatch("`MCP-Protocol-Version` differs from the body's protocol version"))
        }
        (Some(body), None) if is_http && Era::of(body) != Some(Era::Legacy) => {
            Err(RpcError::header_mismatch("`MCP-Protocol-Version` is missing"))
        }
        (Some(version), _) | (None, Some(version)) => match Era::of(version) {
            Some(era) => Ok(era),
            // A client of an old era may open with the header of a revision that we do not serve: the
            // handshake is where it learns ours.
            None if method == "initialize" && in_body.is_none() => Ok(Era::Legacy),
            None => Err(RpcError::unsupported_version(version)),
        },
        (None, None) => Ok(Era::Legacy),
    }
}

fn check_modern(method: &str, params: &Json, wire: &Wire) -> Result<(), RpcError> {
    let meta = params.get("_meta");
    if meta.and_then(|meta| meta.get(META_VERSION)).is_none() {
        return Err(RpcError::invalid_params("`_meta` has no protocol version"));
    }
    if meta.and_then(|meta| meta.get(META_CAPABILITIES)).and_then(Json::members).is_none() {
        return Err(RpcError::invalid_params("`_meta` has no client capabilities"));
    }
    let Wire::Http { method: method_header, name: name_header, .. } = wire else { return Ok(()) };
    if method_header.text() != Some(method) {
        return Err(RpcError::header_mismatch("`Mcp-Method` is missing or differs from the body's method"));
    }
    let named = match method {
        "tools/call" | "prompts/get" => params.get("name"),
        "resources/read" => params.get("uri"),
        _ => return Ok(()),
    };
    if named.and_then(Json::as_str).is_none()
        || name_header.decoded().as_deref() != named.and_then(Json::as_str)
    {
        return Err(RpcError::header_mismatch("`Mcp-Name` is missing or differs from the body's name"));
    }
    Ok(())
}

fn request(method: &str, mut params: Json, era: Era) -> Result<RequestBody, RpcError> {
    if params.get("_meta").is_some_and(|meta| meta.members().is_none()) {
        return Err(RpcError::invalid_params("`_meta` is not an object"));
    }
    match (method, era) {
        ("initialize", Era::Legacy) => match params.take("protocolVersion") {
            Some(Json::String(requested)) => Ok(RequestBody::Initialize { requested }),
            _ => Err(RpcError::invalid_params("`protocolVersion` is missing or not a string")),
        },
        ("ping", Era::Legacy) => Ok(RequestBody::Ping),
        ("server/discover", Era::Modern) => Ok(RequestBody::Discover),
        ("tools/list", _) => match params.get("cursor") {
            None => Ok(RequestBody::ListTools),
            Some(_) => Err(RpcError::invalid_params("`cursor` is not one that this server gave out")),
        },
        ("tools/call", _) => {
            let Some(Json::String(name)) = params.take("name") else {
                return Err(RpcError::invalid_params("`name` is missing or not a string"));
            };
            let arguments = params.take("arguments");
            if arguments.as_ref().is_some_and(|arguments| arguments.members().is_none()) {
                return Err(RpcError::invalid_params("`arguments` is not an object"));
            }
            Ok(RequestBody::CallTool(CallTool { name, arguments }))
        }
        _ => Err(RpcError::unknown_method(era)),
    }
}

fn notification(method: &str, params: &Json) -> Result<Notification, RpcError> {
    match method {
        "notifications/cancelled" => params
            .get("requestId")
            .and_then(RequestId::read)
            .map(|request| Notification::Cancelled { request })
            .ok_or_else(|| RpcError::invalid_params("`requestId` is missing or not an id")),
        "notifications/initialized" | "notifications/progress" | "notifications/roots/list_changed" => {
            Ok(Notification::Passed)
        }
        _ => Err(RpcError::unknown_method(Era::Modern)),
    }
}
