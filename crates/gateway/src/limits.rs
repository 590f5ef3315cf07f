//! What a caller can hold of this process, and for how long.

use crate::descriptors;
use std::time::Duration;

/// The limits of one listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, WebSockets among them; one more is closed at once.
    pub connections: usize,
    /// WebSockets and streams of one principal at once.
    pub principal_sockets: usize,
    /// Requests of one principal that were read from WebSockets and not answered; one more is `busy`.
    pub principal_pending: usize,
    /// Requests of one principal that run at once; others of the same principal wait.
    pub principal_running: usize,
    /// Bytes of one principal's messages that are on their way in or under way.
    pub principal_bytes: u64,
    /// The same of all principals.
    pub bytes: u64,
    /// For a TLS handshake, and for a request's head.
    pub handshake_time: Duration,
    /// For a request's body.
    pub body_time: Duration,
    /// For one WebSocket message, from its first byte to its last.
    pub message_time: Duration,
    /// How long a peer may take nothing of what is written to it, and the longest time for the whole of
    /// one WebSocket message.
    pub write_time: Duration,
    /// How often a WebSocket is pinged, and its token looked at. After three without a sign of life it ends.
    pub ping_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The founding goal is 10,000 connections; this is the power of two above it.
            connections: 16_384,
            // Three quarters: one principal alone reaches the goal, and leaves others 4,096.
            principal_sockets: 12_288,
            // With what is counted of them each takes up to 8 KiB: 32 MiB.
            principal_pending: 4096,
            // Half of the places for sandboxes. Another principal's call stands behind these, 2 ms on one core.
            principal_running: 32,
            // Sixteen of the largest messages, and the largest fifteen-fold for everybody together.
            principal_bytes: 64 * 1024 * 1024,
            bytes: 512 * 1024 * 1024,
            // A client on a bad line needs about two seconds for a TLS handshake or a head.
            handshake_time: Duration::from_secs(10),
            // 4 MiB on a line of 2 Mbit/s take 17 s; who needs longer holds memory that others want.
            body_time: Duration::from_secs(20),
            message_time: Duration::from_secs(20),
            // The same for the way out; a peer that takes nothing for so long has stopped reading.
            write_time: Duration::from_secs(20),
            // NAT tables forget an idle connection after a few minutes.
            ping_time: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// The usual limits, with as many connections as this process may have open files for. Raises the
    /// process's own limit on open files first, as far as it may.
    pub fn of_this_process() -> Self {
        let usual = Self::default();
        let connections = descriptors::room_for(usual.connections);
        if connections < usual.connections {
            tracing::warn!(
                connections,
                wanted = usual.connections,
                "the limit on open files leaves room for fewer connections; raise it with `ulimit -Hn` or LimitNOFILE="
            );
        }
        Self { connections, ..usual }
    }

    /// How many files a server started here may open, and how many connections it would serve then.
    pub fn open_files_here() -> (u64, usize) {
        descriptors::files_and_room(Self::default().connections)
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;
    use std::time::Duration;

    #[test]
    fn the_defaults_are_the_promised_numbers() {
        let promised = Limits {
            connections: 16_384,
            principal_sockets: 12_288,
            principal_pending: 4096,
            principal_running: 32,
            principal_bytes: 64 << 20,
            bytes: 512 << 20,
            handshake_time: Duration::from_secs(10),
            body_time: Duration::from_secs(20),
            message_time: Duration::from_secs(20),
            write_time: Duration::from_secs(20),
            ping_time: Duration::from_secs(30),
        };
        assert_eq!(Limits::default(), promised);
    }
}
