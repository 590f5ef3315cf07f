//! JSON-RPC as the floors read and write it: borrowed, and no more than they need.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A request.
#[derive(Deserialize)]
pub struct Request<'a> {
    /// The client's name for it.
    #[serde(borrow)]
    pub id: &'a RawValue,
    /// What is asked.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// With what.
    #[serde(borrow)]
    pub params: &'a RawValue,
}

/// The parameters of `tools/call`.
#[derive(Deserialize)]
pub struct CallParams<'a> {
    /// The tool.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// What it is given.
    #[serde(borrow)]
    pub arguments: EchoArguments<'a>,
}

/// The arguments of `echo`.
#[derive(Deserialize)]
pub struct EchoArguments<'a> {
    /// What comes back.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

/// Reads a call; `None` if it is none.
pub fn call(body: &[u8]) -> Option<(Request<'_>, CallParams<'_>)> {
    let request: Request<'_> = serde_json::from_slice(body).ok()?;
    let params = serde_json::from_str(request.params.get()).ok()?;
    (request.method == "tools/call").then_some((request, params))
}

/// A JSON response.
pub fn json(body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A response that says only that something is wrong.
pub fn refused(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}
