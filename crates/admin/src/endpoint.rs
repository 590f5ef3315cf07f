//! Every route of the admin plane and who may use it. A route exists only in this table: the router,
//! the gate and the tests are driven by it.

use authz::AdminAction;
use axum::routing::MethodFilter;
use std::time::Duration;

/// Loading a policy takes well under a second, and so does reading a thousand records.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// A million recorded decisions take less than a minute; a log holds more.
const REPLAY_TIME: Duration = Duration::from_secs(600);

/// A route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    CreateToken,
    ListApprovals,
    ShowApproval,
    DecideApproval,
    ListBreakGlass,
    AskBreakGlass,
    GrantBreakGlass,
    ReviewBreakGlass,
    ListRevocations,
    Revoke,
    LiftRevocation,
    TailLog,
    ShowCall,
    AcceptPolicy,
    RollBackPolicy,
    PolicyVersions,
    CastShadow,
    ReportShadow,
    EndShadow,
    ReplayLog,
    SearchLog,
    ShredPerson,
    RotateKey,
    Checkpoint,
    Tile,
    Status,
    Metrics,
    OpenApi,
}

impl Endpoint {
    pub(crate) const ALL: [Self; 28] = [
        Self::CreateToken,
        Self::ListApprovals,
        Self::ShowApproval,
        Self::DecideApproval,
        Self::ListBreakGlass,
        Self::AskBreakGlass,
        Self::GrantBreakGlass,
        Self::ReviewBreakGlass,
        Self::ListRevocations,
        Self::Revoke,
        Self::LiftRevocation,
        Self::TailLog,
        Self::ShowCall,
        Self::AcceptPolicy,
        Self::RollBackPolicy,
        Self::PolicyVersions,
        Self::CastShadow,
        Self::ReportShadow,
        Self::EndShadow,
        Self::ReplayLog,
        Self::SearchLog,
        Self::ShredPerson,
        Self::RotateKey,
        Self::Checkpoint,
        Self::Tile,
        Self::Status,
        Self::Metrics,
        Self::OpenApi,
    ];

