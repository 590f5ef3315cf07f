//! The plane's contract, an OpenAPI 3.1 document written by hand. A test holds it to the routes.

/// `GET /api/openapi.json`
pub(crate) const DOCUMENT: &str = include_str!("../openapi.json");
