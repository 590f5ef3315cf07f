//! The requests of MCP 2026-07-28 that this client makes, and the headers that mirror them.

use super::ClientError;
use super::http_connection::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use protocol::MODERN_VERSION;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What `MCP-Protocol-Version`, `Mcp-Method` and `Mcp-Name` say of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mirrored {
    /// The revision.
    pub(crate) protocol_version: Option<String>,
    /// The method; only of a request of 2026-07-28.
    pub(crate) method: Option<String>,
    /// The tool, prompt or resource.
    pub(crate) name: Option<String>,
}

impl Mirrored {
    /// The headers.
    pub(crate) fn headers(&self) -> Result<HeaderMap, ClientError> {
        let mut headers = HeaderMap::new();
        let all = [
            ("mcp-protocol-version", &self.protocol_version),
            ("mcp-method", &self.method),
            ("mcp-name", &self.name),
        ];
        for (name, value) in all {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), header(&encoded(value))?);
            }
        }
        Ok(headers)
    }
}

/// A value that a header cannot carry as it is goes in Base64 between the protocol's marks.
fn encoded(value: &str) -> String {
    let is_plain = value.bytes().all(|sign| sign.is_ascii_graphic() || sign == b' ')
        && value.trim() == value
        && !value.starts_with("=?base64?");
    if is_plain { value.to_owned() } else { format!("=?base64?{}?=", STANDARD.encode(value)) }
}

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "secure-mcp", "version": env!("CARGO_PKG_VERSION") },
    })
}

fn mirrored(method: &str, name: Option<&str>) -> Mirrored {
    Mirrored {
        protocol_version: Some(MODERN_VERSION.to_owned()),
        method: Some(method.to_owned()),
        name: name.map(str::to_owned),
    }
}

/// `tools/call`. The arguments go out as they came in: numbers keep their spelling.
pub(crate) fn call_tool(id: u64, tool: &str, arguments: &RawValue) -> (String, Mirrored) {
    let (name, meta) = (json!(tool), meta());
    let text = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":{name},"arguments":{arguments},"_meta":{meta}}}}}"#
    );
    (text, mirrored("tools/call", Some(tool)))
}

/// `tools/list`.
pub(crate) fn list_tools(id: u64) -> (String, Mirrored) {
    let message =
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list", "params": { "_meta": meta() } });
    (message.to_string(), mirrored("tools/list", None))
}

#[cfg(test)]
mod tests {
    use super::{call_tool, encoded};
    use protocol::{Era, Header, Message, RequestBody, Wire, decode};
    use serde_json::value::RawValue;

    #[test]
    fn the_server_reads_what_the_client_writes() {
        let arguments = RawValue::from_string(r#"{"n":1.0}"#.to_owned()).unwrap();
        let (text, mirrored) = call_tool(7, "database-query", &arguments);
        let wire = Wire::Http {
            protocol_version: Header::One(mirrored.protocol_version.unwrap()),
            method: Header::One(mirrored.method.unwrap()),
            name: Header::One(mirrored.name.unwrap()),
        };
        let Ok(Message::Request(request)) = decode(text.as_bytes(), &wire) else { panic!("not a request") };
        assert_eq!(request.era, Era::Modern);
        let RequestBody::CallTool(call) = request.body else { panic!("not a call") };
        assert_eq!(
            (call.name.as_str(), call.arguments.unwrap().to_sorted_string().as_str()),
            ("database-query", r#"{"n":1.0}"#)
        );
    }

    #[test]
    fn a_value_that_a_header_cannot_carry_is_encoded() {
        assert_eq!(encoded("server__tool"), "server__tool");
        assert_eq!(encoded("Grüße"), "=?base64?R3LDvMOfZQ==?=");
        assert_eq!(encoded(" a"), "=?base64?IGE=?=");
        assert_eq!(encoded("=?base64?x"), "=?base64?PT9iYXNlNjQ/eA==?=");
    }
}
