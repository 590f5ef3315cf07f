//! What a client can ask.

use crate::{Era, RequestId};
use domain::Json;

/// One decoded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// It wants an answer.
    Request(Request),
    /// It wants none.
    Notification(Notification),
}

/// A request with its id and era.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client's name for it.
    pub id: RequestId,
    /// How to answer.
    pub era: Era,
    /// What it asks.
    pub body: RequestBody,
}

/// The methods that we serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// `initialize` (old era)
    Initialize {
        /// The revision that the client would like.
        requested: String,
    },
    /// `server/discover` (new era)
    Discover,
    /// `ping` (old era)
    Ping,
    /// `tools/list`
    ListTools,
    /// `tools/call`
    CallTool(CallTool),
}

/// `tools/call`: the name as sent (nobody has looked whether such a tool exists) and the arguments as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTool {
    /// `params.name`
    pub name: String,
    /// `params.arguments`, an object where present.
    pub arguments: Option<Json>,
}

/// The notifications that we take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// `notifications/cancelled`
    Cancelled {
        /// The request to stop.
        request: RequestId,
    },
    /// One that changes nothing here (`notifications/initialized`, `notifications/progress`, …).
    Passed,
}