    /// `GET` or `POST`.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::CreateToken
            | Self::DecideApproval
            | Self::AskBreakGlass
            | Self::GrantBreakGlass
            | Self::ReviewBreakGlass
            | Self::Revoke
            | Self::LiftRevocation
            | Self::AcceptPolicy
            | Self::RollBackPolicy
            | Self::CastShadow
            | Self::EndShadow
            | Self::ReplayLog
            | Self::ShredPerson
            | Self::RotateKey => "POST",
            _ => "GET",
        }
    }

    pub(crate) fn filter(self) -> MethodFilter {
        if self.method() == "POST" { MethodFilter::POST } else { MethodFilter::GET }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::CreateToken => "/api/tokens",
            Self::ListApprovals => "/api/approvals",
            Self::ShowApproval | Self::DecideApproval => "/api/approvals/{id}",
            Self::ListBreakGlass | Self::AskBreakGlass => "/api/break-glass",
            Self::GrantBreakGlass => "/api/break-glass/{id}/grant",
            Self::ReviewBreakGlass => "/api/break-glass/{id}/review",
            Self::ListRevocations | Self::Revoke => "/api/revocations",
            Self::LiftRevocation => "/api/revocations/lift",
            Self::TailLog => "/api/audit/tail",
            Self::ShowCall => "/api/audit/calls/{call_id}",
            Self::AcceptPolicy => "/api/policy/accept",
            Self::RollBackPolicy => "/api/policy/rollback",
            Self::PolicyVersions => "/api/policy/versions",
            Self::CastShadow | Self::ReportShadow => "/api/policy/shadow",
            Self::EndShadow => "/api/policy/shadow/off",
            Self::ReplayLog => "/api/policy/replay",
            Self::SearchLog => "/api/audit/search",
            Self::ShredPerson => "/api/audit/shred",
            Self::RotateKey => "/api/audit/rotate-key",
            Self::Checkpoint => "/api/audit/tlog/checkpoint",
            Self::Tile => "/api/audit/tlog/tile/{tile}",
            Self::Status => "/api/status",
            Self::Metrics => "/metrics",
            Self::OpenApi => "/api/openapi.json",
        }
    }

    /// The name in records of refusals and in counts.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CreateToken => "admin/tokens.create",
            Self::ListApprovals => "admin/approvals.list",
            Self::ShowApproval => "admin/approvals.show",
            Self::DecideApproval => "admin/approvals.decide",
            Self::ListBreakGlass => "admin/break-glass.list",
            Self::AskBreakGlass => "admin/break-glass.request",
            Self::GrantBreakGlass => "admin/break-glass.grant",
            Self::ReviewBreakGlass => "admin/break-glass.review",
            Self::ListRevocations => "admin/revocations.list",
            Self::Revoke => "admin/revocations.add",
            Self::LiftRevocation => "admin/revocations.lift",
            Self::TailLog => "admin/audit.tail",
            Self::ShowCall => "admin/audit.show",
            Self::AcceptPolicy => "admin/policy.accept",
            Self::RollBackPolicy => "admin/policy.rollback",
            Self::PolicyVersions => "admin/policy.versions",
            Self::CastShadow => "admin/policy.shadow",
            Self::ReportShadow => "admin/policy.shadow_report",
            Self::EndShadow => "admin/policy.shadow_off",
            Self::ReplayLog => "admin/policy.replay",
            Self::SearchLog => "admin/audit.search",
            Self::ShredPerson => "admin/audit.shred",
            Self::RotateKey => "admin/audit.rotate-key",
            Self::Checkpoint => "admin/audit.checkpoint",
            Self::Tile => "admin/audit.tile",
            Self::Status => "admin/status",
            Self::Metrics => "admin/metrics",
            Self::OpenApi => "admin/openapi",
        }
    }

    /// The actions of which policy has to permit one.
    pub(crate) const fn actions(self) -> &'static [AdminAction] {
        match self {
            Self::CreateToken
            | Self::GrantBreakGlass
            | Self::ListRevocations
            | Self::Revoke
            | Self::LiftRevocation
            | Self::AcceptPolicy
            | Self::RollBackPolicy
            | Self::CastShadow
            | Self::ReportShadow
            | Self::EndShadow
            | Self::ShredPerson
            | Self::RotateKey => &[AdminAction::Administer],
            Self::ListApprovals | Self::ShowApproval | Self::DecideApproval => &[AdminAction::Approve],
            Self::TailLog
            | Self::ShowCall
            | Self::SearchLog
            | Self::Checkpoint
            | Self::Tile
            | Self::ReplayLog => &[AdminAction::Audit],
            Self::ReviewBreakGlass | Self::PolicyVersions | Self::Status | Self::Metrics => {
                &[AdminAction::Administer, AdminAction::Audit]
            }
            Self::OpenApi | Self::ListBreakGlass | Self::AskBreakGlass => {
                &[AdminAction::Approve, AdminAction::Administer, AdminAction::Audit]
            }
        }
    }

    /// How long a request may take.
    pub(crate) const fn time(self) -> Duration {
        match self {
            Self::ReplayLog => REPLAY_TIME,
            _ => REQUEST_TIME,
        }
    }

    /// Whoever administers a part of the policy may use it as well, within that part.
    pub(crate) const fn is_open_to_delegates(self) -> bool {
        matches!(self, Self::AcceptPolicy | Self::RollBackPolicy)
    }

    /// The root of trust: the owner of the data directory could read the issuer's key anyway, so over
    /// the unix socket they may make tokens without having one. Nothing else.
    pub(crate) const fn is_open_to_owner(self) -> bool {
        matches!(self, Self::CreateToken)
    }
}
