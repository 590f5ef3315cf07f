//! Who follows the log, as plain values.

use audit::Personal;
use domain::Secret;
use std::path::PathBuf;

/// Somebody who gets the log's records.
#[derive(Clone, Debug)]
pub struct Exporter {
    /// What messages and numbers call it: 1 to 64 signs of `A-Z a-z 0-9 _ -`.
    pub name: String,
    /// Where they go.
    pub sink: Sink,
    /// Whether personal fields go in clear.
    pub personal: Personal,
}

/// Where records go.
#[derive(Clone, Debug)]
pub enum Sink {
    /// A file, one record a line.
    File(PathBuf),
    /// JSON over HTTP.
    Webhook(Receiver),
    /// OTLP/HTTP in JSON.
    Otlp(Receiver),
    /// A span for each call, OTLP/HTTP in JSON.
    OtlpTraces(Receiver),
    /// RFC 5424 over TLS, to the destination of `egress`.
    Syslog(String),
}

/// A route that takes records.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The destination of `egress`.
    pub destination: String,
    /// Its path.
    pub path: String,
    /// The value of `Authorization`, if it wants one.
    pub credential: Option<Secret<String>>,
}

/// Somebody who keeps the log's checkpoints.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What messages, numbers and records call it.
    pub name: String,
    /// Who it is.
    pub kind: WitnessKind,
}

/// Kinds of witnesses.
#[derive(Clone, Debug)]
pub enum WitnessKind {
    /// A file that only grows.
    File(PathBuf),
    /// A witness of C2SP tlog-witness.
    Url {
        /// The destination of `egress`.
        destination: String,
        /// The prefix of its paths, without a slash at its end.
        path: String,
    },
    /// RFC 5424 over TLS, to the destination of `egress`. It keeps and does not answer.
    Syslog(String),
}
