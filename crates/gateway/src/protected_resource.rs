//! What a client without a good token is told: the metadata of the resource and the challenge that
//! points to it. RFC 9728, RFC 6750 §3; MCP 2026-07-28, basic/authorization.
//!
//! Both are made once, from the configuration. No header of a request has a say in them.

use crate::http_service::Reply;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body_util::Full;
use serde_json::{Value, json};

/// The well-known path; with `/mcp` behind it, it is that of the endpoint.
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// RFC 9728 §3.1: the resource's own path comes behind the well-known one.
pub(crate) const WELL_KNOWN_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

/// The endpoint as an OAuth resource.
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    document: Bytes,
    no_token: HeaderValue,
    bad_token: HeaderValue,
}

/// A URL that cannot stand in a header.
#[derive(Debug, thiserror::Error)]
#[error("`{url}` cannot stand in a header")]
pub struct ResourceError {
    url: String,
}

impl ProtectedResource {
    /// The resource `https://HOST[:PORT]/mcp` and the servers that give out tokens for it. Without any,
    /// the document names none: an operator hands the tokens out.
    pub fn new(url: &str, authorization_servers: &[String]) -> Result<Self, ResourceError> {
        let wrong = || ResourceError { url: url.to_owned() };
        let origin = url.strip_suffix("/mcp").ok_or_else(wrong)?;
        let challenge = |more: &str| {
            let text =
                format!("Bearer realm=\"secure-mcp\", resource_metadata=\"{origin}{WELL_KNOWN_MCP}\"{more}");
            let is_plain = !origin.contains(['"', '\\']);
            HeaderValue::from_str(&text).ok().filter(|_| is_plain).ok_or_else(wrong)
        };
        let mut document = json!({
            "resource": url,
            "bearer_methods_supported": ["header"],
            "resource_name": "Secure MCP Server",
        });
        if let (false, Some(members)) = (authorization_servers.is_empty(), document.as_object_mut()) {
            members.insert("authorization_servers".to_owned(), Value::from(authorization_servers));
        }
        Ok(Self {
            document: document.to_string().into(),
            no_token: challenge("")?,
            bad_token: challenge(", error=\"invalid_token\"")?,
        })
    }

    /// The metadata document.
    pub(crate) fn answer(&self) -> Reply {
        let mut reply = Response::new(Full::new(self.document.clone()));
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // It changes with the configuration alone.
        reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        reply
    }

    /// The challenge of a 401: RFC 6750 §3.1 names no error to a client that sent no token.
    pub(crate) fn challenge(&self, had_token: bool) -> HeaderValue {
        if had_token { self.bad_token.clone() } else { self.no_token.clone() }
    }
}
