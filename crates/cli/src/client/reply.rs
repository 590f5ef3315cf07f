//! What came back for a call, as far as the commands look into it.

use super::ClientError;
use serde_json::Value;

/// The answer to `tools/call`.
#[derive(Clone, Debug)]
pub(crate) struct CallReply {
    /// The whole message.
    pub(crate) message: Value,
}

impl CallReply {
    /// Reads one JSON-RPC response.
    pub(crate) fn read(address: &str, text: &[u8]) -> Result<Self, ClientError> {
        let message: Value = serde_json::from_slice(text)
            .map_err(|_| ClientError::answer(address, "something that is not JSON"))?;
        if message.get("result").is_none() && message.get("error").is_none() {
            return Err(ClientError::answer(address, "a message that is no response"));
        }
        Ok(Self { message })
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        self.message.pointer(pointer)
    }

    fn text_at(&self, pointer: &str) -> Option<&str> {
        self.at(pointer).and_then(Value::as_str)
    }

    /// The call's name, where the server says it.
    pub(crate) fn call_id(&self) -> Option<&str> {
        self.text_at("/result/_meta/secure-mcp~1call/call_id")
    }

    /// `allow`, `deny` or `pending`.
    pub(crate) fn decision(&self) -> &str {
        self.text_at("/result/_meta/secure-mcp~1call/decision").unwrap_or("deny")
    }

    /// Where the call stands in the log.
    pub(crate) fn receipt(&self) -> Option<&Value> {
        self.at("/result/_meta/secure-mcp~1call/receipt")
    }

    /// The refusal's code, if the call was refused.
    pub(crate) fn refusal_code(&self) -> Option<&str> {
        match (self.text_at("/result/_meta/secure-mcp~1refusal/code"), self.error_code()) {
            (Some(code), _) => Some(code),
            (None, Some(-32602)) => Some("unknown_tool"),
            (None, Some(_)) => Some("malformed"),
            (None, None) => None,
        }
    }

    /// The approval that the call waits for.
    pub(crate) fn approval_id(&self) -> Option<&str> {
        self.text_at("/result/_meta/secure-mcp~1refusal/approval_id")
    }

    /// The JSON-RPC error's code, if the answer is an error.
    pub(crate) fn error_code(&self) -> Option<i64> {
        self.at("/error/code").and_then(Value::as_i64)
    }

    /// True if the call was refused or the tool failed.
    pub(crate) fn is_error(&self) -> bool {
        self.at("/result/isError").and_then(Value::as_bool).unwrap_or(true)
    }

    /// The tool's data.
    pub(crate) fn data(&self) -> &Value {
        self.at("/result/structuredContent").unwrap_or(&Value::Null)
    }

    /// The text for a model: every text block, or the error's sentence.
    pub(crate) fn text(&self) -> String {
        if let Some(message) = self.text_at("/error/message") {
            return message.to_owned();
        }
        let blocks = self.at("/result/content").and_then(Value::as_array).into_iter().flatten();
        blocks.filter_map(|block| block.get("text").and_then(Value::as_str)).collect::<Vec<_>>().join("\n")
    }

    /// What a control said of the call.
    pub(crate) fn verdict_of(&self, control: &str) -> Option<&Value> {
        let controls = self.at("/result/_meta/secure-mcp~1call/controls")?.as_array()?;
        controls.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(control))
    }
}
