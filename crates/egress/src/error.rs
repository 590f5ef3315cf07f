//! Why a request was not sent, or its answer not taken. No text here holds a path, a query or a header's value.

/// A request that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// Not a URL in the one spelling that cannot be misread.
    #[error("the URL {why}")]
    Malformed {
        /// What is wrong, as the end of a sentence.
        why: &'static str,
    },
    /// No destination of this name.
    #[error("there is no destination `{name}`")]
    UnknownDestination {
        /// As asked for.
        name: String,
    },
    /// No destination names this host and port.
    #[error("`{authority}` is not a destination")]
    NotADestination {
        /// Scheme, host and port.
        authority: String,
    },
    /// The gateway itself.
    #[error("`{host}` is the gateway itself")]
    Own {
        /// As asked for.
        host: String,
    },
    /// An address that is not called for this destination.
    #[error("`{host}` has a forbidden address ({class})")]
    ForbiddenAddress {
        /// As asked for.
        host: String,
        /// The block that the address is of.
        class: &'static str,
    },
    /// A header that callers may not set.
    #[error("the header `{name}` may not be set for this destination")]
    Header {
        /// Its name.
        name: String,
    },
    /// The name does not resolve.
    #[error("`{host}` does not resolve")]
    Unresolved {
        /// As asked for.
        host: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// No answer in time.
    #[error("`{host}` did not answer within {limit_ms} ms")]
    Timeout {
        /// As asked for.
        host: String,
        /// The limit.
        limit_ms: u64,
    },
    /// The answer sends elsewhere. Redirects are not followed.
    #[error("`{host}` answered with a redirect ({status})")]
    Redirect {
        /// As asked for.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is too big.
    #[error("the answer of `{host}` is larger than {limit_bytes} bytes")]
    TooLarge {
        /// As asked for.
        host: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// No connection, no TLS, or no HTTP.
    #[error("the exchange with `{host}` failed")]
    Exchange {
        /// As asked for.
        host: String,
        /// What the client said; its URL is taken off.
        #[source]
        source: reqwest::Error,
    },
    /// No connection, or no TLS, for a stream.
    #[error("the stream to `{host}` failed")]
    Stream {
        /// As asked for.
        host: String,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// The client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] reqwest::Error),
}

impl EgressError {
    /// What the operator can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => {
                "write SCHEME://HOST[:PORT]/PATH in plain ASCII, without user, fragment or escapes in the host"
            }
            Self::UnknownDestination { .. } | Self::NotADestination { .. } => {
                "name the host and port in [[egress.destination]]"
            }
            Self::Own { .. } => "the gateway never calls itself; use its admin plane",
            Self::ForbiddenAddress { .. } => "if it is meant, write an override private_address:DESTINATION",
            Self::Header { .. } => "add it to the destination's headers",
            Self::Unresolved { .. } => "check the host's name and the machine's resolver",
            Self::Timeout { .. } => "raise the destination's timeout_ms, or ask for less",
            Self::Redirect { .. } => "name the final address as the destination",
            Self::TooLarge { .. } => "raise the destination's max_response_kib, or ask for less",
            Self::Exchange { .. } | Self::Stream { .. } => {
                "check that the host listens there and that its certificate is valid"
            }
            Self::Setup(_) => "install the system's certificate authorities (Debian: ca-certificates)",
        }
    }
}
