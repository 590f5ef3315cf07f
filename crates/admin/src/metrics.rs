//! `GET /metrics`: Prometheus text. Numbers and the names of routes; never a name of a person.

use crate::endpoint::Endpoint;
use crate::error::{ApiError, text_response};
use crate::parts::Shared;
use authz::AdminPermit;
use axum::response::Response;
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// The text format's own media type.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Requests by route and status.
#[derive(Default)]
pub(crate) struct RequestCounts(Mutex<BTreeMap<(&'static str, u16), u64>>);

impl RequestCounts {
    pub(crate) fn count(&self, endpoint: Endpoint, status: StatusCode) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((endpoint.name(), status.as_u16())).or_default() += 1;
    }

    fn write(&self, out: &mut String) {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, status), count) in counts.iter() {
            let _infallible = writeln!(
                out,
                "secure_mcp_admin_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
    }
}

pub(crate) async fn respond(shared: &Shared, permit: &AdminPermit) -> Result<Response, ApiError> {
    let parts = &shared.parts;
    let pending =
        parts.approvals.count_pending(permit.principal()).await.map_err(|error| {
            ApiError::of(Refusal::new(RefusalCode::Internal, format!("approvals: {error}")))
        })?;
    let mut out = String::new();
    let version = &parts.status.version;
    let ready = u8::from(parts.audit.is_ready());
    let signed = parts.audit.checkpoint().size;
    let waiting = pending;
    let _infallible = write!(
        out,
        "# HELP secure_mcp_build_info The version that runs.\n\
         # TYPE secure_mcp_build_info gauge\n\
         secure_mcp_build_info{{version=\"{version}\"}} 1\n\
         # HELP secure_mcp_ready 1 if calls are taken: the log takes records.\n\
         # TYPE secure_mcp_ready gauge\n\
         secure_mcp_ready {ready}\n\
         # HELP secure_mcp_audit_signed_records Records of the log under its last signed checkpoint.\n\
         # TYPE secure_mcp_audit_signed_records counter\n\
         secure_mcp_audit_signed_records {signed}\n\
         # HELP secure_mcp_approvals_pending Calls that wait for another person's approval.\n\
         # TYPE secure_mcp_approvals_pending gauge\n\
         secure_mcp_approvals_pending {waiting}\n\
         # HELP secure_mcp_admin_requests_total Requests to the admin plane that were answered.\n\
         # TYPE secure_mcp_admin_requests_total counter\n"
    );
    shared.counts.write(&mut out);
    Ok(text_response(StatusCode::OK, MEDIA_TYPE, out))
}
