//! What the bridge has to know of a message: what HTTP mirrors, and how to answer when the server cannot.

use crate::Failure;
use crate::client::Mirrored;
use protocol::LEGACY_VERSIONS;
use serde::Deserialize;
use serde_json::{Value, json};

/// JSON-RPC's code for a fault on the way.
const INTERNAL_ERROR: i64 = -32603;
/// JSON-RPC's code for a line that is no message.
const PARSE_ERROR: i64 = -32700;

/// A client's message, looked into as far as the transport demands; it goes on byte for byte.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Looked {
    /// The headers that mirror it.
    pub(super) mirrored: Mirrored,
    /// The request's id; `None` for a notification, or for what is no JSON.
    pub(super) id: Option<Value>,
    /// True for the handshake of an old era.
    pub(super) is_initialize: bool,
}

/// Looks into a message. What cannot be read goes on without headers: the server says what is wrong.
pub(super) fn look(text: &str, negotiated: Option<&str>) -> Looked {
    let Ok(message) = serde_json::from_str::<Value>(text) else { return Looked::default() };
    let text_at = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let method = text_at("/method");
    let version = text_at("/params/_meta/io.modelcontextprotocol~1protocolVersion");
    let is_modern = version.as_deref().is_some_and(|version| !LEGACY_VERSIONS.contains(&version));
    let name = match method.as_deref() {
        Some("tools/call" | "prompts/get") => text_at("/params/name"),
        Some("resources/read") => text_at("/params/uri"),
        _ => None,
    };
    let mirrored = if is_modern {
        Mirrored { protocol_version: version, method: method.clone(), name }
    } else {
        Mirrored {
            protocol_version: version.or_else(|| negotiated.map(str::to_owned)),
            ..Mirrored::default()
        }
    };
    Looked {
        mirrored,
        id: message.get("id").filter(|id| id.is_string() || id.is_number()).cloned(),
        is_initialize: method.as_deref() == Some("initialize"),
    }
}

/// True if the server puts the id on its answer: a whole number, or 1 to 64 plain signs. Any other id
/// is answered with an error that names none.
pub(super) fn is_echoed(id: &Value) -> bool {
    match id {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::String(text) => {
            (1..=64).contains(&text.len())
                && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_.:-".contains(&sign))
        }
        _ => false,
    }
}

/// True for what a client can read: one JSON object that calls itself JSON-RPC.
pub(super) fn is_message(answer: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Message<'a> {
        jsonrpc: &'a str,
    }
    serde_json::from_slice::<Message<'_>>(answer).is_ok_and(|message| message.jsonrpc == "2.0")
}

/// The revision that the server's answer to a handshake names.
pub(super) fn negotiated_version(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    Some(answer.pointer("/result/protocolVersion")?.as_str()?.to_owned())
}

/// The answer to a request that did not reach the server. It holds nothing secret.
pub(super) fn failed(id: &Value, failure: &Failure) -> String {
    error(Some(id), INTERNAL_ERROR, failure)
}

/// The answer to a line that is no message.
pub(super) fn unusable(why: &str) -> String {
    error(None, PARSE_ERROR, &Failure::usage("malformed", why, "send one JSON-RPC message on each line"))
}

fn error(id: Option<&Value>, code: i64, failure: &Failure) -> String {
    let message = format!("{}; {}", failure.cause, failure.fix);
    let data = json!({ "code": failure.code });
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message, "data": data } })
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::{Looked, failed, is_message, look, negotiated_version};
    use crate::Failure;
    use crate::client::Mirrored;
    use serde_json::json;

    #[test]
    fn a_modern_call_is_mirrored() {
        let text = r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        let expected = Mirrored {
            protocol_version: Some("2026-07-28".to_owned()),
            method: Some("tools/call".to_owned()),
            name: Some("echo".to_owned()),
        };
        assert_eq!(
            look(text, None),
            Looked { mirrored: expected, id: Some(json!("a")), is_initialize: false }
        );
    }

    #[test]
    fn an_old_message_has_the_version_of_its_handshake_alone() {
        let text = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}"#;
        let looked = look(text, Some("2025-06-18"));
        let expected = Mirrored { protocol_version: Some("2025-06-18".to_owned()), ..Mirrored::default() };
        assert_eq!((looked.mirrored, looked.id), (expected, Some(json!(1))));
        assert!(look(r#"{"jsonrpc":"2.0","id":0,"method":"initialize"}"#, None).is_initialize);
        assert_eq!(
            negotiated_version(br#"{"result":{"protocolVersion":"2025-03-26"}}"#).as_deref(),
            Some("2025-03-26")
        );
    }

    #[test]
    fn what_is_no_json_goes_on_without_headers() {
        assert_eq!(look("{", Some("2025-06-18")), Looked::default());
        assert_eq!(look(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, None).id, None);
    }

    #[test]
    fn a_page_or_another_api_s_answer_is_no_message() {
        for message in [r#"{"jsonrpc":"2.0","id":1,"result":{"jsonrpc":1}}"#, r#"{"id":1,"jsonrpc":"2.0"}"#] {
            assert!(is_message(message.as_bytes()), "{message}");
        }
        for other in ["", "not found", "<html>", "{}", "[]", r#"{"code":"denied"}"#, r#"{"jsonrpc":"1.0"}"#] {
            assert!(!is_message(other.as_bytes()), "{other}");
        }
        assert!(!is_message(b"\xff"));
    }

    #[test]
    fn a_request_that_did_not_arrive_is_answered() {
        let failure = Failure::unreachable("https://127.0.0.1:8443/mcp", "connection refused");
        let answer: serde_json::Value = serde_json::from_str(&failed(&json!(7), &failure)).unwrap();
        let message = "https://127.0.0.1:8443/mcp does not answer: connection refused; start the server, or give \
                       its address with --url or its data directory with --data-dir";
        let error = json!({ "code": -32603, "message": message, "data": { "code": "unreachable" } });
        assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": 7, "error": error }));
    }
}
