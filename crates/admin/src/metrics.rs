//! `GET /metrics`: Prometheus text. Numbers and the names of routes; never a name of a person.

use crate::endpoint::Endpoint;
use crate::error::{ApiError, text_response};
use crate::parts::Shared;
use audit::{BOUNDS_US, Durations, Operation};
use authz::AdminPermit;
use axum::response::Response;
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use relay::FollowerNumbers;
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
    let (in_force, overdue) = parts.break_glass.counts().await.map_err(|error| {
        ApiError::of(Refusal::new(RefusalCode::Internal, format!("break-glass: {error}")))
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
         # HELP secure_mcp_break_glass_active Emergency roles that are in force.\n\
         # TYPE secure_mcp_break_glass_active gauge\n\
         secure_mcp_break_glass_active {in_force}\n\
         # HELP secure_mcp_break_glass_reviews_overdue Emergency roles that nobody reviewed within a day.\n\
         # TYPE secure_mcp_break_glass_reviews_overdue gauge\n\
         secure_mcp_break_glass_reviews_overdue {overdue}\n\
         # HELP secure_mcp_admin_requests_total Requests to the admin plane that were answered.\n\
         # TYPE secure_mcp_admin_requests_total counter\n"
    );
    shared.counts.write(&mut out);
    write_followers(&parts.followers.now(parts.audit.size()), &mut out);
    write_operations(&parts.audit.operations(), &mut out);
    Ok(text_response(StatusCode::OK, MEDIA_TYPE, out))
}

/// Lag, successes and failures of each exporter and witness.
fn write_followers(followers: &[FollowerNumbers], out: &mut String) {
    type Number = fn(&FollowerNumbers) -> u64;
    let families: [(&str, &str, &str, Number); 3] = [
        ("lag_records", "gauge", "Records that the exporter or witness does not have yet.", |one| {
            one.lag_records
        }),
        ("acknowledged_records_total", "counter", "Records that it acknowledged.", |one| one.acknowledged),
        ("failures_total", "counter", "Attempts that came to nothing.", |one| one.failures),
    ];
    for (name, kind, help, number) in families {
        let name = format!("secure_mcp_audit_follower_{name}");
        let _infallible = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for one in followers {
            let labels = format!("name=\"{}\",role=\"{}\"", one.name, one.role.word());
            let _infallible = writeln!(out, "{name}{{{labels}}} {}", number(one));
        }
    }
}

/// `mcp.server.operation.duration` of OpenTelemetry's conventions for MCP, in Prometheus's spelling.
fn write_operations(operations: &[(Operation, Durations)], out: &mut String) {
    let name = "mcp_server_operation_duration_seconds";
    let seconds = |micros: u64| micros as f64 / 1e6;
    let _infallible = writeln!(
        out,
        "# HELP {name} Calls whose last record is on disk, from arrival to then.\n# TYPE {name} histogram"
    );
    for (operation, durations) in operations {
        let tool = operation.tool.as_ref().map(|tool| tool.as_str()).unwrap_or_default();
        let labels = format!(
            "mcp_method_name=\"tools/call\",gen_ai_tool_name=\"{tool}\",error_type=\"{}\"",
            operation.error.unwrap_or_default()
        );
        let mut so_far = 0;
        let bounds = BOUNDS_US.iter().map(|bound| seconds(*bound).to_string()).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(durations.counts) {
            so_far += count;
            let _infallible = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {so_far}");
        }
        let _infallible = writeln!(out, "{name}_sum{{{labels}}} {}", seconds(durations.sum_us));
        let _infallible = writeln!(out, "{name}_count{{{labels}}} {so_far}");
    }
}
